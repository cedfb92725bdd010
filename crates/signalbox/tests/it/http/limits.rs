//! Limits of every request: size, encoding, time, and heads that no client should send.

use reqwest::Method;
use serde_json::json;

use crate::support::{SECRET, TestHub, event, failed_payout, pass, sign, with_type};

const MIB: usize = 1_024 * 1_024;
const TAKERS: [&str; 3] = ["/ingest/stripe", "/destinations/pagerduty", "/ai/summarize"];

/// Writes a Stripe event of exactly a number of bytes.
fn sized(id: &str, size: usize) -> String {
    let filled = |n: usize| {
        event(
            &format!("\"{id}\""),
            "\"payout.failed\"",
            "1",
            &format!(",\"pad\":\"{}\"", "x".repeat(n)),
        )
    };
    let body = filled(size - filled(0).len());
    assert_eq!(body.len(), size);
    body
}

/// Writes the head of a signed event.
fn head(body: &str, more: &str) -> String {
    let signature = sign(SECRET, body);
    format!(
        "POST /ingest/stripe HTTP/1.1\r\nhost: hub\r\nstripe-signature: {signature}\r\n{more}\r\n"
    )
}

/// Writes a body in chunks of 64 KiB.
fn chunked(body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for chunk in body.chunks(65_536) {
        bytes.extend(format!("{:x}\r\n", chunk.len()).bytes());
        bytes.extend(chunk);
        bytes.extend(b"\r\n");
    }
    bytes.extend(b"0\r\n\r\n");
    bytes
}

#[tokio::test]
async fn a_body_of_exactly_one_mebibyte_is_taken() {
    let hub = TestHub::start().await;
    hub.take(sized("evt_declared", MIB)).await;
    let body = sized("evt_chunked", MIB);
    let mut wire = hub.wire().await;
    assert!(
        wire.send(head(&body, "transfer-encoding: chunked\r\n"))
            .await
    );
    assert!(wire.send(chunked(body.as_bytes())).await);
    wire.answer()
        .await
        .unwrap()
        .expect_json(200, &json!({ "received": true }));
    assert_eq!(hub.event_ids("").await, ["evt_chunked", "evt_declared"]);
    hub.finish().await;
}

#[tokio::test]
async fn one_byte_more_is_refused_before_it_is_read() {
    let hub = TestHub::start().await;
    for path in TAKERS {
        let mut wire = hub.wire().await;
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: hub\r\ncontent-length: {}\r\n\r\n",
            MIB + 1
        );
        assert!(wire.send(head).await);
        let answer = wire.answer().await.unwrap();
        answer.check_always();
        let detail = answer.problem(413, "body_too_large");
        assert!(detail.contains("1048576"), "{detail}");
    }
    hub.stripe(sized("evt_big", MIB + 1))
        .await
        .problem(413, "body_too_large");
    assert_eq!(hub.event_ids("").await, Vec::<String>::new());
    hub.finish().await;
}

/// A reset would overtake the answer if the rest of the body were not read.
#[tokio::test]
async fn a_client_that_sends_everything_first_learns_why_it_was_refused() {
    let hub = TestHub::start().await;
    for size in [MIB + 1, 3 * MIB, 20 * MIB] {
        let body = "x".repeat(size);
        let mut wire = hub.wire().await;
        let length = format!("content-length: {size}\r\n");
        assert!(wire.send(head(&body, &length)).await);
        assert!(wire.send(&body).await, "{size}");
        wire.answer().await.unwrap().problem(413, "body_too_large");
    }
    hub.finish().await;
}

#[tokio::test]
async fn one_byte_more_in_chunks_is_refused_too() {
    let hub = TestHub::start().await;
    let body = sized("evt_big", MIB + 1);
    let mut wire = hub.wire().await;
    assert!(
        wire.send(head(&body, "transfer-encoding: chunked\r\n"))
            .await
    );
    // The hub may answer and close before all of it is sent.
    wire.send(chunked(body.as_bytes())).await;
    wire.answer().await.unwrap().problem(413, "body_too_large");
    assert_eq!(hub.event_ids("").await, Vec::<String>::new());
    hub.finish().await;
}

