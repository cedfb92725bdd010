//! Leases and attempts: one holder at a time, every attempt on record, nothing changed by a holder
//! that has lost its lease.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use signalbox_core::delivery::outcome::Reason;
use signalbox_core::delivery::{Action, State};
use signalbox_core::event::Severity;
use signalbox_core::rule::Target;
use tokio::task::JoinSet;

use super::Backend;
use super::samples::{at, chat, id, pager, payment, routed_to};
use super::steps::{
    LEASE_S, accept, deliver, delivered, deliveries, exhausted, lease, lease_one, owed, refused,
    retried, settle,
};
use crate::{AttemptRecord, Leased, Store};

/// Stores critical payments of these names, each at its second.
async fn pay(store: &dyn Store, names: &[(&str, i64)]) {
    for (name, second) in names {
        accept(store, payment(name, Severity::Critical), *second).await;
    }
}

fn ids(leased: &[Leased]) -> Vec<&str> {
    leased
        .iter()
        .map(|one| one.delivery.event.event_id.as_str())
        .collect()
}

/// Returns number, outcome and reason of the attempts at an event's deliveries.
async fn attempts(store: &dyn Store, event_id: &str) -> Vec<(u32, String, String)> {
    let attempts = store.attempts(&id(event_id)).await.unwrap();
    attempts
        .into_iter()
        .map(|one| (one.attempt, one.outcome, one.reason))
        .collect()
}

fn attempt(number: u32, outcome: &str, reason: Reason) -> (u32, String, String) {
    (number, outcome.to_owned(), reason.as_str().to_owned())
}

pub async fn a_lease_holds_all_that_an_attempt_needs(backend: &impl Backend) {
    let store = backend.fresh().await;
    let seen = payment("evt_1", Severity::Critical);
    accept(&*store, seen.clone(), 3).await;
    let leased = lease_one(&*store, &pager(), 5).await;
    assert_eq!((leased.backoff, leased.kept_from), (1, at(3)));
    let delivery = leased.delivery;
    assert_eq!(delivery.event, seen.event);
    assert_eq!(
        (delivery.target, delivery.action),
        (pager(), Action::Trigger)
    );
    assert_eq!(
        (delivery.dedup_key.as_str(), delivery.attempt),
        ("evt_1", 1)
    );
    assert_eq!(
        (delivery.created_at, delivery.request_id.as_str()),
        (at(3), "req-1")
    );
    assert_eq!(delivery.id, deliveries(&*store, "evt_1").await[0].id);
}

pub async fn nothing_is_leased_before_it_is_due_or_to_another(backend: &impl Backend) {
    let store = backend.fresh().await;
    pay(&*store, &[("evt_1", 10)]).await;
    assert!(lease(&*store, &pager(), 9).await.is_empty());
    assert!(
        lease(&*store, &chat(), 10).await.is_empty(),
        "a destination that never was"
    );
    let real = Target {
        mock: false,
        ..pager()
    };
    assert!(
        lease(&*store, &real, 10).await.is_empty(),
        "the mock's page is not a real one"
    );
    assert_eq!(lease(&*store, &pager(), 10).await.len(), 1);
}

pub async fn the_oldest_due_go_first_and_no_more_than_asked_for(backend: &impl Backend) {
    let store = backend.fresh().await;
    pay(&*store, &[("a", 5), ("b", 1), ("c", 9), ("d", 3)]).await;
    let (now, until) = (at(20), at(80));
    let none = store.lease_due(&pager(), now, until, 0).await.unwrap();
    assert!(none.is_empty());
    let first = store.lease_due(&pager(), now, until, 2).await.unwrap();
    assert_eq!(ids(&first), ["b", "d"]);
    let rest = store.lease_due(&pager(), now, until, 100).await.unwrap();
    assert_eq!(ids(&rest), ["a", "c"]);
}

