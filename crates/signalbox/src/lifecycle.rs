//! Shutting down in two stages, and knowing every task.
//!
//! The first SIGTERM or SIGINT drains: nothing new is taken, what is in flight is finished. The
//! second, or [`DRAIN_MAX`], ends the wait. A task that dies on its own ends the process too: a hub
//! whose deliveries silently stopped is worse than one that restarts.

use std::future::Future;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long draining may take. The promise is exit within 10 s, the rest is for closing the store.
pub const DRAIN_MAX: Duration = Duration::from_secs(8);

/// What tasks watch, and where they are registered.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle {
    tracker: TaskTracker,
    draining: CancellationToken,
    failed: CancellationToken,
}

impl Lifecycle {
    /// Starts a named task that should run until draining. If it panics, the process drains.
    #[expect(clippy::disallowed_methods, reason = "the one place that spawns")]
    pub fn spawn<F>(&self, name: &'static str, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let guard = FailureGuard {
            name,
            lifecycle: self.clone(),
            finished: false,
        };
        tokio::spawn(self.tracker.track_future(async move {
            let mut guard = guard;
            task.await;
            guard.finished = true;
        }));
    }

    /// Asks everybody to finish.
    pub fn drain(&self) {
        self.draining.cancel();
    }

    /// Tells whether draining has begun.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.draining.is_cancelled()
    }

    /// Waits until draining begins.
    pub async fn drained(&self) {
        self.draining.cancelled().await;
    }

    /// Tells whether a task died.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.failed.is_cancelled()
    }

    /// Waits for every task to end; `false` when they took longer than [`DRAIN_MAX`].
    pub async fn finished(&self) -> bool {
        self.tracker.close();
        tokio::time::timeout(DRAIN_MAX, self.tracker.wait())
            .await
            .is_ok()
    }
}

struct FailureGuard {
    name: &'static str,
    lifecycle: Lifecycle,
    finished: bool,
}

impl Drop for FailureGuard {
    fn drop(&mut self) {
        if !self.finished && !self.lifecycle.is_draining() {
            tracing::error!(task = self.name, "a task died; shutting down");
            self.lifecycle.failed.cancel();
            self.lifecycle.drain();
        }
    }
}

/// Waits for SIGTERM or SIGINT.
///
/// # Errors
/// The signal handlers cannot be installed.
pub async fn terminate_signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_panics_drains_the_process() {
        let lifecycle = Lifecycle::default();
        lifecycle.spawn("test", async { panic!("on purpose") });
        lifecycle.drained().await;
        assert!(lifecycle.has_failed() && lifecycle.finished().await);
    }

    #[tokio::test]
    async fn a_task_that_ends_is_no_failure() {
        let lifecycle = Lifecycle::default();
        lifecycle.spawn("test", async {});
        assert!(lifecycle.finished().await && !lifecycle.is_draining());
    }
}
