//! Ending: what is under way is finished, what is stuck is let go, and it does not take long.

use futures_util::future::join;
use serde_json::json;

use crate::support::{Fake, FakePager, Reply, SECRET, TestHub, Wire, failed_payout, pass, sign};

/// Ends a hub while the runtime's time passes.
async fn finish_in_time(hub: TestHub) {
    // The process has 10 s, a part of which closing the store may need.
    join(hub.finish(), pass(10)).await;
}

/// Sends the head and half of the body of a webhook.
async fn half_sent(hub: &TestHub, body: &str) -> Wire {
    let mut wire = hub.wire().await;
    let head = format!(
        "POST /ingest/stripe HTTP/1.1\r\nhost: hub\r\nstripe-signature: {}\r\ncontent-length: {}\r\n\r\n",
        sign(SECRET, body),
        body.len()
    );
    assert!(wire.send(head).await);
    assert!(wire.send(&body[..body.len() / 2]).await);
    hub.settle().await;
    wire
}

#[tokio::test]
async fn a_request_under_way_gets_its_answer() {
    let hub = TestHub::start().await;
    let body = failed_payout("evt_under_way");
    let mut wire = half_sent(&hub, &body).await;
    hub.drain();
    assert!(wire.send(&body[body.len() / 2..]).await);
    wire.answer()
        .await
        .unwrap()
        .expect_json(200, &json!({ "received": true }));
    assert!(wire.closed().await.is_empty());
    let hub = hub.restart().await;
    assert_eq!(hub.event("evt_under_way").await["routed"], true);
    hub.delivered("evt_under_way").await;
    hub.finish().await;
}

#[tokio::test]
async fn a_request_that_is_never_completed_does_not_hold_it_up() {
    let hub = TestHub::start().await;
    let body = failed_payout("evt_half");
    let wire = half_sent(&hub, &body).await;
    finish_in_time(hub).await;
    drop(wire);
}

#[tokio::test]
async fn half_a_head_does_not_hold_it_up() {
    let hub = TestHub::start().await;
    let mut wire = hub.wire().await;
    assert!(wire.send("GET /healthz HTTP/1.1\r\nhos").await);
    hub.settle().await;
    finish_in_time(hub).await;
    assert!(wire.closed().await.is_empty());
}

#[tokio::test]
async fn idle_connections_are_closed_at_once() {
    let hub = TestHub::start().await;
    let fresh = hub.wire().await;
    let mut used = hub.wire().await;
    assert!(
        used.send("GET /healthz HTTP/1.1\r\nhost: hub\r\n\r\n")
            .await
    );
    used.answer().await.unwrap().expect(200);
    hub.finish().await;
    assert!(fresh.closed().await.is_empty());
    assert!(used.closed().await.is_empty());
}

#[tokio::test]
async fn a_hanging_destination_does_not_hold_it_up_and_gets_its_page_later() {
    let pager = FakePager::accepting().await;
    pager.then([Reply::silent()]);
    let hub = TestHub::builder().pager(&pager).start().await;
    hub.take(failed_payout("evt_hang")).await;
    pager.wait_for(1).await;
    let (hub, ()) = join(hub.restart(), pass(10)).await;
    hub.advance(61).await;
    hub.delivered("evt_hang").await;
    hub.finish().await;
}

#[tokio::test]
async fn a_pull_of_a_silent_page_does_not_hold_it_up() {
    let page = Fake::answering(Reply::silent()).await;
    let hub = TestHub::builder().only_spreedly(&page).start().await;
    let mut wire = hub.wire().await;
    assert!(
        wire.send("POST /ingest/pull-status HTTP/1.1\r\nhost: hub\r\n\r\n")
            .await
    );
    page.wait_for(1).await;
    finish_in_time(hub).await;
    drop(wire);
}

#[tokio::test]
async fn an_answer_that_nobody_reads_does_not_hold_it_up() {
    let hub = TestHub::start().await;
    for n in 0..8 {
        let pad = "x".repeat(1_000_000);
        hub.take(failed_payout(&format!("evt_{n}")).replace("po_1", &pad))
            .await;
    }
    let mut wire = hub.wire().await;
    assert!(wire.send("GET /events HTTP/1.1\r\nhost: hub\r\n\r\n").await);
    hub.settle().await;
    finish_in_time(hub).await;
    drop(wire);
}