pub async fn no_delivery_is_under_two_leases(backend: &impl Backend) {
    let store = backend.fresh().await;
    let names: Vec<String> = (0..100).map(|number| format!("evt_{number}")).collect();
    for name in &names {
        accept(&*store, payment(name, Severity::Critical), 0).await;
    }
    let mut lessees = JoinSet::new();
    for _ in 0..8 {
        let store = Arc::clone(&store);
        lessees.spawn(async move {
            let mut mine = Vec::new();
            loop {
                let leased = store.lease_due(&pager(), at(1), at(61), 7).await.unwrap();
                if leased.is_empty() {
                    return mine;
                }
                mine.extend(
                    leased
                        .into_iter()
                        .map(|one| (one.delivery.id, one.delivery.attempt)),
                );
            }
        });
    }
    let all: Vec<(i64, u32)> = lessees.join_all().await.concat();
    let distinct: HashSet<i64> = all.iter().map(|(id, _)| *id).collect();
    assert_eq!((all.len(), distinct.len()), (100, 100));
    assert!(all.iter().all(|(_, attempt)| *attempt == 1));
}

pub async fn a_live_lease_keeps_others_out_until_it_ends(backend: &impl Backend) {
    let store = backend.fresh().await;
    pay(&*store, &[("evt_1", 0)]).await;
    lease_one(&*store, &pager(), 1).await;
    assert!(lease(&*store, &pager(), 1).await.is_empty());
    assert!(lease(&*store, &pager(), LEASE_S).await.is_empty());
    let taken_over = lease_one(&*store, &pager(), 1 + LEASE_S).await;
    assert_eq!((taken_over.delivery.attempt, taken_over.backoff), (2, 2));
}

pub async fn an_attempt_without_an_answer_is_on_record_as_unknown(backend: &impl Backend) {
    let store = backend.fresh().await;
    pay(&*store, &[("evt_1", 0)]).await;
    lease_one(&*store, &pager(), 1).await;
    assert!(
        attempts(&*store, "evt_1").await.is_empty(),
        "it may still be answered"
    );
    let second = lease_one(&*store, &pager(), 100).await;
    assert_eq!(
        attempts(&*store, "evt_1").await,
        [attempt(1, "retry", Reason::Unknown)]
    );
    settle(&*store, delivered(&second), 101).await;
    let expected = [
        attempt(1, "retry", Reason::Unknown),
        attempt(2, "delivered", Reason::Accepted),
    ];
    assert_eq!(attempts(&*store, "evt_1").await, expected);
}

pub async fn a_late_answer_corrects_the_record_and_nothing_else(backend: &impl Backend) {
    let store = backend.fresh().await;
    pay(&*store, &[("evt_1", 0)]).await;
    let lost = lease_one(&*store, &pager(), 1).await;
    let held = lease_one(&*store, &pager(), 100).await;
    let before = deliveries(&*store, "evt_1").await;
    for late in [
        delivered(&lost),
        refused(&lost),
        retried(&lost, 500),
        exhausted(&lost),
    ] {
        settle(&*store, late, 102).await;
        assert_eq!(deliveries(&*store, "evt_1").await, before);
        assert!(
            lease(&*store, &pager(), 103).await.is_empty(),
            "the lease is another's"
        );
    }
    assert_eq!(
        attempts(&*store, "evt_1").await,
        [attempt(1, "retry", Reason::ServerError)]
    );
    settle(&*store, delivered(&held), 104).await;
    assert_eq!(
        owed(&*store, "evt_1").await,
        [(Action::Trigger, "delivered")]
    );
    settle(&*store, retried(&lost, 500), 105).await;
    assert_eq!(
        owed(&*store, "evt_1").await,
        [(Action::Trigger, "delivered")]
    );
    assert_eq!(store.next_due(&pager()).await, Ok(None));
}

/// A lease that has run out and that nobody has taken over is still its holder's to settle.
pub async fn an_answer_after_the_lease_counts_if_nobody_took_over(backend: &impl Backend) {
    let store = backend.fresh().await;
    pay(&*store, &[("evt_1", 0)]).await;
    let leased = lease_one(&*store, &pager(), 1).await;
    settle(&*store, delivered(&leased), 500).await;
    assert_eq!(
        owed(&*store, "evt_1").await,
        [(Action::Trigger, "delivered")]
    );
    assert!(lease(&*store, &pager(), 501).await.is_empty());
}

