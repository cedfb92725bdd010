//! From a snapshot to sightings that the lifecycle can judge.

use jiff::Timestamp;

use super::component::{Component, Health};
use super::filter::{Filter, Unmatched};
use super::incident::{Impact, Incident};
use super::maintenance::Maintenance;
use super::snapshot::Snapshot;
use crate::event::{DESCRIPTION_MAX, Event, EventId, Kind, Origin, SUMMARY_MAX, Severity, clip};
use crate::instant;
use crate::lifecycle::{Observation, Sighting};
use crate::rule::Rules;

/// The feed that a document was fetched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// The feed's name, such as `spreedly_status`.
    pub source: String,
    /// The vendor, such as `spreedly`.
    pub service: String,
    /// Live, or read from a fixture.
    pub origin: Origin,
}

impl Feed {
    /// Returns what a sighting of this incident or component is about: `<source>:<id>`.
    #[must_use]
    pub fn subject(&self, id: &EventId) -> String {
        format!("{}:{id}", self.source)
    }
}

/// What was observed, and what was strange.
#[derive(Debug, Default)]
pub struct Observed {
    /// One sighting per incident and component.
    pub sightings: Vec<Sighting>,
    /// The maintenances that matter. Facts about the page, never events.
    pub maintenances: Vec<Maintenance>,
    /// How many impacts and statuses were words that we do not know. They count as warnings.
    pub n_unknown: usize,
    /// How many incidents and components the filter left out.
    pub n_filtered: usize,
    /// What the filter names and the page does not have.
    pub unmatched: Vec<Unmatched>,
}

/// Turns a snapshot into sightings, each with what the rules choose for it.
///
/// What the filter leaves out makes no event. It is sighted all the same, so that a filter that
/// was narrowed later is never taken for a recovery: what is shown well closes what was open, what
/// is shown ill keeps it as it is.
///
/// `now` is only used where an incident or component does not say when it began or changed.
#[must_use]
pub fn observe(
    snapshot: &Snapshot,
    feed: &Feed,
    filter: &Filter,
    rules: &Rules,
    now: Timestamp,
) -> Observed {
    let mut observed = Observed {
        unmatched: filter.unmatched(snapshot),
        ..Observed::default()
    };
    let selection = filter.select(snapshot);
    for incident in &snapshot.incidents {
        if selection.concerns(&incident.affected, &incident.regions) {
            observed.n_unknown += usize::from(incident.impact == Impact::Unknown);
            observed
                .sightings
                .extend(see_incident(incident, feed, rules, now));
        } else {
            observed.n_filtered += 1;
            observed.sightings.push(pass_incident(incident, feed));
        }
    }
    for component in &snapshot.components {
        if let Some(condition) = selection.condition(component) {
            observed.n_unknown += usize::from(condition.1 == Health::Unknown);
            observed
                .sightings
                .extend(see_component(component, condition, feed, rules, now));
        } else {
            observed.n_filtered += 1;
            observed.sightings.push(pass_component(component, feed));
        }
    }
    let matters = |it: &&Maintenance| selection.concerns(&it.affected, &it.regions);
    observed.maintenances = snapshot
        .maintenances
        .iter()
        .filter(matters)
        .cloned()
        .collect();
    observed
}

/// `None` only where the prefix leaves no room for the identifier, which its own limit prevents.
fn see_incident(
    incident: &Incident,
    feed: &Feed,
    rules: &Rules,
    now: Timestamp,
) -> Option<Sighting> {
    let event_id = EventId::new(&feed.subject(&incident.id))?;
    // Frozen at first sight by whoever stores it. What is over began no later than that.
    let started_at = incident
        .started_at
        .or(incident.resolved_at)
        .unwrap_or_else(|| instant::to_millis(now));
    let event = Event {
        source: feed.source.clone(),
        kind: Kind::Incident,
        severity: incident.impact.severity(),
        service: feed.service.clone(),
        summary: clip(&incident.name, SUMMARY_MAX),
        description: incident
            .text
            .as_deref()
            .map(|text| clip(text, DESCRIPTION_MAX)),
        started_at,
        // Some pages end an incident before they let it begin; no duration is below zero.
        resolved_at: incident.resolved_at.map(|at| at.max(started_at)),
        component: None,
        origin: feed.origin,
        livemode: None,
        raw: incident.raw.clone(),
        event_id,
    };
    Some(Sighting::Observed(Box::new(Observation {
        subject: event.event_id.to_string(),
        vendor_status: incident.status.clone(),
        vendor_updated_at: incident.updated_at,
        decision: rules.decide(&event),
        event,
    })))
}

