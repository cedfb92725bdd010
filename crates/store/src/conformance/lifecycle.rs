//! The life of an event, one test per row of the table in `signalbox_core::lifecycle`, told by what
//! is stored and owed afterwards.

use signalbox_core::delivery::Action;
use signalbox_core::delivery::outcome::Reason;
use signalbox_core::event::Severity;
use signalbox_core::lifecycle::{Change, Observation};

use super::Backend;
use super::samples::{at, chat, id, incident, pager, resolved, reworded, routed_to};
use super::steps::{
    accept, changes, deliver, delivered, deliveries, event, exhausted, lease_one, owed, refused,
    retried, settle, timed_out, unreachable,
};
use crate::{Accepted, Store};

/// The event of the sample incident `i1`.
const EVENT: &str = "spreedly_status:i1";

fn critical(updated_s: i64) -> Observation {
    incident("i1", Severity::Critical, updated_s)
}

fn warning(updated_s: i64) -> Observation {
    incident("i1", Severity::Warning, updated_s)
}

fn changed(change: Change, routed: bool) -> Accepted {
    Accepted::Changed { change, routed }
}

/// Stores a critical incident whose page was delivered.
async fn paged(backend: &impl Backend) -> std::sync::Arc<dyn Store> {
    let store = backend.fresh().await;
    accept(&*store, critical(1), 1).await;
    assert_eq!(deliver(&*store, &pager(), 1).await, [Action::Trigger]);
    store
}

pub async fn an_open_event_triggers_each_chosen_destination(backend: &impl Backend) {
    let store = backend.fresh().await;
    let answer = accept(&*store, routed_to(critical(1), &[pager(), chat()]), 1).await;
    assert_eq!(answer, Accepted::New { routed: true });
    let expected = [(Action::Trigger, "pending"), (Action::Trigger, "pending")];
    assert_eq!(owed(&*store, EVENT).await, expected);
}

pub async fn the_same_state_again_is_counted_and_owes_nothing(backend: &impl Backend) {
    let store = paged(backend).await;
    assert_eq!(accept(&*store, critical(1), 2).await, Accepted::Duplicate);
    assert_eq!(
        accept(&*store, critical(5), 6).await,
        Accepted::Duplicate,
        "touched, not changed"
    );
    assert_eq!(owed(&*store, EVENT).await, [(Action::Trigger, "delivered")]);
    assert_eq!(event(&*store, EVENT).await.duplicates, 2);
}

pub async fn an_older_copy_changes_nothing(backend: &impl Backend) {
    let store = backend.fresh().await;
    accept(&*store, reworded(warning(9), "newest"), 9).await;
    let before = event(&*store, EVENT).await;
    assert_eq!(
        accept(&*store, resolved(critical(5), 5), 10).await,
        Accepted::Duplicate
    );
    let after = event(&*store, EVENT).await;
    assert_eq!(
        (after.event, after.revision),
        (before.event, before.revision)
    );
    assert!(owed(&*store, EVENT).await.is_empty());
}

/// A page that touches an incident without changing its words has said that it holds still.
pub async fn a_copy_older_than_the_last_touch_changes_nothing(backend: &impl Backend) {
    let store = backend.fresh().await;
    accept(&*store, warning(1), 1).await;
    assert_eq!(accept(&*store, warning(9), 9).await, Accepted::Duplicate);
    assert_eq!(accept(&*store, critical(5), 10).await, Accepted::Duplicate);
    assert_eq!(
        event(&*store, EVENT).await.event.severity,
        Severity::Warning
    );
}

pub async fn a_threshold_newly_crossed_triggers(backend: &impl Backend) {
    let store = backend.fresh().await;
    assert_eq!(
        accept(&*store, warning(1), 1).await,
        Accepted::New { routed: false }
    );
    let answer = accept(&*store, critical(5), 5).await;
    assert_eq!(answer, changed(Change::Escalated, true));
    assert_eq!(owed(&*store, EVENT).await, [(Action::Trigger, "pending")]);
    let stored = event(&*store, EVENT).await;
    assert!(stored.routed);
    assert_eq!(
        (stored.received_at, stored.updated_at, stored.revision),
        (at(1), at(5), 2)
    );
    assert_eq!(stored.decision.rule, "critical-always");
}

