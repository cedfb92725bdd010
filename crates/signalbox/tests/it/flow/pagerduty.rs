//! Pages to PagerDuty: what is sent, to whom, and how soon.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::support::{FakePager, SECRET, TestHub, event, failed_payout, fixture, sign, within};

async fn paging_hub(pager: &FakePager) -> TestHub {
    TestHub::builder().pager(pager).start().await
}

#[tokio::test]
async fn a_page_is_a_trigger_of_the_events_api() {
    let pager = FakePager::accepting().await;
    let hub = paging_hub(&pager).await;
    let body = fixture("stripe/payout_failed.json");
    let call = hub
        .call(Method::POST, "/ingest/stripe")
        .header("x-request-id", "trace-1");
    let call = call
        .header("stripe-signature", &sign(SECRET, &body))
        .body(body);
    call.send().await.expect(200);
    let event = hub.delivered("evt_1abc").await;
    let seen = pager.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(
        (seen[0].method.as_str(), seen[0].path.as_str()),
        ("POST", FakePager::PATH)
    );
    assert_eq!(seen[0].header("content-type"), "application/json");
    assert_eq!(seen[0].header("x-request-id"), "trace-1");
    assert_eq!(seen[0].header("x-signalbox-dedup-key"), "evt_1abc");
    assert_eq!(
        seen[0].header("x-signalbox-delivery"),
        event["deliveries"][0]["id"].to_string()
    );
    assert_eq!(seen[0].header("authorization"), "");
    let expected = json!({
        "routing_key": FakePager::KEY, "event_action": "trigger", "dedup_key": "evt_1abc",
        "client": "signalbox",
        "payload": {
            "summary": "stripe: payout.failed: po_123", "source": "stripe", "severity": "critical",
            "timestamp": "2024-01-15T10:40:00Z", "group": "stripe", "class": "payment",
            "custom_details": {
                "event_id": "evt_1abc", "description": "Insufficient funds", "request_id": "trace-1",
            },
        },
    });
    assert_eq!(seen[0].json(), expected);
    assert!(
        hub.received().await.is_empty(),
        "the mock is not in between"
    );
    hub.finish().await;
}

#[tokio::test]
async fn every_page_leaves_at_once_and_not_at_the_next_look() {
    let pager = FakePager::accepting().await;
    let hub = paging_hub(&pager).await;
    // Without being told, workers look every 5 s.
    for n in 0..6 {
        hub.take(failed_payout(&format!("evt_{n}"))).await;
        let what = format!("page {n} at the pager");
        within(Duration::from_secs(2), &what, async || {
            (pager.seen().len() > n).then_some(())
        })
        .await;
        hub.all_sent().await;
    }
    hub.finish().await;
}

#[tokio::test]
async fn test_mode_and_fixtures_never_reach_real_people() {
    let pager = FakePager::accepting().await;
    let hub = paging_hub(&pager).await;
    hub.pull().await.expect(200);
    hub.delivered("spreedly_status:inc_spreedly_1").await;
    hub.take(event(
        "\"evt_test\"",
        "\"payout.failed\"",
        "1",
        ",\"livemode\":false",
    ))
    .await;
    assert_eq!(hub.event("evt_test").await["explain"]["rule"], "test-mode");
    hub.take(event(
        "\"evt_live\"",
        "\"payout.failed\"",
        "1",
        ",\"livemode\":true",
    ))
    .await;
    hub.delivered("evt_live").await;
    assert_eq!(
        pager.asked(),
        [("trigger".to_owned(), "evt_live".to_owned())]
    );
    let received = hub.received().await;
    assert_eq!(received.len(), 1);
    assert_eq!(received[0]["origin"], "fixture");
    hub.finish().await;
}

#[tokio::test]
async fn test_mode_reaches_real_people_where_that_was_asked_for() {
    let pager = FakePager::accepting().await;
    let hub = TestHub::builder()
        .pager(&pager)
        .set("ROUTE_TEST_MODE", "true")
        .start()
        .await;
    hub.take(event(
        "\"evt_test\"",
        "\"payout.failed\"",
        "1",
        ",\"livemode\":false",
    ))
    .await;
    hub.delivered("evt_test").await;
    hub.pull().await.expect(200);
    hub.delivered("spreedly_status:inc_spreedly_1").await;
    assert_eq!(pager.asked().len(), 1, "a fixture never does");
    hub.finish().await;
}

#[tokio::test]
async fn what_was_owed_to_the_mock_is_not_sent_to_real_people_later() {
    let hub = TestHub::start().await;
    hub.take(failed_payout("evt_before")).await;
    hub.delivered("evt_before").await;
    let pager = FakePager::accepting().await;
    let hub = hub
        .restart_with("PAGERDUTY_ROUTING_KEY", FakePager::KEY)
        .await;
    let hub = hub
        .restart_with("PAGERDUTY_EVENTS_URL", &pager.events_url())
        .await;
    hub.stripe(failed_payout("evt_before")).await.expect(200);
    hub.take(failed_payout("evt_after")).await;
    hub.delivered("evt_after").await;
    assert_eq!(
        pager.asked(),
        [("trigger".to_owned(), "evt_after".to_owned())]
    );
    hub.finish().await;
}

#[tokio::test]
async fn a_summary_is_cut_to_what_pagerduty_takes() {
    let pager = FakePager::accepting().await;
    let hub = paging_hub(&pager).await;
    let long = "ü".repeat(3_000);
    let body = failed_payout("evt_long").replace("po_1", &long);
    hub.take(body).await;
    hub.delivered("evt_long").await;
    let summary = pager.bodies()[0]["payload"]["summary"].clone();
    assert_eq!(summary.as_str().unwrap().chars().count(), 1_024);
    hub.finish().await;
}

#[tokio::test]
async fn the_largest_event_makes_a_page_of_permitted_size() {
    let pager = FakePager::accepting().await;
    let hub = paging_hub(&pager).await;
    let text = "\\u0001\\\"".repeat(60_000);
    let body = event("\"evt_large\"", "\"payout.failed\"", "1", "");
    let body = body.replace(
        "\"id\":\"po_1\"",
        &format!("\"id\":\"{text}\",\"failure_message\":\"{text}\""),
    );
    hub.take(body).await;
    hub.delivered("evt_large").await;
    assert!(pager.seen()[0].body.len() < 512 * 1_024);
    hub.finish().await;
}
