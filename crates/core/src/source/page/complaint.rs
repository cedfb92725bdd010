//! What can be wrong with a document, as a whole and in part.

use std::fmt;

use crate::json::JsonError;

/// Something in a document that could not be read as documented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// Path of the field, such as `components[3].name`.
    pub field: String,
    /// What should have stood there.
    pub expected: &'static str,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}", self.field, self.expected)
    }
}

/// A field that is wrong: its path below the item, and what it should be.
pub(in crate::source) type Wrong = (&'static str, &'static str);

/// Why a document was refused whole. Messages give a place, never the document's own text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// It is not the JSON that the platform documents, or no readable text at all.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// It is not well-formed XML.
    #[error("body is not well-formed XML (offset {offset})")]
    Xml {
        /// Offset of the first error, in bytes.
        offset: u64,
    },
    /// It is XML or HTML, but no feed.
    #[error("body is no feed: its outermost element is neither `rss` nor `feed`")]
    NoFeed,
    /// The platform knows no such page. Status.io says so with status 200.
    #[error("body holds an error of the platform's in place of a page; is the page's id right?")]
    NoPage,
}

impl ReadError {
    /// Names a field and what it should have been.
    pub fn field(field: impl Into<String>, expected: &'static str) -> Self {
        Self::Json(JsonError::field(field, expected))
    }
}
