//! Signatures and bodies of vendors that are configured, not built in.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use signalbox_core::source::webhook::{
    About, Algorithm, Bearer, Encoding, Format, HmacScheme, KeyForm, Preset, Reading, Recipe,
    Scheme, VerifyError, WebhookRequest,
};

use crate::folder::{Corpus, Document};

/// The vendors whose vectors are verified here. `stripe` has a test of its own.
const COVERED: &[&str] = &[
    "adyen",
    "braze",
    "github",
    "pagerduty",
    "shopify",
    "slack",
    "standard-webhooks",
    "twilio",
];

/// What has no scheme, and why.
const NOT_COVERED: &[(&str, &str)] = &[
    (
        "adyen/notificationItems",
        "signs each item of a batch over eight of its fields, within the item; platform webhooks, \
         which sign the raw body in a header, are covered",
    ),
    (
        "spreedly",
        "signs fields that the body itself names, by a digest that the body itself names, in XML; \
         the vendor's status page is what this project reads",
    ),
];

/// Why each vector that is not valid is refused.
const REASONS: &[(&str, &str, &str)] = &[
    ("adyen", "platform webhook, wrong header", "malformed"),
    ("braze", "no bearer", "missing"),
    ("braze", "wrong bearer", "mismatch"),
    ("github", "body changed", "mismatch"),
    ("github", "digest without prefix", "malformed"),
    ("github", "sha1 prefix", "malformed"),
    ("github", "wrong digest", "malformed"),
    ("pagerduty", "header missing", "missing"),
    ("pagerduty", "published mismatch", "mismatch"),
    ("pagerduty", "unknown version only", "malformed"),
    ("shopify", "body changed", "mismatch"),
    ("shopify", "hex instead of base64", "malformed"),
    ("slack", "301 s old", "stale"),
    ("slack", "body changed", "mismatch"),
    ("slack", "time header changed", "mismatch"),
    ("slack", "time header missing", "missing"),
    ("slack", "version missing", "malformed"),
    ("standard-webhooks", "301 s ahead", "future"),
    ("standard-webhooks", "301 s old", "stale"),
    (
        "standard-webhooks",
        "first eight characters only",
        "malformed",
    ),
    ("standard-webhooks", "id missing", "missing"),
    (
        "standard-webhooks",
        "several signatures, none fits",
        "mismatch",
    ),
    ("standard-webhooks", "time missing", "missing"),
    ("standard-webhooks", "time not a number", "malformed"),
    ("standard-webhooks", "version without digest", "malformed"),
    ("standard-webhooks", "without version", "malformed"),
    ("standard-webhooks", "wrong signature", "mismatch"),
    ("twilio", "JSON body changed", "mismatch"),
    ("twilio", "parameter changed", "mismatch"),
];

/// Adyen's platform webhooks, as a recipe in a configuration would say it.
const ADYEN: Recipe<'_> = Recipe {
    headers: &["HmacSignature"],
    algorithm: Algorithm::Sha256,
    encoding: Encoding::Base64,
    key: KeyForm::Hex,
    prefix: "",
    timestamp_header: None,
    template: "{body}",
};

#[derive(Deserialize)]
struct Vectors {
    #[serde(alias = "bearer_shared")]
    hmac_shared: Option<String>,
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    #[serde(default)]
    prefix: String,
    hmac_shared: Option<String>,
    body: Option<String>,
    body_file: Option<String>,
    form: Option<Vec<(String, String)>>,
    url: Option<String>,
    headers: Option<BTreeMap<String, String>>,
    now: Option<i64>,
    valid: bool,
}

/// A vector with what it is about.
struct Case {
    vendor: &'static str,
    vector: Vector,
    secret: String,
    body: Vec<u8>,
}

impl Case {
    fn scheme(&self, secret: &str) -> Scheme {
        let preset = |name: &str| Preset::find(name).unwrap().scheme(&[secret]).unwrap();
        match self.vendor {
            "adyen" => Scheme::Hmac(HmacScheme::new(&ADYEN, &[secret]).unwrap()),
            "braze" => Scheme::Bearer(Bearer::new(&[secret]).unwrap()),
            "standard-webhooks" => preset("standard"),
            name => preset(name),
        }
    }

    fn verify(&self, scheme: &Scheme, body: &[u8]) -> Result<(), VerifyError> {
        let headers = self.vector.headers.iter().flatten();
        let headers: Vec<(&str, &[u8])> = headers
            .map(|(name, value)| (name.as_str(), value.as_bytes()))
            .collect();
        let request = WebhookRequest {
            method: "POST",
            url: self.vector.url.as_deref().unwrap_or("https://hub.example/"),
            headers: &headers,
            body,
            path_token: None,
        };
        let now = Timestamp::from_second(self.vector.now.unwrap_or_default()).unwrap();
        scheme.verify(&request, now)
    }

