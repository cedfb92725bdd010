//! The page's own document and the history beside it.

use std::collections::HashMap;

use serde_json::value::RawValue;

use super::component::{self, Conditions};
use super::{RESOLVED, is_maintenance, phase, read_touched, worst_impact};
use crate::json::{self, RawJson};
use crate::source::page::{
    Builder, ITEMS_MAX, Incident, Item, Label, Maintenance, ReadError, STRING, Silence, Snapshot,
    Update, Wrong, fields, items, list, maybe_text, maybe_time, need, need_id, need_object,
    newest_first,
};

fields!(Summary {
    id,
    components,
    affected_components,
    ongoing_incidents,
    scheduled_maintenances,
    structure,
});

fields!(RecordFields {
    id,
    name,
    status,
    kind = "type",
    published_at,
    affected_components,
    component_impacts,
    updates,
});

fields!(UpdateFields {
    message_string,
    published_at,
    to_status
});

fields!(ImpactFields { start_at, end_at });

/// Reads what sits below `summary`.
pub(super) fn read_summary(raw: &RawValue) -> Result<Snapshot, ReadError> {
    let summary: Summary<'_> = json::object(raw.get(), "summary")?;
    let components = list(summary.components, "summary.components")?
        .ok_or_else(|| ReadError::field("summary.components", "a list of components"))?;
    let ongoing = list(summary.ongoing_incidents, "summary.ongoing_incidents")?
        .ok_or_else(|| ReadError::field("summary.ongoing_incidents", "a list of incidents"))?;
    let planned = list(
        summary.scheduled_maintenances,
        "summary.scheduled_maintenances",
    )?;
    let affected = list(summary.affected_components, "summary.affected_components")?;
    let mut builder = Builder::new(components.len() + ongoing.len(), "summary.components")?;
    builder.page_id(summary.id, "summary.id")?;
    let names = component::read_names(&components);
    let maintenances = add_records("summary.ongoing_incidents", &ongoing, &names, &mut builder);
    let conditions = Conditions {
        affected: &affected.unwrap_or_default(),
        ongoing: &ongoing,
        structure: summary.structure,
    };
    component::add(&components, &conditions, &mut builder);
    for (index, item) in maintenances {
        let place = format_args!("summary.ongoing_incidents[{index}]");
        builder.add_maintenance(place, read_maintenance(item, &names));
    }
    for (index, item) in planned
        .unwrap_or_default()
        .iter()
        .take(ITEMS_MAX)
        .enumerate()
    {
        let place = format_args!("summary.scheduled_maintenances[{index}]");
        builder.add_maintenance(place, read_maintenance(item, &names));
    }
    builder.finish(Silence::both(!components.is_empty()))
}

/// Reads the list of past incidents.
pub(super) fn read_history(raw: &RawValue) -> Result<Snapshot, ReadError> {
    let records = list(Some(raw), "incidents")?.unwrap_or_default();
    // Only its records tell that it is one: others serve empty lists of that name, too.
    if records.is_empty() {
        return Err(ReadError::field(
            "incidents",
            "at least one incident, or a page around them",
        ));
    }
    let mut builder = Builder::new(records.len(), "incidents")?;
    let names = HashMap::new();
    for (index, item) in add_records("incidents", &records, &names, &mut builder) {
        builder.add_maintenance(
            format_args!("incidents[{index}]"),
            read_maintenance(item, &names),
        );
    }
    builder.finish(Silence::NOTHING)
}

/// Adds the incidents among some records and returns the maintenances.
fn add_records<'a>(
    place: &str,
    records: &[&'a RawValue],
    names: &HashMap<String, String>,
    builder: &mut Builder,
) -> Vec<(usize, &'a RawValue)> {
    let mut maintenances = Vec::new();
    for (index, item) in records.iter().enumerate() {
        let fields = json::object::<RecordFields<'_>>(item.get(), "").unwrap_or_default();
        if maybe_text(fields.kind).as_deref() == Some("maintenance")
            || maybe_text(fields.status).is_some_and(|status| is_maintenance(&status))
        {
            maintenances.push((index, *item));
        } else {
            builder.add_incident(format_args!("{place}[{index}]"), read_incident(item, names));
        }
    }
    maintenances
}

