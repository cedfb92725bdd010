//! `POST /ingest/stripe`.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    SECRET, START, TestHub, event, eventually, failed_payout, fixture, sign, sign_at, with_type,
};

/// Requires that nothing is stored.
async fn assert_nothing_stored(hub: &TestHub, why: &str) {
    assert_eq!(hub.event_ids("").await, Vec::<String>::new(), "{why}");
}

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
async fn a_signature_that_does_not_hold_is_refused_with_its_reason() {
    let hub = TestHub::start().await;
    let body = failed_payout("evt_forged");
    let good = sign(SECRET, &body);
    let (time, v1) = good.split_once(',').unwrap();
    let long = format!("{good},{}", "v1=0,".repeat(13_107));
    assert!(long.len() > 64 * 1_024);
    for (name, signature, code) in [
        ("empty", "", "signature_malformed"),
        ("without an equals sign", "garbage", "signature_malformed"),
        ("64 KiB", long.as_str(), "signature_malformed"),
        ("t twice", &format!("{time},{good}"), "signature_malformed"),
        ("no t", v1, "signature_malformed"),
        ("no v1", time, "signature_malformed"),
        (
            "t is no number",
            &format!("t=now,{v1}"),
            "signature_malformed",
        ),
        (
            "t has a sign",
            &format!("t=+{START},{v1}"),
            "signature_malformed",
        ),
        (
            "t beyond all numbers",
            &format!("t=99999999999999999999,{v1}"),
            "signature_malformed",
        ),
        (
            "v1 is not hex",
            &format!("{time},v1=zz"),
            "signature_malformed",
        ),
        (
            "another scheme",
            &good.replace("v1=", "v0="),
            "signature_malformed",
        ),
        (
            "another secret",
            &sign("whsec_other", &body),
            "signature_mismatch",
        ),
        ("another body", &sign(SECRET, "{}"), "signature_mismatch"),
        (
            "another time",
            &good.replace(time, &format!("t={}", START + 1)),
            "signature_mismatch",
        ),
        ("cut short", &good[..good.len() - 2], "signature_malformed"),
        (
            "301 s old",
            &sign_at(SECRET, &body, START - 301),
            "signature_expired",
        ),
        (
            "301 s ahead",
            &sign_at(SECRET, &body, START + 301),
            "signature_expired",
        ),
    ] {
        let answer = hub.stripe_signed(signature, &body).await;
        let detail = answer.problem(400, code);
        assert!(
            !detail.contains(v1) && !detail.contains(SECRET),
            "{name}: {detail}"
        );
        assert_nothing_stored(&hub, name).await;
    }
    hub.post("/ingest/stripe", body.clone())
        .await
        .problem(400, "signature_missing");
    let twice = hub.call(Method::POST, "/ingest/stripe").body(body.clone());
    let twice = twice
        .header("stripe-signature", &good)
        .header("stripe-signature", &good);
    twice.send().await.problem(400, "signature_missing");
    assert_nothing_stored(&hub, "two headers").await;
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
async fn a_signed_body_that_is_no_stripe_event_is_refused_by_the_name_of_its_field() {
    let hub = TestHub::start().await;
    let id = |id: &str| event(id, "\"payout.failed\"", "1705315200", "");
    let created = |created: &str| event("\"evt_bad\"", "\"payout.failed\"", created, "");
    let rest = |rest: &str| event("\"evt_bad\"", "\"payout.failed\"", "1705315200", rest);
    let deep = |levels: usize| {
        rest(&format!(
            ",\"deep\":{}{}",
            "[".repeat(levels),
            "]".repeat(levels)
        ))
    };
    for (name, body, starts) in [
        ("empty", String::new(), "body is empty"),
        ("blank", " \n".into(), "body is empty"),
        ("garbage", "payout failed".into(), "body is not JSON"),
        (
            "cut short",
            r#"{"id":"evt_bad","#.into(),
            "body is not JSON",
        ),
        (
            "two documents",
            format!("{}{{}}", failed_payout("evt_bad")),
            "body is not JSON",
        ),
        ("null", "null".into(), "body: expected a JSON object"),
        ("a list", "[]".into(), "body: expected a JSON object"),
        ("a string", "\"x\"".into(), "body: expected a JSON object"),
        ("a number", "7".into(), "body: expected a JSON object"),
        ("no id", r#"{"object":"event"}"#.into(), "id: expected"),
        ("id null", id("null"), "id: expected"),
        ("id a number", id("7"), "id: expected"),
        ("id a list", id("[\"evt_bad\"]"), "id: expected"),
        ("id empty", id("\"\""), "id: expected"),
        (
            "id of 256 bytes",
            id(&format!("\"{}\"", "x".repeat(256))),
            "id: expected",
        ),
        (
            "id of 10 kB",
            id(&format!("\"{}\"", "x".repeat(10_000))),
            "id: expected",
        ),
        ("id with a slash", id("\"evt/bad\""), "id: expected"),
        (
            "id with a colon",
            id("\"spreedly_status:bad\""),
            "id: expected",
        ),
        ("id with a space", id("\"evt bad\""), "id: expected"),
        ("id with a line end", id("\"evt\\nbad\""), "id: expected"),
        ("id beyond ASCII", id("\"evt_ü\""), "id: expected"),
        (
            "type missing",
            r#"{"id":"evt_bad","object":"event"}"#.into(),
            "type: expected",
        ),
        (
            "type a number",
            event("\"evt_bad\"", "7", "1", ""),
            "type: expected",
        ),
        (
            "type empty",
            event("\"evt_bad\"", "\"\"", "1", ""),
            "type: expected",
        ),
        ("created negative", created("-1"), "created: expected"),
        (
            "created fractional",
            created("1705315200.5"),
            "created: expected",
        ),
        ("created 1e300", created("1e300"), "created: expected"),
        ("created 1e9", created("1e9"), "created: expected"),
        (
            "created a string",
            created("\"1705315200\""),
            "created: expected",
        ),
        ("created null", created("null"), "created: expected"),
        (
            "created in 9999",
            created("253370764800"),
            "created: expected",
        ),
        (
            "created beyond all numbers",
            created(&"9".repeat(400)),
            "created: expected",
        ),
        (
            "livemode a word",
            rest(",\"livemode\":\"yes\""),
            "livemode: expected",
        ),
        (
            "object a charge",
            failed_payout("evt_bad").replace("\"event\"", "\"charge\""),
            "object: expected",
        ),
        (
            "data a list",
            failed_payout("evt_bad").replace("{\"object\":{\"id\":\"po_1\"}}", "[]"),
            "data: expected",
        ),
        (
            "data empty",
            failed_payout("evt_bad").replace("{\"object\":{\"id\":\"po_1\"}}", "{}"),
            "data.object: expected",
        ),
        ("65 levels", deep(64), "body is nested deeper than 64"),
        (
            "100,000 levels",
            deep(100_000),
            "body is nested deeper than 64",
        ),
        (
            "a key twice",
            rest(",\"id\":\"evt_other\""),
            "a top-level key stands twice",
        ),
        (
            "a key twice, spelled differently",
            rest(",\"\\u0069d\":\"evt_other\""),
            "a top-level key stands twice",
        ),
        ("NUL", rest(",\"x\":\"a\\u0000b\""), "a string holds NUL"),
        (
            "half a surrogate pair",
            rest(",\"x\":\"\\ud800\""),
            "a string holds a lone surrogate",
        ),
    ] {
        let detail = hub.stripe(&body).await.problem(400, "invalid_body");
        assert!(detail.starts_with(starts), "{name}: {detail}");
        assert!(
            !detail.contains("evt_bad"),
            "{name} quotes the document: {detail}"
        );
        assert_nothing_stored(&hub, name).await;
    }
    let detail = hub
        .stripe(b"{\"id\":\"\xff\"}")
        .await
        .problem(400, "invalid_body");
    assert!(
        detail.starts_with("body is not UTF-8 (first bad byte at offset 7)"),
        "{detail}"
    );
    assert_nothing_stored(&hub, "not UTF-8").await;
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
