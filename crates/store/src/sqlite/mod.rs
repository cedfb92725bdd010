//! The embedded backend: one file, one writer thread, a few readers.
//!
//! Writes queue up at the [`writer`], which takes all that wait into one transaction and one
//! fsync. Reads have connections of their own and, in WAL mode, never wait for a writer. A lock
//! file keeps a second process out. Files in this folder: `open` (connections, lock), `migrate`,
//! `writer` (group commit), `reader`, `accept` and `observe` (events in, with `stored`, `owed`,
//! `pages` and `words`), `events` and `deliveries` (lists out, with `merge`), `outbox` (leases),
//! `rows` (columns to values).

mod accept;
mod deliveries;
mod events;
mod merge;
mod migrate;
mod observe;
mod open;
mod outbox;
mod owed;
mod pages;
#[cfg(test)]
mod plans;
mod reader;
mod rows;
mod stored;
mod words;
mod writer;

use std::path::Path;

use async_trait::async_trait;
use jiff::Timestamp;
use signalbox_core::event::EventId;
use signalbox_core::lifecycle::Observation;
use signalbox_core::rule::Target;

use crate::{
    Accepted, AttemptRecord, DeliveryFilter, DeliveryRecord, EventFilter, EventLog, EventRecord,
    Leased, Look, OpenError, Outbox, Page, PageRecord, Position, Retried, Revision, Settled, Store,
    StoreError, Tally,
};
use accept::Context;
use reader::Readers;
use writer::Writer;

/// A store in one SQLite file.
pub(crate) struct SqliteStore {
    writer: Writer,
    readers: Readers,
    own_readers: Readers,
}

impl SqliteStore {
    /// Opens or creates the file, takes its lock and brings its schema up to date.
    pub(crate) fn open(path: &Path, now: Timestamp) -> Result<Self, OpenError> {
        let path = &open::locate(path)?;
        let lock = open::lock(path)?;
        let connection = open::for_writing(path, |connection| migrate::judge(connection, path))?;
        migrate::run(&connection, path, now)?;
        outbox::take_over(&connection, now).map_err(open::io("take over the leases of", path))?;
        let readers = Readers::open(path, reader::ASKED)?;
        let own_readers = Readers::open(path, reader::OWN)?;
        let writer =
            Writer::start(connection, lock).map_err(open::io("start a writer for", path))?;
        Ok(Self {
            writer,
            readers,
            own_readers,
        })
    }
}

#[async_trait]
impl EventLog for SqliteStore {
    async fn accept(
        &self,
        observation: Observation,
        request_id: &str,
        now: Timestamp,
    ) -> Result<Accepted, StoreError> {
        let request_id = request_id.to_owned();
        self.writer
            .run(move |tx| {
                let context = Context {
                    now,
                    request_id: &request_id,
                };
                Ok(accept::accept(tx, &observation, context)?.accepted)
            })
            .await
    }

    async fn observe(&self, look: Look, now: Timestamp) -> Result<Tally, StoreError> {
        self.writer
            .run(move |tx| observe::observe(tx, &look, now))
            .await
    }

    async fn observe_unchanged(
        &self,
        source: &str,
        request_id: &str,
        now: Timestamp,
    ) -> Result<Tally, StoreError> {
        let (source, request_id) = (source.to_owned(), request_id.to_owned());
        self.writer
            .run(move |tx| observe::unchanged(tx, &source, &request_id, now))
            .await
    }

    async fn event(&self, event_id: &EventId) -> Result<Option<EventRecord>, StoreError> {
        let event_id = event_id.clone();
        self.readers
            .run(move |connection| events::one(connection, &event_id))
            .await
    }

    async fn history(&self, event_id: &EventId) -> Result<Vec<Revision>, StoreError> {
        let event_id = event_id.clone();
        self.readers
            .run(move |connection| events::history(connection, &event_id))
            .await
    }

    async fn events(
        &self,
        filter: &EventFilter,
        after: Option<Position>,
        limit: u32,
    ) -> Result<Page<EventRecord>, StoreError> {
        let filter = filter.clone();
        self.readers
            .run(move |connection| events::list(connection, &filter, after, limit))
            .await
    }

    async fn page(&self, source: &str) -> Result<Option<PageRecord>, StoreError> {
        let source = source.to_owned();
        self.own_readers
            .run(move |connection| pages::load(connection, &source))
            .await
    }
}

#[async_trait]
impl Outbox for SqliteStore {
    async fn lease_due(
        &self,
        target: &Target,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Leased>, StoreError> {
        let target = target.clone();
        self.writer
            .run(move |tx| outbox::lease_due(tx, &target, now, until, limit))
            .await
    }

    async fn settle(&self, settled: Settled, now: Timestamp) -> Result<(), StoreError> {
        self.writer
            .run(move |tx| outbox::settle(tx, &settled, now))
            .await
    }

    async fn next_due(&self, target: &Target) -> Result<Option<Timestamp>, StoreError> {
        let target = target.clone();
        self.own_readers
            .run(move |connection| outbox::next_due(connection, &target))
            .await
    }

    async fn retry(&self, delivery_id: i64, now: Timestamp) -> Result<Retried, StoreError> {
        self.writer
            .run(move |tx| outbox::retry(tx, delivery_id, now))
            .await
    }

    async fn deliveries(
        &self,
        filter: &DeliveryFilter,
        after: Option<Position>,
        limit: u32,
    ) -> Result<Page<DeliveryRecord>, StoreError> {
        let filter = filter.clone();
        self.readers
            .run(move |connection| deliveries::list(connection, &filter, after, limit))
            .await
    }

    async fn attempts(&self, event_id: &EventId) -> Result<Vec<AttemptRecord>, StoreError> {
        let event_id = event_id.clone();
        self.readers
            .run(move |connection| deliveries::attempts(connection, &event_id))
            .await
    }
}

/// A real write: on a full disk a transaction that changes nothing still succeeds.
const PING: &str = "INSERT INTO heartbeat VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET n = n + 1";

#[async_trait]
impl Store for SqliteStore {
    async fn ping(&self) -> Result<(), StoreError> {
        self.writer
            .run(|tx| Ok(tx.prepare(PING)?.execute([]).map(drop)?))
            .await?;
        self.own_readers
            .run(|connection| Ok(connection.query_row("SELECT 1", [], |_| Ok(()))?))
            .await
    }

    async fn close(&self) {
        // The readers first: the writer's connection, closed last and alone, leaves one tidy file
        // behind. Two that close at once see each other and leave the WAL to nobody.
        self.readers.close().await;
        self.own_readers.close().await;
        self.writer.close().await;
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::ConstraintViolation) => Self::Conflict(error.to_string()),
            _ => Self::Unavailable(error.to_string()),
        }
    }
}
