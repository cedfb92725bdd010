//! Every published document in Statuspage's format is read whole, as the second reading says.

use jiff::Timestamp;
use serde_json::{Value, json};
use signalbox_core::event::{Event, Origin, Severity};
use signalbox_core::lifecycle::{self, Change, Observation, Sighting, Stored};
use signalbox_core::rule::Rules;
use signalbox_core::source::page::{Feed, Filter, Observed, Snapshot, observe};
use signalbox_core::source::statuspage::read;

use crate::folder::{Corpus, Document};
use crate::oracle;

const SOURCE: &str = "vendor_status";
const SERVICE: &str = "vendor";
const WITH_WARNINGS: Rules = Rules {
    route_warning: true,
    route_test_mode: false,
    real_pager: false,
};

/// Complaints about real documents that are right: document, complaint, why. There are none, and
/// that is the point: a complaint switches absence off as evidence for the whole page.
const COMPLAINTS: &[(&str, &str, &str)] = &[];

/// Records that stand alone in their document: document, where in it, and which list it would
/// stand in on a page.
const SINGLE_ITEMS: &[(&str, &str, &str)] = &[
    (
        "statuspage/emma-2019-02-21-incident-gm8jc9315cyk.json",
        "/incident",
        "incidents",
    ),
    (
        "statuspage/nyu-libraries-2018-03-15-incident-backfilled.json",
        "",
        "incidents",
    ),
    (
        "webhooks/statuspage/incident-created-2017-12-26.json",
        "/incident",
        "incidents",
    ),
    (
        "webhooks/statuspage/incident-resolved-2017-12-26.json",
        "/incident",
        "incidents",
    ),
    (
        "webhooks/statuspage/component-update-2017-12-26.json",
        "/component",
        "components",
    ),
];

fn read_page(document: &Document) -> Snapshot {
    read(&document.bytes).unwrap_or_else(|error| panic!("{}: {error}", document.path))
}

fn observe_with(snapshot: &Snapshot, rules: &Rules) -> Observed {
    let feed = Feed {
        source: SOURCE.to_owned(),
        service: SERVICE.to_owned(),
        origin: Origin::Live,
    };
    // Only for components that do not say when they changed; the corpus has none.
    observe(
        snapshot,
        &feed,
        &Filter::default(),
        rules,
        Timestamp::UNIX_EPOCH,
    )
}

fn sightings(document: &[u8]) -> Vec<Sighting> {
    observe_with(&read(document).unwrap(), &Rules::default()).sightings
}

fn observation(sighting: &Sighting) -> Option<&Observation> {
    match sighting {
        Sighting::Observed(observation) => Some(observation),
        _ => None,
    }
}

/// The form in which the second reading speaks of a sighting.
fn view(sighting: &Sighting) -> Value {
    match sighting {
        Sighting::Observed(seen) => json!({
            "sighting": "observed",
            "subject": seen.subject,
            "vendor_status": seen.vendor_status,
            "vendor_updated_at": seen.vendor_updated_at.map(|at| at.to_string()),
            "event": view_event(&seen.event),
        }),
        Sighting::Healthy { subject, at, .. } => {
            json!({ "sighting": "healthy", "subject": subject, "at": at.map(|at| at.to_string()) })
        }
        Sighting::Present { subject } => json!({ "sighting": "present", "subject": subject }),
    }
}

fn view_event(event: &Event) -> Value {
    json!({
        "event_id": event.event_id.as_str(),
        "source": event.source,
        "kind": event.kind,
        "severity": event.severity,
        "service": event.service,
        "summary": event.summary,
        "description": event.description,
        "started_at": event.started_at.to_string(),
        "resolved_at": event.resolved_at.map(|at| at.to_string()),
        "component": event.component,
        "origin": event.origin,
        "livemode": event.livemode,
    })
}

fn raw_of(sighting: &Sighting) -> Option<&str> {
    match sighting {
        Sighting::Observed(seen) => Some(seen.event.raw.as_str()),
        Sighting::Healthy { raw, .. } => Some(raw.as_str()),
        Sighting::Present { .. } => None,
    }
}

