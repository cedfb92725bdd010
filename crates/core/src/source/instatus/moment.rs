//! Times and spans as Instatus writes them.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};
use serde_json::value::RawValue;

use crate::instant;
use crate::json;
use crate::source::page::Wrong;

/// Longest maintenance that is believed, in minutes: a year. Longer ones have no end.
const DURATION_MAX_MINUTES: i64 = 366 * 24 * 60;

/// What a time must look like.
pub(super) const MOMENT: &str =
    "an RFC 3339 time, or one as JavaScript prints it, from 1970 to 9998";

/// Reads a time that may be absent or null; a wrong one is treated as absent and complained of.
pub(super) fn read_moment(
    raw: Option<&RawValue>,
    field: &'static str,
    wrongs: &mut Vec<Wrong>,
) -> Option<Timestamp> {
    let at = json::string(json::present(raw)?).and_then(|text| parse_moment(&text));
    if at.is_none() {
        wrongs.push((field, MOMENT));
    }
    at
}

/// Reads `2022-06-11T18:55:50Z` or
/// `Sat Jun 11 2022 18:55:50 GMT+0000 (Coordinated Universal Time)`.
fn parse_moment(text: &str) -> Option<Timestamp> {
    instant::parse(text).or_else(|| {
        let (text, _zone) = text.split_once(" (").unwrap_or((text, ""));
        let at = Timestamp::strptime("%a %b %d %Y %H:%M:%S GMT%z", text).ok()?;
        instant::from_millis(at.as_millisecond())
    })
}

/// Reads a number of minutes, which is written as text or as a number.
pub(super) fn read_minutes(raw: Option<&RawValue>) -> Option<SignedDuration> {
    let raw = json::present(raw)?;
    let text = json::string(raw).unwrap_or(Cow::Borrowed(raw.get()));
    let minutes = text
        .parse()
        .ok()
        .filter(|minutes| (1..=DURATION_MAX_MINUTES).contains(minutes))?;
    Some(SignedDuration::from_mins(minutes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_both_spellings() {
        let at = |text| parse_moment(text).map(|at| at.to_string());
        let spelled = "Sat Jun 11 2022 18:55:50 GMT+0000 (Coordinated Universal Time)";
        assert_eq!(at(spelled).as_deref(), Some("2022-06-11T18:55:50Z"));
        assert_eq!(at("2022-06-11T18:55:50.000Z"), at(spelled));
        assert_eq!(at("Sat Jun 11 1922 18:55:50 GMT+0000"), None);
        assert_eq!(at("today"), None);
    }
}