pub async fn a_delivered_delivery_is_over(backend: &impl Backend) {
    let store = backend.fresh().await;
    pay(&*store, &[("evt_1", 0)]).await;
    let leased = lease_one(&*store, &pager(), 1).await;
    settle(&*store, delivered(&leased), 2).await;
    let row = deliveries(&*store, "evt_1").await.remove(0);
    assert_eq!(
        (row.state, row.attempts, row.next_attempt_at),
        (State::Delivered, 1, None)
    );
    assert_eq!(row.reason.as_deref(), Some("accepted"));
    assert!(lease(&*store, &pager(), 1_000_000).await.is_empty());
}

pub async fn a_retry_waits_for_its_time(backend: &impl Backend) {
    let store = backend.fresh().await;
    pay(&*store, &[("evt_1", 0)]).await;
    let first = lease_one(&*store, &pager(), 1).await;
    settle(&*store, retried(&first, 30), 2).await;
    let row = deliveries(&*store, "evt_1").await.remove(0);
    assert_eq!(
        (row.state, row.attempts, row.next_attempt_at),
        (State::Pending, 1, Some(at(30)))
    );
    assert_eq!(row.reason.as_deref(), Some("server_error"));
    assert!(lease(&*store, &pager(), 29).await.is_empty());
    let second = lease_one(&*store, &pager(), 30).await;
    assert_eq!((second.delivery.attempt, second.backoff), (2, 2));
    assert_eq!(second.kept_from, at(0), "it is tried since it was owed");
}

pub async fn a_refused_delivery_is_dead_with_the_reason(backend: &impl Backend) {
    let store = backend.fresh().await;
    pay(&*store, &[("evt_1", 0), ("evt_2", 0)]).await;
    let leased = lease(&*store, &pager(), 1).await;
    settle(&*store, refused(&leased[0]), 2).await;
    settle(&*store, exhausted(&leased[1]), 2).await;
    for (name, reason) in [("evt_1", "refused"), ("evt_2", "exhausted")] {
        let row = deliveries(&*store, name).await.remove(0);
        assert_eq!((row.state, row.next_attempt_at), (State::Dead, None));
        assert_eq!(row.reason.as_deref(), Some(reason));
    }
    assert!(lease(&*store, &pager(), 1_000_000).await.is_empty());
    assert_eq!(
        attempts(&*store, "evt_2").await,
        [attempt(1, "retry", Reason::ServerError)]
    );
}

pub async fn settling_twice_is_settling_once(backend: &impl Backend) {
    let store = backend.fresh().await;
    pay(&*store, &[("evt_1", 0)]).await;
    let leased = lease_one(&*store, &pager(), 1).await;
    settle(&*store, delivered(&leased), 2).await;
    settle(&*store, delivered(&leased), 2).await;
    assert_eq!(
        owed(&*store, "evt_1").await,
        [(Action::Trigger, "delivered")]
    );
    assert_eq!(attempts(&*store, "evt_1").await.len(), 1);
}

pub async fn attempts_are_listed_in_order_with_all_their_facts(backend: &impl Backend) {
    let store = backend.fresh().await;
    let seen = routed_to(payment("evt_1", Severity::Critical), &[pager(), chat()]);
    accept(&*store, seen, 0).await;
    let to_chat = lease_one(&*store, &chat(), 1).await;
    let first = lease_one(&*store, &pager(), 2).await;
    settle(&*store, retried(&first, 30), 3).await;
    let mut silent = delivered(&to_chat);
    silent.status = None;
    silent.duration_ms = u32::MAX;
    settle(&*store, silent, 4).await;
    let second = lease_one(&*store, &pager(), 30).await;
    settle(&*store, delivered(&second), 31).await;

    let record = |leased: &Leased, second, outcome: &str, reason: &str, status| AttemptRecord {
        delivery_id: leased.delivery.id,
        attempt: leased.delivery.attempt,
        ended_at: at(second),
        duration_ms: 12,
        outcome: outcome.to_owned(),
        reason: reason.to_owned(),
        status,
    };
    let expected = [
        record(&first, 3, "retry", "server_error", Some(503)),
        record(&second, 31, "delivered", "accepted", Some(202)),
        AttemptRecord {
            duration_ms: u32::MAX,
            ..record(&to_chat, 4, "delivered", "accepted", None)
        },
    ];
    assert_eq!(store.attempts(&id("evt_1")).await.unwrap(), expected);
}

