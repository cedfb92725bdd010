//! Work that a vendor announces. A fact about the page, never an event.

use jiff::Timestamp;

use super::label::Label;
use crate::event::{EventId, words};
use crate::json::RawJson;

words! {
    /// How far a maintenance has come.
    Phase {
        /// It is announced.
        Scheduled = "scheduled",
        /// It is under way, or being verified.
        InProgress = "in_progress",
        /// It is over.
        Completed = "completed",
        /// The vendor's word for it is one that we do not know.
        Unknown = "unknown",
    } "scheduled, in_progress, completed, unknown"
}

/// A maintenance that a page announces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maintenance {
    /// The platform's identifier, or one made of what stays the same where there is none.
    pub id: EventId,
    /// What the page calls it.
    pub name: String,
    /// The vendor's word for its state.
    pub status: String,
    /// What that word means.
    pub phase: Phase,
    /// The beginning of the window.
    pub starts_at: Option<Timestamp>,
    /// The end of the window.
    pub ends_at: Option<Timestamp>,
    /// The newest update's text.
    pub text: Option<String>,
    /// The components that it names; empty where it names none, which may mean all.
    pub affected: Vec<Label>,
    /// The regions that it names; empty where it names none, which may mean all.
    pub regions: Vec<Label>,
    /// The vendor's own record.
    pub raw: RawJson,
}
