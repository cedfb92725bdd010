//! When to try again.
//!
//! The wait after attempt *n* is a floor of 2ⁿ⁻¹ seconds, at most [`FLOOR_MAX`], plus full jitter
//! over as much again. The jitter keeps a thousand deliveries that failed together from coming
//! back together; the floor is what makes the promise hold for every draw: at most 8 attempts in
//! the first minute (six in the worst case: at 0, 1, 3, 7, 15 and 31 s) and 30 in the first hour
//! (twenty). After [`KEPT_UP`] the delivery is dead.

use jiff::{SignedDuration, Timestamp};

/// How long a delivery is tried.
pub const KEPT_UP: SignedDuration = SignedDuration::from_hours(72);
/// The longest floor between two attempts.
pub const FLOOR_MAX: SignedDuration = SignedDuration::from_secs(300);
/// How long a destination that refused our credential is left alone.
pub const PARKED_FOR: SignedDuration = SignedDuration::from_secs(300);

/// Returns when to make the attempt after number `attempt` (from 1), or `None` when the delivery
/// has been kept up for long enough.
///
/// `jitter` lies in `0.0..1.0`; anything else is taken for its nearest bound. `after` is the wait
/// that the destination asked for; the later of the two counts.
#[must_use]
pub fn next_attempt_at(
    attempt: u32,
    created_at: Timestamp,
    now: Timestamp,
    after: Option<SignedDuration>,
    jitter: f64,
) -> Option<Timestamp> {
    let doublings = attempt.saturating_sub(1).min(16);
    let floor = SignedDuration::from_secs(1_i64 << doublings).min(FLOOR_MAX);
    let share = if jitter.is_nan() {
        0.0
    } else {
        jitter.clamp(0.0, 1.0)
    };
    let wait = floor + floor.mul_f64(share);
    let at = now.checked_add(wait.max(after.unwrap_or_default())).ok()?;
    (at.duration_since(created_at) <= KEPT_UP).then_some(at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: i64 = 1_705_315_200;

    fn start() -> Timestamp {
        Timestamp::from_second(START).unwrap()
    }

    /// The seconds at which attempts are made when each fails at once.
    fn attempts(jitter: f64) -> Vec<i64> {
        let mut at = start();
        let mut times = Vec::new();
        for attempt in 1.. {
            times.push(at.as_second() - START);
            match next_attempt_at(attempt, start(), at, None, jitter) {
                Some(next) => at = next,
                None => break,
            }
        }
        times
    }

    #[test]
    fn the_promise_on_attempts_holds_for_the_shortest_draws() {
        let times = attempts(0.0);
        assert_eq!(times[..7], [0, 1, 3, 7, 15, 31, 63]);
        assert!(times.iter().filter(|at| **at < 60).count() <= 8);
        assert!(times.iter().filter(|at| **at < 3_600).count() <= 30);
    }

    #[test]
    fn a_delivery_is_kept_up_for_seventy_two_hours() {
        for jitter in [0.0, 0.999] {
            let last = attempts(jitter).pop().unwrap();
            assert!((72 * 3_600 - 600..=72 * 3_600).contains(&last), "{last}");
        }
    }

    #[test]
    fn the_destination_may_ask_for_more_time_but_not_for_less() {
        let asked = |seconds| {
            let after = Some(SignedDuration::from_secs(seconds));
            next_attempt_at(3, start(), start(), after, 0.0).map(|at| at.as_second() - START)
        };
        assert_eq!(asked(0), Some(4));
        assert_eq!(asked(90), Some(90));
    }

    proptest! {
        #[test]
        fn the_next_attempt_is_never_in_the_past(
            attempt in any::<u32>(),
            now in START..START + 72 * 3_600,
            jitter in any::<f64>(),
        ) {
            let now = Timestamp::from_second(now).unwrap();
            if let Some(at) = next_attempt_at(attempt, start(), now, None, jitter) {
                prop_assert!(at > now);
            }
        }
    }
}
