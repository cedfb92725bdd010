//! A nudge: *there may be something to do*, said to everybody who listens.
//!
//! It is a hint, never needed for correctness. A nudge given while a listener is busy is not lost:
//! its next wait returns at once.

use tokio::sync::watch;

/// Gives nudges.
#[derive(Debug, Clone)]
pub struct Nudge(watch::Sender<()>);

/// Waits for nudges.
#[derive(Debug)]
pub struct Listener(watch::Receiver<()>);

impl Default for Nudge {
    fn default() -> Self {
        Self(watch::Sender::new(()))
    }
}

impl Nudge {
    /// Wakes every listener.
    pub fn give(&self) {
        self.0.send_replace(());
    }

    /// Returns a listener; it does not hear what was given before.
    #[must_use]
    pub fn listen(&self) -> Listener {
        Listener(self.0.subscribe())
    }
}

impl Listener {
    /// Waits for a nudge given since the last wait. Once nobody can give one any more, for ever.
    pub async fn heard(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_listener_hears_even_when_it_was_busy() {
        let nudge = Nudge::default();
        let (mut one, mut two) = (nudge.listen(), nudge.listen());
        nudge.give();
        nudge.give();
        one.heard().await;
        two.heard().await;
        let again = tokio::time::timeout(std::time::Duration::ZERO, one.heard()).await;
        assert!(again.is_err(), "a nudge is heard once");
    }
}
