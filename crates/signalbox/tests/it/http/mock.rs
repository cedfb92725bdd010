//! `/destinations/pagerduty`, the built-in mock destination.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{TestHub, failed_payout};

const PATH: &str = "/destinations/pagerduty";

fn page(event_id: &str) -> Value {
    json!({
        "event_id": event_id, "source": "stripe", "kind": "payment", "severity": "critical",
        "service": "stripe", "summary": "payout.failed: po_1", "description": null,
        "started_at": "2024-01-15T10:00:00Z", "resolved_at": null, "raw": { "a": 1 },
    })
}

#[tokio::test]
async fn a_normalized_event_is_taken_and_shown_newest_first() {
    let hub = TestHub::start().await;
    for id in ["one", "two", "three"] {
        hub.post(PATH, page(id).to_string()).await.expect(202);
    }
    assert_eq!(
        hub.received().await,
        [page("three"), page("two"), page("one")]
    );
    hub.finish().await;
}

#[tokio::test]
async fn each_field_of_the_schema_is_required_and_typed() {
    let hub = TestHub::start().await;
    let good = page("evt");
    for field in good.as_object().unwrap().keys() {
        let mut without = good.clone();
        without.as_object_mut().unwrap().remove(field);
        let detail = hub
            .post(PATH, without.to_string())
            .await
            .problem(400, "invalid_body");
        assert!(
            detail.starts_with(&format!("{field}: expected")),
            "{field}: {detail}"
        );
    }
    for (field, wrong) in [
        ("event_id", json!(7)),
        ("event_id", json!("")),
        ("event_id", json!("a b")),
        ("event_id", json!("a/b")),
        ("event_id", json!("x".repeat(256))),
        ("source", json!(null)),
        ("source", json!("")),
        ("kind", json!("outage")),
        ("kind", json!(null)),
        ("severity", json!("fatal")),
        ("severity", json!(["critical"])),
        ("service", json!("")),
        ("service", json!({})),
        ("summary", json!(7)),
        ("summary", json!(null)),
        ("description", json!(7)),
        ("started_at", json!("yesterday")),
        ("started_at", json!("1969-12-31T23:59:59Z")),
        ("started_at", json!(1_705_315_200)),
        ("started_at", json!(null)),
        ("resolved_at", json!("")),
        ("resolved_at", json!("9999-01-01T00:00:00Z")),
        ("resolved_at", json!(false)),
    ] {
        let mut bad = good.clone();
        bad[field] = wrong.clone();
        let detail = hub
            .post(PATH, bad.to_string())
            .await
            .problem(400, "invalid_body");
        assert!(
            detail.starts_with(&format!("{field}: expected")),
            "{field} {wrong}: {detail}"
        );
    }
    for raw in [json!(null), json!(7), json!("x"), json!([])] {
        let mut any = good.clone();
        any["raw"] = raw;
        hub.post(PATH, any.to_string()).await.expect(202);
    }
    assert_eq!(hub.received().await.len(), 4, "only what is valid is kept");
    hub.finish().await;
}

#[tokio::test]
async fn what_is_no_object_is_refused() {
    let hub = TestHub::start().await;
    let twice = page("evt")
        .to_string()
        .replace("{\"", "{\"event_id\":\"a\",\"");
    for (body, starts) in [
        ("", "body is empty"),
        ("page", "body is not JSON"),
        ("[]", "body: expected a JSON object"),
        ("null", "body: expected a JSON object"),
        (twice.as_str(), "a top-level key stands twice"),
    ] {
        let detail = hub.post(PATH, body).await.problem(400, "invalid_body");
        assert!(detail.starts_with(starts), "{body}: {detail}");
    }
    assert!(hub.received().await.is_empty());
    hub.finish().await;
}

#[tokio::test]
async fn the_mock_keeps_its_last_thousand() {
    let hub = TestHub::start().await;
    for batch in 0..26 {
        let pages = (0..40).map(|n| page(&format!("evt_{:04}", batch * 40 + n)).to_string());
        for answer in join_all(pages.map(|page| hub.post(PATH, page))).await {
            answer.expect(202);
        }
    }
    let received = hub.received().await;
    assert_eq!(received.len(), 1_000);
    let mut kept: Vec<_> = received
        .iter()
        .map(|page| page["event_id"].as_str().unwrap())
        .collect();
    kept.sort_unstable();
    assert_eq!((kept[0], kept[999]), ("evt_0040", "evt_1039"));
    hub.finish().await;
}

#[tokio::test]
async fn a_delivery_to_the_mock_is_a_normalized_event_with_its_action_and_key() {
    let hub = TestHub::start().await;
    hub.take(failed_payout("evt_paged")).await;
    hub.delivered("evt_paged").await;
    let received = hub.received().await;
    assert_eq!(received.len(), 1);
    let page = &received[0];
    assert_eq!(
        (&page["action"], &page["dedup_key"]),
        (&json!("trigger"), &json!("evt_paged"))
    );
    assert_eq!(page["origin"], "live");
    let event = hub.event("evt_paged").await;
    for field in [
        "event_id",
        "source",
        "kind",
        "severity",
        "service",
        "summary",
        "description",
        "started_at",
        "resolved_at",
        "raw",
    ] {
        assert_eq!(page[field], event[field], "{field}");
    }
    hub.finish().await;
}
