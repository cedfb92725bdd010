//! Columns to values and back. A column that does not hold what it should is `Corrupt`, never a
//! panic and never a guess.

use std::str::FromStr;

use jiff::Timestamp;
use rusqlite::Row;
use signalbox_core::event::{Event, EventId};
use signalbox_core::instant;
use signalbox_core::json::RawJson;
use signalbox_core::rule::Decision;

use crate::{EventRecord, StoreError};

/// A row of a known table and number, for errors that say where.
pub(super) struct Columns<'r, 's> {
    pub(super) row: &'r Row<'s>,
    pub(super) table: &'static str,
    pub(super) number: i64,
}

impl Columns<'_, '_> {
    pub(super) fn corrupt(&self, column: &'static str) -> StoreError {
        StoreError::Corrupt {
            table: self.table,
            column,
            row: self.number,
        }
    }

    pub(super) fn get<T: rusqlite::types::FromSql>(
        &self,
        column: &'static str,
    ) -> Result<T, StoreError> {
        self.row.get(column).map_err(|_| self.corrupt(column))
    }

    pub(super) fn time(&self, column: &'static str) -> Result<Timestamp, StoreError> {
        self.maybe_time(column)?.ok_or_else(|| self.corrupt(column))
    }

    pub(super) fn maybe_time(&self, column: &'static str) -> Result<Option<Timestamp>, StoreError> {
        match self.get::<Option<i64>>(column)? {
            None => Ok(None),
            Some(ms) => instant::from_millis(ms)
                .map(Some)
                .ok_or_else(|| self.corrupt(column)),
        }
    }

    pub(super) fn word<T: FromStr>(&self, column: &'static str) -> Result<T, StoreError> {
        let word: String = self.get(column)?;
        word.parse().map_err(|_| self.corrupt(column))
    }

    pub(super) fn decision(&self) -> Result<Decision, StoreError> {
        let text: String = self.get("decision")?;
        serde_json::from_str(&text).map_err(|_| self.corrupt("decision"))
    }
}

/// The columns that [`event`] reads; `e` is the event, `s` its stream.
pub(super) const EVENT_COLUMNS: &str = "e.seq, e.event_id, s.source, s.service, s.kind, s.severity, \
    e.summary, e.description, e.started_at_ms, e.resolved_at_ms, e.component, e.origin, \
    e.livemode, e.raw";

/// Reads the event of a row that selected [`EVENT_COLUMNS`].
pub(super) fn event(columns: &Columns<'_, '_>) -> Result<Event, StoreError> {
    let event_id: String = columns.get("event_id")?;
    Ok(Event {
        event_id: EventId::new(&event_id).ok_or_else(|| columns.corrupt("event_id"))?,
        source: columns.get("source")?,
        kind: columns.word("kind")?,
        severity: columns.word("severity")?,
        service: columns.get("service")?,
        summary: columns.get("summary")?,
        description: columns.get("description")?,
        started_at: columns.time("started_at_ms")?,
        resolved_at: columns.maybe_time("resolved_at_ms")?,
        component: columns.get("component")?,
        origin: columns.word("origin")?,
        livemode: columns.get("livemode")?,
        raw: RawJson::from_checked(columns.get::<String>("raw")?),
    })
}

/// What [`record`] reads beside [`EVENT_COLUMNS`].
pub(super) const RECORD_COLUMNS: &str = "e.routed, e.decision, e.vendor_status, e.received_at_ms, \
    e.updated_at_ms, e.duplicates, e.revision, e.request_id, \
    CASE WHEN e.routed = 1 THEN (SELECT json_group_array(t.name) \
         FROM deliveries d JOIN destinations t ON t.id = d.destination_id \
         WHERE d.event_seq = e.seq AND d.action = 'trigger' AND d.state = 'delivered') \
    END AS delivered_to";

/// Reads a whole record.
pub(super) fn record(row: &Row<'_>) -> Result<EventRecord, StoreError> {
    let number = row.get("seq")?;
    let columns = Columns {
        row,
        table: "events",
        number,
    };
    Ok(EventRecord {
        seq: number,
        event: event(&columns)?,
        routed: columns.get("routed")?,
        delivered_to: delivered_to(&columns)?,
        decision: columns.decision()?,
        vendor_status: columns.get("vendor_status")?,
        received_at: columns.time("received_at_ms")?,
        updated_at: columns.time("updated_at_ms")?,
        duplicates: columns.get("duplicates")?,
        revision: columns.get("revision")?,
        request_id: columns.get("request_id")?,
    })
}

/// A page that was closed and opened again was accepted twice by the same destination.
fn delivered_to(columns: &Columns<'_, '_>) -> Result<Vec<String>, StoreError> {
    let Some(names) = columns.get::<Option<String>>("delivered_to")? else {
        return Ok(Vec::new());
    };
    let mut names: Vec<String> =
        serde_json::from_str(&names).map_err(|_| columns.corrupt("delivered_to"))?;
    names.sort_unstable();
    names.dedup();
    Ok(names)
}

/// Writes an optional time.
pub(super) fn millis(at: Option<Timestamp>) -> Option<i64> {
    at.map(Timestamp::as_millisecond)
}
