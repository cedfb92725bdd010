//! Reading events: one, its history, and lists.

use std::collections::HashSet;

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use signalbox_core::event::{EventId, Severity};
use signalbox_core::json::RawJson;

use super::merge::{self, Key};
use super::rows::{self, Columns};
use crate::{EventFilter, EventRecord, Page, Position, Revision, StoreError};

/// Hits of a search that one page looks at. A page of rare rows among common words ends short
/// instead of taking seconds; its cursor goes on.
const SEARCH_STEPS_MAX: usize = 5_000;

/// Loads one event.
pub(super) fn one(
    connection: &Connection,
    event_id: &EventId,
) -> Result<Option<EventRecord>, StoreError> {
    let seq: Option<i64> = connection
        .prepare_cached("SELECT seq FROM events WHERE event_id = ?1")?
        .query_row([event_id.as_str()], |row| row.get(0))
        .optional()?;
    match seq {
        None => Ok(None),
        Some(seq) => load(connection, seq),
    }
}

fn load(connection: &Connection, seq: i64) -> Result<Option<EventRecord>, StoreError> {
    let sql = format!(
        "SELECT {}, {} FROM events e JOIN streams s ON s.id = e.stream_id WHERE e.seq = ?1",
        rows::EVENT_COLUMNS,
        rows::RECORD_COLUMNS
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = statement.query([seq])?;
    found.next()?.map(rows::record).transpose()
}

/// Loads the states of an event, oldest first.
pub(super) fn history(
    connection: &Connection,
    event_id: &EventId,
) -> Result<Vec<Revision>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT e.seq, r.revision, r.observed_at_ms, r.change, r.evidence, r.severity,
             r.vendor_status, r.resolved_at_ms, r.summary, r.decision, r.description, r.raw
         FROM events e JOIN revisions r ON r.event_seq = e.seq WHERE e.event_id = ?1
         UNION ALL
         SELECT e.seq, e.revision, e.updated_at_ms, e.change, e.evidence, s.severity,
             e.vendor_status, e.resolved_at_ms, e.summary, e.decision, e.description, e.raw
         FROM events e JOIN streams s ON s.id = e.stream_id WHERE e.event_id = ?1
         ORDER BY 2",
    )?;
    let mut found = statement.query([event_id.as_str()])?;
    let mut revisions = Vec::new();
    while let Some(row) = found.next()? {
        let columns = Columns { row, table: "revisions", number: row.get("seq")? };
        revisions.push(Revision {
            revision: columns.get("revision")?,
            observed_at: columns.time("observed_at_ms")?,
            change: columns.get("change")?,
            evidence: columns.get("evidence")?,
            severity: columns.word("severity")?,
            vendor_status: columns.get("vendor_status")?,
            resolved_at: columns.maybe_time("resolved_at_ms")?,
            summary: columns.get("summary")?,
            description: columns.get("description")?,
            decision: columns.decision()?,
            raw: RawJson::from_checked(columns.get::<String>("raw")?),
        });
    }
    Ok(revisions)
}

/// Lists events, newest received first.
pub(super) fn list(
    connection: &Connection,
    filter: &EventFilter,
    after: Option<Position>,
    limit: u32,
) -> Result<Page<EventRecord>, StoreError> {
    let streams = matching_streams(connection, filter)?;
    let (seqs, next) = match &filter.words {
        Some(words) => {
            Search { connection, filter, streams: streams.as_ref() }.run(words, after, limit)?
        }
        None => {
            let range = Range::new(filter, after, limit);
            let keys = match (filter.open, &streams) {
                (Some(true), streams) => range.open(connection, streams.as_ref())?,
                (_, Some(streams)) => range.streams(connection, streams)?,
                (_, None) => range.all(connection)?,
            };
            let (keys, next) = merge::newest(keys, limit);
            (keys.into_iter().map(|(_, seq)| seq).collect(), next)
        }
    };
    let mut records = Vec::with_capacity(seqs.len());
    for seq in seqs {
        records.extend(load(connection, seq)?);
    }
    Ok(Page { rows: records, next })
}

