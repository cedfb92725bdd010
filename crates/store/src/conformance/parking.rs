//! Parking: a destination that does not know us is left alone; out of the park, one delivery goes
//! ahead, and the rest follow when it gets through.

use std::sync::Arc;

use signalbox_core::delivery::{Action, State};
use signalbox_core::event::Severity;

use super::Backend;
use super::samples::{at, chat, pager, payment, routed_to};
use super::steps::{
    LEASE_S, accept, deliver, delivered, deliveries, lease, lease_one, parked, refused, retried,
    settle,
};
use crate::{Retried, Store};

/// Stores five payments, of which the first met a bad credential at second 2: parked until 300.
async fn in_the_park(backend: &impl Backend) -> Arc<dyn Store> {
    let store = backend.fresh().await;
    for number in 1..=5 {
        accept(
            &*store,
            payment(&format!("evt_{number}"), Severity::Critical),
            0,
        )
        .await;
    }
    let first = store
        .lease_due(&pager(), at(1), at(61), 1)
        .await
        .unwrap()
        .remove(0);
    settle(&*store, parked(&first, 300), 2).await;
    store
}

pub async fn a_parked_destination_leases_nothing_until_its_time(backend: &impl Backend) {
    let store = in_the_park(backend).await;
    assert!(lease(&*store, &pager(), 299).await.is_empty());
    assert_eq!(store.next_due(&pager()).await, Ok(Some(at(300))));
    assert_eq!(lease(&*store, &pager(), 300).await.len(), 1);
}

pub async fn what_waits_in_the_park_is_kept_and_says_when_it_goes(backend: &impl Backend) {
    let store = in_the_park(backend).await;
    for number in 1..=5 {
        let row = deliveries(&*store, &format!("evt_{number}"))
            .await
            .remove(0);
        assert_eq!(
            (row.state, row.next_attempt_at),
            (State::Pending, Some(at(300))),
            "{row:?}"
        );
    }
    let first = deliveries(&*store, "evt_1").await.remove(0);
    assert_eq!(first.reason.as_deref(), Some("unauthorized"));
}

pub async fn what_is_owed_during_the_park_waits_too(backend: &impl Backend) {
    let store = in_the_park(backend).await;
    accept(&*store, payment("evt_6", Severity::Critical), 100).await;
    assert!(lease(&*store, &pager(), 200).await.is_empty());
}

pub async fn another_destination_is_not_parked(backend: &impl Backend) {
    let store = in_the_park(backend).await;
    accept(
        &*store,
        routed_to(payment("evt_6", Severity::Critical), &[chat()]),
        100,
    )
    .await;
    assert_eq!(deliver(&*store, &chat(), 100).await, [Action::Trigger]);
}

pub async fn out_of_the_park_one_goes_ahead_and_nobody_beside_it(backend: &impl Backend) {
    let store = in_the_park(backend).await;
    lease_one(&*store, &pager(), 300).await;
    for second in [300, 301, 299 + LEASE_S] {
        assert!(
            lease(&*store, &pager(), second).await.is_empty(),
            "{second}"
        );
    }
    assert_eq!(store.next_due(&pager()).await, Ok(Some(at(300 + LEASE_S))));
}

pub async fn a_probe_that_gets_through_lets_the_rest_follow(backend: &impl Backend) {
    let store = in_the_park(backend).await;
    let probe = lease_one(&*store, &pager(), 300).await;
    settle(&*store, delivered(&probe), 301).await;
    assert_eq!(lease(&*store, &pager(), 301).await.len(), 4);
}

pub async fn a_probe_that_is_turned_away_parks_again(backend: &impl Backend) {
    let store = in_the_park(backend).await;
    let probe = lease_one(&*store, &pager(), 300).await;
    settle(&*store, parked(&probe, 600), 301).await;
    assert!(lease(&*store, &pager(), 599).await.is_empty());
    lease_one(&*store, &pager(), 600).await;
    assert!(lease(&*store, &pager(), 601).await.is_empty());
}

/// Other trouble, or a refusal of this one page, says nothing of the credential.
pub async fn a_probe_with_other_trouble_lets_the_next_one_probe(backend: &impl Backend) {
    let store = in_the_park(backend).await;
    let probe = lease_one(&*store, &pager(), 300).await;
    settle(&*store, retried(&probe, 400), 301).await;
    let next = lease_one(&*store, &pager(), 301).await;
    assert_ne!(next.delivery.id, probe.delivery.id);
    settle(&*store, refused(&next), 302).await;
    let third = lease_one(&*store, &pager(), 302).await;
    assert!(
        lease(&*store, &pager(), 303).await.is_empty(),
        "one at a time still"
    );
    settle(&*store, delivered(&third), 304).await;
    assert_eq!(deliver(&*store, &pager(), 400).await.len(), 3);
}

pub async fn a_probe_whose_holder_went_away_makes_room_when_its_lease_ends(backend: &impl Backend) {
    let store = in_the_park(backend).await;
    lease_one(&*store, &pager(), 300).await;
    let next = lease_one(&*store, &pager(), 300 + LEASE_S).await;
    assert!(lease(&*store, &pager(), 301 + LEASE_S).await.is_empty());
    settle(&*store, delivered(&next), 302 + LEASE_S).await;
    assert_eq!(deliver(&*store, &pager(), 302 + LEASE_S).await.len(), 4);
}

/// Ten are on their way when the first meets the bad credential: what becomes of the others neither
/// shortens the park nor buries them.
pub async fn what_was_on_its_way_does_not_end_the_park(backend: &impl Backend) {
    let store = backend.fresh().await;
    for number in 1..=3 {
        accept(
            &*store,
            payment(&format!("evt_{number}"), Severity::Critical),
            0,
        )
        .await;
    }
    let leased = lease(&*store, &pager(), 1).await;
    settle(&*store, parked(&leased[0], 300), 2).await;
    settle(&*store, retried(&leased[1], 10), 3).await;
    settle(&*store, refused(&leased[2]), 3).await;
    assert!(lease(&*store, &pager(), 299).await.is_empty());
    assert_eq!(lease(&*store, &pager(), 300).await.len(), 1);
}

pub async fn an_acceptance_ends_the_park_at_once(backend: &impl Backend) {
    let store = backend.fresh().await;
    for number in 1..=4 {
        accept(
            &*store,
            payment(&format!("evt_{number}"), Severity::Critical),
            0,
        )
        .await;
    }
    let leased = store.lease_due(&pager(), at(1), at(61), 2).await.unwrap();
    settle(&*store, parked(&leased[0], 300), 2).await;
    settle(&*store, delivered(&leased[1]), 3).await;
    assert_eq!(
        lease(&*store, &pager(), 4).await.len(),
        2,
        "the credential works"
    );
}

pub async fn a_retry_by_hand_ends_the_park(backend: &impl Backend) {
    let store = in_the_park(backend).await;
    let row = deliveries(&*store, "evt_1").await.remove(0);
    assert_eq!(store.retry(row.id, at(50)).await, Ok(Retried::Due));
    assert_eq!(lease(&*store, &pager(), 50).await.len(), 5);
}