#[tokio::test]
async fn a_client_that_asks_first_is_refused_without_sending() {
    let hub = TestHub::start().await;
    let expect = |size: usize| format!("content-length: {size}\r\nexpect: 100-continue\r\n");
    let mut wire = hub.wire().await;
    assert!(wire.send(head("", &expect(MIB + 1))).await);
    wire.answer().await.unwrap().problem(413, "body_too_large");

    let body = failed_payout("evt_polite");
    let mut wire = hub.wire().await;
    assert!(wire.send(head(&body, &expect(body.len()))).await);
    assert_eq!(wire.answer().await.unwrap().status, 100);
    assert!(wire.send(&body).await);
    wire.answer().await.unwrap().expect(200);
    hub.finish().await;
}

#[tokio::test]
async fn an_encoded_body_is_refused() {
    let hub = TestHub::start().await;
    let body = failed_payout("evt_packed");
    for path in TAKERS {
        for encoding in ["gzip", "br", "deflate", "identity, gzip", ""] {
            let call = hub
                .call(Method::POST, path)
                .header("content-encoding", encoding);
            let call = call
                .header("stripe-signature", &sign(SECRET, &body))
                .body(body.clone());
            call.send().await.problem(415, "encoded_body");
        }
    }
    let call = hub
        .call(Method::POST, "/ingest/stripe")
        .header("content-encoding", "Identity");
    let call = call
        .header("stripe-signature", &sign(SECRET, &body))
        .body(body);
    call.send().await.expect(200);
    hub.finish().await;
}

#[tokio::test]
async fn an_encoding_in_a_second_header_is_refused_too() {
    let hub = TestHub::start().await;
    let call = hub
        .call(Method::POST, "/ai/summarize")
        .header("content-encoding", "identity");
    let call = call.header("content-encoding", "gzip").body("{}");
    call.send().await.problem(415, "encoded_body");
    hub.finish().await;
}

#[tokio::test]
async fn two_lengths_end_the_connection_before_anything_can_hide_behind_them() {
    let hub = TestHub::start().await;
    let (body, hidden) = (failed_payout("evt_shown"), failed_payout("evt_hidden"));
    let length = format!("content-length: {}\r\n", body.len());
    let chunks = "transfer-encoding: chunked\r\n";
    let behind = head(&hidden, &format!("content-length: {}\r\n", hidden.len())) + &hidden;
    for lengths in [length.clone() + chunks, chunks.to_owned() + &length] {
        let mut wire = hub.wire().await;
        assert!(wire.send(head(&body, &lengths)).await);
        let rest = [&chunked(body.as_bytes()), behind.as_bytes()].concat();
        assert!(wire.send(rest).await);
        let answer = wire.answer().await.unwrap();
        assert!(
            [200, 400].contains(&answer.status),
            "{lengths:?}: {}",
            answer.text()
        );
        let rest = wire.closed().await;
        assert!(
            rest.is_empty(),
            "{lengths:?}: {}",
            String::from_utf8_lossy(&rest)
        );
    }
    assert!(!hub.event_ids("").await.contains(&"evt_hidden".to_owned()));
    let mut wire = hub.wire().await;
    assert!(
        wire.send(head(&body, &(length + "content-length: 5\r\n")))
            .await
    );
    assert_eq!(wire.answer().await.unwrap().status, 400);
    wire.closed().await;
    hub.finish().await;
}

#[tokio::test]
async fn a_body_that_drips_is_given_up_after_ten_seconds() {
    let hub = TestHub::start().await;
    for path in TAKERS {
        let mut wire = hub.wire().await;
        let signature = sign(SECRET, "");
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: hub\r\nstripe-signature: {signature}\r\ncontent-length: 100\r\n\r\n"
        );
        assert!(wire.send(head).await);
        for _ in 0..9 {
            assert!(wire.send("{").await);
            pass(1).await;
        }
        hub.settle().await;
        pass(2).await;
        let answer = wire.answer().await.unwrap();
        answer.check_always();
        answer.problem(408, "body_timeout");
        wire.closed().await;
    }
    hub.finish().await;
}

