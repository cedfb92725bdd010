//! `POST /ai/summarize`.

use serde_json::json;

use crate::support::TestHub;

#[tokio::test]
async fn the_example_of_the_interface_is_answered_in_its_shape_and_always_alike() {
    let hub = TestHub::start().await;
    let text = json!({ "text": "Multiple payment failures detected across APAC region..." });
    let expected = json!({
        "summary": "Multiple payment failures detected across APAC region",
        "suggested_severity": "critical",
    });
    for _ in 0..3 {
        hub.post("/ai/summarize", text.to_string())
            .await
            .expect_json(200, &expected);
    }
    hub.finish().await;
}

#[tokio::test]
async fn each_severity_can_be_suggested() {
    let hub = TestHub::start().await;
    for (text, severity) in [
        ("All systems normal", "info"),
        ("Latency is elevated", "warning"),
        ("The gateway is down", "critical"),
    ] {
        let body = json!({ "text": text, "language": "en" }).to_string();
        let answer = hub.post("/ai/summarize", body).await.expect(200);
        assert_eq!(
            answer,
            json!({ "summary": text, "suggested_severity": severity })
        );
    }
    hub.finish().await;
}

#[tokio::test]
async fn a_text_that_is_missing_blank_or_none_is_refused_by_name() {
    let hub = TestHub::start().await;
    for body in [
        "{}",
        r#"{"text":""}"#,
        r#"{"text":" \n\t"}"#,
        r#"{"text":7}"#,
        r#"{"text":null}"#,
    ] {
        let detail = hub
            .post("/ai/summarize", body)
            .await
            .problem(400, "invalid_body");
        assert!(detail.starts_with("text: expected"), "{body}: {detail}");
    }
    for (body, starts) in [
        ("", "body is empty"),
        ("text", "body is not JSON"),
        ("[]", "body: expected a JSON object"),
        ("\"text\"", "body: expected a JSON object"),
        (r#"{"text":"a","text":"b"}"#, "a top-level key stands twice"),
        (r#"{"text":"\u0000"}"#, "a string holds NUL"),
    ] {
        let detail = hub
            .post("/ai/summarize", body)
            .await
            .problem(400, "invalid_body");
        assert!(detail.starts_with(starts), "{body}: {detail}");
    }
    hub.post("/ai/summarize", b"{\"text\":\"\xff\"}")
        .await
        .problem(400, "invalid_body");
    hub.finish().await;
}

#[tokio::test]
async fn a_text_of_a_megabyte_is_shortened() {
    let hub = TestHub::start().await;
    let body = json!({ "text": "payment ".repeat(120_000) }).to_string();
    let answer = hub.post("/ai/summarize", body).await.expect(200);
    assert!(answer["summary"].as_str().unwrap().chars().count() <= 120);
    hub.finish().await;
}
