//! Statuspage's subscription webhooks: unsigned, so they are taken as a hint and never as an event.
//!
//! A hint tells the hub to poll that page now; what the page then shows is what counts. Whoever
//! guesses or learns the path can at worst make us look. The body carries a live link that ends the
//! subscription (`meta.unsubscribe`), so nothing of it is kept but what is named here. Instatus
//! sends the same envelope, with maintenances under a key of their own.
//! Sources: <https://support.atlassian.com/statuspage/docs/enable-webhook-notifications/>,
//! <https://instatus.com/help/webhooks>.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::event::{EventId, clip, words};
use crate::json::{self, JsonError, Nested};

/// Longest vendor id; pages use 12 to 36 characters. The same as for what is polled.
const ID_MAX: usize = 128;
/// Longest `page.id`, as for what is polled.
const PAGE_ID_MAX: usize = 255;
/// Longest state that is kept, in characters; the longest documented one has 20.
const STATUS_MAX: usize = 64;

words! {
    /// What a hint is about.
    About {
        /// An incident, or with Statuspage a scheduled maintenance.
        Incident = "incident",
        /// A component.
        Component = "component",
        /// A scheduled maintenance, with Instatus.
        Maintenance = "maintenance",
    } "incident, component, maintenance"
}

/// What an unsigned webhook claims. It proves nothing: poll the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// The page's own identifier, where the body names it; the poll's must be the same.
    pub page_id: Option<String>,
    /// What it is about.
    pub about: About,
    /// `<source>:<vendor id>`, as the poll will name it.
    pub subject: String,
    /// The vendor's word for its state, at most 64 characters; empty where it is not said.
    pub vendor_status: String,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    page: Option<Nested<Subject<'a>>>,
    #[serde(borrow)]
    incident: Option<Nested<Subject<'a>>>,
    #[serde(borrow)]
    maintenance: Option<Nested<Subject<'a>>>,
    #[serde(borrow)]
    component_update: Option<Nested<Update<'a>>>,
}

#[derive(Deserialize)]
struct Subject<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    status: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Update<'a> {
    #[serde(borrow)]
    component_id: Option<&'a RawValue>,
    #[serde(borrow)]
    new_status: Option<&'a RawValue>,
}

/// Reads a notification for the page whose feed is `source`.
pub(super) fn read(source: &str, body: &[u8]) -> Result<Hint, JsonError> {
    let text = json::check(body)?;
    let envelope: Envelope<'_> = json::object(text, "body")?;
    let (about, field, id, status) = said(&envelope).ok_or_else(|| {
        JsonError::field("body", "an incident, a component_update or a maintenance")
    })?;
    let id = id
        .and_then(json::string)
        .filter(|id| id.len() <= ID_MAX)
        .and_then(|id| EventId::from_vendor(&id))
        .ok_or_else(|| {
            JsonError::field(field, "1 to 128 visible ASCII characters without / or :")
        })?;
    let page = envelope.page.and_then(Nested::object);
    let page_id = page
        .and_then(|page| page.id)
        .and_then(json::string)
        .filter(|id| (1..=PAGE_ID_MAX).contains(&id.len()));
    Ok(Hint {
        page_id: page_id.map(std::borrow::Cow::into_owned),
        about,
        subject: format!("{source}:{id}"),
        vendor_status: clip(
            &status.and_then(json::string).unwrap_or_default(),
            STATUS_MAX,
        ),
    })
}

type Said<'a> = (
    About,
    &'static str,
    Option<&'a RawValue>,
    Option<&'a RawValue>,
);

/// The top-level key tells what it is about: there is no field for the type.
fn said<'a>(envelope: &Envelope<'a>) -> Option<Said<'a>> {
    if let Some(Nested::Object(it)) = &envelope.incident {
        return Some((About::Incident, "incident.id", it.id, it.status));
    }
    if let Some(Nested::Object(it)) = &envelope.maintenance {
        return Some((About::Maintenance, "maintenance.id", it.id, it.status));
    }
    let Some(Nested::Object(it)) = &envelope.component_update else {
        return None;
    };
    let field = "component_update.component_id";
    Some((About::Component, field, it.component_id, it.new_status))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_top_level_key_tells_what_it_is_about() {
        let incident = br#"{"meta":{"unsubscribe":"https://status.example/?token=t"},
            "page":{"id":"p1"},"incident":{"id":"i1","status":"investigating"}}"#;
        let hint = read("acme_status", incident).unwrap();
        let expected = Hint {
            page_id: Some("p1".into()),
            about: About::Incident,
            subject: "acme_status:i1".into(),
            vendor_status: "investigating".into(),
        };
        assert_eq!(hint, expected);

        let component = br#"{"component":{"id":"c1","status":"operational"},
            "component_update":{"component_id":"c1","new_status":"major_outage"}}"#;
        let hint = read("acme_status", component).unwrap();
        assert_eq!(
            (hint.about, hint.subject.as_str(), hint.page_id),
            (About::Component, "acme_status:c1", None)
        );
        assert_eq!(hint.vendor_status, "major_outage");
    }

    #[test]
    fn what_names_no_subject_is_refused_by_field() {
        for (body, start) in [
            ("{}", "body: expected an incident"),
            ("[]", "body: expected"),
            (r#"{"incident":[]}"#, "body: expected an incident"),
            (r#"{"incident":{"id":7}}"#, "incident.id: expected"),
            (r#"{"incident":{"id":"a:b"}}"#, "incident.id: expected"),
            (
                r#"{"component_update":{}}"#,
                "component_update.component_id: expected",
            ),
        ] {
            let message = read("x", body.as_bytes()).unwrap_err().to_string();
            assert!(message.starts_with(start), "{body}: {message}");
        }
    }

    proptest! {
        #[test]
        fn never_panics_on_any_bytes(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = read("x", &body);
        }
    }
}
