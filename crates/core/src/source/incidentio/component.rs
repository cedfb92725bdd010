//! The components of the page's own document: what they are called, and how they are.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::value::RawValue;

use super::STATUSES;
use crate::event::clip;
use crate::json::{self, RawJson};
use crate::source::page::{
    Builder, Component, Health, Item, LABEL_MAX, Label, STRING, fields, items, lookup, maybe_text,
    maybe_time, need, need_id, need_object,
};

fields!(ComponentFields { id, name });

fields!(AffectedFields {
    component_id,
    status
});

fields!(Structure { items });

fields!(StructureItem { group });

fields!(GroupFields {
    id,
    name,
    components
});

fields!(Ongoing { component_impacts });

fields!(ImpactFields {
    component_id,
    start_at,
    end_at
});

/// Groups by the identifiers of their members.
type Groups = HashMap<String, Label>;

/// What the document says of components in other places than their list.
pub(super) struct Conditions<'a> {
    /// Those that are not operational.
    pub(super) affected: &'a [&'a RawValue],
    /// The incidents and maintenances that last.
    pub(super) ongoing: &'a [&'a RawValue],
    /// The order of the page.
    pub(super) structure: Option<&'a RawValue>,
}

/// Adds the components of a list.
pub(super) fn add(list: &[&RawValue], conditions: &Conditions<'_>, builder: &mut Builder) {
    let affected = read_affected(conditions.affected, builder);
    let starts = read_starts(conditions.ongoing);
    let groups = read_groups(conditions.structure);
    for (index, item) in list.iter().enumerate() {
        let component = read_component(item, &affected, &starts, &groups);
        builder.add_component(format_args!("summary.components[{index}]"), component);
    }
}

/// Reads what the components of a list are called, by their identifiers.
pub(super) fn read_names(components: &[&RawValue]) -> HashMap<String, String> {
    let name = |item: &&RawValue| {
        let fields = json::object::<ComponentFields<'_>>(item.get(), "").ok()?;
        let name = clip(&maybe_text(fields.name)?, LABEL_MAX);
        Some((maybe_text(fields.id)?, name))
    };
    components.iter().filter_map(name).collect()
}

/// The components that are not operational, each with its status and the entry that says so.
type Affected<'a> = HashMap<String, (String, &'a RawValue)>;

fn read_affected<'a>(items: &[&'a RawValue], builder: &mut Builder) -> Affected<'a> {
    let mut affected = HashMap::new();
    for (index, item) in items.iter().enumerate() {
        let fields = json::object::<AffectedFields<'_>>(item.get(), "").unwrap_or_default();
        let (id, status) = (maybe_text(fields.component_id), maybe_text(fields.status));
        let (Some(id), Some(status)) = (id, status) else {
            let place = format!("summary.affected_components[{index}]");
            builder.complain(&place, "the id and the status of a component");
            continue;
        };
        affected.insert(id, (status, *item));
    }
    affected
}

/// When the present state of each component began, by the impacts that have no end.
fn read_starts(records: &[&RawValue]) -> HashMap<String, Timestamp> {
    let mut starts = HashMap::new();
    for record in records {
        let fields = json::object::<Ongoing<'_>>(record.get(), "").unwrap_or_default();
        for item in items(fields.component_impacts, "", &mut Vec::new()) {
            let impact = json::object::<ImpactFields<'_>>(item.get(), "").unwrap_or_default();
            let start_at = maybe_time(impact.start_at, "", &mut Vec::new());
            if let (Some(id), Some(at)) = (maybe_text(impact.component_id), start_at)
                && json::present(impact.end_at).is_none()
            {
                let latest = starts.entry(id).or_insert(at);
                *latest = at.max(*latest);
            }
        }
    }
    starts
}

fn read_component(
    raw: &RawValue,
    affected: &Affected<'_>,
    starts: &HashMap<String, Timestamp>,
    groups: &Groups,
) -> Item<Component> {
    let fields: ComponentFields<'_> = need_object(raw)?;
    let id = need_id(fields.id)?;
    let ill = affected.get(id.as_str());
    let status = ill.map_or("operational", |(status, _)| status);
    let component = Component {
        name: need(fields.name, (".name", STRING))?.into_owned(),
        group: groups.get(id.as_str()).cloned(),
        regions: Vec::new(),
        status: status.to_owned(),
        health: lookup(STATUSES, status).unwrap_or(Health::Unknown),
        updated_at: ill.and_then(|_| starts.get(id.as_str()).copied()),
        // What says how the component is: its own entry says only that it exists.
        raw: RawJson::from_checked(ill.map_or(raw, |(_, entry)| *entry).get()),
        id,
    };
    Ok((component, Vec::new()))
}

fn read_groups(structure: Option<&RawValue>) -> Groups {
    let mut groups = Groups::new();
    let structure = structure.and_then(|raw| json::object::<Structure<'_>>(raw.get(), "").ok());
    for item in items(structure.unwrap_or_default().items, "", &mut Vec::new()) {
        let item = json::object::<StructureItem<'_>>(item.get(), "").unwrap_or_default();
        let Some(group) = json::present(item.group) else {
            continue;
        };
        let group = json::object::<GroupFields<'_>>(group.get(), "").unwrap_or_default();
        let Some(label) = Label::new(maybe_text(group.id), maybe_text(group.name)) else {
            continue;
        };
        for member in items(group.components, "", &mut Vec::new()) {
            let member = json::object::<AffectedFields<'_>>(member.get(), "").unwrap_or_default();
            groups.extend(maybe_text(member.component_id).map(|id| (id, label.clone())));
        }
    }
    groups
}
