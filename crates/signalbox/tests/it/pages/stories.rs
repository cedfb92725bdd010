//! Whole lives of incidents and components, as a pager sees them.

use serde_json::{Value, json};

use super::{INCIDENT, at, page_with_incident, pull_well};
use crate::support::{Fake, FakePager, PageDocument, Reply, TestHub};

/// Returns how the states of an event came about, oldest first.
async fn changes(hub: &TestHub, event_id: &str) -> Vec<String> {
    let event = hub.event(event_id).await;
    let history = event["history"].as_array().unwrap();
    history
        .iter()
        .map(|state| state["change"].as_str().unwrap().to_owned())
        .collect()
}

fn owned(asked: &[(&str, &str)]) -> Vec<(String, String)> {
    asked
        .iter()
        .map(|(action, key)| ((*action).to_owned(), (*key).to_owned()))
        .collect()
}

/// Shows a document, a minute later, and looks. What was owed before has been sent by then: a jump
/// of the clock over the end of a lease would have it sent again.
async fn look(hub: &TestHub, page: &Fake, document: &PageDocument) -> Value {
    hub.all_sent().await;
    look_meanwhile(hub, page, document).await
}

/// Does so whatever waits.
async fn look_meanwhile(hub: &TestHub, page: &Fake, document: &PageDocument) -> Value {
    page.answer(document.reply());
    hub.advance(60).await;
    pull_well(hub).await
}

fn incident(edited: &str, impact: &str, status: &str) -> PageDocument {
    PageDocument::edited(&at(edited)).incident("i1", impact, status, &at(edited))
}

#[tokio::test]
async fn recovery_resolves_the_page_under_the_key_of_its_trigger() {
    let pager = FakePager::accepting().await;
    let page = Fake::answering(page_with_incident().reply()).await;
    let hub = TestHub::builder()
        .pager(&pager)
        .only_spreedly(&page)
        .start()
        .await;
    pull_well(&hub).await;
    pager.wait_asked(1).await;
    look(&hub, &page, &incident("11:10", "critical", "identified")).await;
    look(&hub, &page, &incident("11:20", "critical", "resolved")).await;
    let asked = pager.wait_asked(2).await;
    assert_eq!(
        asked,
        owned(&[("trigger", INCIDENT), ("resolve", INCIDENT)])
    );
    assert_eq!(
        changes(&hub, INCIDENT).await,
        ["new", "revised", "resolved"]
    );
    look(&hub, &page, &incident("11:30", "critical", "postmortem")).await;
    assert_eq!(
        changes(&hub, INCIDENT).await,
        ["new", "revised", "resolved", "revised"]
    );
    assert_eq!(pager.asked().len(), 2, "a postmortem pages nobody");
    hub.finish().await;
}

#[tokio::test]
async fn an_incident_that_becomes_critical_is_routed_then() {
    let pager = FakePager::accepting().await;
    let page = Fake::answering(Reply::status(500)).await;
    let hub = TestHub::builder()
        .pager(&pager)
        .only_spreedly(&page)
        .start()
        .await;
    let answer = look(&hub, &page, &incident("11:00", "minor", "investigating")).await;
    assert_eq!(
        (&answer["stored"], &answer["routed"]),
        (&json!(1), &json!(0))
    );
    let answer = look(&hub, &page, &incident("11:10", "major", "identified")).await;
    assert_eq!(
        (&answer["stored"], &answer["routed"]),
        (&json!(0), &json!(1))
    );
    let asked = pager.wait_asked(1).await;
    assert_eq!(asked, owned(&[("trigger", INCIDENT)]));
    let event = hub.event(INCIDENT).await;
    assert_eq!(
        (&event["severity"], &event["routed"]),
        (&json!("critical"), &json!(true))
    );
    assert_eq!(event["explain"]["rule"], "critical-always");
    assert_eq!(event["history"][0]["explain"]["rule"], "warning-off");
    // Down to a warning and up again, while its page is open: no second page.
    look(&hub, &page, &incident("11:20", "minor", "monitoring")).await;
    let answer = look(&hub, &page, &incident("11:30", "critical", "identified")).await;
    assert_eq!(answer["routed"], 0);
    look(&hub, &page, &incident("11:40", "critical", "resolved")).await;
    let asked = pager.wait_asked(4).await;
    // An update is a trigger under the key of the open alert, which PagerDuty adds to it.
    let all = [
        ("trigger", INCIDENT),
        ("trigger", INCIDENT),
        ("trigger", INCIDENT),
        ("resolve", INCIDENT),
    ];
    assert_eq!(asked, owned(&all));
    let actions: Vec<_> = hub
        .deliveries("")
        .await
        .iter()
        .map(|row| row["action"].clone())
        .collect();
    assert_eq!(actions, ["resolve", "update", "update", "trigger"]);
    let all = ["new", "escalated", "deescalated", "escalated", "resolved"];
    assert_eq!(changes(&hub, INCIDENT).await, all);
    hub.finish().await;
}

