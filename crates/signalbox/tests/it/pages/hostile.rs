//! Pages that mean no good: each fails alone, is named, and changes nothing.

use futures_util::future::join;
use serde_json::{Value, json};

use super::{INCIDENT, at, page_with_incident, pull_well};
use crate::support::{Answer, Fake, PageDocument, Reply, TestHub, eventually, pass};

const MIB: usize = 1_024 * 1_024;
/// What sockets may hold of an answer that nobody reads any more.
const IN_FLIGHT_MAX: usize = 8 * MIB;

/// A hub that watches a page with an open incident, whose page has been sent.
struct Watch {
    hub: TestHub,
    page: Fake,
    /// The incident before anything went wrong.
    before: Value,
}

impl Watch {
    async fn start() -> Self {
        let page = Fake::answering(page_with_incident().reply()).await;
        let hub = TestHub::builder().spreedly(&page).start().await;
        assert_eq!(pull_well(&hub).await["routed"], 1);
        let before = hub.delivered(INCIDENT).await;
        Self { hub, page, before }
    }

    /// Answers once and requires that this fails as expected.
    async fn fails(&self, name: &str, reply: Reply, words: &str) {
        self.page.then([reply]);
        self.hub.clock.advance(jiff::SignedDuration::from_mins(1));
        let answer = self.hub.pull().await;
        self.assert_failed_alone(name, &answer, words).await;
    }

    /// Requires that Spreedly failed alone, as expected, and that its incident is as it was.
    async fn assert_failed_alone(&self, name: &str, answer: &Answer, words: &str) {
        let answer = answer.expect(200);
        assert_eq!(
            answer["fetched"],
            json!({ "spreedly": 0, "braze": 1 }),
            "{name}: {answer}"
        );
        assert_eq!(
            (&answer["stored"], &answer["routed"]),
            (&json!(0), &json!(0)),
            "{name}"
        );
        let errors = answer["errors"]
            .as_object()
            .unwrap_or_else(|| panic!("{name}: {answer}"));
        assert_eq!(errors.len(), 1, "{name}: {answer}");
        let error = errors["spreedly"].as_str().unwrap();
        assert!(error.contains(words), "{name}: {error}");
        assert_eq!(self.hub.event(INCIDENT).await, self.before, "{name}");
    }

    /// Requires that the page is read again and that nobody was paged meanwhile.
    async fn finish(self) {
        assert_eq!(pull_well(&self.hub).await["fetched"]["spreedly"], 2);
        assert_eq!(self.hub.received().await.len(), 1);
        self.hub.finish().await;
    }
}

#[tokio::test]
async fn an_answer_that_is_no_success_fails_alone_and_changes_nothing() {
    let watch = Watch::start().await;
    let good = Reply::text(page_with_incident().text());
    for status in [201, 204, 206, 400, 403, 404, 429, 500, 503] {
        let reply = good.clone().with_status(status).header("retry-after", "60");
        watch
            .fails("status", reply, &format!("the page answered {status}"))
            .await;
    }
    watch
        .fails("cut off", good.clone().cut_off(), "broke off")
        .await;
    watch.fails("no answer", Reply::deaf(), "broke off").await;
    let packed = good.header("content-encoding", "gzip");
    watch
        .fails("gzip that is none", packed, "could not be decoded")
        .await;
    watch.finish().await;
}

