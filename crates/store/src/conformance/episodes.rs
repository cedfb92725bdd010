//! Components: an episode is the time from leaving `operational` to returning, and one event.

use signalbox_core::delivery::Action;
use signalbox_core::event::{Origin, Severity};
use signalbox_core::lifecycle::Observation;

use super::Backend;
use super::samples::{at, component, healthy, look, maintained, pager, routed_to, seen};
use super::steps::{changes, deliver, event, observe, walk};
use crate::{EventFilter, Tally};

fn ill(severity: Severity, updated_s: i64) -> Observation {
    component("api", severity, updated_s)
}

/// The event of the episode that was first seen at a second.
fn episode(updated_s: i64) -> String {
    ill(Severity::Critical, updated_s)
        .event
        .event_id
        .to_string()
}

pub async fn an_episode_keeps_its_identity_and_beginning(backend: &impl Backend) {
    let store = backend.fresh().await;
    let first = observe(&*store, vec![seen(ill(Severity::Warning, 0))], 1).await;
    assert_eq!(
        first,
        Tally {
            stored: 1,
            ..Tally::default()
        }
    );
    let same = observe(&*store, vec![seen(ill(Severity::Warning, 30))], 31).await;
    assert_eq!(
        same,
        Tally::default(),
        "a later time of the same state is no new episode"
    );
    assert_eq!(
        walk(&*store, &EventFilter::default(), 10).await,
        [episode(0)]
    );
    let stored = event(&*store, &episode(0)).await;
    assert_eq!((stored.event.started_at, stored.duplicates), (at(0), 1));
}

pub async fn worse_within_an_episode_is_routed_once(backend: &impl Backend) {
    let store = backend.fresh().await;
    observe(&*store, vec![seen(ill(Severity::Warning, 0))], 1).await;
    let worse = observe(&*store, vec![seen(ill(Severity::Critical, 30))], 31).await;
    assert_eq!(
        worse,
        Tally {
            routed: 1,
            changed: 1,
            owed: true,
            ..Tally::default()
        }
    );
    assert_eq!(deliver(&*store, &pager(), 32).await, [Action::Trigger]);
    observe(&*store, vec![seen(ill(Severity::Critical, 60))], 61).await;
    assert!(deliver(&*store, &pager(), 62).await.is_empty());
    let stored = event(&*store, &episode(0)).await;
    assert_eq!(stored.event.started_at, at(0));
    assert_eq!(
        (stored.event.severity, stored.revision),
        (Severity::Critical, 2)
    );
}

pub async fn operational_ends_an_episode_with_its_evidence(backend: &impl Backend) {
    let store = backend.fresh().await;
    observe(&*store, vec![seen(ill(Severity::Critical, 0))], 1).await;
    deliver(&*store, &pager(), 2).await;
    let over = observe(&*store, vec![healthy("api", Some(50))], 60).await;
    assert_eq!(
        over,
        Tally {
            changed: 1,
            owed: true,
            ..Tally::default()
        }
    );
    let stored = event(&*store, &episode(0)).await;
    assert_eq!(stored.event.resolved_at, Some(at(50)));
    assert_eq!(stored.vendor_status, "operational");
    assert!(
        stored.event.raw.as_str().contains("operational"),
        "raw is the latest observation"
    );
    assert!(
        stored.event.summary.contains("critical"),
        "what it was stays readable"
    );
    assert_eq!(deliver(&*store, &pager(), 61).await, [Action::Resolve]);
    let evidence = Some("operational".to_owned());
    assert_eq!(
        changes(&*store, &episode(0)).await[1],
        ("resolved".to_owned(), evidence)
    );
}

pub async fn the_end_of_an_episode_is_never_before_its_beginning(backend: &impl Backend) {
    let store = backend.fresh().await;
    observe(&*store, vec![seen(ill(Severity::Critical, 10))], 11).await;
    observe(&*store, vec![healthy("api", Some(5))], 12).await;
    assert_eq!(
        event(&*store, &episode(10)).await.event.resolved_at,
        Some(at(10))
    );
}

pub async fn an_end_without_a_time_is_when_it_was_seen(backend: &impl Backend) {
    let store = backend.fresh().await;
    observe(&*store, vec![seen(ill(Severity::Critical, 0))], 1).await;
    observe(&*store, vec![healthy("api", None)], 12).await;
    assert_eq!(
        event(&*store, &episode(0)).await.event.resolved_at,
        Some(at(12))
    );
}

pub async fn a_healthy_component_makes_no_event_and_ends_no_other(backend: &impl Backend) {
    let store = backend.fresh().await;
    observe(
        &*store,
        vec![seen(ill(Severity::Critical, 0)), healthy("web", Some(0))],
        1,
    )
    .await;
    assert_eq!(
        walk(&*store, &EventFilter::default(), 10).await,
        [episode(0)]
    );
    assert_eq!(event(&*store, &episode(0)).await.event.resolved_at, None);
}

