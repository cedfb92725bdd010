//! The document as a whole.

use std::collections::HashMap;

use serde_json::value::RawValue;

use super::component::{Member, STATUSES};
use super::{incident, maintenance};
use crate::json;
use crate::source::page::{
    Builder, Health, ITEMS_MAX, ReadError, Silence, Snapshot, fields, items, list,
};

fields!(Document {
    page,
    incidents,
    components,
    scheduled_maintenances
});

fields!(Page { id, updated_at });

/// Reads a document.
///
/// # Errors
/// It is not JSON, not a status page (neither `incidents` nor `components` is a list), longer than
/// [`ITEMS_MAX`], or nothing that it lists can be read.
pub fn read(body: &[u8]) -> Result<Snapshot, ReadError> {
    read_text(json::check(body)?, STATUSES)
}

/// Reads a checked document whose components use these statuses.
pub(in crate::source) fn read_text(
    text: &str,
    statuses: &[(&str, Health)],
) -> Result<Snapshot, ReadError> {
    let document: Document<'_> = json::object(text, "body")?;
    let incidents = list(document.incidents, "incidents")?;
    let components = list(document.components, "components")?;
    // incident.io leaves `incidents` out when there are none; a page without both is none.
    if incidents.is_none() && components.is_none() {
        return Err(ReadError::field(
            "components",
            "a list, as in Statuspage's summary.json",
        ));
    }
    let incidents = incidents.unwrap_or_default();
    let components = components.unwrap_or_default();
    let mut builder = Builder::new(incidents.len() + components.len(), "components")?;
    if let Some(page) = json::present(document.page) {
        let page: Page<'_> = json::object(page.get(), "page")?;
        builder.page_id(page.id, "page.id")?;
        builder.page_time(page.updated_at, "page.updated_at");
    }
    for (index, item) in incidents.iter().enumerate() {
        builder.add_incident(format_args!("incidents[{index}]"), incident::read(item));
    }
    add_components(&components, statuses, &mut builder);
    add_maintenances(document.scheduled_maintenances, &mut builder);
    // A page without a single component is an emptied or a foreign document, or a history.
    builder.finish(Silence::both(!components.is_empty()))
}

/// Group headers are counted as read and make no event: their members speak for themselves.
fn add_components(items: &[&RawValue], statuses: &[(&str, Health)], builder: &mut Builder) {
    let members: Vec<_> = items
        .iter()
        .map(|item| Member::read(item, statuses))
        .collect();
    let headers = members
        .iter()
        .flatten()
        .filter(|(member, _)| member.is_header);
    let titles: HashMap<String, String> = headers.map(|(header, _)| header.title()).collect();
    for (index, member) in members.into_iter().enumerate() {
        match member {
            Ok((member, _)) if member.is_header => builder.pass_component(),
            member => builder.add_component(
                format_args!("components[{index}]"),
                member.map(|(member, wrongs)| (member.in_group(&titles), wrongs)),
            ),
        }
    }
}

fn add_maintenances(raw: Option<&RawValue>, builder: &mut Builder) {
    let mut wrongs = Vec::new();
    let maintenances = items(raw, "scheduled_maintenances", &mut wrongs);
    for wrong in wrongs {
        builder.add_maintenance("", Err(wrong));
    }
    for (index, item) in maintenances.iter().take(ITEMS_MAX).enumerate() {
        builder.add_maintenance(
            format_args!("scheduled_maintenances[{index}]"),
            maintenance::read(item),
        );
    }
}
