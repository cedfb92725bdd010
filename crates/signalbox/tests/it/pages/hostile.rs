//! Pages that mean no good: each fails alone, is named, and changes nothing.

use futures_util::future::join;
use serde_json::{Value, json};

use super::{INCIDENT, at, page_with_incident, pull_well};
use crate::support::{Fake, PageDocument, Reply, TestHub, eventually, pass};

const MIB: usize = 1_024 * 1_024;
/// What sockets may hold of an answer that nobody reads any more.
const IN_FLIGHT_MAX: usize = 8 * MIB;

/// A hub that watches a page with an open incident, whose page has been sent.
async fn watching_hub(page: &Fake) -> (TestHub, Value) {
    page.answer(page_with_incident().reply());
    let hub = TestHub::builder().spreedly(page).start().await;
    assert_eq!(pull_well(&hub).await["routed"], 1);
    let event = hub.delivered(INCIDENT).await;
    (hub, event)
}

/// Requires that Spreedly failed alone, as expected, and that its incident is as it was.
async fn assert_failed_alone(
    hub: &TestHub,
    name: &str,
    answer: &Value,
    words: &str,
    before: &Value,
) {
    assert_eq!(
        answer["fetched"],
        json!({ "spreedly": 0, "braze": 1 }),
        "{name}: {answer}"
    );
    assert_eq!(
        (&answer["stored"], &answer["routed"]),
        (&json!(0), &json!(0)),
        "{name}: {answer}"
    );
    let errors = answer["errors"]
        .as_object()
        .unwrap_or_else(|| panic!("{name}: {answer}"));
    assert_eq!(errors.len(), 1, "{name}: {answer}");
    let error = errors["spreedly"].as_str().unwrap();
    assert!(error.contains(words), "{name}: {error}");
    assert_eq!(hub.event(INCIDENT).await, *before, "{name}");
}

