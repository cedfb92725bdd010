//! Closing and opening again: what was acknowledged is there, and what was owed is still owed.

use std::fmt::Write;
use std::sync::Arc;

use signalbox_core::delivery::Action;
use signalbox_core::event::Severity;
use tokio::task::JoinSet;

use super::Backend;
use super::samples::{FEED, at, component, id, incident, look, pager, payment, resolved, seen};
use super::steps::{
    LEASE_S, accept, deliver, delivered, deliveries, event, lease, lease_one, observe, parked,
    refused, retried, settle, walk,
};
use crate::{Accepted, DeliveryFilter, EventFilter, Store, StoreError};

/// Everything that can be read, as text.
async fn everything(store: &dyn Store) -> String {
    let events = store
        .events(&EventFilter::default(), None, 500)
        .await
        .unwrap();
    let filter = EventFilter {
        words: Some("latency".to_owned()),
        ..Default::default()
    };
    let found = walk(store, &filter, 50).await;
    let deliveries = store
        .deliveries(&DeliveryFilter::default(), None, 500)
        .await
        .unwrap();
    let page = store.page(FEED).await.unwrap();
    let due = store.next_due(&pager()).await.unwrap();
    let mut all = format!("{events:#?}{found:#?}{deliveries:#?}{page:#?}{due:#?}");
    for row in events.rows {
        let history = store.history(&row.event.event_id).await.unwrap();
        let attempts = store.attempts(&row.event.event_id).await.unwrap();
        write!(all, "{history:#?}{attempts:#?}").unwrap();
    }
    all
}

pub async fn a_reopened_store_has_everything(backend: &impl Backend) {
    let store = backend.fresh().await;
    for (name, second) in [("evt_1", 1), ("evt_2", 2), ("evt_3", 3)] {
        accept(&*store, payment(name, Severity::Critical), second).await;
    }
    accept(&*store, payment("evt_1", Severity::Critical), 4).await;
    let leased = lease(&*store, &pager(), 5).await;
    settle(&*store, delivered(&leased[0]), 6).await;
    settle(&*store, retried(&leased[1], 90), 6).await;
    settle(&*store, refused(&leased[2]), 6).await;
    let sightings = vec![
        seen(incident("i1", Severity::Critical, 7)),
        seen(component("api", Severity::Warning, 7)),
    ];
    observe(&*store, sightings, 8).await;
    let trigger = lease_one(&*store, &pager(), 9).await;
    settle(&*store, retried(&trigger, 95), 10).await;
    observe(
        &*store,
        vec![seen(resolved(incident("i1", Severity::Critical, 7), 10))],
        11,
    )
    .await;

    let before = everything(&*store).await;
    let store = backend.reopen(store).await;
    assert_eq!(everything(&*store).await, before);
    let store = backend.reopen(store).await;
    assert_eq!(everything(&*store).await, before);
}

pub async fn a_repetition_after_reopening_is_a_duplicate(backend: &impl Backend) {
    let store = backend.fresh().await;
    accept(&*store, payment("evt_1", Severity::Critical), 1).await;
    let store = backend.reopen(store).await;
    let again = accept(&*store, payment("evt_1", Severity::Critical), 2).await;
    assert_eq!(again, Accepted::Duplicate);
    accept(&*store, payment("evt_2", Severity::Critical), 2).await;
    let (first, second) = (event(&*store, "evt_1").await, event(&*store, "evt_2").await);
    assert!(first.seq < second.seq, "numbers go on rising");
    assert_eq!(deliver(&*store, &pager(), 3).await.len(), 2);
}

/// A backend that knows that the holder is gone may end the lease at once; none keeps it longer.
pub async fn a_lost_lease_ends_after_reopening(backend: &impl Backend) {
    let store = backend.fresh().await;
    accept(&*store, payment("evt_1", Severity::Critical), 0).await;
    let lost = lease_one(&*store, &pager(), 1).await;
    let store = backend.reopen(store).await;
    let taken_over = lease_one(&*store, &pager(), 1 + LEASE_S).await;
    assert_eq!(taken_over.delivery.attempt, lost.delivery.attempt + 1);
    let attempts = store.attempts(&id("evt_1")).await.unwrap();
    assert_eq!(attempts[0].reason, "unknown");
}

