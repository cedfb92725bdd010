//! One observation in: insert it, or judge it against what is stored.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use signalbox_core::delivery::{Action, State};
use signalbox_core::event::Event;
use signalbox_core::lifecycle::{self, Change, Observation, Owed, Page, PageState, Stored, Verdict};
use signalbox_core::rule::{Decision, Target};

use super::rows::{self, Columns, millis};
use super::writer::Tx;
use crate::{Accepted, Evidence, StoreError};

/// A stored event with its number.
pub(super) struct Row {
    pub(super) seq: i64,
    pub(super) stored: Stored,
}

/// When, and on whose behalf, something is written.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) now: Timestamp,
    pub(super) request_id: &'a str,
}

/// Stores an observation, or what it changes.
pub(super) fn accept(
    tx: &mut Tx<'_>,
    observation: &Observation,
    request_id: &str,
    now: Timestamp,
) -> Result<Accepted, StoreError> {
    let context = Context { now, request_id };
    let verdict = lifecycle::first(observation);
    if let Some(seq) = insert(tx, observation, &verdict, context)? {
        owe(tx, seq, &verdict.owed, context)?;
        return Ok(Accepted::New { routed: verdict.triggers() });
    }
    let row = by_event_id(tx, observation.event.event_id.as_str())?
        .ok_or_else(|| StoreError::Conflict("an event vanished while it was updated".to_owned()))?;
    judge(tx, &row, observation, context)
}

/// Judges an observation of a stored event and writes what follows.
pub(super) fn judge(
    tx: &mut Tx<'_>,
    row: &Row,
    seen: &Observation,
    context: Context<'_>,
) -> Result<Accepted, StoreError> {
    let verdict = lifecycle::again(&row.stored, seen);
    if matches!(verdict.change, Change::Same | Change::Outdated) {
        tx.prepare(
            "UPDATE events SET duplicates = duplicates + 1, missing_at_ms = NULL WHERE seq = ?1",
        )?
        .execute([row.seq])?;
        return Ok(Accepted::Duplicate);
    }
    let evidence = seen.event.resolved_at.map(|_| Evidence::Record);
    // Identity and beginning are frozen at first sight; the rest is the vendor's latest word.
    let next = Event {
        event_id: row.stored.event.event_id.clone(),
        started_at: row.stored.event.started_at,
        resolved_at: seen.event.resolved_at.map(|at| at.max(row.stored.event.started_at)),
        ..seen.event.clone()
    };
    let update = Update {
        event: &next,
        vendor_status: &seen.vendor_status,
        vendor_updated_at: seen.vendor_updated_at.or(row.stored.vendor_updated_at),
        // What was decided stays on record until a decision opens something new.
        decision: (next.resolved_at.is_none()).then_some(&seen.decision),
        evidence,
    };
    write(tx, row, &update, &verdict, context)?;
    Ok(Accepted::Changed { change: verdict.change, routed: verdict.triggers() })
}

/// The next state of an event.
pub(super) struct Update<'a> {
    pub(super) event: &'a Event,
    pub(super) vendor_status: &'a str,
    pub(super) vendor_updated_at: Option<Timestamp>,
    pub(super) decision: Option<&'a Decision>,
    pub(super) evidence: Option<Evidence>,
}

/// Moves the present state into the history, writes the next one and what it makes us owe.
pub(super) fn write(
    tx: &mut Tx<'_>,
    row: &Row,
    update: &Update<'_>,
    verdict: &Verdict,
    context: Context<'_>,
) -> Result<(), StoreError> {
    tx.prepare(
        "INSERT INTO revisions SELECT e.seq, e.revision, e.updated_at_ms, e.change, e.evidence,
             s.severity, e.vendor_status, e.resolved_at_ms, e.summary, e.decision, e.description,
             e.raw
         FROM events e JOIN streams s ON s.id = e.stream_id WHERE e.seq = ?1",
    )?
    .execute([row.seq])?;
    unindex(tx, row.seq, &row.stored.event)?;
    let event = update.event;
    let stream_id = stream(tx, event)?;
    let decision = update.decision.map(encode).transpose()?;
    tx.prepare(
        "UPDATE events SET stream_id = ?2, is_open = ?3, routed = max(routed, ?4),
             revision = revision + 1, updated_at_ms = ?5, resolved_at_ms = ?6,
             vendor_updated_at_ms = ?7, missing_at_ms = NULL, vendor_status = ?8, change = ?9,
             evidence = ?10, component = ?11, summary = ?12, decision = coalesce(?13, decision),
             description = ?14, raw = ?15
         WHERE seq = ?1",
    )?
    .execute(params![
        row.seq,
        stream_id,
        event.is_open(),
        verdict.triggers(),
        context.now.as_millisecond(),
        millis(event.resolved_at),
        millis(update.vendor_updated_at),
        update.vendor_status,
        change_word(verdict.change),
        update.evidence.map(Evidence::as_str),
        event.component,
        event.summary,
        decision,
        event.description,
        event.raw.as_str(),
    ])?;
    index(tx, row.seq, event)?;
    for target in &verdict.cancelled {
        cancel(tx, row.seq, target, context.now)?;
    }
    owe(tx, row.seq, &verdict.owed, context)
}