#[tokio::test]
async fn an_answer_that_is_no_status_page_fails_alone_and_changes_nothing() {
    let page = Fake::answering(Reply::status(500)).await;
    let (hub, before) = watching_hub(&page).await;
    let good = page_with_incident().text();
    let (half, _) = good.split_at(good.len() / 2);
    let items = |n: usize| {
        let item = r#"{"id":"c","name":"C","status":"operational"}"#;
        format!(
            "{{\"incidents\":[],\"components\":[{}]}}",
            vec![item; n].join(",")
        )
    };
    let deep = format!(
        "{{\"components\":[],\"x\":{}{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let html = "<!doctype html><html><body>Everything is fine</body></html>";
    for (name, reply, words) in [
        (
            "HTML",
            Reply::text(html).header("content-type", "text/html"),
            "body is not JSON",
        ),
        ("empty", Reply::text(""), "body is empty"),
        ("blank", Reply::text("  \n"), "body is empty"),
        ("204", Reply::status(204), "the page answered 204"),
        (
            "403",
            Reply::text(good.clone()).with_status(403),
            "the page answered 403",
        ),
        ("404", Reply::status(404), "the page answered 404"),
        (
            "429",
            Reply::status(429).header("retry-after", "60"),
            "the page answered 429",
        ),
        (
            "500",
            Reply::text(good.clone()).with_status(500),
            "the page answered 500",
        ),
        ("503", Reply::status(503), "the page answered 503"),
        ("truncated JSON", Reply::text(half), "body is not JSON"),
        ("cut off", Reply::text(good.clone()).cut_off(), "broke off"),
        ("no answer", Reply::deaf(), "broke off"),
        (
            "not UTF-8",
            Reply::text(b"{\"components\":[\"\xff\"]}".to_vec()),
            "not UTF-8",
        ),
        ("null", Reply::text("null"), "body: expected a JSON object"),
        ("a list", Reply::text("[]"), "body: expected a JSON object"),
        (
            "an empty object",
            Reply::text("{}"),
            "components: expected a list",
        ),
        (
            "another format",
            Reply::text(r#"{"status":"ok","components":{}}"#),
            "components: expected a list",
        ),
        (
            "incidents a number",
            Reply::text(r#"{"incidents":0,"components":[]}"#),
            "incidents: expected a list",
        ),
        (
            "a key twice",
            Reply::text(r#"{"components":[],"components":[]}"#),
            "stands twice",
        ),
        (
            "NUL",
            Reply::text(r#"{"components":[{"name":"\u0000"}]}"#),
            "holds NUL",
        ),
        (
            "a lone surrogate",
            Reply::text(r#"{"components":[{"name":"\udfff"}]}"#),
            "lone surrogate",
        ),
        ("100,000 levels", Reply::text(deep), "nested deeper than 64"),
        (
            "10,001 components",
            Reply::text(items(10_001)),
            "at most 10000",
        ),
        (
            "nothing readable",
            Reply::text(r#"{"components":[{"id":1},{"name":null}]}"#),
            "components[0].id: expected",
        ),
        (
            "page a string",
            Reply::text(r#"{"page":"x","components":[]}"#),
            "page: expected",
        ),
        (
            "page.id a number",
            Reply::text(r#"{"page":{"id":7},"components":[]}"#),
            "page.id: expected",
        ),
        (
            "gzip that is none",
            Reply::text(good.clone()).header("content-encoding", "gzip"),
            "could not be decoded",
        ),
        (
            "more than 10 MiB",
            Reply::text(vec![b' '; 10 * MIB + 1]),
            "larger than 10 MiB",
        ),
        (
            "a gzip bomb",
            Reply::gzip(&vec![b' '; 128 * MIB]),
            "larger than 10 MiB",
        ),
    ] {
        page.then([reply]);
        hub.clock.advance(jiff::SignedDuration::from_mins(1));
        let answer = hub.pull().await.expect(200);
        assert_failed_alone(&hub, name, &answer, words, &before).await;
    }
    assert_eq!(
        pull_well(&hub).await["fetched"]["spreedly"],
        2,
        "and then it is read again"
    );
    assert_eq!(hub.received().await.len(), 1);
    hub.finish().await;
}

#[tokio::test]
async fn an_endless_answer_is_read_no_further_than_the_limit() {
    let page = Fake::answering(Reply::status(500)).await;
    let (hub, before) = watching_hub(&page).await;
    for reply in [
        Reply::text("{\"components\":[],\"x\":\"").endless(),
        Reply::text(vec![b'x'; 64 * 1_024]).endless(),
        Reply::text(vec![b' '; 100 * MIB]),
    ] {
        let sent = page.n_sent();
        page.then([reply]);
        let answer = hub.pull().await.expect(200);
        assert_failed_alone(&hub, "endless", &answer, "larger than 10 MiB", &before).await;
        eventually("the connection dropped", async || {
            (page.n_open() == 0).then_some(())
        })
        .await;
        let sent = page.n_sent() - sent;
        assert!(sent <= 10 * MIB + IN_FLIGHT_MAX, "{sent} bytes were taken");
    }
    hub.finish().await;
}

#[tokio::test]
async fn a_page_that_takes_its_time_is_given_up_after_fifteen_seconds() {
    let page = Fake::answering(Reply::status(500)).await;
    let (hub, before) = watching_hub(&page).await;
    let text = page_with_incident().text();
    for (name, reply) in [
        ("silent", Reply::silent()),
        ("stalled", Reply::text(text.clone()).stalled()),
        ("a byte a second", Reply::text(text.clone()).dripping()),
    ] {
        let n_before = page.seen().len();
        page.then([reply]);
        let watching = async {
            page.wait_for(n_before + 1).await;
            pass(16).await;
        };
        let (answer, ()) = join(hub.pull(), watching).await;
        assert_failed_alone(&hub, name, &answer.expect(200), "longer than 15 s", &before).await;
        eventually("the connection dropped", async || {
            (page.n_open() == 0).then_some(())
        })
        .await;
    }
    hub.finish().await;
}

#[tokio::test]
async fn a_page_that_is_not_there_fails_alone() {
    let hub = TestHub::builder().set(
        "SPREEDLY_STATUS_SUMMARY_URL",
        "http://127.0.0.1:1/summary.json",
    );
    let hub = hub.start().await;
    let answer = hub.pull().await.expect(200);
    assert_eq!(answer["fetched"], json!({ "spreedly": 0, "braze": 1 }));
    assert_eq!(
        answer["errors"],
        json!({ "spreedly": "the page cannot be reached" })
    );
    assert_eq!(
        (&answer["stored"], &answer["routed"]),
        (&json!(1), &json!(0))
    );
    hub.finish().await;
}

#[tokio::test]
async fn when_every_page_fails_the_call_fails() {
    let page = Fake::answering(Reply::status(500)).await;
    let hub = TestHub::builder().spreedly(&page);
    let hub = hub
        .set("BRAZE_STATUS_SUMMARY_URL", &page.url("/braze"))
        .start()
        .await;
    let answer = hub.pull().await;
    let detail = answer.problem(502, "pages_failed");
    assert!(
        detail.contains("spreedly: the page answered 500"),
        "{detail}"
    );
    assert!(detail.contains("braze: the page answered 500"), "{detail}");
    let errors = json!({ "spreedly": "the page answered 500", "braze": "the page answered 500" });
    assert_eq!(answer.json()["errors"], errors);
    assert!(hub.events("").await.is_empty());
    hub.finish().await;
}

#[tokio::test]
async fn ten_thousand_components_are_read() {
    let item = |n: usize| format!(r#"{{"id":"c{n}","name":"C","status":"operational"}}"#);
    let items: Vec<_> = (0..9_999).map(item).collect();
    let down = r#"{"id":"down","name":"Down","status":"major_outage","updated_at":"2024-01-15T11:00:00Z"}"#;
    let text = format!("{{\"components\":[{},{down}]}}", items.join(","));
    let page = Fake::answering(Reply::text(text)).await;
    let hub = TestHub::builder().only_spreedly(&page).start().await;
    let answer = pull_well(&hub).await;
    assert_eq!(
        answer,
        json!({ "fetched": { "spreedly": 10_000 }, "stored": 1, "routed": 1 })
    );
    assert_eq!(pull_well(&hub).await["stored"], 0);
    hub.finish().await;
}

#[tokio::test]
async fn an_item_that_cannot_be_read_is_complained_of_and_hides_no_other() {
    let document = PageDocument::edited(&at("11:00"))
        .component("numbered", "major_outage", &at("11:00"))
        .component("nameless", "major_outage", &at("11:00"))
        .component("strange", "on_fire", &at("11:00"))
        .component("api", "partial_outage", &at("11:00"))
        .incident("i1", "huge", "investigating", &at("11:00"))
        .incident("timeless", "major", "investigating", &at("11:00"))
        .with("/components/1/id", json!(7))
        .with("/components/2/name", json!(null))
        .with("/incidents/1/created_at", json!("soon"));
    let page = Fake::answering(document.reply()).await;
    let hub = TestHub::builder().only_spreedly(&page).start().await;
    let answer = pull_well(&hub).await;
    assert_eq!(answer["fetched"]["spreedly"], 7);
    assert_eq!(
        (&answer["stored"], &answer["routed"]),
        (&json!(4), &json!(2))
    );
    let complaints = answer["complaints"]["spreedly"].as_array().unwrap();
    let fields: Vec<_> = complaints
        .iter()
        .map(|complaint| complaint.as_str().unwrap().split(':').next().unwrap())
        .collect();
    assert_eq!(
        fields,
        [
            "incidents[1].created_at",
            "components[1].id",
            "components[2].name"
        ]
    );
    // Unknown words are warnings, never critical by guess.
    for (id, severity) in [
        ("i1", "warning"),
        ("timeless", "critical"),
        ("strange:2024-01-15T11:00:00Z", "warning"),
        ("api:2024-01-15T11:00:00Z", "critical"),
    ] {
        assert_eq!(
            hub.event(&format!("spreedly_status:{id}")).await["severity"],
            severity,
            "{id}"
        );
    }
    hub.finish().await;
}
