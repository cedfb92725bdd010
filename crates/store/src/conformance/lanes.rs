//! Lanes: what is owed to one destination under one key goes out in the order in which it was
//! owed. A resolve never goes before its trigger, whatever becomes of the attempts between.

use std::sync::Arc;

use signalbox_core::delivery::{Action, State};
use signalbox_core::event::Severity;
use signalbox_core::lifecycle::Observation;

use super::Backend;
use super::samples::{at, chat, incident, pager, resolved, routed_to};
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

fn warning(updated_s: i64) -> Observation {
    incident("i1", Severity::Warning, updated_s)
}

/// Stores an incident that came, was tried once, and went: a trigger and a resolve behind it.
async fn tried_and_over(backend: &impl Backend) -> (Arc<dyn Store>, Leased) {
    let store = backend.fresh().await;
    accept(&*store, critical(1), 1).await;
    let leased = lease_one(&*store, &pager(), 2).await;
    accept(&*store, resolved(critical(1), 9), 10).await;
    (store, leased)
}

async fn dead_id(store: &dyn Store) -> i64 {
    let rows = deliveries(store, EVENT).await;
    rows.iter().find(|row| row.state == State::Dead).unwrap().id
}

pub async fn a_resolve_waits_behind_its_trigger_through_every_retry(backend: &impl Backend) {
    let (store, mut trigger) = tried_and_over(backend).await;
    assert_eq!(
        deliveries(&*store, EVENT).await[1].next_attempt_at,
        None,
        "another goes first"
    );
    for second in [20, 40, 80] {
        assert!(lease(&*store, &pager(), second - 10).await.is_empty());
        settle(&*store, retried(&trigger, second), second - 10).await;
        trigger = lease_one(&*store, &pager(), second).await;
        assert_eq!(trigger.delivery.action, Action::Trigger);
    }
    settle(&*store, delivered(&trigger), 90).await;
    assert_eq!(deliver(&*store, &pager(), 90).await, [Action::Resolve]);
}

pub async fn a_resolve_waits_behind_a_trigger_whose_holder_went_away(backend: &impl Backend) {
    let (store, _lost) = tried_and_over(backend).await;
    let again = lease_one(&*store, &pager(), 2 + LEASE_S).await;
    assert_eq!(again.delivery.action, Action::Trigger);
    assert!(lease(&*store, &pager(), 3 + LEASE_S).await.is_empty());
    settle(&*store, delivered(&again), 4 + LEASE_S).await;
    assert_eq!(
        deliver(&*store, &pager(), 4 + LEASE_S).await,
        [Action::Resolve]
    );
}

pub async fn a_resolve_proceeds_when_its_trigger_is_dead(backend: &impl Backend) {
    let (store, trigger) = tried_and_over(backend).await;
    settle(&*store, exhausted(&trigger), 20).await;
    assert_eq!(deliver(&*store, &pager(), 20).await, [Action::Resolve]);
    assert_eq!(
        owed(&*store, EVENT).await,
        [(Action::Trigger, "dead"), (Action::Resolve, "delivered")]
    );
}

/// What stood for days behind another is tried for as long as any delivery, from its turn on.
pub async fn a_deliverys_time_begins_with_its_turn(backend: &impl Backend) {
    let (store, trigger) = tried_and_over(backend).await;
    let days = 72 * 3_600;
    settle(&*store, exhausted(&trigger), days).await;
    let resolve = lease_one(&*store, &pager(), days).await;
    assert_eq!(resolve.kept_from, at(days));
    assert_eq!(resolve.delivery.created_at, at(10), "it was owed then");
    settle(&*store, retried(&resolve, days + 9), days).await;
    let again = lease_one(&*store, &pager(), days + 9).await;
    assert_eq!((again.kept_from, again.backoff), (at(days), 2));
}

