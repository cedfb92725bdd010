//! Leasing what is owed to one destination, sending it, and settling what came of it.
//!
//! Delivery is at least once. A lease saves work; what makes a repetition harmless is the key that
//! every delivery carries. An attempt takes less time than its lease, and is counted in the store
//! before it leaves.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use signalbox_core::delivery::outcome::{self, Outcome, Reason};
use signalbox_core::delivery::request::{self, Endpoint};
use signalbox_core::delivery::retry;
use signalbox_core::rule::Target;
use signalbox_store::{Conclusion, Leased, Settled, Store, StoreError};

use crate::client::{Answer, Client};
use crate::clock::{SharedClock, millis_between};

/// How long a delivery is held for one attempt; six times what an attempt may take.
pub const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// Waits between tries to settle while the store is busy or away; shorter in sum than a lease.
const SETTLE_WAITS: [Duration; 4] = [
    Duration::from_millis(50),
    Duration::from_millis(250),
    Duration::from_secs(1),
    Duration::from_secs(5),
];

/// Delivers to one destination.
#[derive(Clone)]
pub struct Deliverer {
    /// Where deliveries are kept.
    pub store: Arc<dyn Store>,
    /// What sends.
    pub client: Client,
    /// Tells the time and draws the jitter.
    pub clock: SharedClock,
    /// The destination.
    pub target: Target,
    /// How it is reached.
    pub endpoint: Arc<Endpoint>,
}

impl Deliverer {
    /// Leases at most `limit` deliveries that are due.
    ///
    /// # Errors
    /// The store cannot answer now.
    pub async fn lease(&self, limit: u32) -> Result<Vec<Leased>, StoreError> {
        let now = self.clock.now();
        self.store
            .lease_due(&self.target, now, now + LEASE, limit)
            .await
    }

    /// Returns when the next delivery is due.
    ///
    /// # Errors
    /// The store cannot answer now.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.store.next_due(&self.target).await
    }

    /// Makes one attempt and settles it, at the latest when `given_up` resolves. A settle that fails
    /// is logged; the lease will lapse and the delivery be sent again under the same key.
    pub async fn attempt(&self, leased: Leased, given_up: impl Future<Output = ()>) {
        let started = self.clock.now();
        let (outcome, status) = tokio::select! {
            answered = self.send(&leased) => answered,
            // Its answer will never be known; the next start tries again.
            () = given_up => (Outcome::Retry { reason: Reason::Unknown, after: None }, None),
        };
        let now = self.clock.now();
        let settled = Settled {
            delivery_id: leased.delivery.id,
            attempt: leased.delivery.attempt,
            outcome,
            conclusion: self.conclude(&leased, outcome, now),
            status,
            duration_ms: millis_between(started, now),
        };
        report(&leased, &settled);
        self.settle(settled, now).await;
    }

    /// Settles, patiently: what is not on record would be sent again.
    async fn settle(&self, settled: Settled, now: Timestamp) {
        for wait in SETTLE_WAITS {
            match self.store.settle(settled.clone(), now).await {
                Ok(()) => return,
                Err(_) => tokio::time::sleep(wait).await,
            }
        }
        if let Err(error) = self.store.settle(settled.clone(), now).await {
            tracing::error!(
                delivery.id = settled.delivery_id,
                error = %error,
                "an attempt could not be settled; it will be made again"
            );
        }
    }

    async fn send(&self, leased: &Leased) -> (Outcome, Option<u16>) {
        let Ok(request) = request::render(&leased.delivery, &self.endpoint) else {
            return (Outcome::failed(Reason::Interrupted), None);
        };
        match self.client.post(request).await {
            Answer::Failed(reason) => (Outcome::failed(reason), None),
            Answer::Status {
                status,
                retry_after,
            } => {
                let outcome = outcome::read(status, retry_after.as_deref(), self.clock.now());
                (outcome, Some(status))
            }
        }
    }

    fn conclude(&self, leased: &Leased, outcome: Outcome, now: Timestamp) -> Conclusion {
        match outcome {
            Outcome::Delivered => Conclusion::Delivered,
            Outcome::Refused { reason } => Conclusion::Dead(reason),
            Outcome::Park { .. } => Conclusion::ParkUntil(now + retry::PARKED_FOR),
            Outcome::Retry { after, .. } => {
                let jitter = self.clock.share();
                retry::next_attempt_at(leased.backoff, leased.kept_from, now, after, jitter)
                    .map_or(Conclusion::Dead(Reason::Exhausted), Conclusion::RetryAt)
            }
        }
    }
}

/// One line an attempt. What needs a human is an error, what heals itself a warning.
fn report(leased: &Leased, settled: &Settled) {
    let delivery = &leased.delivery;
    macro_rules! line {
        ($level:ident, $message:literal) => {
            tracing::$level!(
                event.id = %delivery.event.event_id,
                request.id = delivery.request_id,
                delivery.id = delivery.id,
                delivery.action = delivery.action.as_str(),
                delivery.attempt = delivery.attempt,
                delivery.outcome = settled.outcome.as_str(),
                delivery.reason = settled.outcome.reason().as_str(),
                delivery.status = settled.status,
                delivery.duration_ms = settled.duration_ms,
                destination.name = delivery.target.destination,
                $message
            )
        };
    }
    match settled.conclusion {
        Conclusion::Delivered => line!(info, "delivered"),
        Conclusion::RetryAt(_) => line!(warn, "delivery failed and will be tried again"),
        Conclusion::ParkUntil(_) => {
            line!(error, "destination refuses our credential; it is parked");
        }
        Conclusion::Dead(_) => line!(error, "delivery is dead; it can be retried by hand"),
    }
}
