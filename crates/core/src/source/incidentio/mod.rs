//! incident.io: [`read`] any of the four documents that its pages serve.
//!
//! - The Statuspage-compatible answer, `/api/v2/summary.json` and `/api/v2/incidents.json`, also
//!   read by [`super::statuspage`]. Identifiers are ULIDs; `time_zone`, `group`, `shortlink` and
//!   empty lists are left out; an update's `body` may be "". Every component's `updated_at` is the
//!   page's own and moves whenever anything on the page does, so an episode's start is only true
//!   at first sight.
//! - The page's own document, `/proxy/<host>`: everything sits below `summary`. A component that
//!   is not in `affected_components` is operational. An ongoing record is an incident or a
//!   maintenance by its `type`. End times are left out while something lasts, nothing says when a
//!   record was edited, updates are listed oldest first. The lists below it, `/incidents` and
//!   `/component_impacts`, are histories: their silence proves nothing.
//! - The widget, `/api/v1/summary`: open incidents, maintenances under way and planned ones, with
//!   the components that they touch and no others. It dates neither the page nor the beginnings.
//!
//! All but the compatible answer know `full_outage`, and say how bad an incident is only by how
//! bad its components are. Sources: <https://docs.incident.io/status-pages/widget-api> and the
//! documents of public pages.

mod component;
mod links;
mod proxy;
mod widget;

use serde_json::value::RawValue;

use crate::event::Severity;
use crate::json;
use crate::source::page::{
    Health, Impact, Label, Phase, ReadError, Snapshot, Wrong, fields, items, lookup, maybe_text,
};
use crate::source::statuspage;

/// What each status of a component means, in whichever document. Others are unknown.
const STATUSES: &[(&str, Health)] = &[
    ("operational", Health::Well),
    ("degraded_performance", Health::Ill(Severity::Warning)),
    ("partial_outage", Health::Ill(Severity::Critical)),
    ("major_outage", Health::Ill(Severity::Critical)),
    ("full_outage", Health::Ill(Severity::Critical)),
    ("under_maintenance", Health::Maintained),
];

/// How bad an incident is by the worst status of its components, as the compatible answer
/// reckons it: a degraded component makes it minor, an outage major. Others are unknown.
const IMPACTS: &[(&str, Severity)] = &[
    ("operational", Severity::Info),
    ("under_maintenance", Severity::Info),
    ("degraded_performance", Severity::Warning),
    ("partial_outage", Severity::Critical),
    ("major_outage", Severity::Critical),
    ("full_outage", Severity::Critical),
];

/// What each state of a maintenance means. Others are unknown.
const PHASES: &[(&str, Phase)] = &[
    ("maintenance_scheduled", Phase::Scheduled),
    ("maintenance_in_progress", Phase::InProgress),
    ("maintenance_complete", Phase::Completed),
];

/// The one state in which an incident is over.
const RESOLVED: &str = "resolved";

fields!(Shape {
    page,
    summary,
    incidents,
    page_title,
    ongoing_incidents,
    incident_links
});

fields!(PageFields { id });

fields!(Touched {
    component_id,
    id,
    name,
    status,
    current_status
});

/// Reads a document.
///
/// # Errors
/// It is not JSON, none of the documents that incident.io serves, longer than
/// [`super::page::ITEMS_MAX`], or nothing that it lists can be read.
pub fn read(body: &[u8]) -> Result<Snapshot, ReadError> {
    let text = json::check(body)?;
    let shape: Shape<'_> = json::object(text, "body")?;
    if let Some(summary) = json::present(shape.summary) {
        return proxy::read_summary(summary);
    }
    if shape.page_title.is_some() || shape.ongoing_incidents.is_some() {
        return widget::read(text);
    }
    if shape.incident_links.is_some() {
        return links::read(text);
    }
    match shape.incidents {
        Some(incidents) if shape.page.is_none() => proxy::read_history(incidents),
        _ => read_compatible(text, shape.page),
    }
}

/// Reads the compatible answer. By the page's identifier it is told from Statuspage's own: a page
/// that has moved there is not read as if it had not.
fn read_compatible(text: &str, page: Option<&RawValue>) -> Result<Snapshot, ReadError> {
    let page = json::present(page).map_or("{}", RawValue::get);
    let page: PageFields<'_> = json::object(page, "page")?;
    if !maybe_text(page.id).is_some_and(|id| is_ulid(&id)) {
        return Err(ReadError::field(
            "page.id",
            "a ULID, as pages of incident.io have",
        ));
    }
    statuspage::read_text(text, STATUSES)
}

/// Length of a ULID, which is written in capitals and digits.
const ULID_LEN: usize = 26;

/// Tells whether an identifier is a ULID.
pub(super) fn is_ulid(id: &str) -> bool {
    id.len() == ULID_LEN
        && id
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// Tells whether a state is one of a maintenance.
fn is_maintenance(status: &str) -> bool {
    status.starts_with("maintenance_")
}

fn phase(status: &str) -> Phase {
    lookup(PHASES, status).unwrap_or(Phase::Unknown)
}

/// Finds the worst of some statuses. Without any, the page shows no component worse for it.
fn worst_impact<'a>(statuses: impl IntoIterator<Item = &'a str>) -> Impact {
    let mut worst = Severity::Info;
    let mut is_strange = false;
    for status in statuses {
        match lookup(IMPACTS, status) {
            Some(severity) => worst = worst.max(severity),
            None => is_strange = true,
        }
    }
    // A strange word may be worse than a harmless one, though not worse than the worst.
    if is_strange && worst < Severity::Critical {
        Impact::Unknown
    } else {
        Impact::Rated(worst)
    }
}

/// A component as an incident names it, with its worst status during the incident.
struct TouchedComponent {
    label: Label,
    status: Option<String>,
}

/// Reads the components that a record touches.
fn read_touched(raw: Option<&RawValue>, wrongs: &mut Vec<Wrong>) -> Vec<TouchedComponent> {
    let touched = |item: &RawValue| {
        let fields: Touched<'_> = json::object(item.get(), "").ok()?;
        let id = maybe_text(fields.component_id).or_else(|| maybe_text(fields.id));
        let status = maybe_text(fields.status).or_else(|| maybe_text(fields.current_status));
        Some(TouchedComponent {
            label: Label::new(id, maybe_text(fields.name))?,
            status,
        })
    };
    items(raw, ".affected_components", wrongs)
        .into_iter()
        .filter_map(touched)
        .collect()
}
