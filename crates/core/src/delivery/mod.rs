//! What to send and what the answer means.
//!
//! [`request`] turns an owed delivery into an HTTP request as a value, [`outcome`] reads the answer
//! to it, [`retry`] says when to try again. Sending is somebody else's trade.

mod mock;
pub mod outcome;
mod pagerduty;
pub mod request;
pub mod retry;

use jiff::Timestamp;

use crate::event::{Event, words};
use crate::rule::Target;

words! {
    /// What a delivery does at its destination.
    Action {
        /// Opens a page.
        Trigger = "trigger",
        /// Tells of a change; wakes nobody.
        Update = "update",
        /// Closes the page.
        Resolve = "resolve",
    } "trigger, update, resolve"
}

words! {
    /// How far a delivery has come.
    State {
        /// It waits for its turn or its next attempt.
        Pending = "pending",
        /// The destination accepted it.
        Delivered = "delivered",
        /// It was refused for good or tried for too long; it can be retried by hand.
        Dead = "dead",
        /// What it was about was over before it was sent.
        Cancelled = "cancelled",
    } "pending, delivered, dead, cancelled"
}

/// One event owed to one destination, leased for an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The store's number for it; sent along, so that a receiver can tell a repetition.
    pub id: i64,
    /// The event as it stands now.
    pub event: Event,
    /// Where to.
    pub target: Target,
    /// What to do there.
    pub action: Action,
    /// The key under which the destination knows the page.
    pub dedup_key: String,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// When the delivery was first owed.
    pub created_at: Timestamp,
    /// The correlation id of the request or poll that brought the event.
    pub request_id: String,
}
