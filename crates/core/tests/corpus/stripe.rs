//! Stripe's signatures and bodies, of both generations and many years.

use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use sha2::Sha256;
use signalbox_core::event::{Kind, Origin, Severity};
use signalbox_core::source::stripe::{SigningSecret, VerifyError, parse, verify};

use crate::folder::{Corpus, Document};

const VECTORS: &str = "webhooks/stripe/vectors.json";
const BODIES: &str = "webhooks/stripe/bodies/";
const HEADER: &str = "Stripe-Signature";

/// What the types among the bodies are rated as. A type that is not listed is `info`.
const SEVERITIES: &[(&str, Severity)] = &[
    ("account.application.deauthorized", Severity::Warning),
    ("charge.dispute.created", Severity::Warning),
    ("charge.failed", Severity::Warning),
    ("invoice.payment_failed", Severity::Warning),
    ("payment_intent.payment_failed", Severity::Warning),
    ("payout.failed", Severity::Critical),
    ("setup_intent.setup_failed", Severity::Warning),
    ("v1.billing.meter.error_report_triggered", Severity::Warning),
    ("v1.payout.failed", Severity::Critical),
];

/// Where the objects among the bodies tell what went wrong.
const FAILURE_TEXTS: &[&str] = &[
    "/failure_message",
    "/last_payment_error/message",
    "/last_setup_error/message",
];

#[derive(Deserialize)]
struct Vectors {
    hmac_shared: String,
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    body_file: String,
    headers: BTreeMap<String, String>,
    now: i64,
    valid: bool,
    /// The secret, where it is not the one of the whole file.
    hmac_shared: Option<String>,
}

/// A vector with what it is about.
struct Case {
    vector: Vector,
    secret: String,
    body: Vec<u8>,
}

impl Case {
    /// A request without the header is the extractor's affair; here it counts as an empty one.
    fn header(&self) -> &str {
        self.vector.headers.get(HEADER).map_or("", String::as_str)
    }

    fn verify(&self, body: &[u8], secrets: &[&str]) -> Result<(), VerifyError> {
        let secrets: Vec<SigningSecret> = secrets
            .iter()
            .map(|secret| SigningSecret::new(secret).unwrap())
            .collect();
        let now = Timestamp::from_second(self.vector.now).unwrap();
        verify(self.header().as_bytes(), body, &secrets, now)
    }

    /// Judges in words of its own: the reason for a refusal, or nothing.
    fn expected(&self) -> Option<&'static str> {
        let items: Vec<(&str, &str)> = self
            .header()
            .split(',')
            .filter_map(|item| item.split_once('='))
            .collect();
        let values = |name: &'static str| {
            items
                .iter()
                .filter(move |(key, _)| *key == name)
                .map(|(_, value)| *value)
        };
        let Some(signed_at) = values("t").next().and_then(|t| t.parse::<i64>().ok()) else {
            return Some("malformed");
        };
        let signatures: Vec<&str> = values("v1")
            .filter(|value| value.len() == 64 && value.bytes().all(|it| it.is_ascii_hexdigit()))
            .collect();
        if signatures.is_empty() {
            return Some("malformed");
        }
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).unwrap();
        mac.update(format!("{signed_at}.").as_bytes());
        mac.update(&self.body);
        let digest = hex::encode(mac.finalize().into_bytes());
        if !signatures.contains(&digest.as_str()) {
            return Some("mismatch");
        }
        match self.vector.now - signed_at {
            301.. => Some("stale"),
            ..=-301 => Some("future"),
            _ => None,
        }
    }
}

fn cases(corpus: &Corpus) -> Vec<Case> {
    let file: Vectors = serde_json::from_slice(&corpus.document(VECTORS).bytes).unwrap();
    assert!(!file.vectors.is_empty());
    let shared = file.hmac_shared;
    file.vectors
        .into_iter()
        .map(|vector| Case {
            secret: vector.hmac_shared.clone().unwrap_or_else(|| shared.clone()),
            body: corpus
                .document(&format!("webhooks/stripe/{}", vector.body_file))
                .bytes,
            vector,
        })
        .collect()
}

fn bodies(corpus: &Corpus) -> Vec<Document> {
    let mut bodies = corpus.documents();
    bodies.retain(|document| document.path.starts_with(BODIES));
    assert!(!bodies.is_empty());
    bodies
}

#[test]
fn every_signature_is_judged_as_published_and_for_the_right_reason() {
    let Some(corpus) = Corpus::find() else { return };
    for case in cases(&corpus) {
        let verdict = case.verify(&case.body, &[&case.secret]);
        assert_eq!(
            verdict.is_ok(),
            case.vector.valid,
            "{}: {verdict:?}",
            case.vector.name
        );
        let reason = verdict.err().map(|error| error.reason());
        assert_eq!(reason, case.expected(), "{}", case.vector.name);
    }
}

