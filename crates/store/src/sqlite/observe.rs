//! One look at a status page in: every sighting, and every absence.

use std::collections::{BTreeSet, HashSet};

use jiff::Timestamp;
use rusqlite::params;
use signalbox_core::event::{Event, Kind, Origin};
use signalbox_core::instant;
use signalbox_core::json::RawJson;
use signalbox_core::lifecycle::{self, Absence, Observation, Sighting};

use super::accept::{self, Context, Update};
use super::pages;
use super::stored::{self, Row};
use super::writer::Tx;
use crate::{Accepted, Evidence, Look, StoreError, Tally};

/// Applies a look.
pub(super) fn observe(tx: &mut Tx<'_>, look: &Look, now: Timestamp) -> Result<Tally, StoreError> {
    let mut visit = Visit::new(&look.request_id, look.origin, now);
    if pages::is_another(tx, &look.page, look.origin)? {
        orphan(tx, &look.page.source, look.origin)?;
    }
    let open = open_subjects(tx, &look.page.source, look.origin)?;
    for sighting in &look.sightings {
        match sighting {
            Sighting::Observed(observation) => visit.see(tx, observation)?,
            Sighting::Healthy { subject, at, raw } if open.contains(subject) => {
                visit.recover(tx, subject, *at, raw)?;
            }
            Sighting::Present { subject } if open.contains(subject) => visit.meet(tx, subject)?,
            Sighting::Healthy { .. } | Sighting::Present { .. } => {}
        }
    }
    if look.page.proves_absence {
        let seen: HashSet<&str> = look.sightings.iter().map(Sighting::subject).collect();
        for subject in open
            .iter()
            .filter(|subject| !seen.contains(subject.as_str()))
        {
            visit.miss(tx, subject)?;
        }
    }
    pages::save(tx, &look.page, look.origin, now)?;
    Ok(visit.tally)
}

/// Applies an answer that says that nothing has changed since the last valid one. If that one did
/// not prove absence, neither does this.
pub(super) fn unchanged(
    tx: &mut Tx<'_>,
    source: &str,
    request_id: &str,
    now: Timestamp,
) -> Result<Tally, StoreError> {
    let Some(origin) = pages::touch(tx, source, now)? else {
        return Ok(Tally::default());
    };
    let mut visit = Visit::new(request_id, origin, now);
    for subject in missing_subjects(tx, source, origin)? {
        visit.miss(tx, &subject)?;
    }
    Ok(visit.tally)
}

/// One look under way: on whose behalf, of which origin, and what it has changed so far.
struct Visit<'a> {
    context: Context<'a>,
    origin: Origin,
    tally: Tally,
}

/// How an event ended.
struct End<'a> {
    at: Timestamp,
    evidence: Evidence,
    vendor_status: &'a str,
    vendor_updated_at: Option<Timestamp>,
    raw: &'a RawJson,
}

impl<'a> Visit<'a> {
    fn new(request_id: &'a str, origin: Origin, now: Timestamp) -> Self {
        // Absence compares `now` with a stored time: finer digits would make one look two.
        let context = Context {
            now: instant::to_millis(now),
            request_id,
        };
        Self {
            context,
            origin,
            tally: Tally::default(),
        }
    }

    /// An episode keeps the identity that it began with, whatever time the component shows by now.
    fn see(&mut self, tx: &mut Tx<'_>, observation: &Observation) -> Result<(), StoreError> {
        let episode = if observation.event.kind == Kind::Status {
            stored::open_by_subject(tx, &observation.subject, self.origin)?
        } else {
            None
        };
        let judged = match episode {
            Some(row) => accept::judge(tx, &row, observation, self.context)?,
            None => accept::accept(tx, observation, self.context)?,
        };
        let tally = &mut self.tally;
        tally.owed |= judged.owed;
        match judged.accepted {
            Accepted::New { routed } => {
                tally.stored += 1;
                tally.routed += u32::from(routed);
            }
            Accepted::Changed { routed, .. } => {
                tally.changed += 1;
                tally.routed += u32::from(routed);
            }
            Accepted::Duplicate => {}
        }
        Ok(())
    }

