//! Google Cloud and Google Workspace: [`read`] a dashboard's `incidents.json`.
//!
//! - A bare list of incidents, open and past, for years. Open is what has no `end`: null in one
//!   dashboard, left out in the other. `modified` changes long after the end.
//! - Two scales at once, `status_impact` and `severity`; the worse one counts.
//! - Texts are markdown. Workspace begins its titles with a line that only says `**Title:**`.
//! - `uri` is relative to the dashboard. Products and locations have names and identifiers;
//!   `currently_affected_locations` empties at the end, `previously_affected_locations` fills.
//! - Neither the page nor its products are shown. A list without a single incident is no
//!   dashboard's: its silence proves nothing.
//!
//! Source: <https://status.cloud.google.com/incidents.schema.json>.

use serde_json::value::RawValue;

use crate::event::Severity;
use crate::json::{self, RawJson};
use crate::source::page::{
    Builder, Impact, Incident, Item, Label, ReadError, STRING, Silence, Snapshot, TIME, Update,
    Wrong, fields, items, lookup, maybe_text, maybe_time, need, need_id, need_object, newest_first,
};

/// What each impact means. Others are unknown.
const IMPACTS: &[(&str, Severity)] = &[
    ("AVAILABLE", Severity::Info),
    ("SERVICE_INFORMATION", Severity::Info),
    ("SERVICE_DISRUPTION", Severity::Warning),
    ("SERVICE_OUTAGE", Severity::Critical),
];

/// What each severity means. Others are unknown.
const SEVERITIES: &[(&str, Severity)] = &[
    ("low", Severity::Info),
    ("medium", Severity::Warning),
    ("high", Severity::Critical),
];

/// A first line of a text that is a heading and no title.
const HEADING: &str = "title:";

fields!(Fields {
    id,
    begin,
    created,
    end,
    modified,
    external_desc,
    updates,
    most_recent_update,
    status_impact,
    severity,
    service_name,
    affected_products,
    uri,
    currently_affected_locations,
    previously_affected_locations,
});

fields!(UpdateFields {
    when,
    created,
    text,
    status
});

fields!(Named { id, title });

/// Reads a document.
///
/// # Errors
/// It is not JSON, not a list, longer than [`super::page::ITEMS_MAX`], or nothing in it can be
/// read.
pub fn read(body: &[u8]) -> Result<Snapshot, ReadError> {
    const EXPECTED: &str = "a list of incidents, as in Google's incidents.json";
    let text = json::check(body)?;
    if !text.trim_ascii_start().starts_with('[') {
        json::object::<serde::de::IgnoredAny>(text, "body")?;
        return Err(ReadError::field("body", EXPECTED));
    }
    let incidents: Vec<&RawValue> =
        serde_json::from_str(text).map_err(|error| json::JsonError::syntax(&error))?;
    let mut builder = Builder::new(incidents.len(), "body")?;
    for (index, item) in incidents.iter().enumerate() {
        builder.add_incident(format_args!("[{index}]"), read_incident(item));
    }
    builder.finish(Silence {
        incidents: !incidents.is_empty(),
        components: false,
    })
}

fn read_incident(raw: &RawValue) -> Item<Incident> {
    let fields: Fields<'_> = need_object(raw)?;
    let id = need_id(fields.id)?;
    let description = need(fields.external_desc, (".external_desc", STRING))?;
    let mut wrongs = Vec::new();
    let updates = read_updates(&fields, &mut wrongs);
    let started_at = maybe_time(fields.begin, ".begin", &mut wrongs)
        .or(maybe_time(fields.created, ".created", &mut wrongs))
        .ok_or((".begin", TIME))?;
    let newest_status = updates.first().and_then(|update| update.status.clone());
    let impact = maybe_text(fields.status_impact);
    // Where it was: the present locations are cleared when it is over.
    let mut regions = read_names(fields.currently_affected_locations);
    regions.extend(read_names(fields.previously_affected_locations));
    let incident = Incident {
        impact: worse(impact.as_deref(), maybe_text(fields.severity).as_deref()),
        name: title(&description)
            .or_else(|| maybe_text(fields.service_name))
            .ok_or((".external_desc", "a text with a title"))?,
        status: newest_status.or(impact).unwrap_or_default(),
        started_at: Some(started_at),
        updated_at: maybe_time(fields.modified, ".modified", &mut wrongs),
        resolved_at: maybe_time(fields.end, ".end", &mut wrongs).map(|at| at.max(started_at)),
        text: updates.first().and_then(|update| update.text.clone()),
        affected: read_names(fields.affected_products),
        regions,
        url: maybe_text(fields.uri),
        raw: RawJson::from_checked(raw.get()),
        id,
        updates,
    };
    Ok((incident, wrongs))
}

