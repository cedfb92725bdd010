//! One component of a status page.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::document::{Wrong, maybe_time, need, need_id};
use crate::event::{EventId, Severity};
use crate::json::{self, RawJson};

/// A component as documented, reduced to what is used.
#[derive(Debug, Clone)]
pub(super) struct Component {
    pub(super) id: EventId,
    pub(super) name: String,
    /// The vendor's word for its state.
    pub(super) status: String,
    pub(super) health: Health,
    pub(super) updated_at: Option<Timestamp>,
    /// Whether it is the header of a group.
    pub(super) group: bool,
    pub(super) raw: RawJson,
}

/// What a component's status means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Health {
    /// `operational`.
    Well,
    /// Worse than that.
    Ill(Severity),
    /// `under_maintenance`: neither well nor ill.
    Maintained,
    /// A word that we do not know.
    Unknown,
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
    updated_at: Option<&'a RawValue>,
    #[serde(borrow)]
    group: Option<&'a RawValue>,
}

impl Component {
    /// Reads a component, and what of it is wrong although it can be used. Without identity, name
    /// or status it cannot.
    pub(super) fn read(raw: &RawValue) -> Result<(Self, Option<Wrong>), Wrong> {
        let fields: Fields<'_> =
            json::object(raw.get(), "").map_err(|_| ("", "a JSON object, each key once"))?;
        let id = need_id(fields.id)?;
        let status = need(fields.status, (".status", "a string"))?.into_owned();
        let mut wrongs = Vec::new();
        let component = Self {
            id,
            name: need(fields.name, (".name", "a string"))?.into_owned(),
            health: health(&status),
            updated_at: maybe_time(fields.updated_at, ".updated_at", &mut wrongs),
            group: fields.group.is_some_and(|group| group.get() == "true"),
            raw: RawJson::from_checked(raw.get()),
            status,
        };
        Ok((component, wrongs.pop()))
    }
}

fn health(status: &str) -> Health {
    match status {
        "operational" => Health::Well,
        "degraded_performance" => Health::Ill(Severity::Warning),
        "partial_outage" | "major_outage" => Health::Ill(Severity::Critical),
        "under_maintenance" => Health::Maintained,
        _ => Health::Unknown,
    }
}