fn read_incident(raw: &RawValue, names: &HashMap<String, String>) -> Item<Incident> {
    let fields: RecordFields<'_> = need_object(raw)?;
    let id = need_id(fields.id)?;
    let name = need(fields.name, (".name", STRING))?.into_owned();
    let status = need(fields.status, (".status", STRING))?.into_owned();
    let mut wrongs = Vec::new();
    let updates = read_updates(fields.updates, &mut wrongs);
    let published_at = maybe_time(fields.published_at, ".published_at", &mut wrongs);
    let newest_at = updates
        .first()
        .and_then(|update| update.at)
        .or(published_at);
    let touched = read_touched(fields.affected_components, &mut wrongs);
    let impact = worst_impact(touched.iter().filter_map(|it| it.status.as_deref()));
    let incident = Incident {
        impact,
        started_at: published_at.or(updates.last().and_then(|update| update.at)),
        updated_at: newest_at,
        resolved_at: (status == RESOLVED).then_some(newest_at).flatten(),
        text: updates.first().and_then(|update| update.text.clone()),
        affected: touched
            .into_iter()
            .map(|it| with_name(it.label, names))
            .collect(),
        regions: Vec::new(),
        url: None,
        raw: RawJson::from_checked(raw.get()),
        id,
        name,
        status,
        updates,
    };
    if incident.status == RESOLVED && incident.resolved_at.is_none() {
        return Err((".updates", "the time of at least one update"));
    }
    Ok((incident, wrongs))
}

fn read_maintenance(raw: &RawValue, names: &HashMap<String, String>) -> Item<Maintenance> {
    let fields: RecordFields<'_> = need_object(raw)?;
    let id = need_id(fields.id)?;
    let status = need(fields.status, (".status", STRING))?.into_owned();
    let mut wrongs = Vec::new();
    let touched = read_touched(fields.affected_components, &mut wrongs);
    let windows: Vec<_> = items(fields.component_impacts, ".component_impacts", &mut wrongs)
        .into_iter()
        .filter_map(|item| json::object::<ImpactFields<'_>>(item.get(), "").ok())
        .map(|impact| {
            let starts_at = maybe_time(impact.start_at, ".component_impacts", &mut wrongs);
            (
                starts_at,
                maybe_time(impact.end_at, ".component_impacts", &mut wrongs),
            )
        })
        .collect();
    let maintenance = Maintenance {
        id,
        name: need(fields.name, (".name", STRING))?.into_owned(),
        phase: phase(&status),
        status,
        starts_at: windows.iter().filter_map(|(starts_at, _)| *starts_at).min(),
        ends_at: windows.iter().filter_map(|(_, ends_at)| *ends_at).max(),
        text: read_updates(fields.updates, &mut wrongs)
            .into_iter()
            .next()
            .and_then(|it| it.text),
        affected: touched
            .into_iter()
            .map(|it| with_name(it.label, names))
            .collect(),
        regions: Vec::new(),
        raw: RawJson::from_checked(raw.get()),
    };
    Ok((maintenance, wrongs))
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
            at: maybe_time(fields.published_at, ".updates[].published_at", wrongs),
            status: maybe_text(fields.to_status),
            text: maybe_text(fields.message_string)
                .map(|text| text.trim().to_owned())
                .filter(|text| !text.is_empty()),
        });
    }
    // Listed oldest first: of two with one time, the later one in the list is the newer.
    updates.reverse();
    newest_first(updates)
}

fn with_name(label: Label, names: &HashMap<String, String>) -> Label {
    let known = label.id.as_ref().and_then(|id| names.get(id)).cloned();
    Label {
        name: label.name.or(known),
        id: label.id,
    }
}