#[test]
fn another_secret_beside_the_right_one_changes_no_verdict() {
    let Some(corpus) = Corpus::find() else { return };
    for case in cases(&corpus) {
        let alone = case.verify(&case.body, &[&case.secret]);
        assert_eq!(
            case.verify(&case.body, &["whsec_of_somebody_else", &case.secret]),
            alone
        );
        let without = case.verify(&case.body, &["whsec_of_somebody_else"]);
        assert!(without.is_err(), "{}", case.vector.name);
    }
}

#[test]
fn one_flipped_bit_anywhere_is_a_mismatch() {
    let Some(corpus) = Corpus::find() else { return };
    for case in cases(&corpus).into_iter().filter(|case| case.vector.valid) {
        for at in (0..case.body.len()).step_by(case.body.len() / 8 + 1) {
            let mut body = case.body.clone();
            body[at] ^= 1;
            let verdict = case.verify(&body, &[&case.secret]);
            assert_eq!(
                verdict,
                Err(VerifyError::Mismatch),
                "{} at {at}",
                case.vector.name
            );
        }
    }
}

#[test]
fn every_body_normalizes_as_documented() {
    let Some(corpus) = Corpus::find() else { return };
    for document in bodies(&corpus) {
        let path = &document.path;
        let event = parse(&document.bytes).unwrap_or_else(|error| panic!("{path}: {error}"));
        let body = document.value();
        let event_type = body["type"].as_str().unwrap();
        let object = object_of(&body);

        assert_eq!(event.event_id.as_str(), body["id"], "{path}");
        assert_eq!(event.summary, summary(event_type, object), "{path}");
        assert_eq!(event.started_at, created(&body), "{path}");
        assert_eq!(event.severity, severity(event_type), "{path}");
        assert_eq!(event.description.as_deref(), failure(object), "{path}");
        assert_eq!(event.livemode, body["livemode"].as_bool(), "{path}");
        assert_eq!(event.raw.as_str().as_bytes(), document.bytes, "{path}");
        assert_eq!(
            (event.source.as_str(), event.service.as_str()),
            ("stripe", "stripe")
        );
        assert_eq!((event.kind, event.origin), (Kind::Payment, Origin::Live));
        assert_eq!((event.resolved_at, event.component), (None, None));
    }
}

/// Bodies of one event in two spellings are one event.
#[test]
fn a_body_written_anew_is_the_same_event_with_its_own_raw() {
    let Some(corpus) = Corpus::find() else { return };
    for document in bodies(&corpus) {
        let again = document.value().to_string();
        let (one, two) = (
            parse(&document.bytes).unwrap(),
            parse(again.as_bytes()).unwrap(),
        );
        assert_eq!(two.raw.as_str(), again);
        let raw = one.raw.clone();
        assert_eq!(
            one,
            signalbox_core::event::Event { raw, ..two },
            "{}",
            document.path
        );
    }
}

/// The resources of Stripe's own API description, each as what an event is about.
#[test]
fn every_resource_of_the_api_fits_into_an_event() {
    let Some(corpus) = Corpus::find() else { return };
    let document = corpus.document("recorded/stripe_objects.json");
    let resources: BTreeMap<String, Box<RawValue>> =
        serde_json::from_slice(&document.bytes).unwrap();
    assert!(!resources.is_empty());
    for (name, resource) in resources {
        let body = format!(
            r#"{{"id":"evt_1","object":"event","type":"{name}.updated","created":1700000000,
                "livemode":true,"data":{{"object":{resource}}}}}"#
        );
        let event = parse(body.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let resource: Value = serde_json::from_str(resource.get()).unwrap();
        assert_eq!(
            event.summary,
            summary(&format!("{name}.updated"), &resource)
        );
        assert_eq!(event.raw.as_str(), body);
    }
}

/// Snapshot events carry the object, thin ones name it.
fn object_of(body: &Value) -> &Value {
    match body["object"].as_str() {
        Some("event") => &body["data"]["object"],
        Some("v2.core.event") => &body["related_object"],
        other => panic!("{other:?} is no generation of events"),
    }
}

fn created(body: &Value) -> Timestamp {
    if body["object"] == "event" {
        return Timestamp::from_second(body["created"].as_i64().unwrap()).unwrap();
    }
    let at: Timestamp = body["created"].as_str().unwrap().parse().unwrap();
    Timestamp::from_millisecond(at.as_millisecond()).unwrap()
}

fn summary(event_type: &str, object: &Value) -> String {
    let names = [&object["id"], &object["object"]];
    match names
        .into_iter()
        .filter_map(Value::as_str)
        .find(|name| !name.is_empty())
    {
        Some(name) => format!("{event_type}: {name}"),
        None => event_type.to_owned(),
    }
}

fn severity(event_type: &str) -> Severity {
    let listed = SEVERITIES.iter().find(|(name, _)| *name == event_type);
    listed.map_or(Severity::Info, |(_, severity)| *severity)
}

fn failure(object: &Value) -> Option<&str> {
    FAILURE_TEXTS
        .iter()
        .find_map(|place| object.pointer(place)?.as_str())
}
