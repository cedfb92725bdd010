//! Waiting for a state, and letting the runtime's time pass by hand.

use std::time::Duration;

/// Longest wait for a state that must come. Past it the test fails; none should come near it.
const PATIENCE: Duration = Duration::from_secs(20);
/// Time between two looks.
const TICK: Duration = Duration::from_millis(5);

/// Looks again and again until the probe gives something.
pub(crate) async fn eventually<T>(what: &str, probe: impl AsyncFnMut() -> Option<T>) -> T {
    within(PATIENCE, what, probe).await
}

/// Looks again and again until the probe gives something, for at most `limit`.
pub(crate) async fn within<T>(
    limit: Duration,
    what: &str,
    mut probe: impl AsyncFnMut() -> Option<T>,
) -> T {
    let looking = async {
        let mut ticks = tokio::time::interval(TICK);
        loop {
            ticks.tick().await;
            if let Some(found) = probe().await {
                return found;
            }
        }
    };
    let found = tokio::time::timeout(limit, looking).await;
    found.unwrap_or_else(|_| panic!("not seen within {limit:?}: {what}"))
}

/// Lets the runtime's time pass, so that time limits strike without anybody waiting for them.
///
/// It goes second by second, with a breath of real time after each, in which sockets are read and
/// tasks take their turn: what would happen one after the other must not happen all at once. Needs
/// the single-threaded runtime of `#[tokio::test]`.
pub(crate) async fn pass(seconds: u64) {
    for _ in 0..seconds {
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(1)).await;
        tokio::time::resume();
        let mut breath = tokio::time::interval(TICK);
        breath.tick().await;
        breath.tick().await;
    }
}
