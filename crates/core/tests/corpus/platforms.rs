//! Every document of a platform that we read comes to what is written down here, which is what a
//! second reading says, and every document of another platform is refused.

use std::collections::BTreeMap;

use signalbox_core::source::Platform::{
    self, Betterstack, Feed, Google, Incidentio, Instatus, Slack, Statusio, Statuspage,
};
use signalbox_core::source::page::{Health, Snapshot};

use crate::folder::{Corpus, Document};
use crate::second;

/// What a document comes to.
struct Outcome {
    path: &'static str,
    platform: Platform,
    /// Incidents, those of them that are open, components that are ill or in an unknown state,
    /// maintenances.
    counts: [usize; 4],
}

const fn row(path: &'static str, platform: Platform, counts: [usize; 4]) -> Outcome {
    Outcome {
        path,
        platform,
        counts,
    }
}

/// Every document of these platforms. None complains but those in [`COMPLAINTS`].
const OUTCOMES: &[Outcome] = &[
    row(
        "statuspage/cloudamqp-2020-07-16-summary.json",
        Statuspage,
        [0, 0, 0, 1],
    ),
    row(
        "statuspage/emma-2019-02-21-incidents.json",
        Statuspage,
        [9, 0, 0, 0],
    ),
    row(
        "statuspage/hashicorp-2021-08-06-components.json",
        Statuspage,
        [0, 0, 45, 0],
    ),
    row(
        "statuspage/lifecycle-edges-constructed.json",
        Statuspage,
        [2, 1, 1, 1],
    ),
    row(
        "statuspage/payfast-2022-01-20-incidents.json",
        Statuspage,
        [1, 0, 0, 0],
    ),
    row(
        "statuspage/quay-2016-06-12-index.json",
        Statuspage,
        [10, 0, 0, 0],
    ),
    row(
        "statuspage/twilio-2020-06-16-summary.json",
        Statuspage,
        [2, 2, 4, 9],
    ),
    row(
        "incidentio/aiven-2026-03-proxy-component-impacts.json",
        Incidentio,
        [1, 1, 0, 2],
    ),
    row(
        "incidentio/aiven-2026-03-proxy-summary.json",
        Incidentio,
        [1, 1, 1, 0],
    ),
    row(
        "incidentio/compat-summary-ongoing-constructed.json",
        Incidentio,
        [1, 1, 1, 0],
    ),
    row(
        "incidentio/linear-2025-10-22-compat-summary.json",
        Incidentio,
        [0, 0, 0, 0],
    ),
    row(
        "incidentio/linear-2026-03-25-compat-incidents.json",
        Incidentio,
        [3, 0, 0, 0],
    ),
    row(
        "incidentio/linear-2026-03-proxy-incidents.json",
        Incidentio,
        [6, 0, 0, 0],
    ),
    row(
        "incidentio/linear-2026-03-proxy-summary.json",
        Incidentio,
        [0, 0, 0, 0],
    ),
    row(
        "incidentio/neon-widget-api-v1-summary-all-clear.json",
        Incidentio,
        [0, 0, 0, 0],
    ),
    row(
        "incidentio/widget-api-v1-summary-constructed.json",
        Incidentio,
        [1, 1, 0, 2],
    ),
    row(
        "instatus/docs-2022-06-11-summary-constructed.json",
        Instatus,
        [1, 1, 0, 1],
    ),
    row(
        "instatus/manychat-2026-08-03-summary-excerpt.json",
        Instatus,
        [1, 1, 0, 0],
    ),
    row(
        "instatus/mastodon-social-2026-03-17-page-data.json",
        Instatus,
        [2, 1, 3, 0],
    ),
    row(
        "instatus/perplexity-2026-09-components-edited.json",
        Instatus,
        [0, 0, 1, 0],
    ),
    row(
        "instatus/perplexity-2026-09-summary-edited.json",
        Instatus,
        [1, 1, 0, 0],
    ),
    row(
        "instatus/v3-components-constructed.json",
        Instatus,
        [0, 0, 1, 0],
    ),
    row(
        "instatus/whereby-2026-03-17-page-data-all-clear.json",
        Instatus,
        [3, 0, 0, 0],
    ),
    row(
        "instatus/wistia-2026-09-23-summary-all-clear.json",
        Instatus,
        [0, 0, 0, 0],
    ),
    row(
        "statusio/docker-2020-07-16-partial.json",
        Statusio,
        [1, 1, 1, 0],
    ),
    row(
        "statusio/docs-2021-12-06-incident-and-maintenance.json",
        Statusio,
        [1, 1, 0, 2],
    ),
    row(
        "statusio/gitlab-2020-02-09-security.json",
        Statusio,
        [1, 1, 5, 0],
    ),
    row(
        "statusio/gitlab-2020-09-05-maintenance.json",
        Statusio,
        [1, 1, 0, 1],
    ),
    row(
        "statusio/gitlab-2023-06-29-upcoming-maintenance.json",
        Statusio,
        [0, 0, 0, 1],
    ),
    row(
        "statusio/gitlab-2026-07-01-operational.json",
        Statusio,
        [0, 0, 0, 0],
    ),
    row(
        "betterstack/betterstack-2026-09-23-index-excerpt.json",
        Betterstack,
        [1, 0, 0, 0],
    ),
    row(
        "betterstack/together-ai-2026-09-index-edited.json",
        Betterstack,
        [1, 1, 3, 1],
    ),
    row("google/gcp-2026-07-incidents.json", Google, [4, 0, 0, 0]),
    row(
        "google/workspace-2026-09-23-incidents-open-excerpt.json",
        Google,
        [1, 1, 0, 0],
    ),
    row(
        "slack/slack-2020-07-30-current-active.json",
        Slack,
        [2, 2, 0, 0],
    ),
    row(
        "slack/slack-2026-06-26-current-ok.json",
        Slack,
        [0, 0, 0, 0],
    ),
    row("slack/slack-2026-06-26-history.json", Slack, [3, 0, 0, 0]),
    row("rss-atom/aws-all-2021-12-20.xml", Feed, [1, 0, 0, 0]),
    row(
        "rss-atom/azure-2025-10-29-front-door.xml",
        Feed,
        [1, 1, 0, 0],
    ),
    row("rss-atom/azure-2026-07-23-west-us.xml", Feed, [1, 1, 0, 0]),
    row("rss-atom/azure-2026-07-31-empty.xml", Feed, [0, 0, 0, 0]),
    row(
        "rss-atom/gocardless-2024-03-history.rss",
        Feed,
        [4, 2, 0, 3],
    ),
    row(
        "rss-atom/incidentio-linear-constructed.atom",
        Feed,
        [1, 0, 0, 0],
    ),
    row(
        "rss-atom/instatus-kagi-2026-07-history-maintenance.atom",
        Feed,
        [0, 0, 0, 1],
    ),
    row(
        "rss-atom/instatus-perplexity-2026-06-history.atom",
        Feed,
        [1, 0, 0, 0],
    ),
    row(
        "rss-atom/payplug-2024-03-history-french.rss",
        Feed,
        [5, 1, 0, 0],
    ),
    row(
        "rss-atom/spreedly-2024-03-history-constructed.atom",
        Feed,
        [3, 0, 0, 1],
    ),
    row("rss-atom/spreedly-2024-03-history.rss", Feed, [6, 0, 0, 3]),
];

