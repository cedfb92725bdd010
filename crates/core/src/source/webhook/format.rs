//! What a verified body means.

use jiff::Timestamp;

use super::hint::{self, Hint};
#[cfg(feature = "cel")]
use super::mapping::{Complaint, Mapped, Mapping};
use crate::json::JsonError;

/// How a source's bodies are read.
#[derive(Debug)]
pub enum Format {
    /// Statuspage's subscription webhook, or one of the same envelope: hints only.
    Statuspage {
        /// The feed of the page that is to be polled, such as `acme_status`.
        source: String,
    },
    /// JSON whose fields are found by expressions.
    #[cfg(feature = "cel")]
    Json(Box<Mapping>),
}

/// What a body came to.
#[derive(Debug)]
pub enum Reading {
    /// Poll the page now; nothing is known yet.
    Hint(Hint),
    /// One entry per item that was not skipped, in the order of the body.
    #[cfg(feature = "cel")]
    Items(Vec<Result<Mapped, Complaint>>),
}

impl Format {
    /// Reads a body. `now` stands in for times that the vendor does not give.
    ///
    /// # Errors
    /// The body as a whole is not what this format expects. What is wrong with one item of a batch
    /// is in its entry and sinks no other.
    #[cfg_attr(
        not(feature = "cel"),
        expect(unused_variables, reason = "hints carry no time")
    )]
    pub fn read(&self, body: &[u8], now: Timestamp) -> Result<Reading, JsonError> {
        match self {
            Self::Statuspage { source } => hint::read(source, body).map(Reading::Hint),
            #[cfg(feature = "cel")]
            Self::Json(mapping) => mapping.read(body, now).map(Reading::Items),
        }
    }
}