#[tokio::test]
async fn a_document_that_is_no_status_page_fails_alone_and_changes_nothing() {
    let watch = Watch::start().await;
    let fails = async |name, text: &str, words| watch.fails(name, Reply::text(text), words).await;
    let good = page_with_incident().text();
    let html = "<!doctype html><html><body>Everything is fine</body></html>";
    fails("HTML", html, "body is not JSON").await;
    fails("empty", "", "body is empty").await;
    fails("blank", "  \n", "body is empty").await;
    fails(
        "truncated",
        good.split_at(good.len() / 2).0,
        "body is not JSON",
    )
    .await;
    fails("null", "null", "body: expected a JSON object").await;
    fails("a list", "[]", "body: expected a JSON object").await;
    fails("an empty object", "{}", "components: expected a list").await;
    fails(
        "an error",
        r#"{"error":"sorry"}"#,
        "components: expected a list",
    )
    .await;
    fails(
        "a map",
        r#"{"components":{}}"#,
        "components: expected a list",
    )
    .await;
    fails(
        "a number",
        r#"{"incidents":0,"components":[]}"#,
        "incidents: expected a list",
    )
    .await;
    fails(
        "a key twice",
        r#"{"components":[],"components":[]}"#,
        "stands twice",
    )
    .await;
    fails("NUL", r#"{"components":[{"name":"\u0000"}]}"#, "holds NUL").await;
    fails(
        "half a pair",
        r#"{"components":[{"name":"\udfff"}]}"#,
        "lone surrogate",
    )
    .await;
    fails(
        "unreadable",
        r#"{"components":[{"id":1},{}]}"#,
        "components[0].id: expected",
    )
    .await;
    fails("page", r#"{"page":"x","components":[]}"#, "page: expected").await;
    fails(
        "page.id",
        r#"{"page":{"id":7},"components":[]}"#,
        "page.id: expected",
    )
    .await;
    let not_utf8 = Reply::text(b"{\"components\":[\"\xff\"]}".to_vec());
    watch.fails("not UTF-8", not_utf8, "not UTF-8").await;
    watch.finish().await;
}

#[tokio::test]
async fn a_document_beyond_the_limits_fails_alone_and_changes_nothing() {
    let watch = Watch::start().await;
    let brackets = "[".repeat(100_000) + &"]".repeat(100_000);
    let deep = Reply::text(format!("{{\"components\":[],\"x\":{brackets}}}"));
    watch
        .fails("100,000 levels", deep, "nested deeper than 64")
        .await;
    let items = vec![r#"{"id":"c","name":"C","status":"operational"}"#; 10_001].join(",");
    let many = Reply::text(format!("{{\"incidents\":[],\"components\":[{items}]}}"));
    watch
        .fails("10,001 components", many, "at most 10000")
        .await;
    let large = Reply::text(vec![b' '; 10 * MIB + 1]);
    watch
        .fails("more than 10 MiB", large, "larger than 10 MiB")
        .await;
    let bomb = Reply::gzip(&vec![b' '; 128 * MIB]);
    watch.fails("a gzip bomb", bomb, "larger than 10 MiB").await;
    watch.finish().await;
}

#[tokio::test]
async fn an_endless_answer_is_read_no_further_than_the_limit() {
    let watch = Watch::start().await;
    let page = &watch.page;
    for reply in [
        Reply::text("{\"components\":[],\"x\":\"").endless(),
        Reply::text(vec![b'x'; 64 * 1_024]).endless(),
        Reply::text(vec![b' '; 100 * MIB]),
    ] {
        let sent = page.n_sent();
        page.then([reply]);
        let answer = watch.hub.pull().await;
        watch
            .assert_failed_alone("endless", &answer, "larger than 10 MiB")
            .await;
        eventually("the connection dropped", async || {
            (page.n_open() == 0).then_some(())
        })
        .await;
        let sent = page.n_sent() - sent;
        assert!(sent <= 10 * MIB + IN_FLIGHT_MAX, "{sent} bytes were taken");
    }
    watch.finish().await;
}

#[tokio::test]
async fn a_page_that_takes_its_time_is_given_up_after_fifteen_seconds() {
    let watch = Watch::start().await;
    let page = &watch.page;
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
        let (answer, ()) = join(watch.hub.pull(), watching).await;
        watch
            .assert_failed_alone(name, &answer, "longer than 15 s")
            .await;
        eventually("the connection dropped", async || {
            (page.n_open() == 0).then_some(())
        })
        .await;
    }
    watch.finish().await;
}

#[tokio::test]
async fn a_silent_page_does_not_delay_another() {
    let silent = Fake::answering(Reply::silent()).await;
    let page = Fake::answering(page_with_incident().reply()).await;
    let hub = TestHub::builder().spreedly(&silent);
    let hub = hub
        .set("BRAZE_STATUS_SUMMARY_URL", &page.url("/summary.json"))
        .start()
        .await;
    let watching = async {
        hub.delivered("braze_status:i1").await;
        silent.release();
    };
    let (answer, ()) = join(hub.pull(), watching).await;
    assert_eq!(
        answer.expect(200)["fetched"],
        json!({ "spreedly": 0, "braze": 2 })
    );
    hub.finish().await;
}

#[tokio::test]
async fn a_page_of_exactly_ten_mebibytes_is_read() {
    let text = page_with_incident().text();
    let padded = text.clone() + &" ".repeat(10 * MIB - text.len());
    let page = Fake::answering(Reply::text(padded.clone())).await;
    let hub = TestHub::builder().only_spreedly(&page).start().await;
    assert_eq!(pull_well(&hub).await["stored"], 1);
    page.answer(Reply::gzip(padded.as_bytes()));
    assert_eq!(pull_well(&hub).await["fetched"]["spreedly"], 2);
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