/// Inserts a new event; a known identity gives `None` and changes nothing.
fn insert(
    tx: &mut Tx<'_>,
    observation: &Observation,
    verdict: &Verdict,
    context: Context<'_>,
) -> Result<Option<i64>, StoreError> {
    let event = &observation.event;
    let stream_id = stream(tx, event)?;
    let over = event.resolved_at.is_some();
    let decision =
        if over { encode(&Decision::already_resolved())? } else { encode(&observation.decision)? };
    let now_ms = context.now.as_millisecond();
    let inserted = tx
        .prepare(
            "INSERT INTO events (event_id, stream_id, subject, is_open, routed, received_at_ms,
                 updated_at_ms, started_at_ms, resolved_at_ms, vendor_updated_at_ms, livemode,
                 origin, vendor_status, change, evidence, request_id, component, summary, decision,
                 description, raw)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 'new', ?13, ?14, ?15,
                 ?16, ?17, ?18, ?19)
             ON CONFLICT (event_id) DO NOTHING",
        )?
        .execute(params![
            event.event_id.as_str(),
            stream_id,
            observation.subject,
            event.is_open(),
            verdict.triggers(),
            now_ms,
            event.started_at.as_millisecond(),
            millis(event.resolved_at),
            millis(observation.vendor_updated_at),
            event.livemode,
            event.origin.as_str(),
            observation.vendor_status,
            over.then(|| Evidence::Record.as_str()),
            context.request_id,
            event.component,
            event.summary,
            decision,
            event.description,
            event.raw.as_str(),
        ])?;
    if inserted == 0 {
        return Ok(None);
    }
    let seq = tx.connection().last_insert_rowid();
    index(tx, seq, event)?;
    Ok(Some(seq))
}

fn encode(decision: &Decision) -> Result<String, StoreError> {
    serde_json::to_string(decision).map_err(|error| StoreError::Conflict(error.to_string()))
}

fn change_word(change: Change) -> &'static str {
    match change {
        Change::New => "new",
        Change::Same => "same",
        Change::Outdated => "outdated",
        Change::Revised => "revised",
        Change::Escalated => "escalated",
        Change::Deescalated => "deescalated",
        Change::Resolved => "resolved",
        Change::Reopened => "reopened",
    }
}

/// Returns the number of an event's stream, making it if it is new.
fn stream(tx: &mut Tx<'_>, event: &Event) -> Result<i64, StoreError> {
    let (kind, severity) = (event.kind.as_str(), event.severity.as_str());
    let key = format!("{}\n{}\n{kind}\n{severity}", event.source, event.service);
    if let Some(id) = tx.ids().streams.get(&key) {
        return Ok(*id);
    }
    let values = params![event.source, event.service, kind, severity];
    let known = tx
        .prepare(
            "SELECT id FROM streams
             WHERE source = ?1 AND service = ?2 AND kind = ?3 AND severity = ?4",
        )?
        .query_row(values, |row| row.get(0))
        .optional()?;
    let id = match known {
        Some(id) => id,
        None => {
            tx.prepare(
                "INSERT INTO streams (source, service, kind, severity) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(values)?;
            tx.connection().last_insert_rowid()
        }
    };
    tx.ids().streams.insert(key, id);
    Ok(id)
}

fn index(tx: &Tx<'_>, seq: i64, event: &Event) -> Result<(), StoreError> {
    tx.prepare(
        "INSERT INTO events_words (rowid, event_id, summary, description, component)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        seq,
        event.event_id.as_str(),
        event.summary,
        event.description,
        event.component
    ])?;
    Ok(())
}

/// A contentless index must be told what it once was given.
fn unindex(tx: &Tx<'_>, seq: i64, event: &Event) -> Result<(), StoreError> {
    tx.prepare(
        "INSERT INTO events_words (events_words, rowid, event_id, summary, description, component)
         VALUES ('delete', ?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        seq,
        event.event_id.as_str(),
        event.summary,
        event.description,
        event.component
    ])?;
    Ok(())
}

