//! Which parts of a page matter to us.
//!
//! A filter names components, groups and regions, by name or identifier, exactly but for case.
//! Nothing named means everything. Components and groups add up; regions narrow what they leave.
//! What says nothing of itself is let pass: an incident that names no component may concern all of
//! them, a component without a region may run anywhere.

use std::collections::{BTreeSet, HashSet};

use super::component::{Component, Health};
use super::label::{Label, key};
use super::snapshot::Snapshot;
use crate::event::words;

words! {
    /// What a filter names something as.
    FilterPart {
        /// A component.
        Component = "component",
        /// A group or section of components.
        Group = "group",
        /// A region.
        Region = "region",
    } "component, group, region"
}

/// The parts of a page that matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Names or identifiers of components.
    pub components: Vec<String>,
    /// Names or identifiers of groups, all of whose components matter.
    pub groups: Vec<String>,
    /// Names or identifiers of regions.
    pub regions: Vec<String>,
}

/// Something that a filter names and the page does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmatched {
    /// What it is named as.
    pub part: FilterPart,
    /// The name, as the filter spells it.
    pub name: String,
}

/// A filter applied to one snapshot.
pub(super) struct Selection {
    components: BTreeSet<String>,
    groups: BTreeSet<String>,
    regions: BTreeSet<String>,
    /// The keys of the components that are named, or stand in a group that is.
    chosen: HashSet<String>,
    /// The keys of all components.
    known: HashSet<String>,
}

impl Filter {
    /// Tells whether everything matters.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.components.is_empty() && self.groups.is_empty() && self.regions.is_empty()
    }

    /// Finds what the filter names and the page does not have: a misspelling, or a part that was
    /// renamed. Only a page that lists its components can tell.
    #[must_use]
    pub fn unmatched(&self, snapshot: &Snapshot) -> Vec<Unmatched> {
        if self.is_empty() || snapshot.components.is_empty() {
            return Vec::new();
        }
        let components = &snapshot.components;
        let named = snapshot
            .incidents
            .iter()
            .flat_map(|incident| &incident.affected);
        let mut there: HashSet<String> = components.iter().flat_map(component_keys).collect();
        there.extend(named.flat_map(Label::keys));
        let groups = components
            .iter()
            .filter_map(|component| component.group.as_ref());
        let groups: HashSet<String> = groups.flat_map(Label::keys).collect();
        let regions = components.iter().flat_map(|component| &component.regions);
        let regions: HashSet<String> = regions.flat_map(|region| region.label.keys()).collect();
        [
            (FilterPart::Component, &self.components, there),
            (FilterPart::Group, &self.groups, groups),
            (FilterPart::Region, &self.regions, regions),
        ]
        .into_iter()
        .flat_map(|(part, wanted, found)| {
            let missing = wanted
                .iter()
                .filter(move |name| !found.contains(&key(name)));
            missing.map(move |name| Unmatched {
                part,
                name: name.clone(),
            })
        })
        .collect()
    }

    /// Applies the filter to a snapshot.
    pub(super) fn select(&self, snapshot: &Snapshot) -> Selection {
        let keys = |names: &[String]| names.iter().map(|name| key(name)).collect();
        let mut selection = Selection {
            components: keys(&self.components),
            groups: keys(&self.groups),
            regions: keys(&self.regions),
            chosen: HashSet::new(),
            known: HashSet::new(),
        };
        if selection.narrows_components() {
            for component in &snapshot.components {
                if selection.names(component) {
                    selection.chosen.extend(component_keys(component));
                }
                selection.known.extend(component_keys(component));
            }
        }
        selection
    }
}

fn component_keys(component: &Component) -> impl Iterator<Item = String> + '_ {
    [key(component.id.as_str()), key(&component.name)].into_iter()
}

