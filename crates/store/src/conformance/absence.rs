//! Absence: what two valid looks in a row, at different times, do not show is over; one is not
//! enough, and nothing less than a complete look counts.

use std::sync::Arc;

use jiff::Timestamp;
use signalbox_core::delivery::Action;
use signalbox_core::event::{Origin, Severity};
use signalbox_core::lifecycle::{Observation, Sighting};

use super::Backend;
use super::samples::{FEED, at, component, healthy, incident, look, maintained, pager, seen};
use super::steps::{changes, deliver, event, observe};
use crate::{Store, Tally};

/// The event of the sample incident `i1`.
const EVENT: &str = "spreedly_status:i1";

fn shown() -> Sighting {
    seen(incident("i1", Severity::Critical, 1))
}

/// Stores an incident whose page was delivered, seen at second 1.
async fn paged(backend: &impl Backend) -> Arc<dyn Store> {
    let store = backend.fresh().await;
    observe(&*store, vec![shown()], 1).await;
    deliver(&*store, &pager(), 2).await;
    store
}

async fn ended_at(store: &dyn Store, event_id: &str) -> Option<Timestamp> {
    event(store, event_id).await.event.resolved_at
}

async fn unchanged(store: &dyn Store, second: i64) -> Tally {
    store
        .observe_unchanged(FEED, "poll-2", at(second))
        .await
        .unwrap()
}

/// Applies a look that shows nothing and is not complete.
async fn glance(store: &dyn Store, second: i64) -> Tally {
    let mut partial = look(Vec::new());
    partial.page.proves_absence = false;
    store.observe(partial, at(second)).await.unwrap()
}

pub async fn one_look_without_it_changes_nothing(backend: &impl Backend) {
    let store = paged(backend).await;
    assert_eq!(observe(&*store, Vec::new(), 60).await, Tally::default());
    let stored = event(&*store, EVENT).await;
    assert_eq!((stored.event.resolved_at, stored.revision), (None, 1));
    assert!(deliver(&*store, &pager(), 61).await.is_empty());
}

pub async fn two_looks_in_a_row_without_it_are_its_end(backend: &impl Backend) {
    let store = paged(backend).await;
    observe(&*store, Vec::new(), 60).await;
    let second = observe(&*store, Vec::new(), 120).await;
    assert_eq!(
        second,
        Tally {
            changed: 1,
            owed: true,
            ..Tally::default()
        }
    );
    assert_eq!(
        ended_at(&*store, EVENT).await,
        Some(at(60)),
        "it began to be missing then"
    );
    assert_eq!(deliver(&*store, &pager(), 121).await, [Action::Resolve]);
    let evidence = Some("absence".to_owned());
    assert_eq!(
        changes(&*store, EVENT).await[1],
        ("resolved".to_owned(), evidence)
    );
    let stored = event(&*store, EVENT).await;
    assert_eq!(
        stored.vendor_status, "investigating",
        "the vendor never said otherwise"
    );
    assert_eq!(stored.request_id, "poll-1");
}

pub async fn a_missing_component_ends_as_an_incident_does(backend: &impl Backend) {
    let store = backend.fresh().await;
    let ill = component("api", Severity::Critical, 0);
    observe(&*store, vec![seen(ill.clone())], 1).await;
    observe(&*store, Vec::new(), 60).await;
    observe(&*store, Vec::new(), 120).await;
    assert_eq!(
        ended_at(&*store, ill.event.event_id.as_str()).await,
        Some(at(60))
    );
}

pub async fn the_same_instant_is_not_a_second_look(backend: &impl Backend) {
    let store = paged(backend).await;
    observe(&*store, Vec::new(), 60).await;
    observe(&*store, Vec::new(), 60).await;
    assert_eq!(unchanged(&*store, 60).await, Tally::default());
    assert_eq!(ended_at(&*store, EVENT).await, None);
    observe(&*store, Vec::new(), 61).await;
    assert_eq!(ended_at(&*store, EVENT).await, Some(at(60)));
}

/// What is stored has milliseconds; the digits behind them must not make one instant two.
pub async fn the_same_instant_in_nanoseconds_is_not_a_second_look(backend: &impl Backend) {
    let store = paged(backend).await;
    let fine: Timestamp = "2024-01-15T10:50:00.123456789Z".parse().unwrap();
    for _ in 0..3 {
        store.observe(look(Vec::new()), fine).await.unwrap();
        store.observe_unchanged(FEED, "poll-2", fine).await.unwrap();
    }
    assert_eq!(ended_at(&*store, EVENT).await, None);
}