/// Adds deliveries. One that stands behind a pending one of its lane has no due time yet.
fn owe(tx: &Tx<'_>, seq: i64, owed: &[Owed], context: Context<'_>) -> Result<(), StoreError> {
    for delivery in owed {
        let destination_id = destination(tx, &delivery.target)?;
        tx.prepare(
            "INSERT INTO deliveries (event_seq, destination_id, action, dedup_key, state,
                 created_at_ms, kept_from_ms, due_at_ms, request_id)
             VALUES (?1, ?2, ?3, ?4, 'pending', ?5, ?5, CASE WHEN EXISTS (
                 SELECT 1 FROM deliveries WHERE dedup_key = ?4 AND destination_id = ?2
                     AND state = 'pending') THEN NULL ELSE ?5 END, ?6)",
        )?
        .execute(params![
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

/// Cancels a trigger that has not left, and lets whatever stood behind it go.
fn cancel(tx: &Tx<'_>, seq: i64, target: &Target, now: Timestamp) -> Result<(), StoreError> {
    let cancelled: Vec<(i64, String)> = tx
        .prepare(
            "UPDATE deliveries SET state = 'cancelled', reason = 'closed_before_sent',
                 due_at_ms = NULL
             WHERE event_seq = ?1 AND state = 'pending' AND action = 'trigger' AND attempts = 0
                 AND destination_id = (SELECT id FROM destinations WHERE name = ?2 AND mock = ?3)
             RETURNING destination_id, dedup_key",
        )?
        .query_map(params![seq, target.destination, target.mock], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?
        .collect::<Result<_, _>>()?;
    for (destination_id, dedup_key) in cancelled {
        super::outbox::release(tx, destination_id, &dedup_key, now)?;
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
    tx.prepare("INSERT INTO destinations (name, mock) VALUES (?1, ?2)")?.execute(values)?;
    Ok(tx.connection().last_insert_rowid())
}

/// Loads an event by its identity.
pub(super) fn by_event_id(tx: &Tx<'_>, event_id: &str) -> Result<Option<Row>, StoreError> {
    load(tx, "e.event_id = ?1", event_id)
}

/// Loads the open event of a subject: the present episode of a component.
pub(super) fn open_by_subject(tx: &Tx<'_>, subject: &str) -> Result<Option<Row>, StoreError> {
    load(tx, "e.subject = ?1 AND e.is_open = 1", subject)
}

fn load(tx: &Tx<'_>, condition: &str, value: &str) -> Result<Option<Row>, StoreError> {
    let sql = format!(
        "SELECT {}, e.vendor_status, e.vendor_updated_at_ms, e.missing_at_ms
         FROM events e JOIN streams s ON s.id = e.stream_id WHERE {condition}",
        rows::EVENT_COLUMNS
    );
    let mut statement = tx.prepare(&sql)?;
    let mut found = statement.query([value])?;
    let Some(row) = found.next()? else { return Ok(None) };
    let seq = row.get("seq")?;
    let columns = Columns { row, table: "events", number: seq };
    let stored = Stored {
        event: rows::event(&columns)?,
        vendor_status: columns.get("vendor_status")?,
        vendor_updated_at: columns.maybe_time("vendor_updated_at_ms")?,
        missing_at: columns.maybe_time("missing_at_ms")?,
        pages: pages(tx, seq)?,
    };
    Ok(Some(Row { seq, stored }))
}

/// Reads how far each page of an event has come, from its deliveries in order.
fn pages(tx: &Tx<'_>, seq: i64) -> Result<Vec<Page>, StoreError> {
    let mut statement = tx.prepare(
        "SELECT d.id, t.name, t.mock, d.action, d.dedup_key, d.state, d.attempts, d.reason
         FROM deliveries d JOIN destinations t ON t.id = d.destination_id
         WHERE d.event_seq = ?1 ORDER BY d.id",
    )?;
    let mut deliveries = statement.query([seq])?;
    let mut pages: Vec<Page> = Vec::new();
    while let Some(row) = deliveries.next()? {
        let columns = Columns { row, table: "deliveries", number: row.get("id")? };
        let target = Target { destination: columns.get("name")?, mock: columns.get("mock")? };
        let state = match (columns.word("action")?, columns.word("state")?) {
            (_, State::Cancelled) | (Action::Update, _) => continue,
            (Action::Resolve, _) => PageState::Closed,
            (Action::Trigger, State::Pending) if columns.get::<u32>("attempts")? == 0 => {
                PageState::Waiting
            }
            // Given up after attempts without an answer, it may have arrived all the same.
            (Action::Trigger, State::Dead)
                if columns.get::<Option<String>>("reason")?.as_deref() == Some("refused") =>
            {
                PageState::Closed
            }
            (Action::Trigger, _) => PageState::Open,
        };
        let page = Page { dedup_key: columns.get("dedup_key")?, target, state };
        pages.retain(|known| known.target != page.target);
        pages.push(page);
    }
    Ok(pages)
}