fn see_component(
    component: &Component,
    (status, health): (&str, Health),
    feed: &Feed,
    rules: &Rules,
    now: Timestamp,
) -> Option<Sighting> {
    let subject = feed.subject(&component.id);
    let severity = match health {
        Health::Well => return Some(well(component, subject)),
        Health::Maintained | Health::Unwatched => return Some(Sighting::Present { subject }),
        Health::Ill(severity) => severity,
        Health::Unknown => Severity::Warning,
    };
    let started_at = component
        .updated_at
        .unwrap_or_else(|| instant::to_millis(now));
    let event = Event {
        event_id: EventId::new(&format!("{subject}:{started_at}"))?,
        source: feed.source.clone(),
        kind: Kind::Status,
        severity,
        service: feed.service.clone(),
        summary: clip(&format!("{}: {status}", component.name), SUMMARY_MAX),
        description: None,
        started_at,
        resolved_at: None,
        component: Some(clip(&component.name, SUMMARY_MAX)),
        origin: feed.origin,
        livemode: None,
        raw: component.raw.clone(),
    };
    Some(Sighting::Observed(Box::new(Observation {
        subject,
        vendor_status: status.to_owned(),
        vendor_updated_at: component.updated_at,
        decision: rules.decide(&event),
        event,
    })))
}

fn well(component: &Component, subject: String) -> Sighting {
    Sighting::Healthy {
        subject,
        at: component.updated_at,
        raw: component.raw.clone(),
    }
}

fn pass_incident(incident: &Incident, feed: &Feed) -> Sighting {
    let subject = feed.subject(&incident.id);
    match incident.resolved_at {
        Some(at) => Sighting::Healthy {
            subject,
            at: Some(at),
            raw: incident.raw.clone(),
        },
        None => Sighting::Present { subject },
    }
}

