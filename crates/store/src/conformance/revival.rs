//! Retrying by hand: each answer, and what follows from it.

use std::sync::Arc;

use signalbox_core::delivery::{Action, State};
use signalbox_core::event::Severity;
use signalbox_core::lifecycle::Observation;

use super::Backend;
use super::samples::{at, id, incident, pager, payment, resolved};
use super::steps::{
    LEASE_S, accept, deliver, delivered, deliveries, exhausted, lease, lease_one, owed, refused,
    retried, settle,
};
use crate::{Leased, Retried, Store};

/// The event of the sample incident `i1`.
const EVENT: &str = "spreedly_status:i1";

fn critical(updated_s: i64) -> Observation {
    incident("i1", Severity::Critical, updated_s)
}

/// Stores an incident and leases its trigger.
async fn leased(backend: &impl Backend) -> (Arc<dyn Store>, Leased) {
    let store = backend.fresh().await;
    accept(&*store, critical(1), 1).await;
    let leased = lease_one(&*store, &pager(), 2).await;
    (store, leased)
}

/// Retries the delivery of a lease.
async fn retry(store: &dyn Store, leased: &Leased, second: i64) -> Retried {
    store.retry(leased.delivery.id, at(second)).await.unwrap()
}

pub async fn an_unknown_delivery_is_unknown(backend: &impl Backend) {
    let (store, leased) = leased(backend).await;
    for number in [i64::MIN, -1, 0, leased.delivery.id + 1, i64::MAX] {
        assert_eq!(store.retry(number, at(5)).await, Ok(Retried::Unknown));
    }
}

pub async fn a_dead_delivery_is_due_now_on_a_new_schedule(backend: &impl Backend) {
    let (store, first) = leased(backend).await;
    settle(&*store, retried(&first, 10), 3).await;
    let second = lease_one(&*store, &pager(), 10).await;
    settle(&*store, exhausted(&second), 11).await;
    assert_eq!(retry(&*store, &second, 1_000).await, Retried::Due);
    assert_eq!(store.next_due(&pager()).await, Ok(Some(at(1_000))));
    let row = deliveries(&*store, EVENT).await.remove(0);
    assert_eq!(
        (row.state, row.attempts),
        (State::Pending, 2),
        "no attempt is forgotten"
    );
    let third = lease_one(&*store, &pager(), 1_000).await;
    assert_eq!(
        (third.delivery.attempt, third.backoff),
        (3, 1),
        "the backoff starts anew"
    );
    assert_eq!(
        third.kept_from,
        at(1_000),
        "and so does the time for which it is kept up"
    );
    settle(&*store, delivered(&third), 1_001).await;
    let attempts = store.attempts(&id(EVENT)).await.unwrap();
    let outcomes: Vec<_> = attempts.iter().map(|one| one.outcome.as_str()).collect();
    assert_eq!(outcomes, ["retry", "retry", "delivered"]);
}

pub async fn a_refused_delivery_can_be_tried_again(backend: &impl Backend) {
    let (store, first) = leased(backend).await;
    settle(&*store, refused(&first), 3).await;
    assert_eq!(retry(&*store, &first, 5).await, Retried::Due);
    assert_eq!(deliver(&*store, &pager(), 5).await, [Action::Trigger]);
}

pub async fn a_delivery_that_waits_for_its_next_attempt_is_due_now(backend: &impl Backend) {
    let (store, first) = leased(backend).await;
    settle(&*store, retried(&first, 5_000), 3).await;
    assert_eq!(retry(&*store, &first, 10).await, Retried::Due);
    let second = lease_one(&*store, &pager(), 10).await;
    assert_eq!((second.delivery.attempt, second.backoff), (2, 1));
}

pub async fn a_delivered_delivery_is_not_sent_again(backend: &impl Backend) {
    let (store, first) = leased(backend).await;
    settle(&*store, delivered(&first), 3).await;
    assert_eq!(retry(&*store, &first, 5).await, Retried::Delivered);
    assert!(lease(&*store, &pager(), 1_000).await.is_empty());
}

pub async fn a_delivery_on_its_way_is_left_alone(backend: &impl Backend) {
    let (store, first) = leased(backend).await;
    assert_eq!(retry(&*store, &first, 3).await, Retried::InTurn);
    assert!(
        lease(&*store, &pager(), 4).await.is_empty(),
        "its lease stands"
    );
    settle(&*store, delivered(&first), 5).await;
    assert_eq!(owed(&*store, EVENT).await, [(Action::Trigger, "delivered")]);
    assert!(lease(&*store, &pager(), 2 + LEASE_S).await.is_empty());
}

