//! What proves that something is over, and what does not.

use serde_json::{Value, json};

use super::{INCIDENT, at, page_with_incident, pull_error, pull_well, tagged};
use crate::support::{Fake, PageDocument, Reply, TestHub};

/// A hub that watches a page with an open incident.
async fn watching_hub(page: &Fake) -> TestHub {
    page.answer(page_with_incident().reply());
    let hub = TestHub::builder().only_spreedly(page).start().await;
    assert_eq!(pull_well(&hub).await["routed"], 1);
    hub.delivered(INCIDENT).await;
    hub
}

async fn is_open(hub: &TestHub) -> bool {
    hub.event(INCIDENT).await["resolved_at"].is_null()
}

/// The page once the incident has left it.
fn page_without_incident() -> PageDocument {
    PageDocument::edited(&at("11:30"))
}

#[tokio::test]
async fn a_record_that_says_resolved_is_evidence_at_once() {
    let page = Fake::answering(Reply::status(500)).await;
    let hub = watching_hub(&page).await;
    page.answer(page_with_incident().resolved_at(&at("11:20")).reply());
    pull_well(&hub).await;
    let event = hub.event(INCIDENT).await;
    assert_eq!(event["resolved_at"], at("11:20"));
    let last = event["history"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&last["change"], &last["evidence"]),
        (&json!("resolved"), &json!("record"))
    );
    hub.finish().await;
}

#[tokio::test]
async fn resolved_without_a_time_takes_that_of_the_last_update() {
    let page = Fake::answering(Reply::status(500)).await;
    let hub = watching_hub(&page).await;
    let over =
        PageDocument::edited(&at("11:40")).incident("i1", "critical", "resolved", &at("11:35"));
    page.answer(over.reply());
    pull_well(&hub).await;
    assert_eq!(hub.event(INCIDENT).await["resolved_at"], at("11:35"));
    hub.finish().await;
}

#[tokio::test]
async fn two_looks_without_it_at_different_times_are_evidence_and_one_is_not() {
    let page = Fake::answering(Reply::status(500)).await;
    let hub = watching_hub(&page).await;
    page.answer(page_without_incident().reply());
    hub.advance(60).await;
    pull_well(&hub).await;
    assert!(is_open(&hub).await, "one look is none");
    pull_well(&hub).await;
    assert!(is_open(&hub).await, "two looks at the same time are one");
    hub.advance(60).await;
    pull_well(&hub).await;
    let event = hub.event(INCIDENT).await;
    assert_eq!(
        event["resolved_at"], "2024-01-15T12:01:00Z",
        "since it was first missing"
    );
    assert_eq!(
        event["history"].as_array().unwrap().last().unwrap()["evidence"],
        "absence"
    );
    hub.finish().await;
}

#[tokio::test]
async fn an_unchanged_page_counts_as_the_second_look() {
    let page = Fake::answering(Reply::status(304)).await;
    page.then([
        tagged(&page_with_incident(), "\"v1\""),
        tagged(&page_without_incident(), "\"v2\""),
    ]);
    let hub = TestHub::builder().only_spreedly(&page).start().await;
    pull_well(&hub).await;
    hub.advance(60).await;
    pull_well(&hub).await;
    assert!(is_open(&hub).await);
    hub.advance(60).await;
    pull_well(&hub).await;
    assert!(!is_open(&hub).await);
    hub.finish().await;
}

#[tokio::test]
async fn being_seen_again_in_between_starts_the_count_anew() {
    let page = Fake::answering(Reply::status(500)).await;
    let hub = watching_hub(&page).await;
    for document in [
        page_without_incident(),
        page_with_incident().with("/page/updated_at", json!(at("11:31"))),
        PageDocument::edited(&at("11:32")),
    ] {
        page.answer(document.reply());
        hub.advance(60).await;
        pull_well(&hub).await;
        assert!(is_open(&hub).await);
    }
    hub.advance(60).await;
    pull_well(&hub).await;
    assert!(!is_open(&hub).await);
    hub.finish().await;
}

#[tokio::test]
async fn a_failure_in_between_proves_nothing() {
    let page = Fake::answering(Reply::status(500)).await;
    let hub = watching_hub(&page).await;
    page.then([
        page_without_incident().reply(),
        Reply::status(500),
        Reply::text("{}"),
    ]);
    hub.advance(60).await;
    pull_well(&hub).await;
    for _ in 0..2 {
        hub.advance(60).await;
        pull_error(&hub).await;
        assert!(is_open(&hub).await);
    }
    hub.finish().await;
}