#[tokio::test]
async fn with_warnings_routed_an_escalation_updates_the_open_page() {
    let pager = FakePager::accepting().await;
    let page = Fake::answering(Reply::status(500)).await;
    let hub = TestHub::builder()
        .pager(&pager)
        .only_spreedly(&page)
        .set("ROUTE_WARNING", "true");
    let hub = hub.start().await;
    let answer = look(&hub, &page, &incident("11:00", "minor", "investigating")).await;
    assert_eq!(answer["routed"], 1);
    pager.wait_asked(1).await;
    let answer = look(&hub, &page, &incident("11:10", "critical", "identified")).await;
    assert_eq!(answer["routed"], 0, "it is routed already");
    pager.wait_asked(2).await;
    look(&hub, &page, &incident("11:20", "critical", "resolved")).await;
    pager.wait_asked(3).await;
    let severities: Vec<_> = pager
        .bodies()
        .iter()
        .map(|body| body["payload"]["severity"].clone())
        .collect();
    assert_eq!(
        severities,
        [json!("warning"), json!("critical"), json!(null)]
    );
    assert!(pager.asked().iter().all(|(_, key)| key == INCIDENT));
    hub.finish().await;
}

#[tokio::test]
async fn a_page_is_resolved_whatever_the_rules_say_by_then() {
    let pager = FakePager::accepting().await;
    let page = Fake::answering(incident("11:00", "minor", "investigating").reply()).await;
    let hub = TestHub::builder()
        .pager(&pager)
        .only_spreedly(&page)
        .set("ROUTE_WARNING", "true");
    let hub = hub.start().await;
    pull_well(&hub).await;
    pager.wait_asked(1).await;
    hub.wait_deliveries("state=delivered", 1).await;
    let hub = hub.restart_with("ROUTE_WARNING", "false").await;
    look(&hub, &page, &incident("11:10", "minor", "resolved")).await;
    let asked = pager.wait_asked(2).await;
    assert_eq!(
        asked,
        owned(&[("trigger", INCIDENT), ("resolve", INCIDENT)])
    );
    hub.finish().await;
}

#[tokio::test]
async fn what_is_over_before_its_page_was_sent_pages_nobody() {
    let pager = FakePager::accepting().await;
    let page = Fake::answering(page_with_incident().reply()).await;
    let hub = TestHub::builder()
        .pager(&pager)
        .only_spreedly(&page)
        .start()
        .await;
    pager.then([Reply::status(401)]);
    hub.take(crate::support::failed_payout("evt_parks")).await;
    hub.wait_deliveries("state=pending", 1).await;
    pager.wait_for(1).await;
    crate::support::eventually("the destination parked", async || {
        (hub.deliveries("").await[0]["reason"] == "unauthorized").then_some(())
    })
    .await;
    pull_well(&hub).await;
    look_meanwhile(&hub, &page, &incident("11:10", "critical", "resolved")).await;
    let rows = hub.deliveries(&format!("event_id={INCIDENT}")).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (&rows[0]["state"], &rows[0]["reason"]),
        (&json!("cancelled"), &json!("closed_before_sent"))
    );
    hub.advance(600).await;
    hub.delivered("evt_parks").await;
    assert!(pager.asked().iter().all(|(_, key)| key == "evt_parks"));
    hub.finish().await;
}

#[tokio::test]
async fn an_incident_that_comes_back_is_paged_anew() {
    let pager = FakePager::accepting().await;
    let page = Fake::answering(page_with_incident().reply()).await;
    let hub = TestHub::builder()
        .pager(&pager)
        .only_spreedly(&page)
        .start()
        .await;
    pull_well(&hub).await;
    pager.wait_asked(1).await;
    look(&hub, &page, &incident("11:10", "critical", "resolved")).await;
    pager.wait_asked(2).await;
    let answer = look(&hub, &page, &incident("11:20", "critical", "investigating")).await;
    assert_eq!(
        (&answer["stored"], &answer["routed"]),
        (&json!(0), &json!(1))
    );
    let asked = pager.wait_asked(3).await;
    let actions: Vec<_> = asked.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(actions, ["trigger", "resolve", "trigger"]);
    let event = hub.event(INCIDENT).await;
    assert!(event["resolved_at"].is_null());
    assert_eq!(
        changes(&hub, INCIDENT).await,
        ["new", "resolved", "reopened"]
    );
    hub.finish().await;
}

