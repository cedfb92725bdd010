//! What each platform's fixture shows, as a snapshot to be read beside the fixture.
//!
//! The neutral record is shown whole, and then, one a line, what a store gets to see of it under
//! the default rules. `raw` is compared with the fixture instead: where the format is JSON it is a
//! slice of the document.

#[cfg(test)]
mod fixtures {
    use std::path::{Path, PathBuf};

    use jiff::Timestamp;
    use proptest::prelude::*;
    use serde::Serialize;
    use signalbox_core::event::Origin;
    use signalbox_core::lifecycle::Sighting;
    use signalbox_core::rule::Rules;
    use signalbox_core::source::Platform;
    use signalbox_core::source::page::{
        Component, Feed, Filter, Incident, Label, Maintenance, Observed, Snapshot, observe,
    };

    /// Covered beside the other tests of its format.
    const ELSEWHERE: &[Platform] = &[Platform::Statuspage];

    /// Answers that are no pages.
    const NO_PAGES: &[&str] = &["unknown_page.json"];

    #[derive(Serialize)]
    struct PageView {
        page_id: Option<String>,
        page_updated_at: Option<String>,
        n_items: usize,
        n_components: usize,
        silence: String,
        complaints: Vec<String>,
        n_unknown: usize,
        incidents: Vec<IncidentView>,
        components: Vec<String>,
        maintenances: Vec<MaintenanceView>,
        sightings: Vec<String>,
    }

    #[derive(Serialize)]
    struct IncidentView {
        id: String,
        name: String,
        status: String,
        impact: String,
        started_at: Option<String>,
        updated_at: Option<String>,
        resolved_at: Option<String>,
        text: Option<String>,
        updates: Vec<String>,
        affected: Vec<String>,
        regions: Vec<String>,
        url: Option<String>,
    }

    #[derive(Serialize)]
    struct MaintenanceView {
        id: String,
        name: String,
        status: String,
        phase: String,
        starts_at: Option<String>,
        ends_at: Option<String>,
        text: Option<String>,
        affected: Vec<String>,
        regions: Vec<String>,
    }

    fn time(at: Option<Timestamp>) -> Option<String> {
        at.map(|at| at.to_string())
    }

    fn word(text: Option<&String>) -> &str {
        text.map_or("-", String::as_str)
    }

    fn labels(labels: &[Label]) -> Vec<String> {
        let label = |it: &Label| format!("{} ({})", word(it.name.as_ref()), word(it.id.as_ref()));
        labels.iter().map(label).collect()
    }

    impl IncidentView {
        fn of(incident: &Incident) -> Self {
            let updates = incident.updates.iter().map(|update| {
                let at = update.at.map_or("-".to_owned(), |at| at.to_string());
                let status = word(update.status.as_ref());
                format!("{at} {status}: {}", word(update.text.as_ref()))
            });
            Self {
                id: incident.id.to_string(),
                name: incident.name.clone(),
                status: incident.status.clone(),
                impact: format!("{:?}", incident.impact),
                started_at: time(incident.started_at),
                updated_at: time(incident.updated_at),
                resolved_at: time(incident.resolved_at),
                text: incident.text.clone(),
                updates: updates.collect(),
                affected: labels(&incident.affected),
                regions: labels(&incident.regions),
                url: incident.url.clone(),
            }
        }
    }

    impl MaintenanceView {
        fn of(maintenance: &Maintenance) -> Self {
            Self {
                id: maintenance.id.to_string(),
                name: maintenance.name.clone(),
                status: maintenance.status.clone(),
                phase: maintenance.phase.to_string(),
                starts_at: time(maintenance.starts_at),
                ends_at: time(maintenance.ends_at),
                text: maintenance.text.clone(),
                affected: labels(&maintenance.affected),
                regions: labels(&maintenance.regions),
            }
        }
    }

