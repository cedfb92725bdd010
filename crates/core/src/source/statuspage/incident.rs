//! One incident of a status page.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::document::{TIME, Wrong, maybe_time, need, need_id};
use crate::event::{EventId, Severity};
use crate::json::{self, RawJson};

/// An incident as documented, reduced to what is used.
#[derive(Debug, Clone)]
pub(super) struct Incident {
    pub(super) id: EventId,
    pub(super) name: String,
    pub(super) status: String,
    /// The impact; `None` where the page uses a word that we do not know.
    pub(super) severity: Option<Severity>,
    pub(super) started_at: Timestamp,
    pub(super) updated_at: Option<Timestamp>,
    pub(super) resolved_at: Option<Timestamp>,
    /// The newest update's text.
    pub(super) text: Option<String>,
    pub(super) raw: RawJson,
}

#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    status: Option<&'a RawValue>,
    #[serde(borrow)]
    impact: Option<&'a RawValue>,
    #[serde(borrow)]
    created_at: Option<&'a RawValue>,
    #[serde(borrow)]
    updated_at: Option<&'a RawValue>,
    #[serde(borrow)]
    resolved_at: Option<&'a RawValue>,
    #[serde(borrow)]
    incident_updates: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Update<'a> {
    #[serde(borrow)]
    body: Option<&'a RawValue>,
    #[serde(borrow)]
    created_at: Option<&'a RawValue>,
    #[serde(borrow)]
    display_at: Option<&'a RawValue>,
}

impl Incident {
    /// Reads an incident, and what of it is wrong although it can be used. Without identity, name,
    /// status or any time of its own it cannot.
    pub(super) fn read(raw: &RawValue) -> Result<(Self, Vec<Wrong>), Wrong> {
        let fields: Fields<'_> =
            json::object(raw.get(), "").map_err(|_| ("", "a JSON object, each key once"))?;
        let id = need_id(fields.id)?;
        let name = need(fields.name, (".name", "a string"))?.into_owned();
        let status = need(fields.status, (".status", "a string"))?.into_owned();
        let mut wrongs = Vec::new();
        let updates = read_updates(fields.incident_updates, &mut wrongs);
        let updated_at = maybe_time(fields.updated_at, ".updated_at", &mut wrongs);
        let started_at = maybe_time(fields.created_at, ".created_at", &mut wrongs)
            .or(updates.oldest_at)
            .or(updated_at)
            .ok_or((".created_at", TIME))?;
        // Over by the vendor's own word, though without a time: the last thing it said is when.
        let said_last = updates.newest_at.or(updated_at).unwrap_or(started_at);
        let resolved_at = maybe_time(fields.resolved_at, ".resolved_at", &mut wrongs)
            .or(is_over(&status).then_some(said_last))
            .map(|at| at.max(started_at));
        let incident = Self {
            severity: read_impact(fields.impact),
            raw: RawJson::from_checked(raw.get()),
            text: updates.newest_text,
            id,
            name,
            status,
            started_at,
            updated_at,
            resolved_at,
        };
        Ok((incident, wrongs))
    }
}

fn is_over(status: &str) -> bool {
    matches!(status, "resolved" | "postmortem" | "completed")
}

fn read_impact(raw: Option<&RawValue>) -> Option<Severity> {
    match raw.and_then(json::string)?.as_ref() {
        "critical" | "major" => Some(Severity::Critical),
        "minor" => Some(Severity::Warning),
        "none" | "maintenance" => Some(Severity::Info),
        _ => None,
    }
}

#[derive(Default)]
struct Updates {
    newest_text: Option<String>,
    newest_at: Option<Timestamp>,
    oldest_at: Option<Timestamp>,
}

/// Finds the newest update. Pages list it first, but order is not promised, so the time decides
/// where there is one.
fn read_updates(raw: Option<&RawValue>, wrongs: &mut Vec<Wrong>) -> Updates {
    const WRONG: Wrong = (".incident_updates", "a list of updates");
    let mut updates = Updates::default();
    let Some(raw) = json::present(raw) else {
        return updates;
    };
    let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(raw.get()) else {
        wrongs.push(WRONG);
        return updates;
    };
    for (index, item) in items.into_iter().enumerate() {
        let Ok(update) = json::object::<Update<'_>>(item.get(), "") else {
            wrongs.push(WRONG);
            continue;
        };
        let at = maybe_time(update.display_at, ".incident_updates[].display_at", wrongs).or(
            maybe_time(update.created_at, ".incident_updates[].created_at", wrongs),
        );
        updates.oldest_at = updates.oldest_at.into_iter().chain(at).min();
        if index == 0 || at > updates.newest_at {
            updates.newest_at = at;
            updates.newest_text = json::present(update.body)
                .and_then(json::string)
                .filter(|text| !text.is_empty())
                .map(std::borrow::Cow::into_owned);
        }
    }
    updates
}
