//! Looking without being asked.

use super::{INCIDENT, page_with_incident};
use crate::support::{Fake, Reply, TestHub, pass};

#[tokio::test]
async fn a_configured_page_is_looked_at_again_and_again_and_a_fixture_never() {
    let page = Fake::answering(page_with_incident().reply()).await;
    let hub = TestHub::builder()
        .spreedly(&page)
        .set("STATUS_POLL_INTERVAL", "60")
        .start()
        .await;
    hub.delivered(INCIDENT).await;
    assert_eq!(hub.event_ids("").await, [INCIDENT]);
    for n_looks in 2..5 {
        pass(66).await;
        page.wait_for(n_looks).await;
        assert_eq!(page.seen().len(), n_looks, "give or take a tenth");
    }
    assert_eq!(hub.event_ids("").await, [INCIDENT]);
    assert_eq!(hub.event(INCIDENT).await["duplicates"].as_u64(), Some(3));
    hub.finish().await;
}

#[tokio::test]
async fn a_page_that_fails_is_looked_at_again_in_its_turn() {
    let page = Fake::answering(page_with_incident().reply()).await;
    page.then([Reply::status(500), Reply::text("<html>")]);
    let hub = TestHub::builder()
        .spreedly(&page)
        .set("STATUS_POLL_INTERVAL", "60")
        .start()
        .await;
    page.wait_for(1).await;
    for n_looks in 2..4 {
        pass(66).await;
        page.wait_for(n_looks).await;
    }
    hub.delivered(INCIDENT).await;
    hub.finish().await;
}

#[tokio::test]
async fn an_interval_of_zero_looks_only_on_request() {
    let page = Fake::answering(page_with_incident().reply()).await;
    let hub = TestHub::builder()
        .spreedly(&page)
        .set("STATUS_POLL_INTERVAL", "0")
        .start()
        .await;
    hub.settle().await;
    pass(100).await;
    assert!(page.seen().is_empty());
    hub.finish().await;
}

#[tokio::test]
async fn a_hub_ends_while_a_page_keeps_silent() {
    let page = Fake::answering(Reply::silent()).await;
    let hub = TestHub::builder()
        .spreedly(&page)
        .set("STATUS_POLL_INTERVAL", "60")
        .start()
        .await;
    page.wait_for(1).await;
    hub.finish().await;
}
