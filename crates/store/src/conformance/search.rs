//! Search: whole words, whatever their case; and whatever is typed, never an error.

use std::sync::Arc;

use signalbox_core::event::{Kind, Severity};

use super::Backend;
use super::samples::{at, component, healthy, incident, payment, reworded, seen};
use super::steps::{accept, observe, walk};
use crate::{EventFilter, Store};

async fn find(store: &dyn Store, words: &str) -> Vec<String> {
    let filter = EventFilter {
        words: Some(words.to_owned()),
        ..Default::default()
    };
    let found = walk(store, &filter, 2).await;
    assert_eq!(
        walk(store, &filter, 50).await,
        found,
        "{words:?}: pages do not matter"
    );
    found
}

/// Stores an incident with this text.
async fn described(backend: &impl Backend, text: &str) -> Arc<dyn Store> {
    let store = backend.fresh().await;
    accept(
        &*store,
        reworded(incident("i1", Severity::Info, 1), text),
        1,
    )
    .await;
    store
}

const EVENT: &str = "spreedly_status:i1";

pub async fn whole_words_are_found_in_any_case(backend: &impl Backend) {
    let store = described(
        backend,
        "Payments FAIL in the Über-Gateway, region eu-west-1",
    )
    .await;
    for words in [
        "payments",
        "PAYMENTS",
        "fail",
        "über",
        "uber",
        "gateway",
        "eu-west-1",
        "west",
    ] {
        assert_eq!(find(&*store, words).await, [EVENT], "{words}");
    }
    for words in ["payment", "paymentsx", "gate", "failing", "wes", "a"] {
        assert!(find(&*store, words).await.is_empty(), "{words}");
    }
}

pub async fn every_searched_field_is_searched(backend: &impl Backend) {
    let store = backend.fresh().await;
    let mut ill = component("Dashboard", Severity::Info, 1);
    "summarized".clone_into(&mut ill.event.summary);
    ill.event.description = Some("described".to_owned());
    accept(&*store, ill.clone(), 1).await;
    let event_id = ill.event.event_id.to_string();
    for words in ["dashboard", "summarized", "described", event_id.as_str()] {
        assert_eq!(find(&*store, words).await, [event_id.as_str()], "{words}");
    }
    // The vendor's record and the names of feeds are not: filters and `raw` are for those.
    assert!(find(&*store, "updated").await.is_empty());
}

pub async fn all_words_must_occur_in_whatever_field(backend: &impl Backend) {
    let store = described(backend, "alpha beta").await;
    for words in [
        "alpha beta",
        "beta alpha",
        "  alpha\t\nbeta ",
        "alpha latency",
        "i1 beta",
    ] {
        assert_eq!(find(&*store, words).await, [EVENT], "{words:?}");
    }
    assert!(find(&*store, "alpha gamma").await.is_empty());
}

pub async fn an_identifier_is_one_phrase(backend: &impl Backend) {
    let store = backend.fresh().await;
    for name in ["evt_1abc", "evt_2abc", "1abc.evt"] {
        accept(&*store, payment(name, Severity::Info), 1).await;
    }
    assert_eq!(find(&*store, "evt_1abc").await, ["evt_1abc"]);
    assert_eq!(
        find(&*store, "po_evt_2abc").await,
        ["evt_2abc"],
        "in the summary"
    );
    assert_eq!(find(&*store, "payout.failed:").await.len(), 3);
    accept(&*store, component("api", Severity::Info, 1), 2).await;
    let episode = component("api", Severity::Info, 1)
        .event
        .event_id
        .to_string();
    assert_eq!(find(&*store, &episode).await, [episode.as_str()]);
    assert_eq!(
        find(&*store, "spreedly_status:api").await,
        [episode.as_str()]
    );
}

pub async fn the_engines_own_syntax_is_mere_text(backend: &impl Backend) {
    let store = described(backend, "alpha OR beta NEAR gamma AND delta NOT epsilon").await;
    for words in [
        "alpha OR zeta",
        "alpha AND zeta",
        "alpha NOT zeta",
        "NEAR(alpha zeta)",
        "alpha | zeta",
        "summary:alpha",
        "description : alpha",
        "{summary description}: alpha",
        "alph*",
        "alph* *",
        "-summary:alpha",
    ] {
        assert!(find(&*store, words).await.is_empty(), "{words}");
    }
    for words in [
        "alpha OR beta",
        "NOT epsilon",
        "NEAR",
        "near",
        "^alpha",
        "alpha*",
        "(alpha)",
        "+alpha",
    ] {
        assert_eq!(find(&*store, words).await, [EVENT], "{words}");
    }
}

pub async fn quotes_are_mere_text(backend: &impl Backend) {
    let store = described(backend, "he said \"stop\" and it's O'Brien").await;
    for words in [
        "\"stop\"",
        "'stop'",
        "stop\"",
        "\"stop",
        "\"\"\"stop",
        "it's",
        "o'brien",
        "\"stop and\"",
    ] {
        assert_eq!(find(&*store, words).await, [EVENT], "{words}");
    }
    for words in ["\"stop\" \"now\"", "' OR 1=1 --"] {
        assert!(find(&*store, words).await.is_empty(), "{words}");
    }
}

pub async fn a_text_without_words_finds_nothing_and_is_no_error(backend: &impl Backend) {
    let store = described(backend, "alpha 🔥 beta").await;
    for words in [
        "", " ", "\t\n", "\"", "\"\"", "*", "🔥", "-", "()", "…", "\u{0}", ":", "^", "' '",
    ] {
        assert!(find(&*store, words).await.is_empty(), "{words:?}");
    }
}

