//! `GET /events/{event_id}`.

use serde_json::{Value, json};

use crate::support::{FakePager, TestHub, event, failed_payout, with_type};

#[tokio::test]
async fn an_event_is_shown_with_its_history_deliveries_and_reason() {
    let hub = TestHub::start().await;
    hub.take(failed_payout("evt_1")).await;
    let event = hub.delivered("evt_1").await;
    let explain = json!({
        "routed": true, "rule": "critical-always", "reason": "severity is critical",
        "destinations": ["pagerduty"],
    });
    assert_eq!(event["explain"], explain);
    let raw: Value = serde_json::from_str(&failed_payout("evt_1")).unwrap();
    let history = json!([{
        "revision": 1, "observed_at": "2024-01-15T12:00:00Z", "change": "new", "evidence": null,
        "severity": "critical", "vendor_status": "", "resolved_at": null,
        "summary": "payout.failed: po_1", "description": null, "explain": explain, "raw": raw,
    }]);
    assert_eq!(event["history"], history);
    let deliveries = json!([{
        "id": 1, "event_id": "evt_1", "destination": "pagerduty", "action": "trigger",
        "state": "delivered", "attempts": 1, "reason": "accepted", "dedup_key": "evt_1",
        "created_at": "2024-01-15T12:00:00Z", "next_attempt_at": null,
        "log": [{
            "attempt": 1, "ended_at": "2024-01-15T12:00:00Z", "duration_ms": 0,
            "outcome": "delivered", "reason": "accepted", "status": 202,
        }],
    }]);
    assert_eq!(event["deliveries"], deliveries);
    hub.finish().await;
}

#[tokio::test]
async fn why_nobody_was_paged_is_said_in_words() {
    let pager = FakePager::accepting().await;
    let hub = TestHub::builder().pager(&pager).start().await;
    hub.take(with_type("evt_warning", "charge.failed")).await;
    hub.take(with_type("evt_info", "payout.paid")).await;
    hub.take(event(
        "\"evt_test\"",
        "\"payout.failed\"",
        "1",
        ",\"livemode\":false",
    ))
    .await;
    for (id, rule, word) in [
        ("evt_warning", "warning-off", "ROUTE_WARNING"),
        ("evt_info", "info-never", "info"),
        ("evt_test", "test-mode", "ROUTE_TEST_MODE"),
    ] {
        let event = hub.event(id).await;
        assert_eq!(event["routed"], false, "{id}");
        assert_eq!(event["explain"]["routed"], false, "{id}");
        assert_eq!(event["explain"]["rule"], rule, "{id}");
        assert!(
            event["explain"]["reason"].as_str().unwrap().contains(word),
            "{event}"
        );
        assert_eq!(
            (&event["deliveries"], &event["delivered_to"]),
            (&json!([]), &json!([]))
        );
    }
    hub.finish().await;
}

#[tokio::test]
async fn what_is_shown_alone_is_what_is_listed() {
    let hub = TestHub::start().await;
    hub.pull().await.expect(200);
    hub.delivered("spreedly_status:inc_spreedly_1").await;
    for listed in hub.events("").await {
        let id = listed["event_id"].as_str().unwrap();
        let mut shown = hub.event(id).await;
        for detail in ["history", "deliveries", "explain"] {
            assert!(
                shown.as_object_mut().unwrap().remove(detail).is_some(),
                "{id}: {detail}"
            );
        }
        assert_eq!(shown, listed);
    }
    hub.finish().await;
}

#[tokio::test]
async fn an_event_is_found_under_every_spelling_of_its_id() {
    let hub = TestHub::start().await;
    let id = "evt_a?b#c%d;e";
    hub.take(failed_payout(id)).await;
    for spelling in ["evt_a%3Fb%23c%25d;e", "%65vt_a%3fb%23c%25d%3Be"] {
        assert_eq!(hub.event(spelling).await["event_id"], id, "{spelling}");
    }
    hub.finish().await;
}

#[tokio::test]
async fn an_unknown_event_is_a_problem_that_names_the_parameter() {
    let hub = TestHub::start().await;
    hub.take(failed_payout("evt_1")).await;
    let long = "x".repeat(256);
    for id in [
        "evt_2", "EVT_1", "evt_1%20", "evt_1%00", "%FF", "a%2Fb", "evt%5F", &long,
    ] {
        let detail = hub
            .get(&format!("/events/{id}"))
            .await
            .problem(404, "not_found");
        assert!(detail.starts_with("event_id: "), "{id}: {detail}");
    }
    hub.finish().await;
}