/// Complaints that are right: document, complaint, why.
const COMPLAINTS: &[(&str, &str, &str)] = &[(
    "betterstack/betterstack-2026-09-23-index-excerpt.json",
    "included[1].attributes.public_name: expected a string",
    "the excerpt leaves out the name of a resource, which the platform documents as always there",
)];

/// Documents of these platforms that are no pages: document, how the refusal begins.
const NO_PAGES: &[(&str, &str)] = &[
    ("statusio/unknown-page-http-200.json", "body holds an error"),
    (
        "statuspage/emma-2019-02-21-incident-gm8jc9315cyk.json",
        "components: expected a list",
    ),
    (
        "statuspage/nyu-libraries-2018-03-15-incident-backfilled.json",
        "components: expected a list",
    ),
    (
        "statuspage/twilio-2020-06-16-scheduled-maintenances.json",
        "components: expected a list",
    ),
];

/// Folders of documents of these platforms.
const FOLDERS: &[(&str, Platform)] = &[
    ("betterstack/", Betterstack),
    ("google/", Google),
    ("incidentio/", Incidentio),
    ("instatus/", Instatus),
    ("rss-atom/", Feed),
    ("slack/", Slack),
    ("statusio/", Statusio),
    ("statuspage/", Statuspage),
];

/// Longest message that is still one line in a log.
const MESSAGE_MAX: usize = 120;