pub async fn a_delivery_behind_another_is_in_turn(backend: &impl Backend) {
    let (store, _first) = leased(backend).await;
    accept(&*store, resolved(critical(1), 9), 10).await;
    let resolve = deliveries(&*store, EVENT).await.remove(1);
    assert_eq!(store.retry(resolve.id, at(11)).await, Ok(Retried::InTurn));
    assert!(lease(&*store, &pager(), 12).await.is_empty());
}

pub async fn a_page_for_what_is_over_is_not_revived(backend: &impl Backend) {
    let (store, first) = leased(backend).await;
    settle(&*store, exhausted(&first), 3).await;
    accept(&*store, resolved(critical(1), 9), 10).await;
    assert_eq!(retry(&*store, &first, 11).await, Retried::EventResolved);
    assert_eq!(
        owed(&*store, EVENT).await,
        [(Action::Trigger, "dead"), (Action::Resolve, "pending")]
    );
}

pub async fn a_cancelled_page_for_what_is_over_is_not_revived(backend: &impl Backend) {
    let store = backend.fresh().await;
    accept(&*store, critical(1), 1).await;
    accept(&*store, resolved(critical(1), 9), 10).await;
    let row = deliveries(&*store, EVENT).await.remove(0);
    assert_eq!(row.state, State::Cancelled);
    assert_eq!(
        store.retry(row.id, at(11)).await,
        Ok(Retried::EventResolved)
    );
    assert!(lease(&*store, &pager(), 12).await.is_empty());
}

pub async fn an_update_of_what_is_over_is_not_revived(backend: &impl Backend) {
    let (store, first) = leased(backend).await;
    settle(&*store, delivered(&first), 3).await;
    accept(&*store, incident("i1", Severity::Warning, 5), 5).await;
    let update = lease_one(&*store, &pager(), 6).await;
    settle(&*store, refused(&update), 7).await;
    accept(&*store, resolved(critical(9), 9), 10).await;
    assert_eq!(retry(&*store, &update, 11).await, Retried::EventResolved);
}

pub async fn a_dead_resolve_of_what_is_over_is_revived(backend: &impl Backend) {
    let (store, first) = leased(backend).await;
    settle(&*store, delivered(&first), 3).await;
    accept(&*store, resolved(critical(1), 9), 10).await;
    let resolve = lease_one(&*store, &pager(), 11).await;
    settle(&*store, exhausted(&resolve), 12).await;
    assert_eq!(retry(&*store, &resolve, 13).await, Retried::Due);
    assert_eq!(deliver(&*store, &pager(), 13).await, [Action::Resolve]);
}

/// The page of the second illness has the key of the first: a late resolve would close it.
pub async fn a_resolve_of_what_came_back_is_not_revived(backend: &impl Backend) {
    let (store, first) = leased(backend).await;
    settle(&*store, delivered(&first), 3).await;
    accept(&*store, resolved(critical(1), 9), 10).await;
    let resolve = lease_one(&*store, &pager(), 11).await;
    settle(&*store, exhausted(&resolve), 12).await;
    accept(&*store, critical(20), 20).await;
    deliver(&*store, &pager(), 21).await;
    assert_eq!(retry(&*store, &resolve, 22).await, Retried::EventReopened);
    assert!(lease(&*store, &pager(), 23).await.is_empty());
}

pub async fn a_payment_can_be_revived_at_any_time(backend: &impl Backend) {
    let store = backend.fresh().await;
    accept(&*store, payment("evt_1", Severity::Critical), 0).await;
    let first = lease_one(&*store, &pager(), 1).await;
    settle(&*store, refused(&first), 2).await;
    assert_eq!(retry(&*store, &first, 1_000_000).await, Retried::Due);
    assert_eq!(
        deliver(&*store, &pager(), 1_000_000).await,
        [Action::Trigger]
    );
}

pub async fn a_late_answer_of_the_old_schedule_changes_nothing(backend: &impl Backend) {
    let (store, lost) = leased(backend).await;
    let second = lease_one(&*store, &pager(), 2 + LEASE_S).await;
    settle(&*store, exhausted(&second), 100).await;
    retry(&*store, &second, 200).await;
    settle(&*store, delivered(&lost), 201).await;
    let row = deliveries(&*store, EVENT).await.remove(0);
    assert_eq!(
        (row.state, row.next_attempt_at),
        (State::Pending, Some(at(200)))
    );
}