impl Selection {
    /// Returns the state of a component in the regions that matter; `None`: it does not matter.
    pub(super) fn condition<'a>(&self, component: &'a Component) -> Option<(&'a str, Health)> {
        if self.narrows_components() && !self.names(component) {
            return None;
        }
        if self.regions.is_empty() || component.regions.is_empty() {
            return Some((&component.status, component.health));
        }
        let regions = component
            .regions
            .iter()
            .filter(|region| self.has_region(&region.label));
        let worst = regions.max_by_key(|region| region.health.rank())?;
        Some((&worst.status, worst.health))
    }

    /// Tells whether something that names these components and regions matters.
    pub(super) fn concerns(&self, affected: &[Label], regions: &[Label]) -> bool {
        self.concerns_components(affected)
            && (self.regions.is_empty()
                || regions.is_empty()
                || regions.iter().any(|region| self.has_region(region)))
    }

    fn concerns_components(&self, affected: &[Label]) -> bool {
        !self.narrows_components()
            || affected.is_empty()
            || affected.iter().any(|label| {
                label.keys().any(|key| self.components.contains(&key) || self.chosen.contains(&key))
                    // Of a component that the page does not list, nobody can tell the group.
                    || !self.groups.is_empty() && !label.keys().any(|key| self.known.contains(&key))
            })
    }

    fn narrows_components(&self) -> bool {
        !self.components.is_empty() || !self.groups.is_empty()
    }

    fn names(&self, component: &Component) -> bool {
        component_keys(component).any(|key| self.components.contains(&key))
            || component
                .group
                .as_ref()
                .is_some_and(|group| group.keys().any(|key| self.groups.contains(&key)))
    }

    fn has_region(&self, region: &Label) -> bool {
        region.keys().any(|key| self.regions.contains(&key))
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::{Feed, Observed, observe};
    use super::*;
    use crate::event::{Origin, Severity};
    use crate::lifecycle::Sighting;
    use crate::rule::Rules;
    use crate::source::Platform;

    const STATUSPAGE: &str = r#"{"page":{"id":"p"},"components":[
        {"id":"g1","name":"Payments","status":"major_outage","group":true},
        {"id":"c1","name":"Cards","status":"major_outage","group_id":"g1"},
        {"id":"c2","name":"Wallets","status":"degraded_performance","group_id":"g1"},
        {"id":"c3","name":"Website","status":"major_outage"},
        {"id":"c4","name":"Docs","status":"operational"}],
        "incidents":[
        {"id":"i1","name":"Cards fail","status":"identified","impact":"critical",
            "created_at":"2024-01-15T10:00:00Z","components":[{"id":"c1","name":"Cards"}]},
        {"id":"i2","name":"Something","status":"identified","impact":"critical",
            "created_at":"2024-01-15T10:00:00Z","components":[]},
        {"id":"i3","name":"Website was down","status":"resolved","impact":"critical",
            "created_at":"2024-01-15T08:00:00Z","resolved_at":"2024-01-15T09:00:00Z",
            "components":[{"id":"c3","name":"Website"}]}],
        "scheduled_maintenances":[
        {"id":"m1","name":"Website work","status":"scheduled","components":[{"id":"c3"}]},
        {"id":"m2","name":"Cards work","status":"scheduled","components":[{"id":"c1"}]}]}"#;

    fn filter(components: &[&str], groups: &[&str], regions: &[&str]) -> Filter {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Filter {
            components: names(components),
            groups: names(groups),
            regions: names(regions),
        }
    }

    fn look(platform: Platform, document: &str, filter: &Filter) -> Observed {
        let snapshot = platform.read(document.as_bytes()).unwrap();
        let feed = Feed {
            source: "v".into(),
            service: "v".into(),
            origin: Origin::Live,
        };
        observe(
            &snapshot,
            &feed,
            filter,
            &Rules::default(),
            Timestamp::UNIX_EPOCH,
        )
    }

    /// What makes an event, by vendor id, and how bad it is.
    fn events(observed: &Observed) -> Vec<(&str, Severity)> {
        let seen = observed
            .sightings
            .iter()
            .filter_map(|sighting| match sighting {
                Sighting::Observed(seen) => Some(seen),
                _ => None,
            });
        seen.map(|seen| (seen.subject.trim_start_matches("v:"), seen.event.severity))
            .collect()
    }

    #[test]
    fn nothing_named_means_everything() {
        let observed = look(Platform::Statuspage, STATUSPAGE, &Filter::default());
        assert_eq!((events(&observed).len(), observed.n_filtered), (6, 0));
        assert_eq!(observed.maintenances.len(), 2);
    }

    #[test]
    fn components_and_groups_add_up_and_case_does_not_matter() {
        let (warning, critical) = (Severity::Warning, Severity::Critical);
        let cards = look(
            Platform::Statuspage,
            STATUSPAGE,
            &filter(&["CARDS"], &[], &[]),
        );
        // An incident that names no component may concern all of them.
        assert_eq!(
            events(&cards),
            [("i1", critical), ("i2", critical), ("c1", critical)]
        );
        assert_eq!(cards.n_filtered, 4);
        let names: Vec<_> = cards
            .maintenances
            .iter()
            .map(|it| it.name.as_str())
            .collect();
        assert_eq!(names, ["Cards work"]);
        let both = look(
            Platform::Statuspage,
            STATUSPAGE,
            &filter(&["c3"], &[" payments "], &[]),
        );
        let expected = [
            ("i1", critical),
            ("i2", critical),
            ("i3", critical),
            ("c1", critical),
            ("c2", warning),
            ("c3", critical),
        ];
        assert_eq!(events(&both), expected);
    }

    #[test]
    fn what_is_left_out_is_sighted_so_that_it_is_neither_missed_nor_kept_open() {
        let observed = look(
            Platform::Statuspage,
            STATUSPAGE,
            &filter(&["Cards"], &[], &[]),
        );
        let subjects: Vec<&str> = observed.sightings.iter().map(Sighting::subject).collect();
        assert_eq!(
            subjects,
            ["v:i1", "v:i2", "v:i3", "v:c1", "v:c2", "v:c3", "v:c4"]
        );
        let is_well = |at: usize| matches!(observed.sightings[at], Sighting::Healthy { .. });
        let is_present = |at: usize| matches!(observed.sightings[at], Sighting::Present { .. });
        assert!(is_well(2), "a resolved incident closes what was open");
        assert!(
            is_present(4) && is_present(5),
            "an ill component keeps what was open"
        );
        assert!(is_well(6), "a component that is well closes what was open");
    }

    #[test]
    fn what_matches_nothing_is_told() {
        let wrong = filter(&["cards", "Crads"], &["Cards", "g1"], &["Europe"]);
        let observed = look(Platform::Statuspage, STATUSPAGE, &wrong);
        let told: Vec<_> = observed
            .unmatched
            .iter()
            .map(|it| (it.part.as_str(), it.name.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                ("component", "Crads"),
                ("group", "Cards"),
                ("region", "Europe")
            ]
        );
    }

    #[test]
    fn a_page_without_components_cannot_tell_what_matches() {
        let document = include_str!("../../../../../fixtures/google/open_incident.json");
        let abacus = look(
            Platform::Google,
            document,
            &filter(&["cloud abacus"], &[], &[]),
        );
        assert_eq!((events(&abacus).len(), abacus.n_filtered), (1, 0));
        let other = look(Platform::Google, document, &filter(&["Other"], &[], &[]));
        assert_eq!((events(&other).len(), other.n_filtered), (0, 1));
        assert!(other.unmatched.is_empty());
    }

    #[test]
    fn regions_narrow_by_their_own_state() {
        let document = include_str!("../../../../../fixtures/statusio/open_incident.json");
        let region = |name: &str| look(Platform::Statusio, document, &filter(&[], &[], &[name]));
        let api = |observed: &Observed| {
            events(observed)
                .into_iter()
                .find(|(id, _)| id.ends_with("a001"))
                .map(|it| it.1)
        };
        assert_eq!(api(&region("Europe")), Some(Severity::Critical));
        assert_eq!(api(&region("america")), Some(Severity::Warning));
        assert_eq!(api(&region("Asia")), None);
        assert_eq!(
            region("america").n_filtered,
            2,
            "the incident and the website are elsewhere"
        );
    }
}
