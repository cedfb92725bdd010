//! One component of a status page.

use jiff::Timestamp;

use super::label::Label;
use crate::event::{EventId, Severity};
use crate::json::RawJson;

/// A part of the vendor's service whose state the page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// The platform's identifier.
    pub id: EventId,
    /// What the page calls it.
    pub name: String,
    /// The group or section that it stands in.
    pub group: Option<Label>,
    /// The regions that it runs in, where the platform knows regions.
    pub regions: Vec<Region>,
    /// The vendor's word for its state.
    pub status: String,
    /// What that word means.
    pub health: Health,
    /// When the vendor last touched it.
    pub updated_at: Option<Timestamp>,
    /// The vendor's own record.
    pub raw: RawJson,
}

/// A component's state in one region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// What the region is called.
    pub label: Label,
    /// The vendor's word for the state there.
    pub status: String,
    /// What that word means.
    pub health: Health,
}

/// What a component's status means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// All is well.
    Well,
    /// Worse than that.
    Ill(Severity),
    /// Under maintenance: neither well nor ill.
    Maintained,
    /// The page shows it and does not watch it: neither well nor ill.
    Unwatched,
    /// A word that we do not know: a warning, counted.
    Unknown,
}

impl Health {
    /// Orders states from harmless to bad, to find the worst of several.
    pub(super) fn rank(self) -> u8 {
        match self {
            Self::Well => 0,
            Self::Unwatched => 1,
            Self::Maintained => 2,
            Self::Ill(Severity::Info) => 3,
            Self::Unknown => 4,
            Self::Ill(Severity::Warning) => 5,
            Self::Ill(Severity::Critical) => 6,
        }
    }
}
