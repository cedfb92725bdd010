//! Reading events: one, its history, and lists.

use std::collections::HashSet;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use signalbox_core::event::EventId;
use signalbox_core::json::RawJson;

use super::merge::{self, Key};
use super::rows::{self, Columns};
use super::words;
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
    let mut statement = connection.prepare_cached(&record_sql())?;
    let mut found = statement.query([seq])?;
    found.next()?.map(rows::record).transpose()
}

/// Writes the query for one whole record.
pub(super) fn record_sql() -> String {
    format!(
        "SELECT {}, {} FROM events e JOIN streams s ON s.id = e.stream_id WHERE e.seq = ?1",
        rows::EVENT_COLUMNS,
        rows::RECORD_COLUMNS
    )
}

/// The states of an event, oldest first.
pub(super) const HISTORY: &str = "SELECT e.seq, r.revision, r.observed_at_ms, r.change, r.evidence,
         r.severity, r.vendor_status, r.resolved_at_ms, r.summary, r.decision, r.description, r.raw
     FROM events e JOIN revisions r ON r.event_seq = e.seq WHERE e.event_id = ?1
     UNION ALL
     SELECT e.seq, e.revision, e.updated_at_ms, e.change, e.evidence, s.severity,
         e.vendor_status, e.resolved_at_ms, e.summary, e.decision, e.description, e.raw
     FROM events e JOIN streams s ON s.id = e.stream_id WHERE e.event_id = ?1
     ORDER BY 2 DESC LIMIT 200";

/// Loads the states of an event, oldest first; of very many the newest.
pub(super) fn history(
    connection: &Connection,
    event_id: &EventId,
) -> Result<Vec<Revision>, StoreError> {
    let mut statement = connection.prepare_cached(HISTORY)?;
    let mut found = statement.query([event_id.as_str()])?;
    let mut revisions: Vec<Revision> = Vec::new();
    let mut bytes = 0;
    while let Some(row) = found.next()? {
        let columns = Columns {
            row,
            table: "revisions",
            number: row.get("seq")?,
        };
        let raw: String = columns.get("raw")?;
        bytes += raw.len();
        if bytes > PAGE_BYTES_MAX && !revisions.is_empty() {
            break;
        }
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
            raw: RawJson::from_checked(raw),
        });
    }
    revisions.reverse();
    Ok(revisions)
}

/// Bytes of records after which a page ends short: 500 events of the largest size would be half a
/// gigabyte of one answer.
const PAGE_BYTES_MAX: usize = 2 * 1_024 * 1_024;

/// Lists events: newest received first; with a search text, newest stored first.
pub(super) fn list(
    connection: &Connection,
    filter: &EventFilter,
    after: Option<Position>,
    limit: u32,
) -> Result<Page<EventRecord>, StoreError> {
    let streams = matching_streams(connection, filter)?;
    let (seqs, next) = if let Some(text) = &filter.words {
        let search = Search {
            connection,
            filter,
            streams: streams.as_ref(),
        };
        search.run(text, after, limit)?
    } else {
        let range = Range::new(filter, after, limit);
        let keys = match &streams {
            None => range.keys(connection, None)?,
            Some(streams) => range.keys_of(connection, streams)?,
        };
        let (keys, next) = merge::newest(keys, limit);
        (keys.into_iter().map(|(_, seq)| seq).collect(), next)
    };
    let mut rows: Vec<EventRecord> = Vec::with_capacity(seqs.len());
    let mut bytes = 0;
    for seq in seqs {
        if bytes > PAGE_BYTES_MAX {
            let last = rows.last().map(|row| position(filter, row));
            return Ok(Page { rows, next: last });
        }
        if let Some(row) = load(connection, seq)? {
            bytes += row.event.raw.as_str().len();
            rows.push(row);
        }
    }
    Ok(Page { rows, next })
}

