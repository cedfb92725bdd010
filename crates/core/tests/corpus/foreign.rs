//! What other platforms publish is refused by name, by both readers, and never panics.

use signalbox_core::event::Origin;
use signalbox_core::rule::Rules;
use signalbox_core::source::statuspage::{Feed, observe, read};
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

const LOOK_ALIKES: &[LookAlike] = &[];

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
    let feed =
        Feed { source: "x_status".into(), service: "x".into(), origin: Origin::Live };
    let mut accepted = Vec::new();
    for document in corpus.documents() {
        if document.path.ends_with(".json") && document.bytes.first() != Some(&0xFE)
            && document.is_status_page()
        {
            continue;
        }
        match read(&document.bytes) {
            Err(error) => {
                let message = error.to_string();
                assert!(is_clear(&message), "{}: {message}", document.path);
            }
            Ok(snapshot) => {
                let now = jiff::Timestamp::UNIX_EPOCH;
                let observed = observe(&snapshot, &feed, &Rules::default(), now);
                let n_events = observed
                    .sightings
                    .iter()
                    .filter(|it| matches!(it, signalbox_core::lifecycle::Sighting::Observed(_)))
                    .count();
                accepted.push((document.path, n_events, snapshot.is_complete()));
            }
        }
    }
    let expected: Vec<_> = LOOK_ALIKES
        .iter()
        .map(|it| (it.path.to_owned(), it.n_events, it.is_complete))
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
        let error = stripe::parse(&document.bytes);
        assert!(error.is_err(), "{} was taken for an event of Stripe's", document.path);
    }
}
