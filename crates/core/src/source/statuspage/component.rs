//! One component of a Statuspage document.

use std::collections::HashMap;

use serde_json::value::RawValue;

use crate::event::{Severity, clip};
use crate::json::{self, RawJson};
use crate::source::page::{
    Component, Health, LABEL_MAX, Label, STRING, Wrong, fields, lookup, maybe_text, maybe_time,
    need, need_id, need_object,
};

/// What each status means. Others are unknown.
pub(super) const STATUSES: &[(&str, Health)] = &[
    ("operational", Health::Well),
    ("degraded_performance", Health::Ill(Severity::Warning)),
    ("partial_outage", Health::Ill(Severity::Critical)),
    ("major_outage", Health::Ill(Severity::Critical)),
    ("under_maintenance", Health::Maintained),
];

fields!(Fields {
    id,
    name,
    status,
    updated_at,
    group,
    group_id
});

/// A component with its place among the others.
pub(super) struct Member {
    component: Component,
    group_id: Option<String>,
    /// Whether it is the header of a group, which shows the worst of its members.
    pub(super) is_header: bool,
}

impl Member {
    /// Reads a component, and what of it is wrong although it can be used. Without identity, name
    /// or status it cannot.
    pub(super) fn read(
        raw: &RawValue,
        statuses: &[(&str, Health)],
    ) -> Result<(Self, Vec<Wrong>), Wrong> {
        let fields: Fields<'_> = need_object(raw)?;
        let id = need_id(fields.id)?;
        let status = need(fields.status, (".status", STRING))?.into_owned();
        let mut wrongs = Vec::new();
        let component = Component {
            id,
            name: need(fields.name, (".name", STRING))?.into_owned(),
            group: None,
            regions: Vec::new(),
            health: lookup(statuses, &status).unwrap_or(Health::Unknown),
            status,
            updated_at: maybe_time(fields.updated_at, ".updated_at", &mut wrongs),
            raw: RawJson::from_checked(raw.get()),
        };
        let group_id = maybe_text(json::present(fields.group_id));
        let is_header = fields.group.is_some_and(|group| group.get() == "true");
        Ok((
            Self {
                component,
                group_id,
                is_header,
            },
            wrongs,
        ))
    }

    /// Returns the identifier and the name that a group goes by.
    pub(super) fn title(&self) -> (String, String) {
        (
            self.component.id.to_string(),
            clip(&self.component.name, LABEL_MAX),
        )
    }

    /// Returns the component, with the name of its group among these titles.
    pub(super) fn in_group(self, titles: &HashMap<String, String>) -> Component {
        let Self {
            component,
            group_id,
            ..
        } = self;
        let name = group_id.as_ref().and_then(|id| titles.get(id)).cloned();
        Component {
            group: Label::new(group_id, name),
            ..component
        }
    }
}
