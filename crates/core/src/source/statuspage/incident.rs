//! One incident of a Statuspage document.

use serde_json::value::RawValue;

use crate::event::Severity;
use crate::json::{self, RawJson};
use crate::source::page::{
    Impact, Incident, Label, STRING, TIME, Update, Wrong, fields, items, maybe_text, maybe_time,
    need, need_id, need_object, newest_first,
};

/// What each impact means. Others are unknown.
const IMPACTS: &[(&str, Severity)] = &[
    ("critical", Severity::Critical),
    ("major", Severity::Critical),
    ("minor", Severity::Warning),
    ("none", Severity::Info),
    ("maintenance", Severity::Info),
];

/// The states in which an incident or maintenance is over.
pub(super) const OVER: &[&str] = &["resolved", "postmortem", "completed"];

fields!(Fields {
    id,
    name,
    status,
    impact,
    created_at,
    updated_at,
    resolved_at,
    shortlink,
    incident_updates,
    components,
});

fields!(UpdateFields {
    body,
    status,
    created_at,
    display_at,
    affected_components
});

fields!(Named { id, code, name });

/// Reads an incident, and what of it is wrong although it can be used. Without identity, name,
/// status or any time of its own it cannot.
pub(super) fn read(raw: &RawValue) -> Result<(Incident, Vec<Wrong>), Wrong> {
    let fields: Fields<'_> = need_object(raw)?;
    let id = need_id(fields.id)?;
    let name = need(fields.name, (".name", STRING))?.into_owned();
    let status = need(fields.status, (".status", STRING))?.into_owned();
    let mut wrongs = Vec::new();
    let (updates, touched) = read_updates(fields.incident_updates, &mut wrongs);
    let newest_at = updates.first().and_then(|update| update.at);
    let oldest_at = updates.iter().filter_map(|update| update.at).min();
    let updated_at = maybe_time(fields.updated_at, ".updated_at", &mut wrongs);
    let started_at = maybe_time(fields.created_at, ".created_at", &mut wrongs)
        .or(oldest_at)
        .or(updated_at)
        .ok_or((".created_at", TIME))?;
    // Over by the vendor's own word, though without a time: the last thing it said is when.
    let said_last = newest_at.or(updated_at).unwrap_or(started_at);
    let is_over = OVER.contains(&status.as_str());
    let resolved_at = maybe_time(fields.resolved_at, ".resolved_at", &mut wrongs)
        .or(is_over.then_some(said_last))
        .map(|at| at.max(started_at));
    let listed = read_names(fields.components);
    let incident = Incident {
        impact: Impact::of(IMPACTS, fields.impact.and_then(json::string).as_deref()),
        raw: RawJson::from_checked(raw.get()),
        text: updates.first().and_then(|update| update.text.clone()),
        affected: if listed.is_empty() { touched } else { listed },
        regions: Vec::new(),
        url: maybe_text(fields.shortlink),
        started_at: Some(started_at),
        id,
        name,
        status,
        updated_at,
        resolved_at,
        updates,
    };
    Ok((incident, wrongs))
}

/// Reads the updates, newest first, and the components that they touched.
pub(super) fn read_updates(
    raw: Option<&RawValue>,
    wrongs: &mut Vec<Wrong>,
) -> (Vec<Update>, Vec<Label>) {
    const WRONG: Wrong = (".incident_updates", "a list of updates");
    let mut updates = Vec::new();
    let mut touched: Vec<Label> = Vec::new();
    for item in items(raw, WRONG.0, wrongs) {
        let Ok(fields) = json::object::<UpdateFields<'_>>(item.get(), "") else {
            wrongs.push(WRONG);
            continue;
        };
        let at = maybe_time(fields.display_at, ".incident_updates[].display_at", wrongs).or(
            maybe_time(fields.created_at, ".incident_updates[].created_at", wrongs),
        );
        updates.push(Update {
            at,
            status: maybe_text(fields.status),
            text: maybe_text(fields.body),
        });
        // Where nothing was touched, a sentence stands in place of a component and has no code.
        let labels = read_names(fields.affected_components).into_iter();
        touched.extend(labels.filter(|label| label.id.is_some()));
    }
    touched.sort_unstable_by(|a, b| a.id.cmp(&b.id));
    touched.dedup_by(|a, b| a.id == b.id);
    (newest_first(updates), touched)
}

/// Reads the names of components. They only help to find what an incident is about, so what is not
/// as documented is left out without complaint.
pub(super) fn read_names(raw: Option<&RawValue>) -> Vec<Label> {
    let items: Vec<&RawValue> = json::present(raw)
        .and_then(|raw| serde_json::from_str(raw.get()).ok())
        .unwrap_or_default();
    let label = |item: &RawValue| {
        let fields: Named<'_> = json::object(item.get(), "").ok()?;
        Label::new(
            maybe_text(fields.id).or_else(|| maybe_text(fields.code)),
            maybe_text(fields.name),
        )
    };
    items.into_iter().filter_map(label).collect()
}
