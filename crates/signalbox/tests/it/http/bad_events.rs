//! `POST /ingest/stripe` with what is no Stripe event, or not under a good signature: the right
//! status, a problem that names the field, nothing quoted, nothing stored.

use reqwest::Method;

use crate::support::{SECRET, START, TestHub, event, failed_payout, sign, sign_at};

const BODY: &str = "body: expected a JSON object";

/// A hub that must stay empty.
struct Untouched(TestHub);

impl Untouched {
    async fn start() -> Self {
        Self(TestHub::start().await)
    }

    /// Sends a body under a good signature.
    async fn refuses(&self, name: &str, body: impl AsRef<[u8]>, starts: &str) {
        let detail = self.0.stripe(body).await.problem(400, "invalid_body");
        assert!(detail.starts_with(starts), "{name}: {detail}");
        assert!(
            !detail.contains("evt_"),
            "{name} quotes the document: {detail}"
        );
        self.assert_empty(name).await;
    }

    /// Sends a good body under a signature.
    async fn refuses_signature(&self, name: &str, signature: &str, code: &str) {
        let answer = self
            .0
            .stripe_signed(signature, failed_payout("evt_forged"))
            .await;
        let detail = answer.problem(400, code);
        assert!(!detail.contains(SECRET), "{name}: {detail}");
        assert!(
            signature.len() < 16 || !detail.contains(signature),
            "{name}: {detail}"
        );
        self.assert_empty(name).await;
    }

    async fn assert_empty(&self, name: &str) {
        assert_eq!(self.0.event_ids("").await, Vec::<String>::new(), "{name}");
    }
}

/// Writes an event with more fields behind the usual ones.
fn with_more(more: &str) -> String {
    event("\"evt_bad\"", "\"payout.failed\"", "1705315200", more)
}

#[tokio::test]
async fn a_signature_header_that_cannot_be_read_is_refused() {
    let hub = Untouched::start().await;
    let good = sign(SECRET, failed_payout("evt_forged"));
    let (time, v1) = good.split_once(',').unwrap();
    let long = format!("{good},{}", "v1=0,".repeat(13_107));
    assert!(long.len() > 64 * 1_024);
    let refuses = async |name, signature: &str| {
        hub.refuses_signature(name, signature, "signature_malformed")
            .await;
    };
    refuses("empty", "").await;
    refuses("without an equals sign", "garbage").await;
    refuses("64 KiB", &long).await;
    refuses("t twice", &format!("{time},{good}")).await;
    refuses("no t", v1).await;
    refuses("no v1", time).await;
    refuses("t is no number", &format!("t=now,{v1}")).await;
    refuses("t has a sign", &format!("t=+{START},{v1}")).await;
    refuses(
        "t beyond all numbers",
        &format!("t=99999999999999999999,{v1}"),
    )
    .await;
    refuses("v1 is not hex", &format!("{time},v1=zz")).await;
    refuses("v1 is cut short", &good[..good.len() - 2]).await;
    refuses("another scheme", &good.replace("v1=", "v0=")).await;
    let mut wire = hub.0.wire().await;
    let head =
        b"POST /ingest/stripe HTTP/1.1\r\nhost: hub\r\nstripe-signature: t=1,v1=\xff\r\n\r\n";
    assert!(wire.send(head).await);
    wire.answer()
        .await
        .unwrap()
        .problem(400, "signature_malformed");
    hub.0.finish().await;
}

#[tokio::test]
async fn a_signature_that_does_not_hold_is_refused() {
    let hub = Untouched::start().await;
    let body = failed_payout("evt_forged");
    let (good, later) = (sign(SECRET, &body), format!("t={}", START + 1));
    let mismatch = "signature_mismatch";
    hub.refuses_signature("another secret", &sign("whsec_other", &body), mismatch)
        .await;
    hub.refuses_signature("another body", &sign(SECRET, "{}"), mismatch)
        .await;
    let moved = good.replace(&format!("t={START}"), &later);
    hub.refuses_signature("another time", &moved, mismatch)
        .await;
    for at in [START - 301, START + 301, 0] {
        let signature = sign_at(SECRET, &body, at);
        hub.refuses_signature("out of time", &signature, "signature_expired")
            .await;
    }
    hub.0
        .post("/ingest/stripe", body.clone())
        .await
        .problem(400, "signature_missing");
    let twice = hub.0.call(Method::POST, "/ingest/stripe").body(body);
    let twice = twice
        .header("stripe-signature", &good)
        .header("stripe-signature", &good);
    twice.send().await.problem(400, "signature_missing");
    hub.assert_empty("no header, or two").await;
    hub.0.finish().await;
}

