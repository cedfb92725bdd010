//! What the tests do to a store and ask of it, in few words. All of it panics on trouble.

use std::collections::HashSet;

use jiff::SignedDuration;
use signalbox_core::delivery::Action;
use signalbox_core::delivery::outcome::{Outcome, Reason};
use signalbox_core::lifecycle::{Observation, Sighting};
use signalbox_core::rule::Target;

use super::samples::{at, id, look};
use crate::{
    Accepted, Conclusion, DeliveryFilter, DeliveryRecord, EventFilter, EventRecord, Leased, Page,
    Settled, Store, Tally,
};

/// Length of the leases that the tests take, in seconds.
pub(super) const LEASE_S: i64 = 60;

pub(super) async fn accept(store: &dyn Store, seen: Observation, second: i64) -> Accepted {
    store.accept(seen, "req-1", at(second)).await.unwrap()
}

/// Applies a complete look at the live sample page.
pub(super) async fn observe(store: &dyn Store, sightings: Vec<Sighting>, second: i64) -> Tally {
    store.observe(look(sightings), at(second)).await.unwrap()
}

pub(super) async fn event(store: &dyn Store, event_id: &str) -> EventRecord {
    store.event(&id(event_id)).await.unwrap().unwrap()
}

/// Returns how the states of an event came about, oldest first, with what showed their end.
pub(super) async fn changes(store: &dyn Store, event_id: &str) -> Vec<(String, Option<String>)> {
    let history = store.history(&id(event_id)).await.unwrap();
    history
        .into_iter()
        .map(|revision| (revision.change, revision.evidence))
        .collect()
}

pub(super) async fn lease(store: &dyn Store, target: &Target, second: i64) -> Vec<Leased> {
    let until = at(second) + SignedDuration::from_secs(LEASE_S);
    store
        .lease_due(target, at(second), until, 100)
        .await
        .unwrap()
}

/// Leases what is due, which is one delivery.
pub(super) async fn lease_one(store: &dyn Store, target: &Target, second: i64) -> Leased {
    let mut leased = lease(store, target, second).await;
    assert_eq!(leased.len(), 1, "{leased:?}");
    leased.remove(0)
}

pub(super) async fn settle(store: &dyn Store, settled: Settled, second: i64) {
    store.settle(settled, at(second)).await.unwrap();
}

fn end(leased: &Leased, outcome: Outcome, conclusion: Conclusion, status: u16) -> Settled {
    Settled {
        delivery_id: leased.delivery.id,
        attempt: leased.delivery.attempt,
        outcome,
        conclusion,
        status: Some(status),
        duration_ms: 12,
    }
}

/// The destination took it.
pub(super) fn delivered(leased: &Leased) -> Settled {
    end(leased, Outcome::Delivered, Conclusion::Delivered, 202)
}

/// The destination was in trouble; the next attempt is due at a second.
pub(super) fn retried(leased: &Leased, second: i64) -> Settled {
    let outcome = Outcome::failed(Reason::ServerError);
    end(leased, outcome, Conclusion::RetryAt(at(second)), 503)
}

/// No connection could be made; the next attempt is due at a second.
pub(super) fn unreachable(leased: &Leased, second: i64) -> Settled {
    let outcome = Outcome::failed(Reason::Unreachable);
    Settled {
        status: None,
        ..end(leased, outcome, Conclusion::RetryAt(at(second)), 0)
    }
}

/// No answer came; the next attempt is due at a second.
pub(super) fn timed_out(leased: &Leased, second: i64) -> Settled {
    let outcome = Outcome::failed(Reason::Timeout);
    Settled {
        status: None,
        ..end(leased, outcome, Conclusion::RetryAt(at(second)), 0)
    }
}

/// The destination does not know us; it is left alone until a second.
pub(super) fn parked(leased: &Leased, second: i64) -> Settled {
    let outcome = Outcome::Park {
        reason: Reason::Unauthorized,
    };
    end(leased, outcome, Conclusion::ParkUntil(at(second)), 401)
}

/// The destination will never take it.
pub(super) fn refused(leased: &Leased) -> Settled {
    let outcome = Outcome::Refused {
        reason: Reason::Refused,
    };
    end(leased, outcome, Conclusion::Dead(Reason::Refused), 400)
}

/// The destination was in trouble for as long as the delivery is kept up.
pub(super) fn exhausted(leased: &Leased) -> Settled {
    let outcome = Outcome::failed(Reason::ServerError);
    end(leased, outcome, Conclusion::Dead(Reason::Exhausted), 503)
}

/// Delivers all that is due to a destination, and returns what went out, in order.
pub(super) async fn deliver(store: &dyn Store, target: &Target, second: i64) -> Vec<Action> {
    let mut sent = Vec::new();
    loop {
        let leased = lease(store, target, second).await;
        if leased.is_empty() {
            return sent;
        }
        for one in leased {
            settle(store, delivered(&one), second).await;
            sent.push(one.delivery.action);
        }
    }
}

/// Returns the deliveries of an event, oldest first.
pub(super) async fn deliveries(store: &dyn Store, event_id: &str) -> Vec<DeliveryRecord> {
    let filter = DeliveryFilter {
        event_id: Some(event_id.to_owned()),
        ..Default::default()
    };
    let mut page = store.deliveries(&filter, None, 500).await.unwrap();
    assert_eq!(page.next, None);
    page.rows.reverse();
    page.rows
}

/// Returns the actions and states of an event's deliveries, oldest first.
pub(super) async fn owed(store: &dyn Store, event_id: &str) -> Vec<(Action, &'static str)> {
    let rows = deliveries(store, event_id).await;
    rows.iter()
        .map(|row| (row.action, row.state.as_str()))
        .collect()
}

/// Walks a list of events to its end, and returns their identifiers in order.
pub(super) async fn walk(store: &dyn Store, filter: &EventFilter, limit: u32) -> Vec<String> {
    let mut ids = Vec::new();
    let mut places = HashSet::new();
    let mut after = None;
    loop {
        let Page { rows, next } = store.events(filter, after, limit).await.unwrap();
        assert!(
            rows.len() <= usize::try_from(limit).unwrap(),
            "a page is never too long"
        );
        ids.extend(rows.into_iter().map(|row| row.event.event_id.to_string()));
        if next.is_none() {
            return ids;
        }
        let place = next.map(|next| (next.at_ms, next.seq));
        assert!(places.insert(place), "the walk came back to {place:?}");
        after = next;
    }
}
