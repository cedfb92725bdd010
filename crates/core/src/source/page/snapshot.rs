//! What one document shows.

use std::collections::HashSet;

use jiff::Timestamp;

use super::complaint::Complaint;
use super::component::Component;
use super::incident::Incident;
use super::maintenance::Maintenance;
use crate::event::{EventId, Kind};

/// Most incidents and components that one page may show. GitHub shows a dozen, Twilio seventy.
pub const ITEMS_MAX: usize = 10_000;

/// Most complaints that are kept of one document; the rest would say the same.
const COMPLAINTS_MAX: usize = 20;

/// What one document shows, or several of one page joined.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The page's own identifier, where the document names it.
    pub page_id: Option<String>,
    /// The page's last edit, where the document names it. Not the time of the poll.
    pub page_updated_at: Option<Timestamp>,
    /// How many incidents and components the document lists, readable or not.
    pub n_items: usize,
    /// How many components it lists.
    pub n_components: usize,
    /// The incidents, in document order, each once.
    pub incidents: Vec<Incident>,
    /// The components, group headers left out, in document order, each once.
    pub components: Vec<Component>,
    /// The maintenances, in document order, each once.
    pub maintenances: Vec<Maintenance>,
    /// What could not be read, at most twenty of it.
    pub complaints: Vec<Complaint>,
    /// What it means that this document does not show something, if it could be read whole.
    pub silence: Silence,
    /// How much of what is listed could not be read as documented. Maintenances do not count: what
    /// is missing of them hides no outage.
    pub(super) n_complaints: usize,
}

/// What it means that a document does not show something that an earlier one showed open.
///
/// A list of everything open is told by its silence that something is over. A history is not: it
/// ends somewhere. Which of the two a document is depends on the platform and on the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Silence {
    /// An incident that is not shown is over.
    pub incidents: bool,
    /// A component that is not shown is gone.
    pub components: bool,
}

impl Silence {
    /// Silence that proves nothing.
    pub const NOTHING: Self = Self {
        incidents: false,
        components: false,
    };

    /// Silence that means the same for incidents and components.
    #[must_use]
    pub fn both(means_over: bool) -> Self {
        Self {
            incidents: means_over,
            components: means_over,
        }
    }

    /// Tells whether the absence of a subject of this kind means that it is over.
    #[must_use]
    pub fn speaks_of(self, kind: Kind) -> bool {
        match kind {
            Kind::Incident => self.incidents,
            Kind::Status => self.components,
            Kind::Payment => false,
        }
    }

    /// Tells whether the absence of anything means that it is over.
    #[must_use]
    pub fn speaks(self) -> bool {
        self.incidents || self.components
    }
}

impl Snapshot {
    /// Tells whether everything listed could be read, so that absence means something.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.n_complaints == 0
    }

    /// Adds what another document of the same page shows, where a platform spreads a page over
    /// several. What both show is kept as this one shows it; the page is this one's.
    #[must_use]
    pub fn join(mut self, other: Self) -> Self {
        fn add<T>(ours: &mut Vec<T>, theirs: Vec<T>, id: impl Fn(&T) -> &EventId) {
            let known: HashSet<EventId> = ours.iter().map(|item| id(item).clone()).collect();
            ours.extend(theirs.into_iter().filter(|item| !known.contains(id(item))));
        }
        add(&mut self.incidents, other.incidents, |incident| {
            &incident.id
        });
        add(&mut self.components, other.components, |component| {
            &component.id
        });
        add(&mut self.maintenances, other.maintenances, |maintenance| {
            &maintenance.id
        });
        self.n_items += other.n_items;
        self.n_components += other.n_components;
        self.n_complaints += other.n_complaints;
        self.complaints.extend(other.complaints);
        self.complaints.truncate(COMPLAINTS_MAX);
        self.silence = Silence {
            incidents: self.silence.incidents || other.silence.incidents,
            components: self.silence.components || other.silence.components,
        };
        self
    }

    /// Complains of something that counts.
    pub(super) fn complain(&mut self, complaint: Complaint) {
        self.n_complaints += 1;
        self.note(complaint);
    }

    /// Complains of something that hides no outage.
    pub(super) fn note(&mut self, complaint: Complaint) {
        if self.complaints.len() < COMPLAINTS_MAX {
            self.complaints.push(complaint);
        }
    }
}