#[test]
fn every_page_is_read_without_complaint() {
    let Some(corpus) = Corpus::find() else { return };
    let mut complaints = Vec::new();
    for document in corpus.status_pages() {
        let snapshot = read_page(&document);
        assert_eq!(
            snapshot.is_complete(),
            snapshot.complaints.is_empty(),
            "{}",
            document.path
        );
        let found = snapshot.complaints.iter().map(ToString::to_string);
        complaints.extend(found.map(|complaint| (document.path.clone(), complaint)));
    }
    let expected: Vec<_> = COMPLAINTS
        .iter()
        .map(|(path, complaint, _)| ((*path).to_owned(), (*complaint).to_owned()))
        .collect();
    assert_eq!(complaints, expected);
}

#[test]
fn every_page_comes_to_what_a_second_reading_says() {
    let Some(corpus) = Corpus::find() else { return };
    for document in corpus.status_pages() {
        let path = &document.path;
        let expected = oracle::read(&document.value(), SOURCE, SERVICE);
        let snapshot = read_page(&document);
        let observed = observe_with(&snapshot, &Rules::default());
        assert_eq!(snapshot.n_items, expected.n_items, "{path}");
        assert_eq!(observed.n_unknown, expected.n_unknown, "{path}");
        assert_eq!(observed.sightings.len(), expected.sightings.len(), "{path}");
        for (sighting, expected) in observed.sightings.iter().zip(&expected.sightings) {
            assert_eq!(view(sighting), expected.sighting, "{path}");
        }
    }
}

#[test]
fn raw_is_the_very_slice_of_the_document() {
    let Some(corpus) = Corpus::find() else { return };
    for document in corpus.status_pages() {
        let path = &document.path;
        let expected = oracle::read(&document.value(), SOURCE, SERVICE).sightings;
        let text = document.text();
        for (sighting, expected) in sightings(&document.bytes).iter().zip(&expected) {
            let Some(raw) = raw_of(sighting) else {
                continue;
            };
            assert!(
                text.contains(raw),
                "{path}: {} is no slice",
                sighting.subject()
            );
            let item: Value = serde_json::from_str(raw).unwrap();
            assert_eq!(item, expected.item, "{path}: {}", sighting.subject());
        }
    }
}

#[test]
fn the_page_itself_is_named_and_dated() {
    let Some(corpus) = Corpus::find() else { return };
    for document in corpus.status_pages() {
        let snapshot = read_page(&document);
        let page = &document.value()["page"];
        let updated_at = page["updated_at"].as_str().map(|at| {
            let at: Timestamp = at.parse().unwrap();
            Timestamp::from_millisecond(at.as_millisecond()).unwrap()
        });
        assert_eq!(
            snapshot.page_id.as_deref(),
            page["id"].as_str(),
            "{}",
            document.path
        );
        assert_eq!(snapshot.page_updated_at, updated_at, "{}", document.path);
    }
}

#[test]
fn identifiers_are_unique_within_a_page_and_the_same_at_each_reading() {
    let Some(corpus) = Corpus::find() else { return };
    for document in corpus.status_pages() {
        let first = sightings(&document.bytes);
        let mut subjects: Vec<&str> = first.iter().map(Sighting::subject).collect();
        subjects.sort_unstable();
        let n_subjects = subjects.len();
        subjects.dedup();
        assert_eq!(subjects.len(), n_subjects, "{}", document.path);
        assert_eq!(first, sightings(&document.bytes), "{}", document.path);
    }
}

#[test]
fn severity_alone_decides_who_is_paged() {
    let Some(corpus) = Corpus::find() else { return };
    for document in corpus.status_pages() {
        let snapshot = read_page(&document);
        for (rules, from) in [
            (Rules::default(), Severity::Critical),
            (WITH_WARNINGS, Severity::Warning),
        ] {
            let observed = observe_with(&snapshot, &rules);
            for seen in observed.sightings.iter().filter_map(observation) {
                let routed = seen.decision.is_routed();
                assert_eq!(routed, seen.event.severity >= from, "{}", seen.subject);
            }
        }
    }
}