fn read(document: &Document, platform: Platform) -> Snapshot {
    let read = platform.read(&document.bytes);
    read.unwrap_or_else(|error| panic!("{}: {error}", document.path))
}

fn counts(snapshot: &Snapshot) -> [usize; 4] {
    let is_open = |at: Option<jiff::Timestamp>| at.is_none();
    let open = snapshot
        .incidents
        .iter()
        .filter(|it| is_open(it.resolved_at));
    let ill = snapshot
        .components
        .iter()
        .filter(|it| matches!(it.health, Health::Ill(_) | Health::Unknown));
    [
        snapshot.incidents.len(),
        open.count(),
        ill.count(),
        snapshot.maintenances.len(),
    ]
}

#[test]
fn every_document_comes_to_what_is_written_down() {
    let Some(corpus) = Corpus::find() else { return };
    let mut complaints = Vec::new();
    for outcome in OUTCOMES {
        let document = corpus.document(outcome.path);
        let snapshot = read(&document, outcome.platform);
        assert_eq!(counts(&snapshot), outcome.counts, "{}", outcome.path);
        let found = snapshot.complaints.iter().map(ToString::to_string);
        complaints.extend(found.map(|complaint| (outcome.path, complaint)));
    }
    let expected: Vec<_> = COMPLAINTS
        .iter()
        .map(|(path, complaint, _)| (*path, (*complaint).to_owned()))
        .collect();
    assert_eq!(complaints, expected);
}

#[test]
fn every_document_comes_to_what_a_second_reading_says() {
    let Some(corpus) = Corpus::find() else { return };
    for outcome in OUTCOMES.iter().filter(|outcome| outcome.platform != Feed) {
        let document = corpus.document(outcome.path);
        let expected = second::read(outcome.platform, &document.value());
        let snapshot = read(&document, outcome.platform);
        let mut seen = BTreeMap::new();
        for incident in &snapshot.incidents {
            let state = if incident.resolved_at.is_some() {
                "over"
            } else {
                "open"
            };
            seen.insert(incident.name.trim().to_owned(), state);
        }
        for component in &snapshot.components {
            if matches!(component.health, Health::Ill(_) | Health::Unknown) {
                seen.insert(component.name.trim().to_owned(), "ill");
            }
        }
        for maintenance in &snapshot.maintenances {
            seen.insert(maintenance.name.trim().to_owned(), "maintenance");
        }
        assert_eq!(seen, expected, "{}", outcome.path);
    }
}

#[test]
fn every_document_of_these_platforms_has_an_outcome() {
    let Some(corpus) = Corpus::find() else { return };
    for document in corpus.documents() {
        let path = document.path.as_str();
        let Some((_, platform)) = FOLDERS.iter().find(|(folder, _)| path.starts_with(folder))
        else {
            continue;
        };
        if OUTCOMES.iter().any(|outcome| outcome.path == path) {
            continue;
        }
        let refusal = NO_PAGES.iter().find(|(no_page, _)| *no_page == path);
        let (_, start) = refusal.unwrap_or_else(|| panic!("{path} has no outcome"));
        let message = platform.read(&document.bytes).unwrap_err().to_string();
        assert!(message.starts_with(start), "{path}: {message}");
    }
}

