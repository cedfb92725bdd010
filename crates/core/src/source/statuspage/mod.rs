//! Atlassian Statuspage: [`read`] a `summary.json` into what any page shows.
//!
//! `/api/v2/summary.json` lists every component and every incident and maintenance that is not
//! over. What ends leaves the document, so a recovery is mostly seen as absence. Its quirks:
//! - `incidents` may be left out or null, as lookalikes do, and means none.
//! - A group is a component too (`group: true`) and shows the worst of its members.
//! - An incident's impact may be null, `none` for real outages, and is the vendor's opinion.
//! - `affected_components` of an update is a list, null, or holds a sentence as a name.
//! - Times carry the page's offset; old documents lack `started_at` and `time_zone`.
//! - A postmortem comes days after the end and moves `updated_at`, not `resolved_at`.
//! - `incidents.json` has the same shape without components and ends at 50: its silence proves
//!   nothing, as that of any document without a single component.
//!
//! Source: <https://metastatuspage.com/api>.

mod component;
mod document;
mod incident;
mod maintenance;

pub use document::read;

pub(in crate::source) use document::read_text;
