//! The HTTP interface: one file per endpoint, extractors that ask, problems that answer.
//!
//! A request passes one layer, `context`: it gives a correlation id, refuses what `guard`
//! (size, encoding) and `auth` (closed unless listed) refuse, bounds the handler in time and
//! contains its panics, renders problems, sets the headers and writes the log line. `server`
//! owns the sockets.

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
mod lingering;
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

use crate::clock::SharedClock;
use crate::ingest::{Ingest, Pull};
use crate::lifecycle::Lifecycle;
use crate::nudge::Nudge;

pub use mock::MockPager;
pub use problem::{CODES, Code};
pub use router::{openapi, router};
pub use server::serve;

/// What handlers work with, shared by all of them.
#[derive(Clone)]
pub struct AppState(Arc<Parts>);

impl AppState {
    /// Shares the parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl std::ops::Deref for AppState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// The parts that handlers work with.
pub struct Parts {
    /// The store, for reading.
    pub store: Arc<dyn Store>,
    /// Accepts webhooks.
    pub ingest: Ingest,
    /// Looks at status pages.
    pub pull: Pull,
    /// The secrets that Stripe may sign with.
    pub stripe_secrets: Vec<SigningSecret>,
    /// The token that reading and operating need.
    pub api_token: Option<SecretString>,
    /// The built-in mock destination.
    pub mock: MockPager,
    /// Tells the time and makes ids.
    pub clock: SharedClock,
    /// Wakes the delivery workers.
    pub nudge: Nudge,
    /// Tells whether the process is draining.
    pub lifecycle: Lifecycle,
}
