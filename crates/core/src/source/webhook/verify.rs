//! Why a webhook was refused, and the age of what was signed.

use jiff::Timestamp;

/// How far the signed time may lie from now, in either direction: five minutes, as Standard
/// Webhooks, Slack and Stripe have it. Most libraries check the past only; a time from the future
/// is no less a replay in waiting.
pub const TOLERANCE_S: i64 = 300;

/// Why a webhook was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// A part that proves the sender is not there, or more than once.
    #[error("{part} is missing; send exactly one")]
    Missing {
        /// The part, such as `header X-Hub-Signature-256`.
        part: String,
    },
    /// A part that proves the sender cannot be read.
    #[error("{part} is malformed: {what}")]
    Malformed {
        /// The part, such as `header webhook-timestamp`.
        part: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// No signature or token is the one that was expected.
    #[error(
        "signature or token does not match; check the secret and the URL, and that the raw bytes arrive"
    )]
    Mismatch,
    /// The signed time is too long ago.
    #[error("signature is {age_s} s old; at most {TOLERANCE_S} s are accepted")]
    Stale {
        /// Seconds between the signed time and now.
        age_s: i64,
    },
    /// The signed time lies too far in the future.
    #[error("signature is from {ahead_s} s ahead; at most {TOLERANCE_S} s are accepted")]
    Future {
        /// Seconds between now and the signed time.
        ahead_s: i64,
    },
}

impl VerifyError {
    /// Returns the reason as one word, for logs and metrics.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "missing",
            Self::Malformed { .. } => "malformed",
            Self::Mismatch => "mismatch",
            Self::Stale { .. } => "stale",
            Self::Future { .. } => "future",
        }
    }

    pub(super) fn missing_header(name: &str) -> Self {
        Self::Missing {
            part: format!("header {name}"),
        }
    }

    pub(super) fn malformed_header(name: &str, what: &'static str) -> Self {
        Self::Malformed {
            part: format!("header {name}"),
            what,
        }
    }
}

/// Reads unix seconds: digits only, as they stand in the signed text.
pub(super) fn unix_seconds(text: &str) -> Option<i64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// Refuses what was signed too long ago or too far ahead. To be asked after the signature: only a
/// time that was signed means anything.
pub(super) fn check_age(signed_at_s: i64, now: Timestamp) -> Result<(), VerifyError> {
    let age_s = now.as_second().saturating_sub(signed_at_s);
    if age_s > TOLERANCE_S {
        return Err(VerifyError::Stale { age_s });
    }
    if age_s < -TOLERANCE_S {
        return Err(VerifyError::Future {
            ahead_s: age_s.saturating_neg(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tolerance_holds_both_ways_to_the_second() {
        let now = Timestamp::from_second(10_000).unwrap();
        for (signed_at_s, verdict) in [
            (9_700, Ok(())),
            (10_300, Ok(())),
            (9_699, Err(VerifyError::Stale { age_s: 301 })),
            (10_301, Err(VerifyError::Future { ahead_s: 301 })),
        ] {
            assert_eq!(check_age(signed_at_s, now), verdict, "{signed_at_s}");
        }
        assert!(check_age(i64::MAX, now).is_err() && check_age(i64::MIN, now).is_err());
    }

    #[test]
    fn only_digits_are_unix_seconds() {
        assert_eq!(unix_seconds("1531420618"), Some(1_531_420_618));
        for text in ["", "+1", "-1", "1.5", "hello", "99999999999999999999"] {
            assert_eq!(unix_seconds(text), None, "{text}");
        }
    }
}
