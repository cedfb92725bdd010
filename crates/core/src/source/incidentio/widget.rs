//! The widget's document: what is going on and what is planned.

use serde_json::value::RawValue;

use super::{RESOLVED, phase, read_touched, worst_impact};
use crate::json::{self, RawJson};
use crate::source::page::{
    Builder, ITEMS_MAX, Impact, Incident, Item, Maintenance, ReadError, STRING, Silence, Snapshot,
    Update, fields, list, maybe_text, maybe_time, need, need_id, need_object,
};

fields!(Document {
    page_url,
    ongoing_incidents,
    in_progress_maintenances,
    scheduled_maintenances
});

fields!(IncidentFields {
    id,
    name,
    status,
    url,
    last_update_at,
    last_update_message,
    current_worst_impact,
    affected_components,
});

fields!(MaintenanceFields {
    id,
    name,
    status,
    last_update_message,
    affected_components,
    starts_at,
    started_at,
    ends_at,
    scheduled_end_at,
});

/// Reads the document.
pub(super) fn read(text: &str) -> Result<Snapshot, ReadError> {
    let document: Document<'_> = json::object(text, "body")?;
    let incidents = list(document.ongoing_incidents, "ongoing_incidents")?
        .ok_or_else(|| ReadError::field("ongoing_incidents", "a list of incidents"))?;
    let mut builder = Builder::new(incidents.len(), "ongoing_incidents")?;
    builder.page_id(document.page_url, "page_url")?;
    for (index, item) in incidents.iter().enumerate() {
        builder.add_incident(
            format_args!("ongoing_incidents[{index}]"),
            read_incident(item),
        );
    }
    for (place, raw) in [
        (
            "in_progress_maintenances",
            document.in_progress_maintenances,
        ),
        ("scheduled_maintenances", document.scheduled_maintenances),
    ] {
        let items = list(raw, place)?.unwrap_or_default();
        for (index, item) in items.iter().take(ITEMS_MAX).enumerate() {
            builder.add_maintenance(format_args!("{place}[{index}]"), read_maintenance(item));
        }
    }
    builder.finish(Silence {
        incidents: true,
        components: false,
    })
}

fn read_incident(raw: &RawValue) -> Item<Incident> {
    let fields: IncidentFields<'_> = need_object(raw)?;
    let id = need_id(fields.id)?;
    let status = need(fields.status, (".status", STRING))?.into_owned();
    let mut wrongs = Vec::new();
    let updated_at = maybe_time(fields.last_update_at, ".last_update_at", &mut wrongs);
    let text = maybe_text(fields.last_update_message);
    let touched = read_touched(fields.affected_components, &mut wrongs);
    let worst = maybe_text(fields.current_worst_impact);
    let incident = Incident {
        name: need(fields.name, (".name", STRING))?.into_owned(),
        impact: worst.map_or(Impact::Unknown, |worst| worst_impact([worst.as_str()])),
        // The widget tells when it was last heard of, which is the nearest to a beginning.
        started_at: updated_at,
        updated_at,
        resolved_at: (status == RESOLVED).then_some(updated_at).flatten(),
        text: text.clone(),
        updates: vec![Update {
            at: updated_at,
            status: Some(status.clone()),
            text,
        }],
        affected: touched.into_iter().map(|it| it.label).collect(),
        regions: Vec::new(),
        url: maybe_text(fields.url),
        raw: RawJson::from_checked(raw.get()),
        id,
        status,
    };
    Ok((incident, wrongs))
}

fn read_maintenance(raw: &RawValue) -> Item<Maintenance> {
    let fields: MaintenanceFields<'_> = need_object(raw)?;
    let id = need_id(fields.id)?;
    let status = need(fields.status, (".status", STRING))?.into_owned();
    let mut wrongs = Vec::new();
    let touched = read_touched(fields.affected_components, &mut wrongs);
    let maintenance = Maintenance {
        name: need(fields.name, (".name", STRING))?.into_owned(),
        phase: phase(&status),
        starts_at: maybe_time(fields.started_at, ".started_at", &mut wrongs).or(maybe_time(
            fields.starts_at,
            ".starts_at",
            &mut wrongs,
        )),
        ends_at: maybe_time(fields.scheduled_end_at, ".scheduled_end_at", &mut wrongs)
            .or(maybe_time(fields.ends_at, ".ends_at", &mut wrongs)),
        text: maybe_text(fields.last_update_message),
        affected: touched.into_iter().map(|it| it.label).collect(),
        regions: Vec::new(),
        raw: RawJson::from_checked(raw.get()),
        id,
        status,
    };
    Ok((maintenance, wrongs))
}
