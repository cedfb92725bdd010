//! Accepting: one row per event, whatever is repeated and raced, and byte for byte what came.

use std::sync::Arc;

use jiff::Timestamp;
use signalbox_core::event::{Event, EventId, Kind, Origin, Severity};
use signalbox_core::json::RawJson;
use signalbox_core::lifecycle::Change;
use signalbox_core::rule::Decision;
use tokio::task::JoinSet;

use super::Backend;
use super::samples::{at, chat, id, incident, pager, payment, resolved, routed_to};
use super::steps::{accept, changes, deliver, deliveries, event, owed, walk};
use crate::{Accepted, EventFilter, EventRecord};

pub async fn fifty_identical_at_once_give_one_row_and_one_delivery(backend: &impl Backend) {
    let store = backend.fresh().await;
    let mut tasks = JoinSet::new();
    for _ in 0..50 {
        let store = Arc::clone(&store);
        tasks.spawn(async move { accept(&*store, payment("evt_1", Severity::Critical), 0).await });
    }
    let answers = tasks.join_all().await;
    let n_new = answers
        .iter()
        .filter(|one| **one == Accepted::New { routed: true })
        .count();
    let n_repeated = answers
        .iter()
        .filter(|one| **one == Accepted::Duplicate)
        .count();
    assert_eq!((n_new, n_repeated), (1, 49));
    assert_eq!(walk(&*store, &EventFilter::default(), 10).await, ["evt_1"]);
    assert_eq!(deliveries(&*store, "evt_1").await.len(), 1);
    assert_eq!(event(&*store, "evt_1").await.duplicates, 49);
}

pub async fn many_different_at_once_are_all_kept(backend: &impl Backend) {
    let store = backend.fresh().await;
    let mut tasks = JoinSet::new();
    for number in 0..200 {
        let store = Arc::clone(&store);
        let seen = payment(&format!("evt_{number}"), Severity::Critical);
        tasks.spawn(async move { accept(&*store, seen, 0).await });
    }
    let answers = tasks.join_all().await;
    assert!(
        answers
            .iter()
            .all(|one| *one == Accepted::New { routed: true })
    );
    assert_eq!(walk(&*store, &EventFilter::default(), 50).await.len(), 200);
    assert_eq!(deliver(&*store, &pager(), 1).await.len(), 200);
}

pub async fn an_event_is_read_back_as_it_was_given(backend: &impl Backend) {
    let store = backend.fresh().await;
    let mut seen = incident("i1", Severity::Critical, 5);
    seen.event.livemode = Some(false);
    seen.event.component = Some("Gateway".to_owned());
    seen.event.origin = Origin::Replay;
    assert_eq!(
        accept(&*store, seen.clone(), 7).await,
        Accepted::New { routed: true }
    );
    let stored = event(&*store, "spreedly_status:i1").await;
    let expected = EventRecord {
        seq: stored.seq,
        event: seen.event,
        routed: true,
        delivered_to: Vec::new(),
        decision: seen.decision,
        vendor_status: "investigating".to_owned(),
        received_at: at(7),
        updated_at: at(7),
        duplicates: 0,
        revision: 1,
        request_id: "req-1".to_owned(),
    };
    assert_eq!(stored, expected);
}

pub async fn an_unknown_event_is_absent_everywhere(backend: &impl Backend) {
    let store = backend.fresh().await;
    let unknown = id("evt_unknown");
    assert_eq!(store.event(&unknown).await, Ok(None));
    assert_eq!(store.history(&unknown).await, Ok(Vec::new()));
    assert_eq!(store.attempts(&unknown).await, Ok(Vec::new()));
    assert!(deliveries(&*store, "evt_unknown").await.is_empty());
}

pub async fn a_repetition_is_counted_and_owes_nothing(backend: &impl Backend) {
    let store = backend.fresh().await;
    accept(&*store, payment("evt_1", Severity::Critical), 0).await;
    deliver(&*store, &pager(), 1).await;
    for second in 2..5 {
        let again = accept(&*store, payment("evt_1", Severity::Critical), second).await;
        assert_eq!(again, Accepted::Duplicate);
    }
    let stored = event(&*store, "evt_1").await;
    assert_eq!((stored.duplicates, stored.revision), (3, 1));
    assert_eq!((stored.received_at, stored.updated_at), (at(0), at(0)));
    assert_eq!(deliveries(&*store, "evt_1").await.len(), 1);
    assert_eq!(changes(&*store, "evt_1").await, [("new".to_owned(), None)]);
}

pub async fn a_repeated_payment_is_the_same_whatever_it_says_now(backend: &impl Backend) {
    let store = backend.fresh().await;
    accept(&*store, payment("evt_1", Severity::Info), 0).await;
    let mut other = payment("evt_1", Severity::Info);
    other.event.raw = RawJson::from_checked("{\"id\":\"evt_1\",\"forged\":true}");
    "something else".clone_into(&mut other.event.summary);
    assert_eq!(accept(&*store, other, 1).await, Accepted::Duplicate);
    let stored = event(&*store, "evt_1").await.event;
    assert_eq!(stored, payment("evt_1", Severity::Info).event);
}

