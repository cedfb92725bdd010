//! Destinations that hang while signals keep coming.

use futures_util::future::join_all;
use serde_json::json;

use crate::support::{FakePager, Reply, TestHub, failed_payout};

#[tokio::test]
async fn a_hanging_destination_does_not_slow_ingestion() {
    let pager = FakePager::accepting().await;
    pager.answer(Reply::silent());
    let hub = TestHub::builder().pager(&pager).start().await;
    for round in 0..10 {
        let bodies: Vec<_> = (0..20)
            .map(|n| failed_payout(&format!("evt_{round}_{n}")))
            .collect();
        for answer in join_all(bodies.iter().map(|body| hub.stripe(body))).await {
            answer.expect_json(200, &json!({ "received": true }));
        }
    }
    assert_eq!(hub.events("limit=500").await.len(), 200);
    assert_eq!(hub.deliveries("state=pending&limit=500").await.len(), 200);
    pager.wait_for(16).await;
    hub.settle().await;
    assert_eq!(pager.n_open(), 16, "attempts side by side are bounded");
    // A fixture's page to the mock does not wait behind it.
    hub.pull().await.expect(200);
    hub.delivered("spreedly_status:inc_spreedly_1").await;

    pager.answer(FakePager::accepted());
    pager.release();
    hub.wait_deliveries("state=pending&limit=500", 16).await;
    hub.advance(5).await;
    hub.all_sent().await;
    assert_eq!(pager.keys_by_event().len(), 200);
    assert!(pager.keys_by_event().values().all(|keys| keys.len() == 1));
    hub.finish().await;
}

#[tokio::test]
async fn hundreds_of_pages_are_sent_once_each() {
    let pager = FakePager::accepting().await;
    let hub = TestHub::builder().pager(&pager).start().await;
    for round in 0..10 {
        let bodies: Vec<_> = (0..30)
            .map(|n| failed_payout(&format!("evt_{round}_{n}")))
            .collect();
        for answer in join_all(bodies.iter().map(|body| hub.stripe(body))).await {
            answer.expect_json(200, &json!({ "received": true }));
        }
    }
    hub.all_sent().await;
    assert_eq!(
        (pager.seen().len(), pager.keys_by_event().len()),
        (300, 300)
    );
    hub.finish().await;
}
