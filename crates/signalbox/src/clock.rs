//! Time and chance behind small types, so that tests drive the one and seed the other.

use std::sync::Arc;

use jiff::Timestamp;
use signalbox_core::instant;
use uuid::Uuid;

/// Tells the time and draws lots.
pub trait Clock: Send + Sync {
    /// Returns the present instant, cut to milliseconds.
    fn now(&self) -> Timestamp;

    /// Draws a share in `0.0..1.0`.
    fn share(&self) -> f64;

    /// Makes an identifier that nobody else has: visible ASCII, sortable by time.
    fn new_id(&self) -> String;
}

/// A clock as handed round.
pub type SharedClock = Arc<dyn Clock>;

/// The clock and the randomness of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the clock"
    )]
    fn now(&self) -> Timestamp {
        instant::to_millis(Timestamp::now())
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that draws random numbers"
    )]
    fn share(&self) -> f64 {
        // Of the identifier's random end the upper part is a counter; the last 32 bits are drawn
        // anew each time.
        let [.., a, b, c, d] = Uuid::now_v7().into_bytes();
        f64::from(u32::from_be_bytes([a, b, c, d])) / 4_294_967_296.0
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that makes identifiers"
    )]
    fn new_id(&self) -> String {
        Uuid::now_v7().simple().to_string()
    }
}

/// Returns the whole milliseconds from one instant to a later one; a clock set back gives 0.
#[must_use]
pub fn millis_between(start: Timestamp, end: Timestamp) -> u32 {
    let ms = end.as_millisecond().saturating_sub(start.as_millisecond());
    u32::try_from(ms.max(0)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_stay_below_one_and_differ() {
        let (one, two) = (SystemClock.share(), SystemClock.share());
        assert!((0.0..1.0).contains(&one) && (0.0..1.0).contains(&two));
        assert!((one - two).abs() > f64::EPSILON);
    }

    #[test]
    fn a_clock_set_back_measures_zero() {
        let at = |ms| Timestamp::from_millisecond(ms).unwrap();
        assert_eq!(millis_between(at(500), at(1_700)), 1_200);
        assert_eq!(millis_between(at(500), at(100)), 0);
    }
}