pub async fn reappearance_begins_the_count_anew(backend: &impl Backend) {
    let store = paged(backend).await;
    observe(&*store, Vec::new(), 60).await;
    observe(&*store, vec![shown()], 120).await;
    observe(&*store, Vec::new(), 180).await;
    assert_eq!(ended_at(&*store, EVENT).await, None);
    observe(&*store, Vec::new(), 240).await;
    assert_eq!(ended_at(&*store, EVENT).await, Some(at(180)));
}

pub async fn reappearance_with_other_words_begins_the_count_anew(backend: &impl Backend) {
    let store = paged(backend).await;
    observe(&*store, Vec::new(), 60).await;
    observe(
        &*store,
        vec![seen(incident("i1", Severity::Warning, 100))],
        120,
    )
    .await;
    observe(&*store, Vec::new(), 180).await;
    assert_eq!(ended_at(&*store, EVENT).await, None);
}

pub async fn maintenance_begins_the_count_anew(backend: &impl Backend) {
    let store = backend.fresh().await;
    let ill = component("api", Severity::Critical, 0);
    let event_id = ill.event.event_id.to_string();
    observe(&*store, vec![seen(ill)], 1).await;
    observe(&*store, Vec::new(), 60).await;
    observe(&*store, vec![maintained("api")], 120).await;
    observe(&*store, Vec::new(), 180).await;
    assert_eq!(ended_at(&*store, &event_id).await, None);
    observe(&*store, Vec::new(), 240).await;
    assert_eq!(ended_at(&*store, &event_id).await, Some(at(180)));
}

pub async fn an_incomplete_look_proves_nothing(backend: &impl Backend) {
    let store = paged(backend).await;
    for second in [60, 120, 180] {
        assert_eq!(glance(&*store, second).await, Tally::default());
    }
    assert_eq!(ended_at(&*store, EVENT).await, None);
    observe(&*store, Vec::new(), 240).await;
    assert_eq!(
        ended_at(&*store, EVENT).await,
        None,
        "the first complete look is the first"
    );
}

pub async fn an_incomplete_look_between_two_complete_ones_does_not_count(backend: &impl Backend) {
    let store = paged(backend).await;
    observe(&*store, Vec::new(), 60).await;
    glance(&*store, 120).await;
    assert_eq!(ended_at(&*store, EVENT).await, None);
    observe(&*store, Vec::new(), 180).await;
    assert_eq!(ended_at(&*store, EVENT).await, Some(at(60)));
}

pub async fn an_unchanged_page_counts_as_the_second_look(backend: &impl Backend) {
    let store = paged(backend).await;
    observe(&*store, Vec::new(), 60).await;
    let second = unchanged(&*store, 120).await;
    assert_eq!(
        second,
        Tally {
            changed: 1,
            owed: true,
            ..Tally::default()
        }
    );
    assert_eq!(ended_at(&*store, EVENT).await, Some(at(60)));
    assert_eq!(deliver(&*store, &pager(), 121).await, [Action::Resolve]);
    assert_eq!(unchanged(&*store, 180).await, Tally::default());
}

pub async fn an_unchanged_page_that_showed_it_shows_it_still(backend: &impl Backend) {
    let store = paged(backend).await;
    for second in [60, 120, 180] {
        assert_eq!(unchanged(&*store, second).await, Tally::default());
    }
    assert_eq!(ended_at(&*store, EVENT).await, None);
}

/// The page is unchanged since an answer that proved nothing.
pub async fn an_unchanged_incomplete_page_proves_nothing(backend: &impl Backend) {
    let store = paged(backend).await;
    observe(&*store, Vec::new(), 60).await;
    glance(&*store, 120).await;
    for second in [180, 240] {
        assert_eq!(unchanged(&*store, second).await, Tally::default());
    }
    assert_eq!(ended_at(&*store, EVENT).await, None);
}

pub async fn an_unchanged_page_that_was_never_seen_changes_nothing(backend: &impl Backend) {
    let store = backend.fresh().await;
    assert_eq!(unchanged(&*store, 60).await, Tally::default());
    assert_eq!(store.page(FEED).await, Ok(None));
}

pub async fn absence_is_judged_for_the_same_feed_only(backend: &impl Backend) {
    let store = paged(backend).await;
    for second in [60, 120, 180] {
        let mut other = look(Vec::new());
        "braze_status".clone_into(&mut other.page.source);
        store.observe(other, at(second)).await.unwrap();
    }
    assert_eq!(ended_at(&*store, EVENT).await, None);
}

