//! Lists of events: their order, their cursor, and each filter by itself.

use jiff::Timestamp;
use signalbox_core::event::{Kind, Severity};
use signalbox_core::json::RawJson;

use super::Backend;
use super::samples::{at, at_ms, component, incident, payment, resolved};
use super::steps::{accept, walk};
use crate::{EventFilter, Page, Store};

fn all() -> EventFilter {
    EventFilter::default()
}

/// Stores payments of these names, each at its second.
async fn pay(store: &dyn Store, names: &[(&str, i64)]) {
    for (name, second) in names {
        accept(store, payment(name, Severity::Info), *second).await;
    }
}

pub async fn an_empty_store_lists_nothing(backend: &impl Backend) {
    let store = backend.fresh().await;
    let page = store.events(&all(), None, 50).await.unwrap();
    assert_eq!(
        page,
        Page {
            rows: Vec::new(),
            next: None
        }
    );
}

pub async fn the_newest_received_comes_first(backend: &impl Backend) {
    let store = backend.fresh().await;
    pay(&*store, &[("a", 5), ("b", 1), ("c", 9), ("d", 3)]).await;
    assert_eq!(walk(&*store, &all(), 50).await, ["c", "a", "d", "b"]);
}

pub async fn of_one_instant_the_last_stored_comes_first(backend: &impl Backend) {
    let store = backend.fresh().await;
    pay(&*store, &[("a", 5), ("b", 5), ("c", 5), ("d", 1), ("e", 5)]).await;
    for limit in 1..=6 {
        assert_eq!(
            walk(&*store, &all(), limit).await,
            ["e", "c", "b", "a", "d"],
            "{limit}"
        );
    }
}

pub async fn numbers_rise_in_the_order_of_acceptance(backend: &impl Backend) {
    let store = backend.fresh().await;
    pay(&*store, &[("a", 5), ("b", 1), ("c", 9)]).await;
    let page = store.events(&all(), None, 50).await.unwrap();
    let mut rows = page.rows;
    rows.sort_by_key(|row| row.seq);
    let ids: Vec<_> = rows.iter().map(|row| row.event.event_id.as_str()).collect();
    assert_eq!(ids, ["a", "b", "c"]);
}

pub async fn the_end_of_a_list_has_no_next(backend: &impl Backend) {
    let store = backend.fresh().await;
    pay(&*store, &[("a", 1), ("b", 2), ("c", 3), ("d", 4)]).await;
    let exact = store.events(&all(), None, 4).await.unwrap();
    assert_eq!((exact.rows.len(), exact.next), (4, None));
    let half = store.events(&all(), None, 2).await.unwrap();
    assert!(half.next.is_some());
    let rest = store.events(&all(), half.next, 2).await.unwrap();
    assert_eq!(
        (rest.rows.len(), rest.next),
        (2, None),
        "a full last page is the end too"
    );
}

pub async fn a_page_of_large_records_ends_short_and_goes_on(backend: &impl Backend) {
    let store = backend.fresh().await;
    for second in 0..20 {
        let mut large = payment(&format!("evt_{second}"), Severity::Info);
        large.event.raw = RawJson::from_checked(format!("\"{}\"", "x".repeat(1_000_000)));
        accept(&*store, large, second).await;
    }
    let first = store.events(&all(), None, 500).await.unwrap();
    assert!((2..20).contains(&first.rows.len()), "{}", first.rows.len());
    assert!(first.next.is_some());
    let whole = walk(&*store, &all(), 500).await;
    let found = EventFilter {
        words: Some("payout".to_owned()),
        ..all()
    };
    assert_eq!(
        (whole.len(), walk(&*store, &found, 500).await.len()),
        (20, 20)
    );
}

