//! Who may ask, once `API_TOKEN` is set.

use reqwest::Method;
use serde_json::Value;

use crate::support::{TestHub, failed_payout};

const TOKEN: &str = "s3cret-Token";
const MARKER: &str = "evt_not_for_strangers";

async fn closed_hub() -> TestHub {
    let hub = TestHub::builder().set("API_TOKEN", TOKEN).start().await;
    hub.take(failed_payout(MARKER)).await;
    hub
}

/// Returns every method and path of the interface.
async fn operations(hub: &TestHub) -> Vec<(Method, String)> {
    let document = hub.get("/openapi.json").await.expect(200);
    let mut operations = vec![(Method::GET, "/".to_owned())];
    for (path, methods) in document["paths"].as_object().unwrap() {
        let path = path.replace("{event_id}", MARKER).replace("{id}", "1");
        for method in methods.as_object().unwrap().keys() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            operations.push((method, path.clone()));
        }
    }
    assert!(operations.len() >= 12, "{operations:?}");
    operations
}

fn is_open(path: &str) -> bool {
    ["/healthz", "/readyz", "/ingest/stripe"].contains(&path)
}

#[tokio::test]
async fn everything_is_closed_but_health_documents_and_signed_ingestion() {
    let hub = closed_hub().await;
    for (method, path) in operations(&hub).await {
        let answer = hub.call(method.clone(), &path).send().await;
        if is_open(&path) {
            assert_ne!(answer.status, 401, "{method} {path}");
        } else {
            answer.problem(401, "unauthorized");
            assert_eq!(answer.header("www-authenticate"), "Bearer");
            let wrong = hub
                .call(method.clone(), &path)
                .bearer("s3cret-token")
                .send()
                .await;
            wrong.problem(401, "unauthorized");
        }
        let answer = hub.call(method.clone(), &path).bearer(TOKEN).send().await;
        assert_ne!(answer.status, 401, "{method} {path} with the token");
    }
    for path in ["/openapi.json", "/docs/"] {
        assert_eq!(hub.get(path).await.status, 200, "{path}");
    }
    assert_ne!(hub.get("/docs").await.status, 401);
    hub.finish().await;
}

#[tokio::test]
async fn no_other_spelling_of_a_path_gets_past_the_token() {
    let hub = closed_hub().await;
    for target in [
        "/events",
        "//events",
        "/events/",
        "/./events",
        "/healthz/../events",
        "/docs/../events",
        "/docs/%2e%2e/events",
        "/docs/..%2fevents",
        "/%65vents",
        "/events%2f",
        "/Events",
        "/EVENTS",
        "/events;x",
        "/events?x=/healthz",
        "/events#/healthz",
        "/healthz/../../events",
        "/docs//events",
        "/openapi.json/../events",
        "http://hub/events",
        "http://hub//events",
        "/events/evt_not_for_strangers",
        "/events//evt_not_for_strangers",
        "*",
        "/docs/events",
        "/healthz;/../events",
        "/healthz%2f..%2fevents",
        "/events\\",
        "/healthz?/../events",
    ] {
        for method in ["GET", "HEAD", "POST", "OPTIONS"] {
            let mut wire = hub.wire().await;
            let request =
                format!("{method} {target} HTTP/1.1\r\nhost: hub\r\nconnection: close\r\n\r\n");
            assert!(wire.send(&request).await);
            let Some(answer) = wire.answer_to(method).await else {
                continue;
            };
            let body = String::from_utf8_lossy(&answer.body);
            assert!(!body.contains(MARKER), "{method} {target}: {body}");
            let refused = [400, 401, 404, 405].contains(&answer.status);
            let open = target.starts_with("/healthz?") && answer.status == 200;
            assert!(refused || open, "{method} {target}: {}", answer.status);
        }
    }
    hub.finish().await;
}

#[tokio::test]
async fn headers_that_rewrite_a_request_open_nothing() {
    let hub = closed_hub().await;
    for (name, value) in [
        ("x-original-url", "/healthz"),
        ("x-rewrite-url", "/healthz"),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-uri", "/healthz"),
        ("x-http-method-override", "HEAD"),
        ("forwarded", "for=127.0.0.1"),
        ("host", "localhost"),
        ("cookie", "token=s3cret-Token"),
        ("proxy-authorization", "Bearer s3cret-Token"),
        ("x-api-key", TOKEN),
    ] {
        let answer = hub
            .call(Method::GET, "/events")
            .header(name, value)
            .send()
            .await;
        answer.problem(401, "unauthorized");
    }
    hub.get(&format!("/events?token={TOKEN}"))
        .await
        .problem(401, "unauthorized");
    hub.finish().await;
}

#[tokio::test]
async fn the_token_is_taken_in_one_form_only() {
    let hub = closed_hub().await;
    for good in [
        "Bearer s3cret-Token",
        "bearer s3cret-Token",
        "BEARER s3cret-Token",
    ] {
        let answer = hub
            .call(Method::GET, "/events")
            .header("authorization", good)
            .send()
            .await;
        assert_eq!(answer.status, 200, "{good}");
    }
    for bad in [
        "",
        "Bearer",
        "Bearer ",
        "s3cret-Token",
        "Bearer  s3cret-Token",
        "Bearer\ts3cret-Token",
        "Bearer s3cret-Toke",
        "Bearer s3cret-Token2",
        "Bearer s3cret-Token,",
        "Bearer S3CRET-TOKEN",
        "Basic s3cret-Token",
        "Basic czNjcmV0LVRva2Vu",
        "Bearers3cret-Token",
        "Bearer \"s3cret-Token\"",
        "Bearer s3cret-Token Bearer s3cret-Token",
        "Token s3cret-Token",
    ] {
        let answer = hub
            .call(Method::GET, "/events")
            .header("authorization", bad)
            .send()
            .await;
        answer.problem(401, "unauthorized");
    }
    let twice = hub
        .call(Method::GET, "/events")
        .bearer(TOKEN)
        .bearer("other");
    twice.send().await.problem(401, "unauthorized");
    let twice = hub.call(Method::GET, "/events").bearer(TOKEN).bearer(TOKEN);
    twice.send().await.problem(401, "unauthorized");
    hub.finish().await;
}

#[tokio::test]
async fn the_hubs_own_deliveries_carry_the_token() {
    let hub = closed_hub().await;
    let list = crate::support::eventually("the page at the mock", async || {
        let list = hub
            .call(Method::GET, "/destinations/pagerduty")
            .bearer(TOKEN)
            .send()
            .await;
        let list = list.expect(200);
        (list["received"] != Value::Array(Vec::new())).then_some(list)
    })
    .await;
    assert_eq!(list["received"][0]["event_id"], MARKER);
    hub.finish().await;
}

#[tokio::test]
async fn a_hub_without_a_token_asks_for_none() {
    let hub = TestHub::start().await;
    hub.get("/events").await.expect(200);
    let answer = hub
        .call(Method::GET, "/events")
        .bearer("whatever")
        .send()
        .await;
    answer.expect(200);
    hub.finish().await;
}
