//! Accepting one event that a vendor sent.

use std::sync::Arc;

use signalbox_core::event::Event;
use signalbox_core::lifecycle::Observation;
use signalbox_core::rule::Rules;
use signalbox_store::{Accepted, Store, StoreError};

use crate::clock::SharedClock;
use crate::nudge::Nudge;

/// Decides for an event and stores it.
#[derive(Clone)]
pub struct Ingest {
    /// Where it is kept.
    pub store: Arc<dyn Store>,
    /// What decides.
    pub rules: Arc<Rules>,
    /// Tells the time.
    pub clock: SharedClock,
    /// Woken when something is owed.
    pub nudge: Nudge,
}

impl Ingest {
    /// Stores an event with what it is owed to. `Ok` means that it is on disk.
    ///
    /// # Errors
    /// The store cannot take it now.
    pub async fn accept(&self, event: Event, request_id: &str) -> Result<Accepted, StoreError> {
        let observation = Observation {
            subject: event.event_id.to_string(),
            vendor_status: String::new(),
            vendor_updated_at: None,
            decision: self.rules.decide(&event),
            event,
        };
        let accepted = self
            .store
            .accept(observation, request_id, self.clock.now())
            .await?;
        if let Accepted::New { routed: true } | Accepted::Changed { routed: true, .. } = accepted {
            self.nudge.give();
        }
        Ok(accepted)
    }
}