#[tokio::test]
async fn what_is_no_json_object_is_refused() {
    let hub = Untouched::start().await;
    hub.refuses("empty", "", "body is empty").await;
    hub.refuses("blank", " \n", "body is empty").await;
    hub.refuses("garbage", "payout failed", "body is not JSON")
        .await;
    hub.refuses("cut short", r#"{"id":"evt_bad","#, "body is not JSON")
        .await;
    hub.refuses(
        "two documents",
        failed_payout("evt_bad") + "{}",
        "body is not JSON",
    )
    .await;
    hub.refuses("null", "null", BODY).await;
    hub.refuses("a list", "[]", BODY).await;
    hub.refuses("a string", "\"x\"", BODY).await;
    hub.refuses("a number", "7", BODY).await;
    let offset = "body is not UTF-8 (first bad byte at offset 7)";
    hub.refuses("not UTF-8", b"{\"id\":\"\xff\"}", offset).await;
    hub.0.finish().await;
}

#[tokio::test]
async fn an_id_that_is_none_is_refused() {
    let hub = Untouched::start().await;
    let refuses = async |name, id: &str| {
        let body = event(id, "\"payout.failed\"", "1705315200", "");
        hub.refuses(name, body, "id: expected").await;
    };
    hub.refuses("no id", r#"{"object":"event"}"#, "id: expected")
        .await;
    refuses("null", "null").await;
    refuses("a number", "7").await;
    refuses("a list", "[\"evt_bad\"]").await;
    refuses("empty", "\"\"").await;
    refuses("of 256 bytes", &format!("\"{}\"", "x".repeat(256))).await;
    refuses("of 10 kB", &format!("\"{}\"", "x".repeat(10_000))).await;
    refuses("with a slash", "\"evt/bad\"").await;
    refuses("with a colon, like ours", "\"spreedly_status:bad\"").await;
    refuses("with a space", "\"evt bad\"").await;
    refuses("with a line end", "\"evt\\nbad\"").await;
    refuses("beyond ASCII", "\"evt_ü\"").await;
    hub.0.finish().await;
}

#[tokio::test]
async fn a_time_that_is_none_is_refused() {
    let hub = Untouched::start().await;
    let refuses = async |name, created: &str| {
        let body = event("\"evt_bad\"", "\"payout.failed\"", created, "");
        hub.refuses(name, body, "created: expected").await;
    };
    refuses("negative", "-1").await;
    refuses("fractional", "1705315200.5").await;
    refuses("1e300", "1e300").await;
    refuses("1e9", "1e9").await;
    refuses("a string", "\"1705315200\"").await;
    refuses("null", "null").await;
    refuses("true", "true").await;
    refuses("in the year 9999", "253370764800").await;
    refuses("beyond all numbers", &"9".repeat(400)).await;
    let thin = |created: &str| {
        format!(r#"{{"id":"evt_bad","object":"v2.core.event","type":"a","created":{created}}}"#)
    };
    for created in [
        "1705315200",
        "\"yesterday\"",
        "\"1969-12-31T23:59:59Z\"",
        "\"\"",
    ] {
        hub.refuses(created, thin(created), "created: expected")
            .await;
    }
    hub.0.finish().await;
}

#[tokio::test]
async fn any_other_field_that_is_wrong_is_named() {
    let hub = Untouched::start().await;
    let data =
        |data: &str| failed_payout("evt_bad").replace("{\"object\":{\"id\":\"po_1\"}}", data);
    let typed = |event_type: &str| event("\"evt_bad\"", event_type, "1705315200", "");
    let bare = r#"{"id":"evt_bad","object":"event"}"#;
    let charge = failed_payout("evt_bad").replace("\"event\"", "\"charge\"");
    hub.refuses("type missing", bare, "type: expected").await;
    hub.refuses("type a number", typed("7"), "type: expected")
        .await;
    hub.refuses("type empty", typed("\"\""), "type: expected")
        .await;
    let long = typed(&format!("\"{}\"", "t".repeat(256)));
    hub.refuses("type of 256 bytes", long, "type: expected")
        .await;
    hub.refuses("object a charge", charge, "object: expected")
        .await;
    hub.refuses(
        "livemode",
        with_more(",\"livemode\":\"yes\""),
        "livemode: expected",
    )
    .await;
    hub.refuses("data a list", data("[]"), "data: expected")
        .await;
    hub.refuses("data null", data("null"), "data: expected")
        .await;
    hub.refuses("data empty", data("{}"), "data.object: expected")
        .await;
    hub.refuses(
        "data.object",
        data("{\"object\":7}"),
        "data.object: expected",
    )
    .await;
    hub.0.finish().await;
}

#[tokio::test]
async fn what_one_store_might_keep_and_another_not_is_refused() {
    let hub = Untouched::start().await;
    let deep = |n: usize| with_more(&format!(",\"x\":{}{}", "[".repeat(n), "]".repeat(n)));
    hub.refuses("65 levels", deep(64), "body is nested deeper than 64")
        .await;
    hub.refuses(
        "100,000 levels",
        deep(100_000),
        "body is nested deeper than 64",
    )
    .await;
    let twice = "a top-level key stands twice";
    hub.refuses("a key twice", with_more(",\"id\":\"evt_other\""), twice)
        .await;
    hub.refuses(
        "spelled differently",
        with_more(",\"\\u0069d\":\"evt_other\""),
        twice,
    )
    .await;
    hub.refuses("an unused key twice", with_more(",\"x\":1,\"x\":1"), twice)
        .await;
    hub.refuses(
        "NUL",
        with_more(",\"x\":\"a\\u0000b\""),
        "a string holds NUL",
    )
    .await;
    hub.refuses(
        "NUL in a key",
        with_more(",\"\\u0000\":1"),
        "a string holds NUL",
    )
    .await;
    let lone = "a string holds a lone surrogate";
    hub.refuses("half a pair", with_more(",\"x\":\"\\ud800\""), lone)
        .await;
    hub.refuses("the other half", with_more(",\"x\":[\"\\udc00\"]"), lone)
        .await;
    hub.0.finish().await;
}