    fn name(&self) -> String {
        format!("{}: {}", self.vendor, self.vector.name)
    }

    /// Another secret in the notation of this one.
    fn other_secret(&self) -> String {
        let bare = self.secret.strip_prefix(&*self.vector.prefix);
        let turned: String = bare.unwrap().chars().rev().collect();
        assert!(!self.secret.ends_with(&turned));
        turned
    }
}

fn cases(corpus: &Corpus) -> Vec<Case> {
    let mut cases = Vec::new();
    for &vendor in COVERED {
        let folder = format!("webhooks/{vendor}");
        let file = corpus.document(&format!("{folder}/vectors.json"));
        let file: Vectors = serde_json::from_slice(&file.bytes).unwrap();
        for vector in file.vectors {
            // What Adyen signs within the body has no header.
            if vendor == "adyen" && vector.headers.is_none() {
                continue;
            }
            let secret = vector.hmac_shared.as_ref().or(file.hmac_shared.as_ref());
            cases.push(Case {
                vendor,
                secret: vector.prefix.clone() + secret.unwrap(),
                body: body(corpus, &folder, &vector),
                vector,
            });
        }
    }
    cases
}

fn body(corpus: &Corpus, folder: &str, vector: &Vector) -> Vec<u8> {
    if let Some(file) = &vector.body_file {
        return corpus.document(&format!("{folder}/{file}")).bytes;
    }
    let Some(form) = &vector.form else {
        return vector.body.clone().unwrap_or_default().into_bytes();
    };
    let pairs = form.iter().map(|(name, value)| {
        let escaped = |text: &str| text.replace('%', "%25").replace('+', "%2B");
        format!("{}={}", escaped(name), escaped(value))
    });
    pairs.collect::<Vec<_>>().join("&").into_bytes()
}

#[test]
fn every_signature_is_judged_as_published_and_for_the_right_reason() {
    let Some(corpus) = Corpus::find() else { return };
    let mut refusals = Vec::new();
    for case in cases(&corpus) {
        let verdict = case.verify(&case.scheme(&case.secret), &case.body);
        assert_eq!(
            verdict.is_ok(),
            case.vector.valid,
            "{}: {verdict:?}",
            case.name()
        );
        if let Err(error) = verdict {
            refusals.push((case.vendor, case.vector.name, error.reason()));
        }
    }
    refusals.sort();
    let refusals: Vec<_> = refusals
        .iter()
        .map(|(vendor, name, reason)| (*vendor, name.as_str(), *reason))
        .collect();
    assert_eq!(refusals, REASONS);
}

#[test]
fn every_vendor_with_vectors_is_covered_or_has_a_reason() {
    let Some(corpus) = Corpus::find() else { return };
    for Document { path, .. } in corpus.documents() {
        let Some(vendor) = path
            .strip_prefix("webhooks/")
            .and_then(|path| path.strip_suffix("/vectors.json"))
        else {
            continue;
        };
        let explained = NOT_COVERED.iter().any(|(what, _)| *what == vendor);
        assert!(
            vendor == "stripe" || COVERED.contains(&vendor) || explained,
            "{vendor}"
        );
    }
}

#[test]
fn another_secret_or_a_flipped_bit_never_passes() {
    let Some(corpus) = Corpus::find() else { return };
    for case in cases(&corpus).into_iter().filter(|case| case.vector.valid) {
        let other = case.scheme(&case.other_secret());
        let verdict = case.verify(&other, &case.body);
        assert_eq!(verdict, Err(VerifyError::Mismatch), "{}", case.name());
        // A bearer says nothing about the body.
        if case.vendor == "braze" {
            continue;
        }
        let scheme = case.scheme(&case.secret);
        for at in (0..case.body.len()).step_by(case.body.len() / 16 + 1) {
            let mut body = case.body.clone();
            body[at] ^= 1;
            let verdict = case.verify(&scheme, &body);
            assert_eq!(
                verdict,
                Err(VerifyError::Mismatch),
                "{} at {at}",
                case.name()
            );
        }
    }
}

#[test]
fn notifications_of_status_pages_are_hints_and_keep_no_link() {
    let Some(corpus) = Corpus::find() else { return };
    let format = Format::Statuspage {
        source: "x_status".into(),
    };
    let mut n_hints = 0;
    for document in corpus.documents() {
        let path = &document.path;
        if !["webhooks/statuspage/", "webhooks/instatus/"]
            .iter()
            .any(|place| path.starts_with(place))
        {
            continue;
        }
        let hint = match format.read(&document.bytes, Timestamp::UNIX_EPOCH) {
            Ok(Reading::Hint(hint)) => hint,
            other => panic!("{path}: {other:?}"),
        };
        let body = document.value();
        let (about, id, status) = [
            (About::Incident, "/incident/id", "/incident/status"),
            (About::Maintenance, "/maintenance/id", "/maintenance/status"),
            (
                About::Component,
                "/component_update/component_id",
                "/component_update/new_status",
            ),
        ]
        .into_iter()
        .find(|(_, id, _)| body.pointer(id).is_some())
        .unwrap();
        let text = |pointer: &str| body.pointer(pointer).unwrap().as_str().unwrap();
        assert_eq!(hint.about, about, "{path}");
        assert_eq!(hint.subject, format!("x_status:{}", text(id)), "{path}");
        assert_eq!(hint.vendor_status, text(status), "{path}");
        assert_eq!(hint.page_id.as_deref(), Some(text("/page/id")), "{path}");
        assert!(!format!("{hint:?}").contains("unsubscribe"), "{path}");
        n_hints += 1;
    }
    assert!(n_hints > 0);
}

