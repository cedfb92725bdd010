//! Reading and writing instants at the border.
//!
//! Inside, an instant is a [`jiff::Timestamp`] cut to milliseconds, the unit both stores keep.
//! Outside it is RFC 3339 in UTC, ending in `Z`, without a fraction when that is zero. Instants
//! outside the years 1970 to 9998 are refused, so that every accepted one can be stored, shifted
//! by a retry and printed without overflow.

use jiff::Timestamp;

/// 9999-01-01T00:00:00Z in seconds: the first instant that is too late.
const END_S: i64 = 253_370_764_800;

/// Cuts an instant to milliseconds, towards the past.
#[must_use]
pub fn to_millis(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

/// Reads a stored number of milliseconds; a number outside the accepted range gives `None`.
#[must_use]
pub fn from_millis(ms: i64) -> Option<Timestamp> {
    accept(Timestamp::from_millisecond(ms).ok()?)
}

/// Reads unix seconds; outside 1970 to 9998: `None`.
#[must_use]
pub fn from_seconds(seconds: i64) -> Option<Timestamp> {
    accept(Timestamp::from_second(seconds).ok()?)
}

/// Reads an RFC 3339 time with any offset; not a time, or outside 1970 to 9998: `None`.
#[must_use]
pub fn parse(text: &str) -> Option<Timestamp> {
    // Longer texts are never times; the cap keeps the parser's error path off hostile input.
    if text.len() > 64 || !is_rfc_3339(text.as_bytes()) {
        return None;
    }
    accept(to_millis(text.parse::<Timestamp>().ok()?))
}

/// The parser also takes the short form of ISO 8601 and zones in brackets; RFC 3339 has neither.
fn is_rfc_3339(text: &[u8]) -> bool {
    let separated = |at: usize, by: &[u8]| text.get(at).is_some_and(|byte| by.contains(byte));
    separated(4, b"-") && separated(10, b"Tt ") && separated(16, b":") && !text.contains(&b'[')
}

fn accept(at: Timestamp) -> Option<Timestamp> {
    (0..END_S).contains(&at.as_second()).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_seconds_print_without_fraction() {
        let at = parse("2024-01-15T12:00:00.000+02:00").unwrap();
        assert_eq!(at.to_string(), "2024-01-15T10:00:00Z");
    }

    #[test]
    fn nanoseconds_are_cut_to_milliseconds() {
        let at = parse("2025-10-04T15:13:32.232083866Z").unwrap();
        assert_eq!(at.to_string(), "2025-10-04T15:13:32.232Z");
    }

    #[test]
    fn only_rfc_3339_is_a_time() {
        for text in [
            "20240115T10Z",
            "2024-01-15T10Z",
            "2024-01-15T10:00:00Z[UTC]",
            "2024-01-15",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert!(parse("2024-01-15 10:00:00-07:00").is_some());
    }

    #[test]
    fn years_before_1970_and_after_9998_are_refused() {
        assert_eq!(parse("1969-12-31T23:59:59Z"), None);
        assert_eq!(parse("9999-01-01T00:00:00Z"), None);
        assert_eq!(from_seconds(-1), None);
        assert_eq!(from_seconds(i64::MAX), None);
        assert_eq!(
            parse("9998-12-31T23:59:59Z").map(Timestamp::as_second),
            Some(END_S - 1)
        );
    }
}
