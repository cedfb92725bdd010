//! The list behind the page's calendar: past incidents by title, with what they did to components.

use std::collections::HashMap;

use serde_json::value::RawValue;

use super::{RESOLVED, is_maintenance, phase, worst_impact};
use crate::json::{self, RawJson};
use crate::source::page::{
    Builder, Incident, Item, Label, Maintenance, ReadError, STRING, Silence, Snapshot, TIME,
    fields, list, maybe_text, maybe_time, need, need_id, need_object, read_time,
};

fields!(Document {
    component_impacts,
    incident_links
});

fields!(ImpactFields {
    component_id,
    status,
    start_at,
    end_at,
    status_page_incident_id
});

fields!(LinkFields {
    id,
    name,
    status,
    permalink,
    published_at
});

/// Impacts by the identifiers of their incidents.
type Impacts<'a> = HashMap<String, Vec<ImpactFields<'a>>>;

/// Reads the list.
pub(super) fn read(text: &str) -> Result<Snapshot, ReadError> {
    let document: Document<'_> = json::object(text, "body")?;
    let links = list(document.incident_links, "incident_links")?.unwrap_or_default();
    let impacts = list(document.component_impacts, "component_impacts")?.unwrap_or_default();
    let mut impacts = by_incident(&impacts);
    let mut builder = Builder::new(links.len(), "incident_links")?;
    let mut maintenances = Vec::new();
    for (index, item) in links.iter().enumerate() {
        let fields = json::object::<LinkFields<'_>>(item.get(), "").unwrap_or_default();
        if maybe_text(fields.status).is_some_and(|status| is_maintenance(&status)) {
            maintenances.push((index, *item));
        } else {
            let place = format_args!("incident_links[{index}]");
            builder.add_incident(place, read_incident(item, &mut impacts));
        }
    }
    for (index, item) in maintenances {
        let place = format_args!("incident_links[{index}]");
        builder.add_maintenance(place, read_maintenance(item, &mut impacts));
    }
    builder.finish(Silence::NOTHING)
}

fn by_incident<'a>(items: &[&'a RawValue]) -> Impacts<'a> {
    let mut impacts = Impacts::new();
    for item in items {
        let fields: ImpactFields<'_> = json::object(item.get(), "").unwrap_or_default();
        if let Some(id) = maybe_text(fields.status_page_incident_id) {
            impacts.entry(id).or_default().push(fields);
        }
    }
    impacts
}

fn read_incident(raw: &RawValue, impacts: &mut Impacts<'_>) -> Item<Incident> {
    let fields: LinkFields<'_> = need_object(raw)?;
    let id = need_id(fields.id)?;
    let status = need(fields.status, (".status", STRING))?.into_owned();
    let mut wrongs = Vec::new();
    let started_at = maybe_time(fields.published_at, ".published_at", &mut wrongs);
    let impacts = impacts.remove(id.as_str()).unwrap_or_default();
    let statuses: Vec<_> = impacts
        .iter()
        .filter_map(|impact| maybe_text(impact.status))
        .collect();
    let ends = impacts
        .iter()
        .filter_map(|impact| read_time(json::present(impact.end_at)?));
    // The list says that it is over, not when: when its last component was well, or unknown.
    let ended_at = ends.max().or(started_at);
    let incident = Incident {
        name: need(fields.name, (".name", STRING))?.into_owned(),
        impact: worst_impact(statuses.iter().map(String::as_str)),
        started_at,
        updated_at: None,
        resolved_at: (status == RESOLVED).then_some(ended_at).flatten(),
        text: None,
        updates: Vec::new(),
        affected: affected(&impacts),
        regions: Vec::new(),
        url: maybe_text(fields.permalink),
        raw: RawJson::from_checked(raw.get()),
        id,
        status,
    };
    if incident.status == RESOLVED && incident.resolved_at.is_none() {
        return Err((".published_at", TIME));
    }
    Ok((incident, wrongs))
}

fn read_maintenance(raw: &RawValue, impacts: &mut Impacts<'_>) -> Item<Maintenance> {
    let fields: LinkFields<'_> = need_object(raw)?;
    let id = need_id(fields.id)?;
    let status = need(fields.status, (".status", STRING))?.into_owned();
    let impacts = impacts.remove(id.as_str()).unwrap_or_default();
    let starts = impacts
        .iter()
        .filter_map(|impact| read_time(json::present(impact.start_at)?));
    let ends = impacts
        .iter()
        .filter_map(|impact| read_time(json::present(impact.end_at)?));
    let maintenance = Maintenance {
        name: need(fields.name, (".name", STRING))?.into_owned(),
        phase: phase(&status),
        starts_at: starts.min(),
        ends_at: ends.max(),
        text: None,
        affected: affected(&impacts),
        regions: Vec::new(),
        raw: RawJson::from_checked(raw.get()),
        id,
        status,
    };
    Ok((maintenance, Vec::new()))
}

fn affected(impacts: &[ImpactFields<'_>]) -> Vec<Label> {
    let ids = impacts
        .iter()
        .filter_map(|impact| maybe_text(impact.component_id));
    ids.filter_map(|id| Label::new(Some(id), None)).collect()
}
