//! The outbox: leasing what is due, settling what was tried.
//!
//! Only the first pending delivery of a lane has a due time, so leasing needs no look at the order:
//! whoever settles or cancels the first one releases the next. A lease writes its end into the due
//! time and counts the attempt before anything is sent; the count is the fence that a late settle
//! must pass.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use signalbox_core::delivery::outcome::Reason;
use signalbox_core::delivery::{Action, Delivery, State};
use signalbox_core::instant;
use signalbox_core::rule::Target;

use super::rows::{self, Columns};
use super::writer::Tx;
use crate::{Conclusion, Leased, Retried, Settled, StoreError};

/// Picks due deliveries of one destination, oldest due first.
pub(super) const DUE: &str = "SELECT id FROM deliveries INDEXED BY deliveries_due
     WHERE destination_id = ?1 AND due_at_ms <= ?2 ORDER BY due_at_ms, id LIMIT ?3";

/// Holds for a delivery `d` that is not the first pending one of its lane.
const BEHIND: &str = "EXISTS (SELECT 1 FROM deliveries p
     WHERE p.dedup_key = d.dedup_key AND p.destination_id = d.destination_id
         AND p.state = 'pending' AND p.id < d.id)";

/// Ends the leases and parks of the process before: the lock says that it is gone, so nobody need
/// wait for the rest of their time.
pub(super) fn take_over(connection: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    let now_ms = now.as_millisecond();
    connection.execute(
        "UPDATE deliveries SET due_at_ms = ?1
         WHERE due_at_ms > ?1 AND attempts > 0 AND NOT EXISTS (SELECT 1 FROM attempts a
             WHERE a.delivery_id = deliveries.id AND a.attempt = deliveries.attempts)",
        [now_ms],
    )?;
    // A restart is how a corrected credential comes; one delivery goes ahead to see.
    connection.execute(
        "UPDATE destinations SET parked_until_ms = min(parked_until_ms, ?1), probe_id = NULL
         WHERE parked_until_ms IS NOT NULL",
        [now_ms],
    )?;
    Ok(())
}