pub async fn what_the_rules_do_not_choose_is_stored_with_the_reason(backend: &impl Backend) {
    let store = backend.fresh().await;
    let quiet = accept(&*store, payment("evt_1", Severity::Info), 0).await;
    assert_eq!(quiet, Accepted::New { routed: false });
    let stored = event(&*store, "evt_1").await;
    assert!(!stored.routed && stored.delivered_to.is_empty());
    assert_eq!(stored.decision.rule, "info-never");
    assert!(deliveries(&*store, "evt_1").await.is_empty());
}

pub async fn each_chosen_destination_is_owed_one_delivery(backend: &impl Backend) {
    let store = backend.fresh().await;
    let seen = routed_to(payment("evt_1", Severity::Info), &[pager(), chat()]);
    assert_eq!(
        accept(&*store, seen, 0).await,
        Accepted::New { routed: true }
    );
    let rows = deliveries(&*store, "evt_1").await;
    let to: Vec<_> = rows.iter().map(|row| row.destination.as_str()).collect();
    assert_eq!(to, ["pagerduty", "chat"]);
    assert!(
        rows.iter()
            .all(|row| row.dedup_key == "evt_1" && row.attempts == 0)
    );
    assert!(
        rows.iter()
            .all(|row| row.created_at == at(0) && row.next_attempt_at == Some(at(0)))
    );
}

pub async fn delivered_to_names_who_accepted_in_order_and_once(backend: &impl Backend) {
    let store = backend.fresh().await;
    let both = [pager(), chat()];
    accept(
        &*store,
        routed_to(incident("i1", Severity::Critical, 1), &both),
        0,
    )
    .await;
    let to = async || event(&*store, "spreedly_status:i1").await.delivered_to;
    assert!(to().await.is_empty(), "nothing was accepted yet");
    deliver(&*store, &pager(), 1).await;
    assert_eq!(to().await, ["pagerduty"]);
    deliver(&*store, &chat(), 1).await;
    assert_eq!(to().await, ["chat", "pagerduty"]);

    let over = resolved(incident("i1", Severity::Critical, 1), 5);
    accept(&*store, over, 5).await;
    accept(
        &*store,
        routed_to(incident("i1", Severity::Critical, 9), &both),
        9,
    )
    .await;
    deliver(&*store, &pager(), 10).await;
    assert_eq!(
        to().await,
        ["chat", "pagerduty"],
        "a second trigger is no second name"
    );
}

pub async fn the_raw_record_is_kept_byte_for_byte(backend: &impl Backend) {
    let store = backend.fresh().await;
    for (number, raw) in [
        "{ \"z\": 1.000000000000000000001,\r\n\t\"a\": 12345678901234567890123456789 }",
        "{\"a\":1e400,\"b\":-0.0,\"c\":1E+2,\"d\":0.10}",
        "{\"b\":1,\"a\":{\"d\":2,\"c\":3}}",
        "{\"text\":\"\\u00e9\\ud83d\\ude00\\/\\u007f\"}",
        "{\"text\":\"é 😀 日本語 \u{202e}\u{feff}\"}",
        "  {\"padded\":true}  \n",
        "{}",
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("evt_{number}");
        let mut seen = payment(&name, Severity::Critical);
        seen.event.raw = RawJson::from_checked(raw);
        accept(&*store, seen, 0).await;
        assert_eq!(event(&*store, &name).await.event.raw.as_str(), raw);
        let history = store.history(&id(&name)).await.unwrap();
        assert_eq!(history[0].raw.as_str(), raw);
    }
    let leased = super::steps::lease(&*store, &pager(), 1).await;
    assert!(
        leased
            .iter()
            .any(|one| one.delivery.event.raw.as_str().contains("1e400"))
    );
}

pub async fn every_text_comes_back_as_it_went_in(backend: &impl Backend) {
    let store = backend.fresh().await;
    let odd = "O'Brien \"said\"; DROP TABLE events;-- \n\t% _ \\ \u{1} é 😀 \u{202e}";
    let mut seen = routed_to(
        incident("i1", Severity::Critical, 1),
        &[signalbox_core::rule::Target {
            destination: odd.to_owned(),
            mock: false,
        }],
    );
    for text in [
        &mut seen.event.source,
        &mut seen.event.service,
        &mut seen.event.summary,
    ] {
        odd.clone_into(text);
    }
    seen.event.description = Some(odd.to_owned());
    seen.event.component = Some(odd.to_owned());
    odd.clone_into(&mut seen.vendor_status);
    store.accept(seen.clone(), odd, at(0)).await.unwrap();
    let target = seen.decision.targets[0].clone();
    deliver(&*store, &target, 1).await;
    let stored = event(&*store, "spreedly_status:i1").await;
    assert_eq!((stored.event, stored.decision), (seen.event, seen.decision));
    assert_eq!(
        (stored.vendor_status.as_str(), stored.request_id.as_str()),
        (odd, odd)
    );
    assert_eq!(stored.delivered_to, [odd]);
    let filter = EventFilter {
        source: Some(odd.to_owned()),
        ..Default::default()
    };
    assert_eq!(walk(&*store, &filter, 10).await, ["spreedly_status:i1"]);
}

