//! An event on the wire.

use serde::Serialize;
use signalbox_core::json::RawJson;
use signalbox_store::EventRecord;
use utoipa::ToSchema;

/// A normalized event with its metadata.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub(super) struct EventBody {
    /// Stable identity: 1 to 255 visible ASCII characters without `/`.
    event_id: String,
    /// The feed: `stripe`, `spreedly_status`, `braze_status`.
    source: String,
    /// `incident`, `status` or `payment`.
    kind: &'static str,
    /// `info`, `warning` or `critical`.
    severity: &'static str,
    /// The affected vendor.
    service: String,
    /// One line.
    summary: String,
    /// Detail, or null.
    description: Option<String>,
    /// When it began, by the vendor's clock (RFC 3339, UTC).
    started_at: String,
    /// When it ended; null while it lasts, and for points in time.
    resolved_at: Option<String>,
    /// Whether a destination was chosen for it.
    routed: bool,
    /// The destinations that have accepted it.
    delivered_to: Vec<String>,
    /// When it was first stored.
    received_at: String,
    /// When it last changed.
    updated_at: String,
    /// How many times it came again unchanged.
    duplicates: u32,
    /// The component's name, for component states.
    component: Option<String>,
    /// `live`, `fixture` or `replay`.
    origin: &'static str,
    /// The vendor's live or test flag, where it has one.
    livemode: Option<bool>,
    /// The vendor's own JSON, unchanged.
    #[schema(value_type = serde_json::Value)]
    raw: RawJson,
}

impl From<EventRecord> for EventBody {
    fn from(record: EventRecord) -> Self {
        let event = record.event;
        Self {
            event_id: event.event_id.to_string(),
            source: event.source,
            kind: event.kind.as_str(),
            severity: event.severity.as_str(),
            service: event.service,
            summary: event.summary,
            description: event.description,
            started_at: event.started_at.to_string(),
            resolved_at: event.resolved_at.map(|at| at.to_string()),
            routed: record.routed,
            delivered_to: record.delivered_to,
            received_at: record.received_at.to_string(),
            updated_at: record.updated_at.to_string(),
            duplicates: record.duplicates,
            component: event.component,
            origin: event.origin.as_str(),
            livemode: event.livemode,
            raw: event.raw,
        }
    }
}
