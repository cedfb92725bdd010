//! Incidents and maintenances, which share their fields.

use serde_json::value::RawValue;

use super::read_code;
use crate::event::Severity;
use crate::json::{self, RawJson};
use crate::source::page::{
    Impact, Incident, Item, Label, Maintenance, Phase, STRING, Update, Wrong, fields, items,
    lookup, maybe_text, maybe_time, need, need_id, need_object, newest_first,
};

/// How bad an incident is by the code that its newest message gives its components; of one that is
/// over, by the worst of its messages. Others are unknown.
const IMPACTS: &[(&str, Severity)] = &[
    ("100", Severity::Info),
    ("200", Severity::Info),
    ("300", Severity::Warning),
    ("400", Severity::Critical),
    ("500", Severity::Critical),
    ("600", Severity::Critical),
];

/// The one state in which an incident is over.
const RESOLVED: &str = "resolved";

/// What each code of an incident means.
const STATES: &[(&str, &str)] = &[
    ("100", "investigating"),
    ("200", "identified"),
    ("300", "monitoring"),
    ("400", RESOLVED),
];

fields!(RecordFields {
    id = "_id",
    name,
    datetime_open,
    datetime_planned_start,
    datetime_planned_end,
    messages,
    containers_affected,
    components_affected,
});

fields!(MessageFields {
    details,
    state,
    status,
    datetime
});

fields!(Named { id = "_id", name });

/// Reads an incident, and what of it is wrong although it can be used.
pub(super) fn read_incident(raw: &RawValue) -> Item<Incident> {
    let fields: RecordFields<'_> = need_object(raw)?;
    let id = need_id(fields.id)?;
    let name = need(fields.name, (".name", STRING))?.into_owned();
    let mut wrongs = Vec::new();
    let Messages {
        updates,
        newest_code,
        worst,
    } = read_messages(fields.messages, &mut wrongs);
    let newest = updates.first();
    let newest_at = newest.and_then(|update| update.at);
    let status = newest
        .and_then(|update| update.status.clone())
        .unwrap_or_default();
    let opened_at = maybe_time(fields.datetime_open, ".datetime_open", &mut wrongs);
    let said_last = newest_at.or(opened_at);
    let incident = Incident {
        impact: match worst {
            Some(severity) if status == RESOLVED => Impact::Rated(severity),
            _ => Impact::of(IMPACTS, newest_code.as_deref()),
        },
        started_at: opened_at.or(updates.iter().filter_map(|update| update.at).min()),
        updated_at: said_last,
        resolved_at: (status == RESOLVED).then_some(said_last).flatten(),
        text: newest.and_then(|update| update.text.clone()),
        affected: read_names(fields.components_affected),
        regions: read_names(fields.containers_affected),
        url: None,
        raw: RawJson::from_checked(raw.get()),
        id,
        name,
        status,
        updates,
    };
    Ok((incident, wrongs))
}

/// The messages of a record.
#[derive(Default)]
struct Messages {
    /// Newest first.
    updates: Vec<Update>,
    /// The code that the newest gives the components.
    newest_code: Option<String>,
    /// How bad the worst of them is, of those whose code is known.
    worst: Option<Severity>,
}

fn read_messages(raw: Option<&RawValue>, wrongs: &mut Vec<Wrong>) -> Messages {
    const WRONG: Wrong = (".messages", "a list of messages");
    let mut messages = Messages::default();
    let mut newest_at = None;
    for item in items(raw, WRONG.0, wrongs) {
        let Ok(fields) = json::object::<MessageFields<'_>>(item.get(), "") else {
            wrongs.push(WRONG);
            continue;
        };
        let at = maybe_time(fields.datetime, ".messages[].datetime", wrongs);
        let state = read_code(fields.state);
        let word = state.map(|code| lookup(STATES, code).unwrap_or(code).to_owned());
        messages.updates.push(Update {
            at,
            status: word,
            text: maybe_text(fields.details),
        });
        let code = read_code(fields.status);
        messages.worst = messages
            .worst
            .max(code.and_then(|code| lookup(IMPACTS, code)));
        if at >= newest_at {
            newest_at = at;
            messages.newest_code = code.map(str::to_owned);
        }
    }
    // Listed oldest first: of two with one time, the later one in the list is the newer.
    messages.updates.reverse();
    messages.updates = newest_first(messages.updates);
    messages
}

/// Reads a maintenance. Which list it stands in says how far it has come.
pub(super) fn read_maintenance(raw: &RawValue, phase: Phase) -> Item<Maintenance> {
    let fields: RecordFields<'_> = need_object(raw)?;
    let mut wrongs = Vec::new();
    let updates = read_messages(fields.messages, &mut wrongs).updates;
    let (starts, ends) = (fields.datetime_planned_start, fields.datetime_planned_end);
    let maintenance = Maintenance {
        id: need_id(fields.id)?,
        name: need(fields.name, (".name", STRING))?.into_owned(),
        status: phase.as_str().to_owned(),
        phase,
        starts_at: maybe_time(starts, ".datetime_planned_start", &mut wrongs),
        ends_at: maybe_time(ends, ".datetime_planned_end", &mut wrongs),
        text: updates.into_iter().next().and_then(|update| update.text),
        affected: read_names(fields.components_affected),
        regions: read_names(fields.containers_affected),
        raw: RawJson::from_checked(raw.get()),
    };
    Ok((maintenance, wrongs))
}

fn read_names(raw: Option<&RawValue>) -> Vec<Label> {
    let label = |item: &RawValue| {
        let fields: Named<'_> = json::object(item.get(), "").ok()?;
        Label::new(maybe_text(fields.id), maybe_text(fields.name))
    };
    items(raw, "", &mut Vec::new())
        .into_iter()
        .filter_map(label)
        .collect()
}