pub async fn a_walk_sees_each_row_once_while_others_arrive(backend: &impl Backend) {
    let store = backend.fresh().await;
    let names: Vec<String> = (0..40).map(|number| format!("evt_{number:02}")).collect();
    for (second, name) in (0..).zip(&names) {
        // Four of each second, so that pages end within one.
        accept(&*store, payment(name, Severity::Info), second / 4).await;
    }
    let mut seen = Vec::new();
    let mut after = None;
    for round in 0.. {
        let page = store.events(&all(), after, 3).await.unwrap();
        seen.extend(
            page.rows
                .into_iter()
                .map(|row| row.event.event_id.to_string()),
        );
        after = page.next;
        if after.is_none() {
            break;
        }
        // Some arrive on top, some in the middle of what was walked, as a clock set back makes them.
        accept(
            &*store,
            payment(&format!("late_{round}"), Severity::Info),
            20 + round,
        )
        .await;
        accept(
            &*store,
            payment(&format!("back_{round}"), Severity::Info),
            9,
        )
        .await;
    }
    let mut first: Vec<String> = seen
        .iter()
        .filter(|name| name.starts_with("evt_"))
        .cloned()
        .collect();
    assert!(
        first.is_sorted_by(|one, two| one > two),
        "newest first: {first:?}"
    );
    first.reverse();
    assert_eq!(first, names, "each once");
    let n_distinct = seen.iter().collect::<std::collections::HashSet<_>>().len();
    assert_eq!(n_distinct, seen.len(), "nothing twice");
    assert!(
        !seen.iter().any(|name| name.starts_with("late_")),
        "what is newer is not ahead"
    );
}

pub async fn a_duplicate_keeps_its_place(backend: &impl Backend) {
    let store = backend.fresh().await;
    pay(&*store, &[("a", 1), ("b", 2), ("a", 3)]).await;
    assert_eq!(walk(&*store, &all(), 50).await, ["b", "a"]);
}

pub async fn a_revision_keeps_its_place_and_moves_between_severities(backend: &impl Backend) {
    let store = backend.fresh().await;
    accept(&*store, incident("i1", Severity::Warning, 1), 1).await;
    accept(&*store, incident("i2", Severity::Warning, 2), 2).await;
    accept(&*store, incident("i1", Severity::Critical, 5), 5).await;
    assert_eq!(
        walk(&*store, &all(), 50).await,
        ["spreedly_status:i2", "spreedly_status:i1"]
    );
    let of = |severity| EventFilter {
        severity: Some(severity),
        ..all()
    };
    assert_eq!(
        walk(&*store, &of(Severity::Warning), 50).await,
        ["spreedly_status:i2"]
    );
    assert_eq!(
        walk(&*store, &of(Severity::Critical), 50).await,
        ["spreedly_status:i1"]
    );
    assert!(walk(&*store, &of(Severity::Info), 50).await.is_empty());
}

/// Stores one event of each sort: a payment, an incident, a component.
async fn one_of_each(backend: &impl Backend) -> std::sync::Arc<dyn Store> {
    let store = backend.fresh().await;
    accept(&*store, payment("evt_1", Severity::Info), 1).await;
    accept(&*store, incident("i1", Severity::Critical, 2), 2).await;
    let mut braze = component("api", Severity::Warning, 3);
    "braze_status".clone_into(&mut braze.event.source);
    "braze".clone_into(&mut braze.event.service);
    accept(&*store, braze, 3).await;
    store
}

/// The filter that differs from none in one field.
fn only(set: impl FnOnce(&mut EventFilter)) -> EventFilter {
    let mut filter = all();
    set(&mut filter);
    filter
}

pub async fn each_filter_selects_its_own(backend: &impl Backend) {
    let store = one_of_each(backend).await;
    let text = |text: &str| Some(text.to_owned());
    let (evt, inc) = ("evt_1", "spreedly_status:i1");
    let comp = component("api", Severity::Warning, 3)
        .event
        .event_id
        .to_string();
    let comp = comp.as_str();
    for (filter, expected) in [
        (only(|filter| filter.source = text("stripe")), vec![evt]),
        (
            only(|filter| filter.source = text("braze_status")),
            vec![comp],
        ),
        (only(|filter| filter.source = text("stripe_")), vec![]),
        (only(|filter| filter.source = text("%")), vec![]),
        (only(|filter| filter.service = text("spreedly")), vec![inc]),
        (only(|filter| filter.kind = Some(Kind::Payment)), vec![evt]),
        (only(|filter| filter.kind = Some(Kind::Incident)), vec![inc]),
        (only(|filter| filter.kind = Some(Kind::Status)), vec![comp]),
        (
            only(|filter| filter.severity = Some(Severity::Warning)),
            vec![comp],
        ),
        (only(|filter| filter.open = Some(true)), vec![comp, inc]),
        (only(|filter| filter.open = Some(false)), vec![evt]),
        (
            only(|filter| filter.words = text("insufficient")),
            vec![evt],
        ),
    ] {
        assert_eq!(walk(&*store, &filter, 1).await, expected, "{filter:?}");
    }
}