pub async fn down_and_up_again_updates_the_open_page(backend: &impl Backend) {
    let store = paged(backend).await;
    let down = accept(&*store, warning(5), 5).await;
    assert_eq!(down, changed(Change::Deescalated, false));
    let up = accept(&*store, critical(9), 9).await;
    assert_eq!(up, changed(Change::Escalated, false), "no second page");
    let expected = [
        (Action::Trigger, "delivered"),
        (Action::Update, "pending"),
        (Action::Update, "pending"),
    ];
    assert_eq!(owed(&*store, EVENT).await, expected);
    let rows = deliveries(&*store, EVENT).await;
    assert!(rows.iter().all(|row| row.dedup_key == EVENT));
    assert!(
        event(&*store, EVENT).await.routed,
        "it stays routed while it is down"
    );
}

pub async fn a_page_that_waits_goes_out_as_the_event_stands_then(backend: &impl Backend) {
    let store = backend.fresh().await;
    accept(&*store, critical(1), 1).await;
    assert_eq!(
        accept(&*store, warning(5), 5).await,
        changed(Change::Deescalated, false)
    );
    assert_eq!(
        accept(&*store, critical(9), 9).await,
        changed(Change::Escalated, false)
    );
    assert_eq!(owed(&*store, EVENT).await, [(Action::Trigger, "pending")]);
    accept(&*store, reworded(critical(12), "the latest words"), 12).await;
    let leased = lease_one(&*store, &pager(), 13).await;
    assert_eq!(
        leased.delivery.event.description.as_deref(),
        Some("the latest words")
    );
}

pub async fn other_words_are_a_revision_that_owes_nothing(backend: &impl Backend) {
    let store = paged(backend).await;
    let answer = accept(&*store, reworded(critical(5), "identified"), 5).await;
    assert_eq!(answer, changed(Change::Revised, false));
    assert_eq!(owed(&*store, EVENT).await, [(Action::Trigger, "delivered")]);
    let stored = event(&*store, EVENT).await;
    assert_eq!(stored.event.description.as_deref(), Some("identified"));
    assert_eq!(
        stored.event.raw,
        critical(5).event.raw,
        "raw is the latest observation"
    );
}

pub async fn recovery_resolves_the_open_page_under_its_key(backend: &impl Backend) {
    let store = paged(backend).await;
    let answer = accept(&*store, resolved(critical(1), 9), 10).await;
    assert_eq!(answer, changed(Change::Resolved, false));
    assert_eq!(event(&*store, EVENT).await.event.resolved_at, Some(at(9)));
    assert_eq!(deliver(&*store, &pager(), 11).await, [Action::Resolve]);
    let rows = deliveries(&*store, EVENT).await;
    assert_eq!(rows[1].dedup_key, rows[0].dedup_key);
    let record = Some("record".to_owned());
    assert_eq!(
        changes(&*store, EVENT).await[1],
        ("resolved".to_owned(), record)
    );
}

pub async fn recovery_cancels_what_has_not_left(backend: &impl Backend) {
    let store = backend.fresh().await;
    accept(&*store, critical(1), 1).await;
    accept(&*store, resolved(critical(1), 9), 10).await;
    assert_eq!(owed(&*store, EVENT).await, [(Action::Trigger, "cancelled")]);
    let row = deliveries(&*store, EVENT).await.remove(0);
    assert_eq!(
        row.reason.as_deref(),
        Some(Reason::ClosedBeforeSent.as_str())
    );
    assert_eq!(row.next_attempt_at, None);
    assert!(deliver(&*store, &pager(), 100).await.is_empty());
    assert!(
        event(&*store, EVENT).await.routed,
        "it was routed all the same"
    );
}

pub async fn recovery_tells_each_destination_what_it_needs(backend: &impl Backend) {
    let store = backend.fresh().await;
    accept(&*store, routed_to(critical(1), &[pager(), chat()]), 1).await;
    deliver(&*store, &pager(), 2).await;
    accept(&*store, resolved(critical(1), 9), 10).await;
    let expected = [
        (Action::Trigger, "delivered"),
        (Action::Trigger, "cancelled"),
        (Action::Resolve, "pending"),
    ];
    assert_eq!(owed(&*store, EVENT).await, expected);
    assert_eq!(deliveries(&*store, EVENT).await[2].destination, "pagerduty");
}