pub async fn lanes_of_other_events_and_destinations_do_not_wait(backend: &impl Backend) {
    let store = backend.fresh().await;
    accept(&*store, routed_to(critical(1), &[pager(), chat()]), 1).await;
    accept(&*store, incident("i2", Severity::Critical, 1), 1).await;
    let leased = lease(&*store, &pager(), 2).await;
    assert_eq!(leased.len(), 2);
    settle(&*store, retried(&leased[0], 10_000), 3).await;
    settle(&*store, delivered(&leased[1]), 3).await;
    deliver(&*store, &chat(), 4).await;
    accept(&*store, resolved(critical(1), 9), 10).await;
    accept(
        &*store,
        resolved(incident("i2", Severity::Critical, 1), 9),
        10,
    )
    .await;
    assert_eq!(
        deliver(&*store, &pager(), 11).await,
        [Action::Resolve],
        "of the other event"
    );
    assert_eq!(deliver(&*store, &chat(), 11).await, [Action::Resolve]);
}

pub async fn updates_keep_their_order_too(backend: &impl Backend) {
    let store = backend.fresh().await;
    accept(&*store, critical(1), 1).await;
    let trigger = lease_one(&*store, &pager(), 2).await;
    accept(&*store, warning(5), 5).await;
    accept(&*store, critical(9), 9).await;
    accept(&*store, resolved(critical(12), 12), 12).await;
    settle(&*store, delivered(&trigger), 13).await;
    let mut sent = Vec::new();
    for second in 13..16 {
        let one = lease_one(&*store, &pager(), second).await;
        settle(&*store, delivered(&one), second).await;
        sent.push(one.delivery.action);
    }
    assert_eq!(sent, [Action::Update, Action::Update, Action::Resolve]);
}

pub async fn a_cancelled_delivery_holds_nobody_up(backend: &impl Backend) {
    let store = backend.fresh().await;
    accept(&*store, critical(1), 1).await;
    accept(&*store, resolved(critical(1), 9), 10).await;
    accept(&*store, critical(15), 15).await;
    let expected = [(Action::Trigger, "cancelled"), (Action::Trigger, "pending")];
    assert_eq!(owed(&*store, EVENT).await, expected);
    assert_eq!(deliver(&*store, &pager(), 15).await, [Action::Trigger]);
}

pub async fn a_revived_trigger_goes_before_what_stands_behind_it(backend: &impl Backend) {
    let store = backend.fresh().await;
    accept(&*store, critical(1), 1).await;
    let trigger = lease_one(&*store, &pager(), 2).await;
    settle(&*store, exhausted(&trigger), 3).await;
    accept(&*store, warning(5), 5).await;
    let update = deliveries(&*store, EVENT).await.remove(1);
    assert_eq!(
        (update.action, update.next_attempt_at),
        (Action::Update, Some(at(5)))
    );

    assert_eq!(
        store.retry(dead_id(&*store).await, at(6)).await,
        Ok(Retried::Due)
    );
    let rows = deliveries(&*store, EVENT).await;
    assert_eq!(rows[0].next_attempt_at, Some(at(6)));
    assert_eq!(rows[1].next_attempt_at, None, "the update waits again");
    let first = lease_one(&*store, &pager(), 7).await;
    assert_eq!(first.delivery.action, Action::Trigger);
    assert!(lease(&*store, &pager(), 8).await.is_empty());
    settle(&*store, delivered(&first), 9).await;
    assert_eq!(deliver(&*store, &pager(), 9).await, [Action::Update]);
}

/// The update is on its way when the trigger before it is revived, and fails.
pub async fn what_was_on_its_way_steps_back_behind_a_revived_one(backend: &impl Backend) {
    let store = backend.fresh().await;
    accept(&*store, critical(1), 1).await;
    let trigger = lease_one(&*store, &pager(), 2).await;
    settle(&*store, exhausted(&trigger), 3).await;
    accept(&*store, warning(5), 5).await;
    let update = lease_one(&*store, &pager(), 6).await;
    store.retry(dead_id(&*store).await, at(7)).await.unwrap();
    settle(&*store, retried(&update, 8), 8).await;
    assert_eq!(deliveries(&*store, EVENT).await[1].next_attempt_at, None);
    let first = lease_one(&*store, &pager(), 9).await;
    assert_eq!(first.delivery.action, Action::Trigger);
    assert!(lease(&*store, &pager(), 20).await.is_empty());
    settle(&*store, delivered(&first), 21).await;
    assert_eq!(deliver(&*store, &pager(), 21).await, [Action::Update]);
}

