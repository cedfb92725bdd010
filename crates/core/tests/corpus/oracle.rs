//! A second reading of a status page, straight from the published mapping tables and over plain
//! JSON values, to hold the first one against. It is written to be checked by eye, not to be fast
//! or lenient: on anything that is not as documented it panics.

use jiff::Timestamp;
use serde_json::{Value, json};

const IMPACTS: &[(&str, &str)] = &[
    ("critical", "critical"),
    ("major", "critical"),
    ("minor", "warning"),
    ("none", "info"),
    ("maintenance", "info"),
];

/// Statuses of components; those without severity make no event.
const STATUSES: &[(&str, Option<&str>)] = &[
    ("operational", None),
    ("under_maintenance", None),
    ("degraded_performance", Some("warning")),
    ("partial_outage", Some("critical")),
    ("major_outage", Some("critical")),
];

const OVER: &[&str] = &["resolved", "postmortem", "completed"];

/// What a document should come to.
pub(crate) struct Reading {
    /// Incidents and components listed.
    pub(crate) n_items: usize,
    /// Impacts and statuses that stand in no table.
    pub(crate) n_unknown: usize,
    /// What each incident, then each component, should be seen as.
    pub(crate) sightings: Vec<Expected>,
}

/// What one item should be seen as.
pub(crate) struct Expected {
    /// In the form that the test gives to a sighting.
    pub(crate) sighting: Value,
    /// The vendor's record.
    pub(crate) item: Value,
}

/// Reads a document for a feed.
pub(crate) fn read(document: &Value, source: &str, service: &str) -> Reading {
    let incidents = items(document, "incidents");
    let mut components = items(document, "components");
    let n_items = incidents.len() + components.len();
    components.retain(|item| item["group"] != json!(true));
    let n_unknown = incidents
        .iter()
        .filter(|item| !knows(IMPACTS, &item["impact"]))
        .count()
        + components
            .iter()
            .filter(|item| !knows(STATUSES, &item["status"]))
            .count();
    let expect = |item: &Value, sighting| Expected {
        sighting,
        item: item.clone(),
    };
    let incidents = incidents
        .iter()
        .map(|item| expect(item, incident(item, source, service)));
    let components = components
        .iter()
        .map(|item| expect(item, component(item, source, service)));
    let sightings = incidents.chain(components).collect();
    Reading {
        n_items,
        n_unknown,
        sightings,
    }
}

/// An absent list means none.
fn items<'a>(document: &'a Value, list: &str) -> Vec<&'a Value> {
    document[list]
        .as_array()
        .map(|items| items.iter().collect())
        .unwrap_or_default()
}

fn lookup<T: Copy>(table: &[(&str, T)], word: &Value) -> Option<T> {
    table
        .iter()
        .find(|(listed, _)| word == listed)
        .map(|(_, meaning)| *meaning)
}

fn knows<T: Copy>(table: &[(&str, T)], word: &Value) -> bool {
    lookup(table, word).is_some()
}

fn incident(item: &Value, source: &str, service: &str) -> Value {
    let event_id = format!("{source}:{}", text(&item["id"]));
    // Statuspage lists the newest update first.
    let newest = &item["incident_updates"][0];
    let over = OVER.iter().any(|status| item["status"] == *status);
    let resolved_at = if item["resolved_at"].is_string() {
        time(&item["resolved_at"])
    } else if over && newest.is_object() {
        time(&newest["display_at"])
    } else if over {
        time(&item["updated_at"])
    } else {
        Value::Null
    };
    let description = match newest["body"].as_str() {
        None | Some("") => Value::Null,
        Some(body) => json!(cut(body, 16_384)),
    };
    json!({
        "sighting": "observed",
        "subject": event_id,
        "vendor_status": item["status"],
        "vendor_updated_at": time(&item["updated_at"]),
        "event": {
            "event_id": event_id,
            "source": source,
            "kind": "incident",
            "severity": lookup(IMPACTS, &item["impact"]).unwrap_or("warning"),
            "service": service,
            "summary": cut(text(&item["name"]), 1_024),
            "description": description,
            "started_at": time(&item["created_at"]),
            "resolved_at": resolved_at,
            "component": null,
            "origin": "live",
            "livemode": null,
        },
    })
}

fn component(item: &Value, source: &str, service: &str) -> Value {
    let subject = format!("{source}:{}", text(&item["id"]));
    let at = time(&item["updated_at"]);
    let severity = lookup(STATUSES, &item["status"]).unwrap_or(Some("warning"));
    match (severity, text(&item["status"])) {
        (None, "operational") => {
            json!({ "sighting": "healthy", "subject": subject, "at": at })
        }
        (None, _) => json!({ "sighting": "present", "subject": subject }),
        (Some(severity), status) => json!({
            "sighting": "observed",
            "subject": subject,
            "vendor_status": status,
            "vendor_updated_at": at,
            "event": {
                "event_id": format!("{subject}:{}", text(&at)),
                "source": source,
                "kind": "status",
                "severity": severity,
                "service": service,
                "summary": cut(&format!("{}: {status}", text(&item["name"])), 1_024),
                "description": null,
                "started_at": at,
                "resolved_at": null,
                "component": cut(text(&item["name"]), 1_024),
                "origin": "live",
                "livemode": null,
            },
        }),
    }
}

fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no text"))
}

/// In UTC, cut to milliseconds, without a fraction that is zero; null where there is none.
fn time(value: &Value) -> Value {
    let Some(written) = value.as_str() else {
        return Value::Null;
    };
    let at: Timestamp = written
        .parse()
        .unwrap_or_else(|error| panic!("{written}: {error}"));
    json!(
        Timestamp::from_millisecond(at.as_millisecond())
            .unwrap()
            .to_string()
    )
}

/// At most so many characters, the last one an ellipsis where something was cut off.
fn cut(text: &str, n_chars: usize) -> String {
    if text.chars().count() <= n_chars {
        return text.to_owned();
    }
    text.chars().take(n_chars - 1).chain(['…']).collect()
}
