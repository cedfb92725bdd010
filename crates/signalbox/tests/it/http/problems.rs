//! What holds for every answer: problems, correlation ids, methods and paths that are not there.

use reqwest::Method;

use crate::support::{TestHub, failed_payout, sign};

#[tokio::test]
async fn a_path_that_is_not_there_is_a_problem() {
    let hub = TestHub::start().await;
    for path in [
        "/nope",
        "/events/",
        "//events",
        "/EVENTS",
        "/healthz/",
        "/ingest",
        "/ingest/stripe/",
        "/deliveries/1",
        "/events/a/b",
        "/destinations",
        "/docs/nope",
        "/docs/nope.js",
        "/docs/../healthz",
        "/%2e%2e/etc/passwd",
        "/docs/%2e%2e%2fevents",
    ] {
        let mut wire = hub.wire().await;
        let request = format!("GET {path} HTTP/1.1\r\nhost: hub\r\nconnection: close\r\n\r\n");
        assert!(wire.send(request).await);
        let answer = wire.answer().await.unwrap();
        answer.check_always();
        assert_eq!(
            answer.header("content-type"),
            "application/problem+json",
            "{path}"
        );
        answer.problem(404, "not_found");
    }
    hub.finish().await;
}

#[tokio::test]
async fn a_method_that_is_not_there_is_a_problem_that_names_those_that_are() {
    let hub = TestHub::start().await;
    for (path, allowed) in [
        ("/ingest/stripe", "POST"),
        ("/ingest/pull-status", "POST"),
        ("/destinations/pagerduty", "GET,HEAD,POST"),
        ("/events", "GET,HEAD"),
        ("/events/evt_1", "GET,HEAD"),
        ("/deliveries", "GET,HEAD"),
        ("/deliveries/1/retry", "POST"),
        ("/healthz", "GET,HEAD"),
        ("/readyz", "GET,HEAD"),
        ("/ai/summarize", "POST"),
        ("/openapi.json", "GET,HEAD"),
        ("/docs/", "GET,HEAD"),
        ("/", "GET,HEAD"),
    ] {
        for method in [
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::DELETE,
            Method::OPTIONS,
        ] {
            if allowed.split(',').any(|one| one == method.as_str()) {
                continue;
            }
            let answer = hub.call(method.clone(), path).send().await;
            assert_eq!(answer.status, 405, "{method} {path}: {}", answer.text());
            answer.problem(405, "method_not_allowed");
            let mut named: Vec<_> = answer.header("allow").split(',').map(str::trim).collect();
            named.sort_unstable();
            assert_eq!(named.join(","), allowed, "{method} {path}");
        }
    }
    hub.finish().await;
}

#[tokio::test]
async fn a_sane_correlation_id_is_taken_over() {
    let hub = TestHub::start().await;
    for id in ["a", "req_1", "Az09._:-", &"x".repeat(128)] {
        let answer = hub
            .call(Method::GET, "/healthz")
            .header("x-request-id", id)
            .send()
            .await;
        assert_eq!(answer.header("x-request-id"), id);
        let answer = hub
            .call(Method::GET, "/nope")
            .header("x-request-id", id)
            .send()
            .await;
        assert_eq!(answer.json()["request_id"], id);
    }
    hub.finish().await;
}

#[tokio::test]
async fn any_other_correlation_id_is_replaced() {
    let hub = TestHub::start().await;
    let long = "x".repeat(129);
    for id in [
        "", " ", "a b", "a\"b", "{}", "a/b", "a\tb", "ü", &long, "a;b", "a,b",
    ] {
        let answer = hub
            .call(Method::GET, "/healthz")
            .header("x-request-id", id)
            .send()
            .await;
        let given = answer.header("x-request-id");
        assert!(given.starts_with("id-"), "{id:?} became {given}");
    }
    hub.finish().await;
}

#[tokio::test]
async fn each_request_without_an_id_gets_one_of_its_own() {
    let hub = TestHub::start().await;
    let mut ids = std::collections::BTreeSet::new();
    for _ in 0..20 {
        ids.insert(hub.get("/healthz").await.header("x-request-id").to_owned());
    }
    assert_eq!(ids.len(), 20);
    hub.finish().await;
}

#[tokio::test]
async fn a_problem_quotes_nothing_that_was_sent_in_confidence() {
    let hub = TestHub::builder()
        .set("API_TOKEN", "tok-MARKER")
        .start()
        .await;
    let marked = failed_payout("evt_MARKER").replace("1705315200", "\"MARKER\"");
    let signature = sign("whsec_test", &marked).replace("v1=", "v1=MARKER,v1=");
    for (method, path, body) in [
        (Method::POST, "/ingest/stripe", marked.as_str()),
        (Method::POST, "/ingest/stripe", "{\"MARKER"),
        (Method::POST, "/ai/summarize", "{\"text\":\"MARKER"),
        (
            Method::POST,
            "/destinations/pagerduty",
            "{\"event_id\":\"MARKER\"}",
        ),
        (Method::GET, "/events?kind=MARKER", ""),
        (Method::GET, "/events?limit=MARKER", ""),
        (Method::GET, "/events?cursor=MARKER", ""),
        (Method::GET, "/events/MARKER", ""),
        (Method::POST, "/deliveries/MARKER/retry", ""),
        (Method::GET, "/MARKER", ""),
    ] {
        let call = hub.call(method, path).bearer("tok-MARKER").body(body);
        let answer = call.header("stripe-signature", &signature).send().await;
        assert!(answer.status >= 400, "{path}: {}", answer.text());
        assert!(
            !answer.text().contains("MARKER"),
            "{path}: {}",
            answer.text()
        );
    }
    hub.finish().await;
}