pub async fn filters_together_must_all_hold(backend: &impl Backend) {
    let store = one_of_each(backend).await;
    let both = EventFilter {
        source: Some("spreedly_status".to_owned()),
        severity: Some(Severity::Critical),
        ..all()
    };
    assert_eq!(walk(&*store, &both, 50).await, ["spreedly_status:i1"]);
    let neither = EventFilter {
        kind: Some(Kind::Payment),
        ..both
    };
    assert!(walk(&*store, &neither, 50).await.is_empty());
}

pub async fn since_is_inclusive_and_until_exclusive(backend: &impl Backend) {
    let store = backend.fresh().await;
    pay(&*store, &[("a", 1), ("b", 2), ("c", 3), ("d", 4)]).await;
    let between = |since: Option<i64>, until: Option<i64>| EventFilter {
        since: since.map(at),
        until: until.map(at),
        ..all()
    };
    assert_eq!(
        walk(&*store, &between(Some(2), None), 1).await,
        ["d", "c", "b"]
    );
    assert_eq!(walk(&*store, &between(None, Some(3)), 1).await, ["b", "a"]);
    assert_eq!(walk(&*store, &between(Some(2), Some(3)), 1).await, ["b"]);
    assert!(
        walk(&*store, &between(Some(3), Some(3)), 1)
            .await
            .is_empty()
    );
    assert!(
        walk(&*store, &between(Some(4), Some(2)), 1)
            .await
            .is_empty()
    );
    assert_eq!(
        walk(&*store, &between(Some(-1_000), Some(1_000)), 1)
            .await
            .len(),
        4
    );
}

/// What is stored has milliseconds; a bound between two of them belongs to the later one.
pub async fn bounds_finer_than_milliseconds_are_exact(backend: &impl Backend) {
    let store = backend.fresh().await;
    for (name, ms) in [("a", 1), ("b", 2)] {
        store
            .accept(payment(name, Severity::Info), "req-1", at_ms(ms))
            .await
            .unwrap();
    }
    let between: Timestamp = "2024-01-15T10:40:00.001000001Z".parse().unwrap();
    for words in [None, Some("payout".to_owned())] {
        let since = EventFilter {
            since: Some(between),
            words: words.clone(),
            ..all()
        };
        assert_eq!(walk(&*store, &since, 1).await, ["b"]);
        let until = EventFilter {
            until: Some(between),
            words,
            ..all()
        };
        assert_eq!(walk(&*store, &until, 1).await, ["a"]);
    }
}

pub async fn bounds_far_outside_are_no_trouble(backend: &impl Backend) {
    let store = backend.fresh().await;
    pay(&*store, &[("a", 1)]).await;
    let wide = EventFilter {
        since: Some(Timestamp::MIN),
        until: Some(Timestamp::MAX),
        ..all()
    };
    assert_eq!(walk(&*store, &wide, 1).await, ["a"]);
    let late = EventFilter {
        since: Some(Timestamp::MAX),
        ..all()
    };
    assert!(walk(&*store, &late, 1).await.is_empty());
}

pub async fn an_event_leaves_the_open_ones_when_it_is_over(backend: &impl Backend) {
    let store = backend.fresh().await;
    let open = EventFilter {
        open: Some(true),
        ..all()
    };
    let closed = EventFilter {
        open: Some(false),
        ..all()
    };
    accept(&*store, incident("i1", Severity::Critical, 1), 1).await;
    accept(
        &*store,
        resolved(incident("i1", Severity::Critical, 1), 5),
        6,
    )
    .await;
    assert!(walk(&*store, &open, 50).await.is_empty());
    assert_eq!(walk(&*store, &closed, 50).await, ["spreedly_status:i1"]);
    accept(&*store, incident("i1", Severity::Critical, 9), 9).await;
    assert_eq!(walk(&*store, &open, 50).await, ["spreedly_status:i1"]);
    assert!(walk(&*store, &closed, 50).await.is_empty());
}
