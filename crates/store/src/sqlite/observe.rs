//! One look at a status page in: every sighting, and every absence.

use std::collections::HashSet;

use jiff::Timestamp;
use rusqlite::params;
use signalbox_core::event::{Event, Kind, Origin};
use signalbox_core::json::RawJson;
use signalbox_core::lifecycle::{self, Absence, Observation, Sighting};

use super::accept::{self, Context, Row, Update};
use super::pages;
use super::writer::Tx;
use crate::{Accepted, Evidence, Look, StoreError, Tally};

/// Applies a look.
pub(super) fn observe(tx: &mut Tx<'_>, look: &Look, now: Timestamp) -> Result<Tally, StoreError> {
    let context = Context { now, request_id: &look.request_id };
    let mut tally = Tally::default();
    let open = open_subjects(tx, &look.page.source, look.origin)?;
    for sighting in &look.sightings {
        match sighting {
            Sighting::Observed(observation) => {
                count(&mut tally, see(tx, observation, context)?);
            }
            Sighting::Healthy { subject, at, raw } if open.contains(subject) => {
                recover(tx, subject, *at, raw, context, &mut tally)?;
            }
            Sighting::Present { subject } if open.contains(subject) => reappear(tx, subject)?,
            Sighting::Healthy { .. } | Sighting::Present { .. } => {}
        }
    }
    if look.page.proves_absence {
        let seen: HashSet<&str> = look.sightings.iter().map(Sighting::subject).collect();
        let missing = open.iter().filter(|subject| !seen.contains(subject.as_str()));
        for subject in missing {
            miss(tx, subject, context, &mut tally)?;
        }
    }
    pages::save(tx, &look.page, now)?;
    Ok(tally)
}

/// Applies an answer that says that nothing has changed since the last valid one.
pub(super) fn unchanged(
    tx: &mut Tx<'_>,
    source: &str,
    request_id: &str,
    now: Timestamp,
) -> Result<Tally, StoreError> {
    let context = Context { now, request_id };
    let mut tally = Tally::default();
    for subject in missing_subjects(tx, source)? {
        miss(tx, &subject, context, &mut tally)?;
    }
    pages::touch(tx, source, now)?;
    Ok(tally)
}

/// An episode keeps the identity that it began with, whatever time the component shows by now.
fn see(
    tx: &mut Tx<'_>,
    observation: &Observation,
    context: Context<'_>,
) -> Result<Accepted, StoreError> {
    if observation.event.kind == Kind::Status
        && let Some(row) = accept::open_by_subject(tx, &observation.subject)?
    {
        return accept::judge(tx, &row, observation, context);
    }
    accept::accept(tx, observation, context.request_id, context.now)
}

fn count(tally: &mut Tally, accepted: Accepted) {
    match accepted {
        Accepted::New { routed } => {
            tally.stored += 1;
            tally.routed += u32::from(routed);
            tally.owed |= routed;
        }
        Accepted::Changed { routed, .. } => {
            tally.changed += 1;
            tally.routed += u32::from(routed);
            tally.owed = true;
        }
        Accepted::Duplicate => {}
    }
}

/// The component is operational: its episode ended when the vendor says that it changed.
fn recover(
    tx: &mut Tx<'_>,
    subject: &str,
    at: Option<Timestamp>,
    raw: &RawJson,
    context: Context<'_>,
    tally: &mut Tally,
) -> Result<(), StoreError> {
    let Some(row) = accept::open_by_subject(tx, subject)? else { return Ok(()) };
    let end = End {
        at: at.unwrap_or(context.now),
        evidence: Evidence::Operational,
        vendor_status: "operational",
        vendor_updated_at: at,
        raw,
    };
    resolve(tx, &row, &end, context, tally)
}

/// A valid look came without an open subject.
fn miss(
    tx: &mut Tx<'_>,
    subject: &str,
    context: Context<'_>,
    tally: &mut Tally,
) -> Result<(), StoreError> {
    let Some(row) = accept::open_by_subject(tx, subject)? else { return Ok(()) };
    match lifecycle::absent(&row.stored, context.now) {
        Absence::Noted => {
            tx.prepare("UPDATE events SET missing_at_ms = coalesce(missing_at_ms, ?2) WHERE seq = ?1")?
                .execute(params![row.seq, context.now.as_millisecond()])?;
            Ok(())
        }
        Absence::Recovered { since } => {
            let raw = row.stored.event.raw.clone();
            let vendor_status = row.stored.vendor_status.clone();
            let end = End {
                at: since,
                evidence: Evidence::Absence,
                vendor_status: &vendor_status,
                vendor_updated_at: row.stored.vendor_updated_at,
                raw: &raw,
            };
            resolve(tx, &row, &end, context, tally)
        }
    }
}

/// How an event ended.
struct End<'a> {
    at: Timestamp,
    evidence: Evidence,
    vendor_status: &'a str,
    vendor_updated_at: Option<Timestamp>,
    raw: &'a RawJson,
}

fn resolve(
    tx: &mut Tx<'_>,
    row: &Row,
    end: &End<'_>,
    context: Context<'_>,
    tally: &mut Tally,
) -> Result<(), StoreError> {
    let verdict = lifecycle::resolve(&row.stored);
    let event = Event {
        resolved_at: Some(end.at.max(row.stored.event.started_at)),
        raw: end.raw.clone(),
        ..row.stored.event.clone()
    };
    let update = Update {
        event: &event,
        vendor_status: end.vendor_status,
        vendor_updated_at: end.vendor_updated_at,
        decision: None,
        evidence: Some(end.evidence),
    };
    accept::write(tx, row, &update, &verdict, context)?;
    tally.changed += 1;
    tally.owed |= !verdict.owed.is_empty();
    Ok(())
}

/// A component under maintenance is there: not missing, though not well either.
fn reappear(tx: &Tx<'_>, subject: &str) -> Result<(), StoreError> {
    tx.prepare(
        "UPDATE events SET missing_at_ms = NULL
         WHERE subject = ?1 AND is_open = 1 AND missing_at_ms IS NOT NULL",
    )?
    .execute([subject])?;
    Ok(())
}

/// The subjects of a feed that are open: few, whatever is stored.
fn open_subjects(
    tx: &Tx<'_>,
    source: &str,
    origin: Origin,
) -> Result<HashSet<String>, StoreError> {
    let mut statement = tx.prepare(
        "SELECT e.subject FROM events e JOIN streams s ON s.id = e.stream_id
         WHERE e.is_open = 1 AND s.source = ?1 AND e.origin = ?2",
    )?;
    let subjects = statement
        .query_map(params![source, origin.as_str()], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(subjects)
}

fn missing_subjects(tx: &Tx<'_>, source: &str) -> Result<Vec<String>, StoreError> {
    let mut statement = tx.prepare(
        "SELECT e.subject FROM events e JOIN streams s ON s.id = e.stream_id
         WHERE e.is_open = 1 AND s.source = ?1 AND e.missing_at_ms IS NOT NULL",
    )?;
    let subjects = statement.query_map([source], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(subjects)
}
