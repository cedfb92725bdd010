//! Lists of deliveries: their order, their cursor and their filters.

use std::sync::Arc;

use signalbox_core::delivery::{Action, State};
use signalbox_core::event::Severity;
use signalbox_core::rule::Target;

use super::Backend;
use super::samples::{Dice, at, chat, incident, pager, payment, resolved, routed_to};
use super::steps::{accept, delivered, lease, refused, retried, settle};
use crate::{DeliveryFilter, DeliveryRecord, Store};

fn all() -> DeliveryFilter {
    DeliveryFilter::default()
}

/// Walks a list to its end.
async fn walk(store: &dyn Store, filter: &DeliveryFilter, limit: u32) -> Vec<DeliveryRecord> {
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let page = store.deliveries(filter, after, limit).await.unwrap();
        assert!(page.rows.len() <= usize::try_from(limit).unwrap());
        rows.extend(page.rows);
        after = page.next;
        if after.is_none() {
            return rows;
        }
    }
}

/// Stores twenty payments for two destinations, and lets the deliveries come to different ends.
async fn mixed(backend: &impl Backend) -> Arc<dyn Store> {
    let store = backend.fresh().await;
    let dice = &mut Dice::new(3);
    for number in 0..20 {
        let targets: &[Target] = if dice.below(2) == 0 {
            &[pager()]
        } else {
            &[pager(), chat()]
        };
        let seen = payment(&format!("evt_{number}"), Severity::Critical);
        accept(&*store, routed_to(seen, targets), number).await;
    }
    for target in [pager(), chat()] {
        for leased in lease(&*store, &target, 30).await {
            match dice.below(3) {
                0 => settle(&*store, delivered(&leased), 31).await,
                1 => settle(&*store, refused(&leased), 31).await,
                _ => settle(&*store, retried(&leased, 90), 31).await,
            }
        }
    }
    accept(&*store, incident("i1", Severity::Critical, 1), 40).await;
    accept(
        &*store,
        resolved(incident("i1", Severity::Critical, 1), 41),
        41,
    )
    .await;
    store
}

pub async fn an_empty_store_lists_no_deliveries(backend: &impl Backend) {
    let store = backend.fresh().await;
    assert!(walk(&*store, &all(), 50).await.is_empty());
}

pub async fn the_newest_delivery_comes_first(backend: &impl Backend) {
    let store = mixed(backend).await;
    let rows = walk(&*store, &all(), 500).await;
    assert!(rows.is_sorted_by(|one, two| one.id > two.id));
    assert_eq!(rows[0].event_id, "spreedly_status:i1");
    assert_eq!(
        (rows[0].action, rows[0].state),
        (Action::Trigger, State::Cancelled)
    );
}

pub async fn a_page_of_deliveries_ends_where_the_next_begins(backend: &impl Backend) {
    let store = mixed(backend).await;
    let whole = walk(&*store, &all(), 500).await;
    for limit in [1, 2, 7, u32::try_from(whole.len()).unwrap()] {
        assert_eq!(walk(&*store, &all(), limit).await, whole, "{limit}");
    }
}

pub async fn each_combination_of_filters_selects_its_own(backend: &impl Backend) {
    let store = mixed(backend).await;
    let whole = walk(&*store, &all(), 500).await;
    let states = [
        None,
        Some(State::Pending),
        Some(State::Delivered),
        Some(State::Dead),
    ]
    .into_iter()
    .chain([Some(State::Cancelled)]);
    for state in states {
        for destination in [None, Some("pagerduty"), Some("chat"), Some("nobody")] {
            for event_id in [
                None,
                Some("evt_3"),
                Some("spreedly_status:i1"),
                Some("unknown"),
            ] {
                let filter = DeliveryFilter {
                    state,
                    destination: destination.map(str::to_owned),
                    event_id: event_id.map(str::to_owned),
                };
                let mut expected = whole.clone();
                expected.retain(|row| {
                    state.is_none_or(|one| one == row.state)
                        && destination.is_none_or(|one| one == row.destination)
                        && event_id.is_none_or(|one| one == row.event_id)
                });
                assert_eq!(walk(&*store, &filter, 3).await, expected, "{filter:?}");
            }
        }
    }
}

pub async fn a_walk_of_deliveries_sees_each_once_while_others_arrive(backend: &impl Backend) {
    let store = mixed(backend).await;
    let whole = walk(&*store, &all(), 500).await;
    let mut rows = Vec::new();
    let mut after = None;
    for number in 100.. {
        let page = store.deliveries(&all(), after, 4).await.unwrap();
        rows.extend(page.rows);
        after = page.next;
        if after.is_none() {
            break;
        }
        accept(
            &*store,
            payment(&format!("evt_{number}"), Severity::Critical),
            number,
        )
        .await;
    }
    assert_eq!(rows, whole);
}

/// The mock and a real destination may have the same name; people ask by name.
pub async fn the_mock_and_the_real_one_are_listed_under_one_name(backend: &impl Backend) {
    let store = backend.fresh().await;
    let real = Target {
        mock: false,
        ..pager()
    };
    accept(
        &*store,
        routed_to(payment("evt_1", Severity::Critical), &[pager()]),
        0,
    )
    .await;
    accept(
        &*store,
        routed_to(payment("evt_2", Severity::Critical), &[real]),
        1,
    )
    .await;
    let filter = DeliveryFilter {
        destination: Some("pagerduty".to_owned()),
        ..all()
    };
    let rows = walk(&*store, &filter, 1).await;
    let events: Vec<_> = rows.iter().map(|row| row.event_id.as_str()).collect();
    assert_eq!(events, ["evt_2", "evt_1"]);
}

pub async fn a_delivery_is_listed_with_all_its_facts(backend: &impl Backend) {
    let store = backend.fresh().await;
    accept(&*store, payment("evt_1", Severity::Critical), 7).await;
    let rows = walk(&*store, &all(), 50).await;
    let expected = DeliveryRecord {
        id: rows[0].id,
        event_id: "evt_1".to_owned(),
        destination: "pagerduty".to_owned(),
        action: Action::Trigger,
        dedup_key: "evt_1".to_owned(),
        state: State::Pending,
        attempts: 0,
        reason: None,
        created_at: at(7),
        next_attempt_at: Some(at(7)),
    };
    assert_eq!(rows, [expected]);
}
