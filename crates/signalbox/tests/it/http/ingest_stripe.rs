//! `POST /ingest/stripe`. What it refuses stands in `bad_events`.

use serde_json::{Value, json};

use crate::support::{
    SECRET, START, TestHub, event, eventually, failed_payout, fixture, sign, sign_at, with_type,
};

#[tokio::test]
async fn a_signed_event_is_received_and_the_same_again_is_deduped() {
    let hub = TestHub::start().await;
    let body = fixture("stripe/payout_failed.json");
    hub.stripe(&body)
        .await
        .expect_text(200, r#"{"received":true}"#);
    hub.stripe(&body)
        .await
        .expect_text(200, r#"{"received":true,"deduped":true}"#);
    hub.stripe(&body)
        .await
        .expect_text(200, r#"{"received":true,"deduped":true}"#);
    let event = hub.delivered("evt_1abc").await;
    assert_eq!(event["duplicates"], 2);
    assert_eq!(hub.event_ids("").await, ["evt_1abc"]);
    hub.finish().await;
}

#[tokio::test]
async fn an_event_is_deduped_after_a_restart_too() {
    let hub = TestHub::start().await;
    let body = fixture("stripe/payout_failed.json");
    hub.take(&body).await;
    hub.delivered("evt_1abc").await;
    let hub = hub.restart().await;
    hub.stripe(&body)
        .await
        .expect_json(200, &json!({ "received": true, "deduped": true }));
    assert_eq!(hub.deliveries("").await.len(), 1);
    hub.finish().await;
}

#[tokio::test]
async fn the_seeds_events_normalize_as_the_seed_says() {
    let hub = TestHub::start().await;
    hub.take(fixture("stripe/payout_failed.json")).await;
    let mut event = hub.delivered("evt_1abc").await;
    for detail in ["history", "deliveries", "explain", "updated_at"] {
        event.as_object_mut().unwrap().remove(detail).unwrap();
    }
    let raw: Value = serde_json::from_slice(&fixture("stripe/payout_failed.json")).unwrap();
    let expected = json!({
        "event_id": "evt_1abc", "source": "stripe", "kind": "payment", "severity": "critical",
        "service": "stripe", "summary": "payout.failed: po_123",
        "description": "Insufficient funds", "started_at": "2024-01-15T10:40:00Z",
        "resolved_at": null, "routed": true, "delivered_to": ["pagerduty"],
        "received_at": "2024-01-15T12:00:00Z", "duplicates": 0, "component": null,
        "origin": "live", "livemode": null, "raw": raw,
    });
    assert_eq!(event, expected);

    hub.take(fixture("stripe/payment_failed.json")).await;
    let event = hub.event("evt_2def").await;
    assert_eq!(event["severity"], "warning");
    assert_eq!(event["summary"], "payment_intent.payment_failed: pi_456");
    assert_eq!(event["description"], "Card declined");
    assert_eq!(event["started_at"], "2024-01-15T10:50:00Z");
    assert_eq!(
        (&event["routed"], &event["delivered_to"]),
        (&json!(false), &json!([]))
    );
    hub.finish().await;
}

#[tokio::test]
async fn a_signature_of_300_seconds_either_way_is_taken() {
    let hub = TestHub::start().await;
    for (id, at) in [("evt_old", START - 300), ("evt_ahead", START + 300)] {
        let body = failed_payout(id);
        let answer = hub.stripe_signed(&sign_at(SECRET, &body, at), &body).await;
        answer.expect_json(200, &json!({ "received": true }));
    }
    hub.finish().await;
}

#[tokio::test]
async fn what_lies_just_within_the_limits_is_taken() {
    let hub = TestHub::start().await;
    let rest = |id: &str, rest: &str| {
        event(
            &format!("\"{id}\""),
            "\"payout.failed\"",
            "1705315200",
            rest,
        )
    };
    let long = "x".repeat(255);
    hub.take(failed_payout(&long)).await;
    assert_eq!(hub.delivered(&long).await["event_id"], long);
    let deep = format!(",\"deep\":{}{}", "[".repeat(63), "]".repeat(63));
    hub.take(rest("evt_deep", &deep)).await;
    hub.take(event("\"evt_epoch\"", "\"payout.failed\"", "0", ""))
        .await;
    assert_eq!(
        hub.event("evt_epoch").await["started_at"],
        "1970-01-01T00:00:00Z"
    );
    hub.take(event(
        "\"evt_late\"",
        "\"payout.failed\"",
        "253370764799",
        "",
    ))
    .await;
    assert_eq!(
        hub.event("evt_late").await["started_at"],
        "9998-12-31T23:59:59Z"
    );
    hub.take(rest(
        "evt_keys",
        ",\"a\":{\"x\":1},\"b\":{\"x\":2,\"id\":3}",
    ))
    .await;
    hub.take(rest("evt_pair", ",\"x\":\"\\ud83d\\ude00 \\\\u0000\""))
        .await;
    hub.take(event(
        "\"evt_type\"",
        &format!("\"{}\"", "t".repeat(255)),
        "1",
        "",
    ))
    .await;
    hub.finish().await;
}

#[tokio::test]
async fn raw_is_kept_to_the_byte() {
    let hub = TestHub::start().await;
    // The last number fits into no float, so none of this can be read and written again.
    let odd = ",\"z\":1.000000000000000000001, \"a\":12345678901234567890123,\n \"u\":\"\\u00e9\\/\"\
               ,\"e\":1E400";
    let body = event("\"evt_raw\"", "\"payout.failed\"", "1705315200", odd);
    hub.take(&body).await;
    for path in ["/events", "/events/evt_raw"] {
        let answer = hub.get(path).await;
        assert!(
            answer.text().contains(&format!("\"raw\":{body}")),
            "{path}: {}",
            answer.text()
        );
    }
    let hub = hub.restart().await;
    assert!(
        hub.get("/events/evt_raw")
            .await
            .text()
            .contains(&format!("\"raw\":{body}"))
    );
    hub.finish().await;
}

#[tokio::test]
async fn an_event_with_a_number_beyond_all_floats_is_delivered_like_any_other() {
    let hub = TestHub::start().await;
    let body = event(
        "\"evt_raw\"",
        "\"payout.failed\"",
        "1705315200",
        ",\"e\":1E400",
    );
    hub.take(&body).await;
    let row = settled_delivery(&hub, "evt_raw").await;
    assert_eq!(row["state"], "delivered", "{row}");
    let received = hub.get("/destinations/pagerduty").await;
    assert!(
        received.text().contains(&format!("\"raw\":{body}")),
        "{}",
        received.text()
    );
    hub.finish().await;
}

#[tokio::test]
async fn the_largest_event_is_delivered_like_any_other() {
    let hub = TestHub::start().await;
    let filled = |n: usize| {
        let pad = format!(",\"pad\":\"{}\"", "x".repeat(n));
        event("\"evt_large\"", "\"payout.failed\"", "1705315200", &pad)
    };
    hub.take(filled(1_024 * 1_024 - filled(0).len())).await;
    let row = settled_delivery(&hub, "evt_large").await;
    assert_eq!(row["state"], "delivered", "{row}");
    hub.finish().await;
}

/// Waits until the one delivery of an event is no longer pending.
async fn settled_delivery(hub: &TestHub, event_id: &str) -> Value {
    eventually("the delivery settled", async || {
        let row = hub
            .deliveries(&format!("event_id={event_id}"))
            .await
            .remove(0);
        (row["state"] != "pending").then_some(row)
    })
    .await
}

#[tokio::test]
async fn any_of_several_secrets_may_have_signed() {
    let hub = TestHub::builder()
        .set("STRIPE_WEBHOOK_SECRET", "whsec_old, whsec_new,,")
        .start()
        .await;
    for (id, secret) in [("evt_by_old", "whsec_old"), ("evt_by_new", "whsec_new")] {
        let body = failed_payout(id);
        hub.stripe_signed(&sign(secret, &body), &body)
            .await
            .expect(200);
    }
    // While a secret is rolled, Stripe signs with both; one that we know is enough.
    let body = failed_payout("evt_by_both");
    let both = sign("whsec_unknown", &body) + &sign("whsec_new", &body).replace("t=", ",x=");
    hub.stripe_signed(&both, &body).await.expect(200);
    let body = failed_payout("evt_by_nobody");
    for secret in [
        "whsec_unknown",
        "whsec_old, whsec_new",
        "whsec_old,whsec_new",
        " whsec_new",
    ] {
        hub.stripe_signed(&sign(secret, &body), &body)
            .await
            .problem(400, "signature_mismatch");
    }
    // An empty element is no key: anybody could sign with it. HMAC takes one all the same.
    hub.stripe_signed(&sign("", &body), &body)
        .await
        .problem(400, "signature_mismatch");
    assert_eq!(hub.events("").await.len(), 3);
    hub.finish().await;
}

#[tokio::test]
async fn without_a_secret_the_endpoint_says_so_and_everything_else_works() {
    let hub = TestHub::builder()
        .set("STRIPE_WEBHOOK_SECRET", "")
        .start()
        .await;
    let body = failed_payout("evt_early");
    let answer = hub.stripe_signed(&sign("", &body), &body).await;
    let detail = answer.problem(503, "not_configured");
    assert!(detail.contains("STRIPE_WEBHOOK_SECRET"), "{detail}");
    assert!(!answer.header("retry-after").is_empty());
    hub.post("/ingest/stripe", "")
        .await
        .problem(503, "not_configured");
    hub.pull().await.expect(200);
    hub.delivered("spreedly_status:inc_spreedly_1").await;
    assert_eq!(hub.received().await.len(), 1);
    hub.get("/readyz").await.expect(200);
    hub.finish().await;
}

#[tokio::test]
async fn types_outside_the_table_are_kept_as_info_and_never_routed() {
    let hub = TestHub::builder()
        .set("ROUTE_WARNING", "true")
        .start()
        .await;
    for (id, event_type) in [
        ("evt_paid", "payout.paid"),
        ("evt_new", "quantum.refund_failed"),
    ] {
        hub.take(with_type(id, event_type)).await;
        let event = hub.event(id).await;
        assert_eq!(
            (&event["severity"], &event["kind"]),
            (&json!("info"), &json!("payment"))
        );
        assert_eq!(event["routed"], false);
        assert_eq!(event["explain"]["rule"], "info-never");
    }
    hub.finish().await;
}

#[tokio::test]
async fn both_generations_of_events_are_read() {
    let hub = TestHub::start().await;
    hub.take(fixture("stripe/thin_payout_failed.json")).await;
    hub.take(fixture("stripe/thin_without_related_object.json"))
        .await;
    let thin = hub.events("severity=critical").await;
    assert_eq!(thin.len(), 1);
    assert_eq!(thin[0]["routed"], true);
    assert!(
        thin[0]["summary"]
            .as_str()
            .unwrap()
            .starts_with("v1.payout.failed: ")
    );
    let started = thin[0]["started_at"].as_str().unwrap();
    assert!(started.ends_with('Z'), "{started}");
    hub.finish().await;
}

#[tokio::test]
async fn a_test_mode_event_reaches_the_mock_like_any_other() {
    let hub = TestHub::start().await;
    hub.take(event(
        "\"evt_test\"",
        "\"payout.failed\"",
        "1",
        ",\"livemode\":false",
    ))
    .await;
    let event = hub.delivered("evt_test").await;
    assert_eq!(
        (&event["livemode"], &event["routed"]),
        (&json!(false), &json!(true))
    );
    hub.finish().await;
}