pub async fn absence_is_judged_for_the_same_origin_only(backend: &impl Backend) {
    let store = paged(backend).await;
    for second in [60, 120, 180] {
        let mut fixture = look(Vec::new());
        fixture.origin = Origin::Fixture;
        store.observe(fixture, at(second)).await.unwrap();
        assert_eq!(unchanged(&*store, second + 1).await, Tally::default());
    }
    assert_eq!(ended_at(&*store, EVENT).await, None);
}

/// A fixture that was missing once is not ended by a live page that has not changed.
pub async fn an_unchanged_live_page_says_nothing_of_a_fixture(backend: &impl Backend) {
    let store = backend.fresh().await;
    let mut shown: Observation = incident("i1", Severity::Critical, 1);
    shown.event.origin = Origin::Fixture;
    for sightings in [vec![seen(shown)], Vec::new()] {
        let second = if sightings.is_empty() { 60 } else { 1 };
        let mut fixture = look(sightings);
        fixture.origin = Origin::Fixture;
        store.observe(fixture, at(second)).await.unwrap();
    }
    observe(&*store, Vec::new(), 120).await;
    unchanged(&*store, 180).await;
    assert_eq!(ended_at(&*store, EVENT).await, None);
}

pub async fn what_is_over_is_not_missed(backend: &impl Backend) {
    let store = backend.fresh().await;
    let ill = component("api", Severity::Critical, 0);
    let event_id = ill.event.event_id.to_string();
    observe(&*store, vec![seen(ill)], 1).await;
    observe(&*store, vec![healthy("api", Some(30))], 31).await;
    for second in [60, 120, 180] {
        assert_eq!(observe(&*store, Vec::new(), second).await, Tally::default());
    }
    assert_eq!(ended_at(&*store, &event_id).await, Some(at(30)));
}

pub async fn what_was_thought_gone_and_is_shown_again_reopens(backend: &impl Backend) {
    let store = paged(backend).await;
    observe(&*store, Vec::new(), 60).await;
    observe(&*store, Vec::new(), 120).await;
    deliver(&*store, &pager(), 121).await;
    let back = observe(&*store, vec![shown()], 180).await;
    assert_eq!(
        back,
        Tally {
            routed: 1,
            changed: 1,
            owed: true,
            ..Tally::default()
        }
    );
    assert_eq!(deliver(&*store, &pager(), 181).await, [Action::Trigger]);
    observe(&*store, Vec::new(), 240).await;
    assert_eq!(ended_at(&*store, EVENT).await, None, "the count began anew");
}

pub async fn the_vendors_own_record_replaces_what_absence_said(backend: &impl Backend) {
    let store = paged(backend).await;
    observe(&*store, Vec::new(), 60).await;
    observe(&*store, Vec::new(), 120).await;
    let record = super::samples::resolved(incident("i1", Severity::Critical, 1), 45);
    observe(&*store, vec![seen(record.clone())], 180).await;
    assert_eq!(ended_at(&*store, EVENT).await, Some(at(45)));
    assert_eq!(
        observe(&*store, vec![seen(record)], 240).await,
        Tally::default()
    );
}

/// A look at a page that serves the feed from another address, under another identifier or none.
async fn elsewhere(
    store: &dyn Store,
    page_id: Option<&str>,
    shown: Vec<Sighting>,
    second: i64,
) -> Tally {
    let mut moved = look(shown);
    "https://status.example.org/summary.json".clone_into(&mut moved.page.url);
    moved.page.page_id = page_id.map(str::to_owned);
    store.observe(moved, at(second)).await.unwrap()
}

pub async fn another_page_at_a_new_address_says_nothing_of_the_old_one(backend: &impl Backend) {
    let store = paged(backend).await;
    for second in [60, 120, 180] {
        elsewhere(&*store, Some("xyz"), Vec::new(), second).await;
    }
    assert_eq!(ended_at(&*store, EVENT).await, None);
    assert!(deliver(&*store, &pager(), 200).await.is_empty());
    // Once it has shown the incident itself, its silence counts like any other.
    elsewhere(&*store, Some("xyz"), vec![shown()], 240).await;
    elsewhere(&*store, Some("xyz"), Vec::new(), 300).await;
    elsewhere(&*store, Some("xyz"), Vec::new(), 360).await;
    assert_eq!(ended_at(&*store, EVENT).await, Some(at(300)));
}

pub async fn the_same_page_at_a_new_address_goes_on_as_before(backend: &impl Backend) {
    let store = paged(backend).await;
    elsewhere(&*store, Some("abc"), Vec::new(), 60).await;
    elsewhere(&*store, Some("abc"), Vec::new(), 120).await;
    assert_eq!(ended_at(&*store, EVENT).await, Some(at(60)));
}