/// Where a list goes on after a row: a search goes by number alone.
fn position(filter: &EventFilter, row: &EventRecord) -> Position {
    let at_ms = if filter.words.is_some() {
        0
    } else {
        row.received_at.as_millisecond()
    };
    Position {
        at_ms,
        seq: row.seq,
    }
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
        (
            "severity",
            filter.severity.map(|severity| severity.as_str().to_owned()),
        ),
    ] {
        if let Some(value) = value {
            conditions.push(format!("{column} = ?"));
            values.push(value);
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

/// The first millisecond that is not before an instant.
fn ceiling(at: Timestamp) -> i64 {
    let ms = at.as_millisecond();
    if at.as_nanosecond() > i128::from(ms) * 1_000_000 {
        ms + 1
    } else {
        ms
    }
}

/// The part of the time line that a page covers.
struct Range {
    before: Key,
    since_ms: i64,
    open: Option<bool>,
    fetch: u32,
}

/// The two parts of a page's range.
#[derive(Clone, Copy)]
pub(super) enum Part {
    /// What was received in the very millisecond of the place, and stands behind it.
    Same,
    /// What was received before.
    Earlier,
}

impl Range {
    fn new(filter: &EventFilter, after: Option<Position>, limit: u32) -> Self {
        let until = filter
            .until
            .map_or(merge::START, |until| (ceiling(until), i64::MIN));
        Self {
            // One upper bound, or the engine might seek by the wider and walk to the narrower.
            before: merge::start(after).min(until),
            since_ms: filter.since.map_or(i64::MIN, ceiling),
            open: filter.open,
            fetch: limit.saturating_add(1),
        }
    }

    fn keys(&self, connection: &Connection, stream: Option<i64>) -> Result<Vec<Key>, StoreError> {
        let (at_ms, seq) = self.before;
        if at_ms < self.since_ms {
            return Ok(Vec::new());
        }
        let mut keys = Vec::new();
        for (part, bound) in [(Part::Same, seq), (Part::Earlier, self.since_ms)] {
            let values = [at_ms, bound, i64::from(self.fetch)]
                .into_iter()
                .chain(stream);
            let mut statement =
                connection.prepare_cached(&range_sql(part, self.open, stream.is_some()))?;
            let mut found = statement.query(params_from_iter(values))?;
            while let Some(row) = found.next()? {
                keys.push((row.get(0)?, row.get(1)?));
            }
        }
        Ok(keys)
    }

    fn keys_of(
        &self,
        connection: &Connection,
        streams: &HashSet<i64>,
    ) -> Result<Vec<Key>, StoreError> {
        let mut keys = Vec::new();
        for stream in streams {
            keys.extend(self.keys(connection, Some(*stream))?);
        }
        Ok(keys)
    }
}

/// Writes the query for a part of the time line, of one stream or of all. The parts are asked for
/// apart, because a comparison of pairs would seek by the time alone, and walk all of its rows.
pub(super) fn range_sql(part: Part, open: Option<bool>, of_stream: bool) -> String {
    let range = match part {
        Part::Same => "received_at_ms = ?1 AND seq < ?2",
        Part::Earlier => "received_at_ms < ?1 AND received_at_ms >= ?2",
    };
    let state = match open {
        None => "",
        Some(true) => " AND is_open = 1",
        Some(false) => " AND is_open = 0",
    };
    let stream = match (open, of_stream) {
        (_, false) => "",
        // Open events are few; those of one stream are picked from all of them.
        (Some(true), true) => " AND +stream_id = ?4",
        (_, true) => " AND stream_id = ?4",
    };
    format!(
        "SELECT received_at_ms, seq FROM events WHERE {range}{state}{stream}
         ORDER BY received_at_ms DESC, seq DESC LIMIT ?3"
    )
}

/// The hits of a search, newest first.
pub(super) const HITS: &str =
    "SELECT rowid FROM events_words WHERE events_words MATCH ?1 AND rowid < ?2 ORDER BY rowid DESC";

/// A walk over the hits of a search, newest first.
struct Search<'a> {
    connection: &'a Connection,
    filter: &'a EventFilter,
    streams: Option<&'a HashSet<i64>>,
}

impl Search<'_> {
    fn run(
        &self,
        text: &str,
        after: Option<Position>,
        limit: u32,
    ) -> Result<(Vec<i64>, Option<Position>), StoreError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut statement = self.connection.prepare_cached(HITS)?;
        let before = after.map_or(i64::MAX, |position| position.seq);
        let mut hits = statement.query(params![words::query(text), before])?;
        let mut seqs = Vec::new();
        let mut steps = 0;
        let mut last = before;
        while let Some(row) = hits.next()? {
            if seqs.len() == limit || steps == SEARCH_STEPS_MAX {
                return Ok((
                    seqs,
                    Some(Position {
                        at_ms: 0,
                        seq: last,
                    }),
                ));
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
        let Some((stream, received_at_ms, is_open)) = found else {
            return Ok(false);
        };
        let filter = self.filter;
        Ok(self.streams.is_none_or(|streams| streams.contains(&stream))
            && filter.open.is_none_or(|open| open == is_open)
            && filter
                .since
                .is_none_or(|since| received_at_ms >= ceiling(since))
            && filter
                .until
                .is_none_or(|until| received_at_ms < ceiling(until)))
    }
}
