//! Adding deliveries to the outbox, and taking back those that have not left.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use signalbox_core::delivery::outcome::Reason;
use signalbox_core::lifecycle::Owed;
use signalbox_core::rule::Target;

use super::accept::Context;
use super::outbox;
use super::writer::Tx;
use crate::StoreError;

/// Adds a delivery to the end of its lane.
pub(super) const ADD: &str = "INSERT INTO deliveries (event_seq, destination_id, action, dedup_key,
         state, created_at_ms, kept_from_ms, due_at_ms, request_id)
     VALUES (?1, ?2, ?3, ?4, 'pending', ?5, ?5, CASE WHEN EXISTS (
         SELECT 1 FROM deliveries WHERE dedup_key = ?4 AND destination_id = ?2
             AND state = 'pending') THEN NULL ELSE ?5 END, ?6)";

/// Adds deliveries. One that stands behind a pending one of its lane has no due time yet.
pub(super) fn add(
    tx: &Tx<'_>,
    seq: i64,
    owed: &[Owed],
    context: Context<'_>,
) -> Result<(), StoreError> {
    for delivery in owed {
        let destination_id = destination(tx, &delivery.target)?;
        tx.prepare(ADD)?.execute(params![
            seq,
            destination_id,
            delivery.action.as_str(),
            delivery.dedup_key,
            context.now.as_millisecond(),
            context.request_id,
        ])?;
    }
    Ok(())
}

/// Takes back what cannot have arrived of one event at one destination: what was never tried, or
/// only without a connection or turned away at the door. The index is named, because the
/// engine would rather walk all that waits for the destination, which may be dead for days.
pub(super) const CANCEL: &str = "UPDATE deliveries INDEXED BY deliveries_by_event
     SET state = 'cancelled', reason = ?4, due_at_ms = NULL
     WHERE event_seq = ?1 AND state = 'pending' AND action = 'trigger'
         AND attempts = (SELECT count(*) FROM attempts a WHERE a.delivery_id = deliveries.id
             AND a.reason IN ('unreachable', 'unauthorized', 'rate_limited', 'try_again'))
         AND destination_id = (SELECT id FROM destinations WHERE name = ?2 AND mock = ?3)
     RETURNING destination_id, dedup_key";

/// Cancels a trigger that has not left, and lets whatever stood behind it go.
pub(super) fn cancel(
    tx: &Tx<'_>,
    seq: i64,
    target: &Target,
    now: Timestamp,
) -> Result<(), StoreError> {
    let cancelled: Vec<(i64, String)> = tx
        .prepare(CANCEL)?
        .query_map(
            params![
                seq,
                target.destination,
                target.mock,
                Reason::ClosedBeforeSent.as_str()
            ],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?
        .collect::<Result<_, _>>()?;
    for (destination_id, dedup_key) in cancelled {
        outbox::release(tx, destination_id, &dedup_key, now)?;
    }
    Ok(())
}

fn destination(tx: &Tx<'_>, target: &Target) -> Result<i64, StoreError> {
    let values = params![target.destination, target.mock];
    let known = tx
        .prepare("SELECT id FROM destinations WHERE name = ?1 AND mock = ?2")?
        .query_row(values, |row| row.get(0))
        .optional()?;
    if let Some(id) = known {
        return Ok(id);
    }
    tx.prepare("INSERT INTO destinations (name, mock) VALUES (?1, ?2)")?
        .execute(values)?;
    Ok(tx.connection().last_insert_rowid())
}