    /// The component is operational: its episode ended when the vendor says that it changed.
    fn recover(
        &mut self,
        tx: &mut Tx<'_>,
        subject: &str,
        at: Option<Timestamp>,
        raw: &RawJson,
    ) -> Result<(), StoreError> {
        let Some(row) = stored::open_by_subject(tx, subject, self.origin)? else {
            return Ok(());
        };
        let end = End {
            at: at.unwrap_or(self.context.now),
            evidence: Evidence::Operational,
            vendor_status: "operational",
            vendor_updated_at: at,
            raw,
        };
        self.resolve(tx, &row, &end)
    }

    /// A valid look came without an open subject.
    fn miss(&mut self, tx: &mut Tx<'_>, subject: &str) -> Result<(), StoreError> {
        let Some(row) = stored::open_by_subject(tx, subject, self.origin)? else {
            return Ok(());
        };
        match lifecycle::absent(&row.stored, self.context.now) {
            Absence::Noted => {
                tx.prepare(
                    "UPDATE events SET missing_at_ms = coalesce(missing_at_ms, ?2)
                     WHERE seq = ?1 AND is_orphan = 0",
                )?
                .execute(params![row.seq, self.context.now.as_millisecond()])?;
                Ok(())
            }
            Absence::Recovered { since } => {
                let end = End {
                    at: since,
                    evidence: Evidence::Absence,
                    vendor_status: &row.stored.vendor_status,
                    vendor_updated_at: row.stored.vendor_updated_at,
                    raw: &row.stored.event.raw,
                };
                self.resolve(tx, &row, &end)
            }
        }
    }

    fn resolve(&mut self, tx: &mut Tx<'_>, row: &Row, end: &End<'_>) -> Result<(), StoreError> {
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
        accept::write(tx, row, &update, &verdict, self.context)?;
        self.tally.changed += 1;
        self.tally.owed |= !verdict.owed.is_empty();
        Ok(())
    }

    /// A component under maintenance is there: not missing, though not well either.
    fn meet(&self, tx: &Tx<'_>, subject: &str) -> Result<(), StoreError> {
        tx.prepare(
            "UPDATE events SET missing_at_ms = NULL, is_orphan = 0
             WHERE subject = ?1 AND is_open = 1 AND origin = ?2
                 AND (missing_at_ms IS NOT NULL OR is_orphan = 1)",
        )?
        .execute(params![subject, self.origin.as_str()])?;
        Ok(())
    }
}

/// Another page serves the feed now. What only the old one showed is never judged by the silence
/// of the new one; it waits for a word of its own, or for somebody to close it.
fn orphan(tx: &Tx<'_>, source: &str, origin: Origin) -> Result<(), StoreError> {
    tx.prepare(&format!(
        "UPDATE events SET is_orphan = 1, missing_at_ms = NULL
         WHERE is_open = 1 AND subject IN ({OPEN_SUBJECTS}) AND origin = ?2"
    ))?
    .execute([source, origin.as_str()])?;
    Ok(())
}

/// The subjects of a feed that are open, in order: few, whatever is stored. The index is named,
/// because without statistics the engine would rather walk all that the feed ever said.
pub(super) const OPEN_SUBJECTS: &str =
    "SELECT e.subject FROM events e INDEXED BY events_open_subject
         CROSS JOIN streams s ON s.id = e.stream_id
     WHERE e.is_open = 1 AND s.source = ?1 AND e.origin = ?2";

fn open_subjects(
    tx: &Tx<'_>,
    source: &str,
    origin: Origin,
) -> Result<BTreeSet<String>, StoreError> {
    let mut statement = tx.prepare(OPEN_SUBJECTS)?;
    let subjects = statement
        .query_map([source, origin.as_str()], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(subjects)
}

fn missing_subjects(
    tx: &Tx<'_>,
    source: &str,
    origin: Origin,
) -> Result<BTreeSet<String>, StoreError> {
    let mut statement = tx.prepare(&format!("{OPEN_SUBJECTS} AND e.missing_at_ms IS NOT NULL"))?;
    let subjects = statement
        .query_map([source, origin.as_str()], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(subjects)
}