/// The same, but the holder of the update goes away, and its lease ends.
pub async fn what_was_lost_on_its_way_steps_back_behind_a_revived_one(backend: &impl Backend) {
    let store = backend.fresh().await;
    accept(&*store, critical(1), 1).await;
    let trigger = lease_one(&*store, &pager(), 2).await;
    settle(&*store, exhausted(&trigger), 3).await;
    accept(&*store, warning(5), 5).await;
    lease_one(&*store, &pager(), 6).await;
    store.retry(dead_id(&*store).await, at(7)).await.unwrap();
    let first = lease_one(&*store, &pager(), 8).await;
    assert_eq!(first.delivery.action, Action::Trigger);
    settle(&*store, retried(&first, 1_000), 9).await;
    assert!(
        lease(&*store, &pager(), 500).await.is_empty(),
        "an earlier one is pending"
    );
    assert_eq!(store.next_due(&pager()).await, Ok(Some(at(1_000))));
    assert_eq!(
        deliver(&*store, &pager(), 1_000).await,
        [Action::Trigger, Action::Update]
    );
}

pub async fn a_revived_delivery_waits_behind_an_earlier_one(backend: &impl Backend) {
    let store = backend.fresh().await;
    accept(&*store, critical(1), 1).await;
    let trigger = lease_one(&*store, &pager(), 2).await;
    settle(&*store, exhausted(&trigger), 3).await;
    accept(&*store, warning(5), 5).await;
    let update = lease_one(&*store, &pager(), 6).await;
    settle(&*store, refused(&update), 7).await;
    store.retry(trigger.delivery.id, at(8)).await.unwrap();
    let waits = store.retry(update.delivery.id, at(8)).await;
    assert_eq!(waits, Ok(Retried::InTurn));
    assert_eq!(
        deliver(&*store, &pager(), 9).await,
        [Action::Trigger, Action::Update]
    );
}

/// The times between which anything may happen are walked at random; the order must hold always.
pub async fn no_history_of_failures_sends_a_resolve_before_its_trigger(backend: &impl Backend) {
    for seed in 0..12 {
        let dice = &mut super::samples::Dice::new(seed);
        let (store, trigger) = tried_and_over(backend).await;
        let resolve_id = deliveries(&*store, EVENT).await[1].id;
        let trigger_id = trigger.delivery.id;
        let mut held = vec![trigger];
        for second in (20..2_000).step_by(20) {
            held.extend(lease(&*store, &pager(), second).await);
            let rows = deliveries(&*store, EVENT).await;
            let ahead = rows[0].state == State::Pending;
            assert!(
                !ahead || rows[1].attempts == 0,
                "seed {seed}, second {second}: {rows:?}"
            );
            if held.is_empty() {
                break;
            }
            let one = held.remove(0);
            match dice.below(4) {
                0 => settle(&*store, delivered(&one), second).await,
                1 => settle(&*store, retried(&one, second + 30), second).await,
                2 if one.delivery.id == trigger_id => {
                    settle(&*store, exhausted(&one), second).await;
                }
                _ => {} // The holder went away.
            }
            let last = one.delivery.id == resolve_id;
            assert!(
                !last || rows[0].state != State::Pending,
                "seed {seed}: resolve held early"
            );
        }
    }
}

pub async fn updates_of_a_page_that_was_refused_are_cancelled(backend: &impl Backend) {
    let store = backend.fresh().await;
    accept(&*store, critical(1), 1).await;
    let trigger = lease_one(&*store, &pager(), 2).await;
    accept(&*store, warning(3), 3).await;
    settle(&*store, refused(&trigger), 4).await;
    assert_eq!(
        owed(&*store, EVENT).await,
        [(Action::Trigger, "dead"), (Action::Update, "cancelled")]
    );
    assert!(deliver(&*store, &pager(), 100).await.is_empty());
}
