//! Keeps a bounded number of attempts in flight to one destination.

use std::future::Future;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::clock::SharedClock;
use crate::deliver::Deliverer;
use crate::nudge::Listener;

/// Attempts in flight to one destination. More would not help one that is slow, and hurt one that
/// is recovering.
const IN_FLIGHT_MAX: usize = 16;
/// Longest wait without a look: the nudge is a hint, never needed.
const IDLE_MAX: Duration = Duration::from_secs(5);
/// Longest that an attempt may go on once draining has begun.
const DRAIN_MAX: Duration = Duration::from_secs(3);

/// Delivers until `drained` resolves, then finishes what is in flight.
pub async fn deliver(
    deliverer: Deliverer,
    clock: SharedClock,
    mut nudge: Listener,
    drained: impl Future<Output = ()>,
) {
    tokio::pin!(drained);
    let mut in_flight = FuturesUnordered::new();
    let mut wait = Duration::ZERO;
    let mut draining = false;
    let given_up = CancellationToken::new();
    let deadline = tokio::time::sleep(DRAIN_MAX);
    tokio::pin!(deadline);
    while !(draining && in_flight.is_empty()) {
        let free = IN_FLIGHT_MAX - in_flight.len();
        tokio::select! {
            biased;
            () = &mut drained, if !draining => {
                draining = true;
                deadline.as_mut().reset(Instant::now() + DRAIN_MAX);
            }
            Some(()) = in_flight.next() => wait = Duration::ZERO,
            () = &mut deadline, if draining && !given_up.is_cancelled() => given_up.cancel(),
            () = idle(wait, &mut nudge), if free > 0 && !draining => {
                wait = match deliverer.lease(u32::try_from(free).unwrap_or(1)).await {
                    Ok(leased) if leased.is_empty() => until_due(&deliverer, &clock).await,
                    Ok(leased) => {
                        in_flight.extend(leased.into_iter().map(|one| {
                            deliverer.attempt(one, given_up.clone().cancelled_owned())
                        }));
                        Duration::ZERO
                    }
                    Err(error) => {
                        tracing::warn!(
                            destination.name = deliverer.target.destination, error = %error,
                            "deliveries could not be leased"
                        );
                        IDLE_MAX
                    }
                };
            }
        }
    }
}

/// Waits for the time or for a nudge, whichever is first.
async fn idle(wait: Duration, nudge: &mut Listener) {
    if wait.is_zero() {
        return;
    }
    let _ = tokio::time::timeout(wait, nudge.heard()).await;
}

async fn until_due(deliverer: &Deliverer, clock: &SharedClock) -> Duration {
    let due = deliverer.next_due().await.ok().flatten();
    let wait = due.and_then(|at| Duration::try_from(at.duration_since(clock.now())).ok());
    // Due already, yet nothing was leased: somebody else holds it. Look again in a moment.
    wait.map_or(IDLE_MAX, |wait| {
        wait.clamp(Duration::from_millis(50), IDLE_MAX)
    })
}