/// Names that run together when they are glued are still two.
pub async fn feeds_with_confusing_names_are_kept_apart(backend: &impl Backend) {
    let store = backend.fresh().await;
    for (name, source, service) in [("evt_1", "a\nb", "c"), ("evt_2", "a", "b\nc")] {
        let mut seen = payment(name, Severity::Info);
        seen.event.source = source.to_owned();
        seen.event.service = service.to_owned();
        accept(&*store, seen.clone(), 0).await;
        assert_eq!(event(&*store, name).await.event, seen.event);
    }
}

pub async fn values_at_their_limits_are_kept(backend: &impl Backend) {
    let store = backend.fresh().await;
    let name = "~".repeat(signalbox_core::event::EVENT_ID_MAX);
    let latest: Timestamp = "9998-12-31T23:59:59.999Z".parse().unwrap();
    let mib = 1_024 * 1_024;
    let mut seen = payment(&name, Severity::Critical);
    seen.event = Event {
        kind: Kind::Incident,
        summary: "ü".repeat(signalbox_core::event::SUMMARY_MAX),
        description: Some("😀".repeat(signalbox_core::event::DESCRIPTION_MAX)),
        started_at: Timestamp::UNIX_EPOCH,
        raw: RawJson::from_checked(format!("\"{}\"", "x".repeat(mib - 2))),
        ..seen.event
    };
    store
        .accept(seen.clone(), &"r".repeat(255), latest)
        .await
        .unwrap();
    let stored = event(&*store, &name).await;
    assert_eq!(stored.event, seen.event);
    assert_eq!((stored.received_at, stored.updated_at), (latest, latest));

    seen.event.resolved_at = Some(latest);
    store.accept(seen.clone(), "req-2", latest).await.unwrap();
    assert_eq!(event(&*store, &name).await.event.resolved_at, Some(latest));
    let history = store.history(&id(&name)).await.unwrap();
    assert_eq!(
        history
            .iter()
            .map(|one| one.raw.as_str().len())
            .collect::<Vec<_>>(),
        [mib, mib]
    );
}

pub async fn finer_times_than_milliseconds_are_cut(backend: &impl Backend) {
    let store = backend.fresh().await;
    let fine: Timestamp = "2024-01-15T10:40:00.123456789Z".parse().unwrap();
    store
        .accept(payment("evt_1", Severity::Critical), "req-1", fine)
        .await
        .unwrap();
    let stored = event(&*store, "evt_1").await;
    assert_eq!(stored.received_at.to_string(), "2024-01-15T10:40:00.123Z");
}

pub async fn what_was_over_at_first_sight_is_stored_and_not_routed(backend: &impl Backend) {
    let store = backend.fresh().await;
    let over = resolved(incident("i1", Severity::Critical, 1), 5);
    assert_eq!(
        accept(&*store, over, 6).await,
        Accepted::New { routed: false }
    );
    let stored = event(&*store, "spreedly_status:i1").await;
    assert_eq!(stored.decision, Decision::already_resolved());
    assert_eq!(
        (stored.routed, stored.event.resolved_at),
        (false, Some(at(5)))
    );
    assert!(owed(&*store, "spreedly_status:i1").await.is_empty());
    let record = ("new".to_owned(), Some("record".to_owned()));
    assert_eq!(changes(&*store, "spreedly_status:i1").await, [record]);
}

/// A page whose end lies before its beginning would otherwise differ from what is stored at every
/// look, and write a revision each time.
pub async fn an_end_before_the_beginning_is_the_beginning_and_stays(backend: &impl Backend) {
    let store = backend.fresh().await;
    let started_at = incident("i1", Severity::Critical, 1).event.started_at;
    accept(&*store, incident("i1", Severity::Critical, 1), 0).await;
    let mut over = resolved(incident("i1", Severity::Critical, 1), 5);
    over.event.resolved_at = Some(at(-3_600));
    let first = accept(&*store, over.clone(), 6).await;
    assert_eq!(
        first,
        Accepted::Changed {
            change: Change::Resolved,
            routed: false
        }
    );
    assert_eq!(accept(&*store, over.clone(), 7).await, Accepted::Duplicate);
    assert_eq!(
        event(&*store, "spreedly_status:i1").await.event.resolved_at,
        Some(started_at)
    );

    over.event.event_id = EventId::new("spreedly_status:i2").unwrap();
    accept(&*store, over.clone(), 8).await;
    assert_eq!(accept(&*store, over, 9).await, Accepted::Duplicate);
    assert_eq!(
        event(&*store, "spreedly_status:i2").await.event.resolved_at,
        Some(started_at)
    );
}