pub async fn the_next_due_time_is_the_earliest_of_all(backend: &impl Backend) {
    let store = backend.fresh().await;
    let due = async || store.next_due(&pager()).await.unwrap();
    assert_eq!(due().await, None, "a destination that never was");
    pay(&*store, &[("evt_1", 7), ("evt_2", 9)]).await;
    assert_eq!(due().await, Some(at(7)));
    let first = store
        .lease_due(&pager(), at(8), at(68), 1)
        .await
        .unwrap()
        .remove(0);
    assert_eq!(due().await, Some(at(9)), "what is leased is not due");
    let second = lease_one(&*store, &pager(), 10).await;
    assert_eq!(due().await, Some(at(68)), "the first lease to end");
    settle(&*store, retried(&second, 30), 11).await;
    assert_eq!(due().await, Some(at(30)));
    settle(&*store, delivered(&first), 12).await;
    let second = lease_one(&*store, &pager(), 30).await;
    settle(&*store, refused(&second), 31).await;
    assert_eq!(due().await, None, "nothing waits");
}

/// Whoever sleeps until `next_due` and then leases makes progress, whatever the answers are.
pub async fn at_the_next_due_time_there_is_something_to_do(backend: &impl Backend) {
    let store = backend.fresh().await;
    let dice = &mut super::samples::Dice::new(7);
    pay(&*store, &[("evt_1", 0), ("evt_2", 3), ("evt_3", 3)]).await;
    for _ in 0..200 {
        let Some(due) = store.next_due(&pager()).await.unwrap() else {
            break;
        };
        let until = due + SignedDuration::from_secs(LEASE_S);
        let leased = store.lease_due(&pager(), due, until, 2).await.unwrap();
        assert!(!leased.is_empty(), "nothing at {due}");
        let second = due.as_second() - at(0).as_second();
        for one in &leased {
            match dice.below(5) {
                0 => settle(&*store, delivered(one), second).await,
                1 => settle(&*store, super::steps::parked(one, second + 50), second).await,
                2 | 3 => settle(&*store, retried(one, second + 7), second).await,
                _ => {} // The holder went away.
            }
        }
    }
    assert_eq!(
        store.next_due(&pager()).await,
        Ok(None),
        "in the end all were delivered"
    );
}

pub async fn a_slow_destination_does_not_hold_up_another(backend: &impl Backend) {
    let store = backend.fresh().await;
    let seen = routed_to(payment("evt_1", Severity::Critical), &[pager(), chat()]);
    accept(&*store, seen, 0).await;
    let stuck = lease_one(&*store, &pager(), 1).await;
    settle(&*store, retried(&stuck, 10_000), 2).await;
    assert_eq!(deliver(&*store, &chat(), 2).await, [Action::Trigger]);
}

pub async fn the_last_times_are_no_trouble(backend: &impl Backend) {
    let store = backend.fresh().await;
    let latest: Timestamp = "9998-12-31T23:59:00Z".parse().unwrap();
    let until = latest + SignedDuration::from_secs(59);
    store
        .accept(payment("evt_1", Severity::Critical), "req-1", latest)
        .await
        .unwrap();
    let leased = store
        .lease_due(&pager(), latest, until, 1)
        .await
        .unwrap()
        .remove(0);
    assert_eq!(store.next_due(&pager()).await, Ok(Some(until)));
    store.settle(delivered(&leased), until).await.unwrap();
    assert_eq!(
        deliveries(&*store, "evt_1").await[0].state,
        State::Delivered
    );
}