pub async fn recovery_resolves_whatever_the_rules_say_by_then(backend: &impl Backend) {
    let store = paged(backend).await;
    let mut over = resolved(incident("i1", Severity::Info, 1), 9);
    over = routed_to(over, &[]);
    accept(&*store, over, 10).await;
    assert_eq!(deliver(&*store, &pager(), 11).await, [Action::Resolve]);
    let stored = event(&*store, EVENT).await;
    assert_eq!(
        stored.decision.rule, "critical-always",
        "why it was routed stays on record"
    );
}

pub async fn recovery_resolves_a_page_that_may_have_arrived(backend: &impl Backend) {
    let store = backend.fresh().await;
    accept(&*store, critical(1), 1).await;
    let leased = lease_one(&*store, &pager(), 2).await;
    settle(&*store, retried(&leased, 30), 3).await;
    accept(&*store, resolved(critical(1), 9), 10).await;
    assert_eq!(
        owed(&*store, EVENT).await,
        [(Action::Trigger, "pending"), (Action::Resolve, "pending")]
    );
    assert_eq!(
        deliver(&*store, &pager(), 30).await,
        [Action::Trigger, Action::Resolve]
    );
}

pub async fn recovery_resolves_a_page_given_up_without_an_answer(backend: &impl Backend) {
    let store = backend.fresh().await;
    accept(&*store, critical(1), 1).await;
    let leased = lease_one(&*store, &pager(), 2).await;
    settle(&*store, exhausted(&leased), 3).await;
    accept(&*store, resolved(critical(1), 9), 10).await;
    assert_eq!(deliver(&*store, &pager(), 11).await, [Action::Resolve]);
}

pub async fn recovery_of_a_refused_page_owes_nothing(backend: &impl Backend) {
    let store = backend.fresh().await;
    accept(&*store, critical(1), 1).await;
    let leased = lease_one(&*store, &pager(), 2).await;
    settle(&*store, refused(&leased), 3).await;
    accept(&*store, resolved(critical(1), 9), 10).await;
    assert_eq!(owed(&*store, EVENT).await, [(Action::Trigger, "dead")]);
}

pub async fn recovery_cancels_a_page_that_was_turned_away_at_the_door(backend: &impl Backend) {
    let store = backend.fresh().await;
    accept(&*store, critical(1), 1).await;
    for second in [2, 4] {
        let turned_away = lease_one(&*store, &pager(), second).await;
        settle(&*store, unreachable(&turned_away, second + 2), second + 1).await;
    }
    accept(&*store, resolved(critical(1), 5), 5).await;
    assert_eq!(owed(&*store, EVENT).await, [(Action::Trigger, "cancelled")]);
    assert!(deliver(&*store, &pager(), 100).await.is_empty());
}

pub async fn recovery_resolves_a_page_refused_after_an_answer_was_lost(backend: &impl Backend) {
    let store = backend.fresh().await;
    accept(&*store, critical(1), 1).await;
    let lost = lease_one(&*store, &pager(), 2).await;
    settle(&*store, timed_out(&lost, 4), 3).await;
    let again = lease_one(&*store, &pager(), 4).await;
    settle(&*store, refused(&again), 5).await;
    accept(&*store, resolved(critical(1), 9), 10).await;
    assert_eq!(
        owed(&*store, EVENT).await,
        [(Action::Trigger, "dead"), (Action::Resolve, "pending")],
        "the lost attempt may have opened it"
    );
}

pub async fn recovery_of_what_was_never_routed_owes_nothing(backend: &impl Backend) {
    let store = backend.fresh().await;
    accept(&*store, warning(1), 1).await;
    let answer = accept(&*store, resolved(warning(1), 9), 10).await;
    assert_eq!(answer, changed(Change::Resolved, false));
    assert!(owed(&*store, EVENT).await.is_empty());
}

pub async fn a_postmortem_is_a_revision_that_pages_nobody(backend: &impl Backend) {
    let store = paged(backend).await;
    accept(&*store, resolved(critical(1), 9), 10).await;
    deliver(&*store, &pager(), 11).await;
    let mut postmortem = reworded(resolved(critical(1), 9), "what we learned");
    postmortem.vendor_updated_at = Some(at(20));
    let answer = accept(&*store, postmortem, 20).await;
    assert_eq!(answer, changed(Change::Revised, false));
    assert_eq!(owed(&*store, EVENT).await.len(), 2);
    let stored = event(&*store, EVENT).await;
    assert_eq!(stored.event.resolved_at, Some(at(9)));
    assert!(!stored.event.is_open());
}