/// Leases due deliveries of one destination.
pub(super) fn lease_due(
    tx: &mut Tx<'_>,
    target: &Target,
    now: Timestamp,
    until: Timestamp,
    limit: u32,
) -> Result<Vec<Leased>, StoreError> {
    let now_ms = now.as_millisecond();
    let found: Option<(i64, Option<i64>)> = tx
        .prepare("SELECT id, parked_until_ms FROM destinations WHERE name = ?1 AND mock = ?2")?
        .query_row(params![target.destination, target.mock], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let Some((destination_id, parked_until_ms)) = found else {
        return Ok(Vec::new());
    };
    if parked_until_ms.is_some_and(|until_ms| until_ms > now_ms) {
        return Ok(Vec::new());
    }
    // Out of the park, one goes ahead to see whether the credential works again.
    let limit = if parked_until_ms.is_some() {
        limit.min(1)
    } else {
        limit
    };
    let ids: Vec<i64> = tx
        .prepare(DUE)?
        .query_map(params![destination_id, now_ms, limit], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut leased = Vec::with_capacity(ids.len());
    for id in ids {
        note_lost_attempt(tx, id, now)?;
        if claim(tx, id, until)? {
            leased.extend(load(tx, id, target)?);
        }
    }
    if parked_until_ms.is_some()
        && let [probe] = leased.as_slice()
    {
        tx.prepare("UPDATE destinations SET parked_until_ms = ?2, probe_id = ?3 WHERE id = ?1")?
            .execute(params![
                destination_id,
                until.as_millisecond(),
                probe.delivery.id
            ])?;
    }
    Ok(leased)
}

/// Begins an attempt. A delivery that was held while an earlier one of its lane was revived, and
/// whose holder went away, steps back behind that one instead.
fn claim(tx: &Tx<'_>, id: i64, until: Timestamp) -> Result<bool, StoreError> {
    if tx.prepare(&step_back_sql())?.execute([id])? > 0 {
        return Ok(false);
    }
    tx.prepare("UPDATE deliveries SET due_at_ms = ?2, attempts = attempts + 1 WHERE id = ?1")?
        .execute(params![id, until.as_millisecond()])?;
    Ok(true)
}

pub(super) fn step_back_sql() -> String {
    format!("UPDATE deliveries AS d SET due_at_ms = NULL WHERE d.id = ?1 AND {BEHIND}")
}

/// An attempt without a record ended with its process: its answer is unknown, and that is on
/// record too.
fn note_lost_attempt(tx: &Tx<'_>, id: i64, now: Timestamp) -> Result<(), StoreError> {
    tx.prepare(
        "INSERT OR IGNORE INTO attempts
         SELECT id, attempts, ?2, 0, 'retry', ?3, NULL FROM deliveries WHERE id = ?1 AND attempts > 0",
    )?
    .execute(params![id, now.as_millisecond(), Reason::Unknown.as_str()])?;
    Ok(())
}

fn load(tx: &Tx<'_>, id: i64, target: &Target) -> Result<Option<Leased>, StoreError> {
    let sql = format!(
        "SELECT {}, d.action, d.dedup_key, d.attempts, d.backoff_base, d.created_at_ms,
             d.kept_from_ms, d.request_id
         FROM deliveries d JOIN events e ON e.seq = d.event_seq
             JOIN streams s ON s.id = e.stream_id
         WHERE d.id = ?1",
        rows::EVENT_COLUMNS
    );
    let mut statement = tx.prepare(&sql)?;
    let mut found = statement.query([id])?;
    let Some(row) = found.next()? else {
        return Ok(None);
    };
    let columns = Columns {
        row,
        table: "deliveries",
        number: id,
    };
    let attempt: u32 = columns.get("attempts")?;
    Ok(Some(Leased {
        backoff: attempt.saturating_sub(columns.get("backoff_base")?),
        kept_from: columns.time("kept_from_ms")?,
        delivery: Delivery {
            id,
            event: rows::event(&columns)?,
            target: target.clone(),
            action: columns.word("action")?,
            dedup_key: columns.get("dedup_key")?,
            attempt,
            created_at: columns.time("created_at_ms")?,
            request_id: columns.get("request_id")?,
        },
    }))
}

/// Records an attempt and what follows.
pub(super) fn settle(tx: &mut Tx<'_>, settled: &Settled, now: Timestamp) -> Result<(), StoreError> {
    let reason = settled.outcome.reason().as_str();
    tx.prepare("INSERT OR REPLACE INTO attempts VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
        .execute(params![
            settled.delivery_id,
            settled.attempt,
            now.as_millisecond(),
            settled.duration_ms,
            settled.outcome.as_str(),
            reason,
            settled.status,
        ])?;
    let held: Option<(i64, String)> = tx
        .prepare(
            "SELECT destination_id, dedup_key FROM deliveries
             WHERE id = ?1 AND attempts = ?2 AND state = 'pending'",
        )?
        .query_row(params![settled.delivery_id, settled.attempt], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let Some((destination_id, dedup_key)) = held else {
        return Ok(());
    };
    match settled.conclusion {
        Conclusion::Delivered => {
            unpark(tx, destination_id)?;
            close(tx, settled.delivery_id, State::Delivered, reason)?;
            release(tx, destination_id, &dedup_key, now)
        }
        Conclusion::Dead(why) => {
            end_probe(tx, destination_id, settled.delivery_id, now)?;
            close(tx, settled.delivery_id, State::Dead, why.as_str())?;
            cancel_updates(tx, settled.delivery_id)?;
            release(tx, destination_id, &dedup_key, now)
        }
        Conclusion::RetryAt(at) => {
            end_probe(tx, destination_id, settled.delivery_id, now)?;
            postpone(tx, settled.delivery_id, at, reason)
        }
        Conclusion::ParkUntil(at) => {
            tx.prepare(
                "UPDATE destinations SET parked_until_ms = ?2, parked_reason = ?3, probe_id = NULL
                 WHERE id = ?1",
            )?
            .execute(params![destination_id, at.as_millisecond(), reason])?;
            postpone(tx, settled.delivery_id, at, reason)
        }
    }
}

/// A probe that met another trouble than a bad credential proves nothing: the next one may go.
fn end_probe(
    tx: &Tx<'_>,
    destination_id: i64,
    delivery_id: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.prepare(
        "UPDATE destinations SET parked_until_ms = ?3, probe_id = NULL
         WHERE id = ?1 AND probe_id = ?2",
    )?
    .execute(params![destination_id, delivery_id, now.as_millisecond()])?;
    Ok(())
}

fn close(tx: &Tx<'_>, id: i64, state: State, reason: &str) -> Result<(), StoreError> {
    tx.prepare("UPDATE deliveries SET state = ?2, reason = ?3, due_at_ms = NULL WHERE id = ?1")?
        .execute(params![id, state.as_str(), reason])?;
    Ok(())
}

/// News of a page that was never opened would open one that nobody closes.
fn cancel_updates(tx: &Tx<'_>, trigger_id: i64) -> Result<(), StoreError> {
    tx.prepare(CANCEL_UPDATES)?
        .execute(params![trigger_id, Reason::NotOpened.as_str()])?;
    Ok(())
}

/// Cancels the updates that wait behind a trigger; other deliveries have none behind them.
pub(super) const CANCEL_UPDATES: &str =
    "UPDATE deliveries SET state = 'cancelled', reason = ?2, due_at_ms = NULL
     WHERE id IN (SELECT u.id FROM deliveries t JOIN deliveries u
         ON u.dedup_key = t.dedup_key AND u.destination_id = t.destination_id
             AND u.state = 'pending' AND u.action = 'update' AND u.id > t.id
         WHERE t.id = ?1 AND t.action = 'trigger')";

/// Sets the next attempt, unless an earlier delivery of the lane was revived meanwhile.
fn postpone(tx: &Tx<'_>, id: i64, at: Timestamp, reason: &str) -> Result<(), StoreError> {
    let sql = format!(
        "UPDATE deliveries AS d SET reason = ?3,
             due_at_ms = CASE WHEN {BEHIND} THEN NULL ELSE ?2 END
         WHERE d.id = ?1"
    );
    tx.prepare(&sql)?
        .execute(params![id, at.as_millisecond(), reason])?;
    Ok(())
}

/// The first pending delivery of a lane.
pub(super) const FIRST: &str = "SELECT min(id) FROM deliveries
     WHERE dedup_key = ?1 AND destination_id = ?2 AND state = 'pending'";

/// Lets the first pending delivery of a lane go. The time for which it is tried begins when its
/// turn comes: what stood for days behind another is not given up at its first failure.
pub(super) fn release(
    tx: &Tx<'_>,
    destination_id: i64,
    dedup_key: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = format!(
        "UPDATE deliveries SET due_at_ms = ?3,
             kept_from_ms = CASE WHEN attempts = backoff_base THEN ?3 ELSE kept_from_ms END
         WHERE due_at_ms IS NULL AND id = ({FIRST})"
    );
    tx.prepare(&sql)?
        .execute(params![dedup_key, destination_id, now.as_millisecond()])?;
    Ok(())
}

fn unpark(tx: &Tx<'_>, destination_id: i64) -> Result<(), StoreError> {
    tx.prepare(
        "UPDATE destinations SET parked_until_ms = NULL, parked_reason = NULL, probe_id = NULL
         WHERE id = ?1 AND parked_until_ms IS NOT NULL",
    )?
    .execute([destination_id])?;
    Ok(())
}

/// The earliest due time of a destination, and the end of its park.
pub(super) const NEXT_DUE: &str = "SELECT (SELECT min(due_at_ms) FROM deliveries
         WHERE destination_id = t.id AND due_at_ms IS NOT NULL), t.parked_until_ms
     FROM destinations t WHERE t.name = ?1 AND t.mock = ?2";

/// Returns when the next delivery of a destination is due.
pub(super) fn next_due(
    connection: &Connection,
    target: &Target,
) -> Result<Option<Timestamp>, StoreError> {
    let due: Option<(Option<i64>, Option<i64>)> = connection
        .prepare_cached(NEXT_DUE)?
        .query_row(params![target.destination, target.mock], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let Some((Some(due_ms), parked_ms)) = due else {
        return Ok(None);
    };
    Ok(instant::from_millis(
        due_ms.max(parked_ms.unwrap_or(due_ms)),
    ))
}

/// What [`retry`] needs to know of a delivery.
struct Held {
    destination_id: i64,
    dedup_key: String,
    action: Action,
    state: State,
    event_over: bool,
    /// An attempt is on its way: it was counted and has no record yet.
    in_flight: bool,
    due_at_ms: Option<i64>,
}

/// Lets what stands behind a revived delivery in its lane wait again, unless it is on its way.
pub(super) const HOLD_BACK: &str = "UPDATE deliveries SET due_at_ms = NULL
     WHERE dedup_key = ?1 AND destination_id = ?2 AND state = 'pending' AND id > ?3
         AND (attempts = 0 OR EXISTS (SELECT 1 FROM attempts a
             WHERE a.delivery_id = deliveries.id AND a.attempt = deliveries.attempts))";

/// Makes a delivery due now.
pub(super) fn retry(tx: &mut Tx<'_>, id: i64, now: Timestamp) -> Result<Retried, StoreError> {
    let Some(held) = hold(tx, id)? else {
        return Ok(Retried::Unknown);
    };
    match held.state {
        State::Delivered => return Ok(Retried::Delivered),
        State::Pending if held.in_flight || held.due_at_ms.is_none() => return Ok(Retried::InTurn),
        State::Dead | State::Cancelled => match held.action {
            Action::Resolve if !held.event_over => return Ok(Retried::EventReopened),
            Action::Trigger | Action::Update if held.event_over => {
                return Ok(Retried::EventResolved);
            }
            _ => {}
        },
        State::Pending => {}
    }
    unpark(tx, held.destination_id)?;
    tx.prepare(HOLD_BACK)?
        .execute(params![held.dedup_key, held.destination_id, id])?;
    tx.prepare(
        "UPDATE deliveries SET state = 'pending', due_at_ms = NULL, backoff_base = attempts,
             kept_from_ms = ?2 WHERE id = ?1",
    )?
    .execute(params![id, now.as_millisecond()])?;
    release(tx, held.destination_id, &held.dedup_key, now)?;
    let first: i64 = tx
        .prepare(FIRST)?
        .query_row(params![held.dedup_key, held.destination_id], |row| {
            row.get(0)
        })?;
    Ok(if first == id {
        Retried::Due
    } else {
        Retried::InTurn
    })
}

fn hold(tx: &Tx<'_>, id: i64) -> Result<Option<Held>, StoreError> {
    let mut statement = tx.prepare(
        "SELECT d.destination_id, d.dedup_key, d.action, d.state, d.due_at_ms,
             e.resolved_at_ms IS NOT NULL AS event_over,
             d.attempts > 0 AND NOT EXISTS (SELECT 1 FROM attempts a
                 WHERE a.delivery_id = d.id AND a.attempt = d.attempts) AS in_flight
         FROM deliveries d JOIN events e ON e.seq = d.event_seq WHERE d.id = ?1",
    )?;
    let mut found = statement.query([id])?;
    let Some(row) = found.next()? else {
        return Ok(None);
    };
    let columns = Columns {
        row,
        table: "deliveries",
        number: id,
    };
    Ok(Some(Held {
        destination_id: columns.get("destination_id")?,
        dedup_key: columns.get("dedup_key")?,
        action: columns.word("action")?,
        state: columns.word("state")?,
        event_over: columns.get("event_over")?,
        in_flight: columns.get("in_flight")?,
        due_at_ms: columns.get("due_at_ms")?,
    }))
}