pub async fn healthy_again_and_again_changes_nothing(backend: &impl Backend) {
    let store = backend.fresh().await;
    observe(&*store, vec![seen(ill(Severity::Critical, 0))], 1).await;
    observe(&*store, vec![healthy("api", Some(50))], 60).await;
    for second in 61..64 {
        let again = observe(&*store, vec![healthy("api", Some(second))], second).await;
        assert_eq!(again, Tally::default());
    }
    assert_eq!(
        event(&*store, &episode(0)).await.event.resolved_at,
        Some(at(50))
    );
}

pub async fn a_later_illness_is_a_new_episode(backend: &impl Backend) {
    let store = backend.fresh().await;
    observe(&*store, vec![seen(ill(Severity::Critical, 0))], 1).await;
    observe(&*store, vec![healthy("api", Some(50))], 60).await;
    let again = observe(&*store, vec![seen(ill(Severity::Critical, 90))], 91).await;
    assert_eq!(
        again,
        Tally {
            stored: 1,
            routed: 1,
            owed: true,
            ..Tally::default()
        }
    );
    assert_eq!(
        walk(&*store, &EventFilter::default(), 10).await,
        [episode(90), episode(0)]
    );
    assert_eq!(
        event(&*store, &episode(0)).await.event.resolved_at,
        Some(at(50))
    );
}

/// Some pages do not touch `updated_at` when a component turns well and ill again.
pub async fn the_same_time_coming_back_reopens_the_episode(backend: &impl Backend) {
    let store = backend.fresh().await;
    observe(&*store, vec![seen(ill(Severity::Critical, 0))], 1).await;
    deliver(&*store, &pager(), 2).await;
    observe(&*store, vec![healthy("api", Some(0))], 30).await;
    deliver(&*store, &pager(), 31).await;
    let back = observe(&*store, vec![seen(ill(Severity::Critical, 0))], 60).await;
    assert_eq!(
        back,
        Tally {
            routed: 1,
            changed: 1,
            owed: true,
            ..Tally::default()
        }
    );
    assert_eq!(
        walk(&*store, &EventFilter::default(), 10).await,
        [episode(0)]
    );
    assert_eq!(event(&*store, &episode(0)).await.event.resolved_at, None);
    assert_eq!(deliver(&*store, &pager(), 61).await, [Action::Trigger]);
    let words: Vec<_> = changes(&*store, &episode(0))
        .await
        .into_iter()
        .map(|one| one.0)
        .collect();
    assert_eq!(words, ["new", "resolved", "reopened"]);
}

pub async fn maintenance_keeps_an_episode_open(backend: &impl Backend) {
    let store = backend.fresh().await;
    observe(&*store, vec![seen(ill(Severity::Critical, 0))], 1).await;
    for second in [30, 60, 90] {
        assert_eq!(
            observe(&*store, vec![maintained("api")], second).await,
            Tally::default()
        );
    }
    assert_eq!(event(&*store, &episode(0)).await.event.resolved_at, None);
    observe(&*store, vec![healthy("api", Some(100))], 101).await;
    assert_eq!(
        event(&*store, &episode(0)).await.event.resolved_at,
        Some(at(100))
    );
}

pub async fn components_of_one_page_have_episodes_of_their_own(backend: &impl Backend) {
    let store = backend.fresh().await;
    let web = component("web", Severity::Warning, 0);
    let web_event = web.event.event_id.to_string();
    observe(
        &*store,
        vec![seen(ill(Severity::Critical, 0)), seen(web.clone())],
        1,
    )
    .await;
    observe(&*store, vec![healthy("api", Some(50)), seen(web)], 60).await;
    assert_eq!(
        event(&*store, &episode(0)).await.event.resolved_at,
        Some(at(50))
    );
    assert_eq!(event(&*store, &web_event).await.event.resolved_at, None);
}

/// The live page and a fixture may use the same identifiers. A fixture that is open must neither
/// swallow what the live page says, nor be ended by it.
pub async fn a_fixture_and_the_live_page_do_not_speak_for_each_other(backend: &impl Backend) {
    let store = backend.fresh().await;
    let mut fixture = ill(Severity::Critical, 0);
    fixture.event.origin = Origin::Fixture;
    let mut fixture_look = look(vec![seen(fixture)]);
    fixture_look.origin = Origin::Fixture;
    store.observe(fixture_look, at(1)).await.unwrap();

    let live = observe(&*store, vec![seen(ill(Severity::Critical, 30))], 31).await;
    assert_eq!((live.stored, live.routed), (1, 1));
    observe(&*store, vec![healthy("api", Some(50))], 60).await;
    assert_eq!(
        event(&*store, &episode(30)).await.event.resolved_at,
        Some(at(50))
    );
    assert_eq!(event(&*store, &episode(0)).await.event.resolved_at, None);
}

pub async fn an_episode_that_is_not_routed_ends_quietly(backend: &impl Backend) {
    let store = backend.fresh().await;
    observe(
        &*store,
        vec![seen(routed_to(ill(Severity::Critical, 0), &[]))],
        1,
    )
    .await;
    let over = observe(&*store, vec![healthy("api", Some(50))], 60).await;
    assert_eq!(
        over,
        Tally {
            changed: 1,
            ..Tally::default()
        }
    );
}
