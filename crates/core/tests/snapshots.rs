//! What each fixture becomes: the normalized event with what the rules decide for it, as a
//! snapshot to be read beside the fixture.
//!
//! Two decisions are shown, under the default rules and with `ROUTE_WARNING` on; the pager is the
//! mock in both. Of a status page everything is shown that a store gets to see: each sighting,
//! each complaint, the count of unknown words. `raw` is compared with the fixture instead.

#[cfg(test)]
mod fixtures {
    use std::path::{Path, PathBuf};

    use jiff::Timestamp;
    use serde::Serialize;
    use signalbox_core::event::{Event, Kind, Origin, Severity};
    use signalbox_core::lifecycle::Sighting;
    use signalbox_core::rule::{Decision, Rules};
    use signalbox_core::source::page::{self, Feed, Filter};
    use signalbox_core::source::statuspage;
    use signalbox_core::source::stripe;

    /// Specified with the interface, and checked beside the code that reads them.
    const SEEDS: &[&str] = &[
        "braze_summary",
        "payment_failed",
        "payout_failed",
        "spreedly_summary",
    ];

    const WITH_WARNINGS: Rules = Rules {
        route_warning: true,
        route_test_mode: false,
        real_pager: false,
    };

    /// The event without `raw`.
    #[derive(Serialize)]
    struct EventView {
        event_id: String,
        source: String,
        kind: Kind,
        severity: Severity,
        service: String,
        summary: String,
        description: Option<String>,
        started_at: String,
        resolved_at: Option<String>,
        component: Option<String>,
        origin: Origin,
        livemode: Option<bool>,
        is_open: bool,
    }

    impl EventView {
        fn of(event: &Event) -> Self {
            Self {
                event_id: event.event_id.to_string(),
                source: event.source.clone(),
                kind: event.kind,
                severity: event.severity,
                service: event.service.clone(),
                summary: event.summary.clone(),
                description: event.description.clone(),
                started_at: event.started_at.to_string(),
                resolved_at: event.resolved_at.map(|at| at.to_string()),
                component: event.component.clone(),
                origin: event.origin,
                livemode: event.livemode,
                is_open: event.is_open(),
            }
        }
    }

    #[derive(Serialize)]
    struct Routing {
        by_default: Decision,
        with_warnings: Decision,
    }

    impl Routing {
        fn of(event: &Event) -> Self {
            Self {
                by_default: Rules::default().decide(event),
                with_warnings: WITH_WARNINGS.decide(event),
            }
        }
    }

    #[derive(Serialize)]
    struct StripeView {
        event: EventView,
        routing: Routing,
    }

    #[derive(Serialize)]
    struct PageView {
        page_id: Option<String>,
        page_updated_at: Option<String>,
        n_items: usize,
        n_components: usize,
        is_complete: bool,
        complaints: Vec<String>,
        n_unknown: usize,
        sightings: Vec<SightingView>,
    }

    #[derive(Serialize)]
    #[serde(rename_all = "snake_case")]
    enum SightingView {
        Observed {
            subject: String,
            vendor_status: String,
            vendor_updated_at: Option<String>,
            event: Box<EventView>,
            routing: Box<Routing>,
        },
        Healthy {
            subject: String,
            at: Option<String>,
        },
        Present {
            subject: String,
        },
    }

    impl SightingView {
        fn of(sighting: &Sighting, document: &str) -> Self {
            match sighting {
                Sighting::Observed(seen) => {
                    assert!(
                        document.contains(seen.event.raw.as_str()),
                        "raw is not a slice"
                    );
                    Self::Observed {
                        subject: seen.subject.clone(),
                        vendor_status: seen.vendor_status.clone(),
                        vendor_updated_at: seen.vendor_updated_at.map(|at| at.to_string()),
                        event: Box::new(EventView::of(&seen.event)),
                        routing: Box::new(Routing::of(&seen.event)),
                    }
                }
                Sighting::Healthy { subject, at, raw } => {
                    assert!(document.contains(raw.as_str()), "raw is not a slice");
                    Self::Healthy {
                        subject: subject.clone(),
                        at: at.map(|at| at.to_string()),
                    }
                }
                Sighting::Present { subject } => Self::Present {
                    subject: subject.clone(),
                },
            }
        }
    }

    fn folder(vendor: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../fixtures")
            .join(vendor)
    }

