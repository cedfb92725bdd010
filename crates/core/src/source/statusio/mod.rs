//! Status.io: [`read`] the public status of a page, `/1.0/status/<page id>`.
//!
//! - States are numbers, with words beside them. A component stands in containers (regions), each
//!   with a state of its own; the component shows the worst.
//! - Identifiers are `id` in components and `_id` everywhere else. Messages are listed oldest
//!   first, each with the state of the incident and the state of its components at the time.
//! - Only what is open is listed: an incident that ended leaves the document.
//! - An unknown page is answered with status 200 and `error`: that is no page without incidents.
//! - The document does not name the page; its address does.
//!
//! Source: <https://kb.status.io/developers/public-status-api>.

mod record;

use serde_json::value::RawValue;

use crate::event::Severity;
use crate::json::{self, RawJson};
use crate::source::page::{
    Builder, Component, Health, ITEMS_MAX, Item, Label, Phase, ReadError, Region, STRING, Silence,
    Snapshot, Wrong, fields, items, list, lookup, maybe_text, maybe_time, need, need_id,
    need_object,
};

/// What each code of a component means. 600 is a security event, which the platform ranks above
/// a disruption. Others are unknown.
const STATUSES: &[(&str, Health)] = &[
    ("100", Health::Well),
    ("200", Health::Maintained),
    ("300", Health::Ill(Severity::Warning)),
    ("400", Health::Ill(Severity::Critical)),
    ("500", Health::Ill(Severity::Critical)),
    ("600", Health::Ill(Severity::Critical)),
];

fields!(Document { result, error });

fields!(ResultFields {
    status_overall,
    status,
    incidents,
    maintenance
});

fields!(Overall { updated });

fields!(ComponentFields {
    id,
    name,
    updated,
    status,
    status_code,
    containers
});

fields!(MaintenanceLists { active, upcoming });

/// Reads a document.
///
/// # Errors
/// It is not JSON, an error in place of a page, not Status.io's document, longer than
/// [`ITEMS_MAX`], or nothing that it lists can be read.
pub fn read(body: &[u8]) -> Result<Snapshot, ReadError> {
    let document: Document<'_> = json::object(json::check(body)?, "body")?;
    let Some(result) = json::present(document.result) else {
        return Err(match json::present(document.error) {
            Some(_) => ReadError::NoPage,
            None => ReadError::field("result", "an object, as in Status.io's public status"),
        });
    };
    let result: ResultFields<'_> = json::object(result.get(), "result")?;
    let components = list(result.status, "result.status")?
        .ok_or_else(|| ReadError::field("result.status", "a list of components"))?;
    let incidents = list(result.incidents, "result.incidents")?
        .ok_or_else(|| ReadError::field("result.incidents", "a list of incidents"))?;
    let mut builder = Builder::new(components.len() + incidents.len(), "result.status")?;
    if let Some(overall) = json::present(result.status_overall) {
        let overall: Overall<'_> = json::object(overall.get(), "result.status_overall")?;
        builder.page_time(overall.updated, "result.status_overall.updated");
    }
    for (index, item) in incidents.iter().enumerate() {
        builder.add_incident(
            format_args!("result.incidents[{index}]"),
            record::read_incident(item),
        );
    }
    for (index, item) in components.iter().enumerate() {
        builder.add_component(format_args!("result.status[{index}]"), read_component(item));
    }
    add_maintenances(result.maintenance, &mut builder);
    builder.finish(Silence::both(!components.is_empty()))
}

fn read_component(raw: &RawValue) -> Item<Component> {
    let fields: ComponentFields<'_> = need_object(raw)?;
    let mut wrongs = Vec::new();
    let (status, health) = read_state(&fields)?;
    let component = Component {
        id: need_id(fields.id)?,
        name: need(fields.name, (".name", STRING))?.into_owned(),
        group: None,
        regions: items(fields.containers, ".containers", &mut wrongs)
            .into_iter()
            .filter_map(read_region)
            .collect(),
        status,
        health,
        updated_at: maybe_time(fields.updated, ".updated", &mut wrongs),
        raw: RawJson::from_checked(raw.get()),
    };
    Ok((component, wrongs))
}

/// A container only narrows where its component is ill, so one that is not as documented is left
/// out without complaint.
fn read_region(raw: &RawValue) -> Option<Region> {
    let fields: ComponentFields<'_> = json::object(raw.get(), "").ok()?;
    let (status, health) = read_state(&fields).ok()?;
    let label = Label::new(maybe_text(fields.id), maybe_text(fields.name))?;
    Some(Region {
        label,
        status,
        health,
    })
}

/// The code decides. The word beside it is for people; without one, the code is the word.
fn read_state(fields: &ComponentFields<'_>) -> Result<(String, Health), Wrong> {
    let code = read_code(fields.status_code).ok_or((".status_code", "a code, such as 100"))?;
    let health = lookup(STATUSES, code).unwrap_or(Health::Unknown);
    Ok((
        maybe_text(fields.status).unwrap_or_else(|| code.to_owned()),
        health,
    ))
}

/// Returns a code as it is written, quotes aside.
fn read_code(raw: Option<&RawValue>) -> Option<&str> {
    let code = json::present(raw)?.get().trim_matches('"');
    (!code.is_empty() && code.bytes().all(|byte| byte.is_ascii_digit())).then_some(code)
}

fn add_maintenances(raw: Option<&RawValue>, builder: &mut Builder) {
    let Some(raw) = json::present(raw) else {
        return;
    };
    let Ok(lists) = json::object::<MaintenanceLists<'_>>(raw.get(), "") else {
        return builder.add_maintenance("result.maintenance", Err(("", "an object of two lists")));
    };
    for (place, phase, raw) in [
        ("active", Phase::InProgress, lists.active),
        ("upcoming", Phase::Scheduled, lists.upcoming),
    ] {
        let maintenances = items(raw, "", &mut Vec::new());
        for (index, item) in maintenances.iter().take(ITEMS_MAX).enumerate() {
            let place = format_args!("result.maintenance.{place}[{index}]");
            builder.add_maintenance(place, record::read_maintenance(item, phase));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_page_is_an_error_whatever_the_http_status() {
        let answer = br#"{"error":"status page not found"}"#;
        assert_eq!(read(answer).unwrap_err(), ReadError::NoPage);
    }

    #[test]
    fn codes_decide_and_words_are_shown() {
        let component = |state: &str| {
            let document = format!(
                r#"{{"result":{{"status":[{{"id":"c","name":"API",{state}}}],"incidents":[]}}}}"#
            );
            let page = read(document.as_bytes()).map_err(|error| error.to_string())?;
            let component = page.components.into_iter().next().unwrap();
            Ok::<_, String>((component.status, component.health))
        };
        let ill = Health::Ill(Severity::Critical);
        assert_eq!(
            component(r#""status":"Security Issue","status_code":600"#)
                .unwrap()
                .1,
            ill
        );
        let strange = component(r#""status_code":700"#).unwrap();
        assert_eq!(strange, ("700".to_owned(), Health::Unknown));
        assert!(
            component(r#""status":"Operational""#)
                .unwrap_err()
                .contains(".status_code")
        );
    }
}
