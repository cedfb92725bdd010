//! Times, observations and looks for the tests, and dice that always fall alike.

use jiff::Timestamp;
use signalbox_core::event::{Event, EventId, Kind, Origin, Severity};
use signalbox_core::json::RawJson;
use signalbox_core::lifecycle::{Observation, Sighting};
use signalbox_core::rule::{Decision, PAGER, Rules, Target};

use crate::{Look, PageRecord};

/// 2024-01-15T10:40:00Z, the beginning of every test.
const START_S: i64 = 1_705_315_200;

/// The feed of the sample pages.
pub(crate) const FEED: &str = "spreedly_status";

/// Returns the instant so many seconds after the beginning.
pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(START_S + second).unwrap()
}

/// Returns the instant so many milliseconds after the beginning.
pub(crate) fn at_ms(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(START_S * 1_000 + ms).unwrap()
}

pub(crate) fn id(text: &str) -> EventId {
    EventId::new(text).unwrap()
}

/// The destination that the built-in rules choose.
pub(crate) fn pager() -> Target {
    Target {
        destination: PAGER.to_owned(),
        mock: true,
    }
}

/// Another destination.
pub(crate) fn chat() -> Target {
    Target {
        destination: "chat".to_owned(),
        mock: false,
    }
}

fn observation(event: Event, subject: &str, status: &str) -> Observation {
    Observation {
        subject: subject.to_owned(),
        decision: Rules::default().decide(&event),
        event,
        vendor_status: status.to_owned(),
        vendor_updated_at: None,
    }
}

/// A payment: a point in time, routed when it is critical.
pub(crate) fn payment(name: &str, severity: Severity) -> Observation {
    let event = Event {
        event_id: id(name),
        source: "stripe".to_owned(),
        kind: Kind::Payment,
        severity,
        service: "stripe".to_owned(),
        summary: format!("payout.failed: po_{name}"),
        description: Some("Insufficient funds".to_owned()),
        started_at: at(-60),
        resolved_at: None,
        component: None,
        origin: Origin::Live,
        livemode: Some(true),
        raw: RawJson::from_checked(format!("{{\"id\":\"{name}\"}}")),
    };
    observation(event, name, "")
}

/// An open incident as its page showed it at a second.
pub(crate) fn incident(name: &str, severity: Severity, updated_s: i64) -> Observation {
    let event_id = format!("{FEED}:{name}");
    let event = Event {
        source: FEED.to_owned(),
        kind: Kind::Incident,
        service: "spreedly".to_owned(),
        summary: "Gateway latency".to_owned(),
        description: Some("We are looking into it".to_owned()),
        started_at: at(-30),
        livemode: None,
        raw: RawJson::from_checked(format!("{{\"id\":\"{name}\",\"updated\":{updated_s}}}")),
        ..payment(&event_id, severity).event
    };
    let seen = observation(event, &event_id, "investigating");
    Observation {
        vendor_updated_at: Some(at(updated_s)),
        ..seen
    }
}

/// The same incident, over.
pub(crate) fn resolved(mut seen: Observation, second: i64) -> Observation {
    seen.event.resolved_at = Some(at(second));
    "resolved".clone_into(&mut seen.vendor_status);
    seen.vendor_updated_at = Some(at(second));
    seen
}

/// The same observation with other words.
pub(crate) fn reworded(mut seen: Observation, text: &str) -> Observation {
    seen.event.description = Some(text.to_owned());
    seen
}

/// The same observation, for which the rules choose these destinations.
pub(crate) fn routed_to(mut seen: Observation, targets: &[Target]) -> Observation {
    seen.decision = Decision {
        rule: "test".to_owned(),
        reason: "the test says so".to_owned(),
        targets: targets.to_vec(),
    };
    seen
}

/// A component that is ill, as its page showed it at a second.
pub(crate) fn component(name: &str, severity: Severity, updated_s: i64) -> Observation {
    let subject = format!("{FEED}:{name}");
    let started_at = at(updated_s);
    let event = Event {
        event_id: id(&format!("{subject}:{started_at}")),
        kind: Kind::Status,
        severity,
        summary: format!("{name}: {severity}"),
        description: None,
        started_at,
        component: Some(name.to_owned()),
        ..incident(name, severity, updated_s).event
    };
    let seen = observation(event, &subject, severity.as_str());
    Observation {
        vendor_updated_at: Some(started_at),
        ..seen
    }
}

/// What a page says of a component that is well.
pub(crate) fn healthy(name: &str, updated_s: Option<i64>) -> Sighting {
    Sighting::Healthy {
        subject: format!("{FEED}:{name}"),
        at: updated_s.map(at),
        raw: RawJson::from_checked(format!("{{\"id\":\"{name}\",\"status\":\"operational\"}}")),
    }
}

/// What a page says of a component under maintenance.
pub(crate) fn maintained(name: &str) -> Sighting {
    Sighting::Present {
        subject: format!("{FEED}:{name}"),
    }
}

pub(crate) fn seen(observation: Observation) -> Sighting {
    Sighting::Observed(Box::new(observation))
}

/// A complete look at the live sample page.
pub(crate) fn look(sightings: Vec<Sighting>) -> Look {
    Look {
        page: PageRecord {
            source: FEED.to_owned(),
            url: "https://status.example.com/api/v2/summary.json".to_owned(),
            page_id: Some("abc".to_owned()),
            page_updated_at: Some(at(0)),
            n_items: 2,
            n_components: 1,
            proves_absence: true,
            etag: Some("\"e1\"".to_owned()),
            last_modified: None,
        },
        origin: Origin::Live,
        sightings,
        request_id: "poll-1".to_owned(),
    }
}

/// Chance that is the same in every run (`SplitMix64`), so that a failure replays.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ (word >> 31)
    }

    /// Returns a number from 0 to below `end`.
    pub(crate) fn below(&mut self, end: u32) -> u32 {
        u32::try_from(self.next() % u64::from(end)).unwrap()
    }

    /// Picks one of several.
    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let n = u32::try_from(from.len()).unwrap();
        from.get(usize::try_from(self.below(n)).unwrap()).unwrap()
    }

    /// Picks one of several, or, once in `odds` throws, does not refuse.
    pub(crate) fn sometimes<T: Clone>(&mut self, odds: u32, from: &[T]) -> Option<T> {
        (self.below(odds) == 0).then(|| self.pick(from).clone())
    }
}
