//! `POST /ingest/pull-status`: the answer. What a page can do to it stands in `pages`.

use reqwest::Method;
use serde_json::json;

use crate::support::TestHub;

#[tokio::test]
async fn the_fixtures_answer_exactly_as_promised_first_and_later() {
    let hub = TestHub::start().await;
    let first = r#"{"fetched":{"spreedly":2,"braze":1},"stored":2,"routed":1}"#;
    let later = r#"{"fetched":{"spreedly":2,"braze":1},"stored":0,"routed":0}"#;
    hub.pull().await.expect_text(200, first);
    hub.pull().await.expect_text(200, later);
    hub.advance(60).await;
    hub.pull().await.expect_text(200, later);
    let hub = hub.restart().await;
    hub.pull().await.expect_text(200, later);
    assert_eq!(
        hub.received().await.len(),
        0,
        "the mock forgets, and is not paged again"
    );
    hub.finish().await;
}

#[tokio::test]
async fn the_fixtures_make_an_incident_that_is_routed_and_a_state_that_is_not() {
    let hub = TestHub::start().await;
    hub.pull().await.expect(200);
    let incident = hub.delivered("spreedly_status:inc_spreedly_1").await;
    for (field, value) in [
        ("source", json!("spreedly_status")),
        ("kind", json!("incident")),
        ("severity", json!("critical")),
        ("service", json!("spreedly")),
        ("summary", json!("Payment Gateway Latency")),
        ("description", json!(null)),
        ("started_at", json!("2024-01-15T10:00:00Z")),
        ("resolved_at", json!(null)),
        ("component", json!(null)),
        ("origin", json!("fixture")),
        ("livemode", json!(null)),
    ] {
        assert_eq!(incident[field], value, "{field}");
    }
    let state = hub
        .event("braze_status:comp_dashboard:2024-01-15T11:00:00Z")
        .await;
    for (field, value) in [
        ("source", json!("braze_status")),
        ("kind", json!("status")),
        ("severity", json!("warning")),
        ("service", json!("braze")),
        ("summary", json!("Dashboard: degraded_performance")),
        ("started_at", json!("2024-01-15T11:00:00Z")),
        ("component", json!("Dashboard")),
        ("routed", json!(false)),
        ("delivered_to", json!([])),
    ] {
        assert_eq!(state[field], value, "{field}");
    }
    hub.finish().await;
}

#[tokio::test]
async fn with_warnings_routed_both_fixtures_are() {
    let hub = TestHub::builder()
        .set("ROUTE_WARNING", "true")
        .start()
        .await;
    hub.pull().await.expect_text(
        200,
        r#"{"fetched":{"spreedly":2,"braze":1},"stored":2,"routed":2}"#,
    );
    hub.delivered("braze_status:comp_dashboard:2024-01-15T11:00:00Z")
        .await;
    hub.finish().await;
}

#[tokio::test]
async fn without_fixtures_and_urls_there_is_nothing_to_look_at() {
    let hub = TestHub::builder().set("FIXTURES", "off").start().await;
    hub.pull()
        .await
        .expect_text(200, r#"{"fetched":{},"stored":0,"routed":0}"#);
    hub.finish().await;
}

#[tokio::test]
async fn any_body_of_a_pull_is_let_pass() {
    let hub = TestHub::start().await;
    hub.call(Method::POST, "/ingest/pull-status")
        .json(&json!({}))
        .send()
        .await
        .expect(200);
    hub.finish().await;
}