#[test]
fn every_document_is_recognised_by_its_shape() {
    let Some(corpus) = Corpus::find() else { return };
    for document in corpus.documents() {
        let path = document.path.as_str();
        let listed = OUTCOMES.iter().find(|outcome| outcome.path == path);
        let recorded = ["recorded/statuspage/", "recorded/histories/"];
        let expected = match listed {
            Some(outcome) => Some(outcome.platform),
            None if recorded.iter().any(|folder| path.starts_with(folder)) => Some(Statuspage),
            None => None,
        };
        assert_eq!(Platform::detect(&document.bytes), expected, "{path}");
    }
}

/// What is compatible is read by both; Statuspage's lookalikes are listed with its own tests.
#[test]
fn documents_of_others_are_refused_with_a_clear_error() {
    let Some(corpus) = Corpus::find() else { return };
    for document in corpus.documents() {
        let path = document.path.as_str();
        let listed = OUTCOMES.iter().find(|outcome| outcome.path == path);
        for platform in Platform::ALL
            .iter()
            .filter(|platform| **platform != Statuspage)
        {
            if listed.is_some_and(|outcome| outcome.platform == *platform) {
                continue;
            }
            let error = match platform.read(&document.bytes) {
                Err(error) => error.to_string(),
                Ok(_) => panic!("{path} was read as one of {platform}'s"),
            };
            assert!(error.len() <= MESSAGE_MAX, "{path}: {error}");
        }
    }
}

#[test]
fn raw_is_a_slice_of_the_document_or_made_of_its_text() {
    let Some(corpus) = Corpus::find() else { return };
    for outcome in OUTCOMES {
        let document = corpus.document(outcome.path);
        let snapshot = read(&document, outcome.platform);
        let incidents = snapshot.incidents.iter().map(|it| &it.raw);
        let components = snapshot.components.iter().map(|it| &it.raw);
        let maintenances = snapshot.maintenances.iter().map(|it| &it.raw);
        for raw in incidents.chain(components).chain(maintenances) {
            let value: serde_json::Value = serde_json::from_str(raw.as_str()).unwrap();
            assert!(value.is_object(), "{}", outcome.path);
            let is_slice = document.text().contains(raw.as_str());
            assert_eq!(is_slice, outcome.platform != Feed, "{}", outcome.path);
        }
    }
}

#[test]
fn an_incident_is_known_by_the_same_name_in_the_feed_and_in_the_api() {
    let Some(corpus) = Corpus::find() else { return };
    let ids = |path: &str, platform| -> Vec<String> {
        let snapshot = read(&corpus.document(path), platform);
        let ids = snapshot.incidents.iter().map(|it| it.id.to_string());
        ids.collect()
    };
    let feed = ids("rss-atom/incidentio-linear-constructed.atom", Feed);
    for list in [
        "incidentio/linear-2026-03-proxy-incidents.json",
        "incidentio/linear-2026-03-25-compat-incidents.json",
    ] {
        let api = ids(list, Incidentio);
        assert!(feed.iter().all(|id| api.contains(id)), "{list}");
    }
    let rss = ids("rss-atom/spreedly-2024-03-history.rss", Feed);
    let atom = ids("rss-atom/spreedly-2024-03-history-constructed.atom", Feed);
    assert!(!atom.is_empty() && atom.iter().all(|id| rss.contains(id)));
}

#[test]
fn a_document_that_was_cut_short_is_refused() {
    const CUTS: usize = 25;
    let Some(corpus) = Corpus::find() else { return };
    for outcome in OUTCOMES {
        let document = corpus.document(outcome.path);
        let whole = document.text().trim_end().as_bytes();
        for cut in (0..CUTS)
            .map(|cut| whole.len() * cut / CUTS)
            .chain([whole.len() - 1])
        {
            let part = &whole[..cut];
            let read = outcome.platform.read(part);
            assert!(read.is_err(), "{} read from {cut} bytes", outcome.path);
            assert_eq!(Platform::detect(part), None, "{}", outcome.path);
        }
    }
}
