//! Instatus: [`read`] a page's `summary.json`, its `components.json`, or the data inside the page.
//!
//! - `/summary.json` shows the page's state and what is going on, no components, and leaves empty
//!   lists out. The page may be `UP` with an open incident. Records may lack `id`: their address
//!   ends in it, and where there is no address the name has to do, so that two incidents of one
//!   name are one that came back. Times have been RFC 3339 and what JavaScript prints.
//! - `/v2/components.json` and `/v3/components.json` show components alone; a group is null, a
//!   name, or an object. A page wants both documents ([`Snapshot::join`]).
//! - The data inside the page: names and messages in several languages, an impact that may be
//!   `OPERATIONAL` while the components are down, and `notices`, which say how past incidents
//!   ended. A group is a component with `children`.
//!
//! Nothing dates the page or its components. Sources: <https://instatus.com/help/api/public-data>
//! and the documents of public pages.

mod component;
mod moment;
mod record;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::json;
use crate::source::page::{
    Builder, ITEMS_MAX, Label, ReadError, STRING, Silence, Snapshot, Wrong, fields, items, list,
    maybe_text,
};

/// The states of a page, by which the format is known.
pub(super) const PAGE_STATUSES: &[&str] = &["UP", "HASISSUES", "UNDERMAINTENANCE"];

fields!(Document {
    page,
    site,
    components,
    incidents,
    active_incidents = "activeIncidents",
    active_maintenances = "activeMaintenances",
    notices,
});

fields!(PageFields { url, status });

fields!(Site { id, components });

fields!(Named { id, name });

/// Reads a document.
///
/// # Errors
/// It is not JSON, none of the documents that Instatus serves, longer than [`ITEMS_MAX`], or
/// nothing that it lists can be read.
pub fn read(body: &[u8]) -> Result<Snapshot, ReadError> {
    let document: Document<'_> = json::object(json::check(body)?, "body")?;
    if let Some(site) = json::present(document.site) {
        return read_data(&document, site);
    }
    if document.page.is_none() && document.incidents.is_none() && document.components.is_some() {
        return read_components(&document);
    }
    read_summary(&document)
}

/// Reads the data inside a page.
fn read_data(document: &Document<'_>, site: &RawValue) -> Result<Snapshot, ReadError> {
    let site: Site<'_> = json::object(site.get(), "site")?;
    let components = list(site.components, "site.components")?
        .ok_or_else(|| ReadError::field("site.components", "a list of components"))?;
    let incidents = list(document.active_incidents, "activeIncidents")?.unwrap_or_default();
    let n_listed = incidents.len() + components.len();
    let mut builder = Builder::new(n_listed, "site.components")?;
    builder.page_id(site.id, "site.id")?;
    add_incidents(&incidents, &mut builder);
    add_endings(document.notices, &mut builder);
    component::add("site.components", &components, &mut builder);
    add_maintenances(document.active_maintenances, &mut builder);
    builder.finish(Silence::both(!components.is_empty()))
}

/// Reads `components.json`.
fn read_components(document: &Document<'_>) -> Result<Snapshot, ReadError> {
    let components = list(document.components, "components")?.unwrap_or_default();
    let mut builder = Builder::new(components.len(), "components")?;
    component::add("components", &components, &mut builder);
    builder.finish(Silence {
        incidents: false,
        components: !components.is_empty(),
    })
}

/// Reads `summary.json`.
fn read_summary(document: &Document<'_>) -> Result<Snapshot, ReadError> {
    let incidents = list(document.active_incidents, "activeIncidents")?.unwrap_or_default();
    let mut builder = Builder::new(incidents.len(), "activeIncidents")?;
    let says_how_it_is = read_page(document.page, &mut builder)?;
    add_incidents(&incidents, &mut builder);
    add_maintenances(document.active_maintenances, &mut builder);
    builder.finish(Silence {
        incidents: says_how_it_is,
        components: false,
    })
}

fn add_incidents(incidents: &[&RawValue], builder: &mut Builder) {
    for (index, item) in incidents.iter().enumerate() {
        let place = format_args!("activeIncidents[{index}]");
        builder.add_incident(place, record::read_incident(item));
    }
}

/// Reads the page of a summary, and tells whether it says how the page is.
fn read_page(raw: Option<&RawValue>, builder: &mut Builder) -> Result<bool, ReadError> {
    const EXPECTED: &str = "UP, HASISSUES or UNDERMAINTENANCE, as in Instatus's summary.json";
    let page = json::present(raw).ok_or_else(|| ReadError::field("page.status", EXPECTED))?;
    let page: PageFields<'_> = json::object(page.get(), "page")?;
    builder.page_id(page.url, "page.url")?;
    let status =
        maybe_text(page.status).ok_or_else(|| ReadError::field("page.status", EXPECTED))?;
    let is_known = PAGE_STATUSES.contains(&status.as_str());
    if !is_known {
        builder.complain("page.status", EXPECTED);
    }
    Ok(is_known)
}