/// Finds the streams that a filter allows; `None` when it does not restrict them.
fn matching_streams(
    connection: &Connection,
    filter: &EventFilter,
) -> Result<Option<HashSet<i64>>, StoreError> {
    let mut conditions = Vec::new();
    let mut values = Vec::new();
    for (column, value) in [
        ("source", filter.source.clone()),
        ("service", filter.service.clone()),
        ("kind", filter.kind.map(|kind| kind.as_str().to_owned())),
        ("severity", filter.severity.map(Severity::as_str).map(str::to_owned)),
    ] {
        if let Some(value) = value {
            conditions.push(format!("{column} = ?"));
            values.push(Value::Text(value));
        }
    }
    if conditions.is_empty() {
        return Ok(None);
    }
    let sql = format!("SELECT id FROM streams WHERE {}", conditions.join(" AND "));
    let streams = connection
        .prepare_cached(&sql)?
        .query_map(params_from_iter(values), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(Some(streams))
}

/// The part of the time line that a page covers.
struct Range {
    before: Key,
    since_ms: i64,
    until_ms: i64,
    closed_only: bool,
    fetch: u32,
}

impl Range {
    fn new(filter: &EventFilter, after: Option<Position>, limit: u32) -> Self {
        Self {
            before: merge::start(after),
            since_ms: filter.since.map_or(i64::MIN, Timestamp::as_millisecond),
            until_ms: filter.until.map_or(i64::MAX, Timestamp::as_millisecond),
            closed_only: filter.open == Some(false),
            fetch: limit.saturating_add(1),
        }
    }

    fn query(
        &self,
        connection: &Connection,
        condition: &str,
        stream: Option<i64>,
    ) -> Result<Vec<Key>, StoreError> {
        let closed = if self.closed_only { "AND is_open = 0" } else { "" };
        let sql = format!(
            "SELECT received_at_ms, seq FROM events
             WHERE {condition} AND received_at_ms <= ?1 AND (received_at_ms, seq) < (?1, ?2)
                 AND received_at_ms >= ?3 AND received_at_ms < ?4 {closed}
             ORDER BY received_at_ms DESC, seq DESC LIMIT ?5"
        );
        let keys = connection
            .prepare_cached(&sql)?
            .query_map(
                params![
                    self.before.0,
                    self.before.1,
                    self.since_ms,
                    self.until_ms,
                    self.fetch,
                    stream
                ],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?
            .collect::<Result<_, _>>()?;
        Ok(keys)
    }

    fn all(&self, connection: &Connection) -> Result<Vec<Key>, StoreError> {
        self.query(connection, "?6 IS NULL", None)
    }

    fn streams(
        &self,
        connection: &Connection,
        streams: &HashSet<i64>,
    ) -> Result<Vec<Key>, StoreError> {
        let mut keys = Vec::new();
        for stream in streams {
            keys.extend(self.query(connection, "stream_id = ?6", Some(*stream))?);
        }
        Ok(keys)
    }

    /// Open events are few; those of one stream are picked from all of them.
    fn open(
        &self,
        connection: &Connection,
        streams: Option<&HashSet<i64>>,
    ) -> Result<Vec<Key>, StoreError> {
        let Some(streams) = streams else {
            return self.query(connection, "is_open = 1 AND ?6 IS NULL", None);
        };
        let mut keys = Vec::new();
        for stream in streams {
            keys.extend(self.query(connection, "is_open = 1 AND +stream_id = ?6", Some(*stream))?);
        }
        Ok(keys)
    }
}

/// A walk over the hits of a search, newest first.
struct Search<'a> {
    connection: &'a Connection,
    filter: &'a EventFilter,
    streams: Option<&'a HashSet<i64>>,
}

impl Search<'_> {
    fn run(
        &self,
        words: &str,
        after: Option<Position>,
        limit: u32,
    ) -> Result<(Vec<i64>, Option<Position>), StoreError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut statement = self.connection.prepare_cached(
            "SELECT rowid FROM events_words WHERE events_words MATCH ?1 AND rowid < ?2
             ORDER BY rowid DESC",
        )?;
        let before = after.map_or(i64::MAX, |position| position.seq);
        let mut hits = statement.query(params![phrases(words), before])?;
        let mut seqs = Vec::new();
        let mut steps = 0;
        let mut last = before;
        while let Some(row) = hits.next()? {
            if seqs.len() == limit || steps == SEARCH_STEPS_MAX {
                return Ok((seqs, Some(Position { at_ms: 0, seq: last })));
            }
            last = row.get(0)?;
            steps += 1;
            if self.admits(last)? {
                seqs.push(last);
            }
        }
        Ok((seqs, None))
    }

    fn admits(&self, seq: i64) -> Result<bool, StoreError> {
        let found: Option<(i64, i64, bool)> = self
            .connection
            .prepare_cached("SELECT stream_id, received_at_ms, is_open FROM events WHERE seq = ?1")?
            .query_row([seq], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((stream, received_at_ms, is_open)) = found else { return Ok(false) };
        let filter = self.filter;
        Ok(self.streams.is_none_or(|streams| streams.contains(&stream))
            && filter.open.is_none_or(|open| open == is_open)
            && filter.since.is_none_or(|since| received_at_ms >= since.as_millisecond())
            && filter.until.is_none_or(|until| received_at_ms < until.as_millisecond()))
    }
}

/// Quotes each word as a phrase: what people type is text, never the engine's query language.
fn phrases(words: &str) -> String {
    let quoted: Vec<String> = words
        .split_whitespace()
        .map(|word| format!("\"{}\"", word.replace('"', "\"\"")))
        .collect();
    quoted.join(" AND ")
}
