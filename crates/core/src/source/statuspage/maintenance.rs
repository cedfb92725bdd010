//! One scheduled maintenance of a Statuspage document: an incident with a window.

use serde_json::value::RawValue;

use super::incident::{read_names, read_updates};
use crate::json::RawJson;
use crate::source::page::{
    Maintenance, Phase, STRING, Wrong, fields, lookup, maybe_time, need, need_id, need_object,
};

/// What each status means. Others are unknown.
const PHASES: &[(&str, Phase)] = &[
    ("scheduled", Phase::Scheduled),
    ("in_progress", Phase::InProgress),
    ("verifying", Phase::InProgress),
    ("completed", Phase::Completed),
];

fields!(Fields {
    id,
    name,
    status,
    scheduled_for,
    scheduled_until,
    incident_updates,
    components
});

/// Reads a maintenance, and what of it is wrong although it can be used.
pub(super) fn read(raw: &RawValue) -> Result<(Maintenance, Vec<Wrong>), Wrong> {
    let fields: Fields<'_> = need_object(raw)?;
    let id = need_id(fields.id)?;
    let status = need(fields.status, (".status", STRING))?.into_owned();
    let mut wrongs = Vec::new();
    let (updates, touched) = read_updates(fields.incident_updates, &mut wrongs);
    let listed = read_names(fields.components);
    let maintenance = Maintenance {
        id,
        name: need(fields.name, (".name", STRING))?.into_owned(),
        phase: lookup(PHASES, &status).unwrap_or(Phase::Unknown),
        status,
        starts_at: maybe_time(fields.scheduled_for, ".scheduled_for", &mut wrongs),
        ends_at: maybe_time(fields.scheduled_until, ".scheduled_until", &mut wrongs),
        text: updates.into_iter().next().and_then(|update| update.text),
        affected: if listed.is_empty() { touched } else { listed },
        regions: Vec::new(),
        raw: RawJson::from_checked(raw.get()),
    };
    Ok((maintenance, wrongs))
}