#[tokio::test]
async fn half_a_head_is_given_up_after_ten_seconds() {
    let hub = TestHub::start().await;
    let mut wires = Vec::new();
    for start in [
        "",
        "G",
        "GET / HTTP/1.1\r\n",
        "GET / HTTP/1.1\r\nhost: hub\r\nx-a",
    ] {
        let mut wire = hub.wire().await;
        assert!(wire.send(start).await);
        wires.push(wire);
    }
    let mut used = hub.wire().await;
    assert!(
        used.send("GET /healthz HTTP/1.1\r\nhost: hub\r\n\r\n")
            .await
    );
    used.answer().await.unwrap().expect(200);
    wires.push(used);
    hub.settle().await;
    pass(11).await;
    for wire in wires {
        wire.closed().await;
    }
    hub.finish().await;
}

#[tokio::test]
async fn an_answer_that_nobody_reads_is_given_up_after_a_minute() {
    let hub = TestHub::start().await;
    for n in 0..8 {
        let large = with_type(&format!("evt_{n}"), "payout.paid");
        hub.take(large.replace("po_1", &"x".repeat(1_000_000)))
            .await;
    }
    // More than the kernel keeps for a reader that does not read.
    let request = "GET /events HTTP/1.1\r\nhost: hub\r\n\r\n".repeat(16);
    let mut wire = hub.wire().await;
    assert!(wire.send(&request).await);
    hub.settle().await;
    pass(65).await;
    let bytes = wire.closed().await;
    assert!(
        bytes.len() < 16 * 2_000_000,
        "all of {} bytes were still held",
        bytes.len()
    );
    hub.finish().await;
}

#[tokio::test]
async fn a_body_that_breaks_off_stores_nothing() {
    let hub = TestHub::start().await;
    let body = failed_payout("evt_half");
    let mut wire = hub.wire().await;
    assert!(
        wire.send(head(&body, &format!("content-length: {}\r\n", body.len())))
            .await
    );
    assert!(wire.send(&body[..20]).await);
    drop(wire);
    hub.settle().await;
    assert_eq!(hub.event_ids("").await, Vec::<String>::new());
    hub.finish().await;
}

#[tokio::test]
async fn heads_that_are_no_http_are_refused_and_harm_nobody() {
    let hub = TestHub::start().await;
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(70_000));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(200));
    let huge = format!("GET / HTTP/1.1\r\na: {}\r\n\r\n", "x".repeat(200_000));
    for head in [
        "hello\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\na b: c\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "POST /ai/summarize HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        "POST /ai/summarize HTTP/1.1\r\ncontent-length: 99999999999999999999\r\n\r\n",
        "POST /ai/summarize HTTP/1.1\r\ntransfer-encoding: gzip\r\n\r\n",
        &long,
        &many,
        &huge,
    ] {
        let mut wire = hub.wire().await;
        wire.send(head).await;
        if let Some(answer) = wire.answer().await {
            let shown: String = head.chars().take(60).collect();
            assert!(
                (400..500).contains(&answer.status),
                "{shown:?}: {}",
                answer.status
            );
        }
        wire.closed().await;
    }
    let mut wire = hub.wire().await;
    assert!(
        wire.send("POST /ai/summarize HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n")
            .await
    );
    wire.answer().await.unwrap().problem(400, "invalid_body");
    hub.get("/readyz").await.expect(200);
    hub.finish().await;
}

#[tokio::test]
async fn a_connection_can_be_used_again_and_requests_may_queue_up_on_it() {
    let hub = TestHub::start().await;
    let mut wire = hub.wire().await;
    assert!(
        wire.send("GET /healthz HTTP/1.1\r\nhost: hub\r\n\r\n".repeat(3))
            .await
    );
    for _ in 0..3 {
        wire.answer().await.unwrap().expect(200);
    }
    hub.finish().await;
}
