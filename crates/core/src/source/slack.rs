//! Slack: [`read`] its status API, `/api/v2.0.0/current` or `/api/v2.0.0/history`.
//!
//! - `current` is `ok` or `active` with a list of what is going on; what ends leaves it.
//!   `history` is a bare list of past records: its silence proves nothing.
//! - `type` says both what a record is and how bad it is: `incident`, `outage`, `notice`, or
//!   `maintenance`, which is no incident.
//! - Identifiers have been numbers and texts. Notes are HTML in later years, plain text in earlier
//!   ones, and have been listed either way round. `services` may be empty.
//! - Times carry Pacific offsets. The page's own time is that of its newest record, which may go
//!   back when that record ends before an older one; it is not read.
//!
//! Source: <https://docs.slack.dev/reference/slack-status-api>.

use jiff::Timestamp;
use serde_json::value::RawValue;

use crate::event::Severity;
use crate::json::{self, JsonError, RawJson};
use crate::source::page::{
    Builder, ITEMS_MAX, Impact, Incident, Item, Label, Maintenance, Phase, ReadError, STRING,
    Silence, Snapshot, TIME, Update, Wrong, fields, items, list, lookup, maybe_text, maybe_time,
    need, need_id_or_number, need_object, newest_first, plain,
};

/// How bad each type is. Others are unknown.
const IMPACTS: &[(&str, Severity)] = &[
    ("notice", Severity::Info),
    ("incident", Severity::Warning),
    ("outage", Severity::Critical),
];

/// The type that is no incident.
const MAINTENANCE: &str = "maintenance";

/// The states in which a record is over.
const OVER: &[&str] = &["resolved", "completed", "cancelled"];

/// What each state of a maintenance means. Others are unknown.
const PHASES: &[(&str, Phase)] = &[
    ("scheduled", Phase::Scheduled),
    ("active", Phase::InProgress),
    ("resolved", Phase::Completed),
    ("completed", Phase::Completed),
    ("cancelled", Phase::Completed),
];

fields!(Document {
    status,
    active_incidents
});

fields!(Fields {
    id,
    title,
    kind = "type",
    status,
    url,
    date_created,
    date_updated,
    services,
    notes,
});

fields!(NoteFields { date_created, body });

/// Reads a document.
///
/// # Errors
/// It is not JSON, neither of Slack's documents, longer than [`ITEMS_MAX`], or nothing that it
/// lists can be read.
pub fn read(body: &[u8]) -> Result<Snapshot, ReadError> {
    let text = json::check(body)?;
    if text.trim_ascii_start().starts_with('[') {
        let records: Vec<&RawValue> =
            serde_json::from_str(text).map_err(|error| JsonError::syntax(&error))?;
        let mut builder = Builder::new(records.len(), "body")?;
        add_records("", &records, &mut builder);
        return builder.finish(Silence::NOTHING);
    }
    let document: Document<'_> = json::object(text, "body")?;
    let records = list(document.active_incidents, "active_incidents")?
        .ok_or_else(|| ReadError::field("active_incidents", "a list, as in Slack's current"))?;
    let status = need(document.status, ("status", "ok or active"))
        .map_err(|(field, expected)| ReadError::field(field, expected))?;
    let mut builder = Builder::new(records.len(), "active_incidents")?;
    add_records("active_incidents", &records, &mut builder);
    // A page that says that something is wrong and does not say what is silent for another reason.
    let is_clear = status == "ok" || !records.is_empty();
    builder.finish(Silence {
        incidents: is_clear,
        components: false,
    })
}

fn add_records(place: &str, records: &[&RawValue], builder: &mut Builder) {
    let mut maintenances = Vec::new();
    for (index, item) in records.iter().enumerate() {
        let fields = json::object::<Fields<'_>>(item.get(), "").unwrap_or_default();
        if maybe_text(fields.kind).as_deref() == Some(MAINTENANCE) {
            maintenances.push((index, item));
        } else {
            builder.add_incident(format_args!("{place}[{index}]"), read_incident(item));
        }
    }
    for (index, item) in maintenances.into_iter().take(ITEMS_MAX) {
        builder.add_maintenance(format_args!("{place}[{index}]"), read_maintenance(item));
    }
}

