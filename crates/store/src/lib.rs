//! Durable state of signalbox: traits by role, their contract, and the backends that keep it.
//!
//! A method is a unit of work in one transaction. What it returned `Ok` for is on disk. Absence is
//! an `Option`, repetition is a value ([`Accepted`]), only trouble is an [`StoreError`]. `now` is a
//! parameter: no backend reads a clock. Decisions are taken by `signalbox_core::lifecycle`, which
//! backends call inside the transaction with the state just read.
//!
//! The contract beyond the types is written as tests in [`conformance`]; every backend passes all.

#[cfg(feature = "conformance")]
pub mod conformance;
mod error;
mod model;
mod sqlite;
mod url;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use signalbox_core::event::EventId;
use signalbox_core::lifecycle::Observation;
use signalbox_core::rule::Target;

pub use error::{OpenError, StoreError};
pub use model::{
    Accepted, AttemptRecord, Conclusion, DeliveryFilter, DeliveryRecord, EventFilter, EventRecord,
    Evidence, Leased, Look, Page, PageRecord, Position, Retried, Revision, Settled, Tally,
};
pub use url::{DatabaseUrl, UrlError};

/// The events: accepting what came, and reading what is there.
#[async_trait]
pub trait EventLog: Send + Sync {
    /// Stores one observation with its history and what it makes us owe.
    ///
    /// Of any number of concurrent or repeated calls for one event, exactly one answers
    /// [`Accepted::New`].
    async fn accept(
        &self,
        observation: Observation,
        request_id: &str,
        now: Timestamp,
    ) -> Result<Accepted, StoreError>;

    /// Applies one valid look at a status page, as a whole or not at all.
    async fn observe(&self, look: Look, now: Timestamp) -> Result<Tally, StoreError>;

    /// Applies the knowledge that a page has not changed since its last valid answer: what was
    /// missing from it then is missing still. An unknown page gives an empty tally, and so does one
    /// whose last valid answer did not prove absence.
    async fn observe_unchanged(
        &self,
        source: &str,
        request_id: &str,
        now: Timestamp,
    ) -> Result<Tally, StoreError>;

    /// Returns one event.
    async fn event(&self, event_id: &EventId) -> Result<Option<EventRecord>, StoreError>;

    /// Returns the states of an event, oldest first, the present one last; of very many or very
    /// large ones the newest; empty if unknown.
    async fn history(&self, event_id: &EventId) -> Result<Vec<Revision>, StoreError>;

    /// Lists events, newest received first, of one instant the last stored first. With a search
    /// text they come newest stored first. A page may be short although more follow, after a long
    /// search or among large records; only `next` tells.
    async fn events(
        &self,
        filter: &EventFilter,
        after: Option<Position>,
        limit: u32,
    ) -> Result<Page<EventRecord>, StoreError>;

    /// Returns what the last valid answer of a page left behind.
    async fn page(&self, source: &str) -> Result<Option<PageRecord>, StoreError>;
}

/// Deliveries owed, and the attempts made on them.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Leases at most `limit` deliveries to `target` that are due at `now`, oldest due first.
    ///
    /// A delivery is never under two live leases, and never leased while an earlier one of its
    /// lane is pending. A lease that is not settled ends at `until`, or earlier if the
    /// store knows that its holder is gone; then anyone may take it. A
    /// parked destination leases nothing until its time, then one at a time.
    async fn lease_due(
        &self,
        target: &Target,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Leased>, StoreError>;

    /// Records an attempt and what follows. Settling a lost lease records the attempt and changes
    /// nothing else.
    async fn settle(&self, settled: Settled, now: Timestamp) -> Result<(), StoreError>;

    /// Returns when the next delivery to `target` is due: the earliest time at which
    /// [`Outbox::lease_due`] may find one. `None` when nothing waits.
    async fn next_due(&self, target: &Target) -> Result<Option<Timestamp>, StoreError>;

    /// Makes a delivery due now, unless [`Retried`] says why not, and unparks its destination. The
    /// attempts made so far stay on record; the schedule starts anew. A revived delivery goes before
    /// whatever stands behind it in its lane, and waits for what stands before it.
    async fn retry(&self, delivery_id: i64, now: Timestamp) -> Result<Retried, StoreError>;

    /// Lists deliveries, newest first.
    async fn deliveries(
        &self,
        filter: &DeliveryFilter,
        after: Option<Position>,
        limit: u32,
    ) -> Result<Page<DeliveryRecord>, StoreError>;

    /// Lists the attempts at one event's deliveries, in order of delivery and attempt.
    async fn attempts(&self, event_id: &EventId) -> Result<Vec<AttemptRecord>, StoreError>;
}

/// A whole store.
#[async_trait]
pub trait Store: EventLog + Outbox {
    /// Answers when reading and writing both work.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Finishes what is queued and closes; later calls, closing again aside, answer
    /// [`StoreError::Unavailable`].
    async fn close(&self);
}

/// Opens the store that a URL names, bringing its schema up to date.
///
/// # Errors
/// See [`OpenError`]; nothing is changed in a file that is not ours or is newer than we are.
pub fn open(url: &DatabaseUrl, now: Timestamp) -> Result<Arc<dyn Store>, OpenError> {
    match url {
        DatabaseUrl::Sqlite(path) => Ok(Arc::new(sqlite::SqliteStore::open(path, now)?)),
    }
}
