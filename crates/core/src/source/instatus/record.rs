//! Incidents and maintenances, which share their fields.

use serde_json::value::RawValue;

use super::moment::{MOMENT, read_minutes, read_moment};
use super::{read_affected, read_name, translated};
use crate::event::{EventId, Severity};
use crate::json::{self, RawJson};
use crate::source::page::{
    Impact, Incident, Item, Maintenance, Phase, STRING, Update, Wrong, fields, id_from_text,
    id_from_url, items, lookup, maybe_text, need, need_id, need_object, newest_first,
};

/// What each impact of an incident means. Others are unknown.
const IMPACTS: &[(&str, Severity)] = &[
    ("OPERATIONAL", Severity::Info),
    ("UNDERMAINTENANCE", Severity::Info),
    ("DEGRADEDPERFORMANCE", Severity::Warning),
    ("MINOROUTAGE", Severity::Warning),
    ("PARTIALOUTAGE", Severity::Critical),
    ("MAJOROUTAGE", Severity::Critical),
];

/// What each state of a maintenance means. Others are unknown.
const PHASES: &[(&str, Phase)] = &[
    ("NOTSTARTEDYET", Phase::Scheduled),
    ("INPROGRESS", Phase::InProgress),
    ("COMPLETED", Phase::Completed),
];

/// The one state in which an incident is over.
const RESOLVED: &str = "RESOLVED";

fields!(RecordFields {
    id,
    name,
    status,
    impact,
    url,
    started,
    start,
    resolved,
    duration,
    updated_at = "updatedAt",
    components,
    updates,
});

fields!(UpdateFields {
    status,
    message,
    started
});

/// Tells whether a record is one of an incident that is over.
pub(super) fn is_resolved(raw: &RawValue) -> bool {
    let fields = json::object::<RecordFields<'_>>(raw.get(), "").unwrap_or_default();
    maybe_text(fields.status).as_deref() == Some(RESOLVED)
}

/// Reads an incident, and what of it is wrong although it can be used.
pub(super) fn read_incident(raw: &RawValue) -> Item<Incident> {
    let fields: RecordFields<'_> = need_object(raw)?;
    let name = read_name(fields.name)?;
    let id = read_id(&fields, &name)?;
    let status = need(fields.status, (".status", STRING))?.into_owned();
    let mut wrongs = Vec::new();
    let updates = read_updates(fields.updates, &mut wrongs);
    let started_at = read_moment(fields.started, ".started", &mut wrongs);
    let newest_at = updates.first().and_then(|update| update.at);
    let updated_at = read_moment(fields.updated_at, ".updatedAt", &mut wrongs).or(newest_at);
    let said_last = newest_at.or(updated_at).or(started_at);
    let resolved_at = read_moment(fields.resolved, ".resolved", &mut wrongs)
        .or((status == RESOLVED).then_some(said_last).flatten());
    if status == RESOLVED && resolved_at.is_none() {
        return Err((".resolved", MOMENT));
    }
    let incident = Incident {
        impact: Impact::of(IMPACTS, maybe_text(fields.impact).as_deref()),
        resolved_at: resolved_at.map(|at| started_at.map_or(at, |started_at| at.max(started_at))),
        text: updates.first().and_then(|update| update.text.clone()),
        affected: read_affected(fields.components, &mut wrongs),
        regions: Vec::new(),
        url: maybe_text(fields.url),
        raw: RawJson::from_checked(raw.get()),
        id,
        name,
        status,
        started_at,
        updated_at,
        updates,
    };
    Ok((incident, wrongs))
}

fn read_updates(raw: Option<&RawValue>, wrongs: &mut Vec<Wrong>) -> Vec<Update> {
    const WRONG: Wrong = (".updates", "a list of updates");
    let mut updates = Vec::new();
    for item in items(raw, WRONG.0, wrongs) {
        let Ok(fields) = json::object::<UpdateFields<'_>>(item.get(), "") else {
            wrongs.push(WRONG);
            continue;
        };
        updates.push(Update {
            at: read_moment(fields.started, ".updates[].started", wrongs),
            status: maybe_text(fields.status),
            text: translated(fields.message),
        });
    }
    newest_first(updates)
}

/// Reads a maintenance, and what of it is wrong although it can be used.
pub(super) fn read_maintenance(raw: &RawValue) -> Item<Maintenance> {
    let fields: RecordFields<'_> = need_object(raw)?;
    let name = read_name(fields.name)?;
    let status = need(fields.status, (".status", STRING))?.into_owned();
    let mut wrongs = Vec::new();
    let starts_at = read_moment(fields.start.or(fields.started), ".start", &mut wrongs);
    let ends_at = starts_at.zip(read_minutes(fields.duration));
    let maintenance = Maintenance {
        id: read_id(&fields, &name)?,
        phase: lookup(PHASES, &status).unwrap_or(Phase::Unknown),
        starts_at,
        ends_at: ends_at.and_then(|(at, duration)| at.checked_add(duration).ok()),
        text: read_updates(fields.updates, &mut wrongs)
            .into_iter()
            .next()
            .and_then(|it| it.text),
        affected: read_affected(fields.components, &mut wrongs),
        regions: Vec::new(),
        raw: RawJson::from_checked(raw.get()),
        name,
        status,
    };
    Ok((maintenance, wrongs))
}

/// The identifier, or what ends the record's address, or a mark of its name.
fn read_id(fields: &RecordFields<'_>, name: &str) -> Result<EventId, Wrong> {
    if json::present(fields.id).is_some() {
        return need_id(fields.id);
    }
    let from_url = maybe_text(fields.url).and_then(|url| id_from_url(&url));
    from_url
        .or_else(|| id_from_text(name))
        .ok_or((".id", STRING))
}
