//! Puts a snapshot together item by item, as every platform's room does.

use std::collections::HashSet;
use std::fmt::Display;

use serde_json::value::RawValue;

use super::complaint::{Complaint, ReadError, Wrong};
use super::component::Component;
use super::fields::{TIME, read_time};
use super::incident::Incident;
use super::maintenance::Maintenance;
use super::snapshot::{ITEMS_MAX, Silence, Snapshot};
use crate::event::EventId;
use crate::json::{self, JsonError};

/// What a document may list.
const TOO_MANY: &str = "at most 10000 incidents and components";

/// An item that could be read, and what of it is wrong although it can be used.
pub(in crate::source) type Item<T> = Result<(T, Vec<Wrong>), Wrong>;

/// A snapshot in the making. Adapters add incidents and components first, maintenances last.
#[derive(Default)]
pub(in crate::source) struct Builder {
    snapshot: Snapshot,
    /// How many items could not be read at all.
    n_unreadable: usize,
    incident_ids: HashSet<EventId>,
    component_ids: HashSet<EventId>,
    maintenance_ids: HashSet<EventId>,
}

impl Builder {
    /// Starts a snapshot of a document that lists so many incidents and components.
    ///
    /// # Errors
    /// They are more than [`ITEMS_MAX`].
    pub(in crate::source) fn new(n_listed: usize, place: &str) -> Result<Self, ReadError> {
        if n_listed > ITEMS_MAX {
            return Err(ReadError::field(place, TOO_MANY));
        }
        Ok(Self::default())
    }

    /// Names the page. Absent and null mean that the document does not say.
    ///
    /// # Errors
    /// The identifier is no string, empty or longer than 255 bytes: the document is foreign.
    pub(in crate::source) fn page_id(
        &mut self,
        raw: Option<&RawValue>,
        place: &str,
    ) -> Result<(), ReadError> {
        let Some(raw) = json::present(raw) else {
            return Ok(());
        };
        let id = json::string(raw)
            .filter(|id| (1..=255).contains(&id.len()))
            .ok_or_else(|| JsonError::field(place, "a string of 1 to 255 bytes"))?;
        self.snapshot.page_id = Some(id.into_owned());
        Ok(())
    }

    /// Dates the page. A wrong time is complained of: the page's outages count all the same, only
    /// its silences do not.
    pub(in crate::source) fn page_time(&mut self, raw: Option<&RawValue>, place: &str) {
        let Some(raw) = json::present(raw) else {
            return;
        };
        self.snapshot.page_updated_at = read_time(raw);
        if self.snapshot.page_updated_at.is_none() {
            self.complain(place, TIME);
        }
    }

    /// Reaches the snapshot, for what only one platform sets.
    pub(in crate::source) fn snapshot(&mut self) -> &mut Snapshot {
        &mut self.snapshot
    }

    /// Complains of the document.
    pub(in crate::source) fn complain(&mut self, place: &str, expected: &'static str) {
        self.snapshot.complain(Complaint {
            field: place.to_owned(),
            expected,
        });
    }

    /// Adds an incident, or the complaint that it could not be read.
    pub(in crate::source) fn add_incident(&mut self, place: impl Display, item: Item<Incident>) {
        if self.is_full(&place) {
            return;
        }
        self.snapshot.n_items += 1;
        let Some(incident) = self.take(&place, item) else {
            return;
        };
        if self.incident_ids.insert(incident.id.clone()) {
            self.snapshot.incidents.push(incident);
        } else {
            self.twice(&place, "an id that no other incident has");
        }
    }

    /// Adds a component, or the complaint that it could not be read.
    pub(in crate::source) fn add_component(&mut self, place: impl Display, item: Item<Component>) {
        if self.is_full(&place) {
            return;
        }
        self.snapshot.n_items += 1;
        self.snapshot.n_components += 1;
        let Some(component) = self.take(&place, item) else {
            return;
        };
        if self.component_ids.insert(component.id.clone()) {
            self.snapshot.components.push(component);
        } else {
            self.twice(&place, "an id that no other component has");
        }
    }

    /// Counts a component that speaks for others only, such as the header of a group.
    pub(in crate::source) fn pass_component(&mut self) {
        self.snapshot.n_items += 1;
        self.snapshot.n_components += 1;
    }

    /// Adds a maintenance, or the note that it could not be read. What is announced twice, as
    /// active and as upcoming, is kept as it is announced first.
    pub(in crate::source) fn add_maintenance(
        &mut self,
        place: impl Display,
        item: Item<Maintenance>,
    ) {
        let wrongs = match item {
            Err(wrong) => vec![wrong],
            Ok((maintenance, wrongs)) => {
                if self.maintenance_ids.insert(maintenance.id.clone()) {
                    self.snapshot.maintenances.push(maintenance);
                }
                wrongs
            }
        };
        for (field, expected) in wrongs {
            self.snapshot.note(Complaint {
                field: format!("{place}{field}"),
                expected,
            });
        }
    }

    /// Says what this document's silence means, and hands the snapshot over.
    ///
    /// # Errors
    /// Not one item could be read: another format that happens to share the names.
    pub(in crate::source) fn finish(mut self, silence: Silence) -> Result<Snapshot, ReadError> {
        self.snapshot.silence = silence;
        match self.snapshot.complaints.first() {
            Some(complaint)
                if self.snapshot.n_complaints > 0 && self.n_unreadable == self.snapshot.n_items =>
            {
                Err(ReadError::field(
                    complaint.field.clone(),
                    complaint.expected,
                ))
            }
            _ => Ok(self.snapshot),
        }
    }

    /// Lists within lists can hold more than the document seemed to list.
    fn is_full(&mut self, place: &impl Display) -> bool {
        let is_full = self.snapshot.n_items >= ITEMS_MAX;
        if is_full {
            self.complain(&place.to_string(), TOO_MANY);
        }
        is_full
    }

    fn take<T>(&mut self, place: &impl Display, item: Item<T>) -> Option<T> {
        match item {
            Ok((item, wrongs)) => {
                for (field, expected) in wrongs {
                    self.snapshot.complain(Complaint {
                        field: format!("{place}{field}"),
                        expected,
                    });
                }
                Some(item)
            }
            Err((field, expected)) => {
                self.n_unreadable += 1;
                self.snapshot.complain(Complaint {
                    field: format!("{place}{field}"),
                    expected,
                });
                None
            }
        }
    }

    fn twice(&mut self, place: &impl Display, expected: &'static str) {
        self.snapshot.complain(Complaint {
            field: format!("{place}.id"),
            expected,
        });
    }
}