fn read_incident(raw: &RawValue) -> Item<Incident> {
    let fields: Fields<'_> = need_object(raw)?;
    let id = need_id_or_number(fields.id)?;
    let status = need(fields.status, (".status", STRING))?.into_owned();
    let mut wrongs = Vec::new();
    let updates = read_notes(fields.notes, &mut wrongs);
    let updated_at = maybe_time(fields.date_updated, ".date_updated", &mut wrongs);
    let started_at = maybe_time(fields.date_created, ".date_created", &mut wrongs)
        .or(updates.iter().filter_map(|update| update.at).min())
        .or(updated_at)
        .ok_or((".date_created", TIME))?;
    let incident = Incident {
        name: read_title(&fields)?,
        impact: Impact::of(IMPACTS, maybe_text(fields.kind).as_deref()),
        started_at: Some(started_at),
        updated_at,
        resolved_at: resolved_at(&status, &updates, updated_at).map(|at| at.max(started_at)),
        text: updates.first().and_then(|update| update.text.clone()),
        affected: read_services(fields.services, &mut wrongs),
        regions: Vec::new(),
        url: maybe_text(fields.url),
        raw: RawJson::from_checked(raw.get()),
        id,
        status,
        updates,
    };
    if OVER.contains(&incident.status.as_str()) && incident.resolved_at.is_none() {
        return Err((".date_updated", TIME));
    }
    Ok((incident, wrongs))
}

/// Over since the last thing that was said: a record is dated, its end is not.
fn resolved_at(
    status: &str,
    updates: &[Update],
    updated_at: Option<Timestamp>,
) -> Option<Timestamp> {
    let said_last = updates.first().and_then(|update| update.at).or(updated_at);
    OVER.contains(&status).then_some(said_last).flatten()
}

fn read_maintenance(raw: &RawValue) -> Item<Maintenance> {
    let fields: Fields<'_> = need_object(raw)?;
    let status = need(fields.status, (".status", STRING))?.into_owned();
    let mut wrongs = Vec::new();
    let maintenance = Maintenance {
        id: need_id_or_number(fields.id)?,
        name: read_title(&fields)?,
        phase: lookup(PHASES, &status).unwrap_or(Phase::Unknown),
        status,
        starts_at: maybe_time(fields.date_created, ".date_created", &mut wrongs),
        ends_at: None,
        text: read_notes(fields.notes, &mut wrongs)
            .into_iter()
            .next()
            .and_then(|it| it.text),
        affected: read_services(fields.services, &mut wrongs),
        regions: Vec::new(),
        raw: RawJson::from_checked(raw.get()),
    };
    Ok((maintenance, wrongs))
}

fn read_title(fields: &Fields<'_>) -> Result<String, Wrong> {
    let title = need(fields.title, (".title", STRING))?;
    Ok(title.trim().to_owned())
}

fn read_notes(raw: Option<&RawValue>, wrongs: &mut Vec<Wrong>) -> Vec<Update> {
    const WRONG: Wrong = (".notes", "a list of notes");
    let mut updates = Vec::new();
    for item in items(raw, WRONG.0, wrongs) {
        let Ok(fields) = json::object::<NoteFields<'_>>(item.get(), "") else {
            wrongs.push(WRONG);
            continue;
        };
        updates.push(Update {
            at: maybe_time(fields.date_created, ".notes[].date_created", wrongs),
            status: None,
            text: maybe_text(fields.body)
                .map(|html| plain(&html))
                .filter(|text| !text.is_empty()),
        });
    }
    newest_first(updates)
}

fn read_services(raw: Option<&RawValue>, wrongs: &mut Vec<Wrong>) -> Vec<Label> {
    let services = items(raw, ".services", wrongs).into_iter();
    services
        .filter_map(|item| Label::new(None, maybe_text(Some(item))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_contradicts_itself_proves_nothing() {
        let silence = |document: &str| read(document.as_bytes()).unwrap().silence;
        let ok = r#"{"status":"ok","active_incidents":[]}"#;
        assert!(silence(ok).incidents);
        assert!(!silence(r#"{"status":"active","active_incidents":[]}"#).incidents);
    }

    #[test]
    fn identifiers_may_be_numbers_or_texts() {
        let record = |id: &str| {
            let document = format!(
                r#"[{{"id":{id},"title":" Down ","type":"outage","status":"active",
                    "date_created":"2026-06-26T02:12:20-07:00"}}]"#
            );
            read(document.as_bytes()).unwrap().incidents.remove(0)
        };
        assert_eq!(record("546").id, record("\"546\"").id);
        assert_eq!(record("546").impact, Impact::Rated(Severity::Critical));
        assert_eq!(record("546").name, "Down");
    }
}
