//! What a restart finds again.

use reqwest::Method;
use serde_json::json;

use crate::support::{FakePager, Reply, SECRET, TestHub, eventually, failed_payout, sign};

#[tokio::test]
async fn what_waits_arrives_after_a_restart_under_its_first_correlation_id() {
    let pager = FakePager::accepting().await;
    pager.answer(Reply::status(500));
    let hub = TestHub::builder().pager(&pager).start().await;
    for n in 0..5 {
        let body = failed_payout(&format!("evt_{n}"));
        let call = hub
            .call(Method::POST, "/ingest/stripe")
            .header("x-request-id", &format!("trace-{n}"));
        call.header("stripe-signature", &sign(SECRET, &body))
            .body(body)
            .send()
            .await
            .expect(200);
    }
    pager.wait_for(5).await;
    eventually("all failures on record", async || {
        let rows = hub.deliveries("state=pending").await;
        rows.iter()
            .all(|row| row["reason"] == "server_error")
            .then_some(())
    })
    .await;
    pager.answer(FakePager::accepted());
    let hub = hub.restart().await;
    assert_eq!(hub.events("").await.len(), 5);
    hub.advance(10).await;
    hub.wait_deliveries("state=delivered", 5).await;
    for seen in pager.seen() {
        let body = seen.json();
        let n = body["dedup_key"]
            .as_str()
            .unwrap()
            .strip_prefix("evt_")
            .unwrap()
            .to_owned();
        assert_eq!(seen.header("x-request-id"), format!("trace-{n}"));
        assert_eq!(
            body["payload"]["custom_details"]["request_id"],
            format!("trace-{n}")
        );
    }
    hub.finish().await;
}

#[tokio::test]
async fn what_was_stored_reads_the_same_after_a_restart() {
    let hub = TestHub::start().await;
    hub.pull().await.expect(200);
    for n in 0..5 {
        hub.take(failed_payout(&format!("evt_{n}"))).await;
    }
    hub.all_sent().await;
    let paths = [
        "/events",
        "/events?q=gateway",
        "/deliveries",
        "/events/evt_1",
    ];
    let mut before = Vec::new();
    for path in paths {
        before.push(hub.get(path).await.text().to_owned());
    }
    let cursor = hub.get("/events?limit=3").await.expect(200)["next_cursor"].clone();
    let rest = format!("/events?limit=500&cursor={}", cursor.as_str().unwrap());
    let rest_before = hub.get(&rest).await.text().to_owned();
    let hub = hub.restart().await;
    for (path, before) in paths.into_iter().zip(before) {
        assert_eq!(hub.get(path).await.text(), before, "{path}");
    }
    assert_eq!(hub.get(&rest).await.text(), rest_before);
    hub.finish().await;
}

#[tokio::test]
async fn a_parked_destination_is_parked_after_a_restart_too() {
    let pager = FakePager::accepting().await;
    pager.then([Reply::status(401)]);
    let hub = TestHub::builder().pager(&pager).start().await;
    hub.take(failed_payout("evt_1")).await;
    eventually("the destination parked", async || {
        (hub.deliveries("").await[0]["reason"] == "unauthorized").then_some(())
    })
    .await;
    let hub = hub.restart().await;
    hub.advance(200).await;
    hub.settle().await;
    assert_eq!(pager.seen().len(), 1);
    hub.advance(101).await;
    hub.delivered("evt_1").await;
    hub.finish().await;
}

#[tokio::test]
async fn what_is_owed_to_a_destination_that_is_gone_waits_for_its_return() {
    let pager = FakePager::accepting().await;
    pager.answer(Reply::status(500));
    let hub = TestHub::builder().pager(&pager).start().await;
    hub.take(failed_payout("evt_1")).await;
    pager.wait_for(1).await;
    let hub = hub.restart_with("PAGERDUTY_ROUTING_KEY", "").await;
    hub.advance(60).await;
    hub.settle().await;
    assert!(hub.received().await.is_empty(), "the mock is not the pager");
    assert_eq!(hub.deliveries("state=pending").await.len(), 1);
    pager.answer(FakePager::accepted());
    let hub = hub
        .restart_with("PAGERDUTY_ROUTING_KEY", FakePager::KEY)
        .await;
    let event = hub.delivered("evt_1").await;
    assert_eq!(event["delivered_to"], json!(["pagerduty"]));
    hub.finish().await;
}
