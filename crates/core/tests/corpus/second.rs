//! A second reading of each platform's documents, over plain JSON values and by other means than
//! the first: which incidents are open or over, which components are ill, which maintenances there
//! are, by name. Written to be checked by eye; on anything that is not as documented it panics.

use std::collections::BTreeMap;

use serde_json::Value;
use signalbox_core::source::Platform;

/// What is what, by name.
type Reading = BTreeMap<String, &'static str>;

pub(crate) fn read(platform: Platform, document: &Value) -> Reading {
    let mut reading = Reading::new();
    match platform {
        Platform::Statuspage => statuspage(document, &mut reading),
        Platform::Incidentio if document["page"].is_object() => {
            statuspage(document, &mut reading);
        }
        Platform::Incidentio => incidentio(document, &mut reading),
        Platform::Instatus => instatus(document, &mut reading),
        Platform::Statusio => statusio(&document["result"], &mut reading),
        Platform::Betterstack => betterstack(&document["included"], &mut reading),
        Platform::Google => google(document, &mut reading),
        Platform::Slack => slack(document, &mut reading),
        Platform::Feed => panic!("a feed is no JSON"),
    }
    reading
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// A text, or the one among several languages that is everybody's.
fn text(value: &Value) -> String {
    let text = value.as_str().or_else(|| value["default"].as_str());
    let text = text.unwrap_or_else(|| panic!("{value} is no text"));
    text.trim().to_owned()
}

fn state(is_over: bool) -> &'static str {
    if is_over { "over" } else { "open" }
}

fn statuspage(document: &Value, reading: &mut Reading) {
    for item in list(&document["incidents"]) {
        reading.insert(text(&item["name"]), state(item["resolved_at"].is_string()));
    }
    for item in list(&document["components"]) {
        let is_well = ["operational", "under_maintenance"].contains(&&*text(&item["status"]));
        if !is_well && item["group"] != true {
            reading.insert(text(&item["name"]), "ill");
        }
    }
    for item in list(&document["scheduled_maintenances"]) {
        reading.insert(text(&item["name"]), "maintenance");
    }
}

fn incidentio(document: &Value, reading: &mut Reading) {
    let summary = &document["summary"];
    let lists = [
        &summary["ongoing_incidents"],
        &summary["scheduled_maintenances"],
        &document["incidents"],
        &document["incident_links"],
        &document["ongoing_incidents"],
        &document["in_progress_maintenances"],
        &document["scheduled_maintenances"],
    ];
    for item in lists.into_iter().flat_map(list) {
        let status = text(&item["status"]);
        let what = if status.starts_with("maintenance") {
            "maintenance"
        } else {
            state(status == "resolved")
        };
        reading.insert(text(&item["name"]), what);
    }
    for affected in list(&summary["affected_components"]) {
        let mut components = list(&summary["components"]);
        let component = components.find(|it| it["id"] == affected["component_id"]);
        reading.insert(text(&component.unwrap()["name"]), "ill");
    }
}

fn instatus(document: &Value, reading: &mut Reading) {
    for item in document["notices"].as_object().into_iter().flatten() {
        reading.insert(text(&item.1["name"]), state(item.1["resolved"].is_string()));
    }
    for item in list(&document["activeIncidents"]) {
        reading.insert(text(&item["name"]), "open");
    }
    for item in list(&document["activeMaintenances"]) {
        reading.insert(text(&item["name"]), "maintenance");
    }
    let components = [&document["components"], &document["site"]["components"]];
    for item in components.into_iter().flat_map(list) {
        if text(&item["status"]).ends_with("OUTAGE") || item["status"] == "DEGRADEDPERFORMANCE" {
            reading.insert(text(&item["name"]), "ill");
        }
    }
}

fn statusio(result: &Value, reading: &mut Reading) {
    for item in list(&result["status"]) {
        if item["status_code"].as_u64().unwrap() > 200 {
            reading.insert(text(&item["name"]), "ill");
        }
    }
    for item in list(&result["incidents"]) {
        let last = list(&item["messages"]).last().unwrap();
        reading.insert(text(&item["name"]), state(last["state"] == 400));
    }
    for phase in ["active", "upcoming"] {
        for item in list(&result["maintenance"][phase]) {
            reading.insert(text(&item["name"]), "maintenance");
        }
    }
}

fn betterstack(included: &Value, reading: &mut Reading) {
    for item in list(included) {
        let fields = &item["attributes"];
        match item["type"].as_str().unwrap() {
            "status_report" if fields["report_type"] == "maintenance" => {
                reading.insert(text(&fields["title"]), "maintenance");
            }
            "status_report" => {
                let is_over = fields["aggregate_state"] == "resolved";
                reading.insert(text(&fields["title"]), state(is_over));
            }
            "status_page_resource" => {
                let harmless = ["operational", "maintenance", "not_monitored"];
                if !harmless.contains(&&*text(&fields["status"])) {
                    reading.insert(text(&fields["public_name"]), "ill");
                }
            }
            _ => {}
        }
    }
}

fn google(incidents: &Value, reading: &mut Reading) {
    for item in list(incidents) {
        let description = text(&item["external_desc"]);
        let name = description.trim_start_matches("**Title:**\n");
        reading.insert(name.to_owned(), state(item["end"].is_string()));
    }
}

fn slack(document: &Value, reading: &mut Reading) {
    for item in list(document).chain(list(&document["active_incidents"])) {
        reading.insert(text(&item["title"]), state(item["status"] != "active"));
    }
}
