//! `/destinations/pagerduty`: the built-in mock destination.
//!
//! It stands where a pager would and remembers what it was sent, so that routing can be verified
//! without an account. Its memory is bounded and ends with the process.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::value::RawValue;
use signalbox_core::event::NormalizedEvent;
use signalbox_core::json::{self, JsonError, RawJson};
use utoipa::ToSchema;

use super::AppState;
use super::context::RequestId;
use super::extract::LimitedBody;
use super::problem::{Problem, ProblemBody};

/// Events that are remembered.
const KEPT_MAX: usize = 1_000;
/// Bytes that are remembered: a thousand events of the largest size would be a gigabyte.
const KEPT_BYTES_MAX: usize = 16 * 1_024 * 1_024;

/// What the mock has received.
#[derive(Debug, Clone, Default)]
pub struct MockPager(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    newest_first: VecDeque<RawJson>,
    bytes: usize,
}

impl MockPager {
    fn keep(&self, event: RawJson) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.bytes += event.as_str().len();
        kept.newest_first.push_front(event);
        while kept.newest_first.len() > KEPT_MAX
            || (kept.bytes > KEPT_BYTES_MAX && kept.newest_first.len() > 1)
        {
            let oldest = kept.newest_first.pop_back();
            kept.bytes -= oldest.map_or(0, |event| event.as_str().len());
        }
    }

    fn received(&self) -> Vec<RawJson> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.newest_first.iter().cloned().collect()
    }
}

/// The answer to a delivery.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Taken {
    /// Always true.
    accepted: bool,
}

/// What the mock has received.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Received {
    /// The events, newest first, at most 1,000.
    #[schema(value_type = Vec<serde_json::Value>)]
    received: Vec<RawJson>,
}

/// Receives a normalized event, as a pager would.
#[utoipa::path(
    post, path = "/destinations/pagerduty", tag = "mock destination",
    request_body(content = serde_json::Value, description = "A normalized event: the ten fields of the schema, each with its type"),
    responses(
        (status = 202, description = "Taken", body = Taken),
        (status = 400, description = "Not a normalized event", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn receive_page(
    State(app): State<AppState>,
    RequestId(request_id): RequestId,
    LimitedBody(body): LimitedBody,
) -> Result<(StatusCode, Json<Taken>), Problem> {
    let text = json::check(&body)?;
    let event = read(text)?;
    tracing::info!(
        request.id = request_id,
        event.id = event.event_id,
        event.source = event.source,
        event.severity = event.severity.as_str(),
        destination.name = "pagerduty",
        "mock destination received an event"
    );
    app.mock.keep(RawJson::from_checked(text));
    Ok((StatusCode::ACCEPTED, Json(Taken { accepted: true })))
}

/// Lists what the mock has received.
#[utoipa::path(
    get, path = "/destinations/pagerduty", tag = "mock destination",
    responses((status = 200, description = "What was received since the start, newest first", body = Received))
)]
pub(super) async fn list_pages(State(app): State<AppState>) -> Json<Received> {
    Json(Received {
        received: app.mock.received(),
    })
}

/// Reads an event; the message names the field and never quotes its value.
fn read(text: &str) -> Result<NormalizedEvent, JsonError> {
    let fields: BTreeMap<&str, &RawValue> = json::object(text, "body")?;
    // The document is JSON by now, so whatever is wrong is wrong with a field.
    let event: NormalizedEvent = serde_json::from_str(text).map_err(|_| wrong_field(&fields))?;
    event
        .validate()
        .map_err(|(field, expected)| JsonError::field(field, expected))?;
    Ok(event)
}

/// What a field must be, so that a refusal can name the first one that is not.
enum Must {
    Text,
    TextOrNull,
    OneOf(&'static [&'static str]),
    Anything,
}

impl Must {
    fn holds(&self, raw: &RawValue) -> bool {
        match self {
            Self::Text => json::string(raw).is_some(),
            Self::TextOrNull => json::string(raw).is_some() || raw.get() == "null",
            Self::OneOf(words) => json::string(raw).is_some_and(|word| words.contains(&&*word)),
            Self::Anything => true,
        }
    }
}

const FIELDS: [(&str, Must, &str); 10] = [
    ("event_id", Must::Text, "a string"),
    ("source", Must::Text, "a string"),
    (
        "kind",
        Must::OneOf(&["incident", "status", "payment"]),
        "incident, status or payment",
    ),
    (
        "severity",
        Must::OneOf(&["info", "warning", "critical"]),
        "info, warning or critical",
    ),
    ("service", Must::Text, "a string"),
    ("summary", Must::Text, "a string"),
    ("description", Must::TextOrNull, "a string or null"),
    ("started_at", Must::Text, "an RFC 3339 time"),
    ("resolved_at", Must::TextOrNull, "an RFC 3339 time or null"),
    ("raw", Must::Anything, "the vendor's own record"),
];

fn wrong_field(fields: &BTreeMap<&str, &RawValue>) -> JsonError {
    let holds = |name: &str, must: &Must| fields.get(name).is_some_and(|raw| must.holds(raw));
    let wrong = FIELDS.iter().find(|(name, must, _)| !holds(name, must));
    wrong.map_or_else(
        || JsonError::field("body", "a normalized event"),
        |(name, _, expected)| JsonError::field(*name, expected),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn event() -> Value {
        json!({
            "event_id": "e", "source": "stripe", "kind": "payment", "severity": "critical",
            "service": "stripe", "summary": "s", "description": null,
            "started_at": "2024-01-15T10:00:00Z", "resolved_at": null, "raw": {"a": 1},
        })
    }

    #[test]
    fn each_field_is_required_and_typed() {
        assert!(read(&event().to_string()).is_ok());
        for field in event().as_object().unwrap().keys() {
            let mut without = event();
            without.as_object_mut().unwrap().remove(field);
            let message = read(&without.to_string()).unwrap_err().to_string();
            assert!(
                message.starts_with(&format!("{field}: expected")),
                "{field}: {message}"
            );
            if field != "raw" {
                let mut wrong = event();
                wrong[field] = json!(7);
                let message = read(&wrong.to_string()).unwrap_err().to_string();
                assert!(
                    message.starts_with(&format!("{field}: expected")),
                    "{field}: {message}"
                );
            }
        }
        let mut wrong = event();
        wrong["started_at"] = json!("yesterday");
        assert!(
            read(&wrong.to_string())
                .unwrap_err()
                .to_string()
                .starts_with("started_at")
        );
        wrong = event();
        wrong["severity"] = json!("fatal");
        assert!(
            read(&wrong.to_string())
                .unwrap_err()
                .to_string()
                .starts_with("severity")
        );
    }

    #[test]
    fn the_memory_is_bounded_by_number_and_by_size() {
        let mock = MockPager::default();
        for n in 0..1_100 {
            mock.keep(RawJson::from_checked(format!("{n}")));
        }
        let received = mock.received();
        assert_eq!((received.len(), received[0].as_str()), (1_000, "1099"));
        for _ in 0..100 {
            mock.keep(RawJson::from_checked("x".repeat(1_024 * 1_024)));
        }
        assert!(mock.received().len() <= 16);
    }
}
