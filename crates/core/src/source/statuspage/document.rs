//! From bytes to incidents and components, with a complaint for each that cannot be read.

use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::component::Component;
use super::incident::Incident;
use crate::event::EventId;
use crate::instant;
use crate::json::{self, JsonError};

/// Most incidents and components that one page may show. GitHub shows a dozen, Twilio seventy.
pub const ITEMS_MAX: usize = 10_000;

/// Most complaints that are kept of one document; the rest would say the same.
const COMPLAINTS_MAX: usize = 20;

/// Something in a document that could not be read as documented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// Path of the field, such as `components[3].name`.
    pub field: String,
    /// What should have stood there.
    pub expected: &'static str,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}", self.field, self.expected)
    }
}

/// What one document shows.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The page's own identifier, where the document names it.
    pub page_id: Option<String>,
    /// The page's last edit, where the document names it. Not the time of the poll.
    pub page_updated_at: Option<Timestamp>,
    /// How many incidents and components the document lists, readable or not.
    pub n_items: usize,
    /// How many components it lists.
    pub n_components: usize,
    /// The incidents, in document order, each once.
    pub(super) incidents: Vec<Incident>,
    /// The components, group headers left out, in document order, each once.
    pub(super) components: Vec<Component>,
    /// What could not be read.
    pub complaints: Vec<Complaint>,
    n_complaints: usize,
    n_unreadable: usize,
}

impl Snapshot {
    /// Tells whether everything listed could be read, so that absence means something.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.n_complaints == 0
    }

    /// Complains of an item that could not be read at all.
    fn skip(&mut self, complaint: Complaint) {
        self.n_unreadable += 1;
        self.complain(complaint);
    }

    fn complain(&mut self, complaint: Complaint) {
        self.n_complaints += 1;
        if self.complaints.len() < COMPLAINTS_MAX {
            self.complaints.push(complaint);
        }
    }
}

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    page: Option<&'a RawValue>,
    #[serde(borrow)]
    incidents: Option<&'a RawValue>,
    #[serde(borrow)]
    components: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    updated_at: Option<&'a RawValue>,
}

/// Reads a document.
///
/// # Errors
/// It is not JSON, not a status page (neither `incidents` nor `components` is a list), longer than
/// [`ITEMS_MAX`], or nothing that it lists can be read.
pub fn read(body: &[u8]) -> Result<Snapshot, JsonError> {
    let text = json::check(body)?;
    let document: Document<'_> = json::object(text, "body")?;
    let incidents = list(document.incidents, "incidents")?;
    let components = list(document.components, "components")?;
    // incident.io leaves `incidents` out when there are none; a page without both is none.
    if incidents.is_none() && components.is_none() {
        return Err(JsonError::field(
            "components",
            "a list, as in Statuspage's summary.json",
        ));
    }
    let incidents = incidents.unwrap_or_default();
    let components = components.unwrap_or_default();
    let n_items = incidents.len() + components.len();
    if n_items > ITEMS_MAX {
        return Err(JsonError::field(
            "components",
            "at most 10000 incidents and components",
        ));
    }
    let mut snapshot = Snapshot {
        n_items,
        n_components: components.len(),
        ..Snapshot::default()
    };
    read_page(document.page, &mut snapshot)?;
    read_incidents(&incidents, &mut snapshot);
    read_components(&components, &mut snapshot);
    match snapshot.complaints.first() {
        // Not one readable item: another format that happens to share the names.
        Some(complaint) if snapshot.n_unreadable == n_items => Err(JsonError::field(
            complaint.field.clone(),
            complaint.expected,
        )),
        _ => Ok(snapshot),
    }
}

fn list<'a>(
    raw: Option<&'a RawValue>,
    field: &str,
) -> Result<Option<Vec<&'a RawValue>>, JsonError> {
    let Some(raw) = json::present(raw) else {
        return Ok(None);
    };
    serde_json::from_str(raw.get())
        .map(Some)
        .map_err(|_| JsonError::field(field, "a list"))
}

