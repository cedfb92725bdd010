//! Status pages in Statuspage's `summary.json` format: [`read`] a document, [`observe`] what it
//! shows.
//!
//! Reading is lenient item by item and strict as a whole: an incident that cannot be read becomes
//! a [`Complaint`] and sinks nobody, a document that is no status page is refused. A snapshot with
//! complaints still reports what it shows, but its silences prove nothing
//! ([`Snapshot::is_complete`]). Source: <https://metastatuspage.com/api>.

mod admit;
mod component;
mod document;
mod incident;
mod observe;

pub use admit::{Disbelief, KnownPage, admit};
pub use document::{Complaint, ITEMS_MAX, Snapshot, read};
pub use observe::{Feed, Observed, observe};
