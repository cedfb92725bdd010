//! What any status page shows, whichever platform serves it.
//!
//! Each platform's room reads its own format into a [`Snapshot`]; from here on nobody knows which
//! it was. [`admit`] tells whether a snapshot may be believed, [`observe`] turns it into sightings
//! that the lifecycle can judge, a [`Filter`] keeps what matters.
//!
//! Three promises hold for every platform. Reading is lenient item by item and strict as a whole:
//! an incident that cannot be read becomes a [`Complaint`] and sinks nobody, a document that is no
//! status page is refused. A snapshot with complaints still reports what it shows, but its
//! silences prove nothing ([`Snapshot::is_complete`], [`Silence`]). And a word that we do not know
//! is a warning and is counted, never dropped and never critical by guess.

mod admit;
mod builder;
mod complaint;
mod component;
mod fields;
mod filter;
mod incident;
mod label;
mod maintenance;
mod observe;
mod plain;
mod snapshot;

pub use admit::{Disbelief, KnownPage, admit};
pub use complaint::{Complaint, ReadError};
pub use component::{Component, Health, Region};
pub use filter::{Filter, FilterPart, Unmatched};
pub use incident::{Impact, Incident, Update};
pub use label::Label;
pub use maintenance::{Maintenance, Phase};
pub use observe::{Feed, Observed, observe};
pub use snapshot::{ITEMS_MAX, Silence, Snapshot};

pub(in crate::source) use builder::{Builder, Item};
pub(in crate::source) use complaint::Wrong;
pub(in crate::source) use fields::{
    STRING, TIME, fields, id_from_text, id_from_url, items, list, lookup, maybe_text, maybe_time,
    need, need_id, need_id_or_number, need_object, newest_first, read_time, vendor_id,
};
pub(in crate::source) use label::LABEL_MAX;
pub(in crate::source) use plain::{numbered, plain};
