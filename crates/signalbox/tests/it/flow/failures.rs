//! Destinations that fail: what is tried again, when, and what is given up.

use serde_json::{Value, json};

use crate::support::{
    Fake, FakePager, PageDocument, Reply, TestHub, eventually, failed_payout, pass,
};

async fn paging_hub(pager: &FakePager) -> TestHub {
    TestHub::builder().pager(pager).start().await
}

/// Waits until an attempt at an event's only delivery has a reason on record.
async fn tried(hub: &TestHub, event_id: &str, reason: &str) -> Value {
    eventually(&format!("{event_id} {reason}"), async || {
        let row = hub
            .deliveries(&format!("event_id={event_id}"))
            .await
            .pop()?;
        (row["reason"] == reason).then_some(row)
    })
    .await
}

/// Returns the log of attempts at an event's only delivery.
async fn log(hub: &TestHub, event_id: &str) -> Vec<(String, Value)> {
    let event = hub.event(event_id).await;
    let attempts = event["deliveries"][0]["log"].as_array().unwrap();
    let shown = |attempt: &Value| {
        (
            attempt["reason"].as_str().unwrap().to_owned(),
            attempt["status"].clone(),
        )
    };
    attempts.iter().map(shown).collect()
}

#[tokio::test]
async fn every_failure_that_may_pass_is_tried_again() {
    let pager = FakePager::accepting().await;
    let hub = paging_hub(&pager).await;
    for (n, (reply, reason)) in [
        (Reply::status(500), "server_error"),
        (Reply::status(503), "server_error"),
        (Reply::status(408), "try_again"),
        (Reply::status(425), "try_again"),
        (Reply::status(429), "rate_limited"),
        (Reply::redirect("/elsewhere"), "redirected"),
        (Reply::deaf(), "interrupted"),
        (Reply::text("x").with_status(600), "bad_answer"),
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("evt_{n}");
        pager.then([reply]);
        hub.take(failed_payout(&id)).await;
        let row = tried(&hub, &id, reason).await;
        assert_eq!(row["state"], "pending", "{row}");
        hub.advance(5).await;
        hub.delivered(&id).await;
        let reasons: Vec<_> = log(&hub, &id)
            .await
            .into_iter()
            .map(|(reason, _)| reason)
            .collect();
        assert_eq!(reasons, [reason, "accepted"]);
    }
    assert_eq!(pager.seen().len(), 16);
    assert!(
        pager.seen().iter().all(|seen| seen.path == FakePager::PATH),
        "no redirect is followed"
    );
    assert!(pager.keys_by_event().values().all(|keys| keys.len() == 1));
    hub.finish().await;
}

#[tokio::test]
async fn the_waits_between_attempts_grow_and_keep_the_promise() {
    let pager = FakePager::accepting().await;
    pager.answer(Reply::status(500));
    let hub = paging_hub(&pager).await;
    hub.take(failed_payout("evt_down")).await;
    for _ in 0..59 {
        // What was sent in this second is on record before the next one begins.
        eventually("all attempts on record", async || {
            let row = hub.deliveries("").await.remove(0);
            let recorded = hub.event("evt_down").await["deliveries"][0]["log"].clone();
            (row["attempts"] == recorded.as_array().unwrap().len()).then_some(())
        })
        .await;
        hub.advance(1).await;
    }
    let n_in_first_minute = pager.seen().len();
    assert!(
        (5..=8).contains(&n_in_first_minute),
        "{n_in_first_minute} attempts in a minute"
    );
    let row = tried(&hub, "evt_down", "server_error").await;
    assert_eq!(row["attempts"], n_in_first_minute);
    pager.answer(FakePager::accepted());
    hub.advance(64).await;
    hub.delivered("evt_down").await;
    hub.finish().await;
}

#[tokio::test]
async fn the_wait_that_a_destination_asks_for_is_kept() {
    let pager = FakePager::accepting().await;
    let hub = paging_hub(&pager).await;
    for (id, header) in [
        ("evt_s", "120"),
        ("evt_date", "Mon, 15 Jan 2024 12:04:01 GMT"),
    ] {
        pager.then([Reply::status(429).header("retry-after", header)]);
        let n_before = pager.seen().len();
        hub.take(failed_payout(id)).await;
        tried(&hub, id, "rate_limited").await;
        hub.advance(119).await;
        hub.settle().await;
        assert_eq!(pager.seen().len(), n_before + 1, "{id}: not a second early");
        hub.advance(2).await;
        hub.delivered(id).await;
    }
    hub.finish().await;
}

#[tokio::test]
async fn what_is_refused_for_good_is_dead_until_somebody_retries_it() {
    let pager = FakePager::accepting().await;
    let hub = paging_hub(&pager).await;
    for (n, status) in [400, 402, 404, 409, 410, 413, 422, 451]
        .into_iter()
        .enumerate()
    {
        let id = format!("evt_{status}");
        pager.then([Reply::status(status)]);
        hub.take(failed_payout(&id)).await;
        let row = tried(&hub, &id, "refused").await;
        assert_eq!(
            (&row["state"], &row["next_attempt_at"]),
            (&json!("dead"), &json!(null))
        );
        assert_eq!(
            log(&hub, &id).await,
            [("refused".to_owned(), json!(status))]
        );
        assert_eq!(hub.deliveries("state=dead").await.len(), n + 1);
    }
    hub.advance(100_000).await;
    assert_eq!(pager.seen().len(), 8, "nothing of it is tried again");
    for row in hub.deliveries("state=dead").await {
        hub.post(&format!("/deliveries/{}/retry", row["id"]), "")
            .await
            .expect(202);
    }
    hub.wait_deliveries("state=delivered", 8).await;
    assert_eq!(
        hub.event("evt_400").await["delivered_to"],
        json!(["pagerduty"])
    );
    hub.finish().await;
}

