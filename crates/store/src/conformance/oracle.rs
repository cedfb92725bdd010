//! Lists against an oracle: random events, random filters, and a list in memory that says what the
//! store should. The dice are seeded, so that a failure names its seed and replays.

use jiff::Timestamp;
use signalbox_core::event::{Event, Kind, Severity};
use signalbox_core::lifecycle::Observation;

use super::Backend;
use super::samples::{Dice, at, at_ms, incident, resolved};
use super::steps::walk;
use crate::{EventFilter, Store};

const SOURCES: &[&str] = &["stripe", "spreedly_status", "braze_status"];
const SERVICES: &[&str] = &["stripe", "spreedly"];
const VOCABULARY: &[&str] = &[
    "Gateway", "payout", "über", "failed", "po_123", "EU", "card",
];
/// Spellings in which the vocabulary, and what is not in it, is searched.
const SEARCHED: &[&str] = &[
    "gateway",
    "PAYOUT",
    "Über",
    "po_123",
    "123",
    "eu",
    "card failed",
    "gate",
    "nothing",
];
const N_EVENTS: u32 = 80;
const N_FILTERS: u32 = 60;

/// What the oracle knows of a stored event, in the order of acceptance.
struct Known {
    event: Event,
    received_at: Timestamp,
}

fn random_event(dice: &mut Dice, number: u32) -> Observation {
    let mut seen = incident(&format!("n{number}"), *dice.pick(Severity::ALL), 1);
    if dice.below(3) == 0 {
        seen = resolved(seen, 5);
    }
    let event = &mut seen.event;
    event.kind = *dice.pick(Kind::ALL);
    (*dice.pick(SOURCES)).clone_into(&mut event.source);
    (*dice.pick(SERVICES)).clone_into(&mut event.service);
    event.summary = [dice.pick(VOCABULARY), dice.pick(VOCABULARY)]
        .map(|word| *word)
        .join(" ");
    event.description = dice.sometimes(2, VOCABULARY).map(str::to_owned);
    event.component = dice.sometimes(3, VOCABULARY).map(str::to_owned);
    seen
}

/// Few instants, so that many are equal; in no order, as after a clock was set back.
fn random_instant(dice: &mut Dice) -> Timestamp {
    at_ms(i64::from(dice.below(20)) * 250)
}

fn random_filter(dice: &mut Dice) -> EventFilter {
    EventFilter {
        source: dice.sometimes(3, SOURCES).map(str::to_owned),
        kind: dice.sometimes(3, Kind::ALL),
        severity: dice.sometimes(3, Severity::ALL),
        service: dice.sometimes(4, SERVICES).map(str::to_owned),
        since: (dice.below(3) == 0).then(|| random_instant(dice)),
        until: (dice.below(3) == 0).then(|| random_instant(dice)),
        open: dice.sometimes(3, &[true, false]),
        words: dice.sometimes(3, SEARCHED).map(str::to_owned),
    }
}

/// Splits a text as people do: letters and digits make words, case and marks do not matter.
fn words_of(text: &str) -> Vec<String> {
    let plain = text.to_lowercase().replace('ü', "u");
    let words = plain
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

fn contains(event: &Event, searched: &str) -> bool {
    let fields = [
        Some(event.event_id.as_str()),
        Some(event.summary.as_str()),
        event.description.as_deref(),
        event.component.as_deref(),
    ];
    let fields: Vec<_> = fields.into_iter().flatten().map(words_of).collect();
    searched.split_whitespace().map(words_of).all(|phrase| {
        fields
            .iter()
            .any(|field| field.windows(phrase.len()).any(|part| *part == *phrase))
    })
}

fn admits(filter: &EventFilter, known: &Known) -> bool {
    let event = &known.event;
    filter
        .source
        .as_ref()
        .is_none_or(|source| *source == event.source)
        && filter
            .service
            .as_ref()
            .is_none_or(|service| *service == event.service)
        && filter.kind.is_none_or(|kind| kind == event.kind)
        && filter
            .severity
            .is_none_or(|severity| severity == event.severity)
        && filter.since.is_none_or(|since| known.received_at >= since)
        && filter.until.is_none_or(|until| known.received_at < until)
        && filter.open.is_none_or(|open| open == event.is_open())
        && filter
            .words
            .as_ref()
            .is_none_or(|words| contains(event, words))
}

/// What a walk should give: newest received first, of one instant the last stored first; with a
/// search text, newest stored first.
fn expected(known: &[Known], filter: &EventFilter) -> Vec<String> {
    let mut rows: Vec<(usize, &Known)> = known
        .iter()
        .enumerate()
        .filter(|(_, one)| admits(filter, one))
        .collect();
    rows.reverse();
    if filter.words.is_none() {
        rows.sort_by_key(|(seq, one)| std::cmp::Reverse((one.received_at, *seq)));
    }
    rows.into_iter()
        .map(|(_, one)| one.event.event_id.to_string())
        .collect()
}

async fn fill(store: &dyn Store, dice: &mut Dice) -> Vec<Known> {
    let mut known = Vec::new();
    for number in 0..N_EVENTS {
        let seen = random_event(dice, number);
        let received_at = random_instant(dice);
        known.push(Known {
            event: seen.event.clone(),
            received_at,
        });
        store.accept(seen, "req-1", received_at).await.unwrap();
    }
    known
}

/// Gives some of the events a next state; they keep their places.
async fn revise(store: &dyn Store, dice: &mut Dice, known: &mut [Known]) {
    for one in known {
        if dice.below(4) > 0 || one.event.kind == Kind::Payment {
            continue;
        }
        let name = one.event.event_id.to_string();
        let mut next = random_event(dice, 0);
        next.event.event_id = one.event.event_id.clone();
        next.event.kind = one.event.kind;
        next.event.source = one.event.source.clone();
        next.event.service = one.event.service.clone();
        next.vendor_updated_at = Some(at(100));
        next.subject = name;
        one.event = next.event.clone();
        store.accept(next, "req-2", at(100)).await.unwrap();
    }
}

async fn check(store: &dyn Store, dice: &mut Dice, known: &[Known], seed: u64) {
    for _ in 0..N_FILTERS {
        let filter = random_filter(dice);
        let limit = 1 + dice.below(12);
        let walked = walk(store, &filter, limit).await;
        assert_eq!(
            walked,
            expected(known, &filter),
            "seed {seed}, limit {limit}, {filter:?}"
        );
    }
}

pub async fn every_filter_gives_what_a_list_in_memory_gives(backend: &impl Backend) {
    for seed in 0..4 {
        let dice = &mut Dice::new(seed);
        let store = backend.fresh().await;
        let mut known = fill(&*store, dice).await;
        check(&*store, dice, &known, seed).await;
        revise(&*store, dice, &mut known).await;
        check(&*store, dice, &known, seed).await;
    }
}