#[test]
fn an_incident_reads_the_same_in_a_page_of_its_own() {
    let Some(corpus) = Corpus::find() else { return };
    let mut n_incidents = 0;
    for document in corpus.status_pages() {
        let snapshot = read_page(&document);
        let n_listed = snapshot.n_items - snapshot.n_components;
        for whole in &sightings(&document.bytes)[..n_listed] {
            let raw = raw_of(whole).unwrap();
            let alone = format!("{{\"incidents\":[{raw}],\"components\":[]}}");
            let expected = std::slice::from_ref(whole);
            assert_eq!(sightings(alone.as_bytes()), expected, "{}", document.path);
            n_incidents += 1;
        }
    }
    assert!(n_incidents > 0);
}

#[test]
fn records_that_stand_alone_read_on_a_page() {
    let Some(corpus) = Corpus::find() else { return };
    for (path, place, list) in SINGLE_ITEMS {
        let document = corpus.document(path);
        let page = json!({ *list: [document.value().pointer(place).unwrap()] });
        let expected = oracle::read(&page, SOURCE, SERVICE);
        let seen = sightings(page.to_string().as_bytes());
        let seen: Vec<Value> = seen.iter().map(view).collect();
        let expected: Vec<Value> = expected
            .sightings
            .into_iter()
            .map(|expected| expected.sighting)
            .collect();
        assert_eq!(seen, expected, "{path}");
    }
}

#[test]
fn a_page_that_was_cut_short_is_refused() {
    const CUTS: usize = 40;
    let Some(corpus) = Corpus::find() else { return };
    for document in corpus.status_pages() {
        let whole = document.text().trim_end().as_bytes();
        for cut in 0..CUTS {
            let part = &whole[..whole.len() * cut / CUTS];
            assert!(
                read(part).is_err(),
                "{} read from {} bytes",
                document.path,
                part.len()
            );
        }
        assert!(
            read(&whole[..whole.len() - 1]).is_err(),
            "{}",
            document.path
        );
    }
}

/// The list of closed incidents shows how those ended that other documents show open.
#[test]
fn an_incident_seen_open_and_later_closed_is_one_event_that_ended() {
    let Some(corpus) = Corpus::find() else { return };
    let history = corpus.document("recorded/histories/github-2026-fifty-incidents.json");
    let ends = sightings(&history.bytes);
    let mut n_lives = 0;
    for document in corpus.documents() {
        if !document
            .path
            .starts_with("recorded/statuspage/github-2026-")
            || !document.path.contains("-during-")
        {
            continue;
        }
        let page = sightings(&document.bytes);
        let open = page.iter().filter_map(observation).find(|seen| {
            seen.event.kind == signalbox_core::event::Kind::Incident && seen.event.is_open()
        });
        let open = open.unwrap_or_else(|| panic!("{}: no open incident", document.path));
        let end = ends
            .iter()
            .filter_map(observation)
            .find(|end| end.subject == open.subject);
        let end = end.unwrap_or_else(|| panic!("{}: never ended", document.path));
        assert_eq!(end.event.event_id, open.event.event_id);
        assert_eq!(end.event.started_at, open.event.started_at);
        let stored = Stored {
            event: open.event.clone(),
            vendor_status: open.vendor_status.clone(),
            vendor_updated_at: open.vendor_updated_at,
            missing_at: None,
            pages: Vec::new(),
        };
        let verdict = lifecycle::again(&stored, end);
        assert_eq!(verdict.change, Change::Resolved, "{}", document.path);
        assert!(
            end.event.resolved_at >= Some(end.event.started_at),
            "{}",
            document.path
        );
        n_lives += 1;
    }
    assert!(
        n_lives > 0,
        "no document shows an incident that the history ends"
    );
}