#[tokio::test]
async fn an_emptied_page_resolves_nothing() {
    let page = Fake::answering(Reply::status(500)).await;
    let hub = watching_hub(&page).await;
    let emptied = |more: Value| {
        let mut document = json!({ "page": { "id": "sp1", "updated_at": at("11:30") } });
        document
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        Reply::json(200, &document)
    };
    for reply in [
        emptied(json!({ "incidents": [], "components": [] })),
        emptied(json!({ "incidents": [] })),
        emptied(json!({ "components": [] })),
        emptied(json!({ "incidents": null, "components": [] })),
    ] {
        page.answer(reply);
        for _ in 0..3 {
            hub.advance(60).await;
            pull_well(&hub).await;
            assert!(is_open(&hub).await);
        }
    }
    hub.finish().await;
}

#[tokio::test]
async fn a_page_that_can_be_read_in_part_only_resolves_nothing() {
    let page = Fake::answering(Reply::status(500)).await;
    let hub = watching_hub(&page).await;
    page.answer(
        page_without_incident()
            .component("x", "operational", &at("11:00"))
            .with("/components/1/id", json!(7))
            .reply(),
    );
    for _ in 0..3 {
        hub.advance(60).await;
        let answer = pull_well(&hub).await;
        assert!(
            answer["complaints"]["spreedly"][0]
                .as_str()
                .unwrap()
                .starts_with("components[1].id")
        );
        assert!(is_open(&hub).await);
    }
    hub.finish().await;
}

#[tokio::test]
async fn another_page_under_the_same_url_is_refused() {
    let page = Fake::answering(Reply::status(500)).await;
    let hub = watching_hub(&page).await;
    for id in [json!("sp2"), json!(null)] {
        page.answer(page_without_incident().with("/page/id", id).reply());
        for _ in 0..3 {
            hub.advance(60).await;
            let error = pull_error(&hub).await;
            assert!(error.starts_with("page.id: "), "{error}");
            assert!(is_open(&hub).await);
        }
    }
    hub.finish().await;
}

#[tokio::test]
async fn an_older_copy_of_the_page_is_refused() {
    let page = Fake::answering(Reply::status(500)).await;
    let hub = watching_hub(&page).await;
    page.answer(
        page_without_incident()
            .with("/page/updated_at", json!(at("10:59")))
            .reply(),
    );
    for _ in 0..3 {
        hub.advance(60).await;
        let error = pull_error(&hub).await;
        assert!(error.starts_with("page.updated_at: "), "{error}");
        assert!(is_open(&hub).await);
    }
    hub.finish().await;
}

#[tokio::test]
async fn another_url_begins_anew_and_what_was_known_of_the_old_one_proves_nothing() {
    let page = Fake::answering(page_with_incident().reply()).await;
    let hub = watching_hub(&page).await;
    let moved = Fake::answering(
        PageDocument::edited(&at("09:00"))
            .with("/page/id", json!("other"))
            .reply(),
    )
    .await;
    let hub = hub
        .restart_with("SPREEDLY_STATUS_SUMMARY_URL", &moved.url("/summary.json"))
        .await;
    hub.advance(60).await;
    pull_well(&hub).await;
    assert!(is_open(&hub).await, "one look at the new page");
    hub.finish().await;
}

#[tokio::test]
async fn a_fixture_never_resolves_what_is_live() {
    let page = Fake::answering(page_with_incident().reply()).await;
    let hub = TestHub::builder().spreedly(&page).start().await;
    pull_well(&hub).await;
    let hub = hub.restart_with("SPREEDLY_STATUS_SUMMARY_URL", "").await;
    for _ in 0..3 {
        hub.advance(60).await;
        pull_well(&hub).await;
        assert!(is_open(&hub).await);
    }
    hub.finish().await;
}

#[tokio::test]
async fn what_was_over_before_it_was_first_seen_is_stored_and_not_routed() {
    let page = Fake::answering(page_with_incident().resolved_at(&at("11:20")).reply()).await;
    let hub = TestHub::builder().only_spreedly(&page).start().await;
    let answer = pull_well(&hub).await;
    assert_eq!(
        (&answer["stored"], &answer["routed"]),
        (&json!(1), &json!(0))
    );
    let event = hub.event(INCIDENT).await;
    assert_eq!(
        (&event["resolved_at"], &event["routed"]),
        (&json!(at("11:20")), &json!(false))
    );
    assert_eq!(event["explain"]["rule"], "already-resolved");
    assert!(hub.deliveries("").await.is_empty());
    hub.finish().await;
}
