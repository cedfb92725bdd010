//! What other platforms publish is refused by name, by both readers, and never panics.

use jiff::Timestamp;
use signalbox_core::event::Origin;
use signalbox_core::lifecycle::Sighting;
use signalbox_core::rule::Rules;
use signalbox_core::source::page::{Feed, Filter, Snapshot, observe};
use signalbox_core::source::statuspage::read;
use signalbox_core::source::stripe;

use crate::folder::Corpus;

/// A document of another platform that has the shape of a status page nevertheless.
struct LookAlike {
    path: &'static str,
    /// How many events it makes.
    n_events: usize,
    /// Whether it is read without complaint.
    is_complete: bool,
    /// For the reader.
    #[expect(dead_code, reason = "says why the exception is right")]
    why: &'static str,
}

const LOOK_ALIKES: &[LookAlike] = &[
    LookAlike {
        path: "heroku/heroku-2020-11-09-current-status-maintenance.json",
        n_events: 0,
        is_complete: true,
        why: "an empty `incidents` list; names no page and lists no component",
    },
    LookAlike {
        path: "heroku/heroku-2026-07-current-status-stale-maintenance-excerpt.json",
        n_events: 0,
        is_complete: true,
        why: "an empty `incidents` list; names no page and lists no component",
    },
    LookAlike {
        path: "instatus/perplexity-2026-09-components-edited.json",
        n_events: 3,
        is_complete: true,
        why: "components of the same shape; statuses in capitals are unknown words",
    },
    LookAlike {
        path: "instatus/v3-components-constructed.json",
        n_events: 3,
        is_complete: true,
        why: "components of the same shape; statuses in capitals are unknown words",
    },
    LookAlike {
        path: "railway/railway-2026-09-status-edited.json",
        n_events: 1,
        is_complete: false,
        why: "one component of the same shape beside groups and incidents of another",
    },
    LookAlike {
        path: "rootly/mistral-2026-09-18-status-incident-edited.json",
        n_events: 1,
        is_complete: true,
        why: "compatible: incidents as documented, without updates and components",
    },
    LookAlike {
        path: "rootly/mistral-2026-09-18-status-operational.json",
        n_events: 0,
        is_complete: true,
        why: "compatible: no incidents, no components",
    },
    LookAlike {
        path: "uptime-kuma/blender-2026-09-06-page-edited.json",
        n_events: 0,
        is_complete: true,
        why: "an empty `incidents` list; names no page and lists no component",
    },
];

/// What every refusal starts with: the place, never the document's own text.
const PLACES: &[&str] = &["body ", "body: ", "components", "incidents", "page"];

/// Longest message that is still one line in a log.
const MESSAGE_MAX: usize = 120;

fn is_clear(message: &str) -> bool {
    message.len() <= MESSAGE_MAX && PLACES.iter().any(|place| message.starts_with(place))
}

#[test]
fn pages_of_other_platforms_are_refused_by_name() {
    let Some(corpus) = Corpus::find() else { return };
    let documents = corpus.documents();
    let mut accepted = Vec::new();
    for document in documents
        .iter()
        .filter(|document| !document.is_status_page())
    {
        match read(&document.bytes) {
            Err(error) => {
                let message = error.to_string();
                assert!(is_clear(&message), "{}: {message}", document.path);
            }
            Ok(page) => accepted.push((&*document.path, n_events(&page), page.is_complete())),
        }
    }
    let expected: Vec<_> = LOOK_ALIKES
        .iter()
        .map(|it| (it.path, it.n_events, it.is_complete))
        .collect();
    assert_eq!(accepted, expected);
}

#[test]
fn bodies_of_other_vendors_are_no_stripe_events() {
    let Some(corpus) = Corpus::find() else { return };
    for document in corpus.documents() {
        if document.path.starts_with("webhooks/stripe/bodies/") {
            continue;
        }
        let event = stripe::parse(&document.bytes);
        assert!(
            event.is_err(),
            "{} was taken for an event of Stripe's",
            document.path
        );
    }
}

fn n_events(page: &Snapshot) -> usize {
    let feed = Feed {
        source: "x_status".into(),
        service: "x".into(),
        origin: Origin::Live,
    };
    let seen = observe(
        page,
        &feed,
        &Filter::default(),
        &Rules::default(),
        Timestamp::UNIX_EPOCH,
    )
    .sightings;
    seen.iter()
        .filter(|sighting| matches!(sighting, Sighting::Observed(_)))
        .count()
}
