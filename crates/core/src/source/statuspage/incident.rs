//! One incident of a status page.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::document::{Wrong, maybe_time, need};
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
    pub(super) fn read(raw: &RawValue) -> Result<Self, Wrong> {
        let fields: Fields<'_> =
            json::object(raw.get(), "").map_err(|_| ("", "a JSON object"))?;
        let id = fields
            .id
            .and_then(json::string)
            .and_then(|id| EventId::from_vendor(&id))
            .ok_or((".id", "a string of visible ASCII characters without / or :"))?;
        let name = need(fields.name, (".name", "a string"))?.into_owned();
        let status = need(fields.status, (".status", "a string"))?.into_owned();
        let updates = read_updates(fields.incident_updates)?;
        let updated_at = maybe_time(fields.updated_at, ".updated_at")?;
        let started_at = maybe_time(fields.created_at, ".created_at")?
            .ok_or((".created_at", super::document::TIME))?;
        let resolved_at = match maybe_time(fields.resolved_at, ".resolved_at")? {
            Some(at) => Some(at),
            // Over, by the vendor's own word: the last thing it said is when.
            None if is_over(&status) => {
                Some(updates.newest_at.or(updated_at).unwrap_or(started_at).max(started_at))
            }
            None => None,
        };
        Ok(Self {
            severity: read_impact(fields.impact),
            raw: RawJson::from_checked(raw.get()),
            text: updates.newest_text,
            id,
            name,
            status,
            started_at,
            updated_at,
            resolved_at,
        })
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
}

/// Finds the newest update. Pages list it first, but order is not promised, so the time decides
/// where there is one.
fn read_updates(raw: Option<&RawValue>) -> Result<Updates, Wrong> {
    const WRONG: Wrong = (".incident_updates", "a list of updates");
    let Some(raw) = json::present(raw) else { return Ok(Updates::default()) };
    let items: Vec<&RawValue> = serde_json::from_str(raw.get()).map_err(|_| WRONG)?;
    let mut newest = Updates::default();
    for (index, item) in items.into_iter().enumerate() {
        let update: Update<'_> = json::object(item.get(), "").map_err(|_| WRONG)?;
        let at = maybe_time(update.display_at, ".incident_updates[].display_at")?
            .or(maybe_time(update.created_at, ".incident_updates[].created_at")?);
        if index == 0 || at > newest.newest_at {
            newest.newest_at = at;
            newest.newest_text = json::present(update.body)
                .and_then(json::string)
                .filter(|text| !text.is_empty())
                .map(std::borrow::Cow::into_owned);
        }
    }
    Ok(newest)
}