fn read_page(page: Option<&RawValue>, snapshot: &mut Snapshot) -> Result<(), JsonError> {
    let Some(page) = json::present(page) else {
        return Ok(());
    };
    let page: Page<'_> = json::object(page.get(), "page")?;
    snapshot.page_id = match json::present(page.id) {
        None => None,
        Some(id) => Some(
            json::string(id)
                .filter(|id| (1..=255).contains(&id.len()))
                .ok_or_else(|| JsonError::field("page.id", "a string of 1 to 255 bytes"))?
                .into_owned(),
        ),
    };
    snapshot.page_updated_at = match json::present(page.updated_at) {
        None => None,
        // Its outages count all the same; only its silences do not.
        Some(at) => read_time(at).or_else(|| {
            snapshot.complain(Complaint {
                field: "page.updated_at".to_owned(),
                expected: TIME,
            });
            None
        }),
    };
    Ok(())
}

fn read_incidents(items: &[&RawValue], snapshot: &mut Snapshot) {
    let mut seen = std::collections::HashSet::new();
    for (index, item) in items.iter().enumerate() {
        match Incident::read(item) {
            Err((field, expected)) => snapshot.skip(Complaint {
                field: format!("incidents[{index}]{field}"),
                expected,
            }),
            Ok((incident, wrongs)) if seen.insert(incident.id.clone()) => {
                snapshot.incidents.push(incident);
                for (field, expected) in wrongs {
                    let field = format!("incidents[{index}]{field}");
                    snapshot.complain(Complaint { field, expected });
                }
            }
            Ok(_) => snapshot.complain(Complaint {
                field: format!("incidents[{index}].id"),
                expected: "an id that no other incident has",
            }),
        }
    }
}

fn read_components(items: &[&RawValue], snapshot: &mut Snapshot) {
    let mut seen = std::collections::HashSet::new();
    for (index, item) in items.iter().enumerate() {
        match Component::read(item) {
            Err((field, expected)) => snapshot.skip(Complaint {
                field: format!("components[{index}]{field}"),
                expected,
            }),
            // A group header shows the worst of its members, which speak for themselves.
            Ok((component, _)) if component.group => {}
            Ok((component, wrong)) if seen.insert(component.id.clone()) => {
                snapshot.components.push(component);
                if let Some((field, expected)) = wrong {
                    let field = format!("components[{index}]{field}");
                    snapshot.complain(Complaint { field, expected });
                }
            }
            Ok(_) => snapshot.complain(Complaint {
                field: format!("components[{index}].id"),
                expected: "an id that no other component has",
            }),
        }
    }
}

/// Longest vendor id; pages use 12 to 36 characters.
const ID_MAX: usize = 128;

/// What a time must look like.
pub(super) const TIME: &str = "an RFC 3339 time from 1970 to 9998";

/// A field that is wrong: its path below the item, and what it should be.
pub(super) type Wrong = (&'static str, &'static str);

/// Reads a string that must be there.
pub(super) fn need(
    raw: Option<&RawValue>,
    wrong: Wrong,
) -> Result<std::borrow::Cow<'_, str>, Wrong> {
    raw.and_then(json::string)
        .filter(|text| !text.is_empty())
        .ok_or(wrong)
}

/// Reads an identifier, short enough for our prefix and a time behind it.
pub(super) fn need_id(raw: Option<&RawValue>) -> Result<EventId, Wrong> {
    raw.and_then(json::string)
        .filter(|id| id.len() <= ID_MAX)
        .and_then(|id| EventId::from_vendor(&id))
        .ok_or((".id", "1 to 128 visible ASCII characters without / or :"))
}

/// Reads a time that may be absent or null; a wrong one is treated as absent and complained of.
pub(super) fn maybe_time(
    raw: Option<&RawValue>,
    field: &'static str,
    wrongs: &mut Vec<Wrong>,
) -> Option<Timestamp> {
    let at = read_time(json::present(raw)?);
    if at.is_none() {
        wrongs.push((field, TIME));
    }
    at
}

fn read_time(raw: &RawValue) -> Option<Timestamp> {
    instant::parse(&json::string(raw)?)
}
