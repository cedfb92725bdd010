//! One incident of a status page.

use jiff::Timestamp;

use super::fields::lookup;
use super::label::Label;
use crate::event::{EventId, Severity};
use crate::json::RawJson;

/// An incident that a page declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// The platform's identifier, or one made of what stays the same where there is none.
    pub id: EventId,
    /// What the page calls it.
    pub name: String,
    /// The vendor's word for its state, such as `investigating`.
    pub status: String,
    /// How bad the vendor says that it is.
    pub impact: Impact,
    /// When it began; `None` where the document does not say.
    pub started_at: Option<Timestamp>,
    /// When the vendor last touched it.
    pub updated_at: Option<Timestamp>,
    /// When it ended; `None` while it lasts.
    pub resolved_at: Option<Timestamp>,
    /// The newest update's text.
    pub text: Option<String>,
    /// All updates that the document gives, newest first.
    pub updates: Vec<Update>,
    /// The components that it names; empty where it names none, which may mean all.
    pub affected: Vec<Label>,
    /// The regions that it names; empty where it names none, which may mean all.
    pub regions: Vec<Label>,
    /// Where people read more, as the document gives it: possibly relative to the page.
    pub url: Option<String>,
    /// The vendor's own record.
    pub raw: RawJson,
}

/// One message of the vendor's about an incident.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Update {
    /// When it was written.
    pub at: Option<Timestamp>,
    /// The vendor's word for the state that it announces.
    pub status: Option<String>,
    /// What it says.
    pub text: Option<String>,
}

/// How bad a vendor says that an incident is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Impact {
    /// A word that the platform's table knows.
    Rated(Severity),
    /// The format has no word for it, as feeds do not: a warning, and nothing strange.
    Untold,
    /// A word that we do not know, or none where the platform promises one: a warning, counted.
    Unknown,
}

impl Impact {
    /// Looks a vendor's word up in its platform's table.
    pub(in crate::source) fn of(table: &[(&str, Severity)], word: Option<&str>) -> Self {
        word.and_then(|word| lookup(table, word))
            .map_or(Self::Unknown, Self::Rated)
    }

    /// Returns the severity that an event gets of it.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            Self::Rated(severity) => severity,
            Self::Untold | Self::Unknown => Severity::Warning,
        }
    }
}
