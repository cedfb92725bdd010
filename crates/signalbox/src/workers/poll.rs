//! Looks at one status page, again and again. Each page has its own loop, so that one that hangs
//! delays no other.

use std::future::Future;
use std::time::Duration;

use crate::clock::SharedClock;
use crate::ingest::{Pull, Scope};

/// Polls every `interval`, give or take a tenth, until `drained` resolves.
pub async fn poll(
    pull: Pull,
    vendor: String,
    interval: Duration,
    clock: SharedClock,
    drained: impl Future<Output = ()>,
) {
    tokio::pin!(drained);
    loop {
        // Instances that started together must not knock together.
        let wait = interval.mul_f64(0.9 + 0.2 * clock.share());
        let request_id = clock.new_id();
        tokio::select! {
            () = &mut drained => return,
            _ = pull.run(Scope::Page(&vendor), &request_id) => {}
        }
        tokio::select! {
            () = &mut drained => return,
            () = tokio::time::sleep(wait) => {}
        }
    }
}
