//! The HTTP interface: one file per endpoint, extractors that ask, problems that answer.
//!
//! A request passes, from outside in: [`context`] (correlation id, log line, headers, problems
//! rendered), [`guard`] (panics, time, size, encoding), [`auth`] (closed unless listed), then the
//! handler. [`server`] owns the sockets.

mod auth;
mod context;
mod cursor;
mod deliveries;
mod docs;
mod event_body;
mod event_detail;
mod events;
mod extract;
mod guard;
mod health;
mod index;
mod ingest_stripe;
mod mock;
mod problem;
mod pull_status;
mod router;
mod server;
mod summarize;

use std::sync::Arc;

use secrecy::SecretString;
use signalbox_core::source::stripe::SigningSecret;
use signalbox_store::Store;
use tokio::sync::Notify;

use crate::clock::SharedClock;
use crate::ingest::{Ingest, Pull};
use crate::lifecycle::Lifecycle;

pub use mock::MockPager;
pub use problem::{CODES, Code};
pub use router::{openapi, router};
pub use server::serve;

/// What handlers work with.
#[derive(Clone)]
pub struct AppState {
    /// The store, for reading.
    pub store: Arc<dyn Store>,
    /// Accepts webhooks.
    pub ingest: Ingest,
    /// Looks at status pages.
    pub pull: Pull,
    /// The secrets that Stripe may sign with.
    pub stripe_secrets: Arc<[SigningSecret]>,
    /// The token that reading and operating need.
    pub api_token: Option<SecretString>,
    /// The built-in mock destination.
    pub mock: MockPager,
    /// Tells the time and makes ids.
    pub clock: SharedClock,
    /// Wakes the delivery workers.
    pub nudge: Arc<Notify>,
    /// Tells whether the process is draining.
    pub lifecycle: Lifecycle,
}