pub async fn a_park_outlives_reopening(backend: &impl Backend) {
    let store = backend.fresh().await;
    for name in ["evt_1", "evt_2", "evt_3"] {
        accept(&*store, payment(name, Severity::Critical), 0).await;
    }
    let first = store
        .lease_due(&pager(), at(1), at(61), 1)
        .await
        .unwrap()
        .remove(0);
    settle(&*store, parked(&first, 300), 2).await;
    let store = backend.reopen(store).await;
    let early = lease(&*store, &pager(), 299).await;
    assert!(
        early.len() <= 1,
        "a restart may let a probe go, and no more"
    );
    let probe = match early.into_iter().next() {
        Some(probe) => probe,
        None => lease_one(&*store, &pager(), 300).await,
    };
    let store = backend.reopen(store).await;
    let again = lease(&*store, &pager(), 301).await;
    assert!(again.len() <= 1, "one goes ahead, the others wait for it");
    let probe = again.first().unwrap_or(&probe);
    settle(&*store, delivered(probe), 302).await;
    assert_eq!(deliver(&*store, &pager(), 303).await.len(), 2);
}

pub async fn a_first_absence_outlives_reopening(backend: &impl Backend) {
    let store = backend.fresh().await;
    observe(
        &*store,
        vec![seen(incident("i1", Severity::Critical, 1))],
        1,
    )
    .await;
    deliver(&*store, &pager(), 2).await;
    observe(&*store, Vec::new(), 60).await;
    let store = backend.reopen(store).await;
    store.observe(look(Vec::new()), at(120)).await.unwrap();
    assert_eq!(
        event(&*store, "spreedly_status:i1").await.event.resolved_at,
        Some(at(60))
    );
    assert_eq!(deliver(&*store, &pager(), 121).await, [Action::Resolve]);
}

pub async fn a_closed_store_refuses_everything(backend: &impl Backend) {
    let store = backend.fresh().await;
    accept(&*store, payment("evt_1", Severity::Critical), 0).await;
    let leased = lease_one(&*store, &pager(), 1).await;
    store.close().await;
    store.close().await;
    let refused = |error: Option<StoreError>| {
        assert!(
            matches!(error, Some(StoreError::Unavailable(_))),
            "{error:?}"
        );
    };
    let seen = payment("evt_2", Severity::Critical);
    refused(store.ping().await.err());
    refused(store.accept(seen, "req-1", at(2)).await.err());
    refused(store.observe(look(Vec::new()), at(2)).await.err());
    refused(store.observe_unchanged(FEED, "poll-1", at(2)).await.err());
    refused(store.event(&id("evt_1")).await.err());
    refused(store.history(&id("evt_1")).await.err());
    refused(store.events(&EventFilter::default(), None, 1).await.err());
    refused(store.page(FEED).await.err());
    refused(store.lease_due(&pager(), at(2), at(3), 1).await.err());
    refused(store.settle(delivered(&leased), at(2)).await.err());
    refused(store.next_due(&pager()).await.err());
    refused(store.retry(leased.delivery.id, at(2)).await.err());
    refused(
        store
            .deliveries(&DeliveryFilter::default(), None, 1)
            .await
            .err(),
    );
    refused(store.attempts(&id("evt_1")).await.err());
    let store = backend.reopen(store).await;
    assert_eq!(deliveries(&*store, "evt_1").await[0].attempts, 1);
}

/// Closing races the writes: each one that was answered is there, and each one that is there was
/// answered or refused, never half done.
pub async fn what_was_answered_before_closing_is_there(backend: &impl Backend) {
    let store = backend.fresh().await;
    let mut tasks = JoinSet::new();
    for number in 0..300 {
        let store = Arc::clone(&store);
        let name = format!("evt_{number}");
        let seen = payment(&name, Severity::Critical);
        tasks.spawn(async move { (name, store.accept(seen, "req-1", at(0)).await) });
    }
    accept(&*store, payment("evt_last", Severity::Critical), 0).await;
    store.close().await;
    let answers = tasks.join_all().await;
    let store = backend.reopen(store).await;
    for (name, answer) in answers {
        match answer {
            Ok(_) => assert_eq!(deliveries(&*store, &name).await.len(), 1, "{name}"),
            Err(StoreError::Unavailable(_)) => {}
            Err(error) => panic!("{name}: {error}"),
        }
    }
    event(&*store, "evt_last").await;
}

pub async fn an_open_store_answers_a_ping(backend: &impl Backend) {
    let store = backend.fresh().await;
    assert_eq!(store.ping().await, Ok(()));
}
