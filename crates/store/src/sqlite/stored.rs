//! Loading what a judgement needs to know of a stored event: its state and how far its pages are.

use rusqlite::{ToSql, params};
use signalbox_core::delivery::outcome::Reason;
use signalbox_core::delivery::{Action, State};
use signalbox_core::event::Origin;
use signalbox_core::lifecycle::{Page, PageState, Stored};
use signalbox_core::rule::Target;

use super::rows::{self, Columns};
use super::writer::Tx;
use crate::StoreError;

/// A stored event with its number.
pub(super) struct Row {
    pub(super) seq: i64,
    pub(super) stored: Stored,
}

/// Loads an event by its identity.
pub(super) fn by_event_id(tx: &Tx<'_>, event_id: &str) -> Result<Option<Row>, StoreError> {
    load(tx, BY_EVENT_ID, params![event_id])
}

/// Loads the open event of a subject: the present episode of a component. A fixture and the live
/// page may use the same identifiers, and neither may speak for the other.
pub(super) fn open_by_subject(
    tx: &Tx<'_>,
    subject: &str,
    origin: Origin,
) -> Result<Option<Row>, StoreError> {
    load(tx, OPEN_BY_SUBJECT, params![subject, origin.as_str()])
}

/// The condition of [`by_event_id`].
pub(super) const BY_EVENT_ID: &str = "e.event_id = ?1";
/// The condition of [`open_by_subject`].
pub(super) const OPEN_BY_SUBJECT: &str = "e.subject = ?1 AND e.is_open = 1 AND e.origin = ?2";

/// Writes the query for events that meet a condition.
pub(super) fn load_sql(condition: &str) -> String {
    format!(
        "SELECT {}, e.vendor_status, e.vendor_updated_at_ms, e.missing_at_ms
         FROM events e JOIN streams s ON s.id = e.stream_id WHERE {condition}",
        rows::EVENT_COLUMNS
    )
}

fn load(tx: &Tx<'_>, condition: &str, values: &[&dyn ToSql]) -> Result<Option<Row>, StoreError> {
    let mut statement = tx.prepare(&load_sql(condition))?;
    let mut found = statement.query(values)?;
    let Some(row) = found.next()? else {
        return Ok(None);
    };
    let seq = row.get("seq")?;
    let columns = Columns {
        row,
        table: "events",
        number: seq,
    };
    let stored = Stored {
        event: rows::event(&columns)?,
        vendor_status: columns.get("vendor_status")?,
        vendor_updated_at: columns.maybe_time("vendor_updated_at_ms")?,
        missing_at: columns.maybe_time("missing_at_ms")?,
        pages: pages(tx, seq)?,
    };
    Ok(Some(Row { seq, stored }))
}

/// The deliveries of an event in order.
pub(super) const PAGES: &str =
    "SELECT d.id, t.name, t.mock, d.action, d.dedup_key, d.state, d.attempts, d.reason,
         d.attempts = (SELECT count(*) FROM attempts a WHERE a.delivery_id = d.id
             AND a.reason IN ('unreachable', 'unauthorized', 'rate_limited', 'try_again'))
             AS never_arrived,
         EXISTS (SELECT 1 FROM attempts a WHERE a.delivery_id = d.id
             AND a.reason IN ('timeout', 'interrupted', 'unknown', 'server_error')) AS may_have_arrived
     FROM deliveries d JOIN destinations t ON t.id = d.destination_id
     WHERE d.event_seq = ?1 ORDER BY d.id";

/// Reads how far each page of an event has come, from its deliveries in order.
fn pages(tx: &Tx<'_>, seq: i64) -> Result<Vec<Page>, StoreError> {
    let mut statement = tx.prepare(PAGES)?;
    let mut deliveries = statement.query([seq])?;
    let mut pages: Vec<Page> = Vec::new();
    while let Some(row) = deliveries.next()? {
        let columns = Columns {
            row,
            table: "deliveries",
            number: row.get("id")?,
        };
        let target = Target {
            destination: columns.get("name")?,
            mock: columns.get("mock")?,
        };
        let state = match (columns.word("action")?, columns.word("state")?) {
            (_, State::Cancelled) | (Action::Update, _) => continue,
            (Action::Resolve, _) => PageState::Closed,
            (Action::Trigger, State::Pending) if columns.get::<bool>("never_arrived")? => {
                PageState::Waiting
            }
            // An attempt whose answer was lost may have opened the page, whatever came after it.
            (Action::Trigger, State::Dead)
                if columns.get::<Option<String>>("reason")?.as_deref()
                    == Some(Reason::Refused.as_str())
                    && !columns.get::<bool>("may_have_arrived")? =>
            {
                PageState::Closed
            }
            (Action::Trigger, _) => PageState::Open,
        };
        let page = Page {
            dedup_key: columns.get("dedup_key")?,
            target,
            state,
        };
        pages.retain(|known| known.target != page.target);
        pages.push(page);
    }
    Ok(pages)
}
