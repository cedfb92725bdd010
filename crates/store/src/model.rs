//! What goes into a store and comes out of it.

use jiff::Timestamp;
use signalbox_core::delivery::outcome::{Outcome, Reason};
use signalbox_core::delivery::{Action, Delivery, State};
use signalbox_core::event::{Event, Kind, Origin, Severity};
use signalbox_core::json::RawJson;
use signalbox_core::lifecycle::{Change, Sighting};
use signalbox_core::rule::Decision;

/// What became of an observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// It was not known before.
    New {
        /// Whether a destination was chosen.
        routed: bool,
    },
    /// It was known and has moved on.
    Changed {
        /// How.
        change: Change,
        /// Whether a destination was newly chosen.
        routed: bool,
    },
    /// It was known; only its counter moved.
    Duplicate,
}

/// One valid look at a status page.
#[derive(Debug, Clone)]
pub struct Look {
    /// The page, and what to remember of this answer.
    pub page: PageRecord,
    /// Whether the sightings are of a fixture or of the live page. Absence is judged for events of
    /// the same origin only.
    pub origin: Origin,
    /// What was seen, one sighting per subject.
    pub sightings: Vec<Sighting>,
    /// The correlation id of the poll.
    pub request_id: String,
}

/// What is known of a page since its last valid answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRecord {
    /// The feed.
    pub source: String,
    /// Where it was fetched; what is known holds for this URL only.
    pub url: String,
    /// The page's own identifier.
    pub page_id: Option<String>,
    /// The page's last edit.
    pub page_updated_at: Option<Timestamp>,
    /// How many incidents and components it listed.
    pub n_items: u32,
    /// How many components it listed.
    pub n_components: u32,
    /// Whether the answer was complete, so that what it does not show counts as absent.
    pub proves_absence: bool,
    /// The answer's `ETag`.
    pub etag: Option<String>,
    /// The answer's `Last-Modified`.
    pub last_modified: Option<String>,
}

/// What a look changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Events that are new.
    pub stored: u32,
    /// Events for which a destination was newly chosen.
    pub routed: u32,
    /// Events that moved on, recoveries included.
    pub changed: u32,
    /// Whether anything is now owed.
    pub owed: bool,
}

/// What showed that an event is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// The vendor's own record says so.
    Record,
    /// The component is operational again.
    Operational,
    /// Two valid snapshots in a row came without it.
    Absence,
}

impl Evidence {
    /// Returns the word used in columns and answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Operational => "operational",
            Self::Absence => "absence",
        }
    }
}

/// A stored event with its metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRecord {
    /// The store's sequence, rising in the order of acceptance.
    pub seq: i64,
    /// The event.
    pub event: Event,
    /// Whether a destination was chosen, now or earlier.
    pub routed: bool,
    /// Destinations that have accepted it, in alphabetical order.
    pub delivered_to: Vec<String>,
    /// The latest decision.
    pub decision: Decision,
    /// The vendor's word for its state; empty for points in time.
    pub vendor_status: String,
    /// When it was first stored.
    pub received_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// How many times it came again unchanged.
    pub duplicates: u32,
    /// Number of its present state, from 1.
    pub revision: u32,
    /// The correlation id of what brought it.
    pub request_id: String,
}

/// One state of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Its number, from 1.
    pub revision: u32,
    /// When it was first observed.
    pub observed_at: Timestamp,
    /// How it differs from the one before: `new`, `revised`, `escalated`, and so on.
    pub change: String,
    /// What showed that it was over, where it was.
    pub evidence: Option<String>,
    /// How bad it was.
    pub severity: Severity,
    /// The vendor's word for its state.
    pub vendor_status: String,
    /// When it ended, as known then.
    pub resolved_at: Option<Timestamp>,
    /// One line.
    pub summary: String,
    /// Detail.
    pub description: Option<String>,
    /// What was decided.
    pub decision: Decision,
    /// The vendor's own record.
    pub raw: RawJson,
}

/// Which events to list. Absent fields do not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// The feed.
    pub source: Option<String>,
    /// The sort.
    pub kind: Option<Kind>,
    /// How bad.
    pub severity: Option<Severity>,
    /// The vendor.
    pub service: Option<String>,
    /// Received at or after.
    pub since: Option<Timestamp>,
    /// Received before.
    pub until: Option<Timestamp>,
    /// Open, or not.
    pub open: Option<bool>,
    /// Whole words in any case, all of which must occur in id, summary, description or component.
    /// What is written without a space is one phrase; what has no letter or digit is no word, and a
    /// text without any word finds nothing.
    pub words: Option<String>,
}

/// Which deliveries to list. Absent fields do not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryFilter {
    /// How far they have come.
    pub state: Option<State>,
    /// Where to.
    pub destination: Option<String>,
    /// Of which event.
    pub event_id: Option<String>,
}

/// A place in a list: everything before it has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The list's time of the last row read, in milliseconds; 0 where the list goes by number.
    pub at_ms: i64,
    /// The number of the last row read.
    pub seq: i64,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Where to go on; absent at the end.
    pub next: Option<Position>,
}

/// A delivery as listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRecord {
    /// The store's number for it.
    pub id: i64,
    /// The event it is about.
    pub event_id: String,
    /// Where to.
    pub destination: String,
    /// What to do there.
    pub action: Action,
    /// The key under which the destination knows the page.
    pub dedup_key: String,
    /// How far it has come.
    pub state: State,
    /// Attempts begun.
    pub attempts: u32,
    /// What the last attempt came to, or why there was none.
    pub reason: Option<String>,
    /// When it was first owed.
    pub created_at: Timestamp,
    /// When the next attempt is due, or its lease ends, and never before its destination leaves the
    /// park; absent when none is due, or when an earlier delivery of the same page must go first.
    pub next_attempt_at: Option<Timestamp>,
}

/// A delivery held for one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leased {
    /// What to send.
    pub delivery: Delivery,
    /// Attempts since the schedule last started, this one included: the exponent of the backoff.
    pub backoff: u32,
    /// When the schedule last started: when its turn in its lane came, or it was revived by hand.
    pub kept_from: Timestamp,
}

/// What follows an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conclusion {
    /// The destination has it.
    Delivered,
    /// Try again then.
    RetryAt(Timestamp),
    /// Leave the whole destination alone until then, and try again.
    ParkUntil(Timestamp),
    /// Give up.
    Dead(Reason),
}

/// An attempt and what follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The delivery.
    pub delivery_id: i64,
    /// The attempt, as leased. Another number means that the lease was lost.
    pub attempt: u32,
    /// What it came to.
    pub outcome: Outcome,
    /// What follows.
    pub conclusion: Conclusion,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// How long it took, in milliseconds.
    pub duration_ms: u32,
}

/// An attempt on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptRecord {
    /// The delivery.
    pub delivery_id: i64,
    /// Its number, from 1.
    pub attempt: u32,
    /// When it ended.
    pub ended_at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u32,
    /// What it came to: `delivered`, `retry`, `parked`, `refused`.
    pub outcome: String,
    /// Why.
    pub reason: String,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
}

/// What became of a wish to retry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retried {
    /// It is due now.
    Due,
    /// There is no such delivery.
    Unknown,
    /// It would page for what is over: a trigger or update of a resolved event.
    EventResolved,
    /// It would close the page of what is open again: a resolve of an event that came back.
    EventReopened,
    /// The destination has already accepted it.
    Delivered,
    /// It is being sent right now, or waits (revived, if it was dead) behind an earlier delivery of
    /// the same page.
    InTurn,
}
