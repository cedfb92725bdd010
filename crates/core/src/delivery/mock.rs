//! The body for the built-in mock: the normalized event itself, plus what makes it a delivery.

use serde::Serialize;

use super::{Action, Delivery};
use crate::event::{Kind, Origin, Severity};
use crate::json::RawJson;

#[derive(Serialize)]
struct Body<'a> {
    event_id: &'a str,
    source: &'a str,
    kind: Kind,
    severity: Severity,
    service: &'a str,
    summary: &'a str,
    description: Option<&'a str>,
    started_at: String,
    resolved_at: Option<String>,
    component: Option<&'a str>,
    origin: Origin,
    livemode: Option<bool>,
    action: Action,
    dedup_key: &'a str,
    raw: &'a RawJson,
}

/// Writes the body.
pub(super) fn body(delivery: &Delivery) -> Result<String, serde_json::Error> {
    let event = &delivery.event;
    serde_json::to_string(&Body {
        event_id: event.event_id.as_str(),
        source: &event.source,
        kind: event.kind,
        severity: event.severity,
        service: &event.service,
        summary: &event.summary,
        description: event.description.as_deref(),
        started_at: event.started_at.to_string(),
        resolved_at: event.resolved_at.map(|at| at.to_string()),
        component: event.component.as_deref(),
        origin: event.origin,
        livemode: event.livemode,
        action: delivery.action,
        dedup_key: &delivery.dedup_key,
        raw: &event.raw,
    })
}

#[cfg(test)]
mod tests {
    use crate::delivery::pagerduty::tests::delivery;
    use crate::event::NormalizedEvent;

    use super::*;

    #[test]
    fn the_body_is_a_valid_normalized_event() {
        let body = body(&delivery(Action::Trigger)).unwrap();
        let event: NormalizedEvent = serde_json::from_str(&body).unwrap();
        assert_eq!(event.validate(), Ok(()));
        assert_eq!(event.event_id, "spreedly_status:i1");
    }
}
