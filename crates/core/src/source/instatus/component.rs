//! The components of a page.

use std::collections::HashSet;

use serde_json::value::RawValue;

use super::{Named, read_name, translated};
use crate::event::Severity;
use crate::json::{self, RawJson};
use crate::source::page::{
    Builder, Component, Health, ITEMS_MAX, Item, Label, STRING, fields, items, lookup, maybe_text,
    need, need_id, need_object,
};

/// What each status of a component means. Others are unknown.
const STATUSES: &[(&str, Health)] = &[
    ("OPERATIONAL", Health::Well),
    ("UNDERMAINTENANCE", Health::Maintained),
    ("DEGRADEDPERFORMANCE", Health::Ill(Severity::Warning)),
    ("MINOROUTAGE", Health::Ill(Severity::Warning)),
    ("PARTIALOUTAGE", Health::Ill(Severity::Critical)),
    ("MAJOROUTAGE", Health::Ill(Severity::Critical)),
];

fields!(ComponentFields {
    id,
    name,
    status,
    group,
    children,
    is_parent = "isParent",
    archived_at = "archivedAt",
});

/// Adds the components of a list. They stand side by side, or below the one that is their group.
pub(super) fn add(place: &str, list: &[&RawValue], builder: &mut Builder) {
    let parse = |raw: &&RawValue| {
        json::object::<ComponentFields<'_>>(raw.get(), "")
            .ok()
            .and_then(|it| maybe_text(it.id))
    };
    let listed: HashSet<String> = list.iter().filter_map(parse).collect();
    for (index, item) in list.iter().enumerate() {
        let fields = json::object::<ComponentFields<'_>>(item.get(), "").unwrap_or_default();
        if json::present(fields.archived_at).is_some() {
            continue;
        }
        let children = items(fields.children, "", &mut Vec::new());
        if children.is_empty() && fields.is_parent.is_none_or(|is| is.get() != "true") {
            let group = read_group(fields.group);
            builder.add_component(
                format_args!("{place}[{index}]"),
                read_component(item, group),
            );
            continue;
        }
        builder.pass_component();
        let group = Label::new(maybe_text(fields.id), translated(fields.name));
        for (at, child) in children.iter().take(ITEMS_MAX).enumerate() {
            if parse(child).is_none_or(|id| !listed.contains(&id)) {
                let place = format_args!("{place}[{index}].children[{at}]");
                builder.add_component(place, read_component(child, group.clone()));
            }
        }
    }
}

fn read_component(raw: &RawValue, group: Option<Label>) -> Item<Component> {
    let fields: ComponentFields<'_> = need_object(raw)?;
    let id = need_id(fields.id)?;
    let status = need(fields.status, (".status", STRING))?.into_owned();
    let component = Component {
        id,
        name: read_name(fields.name)?,
        group,
        regions: Vec::new(),
        health: lookup(STATUSES, &status).unwrap_or(Health::Unknown),
        status,
        updated_at: None,
        raw: RawJson::from_checked(raw.get()),
    };
    Ok((component, Vec::new()))
}

/// A group is null, a name, or an object with both.
fn read_group(raw: Option<&RawValue>) -> Option<Label> {
    let raw = json::present(raw)?;
    match json::object::<Named<'_>>(raw.get(), "") {
        Ok(group) => Label::new(maybe_text(group.id), translated(group.name)),
        Err(_) => Label::new(None, maybe_text(Some(raw))),
    }
}
