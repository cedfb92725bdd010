//! The body for PagerDuty's Events API v2.
//!
//! The vendor's `raw` stays here: it may hold personal data, and a pager is read by many.
//! Source: <https://developer.pagerduty.com/docs/events-api-v2-overview>.

use serde::Serialize;

use super::{Action, Delivery};
use crate::event::{Kind, Severity, clip};

/// Longest `payload.summary` in characters; one more is answered by 400 and the page is lost.
const SUMMARY_MAX: usize = 1_024;
/// Longest description sent along; the whole request may have 512 KB.
const DESCRIPTION_MAX: usize = 4_096;

#[derive(Serialize)]
struct Body<'a> {
    routing_key: &'a str,
    event_action: &'static str,
    dedup_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<Payload<'a>>,
}

#[derive(Serialize)]
struct Payload<'a> {
    summary: String,
    source: &'a str,
    severity: Severity,
    timestamp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    component: Option<&'a str>,
    group: &'a str,
    class: Kind,
    custom_details: Details<'a>,
}

#[derive(Serialize)]
struct Details<'a> {
    event_id: &'a str,
    description: Option<String>,
    request_id: &'a str,
}

/// Writes the body.
pub(super) fn body(delivery: &Delivery, routing_key: &str) -> Result<String, serde_json::Error> {
    let closing = delivery.action == Action::Resolve;
    serde_json::to_string(&Body {
        routing_key,
        // An update is a trigger under the key of the open alert: it joins its log, wakes nobody.
        event_action: if closing { "resolve" } else { "trigger" },
        dedup_key: &delivery.dedup_key,
        client: (!closing).then_some("signalbox"),
        payload: (!closing).then(|| payload(delivery)),
    })
}

fn payload(delivery: &Delivery) -> Payload<'_> {
    let event = &delivery.event;
    Payload {
        summary: clip(
            &format!("{}: {}", event.service, event.summary),
            SUMMARY_MAX,
        ),
        source: &event.source,
        severity: event.severity,
        timestamp: event.started_at.to_string(),
        component: event.component.as_deref(),
        group: &event.service,
        class: event.kind,
        custom_details: Details {
            event_id: event.event_id.as_str(),
            description: event
                .description
                .as_deref()
                .map(|text| clip(text, DESCRIPTION_MAX)),
            request_id: &delivery.request_id,
        },
    }
}

#[cfg(test)]
pub(super) mod tests {
    use jiff::Timestamp;
    use serde_json::{Value, json};

    use super::*;
    use crate::lifecycle::tests::event;
    use crate::rule::Target;

    pub(in crate::delivery) fn delivery(action: Action) -> Delivery {
        Delivery {
            id: 7,
            event: event("spreedly_status:i1", Severity::Critical),
            target: Target {
                destination: "pagerduty".into(),
                mock: false,
            },
            action,
            dedup_key: "spreedly_status:i1".into(),
            attempt: 1,
            created_at: Timestamp::UNIX_EPOCH,
            request_id: "req-1".into(),
        }
    }

    fn rendered(action: Action) -> Value {
        serde_json::from_str(&body(&delivery(action), "KEY").unwrap()).unwrap()
    }

    #[test]
    fn a_trigger_says_what_where_and_since_when() {
        insta::assert_json_snapshot!(rendered(Action::Trigger));
    }

    #[test]
    fn an_update_joins_the_open_alert_and_a_resolve_closes_it() {
        assert_eq!(rendered(Action::Update)["event_action"], "trigger");
        let resolve = json!({
            "routing_key": "KEY", "event_action": "resolve", "dedup_key": "spreedly_status:i1",
        });
        assert_eq!(rendered(Action::Resolve), resolve);
    }

    #[test]
    fn the_summary_is_cut_at_a_character() {
        let mut long = delivery(Action::Trigger);
        long.event.summary = "ü".repeat(2_000);
        let body: Value = serde_json::from_str(&body(&long, "KEY").unwrap()).unwrap();
        assert_eq!(
            body["payload"]["summary"].as_str().unwrap().chars().count(),
            SUMMARY_MAX
        );
    }
}
