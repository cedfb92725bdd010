//! The interface as machines read it: its endpoints described, and the schema of an event.
//!
//! Both come from the types that the service serves and checks with; nothing is added here.

use signalbox_core::event::NormalizedEvent;

/// Writes `docs/api/openapi.json`, the document that the hub serves at `/openapi.json`.
pub(super) fn openapi() -> anyhow::Result<String> {
    Ok(signalbox::http::openapi().to_pretty_json()? + "\n")
}

/// Writes `docs/api/event.schema.json`, the JSON Schema of an event as a destination gets it.
pub(super) fn event_schema() -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(&schemars::schema_for!(NormalizedEvent))? + "\n")
}
