//! Better Stack: [`read`] a page's `/index.json`, a JSON:API document.
//!
//! - `data` is the page; `included` holds its sections, resources, reports and the reports'
//!   updates side by side, told apart by `type` and tied together by identifiers, which are texts
//!   in one place and numbers in another.
//! - A report is an incident (`manual`, `automatic`) or a `maintenance`. Ended reports are listed
//!   for a while. `ends_at` may be null on a report whose `aggregate_state` is `resolved`, and an
//!   ended report may keep the state that it was in: either says that it is over.
//! - A resource may be `not_monitored`, which is neither well nor ill. Resources are not dated.
//! - How bad a resolved report was stands in its updates only.
//!
//! Source: <https://betterstack.com/docs/uptime/status-pages/subscribing-to-status-updates/subscribing-to-api>.

mod index;
mod report;

use self::index::{Index, Record};
use crate::event::Severity;
use crate::json::{self, RawJson};
use crate::source::page::{
    Builder, Component, Health, Item, Label, ReadError, STRING, Silence, Snapshot, fields, list,
    lookup, maybe_text, need, need_id, need_id_or_number,
};

/// What each status of a resource means. Others are unknown.
const STATUSES: &[(&str, Health)] = &[
    ("operational", Health::Well),
    ("degraded", Health::Ill(Severity::Warning)),
    ("downtime", Health::Ill(Severity::Critical)),
    ("maintenance", Health::Maintained),
    ("not_monitored", Health::Unwatched),
];

fields!(Document { data, included });

fields!(PageFields { updated_at });

fields!(PageRecord { id, kind = "type", attributes });

fields!(ResourceFields {
    status_page_section_id,
    public_name,
    status
});

/// Reads a document.
///
/// # Errors
/// It is not JSON, not Better Stack's document, longer than [`super::page::ITEMS_MAX`], or nothing
/// that it lists can be read.
pub fn read(body: &[u8]) -> Result<Snapshot, ReadError> {
    let document: Document<'_> = json::object(json::check(body)?, "body")?;
    let data = json::present(document.data)
        .filter(|data| data.get().starts_with('{'))
        .ok_or_else(|| ReadError::field("data", "an object, as in Better Stack's index.json"))?;
    let page: PageRecord<'_> = json::object(data.get(), "data")?;
    if maybe_text(page.kind).as_deref() != Some("status_page") {
        return Err(ReadError::field("data.type", "status_page"));
    }
    let included = list(document.included, "included")?
        .ok_or_else(|| ReadError::field("included", "a list of records"))?;
    let mut builder = Builder::new(included.len(), "included")?;
    builder.page_id(page.id, "data.id")?;
    if let Some(attributes) = json::present(page.attributes) {
        let attributes: PageFields<'_> = json::object(attributes.get(), "data.attributes")?;
        builder.page_time(attributes.updated_at, "data.attributes.updated_at");
    }
    let records: Vec<Record<'_>> = included
        .into_iter()
        .enumerate()
        .map(|(index, raw)| Record::of(index, raw))
        .collect();
    let mut index = Index::of(&records);
    let n_resources = add_records(&records, &mut index, &mut builder);
    builder.finish(Silence::both(n_resources > 0))
}

/// Adds reports and resources, maintenances last, and counts the resources.
fn add_records(records: &[Record<'_>], index: &mut Index, builder: &mut Builder) -> usize {
    let mut n_resources = 0;
    let mut maintenances = Vec::new();
    for record in records {
        let place = format_args!("included[{}]", record.index);
        match record.kind.as_deref() {
            Some("status_report") if report::is_maintenance(record) => maintenances.push(record),
            Some("status_report") => {
                builder.add_incident(place, report::read_incident(record, index));
            }
            Some("status_page_resource") => {
                n_resources += 1;
                builder.add_component(place, read_component(record, index));
            }
            // Sections and updates are read with what they belong to.
            Some(_) => {}
            None => builder.complain(&place.to_string(), "a record with a type"),
        }
    }
    for record in maintenances {
        let place = format_args!("included[{}]", record.index);
        builder.add_maintenance(place, report::read_maintenance(record, index));
    }
    n_resources
}

fn read_component(record: &Record<'_>, index: &Index) -> Item<Component> {
    let fields: ResourceFields<'_> = record.attributes();
    let id = need_id(record.id)?;
    let status = need(fields.status, (".attributes.status", STRING))?.into_owned();
    let mut wrongs = Vec::new();
    // An outage without a name is one all the same.
    let name = maybe_text(fields.public_name).unwrap_or_else(|| {
        wrongs.push((".attributes.public_name", STRING));
        id.to_string()
    });
    let section_id = need_id_or_number(fields.status_page_section_id)
        .ok()
        .map(|id| id.to_string());
    let section = section_id
        .as_ref()
        .and_then(|id| index.section(id))
        .map(str::to_owned);
    let component = Component {
        id,
        name,
        group: Label::new(section_id, section),
        regions: Vec::new(),
        health: lookup(STATUSES, &status).unwrap_or(Health::Unknown),
        status,
        updated_at: None,
        raw: RawJson::from_checked(record.raw.get()),
    };
    Ok((component, wrongs))
}
