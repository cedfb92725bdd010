//! `signalbox events`.

use clap::Args;
use comfy_table::{Table, presets::NOTHING};
use owo_colors::OwoColorize;
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::api::HubArgs;
use super::{Failure, output};
use crate::config::Sources;

/// List the events of a hub
///
/// A table on a terminal, one JSON object a line when piped.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  signalbox events --open true\n  signalbox events --severity critical --limit 500 | jq -r .event_id"
)]
pub(super) struct Events {
    #[command(flatten)]
    hub: HubArgs,
    /// How many, from 1 to 500
    #[arg(long, default_value = "50")]
    limit: String,
    /// Only this feed, such as `stripe`
    #[arg(long)]
    source: Option<String>,
    /// Only this kind: incident, status or payment
    #[arg(long)]
    kind: Option<String>,
    /// Only this severity: info, warning or critical
    #[arg(long)]
    severity: Option<String>,
    /// Only this vendor, such as `spreedly`
    #[arg(long)]
    service: Option<String>,
    /// Received at or after (RFC 3339)
    #[arg(long)]
    since: Option<String>,
    /// Received before (RFC 3339)
    #[arg(long)]
    until: Option<String>,
    /// Only what lasts still (true), or what does not (false)
    #[arg(long)]
    open: Option<String>,
    /// Whole words that must occur
    #[arg(short, long)]
    query: Option<String>,
    /// Print JSON on a terminal too
    #[arg(long)]
    json: bool,
}

impl Events {
    pub(super) fn run(self, sources: &Sources) -> Result<(), Failure> {
        let api = self.hub.connect(sources)?;
        let filters = [
            ("source", &self.source),
            ("kind", &self.kind),
            ("severity", &self.severity),
            ("service", &self.service),
            ("since", &self.since),
            ("until", &self.until),
            ("open", &self.open),
            ("q", &self.query),
        ];
        let mut query = vec![("limit", self.limit.as_str())];
        query.extend(
            filters
                .iter()
                .filter_map(|(name, value)| Some((*name, value.as_deref()?))),
        );
        let request = api.request(Method::GET, "/events")?.query(&query);
        let answer = super::block_on(api.send(request))??;
        let list: List<'_> = serde_json::from_str(&answer)?;
        if self.json || !output::is_terminal() {
            for event in list.events {
                output::data(&one_line(event.get()));
            }
        } else {
            output::data(&table(&list.events)?);
            if list.next_cursor.is_some() {
                output::talk("there are more; narrow the filters or raise --limit");
            }
        }
        Ok(())
    }
}

/// A page as answered; events stay as they were written.
#[derive(Deserialize)]
struct List<'a> {
    #[serde(borrow)]
    events: Vec<&'a RawValue>,
    next_cursor: Option<String>,
}

/// The vendor's record may be laid out over many lines; strings cannot hold a line end.
fn one_line(json: &str) -> String {
    json.lines().map(str::trim_start).collect()
}

fn table(events: &[&RawValue]) -> Result<String, Failure> {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header([
        "SEVERITY",
        "RECEIVED",
        "SERVICE",
        "SUMMARY",
        "DELIVERED",
        "EVENT",
    ]);
    for event in events {
        let event: Value = serde_json::from_str(event.get())?;
        let text =
            |name: &str| output::plain(event.get(name).and_then(Value::as_str).unwrap_or_default());
        let delivered = match event.get("routed").and_then(Value::as_bool) {
            Some(true) => delivered_to(&event),
            _ => "not routed".to_owned(),
        };
        table.add_row([
            severity(&text("severity")),
            text("received_at"),
            text("service"),
            text("summary"),
            delivered,
            text("event_id"),
        ]);
    }
    Ok(table.to_string())
}

fn delivered_to(event: &Value) -> String {
    let names = event
        .get("delivered_to")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let names: Vec<_> = names
        .iter()
        .filter_map(Value::as_str)
        .map(output::plain)
        .collect();
    if names.is_empty() {
        "waiting".to_owned()
    } else {
        names.join(", ")
    }
}

/// The word carries the meaning, the colour only helps; `anstream` drops it where unwanted.
fn severity(word: &str) -> String {
    match word {
        "critical" => word.red().bold().to_string(),
        "warning" => word.yellow().to_string(),
        _ => word.to_owned(),
    }
}
