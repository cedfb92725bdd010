//! From a verified body to an [`Event`].
//!
//! The document is read in one pass into raw slices, field by field, so that each refusal can name
//! its field and no number is ever turned into a float. Only what is used is read.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{SOURCE, severity};
use crate::event::{DESCRIPTION_MAX, Event, EventId, Kind, Origin, SUMMARY_MAX, clip};
use crate::instant;
use crate::json::{self, JsonError, Nested, RawJson};

/// Longest `type`; Stripe's longest is below 100 bytes.
const TYPE_MAX: usize = 255;

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    object: Option<&'a RawValue>,
    #[serde(borrow, rename = "type")]
    event_type: Option<&'a RawValue>,
    #[serde(borrow)]
    created: Option<&'a RawValue>,
    #[serde(borrow)]
    livemode: Option<&'a RawValue>,
    #[serde(borrow)]
    data: Option<Nested<Data<'a>>>,
    #[serde(borrow)]
    related_object: Option<Nested<Subject<'a>>>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    object: Option<Nested<Subject<'a>>>,
}

/// What is read of the object that an event is about. Failure texts stand in many places.
#[derive(Deserialize, Default)]
struct Subject<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    object: Option<&'a RawValue>,
    #[serde(borrow, rename = "type")]
    object_type: Option<&'a RawValue>,
    #[serde(borrow)]
    status: Option<&'a RawValue>,
    #[serde(borrow)]
    failure_message: Option<&'a RawValue>,
    #[serde(borrow)]
    last_payment_error: Option<&'a RawValue>,
    #[serde(borrow)]
    last_setup_error: Option<&'a RawValue>,
    #[serde(borrow)]
    last_finalization_error: Option<&'a RawValue>,
    #[serde(borrow)]
    failure_reason: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    #[serde(borrow)]
    action: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Failure<'a> {
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    failure_message: Option<&'a RawValue>,
}

/// The two generations of Stripe's events.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Generation {
    Snapshot,
    Thin,
}

/// Reads and normalizes one event.
///
/// # Errors
/// The body is not an acceptable document, or a field of it is not a Stripe event's.
pub fn parse(body: &[u8]) -> Result<Event, JsonError> {
    let text = json::check(body)?;
    let envelope: Envelope<'_> = json::object(text, "body")?;
    let event_id = read_id(envelope.id)?;
    let event_type = read_type(envelope.event_type)?;
    let (generation, started_at) = read_created(envelope.object, envelope.created)?;
    let livemode = read_livemode(envelope.livemode)?;
    let subject = match generation {
        Generation::Snapshot => read_snapshot_subject(envelope.data)?,
        Generation::Thin => read_related(envelope.related_object)?,
    };
    let status = subject.status.and_then(json::string);
    Ok(Event {
        event_id,
        source: SOURCE.to_owned(),
        kind: Kind::Payment,
        severity: severity::of(&event_type, status.as_deref()),
        service: SOURCE.to_owned(),
        summary: clip(&summarize(&event_type, &subject), SUMMARY_MAX),
        description: failure_message(&subject).map(|text| clip(&text, DESCRIPTION_MAX)),
        started_at,
        resolved_at: None,
        component: None,
        origin: Origin::Live,
        livemode,
        raw: RawJson::from_checked(text),
    })
}

fn read_id(raw: Option<&RawValue>) -> Result<EventId, JsonError> {
    raw.and_then(json::string)
        .and_then(|id| EventId::from_vendor(&id))
        .ok_or_else(|| JsonError::field("id", "1 to 255 visible ASCII characters without / or :"))
}

fn read_type(raw: Option<&RawValue>) -> Result<String, JsonError> {
    raw.and_then(json::string)
        .filter(|name| (1..=TYPE_MAX).contains(&name.len()))
        .map(std::borrow::Cow::into_owned)
        .ok_or_else(|| JsonError::field("type", "a string of 1 to 255 bytes"))
}