/// Adds the past incidents that the page's data mentions: how an open one ended.
fn add_endings(raw: Option<&RawValue>, builder: &mut Builder) {
    let Some(raw) = json::present(raw) else {
        return;
    };
    let Ok(notices) = serde_json::from_str::<BTreeMap<Cow<'_, str>, &RawValue>>(raw.get()) else {
        return builder.complain("notices", "an object of incidents by id");
    };
    for (index, item) in notices.into_values().take(ITEMS_MAX).enumerate() {
        if record::is_resolved(item) {
            builder.add_incident(
                format_args!("notices[{index}]"),
                record::read_incident(item),
            );
        }
    }
}

fn add_maintenances(raw: Option<&RawValue>, builder: &mut Builder) {
    let mut wrongs = Vec::new();
    let maintenances = items(raw, "activeMaintenances", &mut wrongs);
    for wrong in wrongs {
        builder.add_maintenance("", Err(wrong));
    }
    for (index, item) in maintenances.iter().take(ITEMS_MAX).enumerate() {
        let place = format_args!("activeMaintenances[{index}]");
        builder.add_maintenance(place, record::read_maintenance(item));
    }
}

fn read_affected(raw: Option<&RawValue>, wrongs: &mut Vec<Wrong>) -> Vec<Label> {
    let label = |item: &RawValue| {
        let fields: Named<'_> = json::object(item.get(), "").ok()?;
        Label::new(maybe_text(fields.id), translated(fields.name))
    };
    items(raw, ".components", wrongs)
        .into_iter()
        .filter_map(label)
        .collect()
}

fn read_name(raw: Option<&RawValue>) -> Result<String, Wrong> {
    translated(raw).ok_or((".name", STRING))
}

/// Reads a text that may stand in several languages; `default` is the page's own.
fn translated(raw: Option<&RawValue>) -> Option<String> {
    fields!(Languages { default, en });
    let raw = json::present(raw)?;
    let plain = maybe_text(Some(raw));
    plain.or_else(|| {
        let languages: Languages<'_> = json::object(raw.get(), "").ok()?;
        maybe_text(languages.default).or_else(|| maybe_text(languages.en))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_and_its_components_join_to_one_page() {
        let summary = read(br#"{"page":{"name":"X","url":"https://x.example","status":"UP"}}"#);
        let components =
            read(br#"{"components":[{"id":"c","name":"API","status":"MAJOROUTAGE"}]}"#);
        let page = summary.unwrap().join(components.unwrap());
        assert_eq!(page.page_id.as_deref(), Some("https://x.example"));
        assert_eq!((page.n_items, page.components.len()), (1, 1));
        assert_eq!(page.silence, Silence::both(true));
    }

    #[test]
    fn a_page_in_an_unknown_state_proves_nothing() {
        let document = r#"{"page":{"url":"https://x.example","status":"FINE"},"activeIncidents":[
            {"name":"Down","status":"INVESTIGATING","impact":"MAJOROUTAGE"}]}"#;
        let page = read(document.as_bytes()).unwrap();
        assert_eq!((page.incidents.len(), page.is_complete()), (1, false));
        let empty = read(br#"{"page":{"url":"https://x.example","status":"FINE"}}"#);
        assert!(
            empty
                .unwrap_err()
                .to_string()
                .starts_with("page.status: expected")
        );
    }

    #[test]
    fn children_of_a_group_are_components_of_their_own() {
        let document = r#"{"components":[
            {"id":"g","name":"Exchange","status":"PARTIALOUTAGE","isParent":true,"children":[
                {"id":"a","name":"Trading","status":"PARTIALOUTAGE"},
                {"id":"b","name":"Deposits","status":"OPERATIONAL"}]},
            {"id":"b","name":"Deposits","status":"OPERATIONAL","group":{"id":"g","name":"Exchange"}},
            {"id":"old","name":"Fax","status":"MAJOROUTAGE","archivedAt":"2020-01-01T00:00:00Z"}]}"#;
        let page = read(document.as_bytes()).unwrap();
        assert!(page.is_complete(), "{:?}", page.complaints);
        let names: Vec<_> = page.components.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["Trading", "Deposits"]);
        let group = |at: usize| {
            page.components[at]
                .group
                .clone()
                .and_then(|group| group.name)
        };
        assert_eq!((group(0), group(1)), (group(1), Some("Exchange".into())));
    }
}
