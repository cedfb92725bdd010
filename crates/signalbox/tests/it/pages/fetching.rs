//! Fetching a page: what is asked, what is followed, what is shared.

use futures_util::future::{join, join_all};
use serde_json::json;

use super::{INCIDENT, at, page_with_incident, pull_error, pull_well, tagged};
use crate::support::{Fake, PageDocument, Reply, TestHub, pass};

#[tokio::test]
async fn a_page_with_a_url_is_fetched_and_counted() {
    let page = Fake::answering(page_with_incident().reply()).await;
    let hub = TestHub::builder().spreedly(&page).start().await;
    let answer = hub.pull().await;
    answer.expect_text(
        200,
        r#"{"fetched":{"spreedly":2,"braze":1},"stored":2,"routed":1}"#,
    );
    let event = hub.delivered(INCIDENT).await;
    assert_eq!(
        (&event["origin"], &event["summary"]),
        (&json!("live"), &json!("Trouble i1"))
    );
    assert_eq!(event["description"], "We are investigating.");
    let seen = page.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(
        (seen[0].method.as_str(), seen[0].path.as_str()),
        ("GET", "/api/v2/summary.json")
    );
    assert!(seen[0].header("user-agent").starts_with("signalbox/"));
    assert!(seen[0].header("accept-encoding").contains("gzip"));
    assert_eq!(
        (seen[0].header("authorization"), seen[0].header("cookie")),
        ("", "")
    );
    hub.finish().await;
}

#[tokio::test]
async fn raw_of_a_page_is_kept_to_the_byte() {
    let item = r#"{"name":"Odd" ,"id":"i1","status":"investigating","impact":"critical","created_at":"2024-01-15T10:00:00Z","x":1.10000000000000000000001,"u":"\u00e9"}"#;
    let page = Fake::answering(Reply::text(format!("{{\"incidents\": [ {item} ]}}"))).await;
    let hub = TestHub::builder().only_spreedly(&page).start().await;
    pull_well(&hub).await;
    let answer = hub.get("/events").await;
    assert!(
        answer.text().contains(&format!("\"raw\":{item}")),
        "{}",
        answer.text()
    );
    hub.finish().await;
}

#[tokio::test]
async fn a_compressed_page_is_read() {
    let page = Fake::answering(Reply::gzip(page_with_incident().text().as_bytes())).await;
    let hub = TestHub::builder().only_spreedly(&page).start().await;
    assert_eq!(pull_well(&hub).await["stored"], 1);
    hub.finish().await;
}

#[tokio::test]
async fn redirects_within_the_origin_are_followed() {
    let page = Fake::answering(page_with_incident().reply()).await;
    let hops = ["/a", "b?c=d", "/e"].map(Reply::redirect);
    page.then(hops.into_iter().chain([Reply::redirect(&page.url("/f"))]));
    let hub = TestHub::builder().only_spreedly(&page).start().await;
    assert_eq!(pull_well(&hub).await["stored"], 1);
    let paths: Vec<_> = page.seen().into_iter().map(|seen| seen.path).collect();
    assert_eq!(paths, ["/api/v2/summary.json", "/a", "/b?c=d", "/e", "/f"]);
    hub.finish().await;
}

#[tokio::test]
async fn redirects_to_anywhere_else_are_not() {
    let trap = Fake::answering(page_with_incident().reply()).await;
    let page = Fake::answering(Reply::status(500)).await;
    let port = page.url("").rsplit(':').next().unwrap().to_owned();
    let hub = TestHub::builder().spreedly(&page).start().await;
    for location in [
        trap.url("/api/v2/summary.json"),
        trap.url("").replace("http:", ""),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "http://10.0.0.1/".to_owned(),
        format!("http://localhost:{port}/"),
        format!("https://127.0.0.1:{port}/"),
        format!("http://127.0.0.2:{port}/"),
        "http://[::1]/".to_owned(),
        "http://status.example.com/".to_owned(),
        "file:///etc/passwd".to_owned(),
        "ftp://127.0.0.1/".to_owned(),
        "data:application/json,{}".to_owned(),
        "http://".to_owned(),
    ] {
        for status in [301, 302, 303, 307, 308] {
            page.then([Reply::redirect(&location).with_status(status)]);
            let error = pull_error(&hub).await;
            assert!(
                error.contains("redirects to another origin"),
                "{status} {location}: {error}"
            );
        }
    }
    assert!(trap.seen().is_empty());
    hub.finish().await;
}

#[tokio::test]
async fn redirects_without_end_or_without_aim_are_given_up() {
    let page = Fake::answering(Reply::redirect("/again")).await;
    let hub = TestHub::builder().spreedly(&page).start().await;
    let error = pull_error(&hub).await;
    assert!(error.contains("redirects more than 5 times"), "{error}");
    assert_eq!(page.seen().len(), 6);
    for status in [300, 301, 302, 307] {
        page.answer(Reply::status(status));
        assert!(pull_error(&hub).await.contains(&status.to_string()));
    }
    hub.finish().await;
}