/// Tells the generation and reads the time in its notation. Where `object` is absent, the
/// notation tells.
fn read_created(
    object: Option<&RawValue>,
    created: Option<&RawValue>,
) -> Result<(Generation, Timestamp), JsonError> {
    let written = created.map(RawValue::get).unwrap_or_default();
    let object_name = json::present(object).map(|raw| json::string(raw).unwrap_or_default());
    let generation = match object_name.as_deref() {
        Some("v2.core.event") => Generation::Thin,
        None if written.starts_with('"') => Generation::Thin,
        Some("event") | None => Generation::Snapshot,
        Some(_) => return Err(JsonError::field("object", "\"event\" or \"v2.core.event\"")),
    };
    let at = match generation {
        Generation::Snapshot => whole_seconds(written)
            .ok_or_else(|| JsonError::field("created", "unix seconds, whole, from 1970 to 9998"))?,
        Generation::Thin => created
            .and_then(json::string)
            .and_then(|text| instant::parse(&text))
            .ok_or_else(|| JsonError::field("created", "an RFC 3339 time from 1970 to 9998"))?,
    };
    Ok((generation, at))
}

/// Reads digits only: `1e300`, `1.5` and `-1` are numbers in JSON and no times of Stripe's.
fn whole_seconds(written: &str) -> Option<Timestamp> {
    if !written.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    instant::from_seconds(written.parse().ok()?)
}

fn read_livemode(raw: Option<&RawValue>) -> Result<Option<bool>, JsonError> {
    match json::present(raw).map(RawValue::get) {
        None => Ok(None),
        Some("true") => Ok(Some(true)),
        Some("false") => Ok(Some(false)),
        Some(_) => Err(JsonError::field("livemode", "true or false")),
    }
}