/// Takes the worse of the two scales. A word that we do not know on one of them does not hide what
/// the other says is critical.
fn worse(impact: Option<&str>, severity: Option<&str>) -> Impact {
    let told = [
        impact.map(|word| lookup(IMPACTS, word)),
        severity.map(|word| lookup(SEVERITIES, word)),
    ];
    let known = told.iter().flatten().flatten().max();
    let is_strange = told.iter().flatten().any(Option::is_none);
    match known {
        Some(Severity::Critical) => Impact::Rated(Severity::Critical),
        Some(severity) if !is_strange => Impact::Rated(*severity),
        _ => Impact::Unknown,
    }
}

/// Workspace leaves `updates` empty and gives the newest one alone.
fn read_updates(fields: &Fields<'_>, wrongs: &mut Vec<Wrong>) -> Vec<Update> {
    let mut listed = items(fields.updates, ".updates", wrongs);
    if listed.is_empty() {
        listed.extend(json::present(fields.most_recent_update));
    }
    let mut updates = Vec::new();
    for item in listed {
        let Ok(fields) = json::object::<UpdateFields<'_>>(item.get(), "") else {
            wrongs.push((".updates", "a list of updates"));
            continue;
        };
        updates.push(Update {
            at: maybe_time(fields.when, ".updates[].when", wrongs).or(maybe_time(
                fields.created,
                ".updates[].created",
                wrongs,
            )),
            status: maybe_text(fields.status),
            text: maybe_text(fields.text),
        });
    }
    newest_first(updates)
}

fn read_names(raw: Option<&RawValue>) -> Vec<Label> {
    let label = |item: &RawValue| {
        let fields: Named<'_> = json::object(item.get(), "").ok()?;
        Label::new(maybe_text(fields.id), maybe_text(fields.title))
    };
    items(raw, "", &mut Vec::new())
        .into_iter()
        .filter_map(label)
        .collect()
}

/// Finds the first line of a markdown text that says something, without its marks.
fn title(markdown: &str) -> Option<String> {
    let lines = markdown
        .lines()
        .map(|line| line.trim_matches(['*', '#', ' ', '\t', '\r']));
    let mut titles = lines.filter(|line| !line.is_empty() && !line.eq_ignore_ascii_case(HEADING));
    titles.next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_is_the_first_line_that_says_something() {
        let name = |text| title(text).unwrap_or_default();
        assert_eq!(name("**Title:**\nGmail may be slow"), "Gmail may be slow");
        assert_eq!(name("**Title:** \r\n# Outage #\nMore"), "Outage");
        assert_eq!(name("Plain text."), "Plain text.");
        assert_eq!(title("**\n##"), None);
    }

    #[test]
    fn the_worse_scale_counts() {
        let rated = Impact::Rated;
        assert_eq!(
            worse(Some("SERVICE_OUTAGE"), Some("low")),
            rated(Severity::Critical)
        );
        assert_eq!(
            worse(Some("SERVICE_INFORMATION"), Some("high")),
            rated(Severity::Critical)
        );
        assert_eq!(
            worse(Some("SERVICE_INFORMATION"), None),
            rated(Severity::Info)
        );
        assert_eq!(
            worse(Some("SERVICE_OUTAGE"), Some("odd")),
            rated(Severity::Critical)
        );
        assert_eq!(worse(Some("ODD"), Some("medium")), Impact::Unknown);
        assert_eq!(worse(None, None), Impact::Unknown);
    }

    #[test]
    fn an_empty_list_is_read_and_proves_nothing() {
        assert_eq!(read(b"[]").unwrap().silence, Silence::NOTHING);
    }
}
