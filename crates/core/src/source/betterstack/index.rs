//! The records of `included`, and what they refer to by identifier.

use std::collections::HashMap;

use serde_json::value::RawValue;

use super::report::{Affected, read_affected, worst};
use crate::event::clip;
use crate::json;
use crate::source::page::{
    LABEL_MAX, Label, Update, fields, maybe_text, maybe_time, need_id_or_number,
};

fields!(RecordFields { id, kind = "type", attributes, relationships });

fields!(SectionFields { name });

fields!(ResourceFields { public_name });

fields!(UpdateFields {
    message,
    published_at,
    affected_resources
});

/// One record of `included`, with the place where it stands.
pub(super) struct Record<'a> {
    pub(super) index: usize,
    pub(super) raw: &'a RawValue,
    pub(super) id: Option<&'a RawValue>,
    pub(super) kind: Option<String>,
    pub(super) relationships: Option<&'a RawValue>,
    attributes: Option<&'a RawValue>,
}

impl<'a> Record<'a> {
    /// Reads a record; what is none has no type.
    pub(super) fn of(index: usize, raw: &'a RawValue) -> Self {
        let fields: RecordFields<'a> = json::object(raw.get(), "").unwrap_or_default();
        Self {
            index,
            raw,
            id: fields.id,
            kind: maybe_text(fields.kind),
            relationships: fields.relationships,
            attributes: fields.attributes,
        }
    }

    /// Reads the attributes; what is none has no field.
    pub(super) fn attributes<T: serde::Deserialize<'a> + Default>(&self) -> T {
        json::present(self.attributes)
            .and_then(|raw| json::object(raw.get(), "").ok())
            .unwrap_or_default()
    }
}

/// What records refer to.
#[derive(Default)]
pub(super) struct Index {
    sections: HashMap<String, String>,
    resources: HashMap<String, String>,
    updates: HashMap<String, (Update, Vec<Affected>)>,
}

impl Index {
    pub(super) fn of(records: &[Record<'_>]) -> Self {
        let mut index = Self::default();
        for record in records {
            let Ok(id) = need_id_or_number(record.id) else {
                continue;
            };
            let id = id.to_string();
            match record.kind.as_deref() {
                Some("status_page_section") => {
                    let name = maybe_text(record.attributes::<SectionFields<'_>>().name);
                    index
                        .sections
                        .extend(name.map(|name| (id, clip(&name, LABEL_MAX))));
                }
                Some("status_page_resource") => {
                    let name = maybe_text(record.attributes::<ResourceFields<'_>>().public_name);
                    index
                        .resources
                        .extend(name.map(|name| (id, clip(&name, LABEL_MAX))));
                }
                Some("status_update") => {
                    index.updates.insert(id, read_update(record));
                }
                _ => {}
            }
        }
        index
    }

    /// Returns the name of a section.
    pub(super) fn section(&self, id: &str) -> Option<&str> {
        self.sections.get(id).map(String::as_str)
    }

    /// Returns what a resource goes by.
    pub(super) fn label(&self, affected: &Affected) -> Option<Label> {
        let name = self.resources.get(&affected.resource_id).cloned();
        Label::new(Some(affected.resource_id.clone()), name)
    }

    /// Takes the update that a report is tied to. It belongs to that one report, so a document
    /// cannot make much of little by tying it to many.
    pub(super) fn take_update(&mut self, id: &str) -> Option<(Update, Vec<Affected>)> {
        self.updates.remove(id)
    }
}

fn read_update(record: &Record<'_>) -> (Update, Vec<Affected>) {
    let fields: UpdateFields<'_> = record.attributes();
    // A wrong time only costs the update its place among the others.
    let at = maybe_time(fields.published_at, "", &mut Vec::new());
    let affected = read_affected(fields.affected_resources, &mut Vec::new());
    let status = worst(&affected).map(str::to_owned);
    (
        Update {
            at,
            status,
            text: maybe_text(fields.message),
        },
        affected,
    )
}