    fn component(component: &Component) -> String {
        let group = labels(component.group.as_slice()).concat();
        let regions: Vec<String> = component
            .regions
            .iter()
            .map(|region| format!("{}: {:?}", word(region.label.name.as_ref()), region.health))
            .collect();
        format!(
            "{} `{}` in [{group}] is `{}`, {:?} {regions:?} since {}",
            component.id,
            component.name,
            component.status,
            component.health,
            component
                .updated_at
                .map_or("-".to_owned(), |at| at.to_string()),
        )
    }

    fn sighting(sighting: &Sighting) -> String {
        match sighting {
            Sighting::Observed(seen) => {
                let event = &seen.event;
                let end = event
                    .resolved_at
                    .map_or("open".to_owned(), |at| format!("over at {at}"));
                let routed = if seen.decision.is_routed() {
                    "routed"
                } else {
                    "not routed"
                };
                format!(
                    "{} {} `{}` since {}, {end}, {routed}",
                    event.event_id, event.severity, event.summary, event.started_at
                )
            }
            Sighting::Healthy { subject, at, .. } => {
                format!(
                    "{subject} well since {}",
                    at.map_or("-".to_owned(), |at| at.to_string())
                )
            }
            Sighting::Present { subject } => format!("{subject} present"),
        }
    }

