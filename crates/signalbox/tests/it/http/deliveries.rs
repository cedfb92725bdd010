//! `GET /deliveries` and `POST /deliveries/{id}/retry`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Fake, FakePager, PageDocument, Reply, TestHub, failed_payout};

/// A hub with a delivered, a dead and a pending delivery, in this order.
async fn hub_with_each_state(pager: &FakePager) -> TestHub {
    let hub = TestHub::builder().pager(pager).start().await;
    hub.take(failed_payout("evt_delivered")).await;
    hub.wait_deliveries("state=delivered", 1).await;
    pager.then([Reply::status(400), Reply::status(500)]);
    hub.take(failed_payout("evt_dead")).await;
    hub.wait_deliveries("state=dead", 1).await;
    hub.take(failed_payout("evt_pending")).await;
    pager.wait_for(3).await;
    crate::support::eventually("the failure on record", async || {
        let rows = hub.deliveries("event_id=evt_pending").await;
        (rows[0]["reason"] == "server_error").then_some(())
    })
    .await;
    hub
}

fn ids(rows: &[Value]) -> Vec<&str> {
    rows.iter()
        .map(|row| row["event_id"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_delivery_has_exactly_its_fields_in_every_state() {
    let pager = FakePager::accepting().await;
    let hub = hub_with_each_state(&pager).await;
    let rows = hub.deliveries("").await;
    assert_eq!(
        ids(&rows),
        ["evt_pending", "evt_dead", "evt_delivered"],
        "newest first"
    );
    let expected = BTreeSet::from([
        "id",
        "event_id",
        "destination",
        "action",
        "state",
        "attempts",
        "reason",
        "dedup_key",
        "created_at",
        "next_attempt_at",
    ]);
    for (row, (state, reason)) in rows.iter().zip([
        ("pending", "server_error"),
        ("dead", "refused"),
        ("delivered", "accepted"),
    ]) {
        let fields: BTreeSet<_> = row
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(fields, expected);
        assert_eq!(
            (&row["state"], &row["reason"]),
            (&json!(state), &json!(reason))
        );
        assert_eq!(
            (&row["action"], &row["attempts"]),
            (&json!("trigger"), &json!(1))
        );
        assert_eq!(
            row["next_attempt_at"].is_string(),
            state == "pending",
            "{row}"
        );
    }
    hub.finish().await;
}

#[tokio::test]
async fn each_filter_restricts() {
    let pager = FakePager::accepting().await;
    let hub = hub_with_each_state(&pager).await;
    for (query, expected) in [
        ("state=pending", &["evt_pending"][..]),
        ("state=dead", &["evt_dead"]),
        ("state=delivered", &["evt_delivered"]),
        ("state=cancelled", &[]),
        ("event_id=evt_dead", &["evt_dead"]),
        ("event_id=evt_nobody", &[]),
        ("destination=pagerduty&state=dead", &["evt_dead"]),
        ("destination=nobody", &[]),
        ("limit=1", &["evt_pending"]),
    ] {
        assert_eq!(ids(&hub.deliveries(query).await), expected, "{query}");
    }
    hub.finish().await;
}

#[tokio::test]
async fn a_bad_value_is_refused_by_the_name_of_its_parameter() {
    let hub = TestHub::start().await;
    for (query, starts) in [
        ("state=lost", "state: expected"),
        ("state=", "state: expected"),
        ("limit=0", "limit: expected"),
        ("limit=501", "limit: expected"),
        ("cursor=x", "cursor: expected"),
        ("event_id=", "event_id: expected"),
        ("destination=%00", "destination: expected"),
        ("state=dead&state=dead", "state: expected"),
        ("severity=critical", "severity: unknown parameter"),
    ] {
        let answer = hub.get(&format!("/deliveries?{query}")).await;
        let detail = answer.problem(400, "invalid_parameter");
        assert!(detail.starts_with(starts), "{query}: {detail}");
    }
    hub.finish().await;
}

#[tokio::test]
async fn a_walk_along_the_cursor_shows_each_delivery_once() {
    let hub = TestHub::start().await;
    for n in 0..7 {
        hub.take(failed_payout(&format!("evt_{n}"))).await;
    }
    hub.wait_deliveries("state=delivered", 7).await;
    for filter in [
        "",
        "state=delivered",
        "destination=pagerduty&state=delivered",
    ] {
        let mut walked = Vec::new();
        let mut path = format!("/deliveries?limit=3&{filter}");
        loop {
            let answer = hub.get(&path).await;
            let list = answer.expect(200);
            walked.extend(list["deliveries"].as_array().unwrap().clone());
            if list["next_cursor"].is_null() {
                break;
            }
            let link = answer.header("link");
            path = link
                .trim_start_matches('<')
                .trim_end_matches(">; rel=\"next\"")
                .to_owned();
            assert!(path.starts_with("/deliveries?limit=3&"), "{link}");
        }
        let expected = [
            "evt_6", "evt_5", "evt_4", "evt_3", "evt_2", "evt_1", "evt_0",
        ];
        assert_eq!(ids(&walked), expected, "{filter}");
    }
    hub.finish().await;
}

#[tokio::test]
async fn a_dead_delivery_is_sent_again_on_request_under_the_same_key() {
    let pager = FakePager::accepting().await;
    let hub = hub_with_each_state(&pager).await;
    let dead = hub.deliveries("state=dead").await.remove(0);
    let id = dead["id"].as_i64().unwrap();
    let answer = hub.post(&format!("/deliveries/{id}/retry"), "").await;
    answer.expect_json(202, &json!({ "id": id, "retry": "due" }));
    let rows = hub
        .wait_deliveries("event_id=evt_dead&state=delivered", 1)
        .await;
    assert_eq!(
        (&rows[0]["id"], &rows[0]["attempts"]),
        (&json!(id), &json!(2))
    );
    assert_eq!(
        hub.event("evt_dead").await["delivered_to"],
        json!(["pagerduty"])
    );
    let asked = pager.asked();
    assert_eq!(asked.iter().filter(|(_, key)| key == "evt_dead").count(), 2);
    hub.finish().await;
}

#[tokio::test]
async fn a_pending_delivery_is_sent_at_once_on_request() {
    let pager = FakePager::accepting().await;
    let hub = hub_with_each_state(&pager).await;
    let id = hub.deliveries("state=pending").await[0]["id"]
        .as_i64()
        .unwrap();
    let answer = hub.post(&format!("/deliveries/{id}/retry"), "").await;
    answer.expect_json(202, &json!({ "id": id, "retry": "due" }));
    hub.wait_deliveries("event_id=evt_pending&state=delivered", 1)
        .await;
    hub.finish().await;
}

#[tokio::test]
async fn what_the_destination_has_is_not_sent_again() {
    let pager = FakePager::accepting().await;
    let hub = hub_with_each_state(&pager).await;
    let before = pager.seen().len();
    let id = hub.deliveries("state=delivered").await[0]["id"]
        .as_i64()
        .unwrap();
    let answer = hub.post(&format!("/deliveries/{id}/retry"), "").await;
    answer.expect_json(202, &json!({ "id": id, "retry": "delivered" }));
    hub.settle().await;
    assert_eq!(pager.seen().len(), before);
    hub.finish().await;
}

#[tokio::test]
async fn an_unknown_delivery_cannot_be_retried() {
    let hub = TestHub::start().await;
    for id in ["1", "0", "-1", "x", "1.5", "99999999999999999999", "%FF"] {
        let answer = hub.post(&format!("/deliveries/{id}/retry"), "").await;
        let detail = answer.problem(404, "not_found");
        assert!(detail.starts_with("id: "), "{id}: {detail}");
    }
    hub.finish().await;
}

#[tokio::test]
async fn nobody_is_paged_on_request_for_what_is_over() {
    let pager = FakePager::accepting().await;
    pager.then([Reply::status(400)]);
    let open = PageDocument::edited("2024-01-15T11:00:00Z").incident(
        "i1",
        "critical",
        "investigating",
        "2024-01-15T11:00:00Z",
    );
    let page = Fake::answering(open.reply()).await;
    let hub = TestHub::builder()
        .pager(&pager)
        .only_spreedly(&page)
        .start()
        .await;
    hub.pull().await.expect(200);
    let id = hub.wait_deliveries("state=dead", 1).await[0]["id"]
        .as_i64()
        .unwrap();
    page.answer(open.resolved_at("2024-01-15T11:30:00Z").reply());
    hub.pull().await.expect(200);
    assert_eq!(
        hub.event("spreedly_status:i1").await["resolved_at"],
        "2024-01-15T11:30:00Z"
    );
    hub.post(&format!("/deliveries/{id}/retry"), "")
        .await
        .problem(409, "event_resolved");
    hub.settle().await;
    assert_eq!(pager.seen().len(), 1);
    hub.finish().await;
}

#[tokio::test]
async fn no_page_is_closed_on_request_for_what_is_open_again() {
    let pager = FakePager::accepting().await;
    pager.then([FakePager::accepted(), Reply::status(400)]);
    let shown = |status: &str, at: &str| {
        PageDocument::edited(at)
            .incident("i1", "critical", status, at)
            .reply()
    };
    let page = Fake::answering(shown("investigating", "2024-01-15T11:00:00Z")).await;
    let hub = TestHub::builder()
        .pager(&pager)
        .only_spreedly(&page)
        .start()
        .await;
    hub.pull().await.expect(200);
    hub.wait_deliveries("state=delivered", 1).await;
    page.answer(shown("resolved", "2024-01-15T11:10:00Z"));
    hub.pull().await.expect(200);
    let dead = hub.wait_deliveries("state=dead", 1).await.remove(0);
    assert_eq!(dead["action"], "resolve");
    page.answer(shown("investigating", "2024-01-15T11:20:00Z"));
    hub.pull().await.expect(200);
    hub.wait_deliveries("state=delivered", 2).await;
    let retry = format!("/deliveries/{}/retry", dead["id"]);
    hub.post(&retry, "").await.problem(409, "event_reopened");
    hub.settle().await;
    assert_eq!(pager.seen().len(), 3);
    hub.finish().await;
}
