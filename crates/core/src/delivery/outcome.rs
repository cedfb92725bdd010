//! Reads an answer as one of a few outcomes, each with one of a few reasons.
//!
//! Final are the refusals that repetition cannot heal: 4xx other than 408, 425 and 429. A bad
//! credential (401, 403) is no fault of the page that waits: it parks the destination. Everything
//! else is tried again, redirects included, because following one could carry a page, and its
//! credential, to a stranger.

use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};

use crate::event::words;

/// Longest `Retry-After` that is honoured; a destination cannot ask for silence for days.
pub const RETRY_AFTER_MAX: SignedDuration = SignedDuration::from_hours(1);

words! {
    /// Why an attempt ended as it did, or why a delivery was not sent.
    Reason {
        /// 2xx.
        Accepted = "accepted",
        /// No connection could be made.
        Unreachable = "unreachable",
        /// No full answer came in time.
        Timeout = "timeout",
        /// The connection broke.
        Interrupted = "interrupted",
        /// 429.
        RateLimited = "rate_limited",
        /// 408 or 425.
        TryAgain = "try_again",
        /// 5xx.
        ServerError = "server_error",
        /// 3xx, which is not followed.
        Redirected = "redirected",
        /// 401 or 403.
        Unauthorized = "unauthorized",
        /// Any other 4xx.
        Refused = "refused",
        /// A status that no HTTP answer should end with.
        BadAnswer = "bad_answer",
        /// The delivery was tried for as long as it is kept up.
        Exhausted = "exhausted",
        /// Its destination is not configured any more.
        NotConfigured = "not_configured",
        /// The process stopped during the attempt, so its answer is unknown.
        Unknown = "unknown",
        /// What it was about was over before it was sent.
        ClosedBeforeSent = "closed_before_sent",
        /// The page that it was to update was never opened.
        NotOpened = "not_opened",
    } "accepted, unreachable, timeout, interrupted, rate_limited, try_again, server_error, redirected, unauthorized, refused, bad_answer, exhausted, not_configured, unknown, closed_before_sent, not_opened"
}

/// What an attempt came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The destination took it.
    Delivered,
    /// Try again, not before `after` if the destination named a time.
    Retry {
        /// Why.
        reason: Reason,
        /// The wait that the destination asked for.
        after: Option<SignedDuration>,
    },
    /// The destination does not know us: park it, keep the delivery.
    Park {
        /// Why.
        reason: Reason,
    },
    /// The destination will never take it.
    Refused {
        /// Why.
        reason: Reason,
    },
}

impl Outcome {
    /// Returns the reason.
    #[must_use]
    pub fn reason(self) -> Reason {
        match self {
            Self::Delivered => Reason::Accepted,
            Self::Retry { reason, .. } | Self::Park { reason } | Self::Refused { reason } => reason,
        }
    }

    /// Returns the outcome as one word, for logs and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Retry { .. } => "retry",
            Self::Park { .. } => "parked",
            Self::Refused { .. } => "refused",
        }
    }

    /// A failure on the way, before any status.
    #[must_use]
    pub fn failed(reason: Reason) -> Self {
        Self::Retry {
            reason,
            after: None,
        }
    }
}

/// Reads a status and its `Retry-After`.
#[must_use]
pub fn read(status: u16, retry_after: Option<&str>, now: Timestamp) -> Outcome {
    let after = retry_after.and_then(|text| wait(text, now));
    let retry = |reason| Outcome::Retry { reason, after };
    match status {
        200..=299 => Outcome::Delivered,
        300..=399 => retry(Reason::Redirected),
        401 | 403 => Outcome::Park {
            reason: Reason::Unauthorized,
        },
        408 | 425 => retry(Reason::TryAgain),
        429 => retry(Reason::RateLimited),
        400..=499 => Outcome::Refused {
            reason: Reason::Refused,
        },
        500..=599 => retry(Reason::ServerError),
        _ => retry(Reason::BadAnswer),
    }
}

/// Reads both forms of `Retry-After`: seconds, or an HTTP date. RFC 9110, section 10.2.3.
fn wait(text: &str, now: Timestamp) -> Option<SignedDuration> {
    let text = text.trim();
    let wait = if let Ok(seconds) = text.parse::<u32>() {
        SignedDuration::from_secs(i64::from(seconds))
    } else {
        let parser = rfc2822::DateTimeParser::new();
        parser.parse_timestamp(text).ok()?.duration_since(now)
    };
    Some(wait.clamp(SignedDuration::ZERO, RETRY_AFTER_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_second(1_705_315_200).unwrap()
    }

    #[test]
    fn every_status_has_its_outcome() {
        for (status, word, reason) in [
            (202, "delivered", Reason::Accepted),
            (302, "retry", Reason::Redirected),
            (400, "refused", Reason::Refused),
            (401, "parked", Reason::Unauthorized),
            (403, "parked", Reason::Unauthorized),
            (404, "refused", Reason::Refused),
            (408, "retry", Reason::TryAgain),
            (425, "retry", Reason::TryAgain),
            (429, "retry", Reason::RateLimited),
            (500, "retry", Reason::ServerError),
            (503, "retry", Reason::ServerError),
            (101, "retry", Reason::BadAnswer),
            (999, "retry", Reason::BadAnswer),
        ] {
            let outcome = read(status, None, now());
            assert_eq!(
                (outcome.as_str(), outcome.reason()),
                (word, reason),
                "{status}"
            );
        }
    }

    #[test]
    fn retry_after_is_read_in_both_forms_and_capped() {
        let after = |text| match read(429, Some(text), now()) {
            Outcome::Retry { after, .. } => after.map(|wait| wait.as_secs()),
            _ => None,
        };
        assert_eq!(after("7"), Some(7));
        assert_eq!(after("Mon, 15 Jan 2024 10:41:00 GMT"), Some(60));
        assert_eq!(after("Mon, 15 Jan 2024 10:39:00 GMT"), Some(0));
        assert_eq!(after("4000000000"), Some(3_600));
        assert_eq!(after("soon"), None);
        assert_eq!(after("-1"), None);
    }
}
