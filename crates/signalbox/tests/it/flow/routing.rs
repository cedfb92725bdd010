//! What is routed where, through the built-in mock.

use futures_util::future::join_all;
use serde_json::json;

use crate::support::{TestHub, failed_payout, fixture};

#[tokio::test]
async fn a_failed_payout_is_routed_and_shows_who_has_it() {
    let hub = TestHub::start().await;
    hub.take(fixture("stripe/payout_failed.json")).await;
    let event = hub.delivered("evt_1abc").await;
    assert_eq!(
        (&event["routed"], &event["severity"]),
        (&json!(true), &json!("critical"))
    );
    let received = hub.received().await;
    assert_eq!(received.len(), 1);
    assert_eq!(received[0]["event_id"], "evt_1abc");
    hub.finish().await;
}

#[tokio::test]
async fn a_failed_payment_is_routed_only_where_warnings_are() {
    let hub = TestHub::start().await;
    hub.take(fixture("stripe/payment_failed.json")).await;
    assert_eq!(hub.event("evt_2def").await["routed"], false);
    assert!(hub.deliveries("").await.is_empty());
    hub.finish().await;

    let hub = TestHub::builder()
        .set("ROUTE_WARNING", "true")
        .start()
        .await;
    hub.take(fixture("stripe/payment_failed.json")).await;
    assert_eq!(
        hub.delivered("evt_2def").await["explain"]["rule"],
        "warning-on"
    );
    hub.finish().await;
}

#[tokio::test]
async fn a_repeated_webhook_is_delivered_once() {
    let hub = TestHub::start().await;
    let body = failed_payout("evt_again");
    hub.take(&body).await;
    for _ in 0..5 {
        hub.stripe(&body)
            .await
            .expect_json(200, &json!({ "received": true, "deduped": true }));
    }
    hub.delivered("evt_again").await;
    hub.stripe(&body)
        .await
        .expect_json(200, &json!({ "received": true, "deduped": true }));
    hub.settle().await;
    assert_eq!(hub.received().await.len(), 1);
    assert_eq!(hub.deliveries("").await.len(), 1);
    assert_eq!(hub.event("evt_again").await["duplicates"], 6);
    hub.finish().await;
}

#[tokio::test]
async fn fifty_identical_webhooks_at_once_make_one_event_and_one_delivery() {
    let hub = TestHub::start().await;
    let body = failed_payout("evt_once");
    let answers = join_all((0..50).map(|_| hub.stripe(&body))).await;
    let bodies: Vec<_> = answers.iter().map(|answer| answer.expect(200)).collect();
    let first = json!({ "received": true });
    let other = json!({ "received": true, "deduped": true });
    assert_eq!(bodies.iter().filter(|body| **body == first).count(), 1);
    assert_eq!(bodies.iter().filter(|body| **body == other).count(), 49);
    let event = hub.delivered("evt_once").await;
    assert_eq!(event["duplicates"], 49);
    assert_eq!(hub.event_ids("").await, ["evt_once"]);
    assert_eq!(hub.deliveries("").await.len(), 1);
    assert_eq!(hub.received().await.len(), 1);
    hub.finish().await;
}

#[tokio::test]
async fn a_bad_event_among_many_sinks_none_of_its_neighbours() {
    let hub = TestHub::start().await;
    let bodies: Vec<_> = (0..60)
        .map(|n| {
            if n % 3 == 0 {
                "{\"id\":7}".to_owned()
            } else {
                failed_payout(&format!("evt_{n}"))
            }
        })
        .collect();
    let answers = join_all(bodies.iter().map(|body| hub.stripe(body))).await;
    for (n, answer) in answers.iter().enumerate() {
        assert_eq!(answer.status, if n % 3 == 0 { 400 } else { 200 }, "{n}");
    }
    assert_eq!(hub.events("limit=500").await.len(), 40);
    hub.wait_deliveries("state=delivered&limit=500", 40).await;
    hub.finish().await;
}

#[tokio::test]
async fn the_correlation_id_of_a_webhook_reaches_the_mock() {
    let hub = TestHub::start().await;
    let body = failed_payout("evt_traced");
    let signature = crate::support::sign(crate::support::SECRET, &body);
    let call = hub
        .call(reqwest::Method::POST, "/ingest/stripe")
        .header("x-request-id", "trace-1");
    call.header("stripe-signature", &signature)
        .body(body)
        .send()
        .await
        .expect(200);
    assert_eq!(
        hub.delivered("evt_traced").await["delivered_to"],
        json!(["pagerduty"])
    );
    hub.finish().await;
}
