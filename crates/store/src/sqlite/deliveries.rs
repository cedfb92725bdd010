//! Reading deliveries and attempts.

use rusqlite::{Connection, params};
use signalbox_core::delivery::State;
use signalbox_core::event::EventId;

use super::merge::{self, Key};
use super::rows::Columns;
use crate::{AttemptRecord, DeliveryFilter, DeliveryRecord, Page, Position, StoreError};

/// Lists deliveries, newest first. They go by number alone.
pub(super) fn list(
    connection: &Connection,
    filter: &DeliveryFilter,
    after: Option<Position>,
    limit: u32,
) -> Result<Page<DeliveryRecord>, StoreError> {
    let before = after.map_or(i64::MAX, |position| position.seq);
    let fetch = limit.saturating_add(1);
    let keys = match &filter.event_id {
        Some(event_id) => of_event(connection, event_id, filter, before, fetch)?,
        None => by_state(connection, filter, before, fetch)?,
    };
    let (keys, next) = merge::newest(keys, limit);
    let mut rows = Vec::with_capacity(keys.len());
    for (_, id) in keys {
        rows.extend(load(connection, id)?);
    }
    Ok(Page { rows, next })
}

/// The deliveries of one event.
pub(super) const OF_EVENT: &str =
    "SELECT 0, d.id FROM deliveries d CROSS JOIN destinations t ON t.id = d.destination_id
     WHERE d.event_seq = (SELECT seq FROM events WHERE event_id = ?1) AND d.id < ?2
         AND (?3 IS NULL OR d.state = ?3) AND (?4 IS NULL OR t.name = ?4)
     ORDER BY d.id DESC LIMIT ?5";

/// An event has a handful of deliveries.
fn of_event(
    connection: &Connection,
    event_id: &str,
    filter: &DeliveryFilter,
    before: i64,
    fetch: u32,
) -> Result<Vec<Key>, StoreError> {
    let keys = connection
        .prepare_cached(OF_EVENT)?
        .query_map(
            params![
                event_id,
                before,
                filter.state.map(State::as_str),
                filter.destination,
                fetch
            ],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?
        .collect::<Result<_, _>>()?;
    Ok(keys)
}

/// The deliveries of one destination in one state.
pub(super) const BY_STATE: &str = "SELECT 0, id FROM deliveries
     WHERE destination_id = ?1 AND state = ?2 AND id < ?3 ORDER BY id DESC LIMIT ?4";

/// Merges the newest of each destination and state.
fn by_state(
    connection: &Connection,
    filter: &DeliveryFilter,
    before: i64,
    fetch: u32,
) -> Result<Vec<Key>, StoreError> {
    let destinations: Vec<i64> = connection
        .prepare_cached("SELECT id FROM destinations WHERE ?1 IS NULL OR name = ?1")?
        .query_map([&filter.destination], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut statement = connection.prepare_cached(BY_STATE)?;
    let mut keys = Vec::new();
    for destination in destinations {
        let states = State::ALL
            .iter()
            .filter(|state| filter.state.is_none_or(|one| one == **state));
        for state in states {
            let found = statement
                .query_map(params![destination, state.as_str(), before, fetch], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })?
                .collect::<Result<Vec<_>, _>>()?;
            keys.extend(found);
        }
    }
    Ok(keys)
}

/// One delivery. While its destination is parked, nothing is due before the end of that.
pub(super) const RECORD: &str =
    "SELECT e.event_id, t.name, d.action, d.dedup_key, d.state, d.attempts, d.reason,
         d.created_at_ms, max(d.due_at_ms, coalesce(t.parked_until_ms, 0)) AS next_attempt_at_ms
     FROM deliveries d JOIN events e ON e.seq = d.event_seq
         JOIN destinations t ON t.id = d.destination_id
     WHERE d.id = ?1";

fn load(connection: &Connection, id: i64) -> Result<Option<DeliveryRecord>, StoreError> {
    let mut statement = connection.prepare_cached(RECORD)?;
    let mut found = statement.query([id])?;
    let Some(row) = found.next()? else {
        return Ok(None);
    };
    let columns = Columns {
        row,
        table: "deliveries",
        number: id,
    };
    Ok(Some(DeliveryRecord {
        id,
        event_id: columns.get("event_id")?,
        destination: columns.get("name")?,
        action: columns.word("action")?,
        dedup_key: columns.get("dedup_key")?,
        state: columns.word("state")?,
        attempts: columns.get("attempts")?,
        reason: columns.get("reason")?,
        created_at: columns.time("created_at_ms")?,
        next_attempt_at: columns.maybe_time("next_attempt_at_ms")?,
    }))
}

/// The attempts at one event's deliveries, in order.
pub(super) const ATTEMPTS: &str =
    "SELECT a.delivery_id, a.attempt, a.ended_at_ms, a.duration_ms, a.outcome, a.reason, a.status
     FROM events e JOIN deliveries d ON d.event_seq = e.seq
         JOIN attempts a ON a.delivery_id = d.id
     WHERE e.event_id = ?1 ORDER BY d.id, a.attempt";

/// Lists the attempts at one event's deliveries.
pub(super) fn attempts(
    connection: &Connection,
    event_id: &EventId,
) -> Result<Vec<AttemptRecord>, StoreError> {
    let mut statement = connection.prepare_cached(ATTEMPTS)?;
    let mut found = statement.query([event_id.as_str()])?;
    let mut attempts = Vec::new();
    while let Some(row) = found.next()? {
        let columns = Columns {
            row,
            table: "attempts",
            number: row.get("delivery_id")?,
        };
        attempts.push(AttemptRecord {
            delivery_id: columns.number,
            attempt: columns.get("attempt")?,
            ended_at: columns.time("ended_at_ms")?,
            duration_ms: columns.get("duration_ms")?,
            outcome: columns.get("outcome")?,
            reason: columns.get("reason")?,
            status: columns.get("status")?,
        });
    }
    Ok(attempts)
}
