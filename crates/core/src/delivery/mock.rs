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

/// Largest body, in bytes: what the mock, like every endpoint of a hub, takes at most.
const BODY_MAX: usize = 1_024 * 1_024;

/// Stands for a record that leaves no room for the event around it.
const OMITTED: &str = r#"{"omitted":"too large to be sent along; see GET /events/{event_id}"}"#;

/// Writes the body.
pub(super) fn body(delivery: &Delivery) -> Result<String, serde_json::Error> {
    let whole = write(delivery, &delivery.event.raw)?;
    if whole.len() <= BODY_MAX {
        return Ok(whole);
    }
    write(delivery, &RawJson::from_checked(OMITTED))
}

fn write(delivery: &Delivery, raw: &RawJson) -> Result<String, serde_json::Error> {
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
        raw,
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

    #[test]
    fn a_record_that_leaves_no_room_is_left_out_and_the_page_still_goes() {
        let mut large = delivery(Action::Trigger);
        large.event.raw = RawJson::from_checked(format!("\"{}\"", "x".repeat(BODY_MAX - 2)));
        let body = body(&large).unwrap();
        assert!(body.len() < 2_000 && body.contains("omitted"));
        assert!(serde_json::from_str::<NormalizedEvent>(&body).is_ok());
    }
}
