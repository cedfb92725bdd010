//! Reports: incidents and maintenances.

use std::collections::HashSet;

use serde_json::value::RawValue;

use super::index::{Index, Record};
use crate::event::Severity;
use crate::json::{self, RawJson};
use crate::source::page::{
    Impact, Incident, Item, Label, Maintenance, Phase, STRING, TIME, Update, Wrong, fields, items,
    lookup, maybe_text, maybe_time, need, need_id, need_id_or_number, need_object, newest_first,
};

/// How bad a report is by its state, or by the states that its updates give to resources.
/// Others are unknown.
const IMPACTS: &[(&str, Severity)] = &[
    ("operational", Severity::Info),
    ("resolved", Severity::Info),
    ("maintenance", Severity::Info),
    ("not_monitored", Severity::Info),
    ("degraded", Severity::Warning),
    ("downtime", Severity::Critical),
];

/// The one state in which a report is over.
const RESOLVED: &str = "resolved";

/// What each state of a maintenance means. Others are unknown.
const PHASES: &[(&str, Phase)] = &[
    ("operational", Phase::Scheduled),
    ("maintenance", Phase::InProgress),
    (RESOLVED, Phase::Completed),
];

fields!(ReportFields {
    title,
    report_type,
    starts_at,
    ends_at,
    aggregate_state,
    affected_resources,
});

fields!(AffectedFields {
    status_page_resource_id,
    status
});

fields!(Relationships { status_updates });

fields!(Linkage { data });

fields!(Link { id });

/// A resource that a report or update names, and how it is.
pub(super) struct Affected {
    pub(super) resource_id: String,
    status: Option<String>,
}

/// Finds the worst of the states that are known.
pub(super) fn worst(affected: &[Affected]) -> Option<&str> {
    let states = affected.iter().filter_map(|it| it.status.as_deref());
    states.max_by_key(|state| lookup(IMPACTS, state))
}

/// Tells whether a report is one of a maintenance.
pub(super) fn is_maintenance(record: &Record<'_>) -> bool {
    let report: ReportFields<'_> = record.attributes();
    maybe_text(report.report_type).as_deref() == Some("maintenance")
}

/// Reads an incident, and what of it is wrong although it can be used.
pub(super) fn read_incident(record: &Record<'_>, index: &mut Index) -> Item<Incident> {
    let report: ReportFields<'_> = record.attributes();
    let id = need_id(record.id)?;
    let name = need(report.title, (".attributes.title", STRING))?.into_owned();
    let status = need(
        report.aggregate_state,
        (".attributes.aggregate_state", STRING),
    )?
    .into_owned();
    let mut wrongs = Vec::new();
    let (updates, then) = take_updates(record, index, &mut wrongs);
    let now = read_affected(report.affected_resources, &mut wrongs);
    let started_at = maybe_time(report.starts_at, ".attributes.starts_at", &mut wrongs);
    let ends_at = maybe_time(report.ends_at, ".attributes.ends_at", &mut wrongs);
    let newest_at = updates.first().and_then(|update| update.at);
    let said_last = newest_at.or(started_at);
    let is_over = status == RESOLVED || ends_at.is_some();
    let resolved_at = is_over.then_some(ends_at.or(said_last)).flatten();
    if is_over && resolved_at.is_none() {
        return Err((".attributes.ends_at", TIME));
    }
    let incident = Incident {
        impact: impact(&status, &then),
        started_at,
        updated_at: newest_at.into_iter().chain(ends_at).max(),
        resolved_at: resolved_at.map(|at| started_at.map_or(at, |least| at.max(least))),
        text: updates.first().and_then(|update| update.text.clone()),
        affected: unique(now.iter().chain(&then), index),
        regions: Vec::new(),
        url: None,
        raw: RawJson::from_checked(record.raw.get()),
        id,
        name,
        status,
        updates,
    };
    Ok((incident, wrongs))
}

/// How bad it is; of what is over, how bad it was.
fn impact(status: &str, then: &[Affected]) -> Impact {
    if status != RESOLVED {
        return Impact::of(IMPACTS, Some(status));
    }
    let severity = worst(then).and_then(|state| lookup(IMPACTS, state));
    severity.map_or(Impact::Untold, Impact::Rated)
}

/// Reads a maintenance, and what of it is wrong although it can be used.
pub(super) fn read_maintenance(record: &Record<'_>, index: &mut Index) -> Item<Maintenance> {
    let report: ReportFields<'_> = record.attributes();
    let status = need(
        report.aggregate_state,
        (".attributes.aggregate_state", STRING),
    )?
    .into_owned();
    let mut wrongs = Vec::new();
    let (updates, then) = take_updates(record, index, &mut wrongs);
    let now = read_affected(report.affected_resources, &mut wrongs);
    let maintenance = Maintenance {
        id: need_id(record.id)?,
        name: need(report.title, (".attributes.title", STRING))?.into_owned(),
        phase: lookup(PHASES, &status).unwrap_or(Phase::Unknown),
        status,
        starts_at: maybe_time(report.starts_at, ".attributes.starts_at", &mut wrongs),
        ends_at: maybe_time(report.ends_at, ".attributes.ends_at", &mut wrongs),
        text: updates.into_iter().next().and_then(|update| update.text),
        affected: unique(now.iter().chain(&then), index),
        regions: Vec::new(),
        raw: RawJson::from_checked(record.raw.get()),
    };
    Ok((maintenance, wrongs))
}

/// Takes the updates that a report is tied to, newest first, and what they say of resources.
fn take_updates(
    record: &Record<'_>,
    index: &mut Index,
    wrongs: &mut Vec<Wrong>,
) -> (Vec<Update>, Vec<Affected>) {
    let related: Option<Relationships<'_>> =
        json::present(record.relationships).and_then(|raw| need_object(raw).ok());
    let linked = related.and_then(|related| json::present(related.status_updates));
    let linked: Option<Linkage<'_>> = linked.and_then(|raw| need_object(raw).ok());
    let links = linked.and_then(|linkage| linkage.data);
    let links = items(links, ".relationships.status_updates.data", wrongs).into_iter();
    let found = links.filter_map(|link| {
        let link: Link<'_> = json::object(link.get(), "").ok()?;
        index.take_update(need_id_or_number(link.id).ok()?.as_str())
    });
    let (updates, affected): (Vec<_>, Vec<_>) = found.unzip();
    (
        newest_first(updates),
        affected.into_iter().flatten().collect(),
    )
}

/// Reads the resources that a report or update names.
pub(super) fn read_affected(raw: Option<&RawValue>, wrongs: &mut Vec<Wrong>) -> Vec<Affected> {
    let affected = |item: &RawValue| {
        let fields: AffectedFields<'_> = json::object(item.get(), "").ok()?;
        let resource_id = need_id_or_number(fields.status_page_resource_id)
            .ok()?
            .to_string();
        Some(Affected {
            resource_id,
            status: maybe_text(fields.status),
        })
    };
    let listed = items(raw, ".attributes.affected_resources", wrongs);
    listed.into_iter().filter_map(affected).collect()
}

fn unique<'i>(affected: impl Iterator<Item = &'i Affected>, index: &Index) -> Vec<Label> {
    let mut seen = HashSet::new();
    let once = affected.filter(|it| seen.insert(it.resource_id.as_str()));
    once.filter_map(|it| index.label(it)).collect()
}