fn read_snapshot_subject(data: Option<Nested<Data<'_>>>) -> Result<Subject<'_>, JsonError> {
    let data = data
        .and_then(Nested::object)
        .ok_or_else(|| JsonError::field("data", "a JSON object"))?;
    data.object
        .and_then(Nested::object)
        .ok_or_else(|| JsonError::field("data.object", "a JSON object"))
}

/// Thin events of account-wide changes have no related object.
fn read_related(related: Option<Nested<Subject<'_>>>) -> Result<Subject<'_>, JsonError> {
    match related {
        None => Ok(Subject::default()),
        Some(related) => related
            .object()
            .ok_or_else(|| JsonError::field("related_object", "a JSON object or null")),
    }
}

/// `{type}: {object.id}`; balances, upcoming invoices and some settings have no id, and then the
/// name of the object stands in its place.
fn summarize(event_type: &str, subject: &Subject<'_>) -> String {
    let name = [subject.id, subject.object, subject.object_type]
        .into_iter()
        .flatten()
        .filter_map(json::string)
        .find(|name| !name.is_empty());
    match name {
        Some(name) => format!("{event_type}: {name}"),
        None => event_type.to_owned(),
    }
}

fn failure_message(subject: &Subject<'_>) -> Option<String> {
    let failures = [
        subject.failure_message,
        subject.last_payment_error,
        subject.last_setup_error,
        subject.last_finalization_error,
        subject.failure_reason,
        subject.error,
        subject.action,
    ];
    failures
        .into_iter()
        .flatten()
        .filter_map(message_of)
        .find(|message| !message.is_empty())
}

/// A failure is a text, or an object with the text inside.
fn message_of(raw: &RawValue) -> Option<String> {
    if let Some(text) = json::string(raw) {
        return Some(text.into_owned());
    }
    let failure: Failure<'_> = json::object(raw.get(), "").ok()?;
    let text = failure.message.or(failure.failure_message)?;
    json::string(text).map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::event::Severity;

    fn snapshot(id: &str, created: &str, rest: &str) -> String {
        format!(
            r#"{{"id":{id},"object":"event","type":"payout.failed","created":{created},
                "data":{{"object":{{"id":"po_1"}}}}{rest}}}"#
        )
    }

    fn refused(body: &str) -> String {
        parse(body.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn the_fixtures_normalize_as_specified() {
        let payout = include_bytes!("../../../../../fixtures/stripe/payout_failed.json");
        let event = parse(payout).unwrap();
        assert_eq!(event.event_id.as_str(), "evt_1abc");
        assert_eq!(event.severity, Severity::Critical);
        assert_eq!(event.summary, "payout.failed: po_123");
        assert_eq!(event.description.as_deref(), Some("Insufficient funds"));
        assert_eq!(event.started_at.to_string(), "2024-01-15T10:40:00Z");
        assert_eq!(event.raw.as_str().as_bytes(), payout);

        let payment = include_bytes!("../../../../../fixtures/stripe/payment_failed.json");
        let event = parse(payment).unwrap();
        assert_eq!(event.severity, Severity::Warning);
        assert_eq!(event.description.as_deref(), Some("Card declined"));
        assert_eq!(event.livemode, None);
        assert!(!event.is_open(), "a payment is a point in time");
    }

    #[test]
    fn each_bad_field_is_named() {
        for (body, field) in [
            ("null", "body"),
            ("[]", "body"),
            ("\"x\"", "body"),
            ("{}", "id"),
            (snapshot("7", "1", "").as_str(), "id"),
            (snapshot("\"\"", "1", "").as_str(), "id"),
            (snapshot("\"a:b\"", "1", "").as_str(), "id"),
            (
                snapshot(&format!("\"{}\"", "x".repeat(10_000)), "1", "").as_str(),
                "id",
            ),
            (snapshot("\"e\"", "-1", "").as_str(), "created"),
            (snapshot("\"e\"", "1.5", "").as_str(), "created"),
            (snapshot("\"e\"", "1e300", "").as_str(), "created"),
            (snapshot("\"e\"", "\"1705315200\"", "").as_str(), "created"),
            (snapshot("\"e\"", "999999999999", "").as_str(), "created"),
            (
                snapshot("\"e\"", "1", ",\"livemode\":1").as_str(),
                "livemode",
            ),
            (
                r#"{"id":"e","object":"event","created":1,"data":{"object":{}}}"#,
                "type",
            ),
            (
                r#"{"id":"e","object":"charge","type":"a","created":1}"#,
                "object",
            ),
            (
                r#"{"id":"e","object":"event","type":"a","created":1}"#,
                "data",
            ),
            (
                r#"{"id":"e","object":"event","type":"a","created":1,"data":[]}"#,
                "data",
            ),
            (
                r#"{"id":"e","object":"event","type":"a","created":1,"data":{}}"#,
                "data.object",
            ),
        ] {
            let message = refused(body);
            assert!(
                message.starts_with(&format!("{field}: expected")),
                "{body}: {message}"
            );
        }
    }

    #[test]
    fn errors_never_quote_the_document() {
        let message = refused(r#"{"id":"4242424242424242" x"#);
        assert!(message.starts_with("body is not JSON (line 1") && !message.contains("4242"));
    }

    #[test]
    fn thin_events_are_read_by_their_related_object() {
        let body = br#"{"id":"evt_thin","object":"v2.core.event","type":"v1.payout.failed",
            "created":"2025-10-04T15:13:32.232083866Z","livemode":true,
            "related_object":{"id":"po_9","type":"payout","url":"/v1/payouts/po_9"}}"#;
        let event = parse(body).unwrap();
        assert_eq!(event.severity, Severity::Critical);
        assert_eq!(event.summary, "v1.payout.failed: po_9");
        assert_eq!(event.livemode, Some(true));
        assert_eq!(event.started_at.to_string(), "2025-10-04T15:13:32.232Z");
    }

    #[test]
    fn an_object_without_id_still_has_a_summary() {
        let body = br#"{"id":"evt_b","object":"event","type":"balance.available","created":1,
            "data":{"object":{"object":"balance"}}}"#;
        assert_eq!(parse(body).unwrap().summary, "balance.available: balance");
    }

    #[test]
    fn numbers_and_order_survive_in_raw() {
        let body = snapshot("\"e\"", "1", ",\"z\":0.000000000000000000010,\"a\":1e400");
        assert_eq!(parse(body.as_bytes()).unwrap().raw.as_str(), body);
    }

    proptest! {
        #[test]
        fn never_panics_on_any_bytes(body in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = parse(&body);
        }

        #[test]
        fn never_panics_on_mangled_events(at in 0_usize..200, byte in any::<u8>()) {
            let mut body = snapshot("\"evt_1\"", "1705315200", ",\"livemode\":true").into_bytes();
            if let Some(slot) = body.get_mut(at) {
                *slot = byte;
            }
            let _ = parse(&body);
        }
    }
}
