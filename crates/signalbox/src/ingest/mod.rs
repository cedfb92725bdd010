//! The use cases that bring signals in: one webhook event, or one look at status pages.
//!
//! Both end at the same store, under the same rules. There is one road, never a second for the easy
//! case.

mod accept;
mod pull;

pub use accept::Ingest;
pub use pull::{PageSource, Pull, PullReport, Scope};