#[tokio::test]
async fn pulls_at_the_same_time_share_one_look() {
    let page = Fake::answering(page_with_incident().reply().held()).await;
    let hub = TestHub::builder().only_spreedly(&page).start().await;
    let pulls = join_all((0..20).map(|_| hub.pull()));
    let watching = async {
        page.wait_for(1).await;
        hub.settle().await;
        page.release();
    };
    let (answers, ()) = join(pulls, watching).await;
    for answer in &answers {
        assert_eq!(answer.text(), answers[0].text());
        answer.expect_json(
            200,
            &json!({ "fetched": { "spreedly": 2 }, "stored": 1, "routed": 1 }),
        );
    }
    assert_eq!(page.seen().len(), 1);
    page.answer(page_with_incident().reply());
    assert_eq!(
        pull_well(&hub).await["stored"],
        0,
        "the next call looks anew"
    );
    assert_eq!(page.seen().len(), 2);
    hub.finish().await;
}

#[tokio::test]
async fn a_caller_that_leaves_does_not_spoil_the_look_of_the_next_one() {
    let page = Fake::answering(page_with_incident().reply()).await;
    page.then([Reply::silent()]);
    let hub = TestHub::builder().only_spreedly(&page).start().await;
    let mut wire = hub.wire().await;
    assert!(
        wire.send("POST /ingest/pull-status HTTP/1.1\r\nhost: hub\r\n\r\n")
            .await
    );
    page.wait_for(1).await;
    drop(wire);
    hub.settle().await;
    pass(20).await;
    assert_eq!(pull_well(&hub).await["stored"], 1);
    hub.finish().await;
}

#[tokio::test]
async fn a_page_that_has_not_changed_is_not_sent_again() {
    let page = Fake::answering(Reply::status(304)).await;
    page.then([tagged(&page_with_incident(), "\"v1\"")
        .header("last-modified", "Mon, 15 Jan 2024 11:00:00 GMT")]);
    let hub = TestHub::builder().only_spreedly(&page).start().await;
    assert_eq!(
        pull_well(&hub).await,
        json!({ "fetched": { "spreedly": 2 }, "stored": 1, "routed": 1 })
    );
    for _ in 0..2 {
        hub.advance(60).await;
        let answer = pull_well(&hub).await;
        assert_eq!(
            answer,
            json!({ "fetched": { "spreedly": 2 }, "stored": 0, "routed": 0 })
        );
    }
    let hub = hub.restart().await;
    assert_eq!(pull_well(&hub).await["fetched"]["spreedly"], 2);
    let seen = page.seen();
    assert_eq!(seen.len(), 4);
    assert_eq!(
        (
            seen[0].header("if-none-match"),
            seen[0].header("if-modified-since")
        ),
        ("", "")
    );
    for again in &seen[1..] {
        assert_eq!(again.header("if-none-match"), "\"v1\"");
        assert_eq!(
            again.header("if-modified-since"),
            "Mon, 15 Jan 2024 11:00:00 GMT"
        );
    }
    assert!(hub.event(INCIDENT).await["resolved_at"].is_null());
    hub.finish().await;
}

#[tokio::test]
async fn a_changed_page_brings_new_validators() {
    let page = Fake::answering(Reply::status(304)).await;
    page.then([
        tagged(&page_with_incident(), "\"v1\""),
        tagged(
            &page_with_incident().component("api", "major_outage", &at("11:30")),
            "\"v2\"",
        ),
    ]);
    let hub = TestHub::builder().only_spreedly(&page).start().await;
    for stored in [1, 1, 0] {
        assert_eq!(pull_well(&hub).await["stored"], stored);
    }
    let tags: Vec<_> = page
        .seen()
        .iter()
        .map(|seen| seen.header("if-none-match").to_owned())
        .collect();
    assert_eq!(tags, ["", "\"v1\"", "\"v2\""]);
    hub.finish().await;
}

#[tokio::test]
async fn not_modified_without_having_been_asked_is_a_failure() {
    let page = Fake::answering(Reply::status(304)).await;
    let hub = TestHub::builder().spreedly(&page).start().await;
    let error = pull_error(&hub).await;
    assert!(error.contains("304"), "{error}");
    // Nor does it prove anything once the page is known, when that one came without validators.
    page.then([
        page_with_incident().reply(),
        PageDocument::edited(&at("11:10")).reply(),
    ]);
    pull_well(&hub).await;
    hub.advance(60).await;
    pull_well(&hub).await;
    hub.advance(60).await;
    let error = pull_error(&hub).await;
    assert!(error.contains("304"), "{error}");
    assert!(hub.event(INCIDENT).await["resolved_at"].is_null());
    hub.finish().await;
}