pub async fn what_is_no_word_asks_for_nothing_beside_words(backend: &impl Backend) {
    let store = described(backend, "alpha 🔥 beta").await;
    for words in [
        "alpha - beta",
        "alpha 🔥",
        "🔥 alpha",
        "alpha * beta",
        "\" alpha",
        "alpha\u{0}beta",
    ] {
        assert_eq!(find(&*store, words).await, [EVENT], "{words:?}");
    }
    assert!(find(&*store, "🔥 gamma").await.is_empty());
}

pub async fn any_text_is_answered(backend: &impl Backend) {
    let store = described(backend, "alpha beta").await;
    let many = "alpha ".repeat(2_000);
    assert_eq!(find(&*store, &many).await, [EVENT]);
    let long = "x".repeat(100_000);
    assert!(find(&*store, &long).await.is_empty());
    for words in [
        "日本語",
        "\u{202e}\u{feff}",
        "é\u{301}",
        "\u{10ffff}",
        "\\",
        "%",
        "_",
        ";--",
        "a\u{0}\"b",
    ] {
        assert!(find(&*store, words).await.is_empty(), "{words:?}");
    }
}

pub async fn the_last_stored_hit_comes_first(backend: &impl Backend) {
    let store = backend.fresh().await;
    for (name, second) in [("a", 5), ("b", 1), ("c", 9), ("d", 3), ("e", 2)] {
        accept(&*store, payment(name, Severity::Info), second).await;
    }
    assert_eq!(find(&*store, "payout").await, ["e", "d", "c", "b", "a"]);
}

pub async fn a_search_is_narrowed_by_every_filter(backend: &impl Backend) {
    let store = backend.fresh().await;
    accept(&*store, payment("evt_1", Severity::Info), 1).await;
    accept(&*store, payment("evt_2", Severity::Critical), 2).await;
    accept(
        &*store,
        reworded(incident("i1", Severity::Critical, 3), "a payout"),
        3,
    )
    .await;
    let payout = |set: fn(&mut EventFilter)| {
        let mut filter = EventFilter {
            words: Some("payout".to_owned()),
            ..Default::default()
        };
        set(&mut filter);
        filter
    };
    let inc = "spreedly_status:i1";
    for (filter, expected) in [
        (
            payout(|filter| filter.source = Some("stripe".to_owned())),
            vec!["evt_2", "evt_1"],
        ),
        (
            payout(|filter| filter.source = Some("nobody".to_owned())),
            vec![],
        ),
        (
            payout(|filter| filter.service = Some("spreedly".to_owned())),
            vec![inc],
        ),
        (
            payout(|filter| filter.kind = Some(Kind::Payment)),
            vec!["evt_2", "evt_1"],
        ),
        (
            payout(|filter| filter.severity = Some(Severity::Critical)),
            vec![inc, "evt_2"],
        ),
        (payout(|filter| filter.open = Some(true)), vec![inc]),
        (
            payout(|filter| filter.open = Some(false)),
            vec!["evt_2", "evt_1"],
        ),
        (
            payout(|filter| filter.since = Some(at(2))),
            vec![inc, "evt_2"],
        ),
        (payout(|filter| filter.until = Some(at(2))), vec!["evt_1"]),
    ] {
        assert_eq!(walk(&*store, &filter, 1).await, expected, "{filter:?}");
    }
}

pub async fn new_words_are_found_and_old_ones_are_not(backend: &impl Backend) {
    let store = described(backend, "investigating slowness").await;
    accept(
        &*store,
        reworded(incident("i1", Severity::Info, 5), "identified the cause"),
        5,
    )
    .await;
    assert!(find(&*store, "slowness").await.is_empty());
    assert_eq!(find(&*store, "identified").await, [EVENT]);
    assert_eq!(
        find(&*store, "latency").await,
        [EVENT],
        "the summary has not changed"
    );
    let mut bare = incident("i1", Severity::Info, 9);
    bare.event.description = None;
    accept(&*store, bare, 9).await;
    assert!(find(&*store, "identified").await.is_empty());
    assert_eq!(find(&*store, "latency").await, [EVENT]);
}

pub async fn a_recovery_does_not_disturb_the_words(backend: &impl Backend) {
    let store = backend.fresh().await;
    let ill = component("api", Severity::Critical, 0);
    let event_id = ill.event.event_id.to_string();
    observe(&*store, vec![seen(ill)], 1).await;
    observe(&*store, vec![healthy("api", Some(50))], 60).await;
    assert_eq!(find(&*store, "api critical").await, [event_id]);
}

/// A page of rare rows among common words may end short; the walk goes on all the same.
pub async fn a_rare_hit_behind_many_is_reached(backend: &impl Backend) {
    let store = backend.fresh().await;
    accept(&*store, payment("rare", Severity::Critical), 0).await;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..6_000 {
        let store = Arc::clone(&store);
        let common = payment(&format!("evt_{number}"), Severity::Info);
        tasks.spawn(async move {
            // The queue of a backend is bounded; a writer waits for the answer before the next.
            loop {
                match store.accept(common.clone(), "req-1", at(1)).await {
                    Err(crate::StoreError::Overloaded) => tokio::task::yield_now().await,
                    answer => return answer.unwrap(),
                }
            }
        });
    }
    tasks.join_all().await;
    let filter = EventFilter {
        words: Some("payout".to_owned()),
        severity: Some(Severity::Critical),
        ..Default::default()
    };
    assert_eq!(walk(&*store, &filter, 50).await, ["rare"]);
}