#[tokio::test]
async fn a_component_has_one_event_per_episode() {
    let pager = FakePager::accepting().await;
    let page = Fake::answering(Reply::status(500)).await;
    let hub = TestHub::builder()
        .pager(&pager)
        .only_spreedly(&page)
        .start()
        .await;
    let shown = |status: &str, changed: &str| {
        PageDocument::edited(&at(changed)).component("api", status, &at(changed))
    };
    let first = format!("spreedly_status:api:{}", at("11:00"));
    let second = format!("spreedly_status:api:{}", at("11:40"));

    let answer = look(&hub, &page, &shown("operational", "10:00")).await;
    assert_eq!(answer["stored"], 0);
    let answer = look(&hub, &page, &shown("degraded_performance", "11:00")).await;
    assert_eq!(
        (&answer["stored"], &answer["routed"]),
        (&json!(1), &json!(0))
    );
    let answer = look(&hub, &page, &shown("major_outage", "11:10")).await;
    assert_eq!(
        (&answer["stored"], &answer["routed"]),
        (&json!(0), &json!(1))
    );
    pager.wait_asked(1).await;
    // Maintenance is neither well nor ill: the episode goes on.
    look(&hub, &page, &shown("under_maintenance", "11:20")).await;
    let event = hub.event(&first).await;
    assert_eq!(event["started_at"], at("11:00"), "frozen");
    assert!(event["resolved_at"].is_null());
    look(&hub, &page, &shown("operational", "11:30")).await;
    pager.wait_asked(2).await;
    assert_eq!(hub.event(&first).await["resolved_at"], at("11:30"));
    assert_eq!(
        changes(&hub, &first).await,
        ["new", "escalated", "resolved"]
    );

    let answer = look(&hub, &page, &shown("partial_outage", "11:40")).await;
    assert_eq!(
        (&answer["stored"], &answer["routed"]),
        (&json!(1), &json!(1))
    );
    let asked = pager.wait_asked(3).await;
    let all = [
        ("trigger", first.as_str()),
        ("resolve", &first),
        ("trigger", &second),
    ];
    assert_eq!(asked, owned(&all));
    let event = hub.event(&second).await;
    assert_eq!(
        (&event["kind"], &event["component"]),
        (&json!("status"), &json!("The api"))
    );
    assert_eq!(event["summary"], "The api: partial_outage");
    assert_eq!(hub.event_ids("open=true").await, [second]);
    hub.finish().await;
}

#[tokio::test]
async fn maintenance_and_group_headers_make_no_event() {
    let document = PageDocument::edited(&at("11:00"))
        .component("maintained", "under_maintenance", &at("11:00"))
        .component("group", "major_outage", &at("11:00"));
    let mut document: Value = serde_json::from_str(&document.text()).unwrap();
    document["components"][2]["group"] = json!(true);
    document["scheduled_maintenances"] = json!([{
        "id": "m1", "name": "Upgrade", "status": "in_progress", "impact": "critical",
        "created_at": at("10:00"),
    }]);
    let page = Fake::answering(Reply::json(200, &document)).await;
    let hub = TestHub::builder()
        .only_spreedly(&page)
        .set("ROUTE_WARNING", "true")
        .start()
        .await;
    let answer = pull_well(&hub).await;
    assert_eq!(
        answer,
        json!({ "fetched": { "spreedly": 3 }, "stored": 0, "routed": 0 })
    );
    assert!(hub.events("").await.is_empty());
    hub.finish().await;
}

#[tokio::test]
async fn the_same_state_again_is_counted_and_not_revised() {
    let page = Fake::answering(page_with_incident().reply()).await;
    let hub = TestHub::builder().only_spreedly(&page).start().await;
    for _ in 0..4 {
        pull_well(&hub).await;
    }
    let event = hub.event(INCIDENT).await;
    assert_eq!(event["duplicates"], 3);
    assert_eq!(event["history"].as_array().unwrap().len(), 1);
    assert_eq!(event["updated_at"], event["received_at"]);
    hub.finish().await;
}

#[tokio::test]
async fn history_keeps_what_raw_showed_before() {
    let page = Fake::answering(Reply::status(500)).await;
    let hub = TestHub::builder().only_spreedly(&page).start().await;
    look(&hub, &page, &incident("11:00", "major", "investigating")).await;
    look(&hub, &page, &incident("11:10", "major", "monitoring")).await;
    let event = hub.event(INCIDENT).await;
    assert_eq!(event["raw"]["status"], "monitoring");
    assert_eq!(event["description"], "We are monitoring.");
    let history = event["history"].as_array().unwrap();
    let shown: Vec<_> = history
        .iter()
        .map(|state| state["raw"]["status"].clone())
        .collect();
    assert_eq!(shown, ["investigating", "monitoring"]);
    assert_eq!(
        (&history[0]["observed_at"], &history[1]["observed_at"]),
        (
            &json!("2024-01-15T12:01:00Z"),
            &json!("2024-01-15T12:02:00Z")
        )
    );
    assert_eq!(event["updated_at"], "2024-01-15T12:02:00Z");
    hub.finish().await;
}