#[tokio::test]
async fn a_refused_credential_parks_the_destination_and_buries_nothing() {
    let pager = FakePager::accepting().await;
    pager.answer(Reply::status(401));
    let hub = paging_hub(&pager).await;
    hub.take(failed_payout("evt_first")).await;
    tried(&hub, "evt_first", "unauthorized").await;
    for n in 0..5 {
        hub.take(failed_payout(&format!("evt_{n}"))).await;
    }
    hub.advance(200).await;
    hub.settle().await;
    assert_eq!(pager.seen().len(), 1, "the others wait");
    assert_eq!(hub.deliveries("state=pending").await.len(), 6);

    pager.answer(Reply::status(403));
    hub.advance(101).await;
    hub.settle().await;
    assert_eq!(pager.seen().len(), 2, "one goes ahead to see");
    assert!(hub.deliveries("state=dead").await.is_empty());

    pager.answer(FakePager::accepted());
    hub.advance(301).await;
    hub.wait_deliveries("state=delivered", 6).await;
    assert_eq!(pager.seen().len(), 8);
    hub.finish().await;
}

#[tokio::test]
async fn a_parked_destination_is_tried_at_once_on_request() {
    let pager = FakePager::accepting().await;
    pager.then([Reply::status(403)]);
    let hub = paging_hub(&pager).await;
    hub.take(failed_payout("evt_first")).await;
    let row = tried(&hub, "evt_first", "unauthorized").await;
    hub.take(failed_payout("evt_second")).await;
    hub.post(&format!("/deliveries/{}/retry", row["id"]), "")
        .await
        .expect(202);
    hub.wait_deliveries("state=delivered", 2).await;
    hub.finish().await;
}

#[tokio::test]
async fn an_attempt_without_an_answer_ends_after_ten_seconds() {
    let pager = FakePager::accepting().await;
    pager.then([Reply::silent()]);
    let hub = paging_hub(&pager).await;
    hub.take(failed_payout("evt_hang")).await;
    pager.wait_for(1).await;
    pass(11).await;
    let row = tried(&hub, "evt_hang", "timeout").await;
    assert_eq!(row["state"], "pending");
    hub.advance(5).await;
    hub.delivered("evt_hang").await;
    hub.finish().await;
}

#[tokio::test]
async fn the_status_counts_however_the_rest_of_the_answer_goes_on() {
    let pager = FakePager::accepting().await;
    let hub = paging_hub(&pager).await;
    let body = FakePager::accepted();
    for (id, reply) in [
        ("evt_cut_off", body.clone().cut_off()),
        (
            "evt_huge",
            Reply::text(vec![b'x'; 10 * 1_024 * 1_024]).with_status(202),
        ),
        ("evt_endless", body.clone().endless()),
        ("evt_stalled", body.clone().stalled()),
        ("evt_dripping", body.dripping()),
    ] {
        pager.then([reply]);
        let n_before = pager.seen().len();
        hub.take(failed_payout(id)).await;
        pager.wait_for(n_before + 1).await;
        pass(11).await;
        hub.delivered(id).await;
        assert_eq!(
            log(&hub, id).await,
            [("accepted".to_owned(), json!(202))],
            "{id}"
        );
    }
    hub.finish().await;
}

#[tokio::test]
async fn a_trigger_that_needs_several_attempts_still_goes_before_its_resolve() {
    let pager = FakePager::accepting().await;
    pager.then([Reply::status(500), Reply::status(429), Reply::deaf()]);
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
    tried(&hub, "spreedly_status:i1", "server_error").await;
    page.answer(open.resolved_at("2024-01-15T11:30:00Z").reply());
    hub.pull().await.expect(200);
    let rows = hub.deliveries("").await;
    assert_eq!(
        (&rows[0]["action"], &rows[0]["state"]),
        (&json!("resolve"), &json!("pending"))
    );
    assert_eq!(
        rows[0]["next_attempt_at"],
        json!(null),
        "it waits for the trigger"
    );
    for n_tried in 2..4 {
        hub.advance(10).await;
        pager.wait_for(n_tried).await;
        hub.settle().await;
    }
    hub.advance(20).await;
    hub.wait_deliveries("state=delivered", 2).await;
    let asked = pager.asked();
    let actions: Vec<_> = asked.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(
        actions,
        ["trigger", "trigger", "trigger", "trigger", "resolve"]
    );
    assert!(asked.iter().all(|(_, key)| key == "spreedly_status:i1"));
    hub.finish().await;
}

#[tokio::test]
async fn a_delivery_is_kept_up_for_seventy_two_hours_and_then_dead() {
    let pager = FakePager::accepting().await;
    pager.answer(Reply::status(500));
    let hub = paging_hub(&pager).await;
    hub.take(failed_payout("evt_down")).await;
    tried(&hub, "evt_down", "server_error").await;
    hub.advance(71 * 3_600).await;
    pager.wait_for(2).await;
    hub.settle().await;
    assert_eq!(hub.deliveries("state=pending").await.len(), 1);
    hub.advance(3_600).await;
    let row = tried(&hub, "evt_down", "exhausted").await;
    assert_eq!(row["state"], "dead");
    hub.finish().await;
}