pub async fn what_comes_back_triggers_again_under_the_same_key(backend: &impl Backend) {
    let store = paged(backend).await;
    accept(&*store, resolved(critical(1), 9), 10).await;
    let answer = accept(&*store, critical(15), 15).await;
    assert_eq!(answer, changed(Change::Reopened, true));
    assert_eq!(
        deliver(&*store, &pager(), 16).await,
        [Action::Resolve, Action::Trigger]
    );
    let rows = deliveries(&*store, EVENT).await;
    assert!(rows.iter().all(|row| row.dedup_key == EVENT), "{rows:?}");
    let stored = event(&*store, EVENT).await;
    assert_eq!(
        (stored.event.resolved_at, stored.event.is_open()),
        (None, true)
    );
    accept(&*store, resolved(critical(15), 20), 21).await;
    assert_eq!(deliver(&*store, &pager(), 22).await, [Action::Resolve]);
}

pub async fn what_comes_back_and_goes_before_it_is_sent_owes_one_resolve(backend: &impl Backend) {
    let store = paged(backend).await;
    accept(&*store, resolved(critical(1), 9), 10).await;
    accept(&*store, critical(15), 15).await;
    accept(&*store, resolved(critical(15), 20), 21).await;
    let expected = [
        (Action::Trigger, "delivered"),
        (Action::Resolve, "pending"),
        (Action::Trigger, "cancelled"),
    ];
    assert_eq!(owed(&*store, EVENT).await, expected);
    assert_eq!(deliver(&*store, &pager(), 22).await, [Action::Resolve]);
}

pub async fn history_tells_every_state_in_order(backend: &impl Backend) {
    let store = backend.fresh().await;
    accept(&*store, warning(1), 1).await;
    accept(&*store, critical(5), 6).await;
    accept(&*store, reworded(critical(8), "identified"), 9).await;
    accept(&*store, resolved(critical(8), 12), 13).await;
    accept(&*store, critical(20), 21).await;

    let history = store.history(&id(EVENT)).await.unwrap();
    let numbers: Vec<_> = history.iter().map(|one| one.revision).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5]);
    let words: Vec<_> = history.iter().map(|one| one.change.as_str()).collect();
    assert_eq!(
        words,
        ["new", "escalated", "revised", "resolved", "reopened"]
    );
    let times: Vec<_> = history.iter().map(|one| one.observed_at).collect();
    assert_eq!(times, [at(1), at(6), at(9), at(13), at(21)]);
    let ends: Vec<_> = history.iter().map(|one| one.resolved_at).collect();
    assert_eq!(ends, [None, None, None, Some(at(12)), None]);
    let evidence: Vec<_> = history.iter().map(|one| one.evidence.as_deref()).collect();
    assert_eq!(evidence, [None, None, None, Some("record"), None]);

    assert_eq!(history[0].severity, Severity::Warning);
    assert_eq!(history[0].decision.rule, "warning-off");
    assert_eq!(history[0].raw, warning(1).event.raw);
    assert_eq!(history[1].severity, Severity::Critical);
    assert_eq!(history[2].description.as_deref(), Some("identified"));
    assert_eq!(history[3].vendor_status, "resolved");
    assert_eq!(history[4].raw, critical(20).event.raw);
    let stored = event(&*store, EVENT).await;
    assert_eq!((stored.revision, stored.duplicates), (5, 0));
    assert_eq!((stored.received_at, stored.updated_at), (at(1), at(21)));
}

pub async fn identity_and_beginning_are_frozen_at_first_sight(backend: &impl Backend) {
    let store = backend.fresh().await;
    accept(&*store, critical(1), 1).await;
    let mut moved = reworded(critical(5), "moved");
    moved.event.started_at = at(4);
    accept(&*store, moved, 5).await;
    assert_eq!(
        event(&*store, EVENT).await.event.started_at,
        critical(1).event.started_at
    );
}

/// A late answer for the trigger finds the resolve waiting behind it, never before it.
pub async fn a_resolve_owed_during_the_first_attempt_waits_for_its_end(backend: &impl Backend) {
    let store = backend.fresh().await;
    accept(&*store, critical(1), 1).await;
    let leased = lease_one(&*store, &pager(), 2).await;
    accept(&*store, resolved(critical(1), 9), 10).await;
    assert!(deliver(&*store, &pager(), 11).await.is_empty());
    settle(&*store, delivered(&leased), 12).await;
    assert_eq!(deliver(&*store, &pager(), 12).await, [Action::Resolve]);
}