    fn folder(platform: Platform) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../fixtures")
            .join(platform.as_str())
    }

    fn fixture(platform: Platform, name: &str) -> String {
        let path = folder(platform).join(name);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Every `raw` is JSON; where the document is, it is a slice of it.
    fn check_raw(snapshot: &Snapshot, document: &str) {
        let incidents = snapshot.incidents.iter().map(|it| &it.raw);
        let components = snapshot.components.iter().map(|it| &it.raw);
        let maintenances = snapshot.maintenances.iter().map(|it| &it.raw);
        for raw in incidents.chain(components).chain(maintenances) {
            let value: serde_json::Value = serde_json::from_str(raw.as_str()).unwrap();
            assert!(value.is_object());
            let is_slice = document.contains(raw.as_str());
            assert_eq!(is_slice, !document.starts_with('<'), "{}", raw.as_str());
        }
    }

    fn look(snapshot: &Snapshot) -> Observed {
        let feed = Feed {
            source: "v_status".to_owned(),
            service: "v".to_owned(),
            origin: Origin::Live,
        };
        let now = "2027-01-01T00:00:00Z".parse::<Timestamp>().unwrap();
        observe(snapshot, &feed, &Filter::default(), &Rules::default(), now)
    }

    fn page(platform: Platform, name: &str) -> PageView {
        let document = fixture(platform, name);
        let snapshot = platform.read(document.as_bytes()).unwrap();
        check_raw(&snapshot, &document);
        let observed = look(&snapshot);
        PageView {
            page_id: snapshot.page_id.clone(),
            page_updated_at: time(snapshot.page_updated_at),
            n_items: snapshot.n_items,
            n_components: snapshot.n_components,
            silence: format!("{:?}", snapshot.silence),
            complaints: snapshot
                .complaints
                .iter()
                .map(ToString::to_string)
                .collect(),
            n_unknown: observed.n_unknown,
            incidents: snapshot.incidents.iter().map(IncidentView::of).collect(),
            components: snapshot.components.iter().map(component).collect(),
            maintenances: snapshot
                .maintenances
                .iter()
                .map(MaintenanceView::of)
                .collect(),
            sightings: observed.sightings.iter().map(sighting).collect(),
        }
    }

    #[test]
    fn every_fixture_is_covered_here_and_recognised() {
        let tests = include_str!("platforms.rs");
        for platform in Platform::ALL {
            for entry in std::fs::read_dir(folder(*platform)).unwrap() {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_str().unwrap();
                let covered = ELSEWHERE.contains(platform)
                    || NO_PAGES.contains(&name)
                    || tests.contains(&format!(", \"{name}\")"));
                assert!(covered, "fixtures/{platform}/{name} has no snapshot");
                if ELSEWHERE.contains(platform) || name == "no_incidents.json" {
                    continue;
                }
                let detected = Platform::detect(&std::fs::read(&path).unwrap());
                let expected = (!NO_PAGES.contains(&name)).then_some(*platform);
                assert_eq!(detected, expected, "fixtures/{platform}/{name}");
            }
        }
    }

    /// A document of one platform is refused by the others, lest a page that moved be misread.
    #[test]
    fn documents_are_refused_by_the_other_platforms() {
        for platform in Platform::ALL {
            for entry in std::fs::read_dir(folder(*platform)).unwrap() {
                let path = entry.unwrap().path();
                let body = std::fs::read(&path).unwrap();
                for other in Platform::ALL.iter().filter(|other| *other != platform) {
                    let name = path.file_name().unwrap().to_str().unwrap();
                    let is_compatible = matches!(
                        (platform, other, name),
                        (
                            Platform::Incidentio,
                            Platform::Statuspage,
                            "compatible_open_incident.json"
                        ) | (
                            Platform::Statuspage,
                            Platform::Incidentio,
                            "incident_io_compatible.json"
                        ) | (Platform::Instatus, Platform::Statuspage, "components.json")
                            | (Platform::Google, Platform::Slack, "no_incidents.json")
                    );
                    let is_read = other.read(&body).is_ok();
                    assert_eq!(is_read, is_compatible, "{other}: {}", path.display());
                }
            }
        }
    }

    /// One change to a document.
    #[derive(Debug, Clone)]
    enum Mangling {
        /// Another byte.
        Set(u8),
        /// A part is missing.
        Cut(usize),
        /// A part stands twice.
        Repeat(usize),
        /// A part of another place stands here, too.
        Splice(usize, usize),
    }

    fn mangling() -> impl Strategy<Value = (usize, Mangling)> {
        let mangling = prop_oneof![
            any::<u8>().prop_map(Mangling::Set),
            prop::sample::select(&b"{}[]\",:<>&;-/ 0a"[..]).prop_map(Mangling::Set),
            (1_usize..60).prop_map(Mangling::Cut),
            (1_usize..60).prop_map(Mangling::Repeat),
            (any::<usize>(), 1_usize..60).prop_map(|(from, len)| Mangling::Splice(from, len)),
        ];
        (any::<usize>(), mangling)
    }

    fn mangle(body: &mut Vec<u8>, at: usize, mangling: &Mangling) {
        let n_bytes = body.len().max(1);
        let at = at % n_bytes;
        let part = |from: usize, len: usize| {
            let from = from % n_bytes;
            from..(from + len).min(body.len())
        };
        match *mangling {
            Mangling::Set(byte) => {
                if let Some(slot) = body.get_mut(at) {
                    *slot = byte;
                }
            }
            Mangling::Cut(len) => {
                let cut = part(at, len);
                body.drain(cut);
            }
            Mangling::Repeat(len) => {
                let again = body[part(at, len)].to_vec();
                body.splice(at..at, again);
            }
            Mangling::Splice(from, len) => {
                let other = body[part(from, len)].to_vec();
                body.splice(at..at, other);
            }
        }
    }

    fn every_fixture() -> Vec<(Platform, Vec<u8>)> {
        let files = |platform: &Platform| {
            let entries = std::fs::read_dir(folder(*platform)).unwrap();
            let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
            paths.sort();
            let platform = *platform;
            let read = move |path: PathBuf| (platform, std::fs::read(path).unwrap());
            paths.into_iter().map(read)
        };
        Platform::ALL.iter().flat_map(files).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// Whatever a page is mangled into, it is read or refused, and what is read of it keeps
        /// to the rules: every record is JSON, every text can be stored.
        #[test]
        fn a_mangled_page_is_read_or_refused(
            which in any::<usize>(),
            changes in prop::collection::vec(mangling(), 1..6),
        ) {
            let fixtures = every_fixture();
            let (platform, mut body) = fixtures[which % fixtures.len()].clone();
            for (at, mangling) in &changes {
                mangle(&mut body, *at, mangling);
            }
            let _ = Platform::detect(&body);
            let Ok(snapshot) = platform.read(&body) else { return Ok(()) };
            prop_assert!(snapshot.is_complete() || !snapshot.complaints.is_empty());
            let seen = look(&snapshot);
            prop_assert_eq!(
                seen.sightings.len(),
                snapshot.incidents.len() + snapshot.components.len()
            );
            for sighting in &seen.sightings {
                let Sighting::Observed(seen) = sighting else { continue };
                let raw: Result<serde::de::IgnoredAny, _> =
                    serde_json::from_str(seen.event.raw.as_str());
                prop_assert!(raw.is_ok());
                let text = seen.event.description.as_deref().unwrap_or_default();
                prop_assert!(!text.contains('\0') && !seen.event.summary.contains('\0'));
                prop_assert!(seen.event.resolved_at >= Some(seen.event.started_at)
                    || seen.event.resolved_at.is_none());
            }
        }
    }

    #[test]
    fn an_unknown_page_of_status_io_is_an_error() {
        let body = fixture(Platform::Statusio, "unknown_page.json");
        let error = Platform::Statusio.read(body.as_bytes()).unwrap_err();
        insta::assert_snapshot!(error);
    }

    #[test]
    fn a_full_outage_in_a_compatible_answer_is_critical() {
        insta::assert_json_snapshot!(page(Platform::Incidentio, "compatible_open_incident.json"));
    }

    #[test]
    fn components_that_nothing_affects_are_well() {
        insta::assert_json_snapshot!(page(Platform::Incidentio, "page_all_clear.json"));
    }

    #[test]
    fn an_incident_is_as_bad_as_its_components_and_maintenances_stand_apart() {
        insta::assert_json_snapshot!(page(Platform::Incidentio, "page_open_incident.json"));
    }

    #[test]
    fn an_incident_of_incident_io_ends_with_its_last_update() {
        insta::assert_json_snapshot!(page(Platform::Incidentio, "page_history.json"));
    }

    #[test]
    fn the_calendar_tells_titles_and_impacts() {
        insta::assert_json_snapshot!(page(Platform::Incidentio, "component_impacts.json"));
    }

    #[test]
    fn unknown_words_of_incident_io_are_warnings_and_counted() {
        insta::assert_json_snapshot!(page(Platform::Incidentio, "page_unknown_words.json"));
    }

    #[test]
    fn the_widget_shows_what_is_going_on() {
        insta::assert_json_snapshot!(page(Platform::Incidentio, "widget.json"));
    }

    #[test]
    fn a_summary_without_lists_is_all_clear() {
        insta::assert_json_snapshot!(page(Platform::Instatus, "summary_all_clear.json"));
    }

    #[test]
    fn records_without_id_are_known_by_address_or_name() {
        insta::assert_json_snapshot!(page(Platform::Instatus, "summary_open_incident.json"));
    }

    #[test]
    fn a_maintenance_of_instatus_lasts_its_minutes() {
        insta::assert_json_snapshot!(page(Platform::Instatus, "summary_maintenance.json"));
    }

    #[test]
    fn components_of_instatus_stand_in_groups() {
        insta::assert_json_snapshot!(page(Platform::Instatus, "components.json"));
    }

    #[test]
    fn the_pages_own_data_tells_how_incidents_ended() {
        insta::assert_json_snapshot!(page(Platform::Instatus, "page_data.json"));
    }

    #[test]
    fn unknown_words_of_instatus_are_warnings_and_counted() {
        insta::assert_json_snapshot!(page(Platform::Instatus, "summary_unknown_words.json"));
    }

    #[test]
    fn codes_of_one_hundred_are_well() {
        insta::assert_json_snapshot!(page(Platform::Statusio, "all_clear.json"));
    }

    #[test]
    fn regions_have_states_of_their_own() {
        insta::assert_json_snapshot!(page(Platform::Statusio, "open_incident.json"));
    }

    #[test]
    fn a_code_of_four_hundred_ends_an_incident() {
        insta::assert_json_snapshot!(page(Platform::Statusio, "resolved_and_still_listed.json"));
    }

    #[test]
    fn active_and_upcoming_maintenances_are_facts() {
        insta::assert_json_snapshot!(page(Platform::Statusio, "maintenance.json"));
    }

    #[test]
    fn unknown_codes_are_warnings_and_counted() {
        insta::assert_json_snapshot!(page(Platform::Statusio, "unknown_codes.json"));
    }

    #[test]
    fn what_is_not_monitored_is_neither_well_nor_ill() {
        insta::assert_json_snapshot!(page(Platform::Betterstack, "all_clear.json"));
    }

    #[test]
    fn a_report_is_tied_to_its_updates() {
        insta::assert_json_snapshot!(page(Platform::Betterstack, "open_incident.json"));
    }

    #[test]
    fn a_report_is_over_by_its_state_or_its_end() {
        insta::assert_json_snapshot!(page(Platform::Betterstack, "resolved.json"));
    }

    #[test]
    fn a_report_may_be_a_maintenance() {
        insta::assert_json_snapshot!(page(Platform::Betterstack, "maintenance.json"));
    }

    #[test]
    fn unknown_words_of_better_stack_are_warnings_and_counted() {
        insta::assert_json_snapshot!(page(Platform::Betterstack, "unknown_words.json"));
    }

    #[test]
    fn a_list_without_incidents_proves_nothing() {
        insta::assert_json_snapshot!(page(Platform::Google, "no_incidents.json"));
    }

    #[test]
    fn what_has_no_end_is_open() {
        insta::assert_json_snapshot!(page(Platform::Google, "open_incident.json"));
    }

    #[test]
    fn workspace_gives_the_newest_update_alone() {
        insta::assert_json_snapshot!(page(Platform::Google, "open_with_one_update.json"));
    }

    #[test]
    fn a_report_after_the_end_does_not_move_it() {
        insta::assert_json_snapshot!(page(Platform::Google, "resolved.json"));
    }

    #[test]
    fn an_unknown_word_does_not_hide_an_outage() {
        insta::assert_json_snapshot!(page(Platform::Google, "unknown_words.json"));
    }

    #[test]
    fn slack_is_ok() {
        insta::assert_json_snapshot!(page(Platform::Slack, "current_ok.json"));
    }

    #[test]
    fn an_outage_an_incident_and_a_notice() {
        insta::assert_json_snapshot!(page(Platform::Slack, "current_active.json"));
    }

    #[test]
    fn slacks_maintenance_is_no_incident() {
        insta::assert_json_snapshot!(page(Platform::Slack, "current_maintenance.json"));
    }

    #[test]
    fn slacks_history_tells_ends() {
        insta::assert_json_snapshot!(page(Platform::Slack, "history.json"));
    }

    #[test]
    fn an_unknown_type_of_slacks_is_a_warning_and_counted() {
        insta::assert_json_snapshot!(page(Platform::Slack, "unknown_words.json"));
    }

    #[test]
    fn only_the_newest_word_says_that_it_is_over() {
        insta::assert_json_snapshot!(page(Platform::Feed, "statuspage.rss"));
    }

    #[test]
    fn an_unknown_word_closes_nothing() {
        insta::assert_json_snapshot!(page(Platform::Feed, "statuspage.atom"));
    }

    #[test]
    fn updates_of_instatus_stand_either_way_round() {
        insta::assert_json_snapshot!(page(Platform::Feed, "instatus.atom"));
    }

    #[test]
    fn a_status_line_tells_the_present_state() {
        insta::assert_json_snapshot!(page(Platform::Feed, "incidentio.atom"));
    }

    #[test]
    fn messages_about_one_service_are_one_incident() {
        insta::assert_json_snapshot!(page(Platform::Feed, "aws.rss"));
    }

    #[test]
    fn what_azure_lists_is_open() {
        insta::assert_json_snapshot!(page(Platform::Feed, "azure.rss"));
    }

    #[test]
    fn what_azure_does_not_list_is_well() {
        insta::assert_json_snapshot!(page(Platform::Feed, "azure_all_clear.rss"));
    }

    #[test]
    fn an_entry_without_a_word_makes_no_event() {
        insta::assert_json_snapshot!(page(Platform::Feed, "other.rss"));
    }
}