fn pass_component(component: &Component, feed: &Feed) -> Sighting {
    let subject = feed.subject(&component.id);
    if component.health == Health::Well {
        well(component, subject)
    } else {
        Sighting::Present { subject }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::source::statuspage::read;

    fn feed(vendor: &str) -> Feed {
        Feed {
            source: format!("{vendor}_status"),
            service: vendor.to_owned(),
            origin: Origin::Live,
        }
    }

    fn look(snapshot: &Snapshot, filter: &Filter) -> Observed {
        observe(
            snapshot,
            &feed("braze"),
            filter,
            &Rules::default(),
            Timestamp::UNIX_EPOCH,
        )
    }

    fn sightings(document: &str) -> Vec<Sighting> {
        let snapshot = read(document.as_bytes()).unwrap();
        look(&snapshot, &Filter::default()).sightings
    }

    fn events(document: &str) -> Vec<Event> {
        let seen = sightings(document).into_iter();
        seen.filter_map(|sighting| match sighting {
            Sighting::Observed(observation) => Some(observation.event),
            _ => None,
        })
        .collect()
    }

    fn component(status: &str) -> String {
        format!(
            r#"{{"components":[{{"id":"c1","name":"API","status":"{status}",
                "updated_at":"2024-01-15T11:00:00Z"}}]}}"#
        )
    }

    #[test]
    fn the_fixtures_normalize_as_specified() {
        let spreedly = include_str!("../../../../../fixtures/statuspage/spreedly_summary.json");
        let snapshot = read(spreedly.as_bytes()).unwrap();
        assert_eq!(snapshot.n_items, 2);
        let event = &events(spreedly)[0];
        assert_eq!(event.event_id.as_str(), "braze_status:inc_spreedly_1");
        assert_eq!(event.severity, Severity::Critical);
        assert_eq!(event.summary, "Payment Gateway Latency");

        let braze = include_str!("../../../../../fixtures/statuspage/braze_summary.json");
        let event = &events(braze)[0];
        assert_eq!(
            event.event_id.as_str(),
            "braze_status:comp_dashboard:2024-01-15T11:00:00Z"
        );
        assert_eq!(event.severity, Severity::Warning);
        assert_eq!(event.summary, "Dashboard: degraded_performance");
        assert_eq!(event.component.as_deref(), Some("Dashboard"));
    }

    #[test]
    fn component_states_mean_what_is_specified() {
        let severity = |status| {
            events(&component(status))
                .first()
                .map(|event| event.severity)
        };
        assert_eq!(severity("operational"), None);
        assert_eq!(severity("under_maintenance"), None);
        assert_eq!(severity("degraded_performance"), Some(Severity::Warning));
        assert_eq!(severity("partial_outage"), Some(Severity::Critical));
        assert_eq!(severity("major_outage"), Some(Severity::Critical));
        assert_eq!(
            severity("full_outage"),
            Some(Severity::Warning),
            "unknown is a warning"
        );
    }

    #[test]
    fn group_headers_make_no_event_but_are_counted_as_read() {
        let document = r#"{"components":[{"id":"g","name":"Group","status":"major_outage",
            "group":true}]}"#;
        assert_eq!(read(document.as_bytes()).unwrap().n_items, 1);
        assert!(sightings(document).is_empty());
    }

    #[test]
    fn resolved_without_a_time_takes_that_of_the_last_update() {
        let document = r#"{"incidents":[{"id":"i","name":"N","status":"resolved",
            "impact":"major","created_at":"2024-01-15T10:00:00Z","incident_updates":[
            {"body":"over","created_at":"2024-01-15T11:00:00Z"},
            {"body":"on it","created_at":"2024-01-15T10:05:00Z"}]}]}"#;
        let event = &events(document)[0];
        assert_eq!(
            event.resolved_at.unwrap().to_string(),
            "2024-01-15T11:00:00Z"
        );
        assert_eq!(event.description.as_deref(), Some("over"));
    }

    #[test]
    fn one_bad_item_sinks_nobody_and_is_named() {
        let document = r#"{"components":[
            {"id":"ok","name":"A","status":"major_outage"},
            {"id":7,"name":"B","status":"operational"},
            {"id":"c","name":null,"status":"operational"},
            {"id":"ok","name":"again","status":"operational"}, null]}"#;
        let snapshot = read(document.as_bytes()).unwrap();
        let fields: Vec<_> = snapshot
            .complaints
            .iter()
            .map(|one| one.field.as_str())
            .collect();
        let expected = [
            "components[1].id",
            "components[2].name",
            "components[3].id",
            "components[4]",
        ];
        assert_eq!(fields, expected);
        assert!(!snapshot.is_complete());
        assert_eq!(sightings(document).len(), 1);
    }

    #[test]
    fn an_optional_field_that_is_wrong_hides_no_outage() {
        let document = r#"{"components":[],"incidents":[{"id":"i","name":"Down",
            "status":"investigating","impact":"critical","created_at":"2024-01-15T10:00:00Z",
            "updated_at":"soon","resolved_at":"","incident_updates":[null,
            {"body":"on it","display_at":7,"created_at":"2024-01-15T10:05:00Z"}]}]}"#;
        let snapshot = read(document.as_bytes()).unwrap();
        assert_eq!(snapshot.complaints.len(), 4, "{:?}", snapshot.complaints);
        assert!(!snapshot.is_complete());
        let event = &events(document)[0];
        assert_eq!(
            (event.severity, event.resolved_at),
            (Severity::Critical, None)
        );
    }

    #[test]
    fn what_is_no_status_page_is_refused_by_name() {
        for (document, start) in [
            ("", "body is empty"),
            ("<html></html>", "body is not JSON"),
            ("{}", "components: expected a list"),
            ("[]", "body: expected"),
            (r#"{"page":{"id":"x"}}"#, "components: expected a list"),
            (r#"{"components":{}}"#, "components: expected a list"),
            (
                r#"{"components":[{"id":1,"name":null}]}"#,
                "components[0].id: expected",
            ),
            (r#"{"page":{"id":5},"components":[]}"#, "page.id: expected"),
        ] {
            let message = read(document.as_bytes()).unwrap_err().to_string();
            assert!(message.starts_with(start), "{document}: {message}");
        }
        let many = format!("{{\"components\":[{}1]}}", "1,".repeat(10_000));
        assert!(
            read(many.as_bytes())
                .unwrap_err()
                .to_string()
                .contains("at most 10000")
        );
    }

    #[test]
    fn an_absent_list_means_none() {
        assert_eq!(read(br#"{"components":[]}"#).unwrap().n_items, 0);
        assert_eq!(
            read(br#"{"components":[],"incidents":null}"#)
                .unwrap()
                .n_items,
            0
        );
    }

    proptest! {
        #[test]
        fn never_panics_on_any_bytes(body in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = read(&body);
        }

        #[test]
        fn never_panics_on_mangled_pages(at in 0_usize..600, byte in any::<u8>()) {
            let page = include_str!("../../../../../fixtures/statuspage/spreedly_summary.json");
            let mut body = page.as_bytes().to_vec();
            if let Some(slot) = body.get_mut(at) {
                *slot = byte;
            }
            if let Ok(snapshot) = read(&body) {
                let _ = look(&snapshot, &Filter::default());
            }
        }
    }
}
