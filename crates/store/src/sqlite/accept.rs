//! One observation in: insert it, or judge it against what is stored.

use std::borrow::Cow;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use signalbox_core::event::Event;
use signalbox_core::lifecycle::{self, Change, Observation, Verdict};
use signalbox_core::rule::Decision;

use super::rows::millis;
use super::stored::{self, Row};
use super::writer::Tx;
use super::{owed, words};
use crate::{Accepted, Evidence, StoreError};

/// When, and on whose behalf, something is written.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) now: Timestamp,
    pub(super) request_id: &'a str,
}

/// What became of an observation, and whether anything is now owed for it.
pub(super) struct Judged {
    pub(super) accepted: Accepted,
    pub(super) owed: bool,
}

/// Stores an observation, or what it changes.
pub(super) fn accept(
    tx: &mut Tx<'_>,
    observation: &Observation,
    context: Context<'_>,
) -> Result<Judged, StoreError> {
    let observation = &*ended(observation, observation.event.started_at);
    let verdict = lifecycle::first(observation);
    if let Some(seq) = insert(tx, observation, &verdict, context)? {
        owed::add(tx, seq, &verdict.owed, context)?;
        let accepted = Accepted::New {
            routed: verdict.triggers(),
        };
        return Ok(Judged {
            accepted,
            owed: !verdict.owed.is_empty(),
        });
    }
    let row = stored::by_event_id(tx, observation.event.event_id.as_str())?
        .ok_or_else(|| StoreError::Conflict("an event vanished while it was updated".to_owned()))?;
    judge(tx, &row, observation, context)
}

/// An end before the beginning is a slip of the vendor's. It is mended before it is compared, or
/// every look would differ from what is stored and write another revision.
fn ended(seen: &Observation, started_at: Timestamp) -> Cow<'_, Observation> {
    if seen.event.resolved_at.is_none_or(|at| at >= started_at) {
        return Cow::Borrowed(seen);
    }
    let mut mended = seen.clone();
    mended.event.resolved_at = Some(started_at);
    Cow::Owned(mended)
}

/// Judges an observation of a stored event and writes what follows.
pub(super) fn judge(
    tx: &mut Tx<'_>,
    row: &Row,
    seen: &Observation,
    context: Context<'_>,
) -> Result<Judged, StoreError> {
    let seen = &*ended(seen, row.stored.event.started_at);
    let verdict = lifecycle::again(&row.stored, seen);
    if matches!(verdict.change, Change::Same | Change::Outdated) {
        let touched_at = (verdict.change == Change::Same).then_some(seen.vendor_updated_at);
        tx.prepare(
            "UPDATE events SET duplicates = duplicates + 1, missing_at_ms = NULL, is_orphan = 0,
                 vendor_updated_at_ms = coalesce(?2, vendor_updated_at_ms)
             WHERE seq = ?1",
        )?
        .execute(params![row.seq, millis(touched_at.flatten())])?;
        return Ok(Judged {
            accepted: Accepted::Duplicate,
            owed: false,
        });
    }
    // Identity and beginning are frozen at first sight; the rest is the vendor's latest word.
    let next = Event {
        event_id: row.stored.event.event_id.clone(),
        started_at: row.stored.event.started_at,
        ..seen.event.clone()
    };
    let update = Update {
        event: &next,
        vendor_status: &seen.vendor_status,
        vendor_updated_at: seen.vendor_updated_at.or(row.stored.vendor_updated_at),
        // What was decided stays on record until a decision opens something new.
        decision: (next.resolved_at.is_none()).then_some(&seen.decision),
        evidence: next.resolved_at.map(|_| Evidence::Record),
    };
    write(tx, row, &update, &verdict, context)?;
    let accepted = Accepted::Changed {
        change: verdict.change,
        routed: verdict.triggers(),
    };
    Ok(Judged {
        accepted,
        owed: !verdict.owed.is_empty(),
    })
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
    let event = update.event;
    let stream_id = stream(tx, event)?;
    let decision = update.decision.map(encode).transpose()?;
    tx.prepare(
        "UPDATE events SET stream_id = ?2, is_open = ?3, routed = max(routed, ?4),
             revision = revision + 1, updated_at_ms = ?5, resolved_at_ms = ?6,
             vendor_updated_at_ms = ?7, missing_at_ms = NULL, is_orphan = 0, vendor_status = ?8,
             change = ?9, evidence = ?10, component = ?11, summary = ?12, decision = coalesce(?13, decision),
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
    words::replace(tx, row.seq, &row.stored.event, event);
    for target in &verdict.cancelled {
        owed::cancel(tx, row.seq, target, context.now)?;
    }
    owed::add(tx, row.seq, &verdict.owed, context)
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
    let decision = if over {
        encode(&Decision::already_resolved())?
    } else {
        encode(&observation.decision)?
    };
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
    words::add(tx, seq, event);
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
    let key = (
        event.source.clone(),
        event.service.clone(),
        event.kind,
        event.severity,
    );
    if let Some(id) = tx.ids().streams.get(&key) {
        return Ok(*id);
    }
    let (kind, severity) = (event.kind.as_str(), event.severity.as_str());
    let values = params![event.source, event.service, kind, severity];
    let known = tx
        .prepare(
            "SELECT id FROM streams
             WHERE source = ?1 AND service = ?2 AND kind = ?3 AND severity = ?4",
        )?
        .query_row(values, |row| row.get(0))
        .optional()?;
    let id = if let Some(id) = known {
        id
    } else {
        tx.prepare(
            "INSERT INTO streams (source, service, kind, severity) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(values)?;
        tx.connection().last_insert_rowid()
    };
    tx.ids().streams.insert(key, id);
    Ok(id)
}