    fn fixture(vendor: &str, name: &str) -> String {
        let path = folder(vendor).join(format!("{name}.json"));
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    fn webhook(name: &str) -> StripeView {
        let body = fixture("stripe", name);
        let event = stripe::parse(body.as_bytes()).unwrap();
        assert_eq!(event.raw.as_str(), body);
        StripeView {
            event: EventView::of(&event),
            routing: Routing::of(&event),
        }
    }

    fn page(name: &str) -> PageView {
        let document = fixture("statuspage", name);
        let snapshot = statuspage::read(document.as_bytes()).unwrap();
        let feed = Feed {
            source: "vendor_status".to_owned(),
            service: "vendor".to_owned(),
            origin: Origin::Live,
        };
        let now = "2027-01-01T00:00:00Z".parse::<Timestamp>().unwrap();
        let observed = page::observe(&snapshot, &feed, &Filter::default(), &Rules::default(), now);
        PageView {
            page_id: snapshot.page_id.clone(),
            page_updated_at: snapshot.page_updated_at.map(|at| at.to_string()),
            n_items: snapshot.n_items,
            n_components: snapshot.n_components,
            is_complete: snapshot.is_complete(),
            complaints: snapshot
                .complaints
                .iter()
                .map(ToString::to_string)
                .collect(),
            n_unknown: observed.n_unknown,
            sightings: observed
                .sightings
                .iter()
                .map(|sighting| SightingView::of(sighting, &document))
                .collect(),
        }
    }

    #[test]
    fn every_fixture_is_covered_here() {
        let tests = include_str!("snapshots.rs");
        for vendor in ["stripe", "statuspage"] {
            for entry in std::fs::read_dir(folder(vendor)).unwrap() {
                let path = entry.unwrap().path();
                let name = path.file_stem().unwrap().to_str().unwrap();
                let covered = SEEDS.contains(&name) || tests.contains(&format!("(\"{name}\")"));
                assert!(covered, "fixtures/{vendor}/{name}.json has no snapshot");
            }
        }
    }

    #[test]
    fn a_new_dispute_is_a_warning() {
        insta::assert_json_snapshot!(webhook("dispute_created"));
    }

    #[test]
    fn a_declined_charge_is_a_warning_with_the_banks_words() {
        insta::assert_json_snapshot!(webhook("charge_failed_decline"));
    }

    #[test]
    fn an_upcoming_invoice_has_no_id_and_still_a_summary() {
        insta::assert_json_snapshot!(webhook("invoice_upcoming_without_id"));
    }

    #[test]
    fn a_capability_that_was_switched_off_is_a_warning() {
        insta::assert_json_snapshot!(webhook("capability_inactive"));
    }

    #[test]
    fn a_capability_that_is_back_is_good_news() {
        insta::assert_json_snapshot!(webhook("capability_active"));
    }

    #[test]
    fn a_failed_payout_is_critical_in_the_thin_generation_too() {
        insta::assert_json_snapshot!(webhook("thin_payout_failed"));
    }

    #[test]
    fn a_thin_event_about_nothing_in_particular_is_summed_up_by_its_type() {
        insta::assert_json_snapshot!(webhook("thin_without_related_object"));
    }

    #[test]
    fn an_early_fraud_warning_is_a_warning() {
        insta::assert_json_snapshot!(webhook("early_fraud_warning"));
    }

    #[test]
    fn a_failed_refund_is_described_by_its_reason_code() {
        insta::assert_json_snapshot!(webhook("refund_failed"));
    }

    #[test]
    fn a_failure_in_test_mode_says_so() {
        insta::assert_json_snapshot!(webhook("setup_failed_in_test_mode"));
    }

    #[test]
    fn a_merchants_own_id_is_shown_as_it_is() {
        insta::assert_json_snapshot!(webhook("coupon_with_its_merchants_own_id"));
    }

    #[test]
    fn a_paid_payout_is_routed_to_nobody() {
        insta::assert_json_snapshot!(webhook("payout_paid"));
    }

    #[test]
    fn an_incident_begins_as_a_warning() {
        insta::assert_json_snapshot!(page("incident_life_1_investigating"));
    }

    #[test]
    fn an_incident_that_grows_is_critical() {
        insta::assert_json_snapshot!(page("incident_life_2_identified"));
    }

    #[test]
    fn an_incident_under_watch_is_still_open() {
        insta::assert_json_snapshot!(page("incident_life_3_monitoring"));
    }

    #[test]
    fn an_incident_ends_when_the_vendor_says_so() {
        insta::assert_json_snapshot!(page("incident_life_4_resolved"));
    }

    #[test]
    fn a_postmortem_does_not_move_the_end() {
        insta::assert_json_snapshot!(page("incident_life_5_postmortem"));
    }

    #[test]
    fn an_end_without_a_time_is_that_of_the_last_update() {
        insta::assert_json_snapshot!(page("ended_without_resolved_at"));
    }

    #[test]
    fn an_incident_that_left_the_page_is_seen_by_nobody() {
        insta::assert_json_snapshot!(page("incident_left_the_page"));
    }

    #[test]
    fn components_that_are_not_operational_make_events() {
        insta::assert_json_snapshot!(page("components_degraded"));
    }

    #[test]
    fn a_group_header_makes_no_event_of_its_own() {
        insta::assert_json_snapshot!(page("group_headers"));
    }

    #[test]
    fn maintenance_is_neither_ill_nor_well() {
        insta::assert_json_snapshot!(page("maintenance_in_progress"));
    }

    #[test]
    fn unknown_words_are_warnings_and_counted() {
        insta::assert_json_snapshot!(page("unknown_words"));
    }

    #[test]
    fn a_page_of_incident_io_without_incidents_is_read() {
        insta::assert_json_snapshot!(page("incident_io_compatible"));
    }
}