#[cfg(feature = "cel")]
mod mapped {
    use signalbox_core::event::{Kind, Severity};
    use signalbox_core::source::webhook::{Expressions, Mapped, Mapping, Settings};

    use super::*;

    fn read(corpus: &Corpus, path: &str, expressions: Expressions) -> Vec<Mapped> {
        let settings = Settings {
            source: "x".into(),
            service: "x".into(),
            kind: Kind::Incident,
            severity: Severity::Info,
            severities: [("high".to_owned(), Severity::Critical)].into(),
            expressions,
        };
        let body = corpus.document(path);
        let mapping = Mapping::new(settings).unwrap();
        let entries = mapping.read(&body.bytes, Timestamp::UNIX_EPOCH).unwrap();
        let mapped: Result<Vec<Mapped>, _> = entries.into_iter().collect();
        let mapped = mapped.unwrap_or_else(|complaint| panic!("{path}: {complaint}"));
        for one in &mapped {
            assert!(one.complaints.is_empty(), "{path}: {:?}", one.complaints);
            assert!(body.text().contains(one.event.raw.as_str()), "{path}");
        }
        mapped
    }

    #[test]
    fn an_incident_of_pagerduty_opens_and_ends() {
        let Some(corpus) = Corpus::find() else { return };
        let expressions = Expressions {
            event_id: "item.event.data.id".into(),
            severity: Some("item.event.data.urgency".into()),
            summary: Some("item.event.data.title".into()),
            started_at: Some("item.event.data.created_at".into()),
            updated_at: Some("item.event.occurred_at".into()),
            resolved_at: Some("item.event.data.status == 'resolved'".into()),
            status: Some("item.event.data.status".into()),
            component: Some("item.event.data.service.summary".into()),
            ..Expressions::default()
        };
        for (file, is_over) in [("triggered", false), ("resolved", true)] {
            let path = format!("webhooks/pagerduty/bodies/incident.{file}.json");
            let body = corpus.document(&path).value();
            let mapped = &read(&corpus, &path, expressions.clone())[0];
            let data = &body["event"]["data"];
            assert_eq!(
                mapped.subject,
                format!("x:{}", data["id"].as_str().unwrap())
            );
            assert_eq!(mapped.vendor_status, file);
            assert_eq!(mapped.event.resolved_at.is_some(), is_over);
            assert_eq!(mapped.event.summary, data["title"].as_str().unwrap());
            if is_over {
                let at = body["event"]["occurred_at"].as_str().unwrap();
                assert_eq!(mapped.event.resolved_at, at.parse().ok());
            }
        }
    }

    #[test]
    fn a_batch_of_braze_is_one_event_per_entry() {
        let Some(corpus) = Corpus::find() else { return };
        let path = "webhooks/braze/bodies/currents-batch.json";
        let mapped = read(
            &corpus,
            path,
            Expressions {
                items: Some("body.events".into()),
                event_id: "item.id".into(),
                summary: Some("item.event_type".into()),
                started_at: Some("item.time".into()),
                ..Expressions::default()
            },
        );
        let body = corpus.document(path).value();
        let events = body["events"].as_array().unwrap();
        assert_eq!(mapped.len(), events.len());
        for (mapped, event) in mapped.iter().zip(events) {
            assert_eq!(mapped.event.summary, event["event_type"].as_str().unwrap());
            let raw: serde_json::Value = serde_json::from_str(mapped.event.raw.as_str()).unwrap();
            assert_eq!(raw, *event);
        }
    }

    #[test]
    fn an_identifier_beyond_the_reach_of_doubles_is_kept() {
        let Some(corpus) = Corpus::find() else { return };
        let path = "webhooks/shopify/bodies/orders-cancelled-constructed.json";
        let expressions = Expressions {
            event_id: "item.id".into(),
            ..Expressions::default()
        };
        let mapped = &read(&corpus, path, expressions)[0];
        let id: u64 = mapped.subject.strip_prefix("x:").unwrap().parse().unwrap();
        assert!(id > 1 << 53 && corpus.document(path).text().contains(&id.to_string()));
    }
}
