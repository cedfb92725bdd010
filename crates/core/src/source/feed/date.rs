//! Dates as feeds write them: RFC 3339, RFC 822 with whatever zone, and stamps without a year.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use crate::instant;

/// Zones by abbreviation, in seconds east of Greenwich. Only those that feeds of status pages have
/// been seen to use and that mean one thing there.
const ZONES: &[(&str, i32)] = &[
    ("Z", 0),
    ("UT", 0),
    ("UTC", 0),
    ("GMT", 0),
    ("WET", 0),
    ("BST", 3_600),
    ("CET", 3_600),
    ("CEST", 7_200),
    ("EET", 7_200),
    ("EEST", 10_800),
    ("JST", 32_400),
    ("AEST", 36_000),
    ("AEDT", 39_600),
    ("NZST", 43_200),
    ("NZDT", 46_800),
    ("EST", -18_000),
    ("EDT", -14_400),
    ("CST", -21_600),
    ("CDT", -18_000),
    ("MST", -25_200),
    ("MDT", -21_600),
    ("PST", -28_800),
    ("PDT", -25_200),
];

const MONTHS: &[&str] = &[
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// How much later than its entry a stamp may be, in seconds: sixty days. A later one is of the year
/// before: an entry of January tells of December.
const AHEAD_MAX_S: i64 = 60 * 86_400;

/// How far a stamp's zone may lie from its entry's, in seconds: summer time. An abbreviation that
/// lies further off means another zone of that name.
const APART_MAX_S: i32 = 3_600;

/// An instant with the offset that it was written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) at: Timestamp,
    offset_s: i32,
}

/// Reads `Wed, 15 Dec 2021 12:16:32 PST` or `2026-06-05T01:40:38.000+00:00`.
pub(super) fn parse(text: &str) -> Option<Moment> {
    let text = text.trim();
    if text.starts_with(|first: char| first.is_ascii_digit())
        && let Some(at) = instant::parse(text)
    {
        let zone = text
            .get(19..)?
            .trim_start_matches(|it: char| it == '.' || it.is_ascii_digit());
        return Some(Moment {
            at,
            offset_s: zone_offset(zone)?,
        });
    }
    let (_weekday, date) = text.split_once(", ").unwrap_or(("", text));
    let mut words = date.split_ascii_whitespace();
    let day = words.next()?.parse().ok()?;
    let month = month(words.next()?)?;
    let year = words.next()?.parse().ok()?;
    let (hour, minute, second) = clock(words.next()?)?;
    let offset_s = words.next().and_then(zone_offset)?;
    let civil = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    Some(Moment {
        at: to_instant(civil, offset_s)?,
        offset_s,
    })
}

/// Reads `Mar  1, 11:58 EST` or `Jun  5, 01:40:38 GMT+0`, of the year that is nearest before or
/// little after the entry's own date.
pub(super) fn parse_stamp(text: &str, entry: Moment) -> Option<Timestamp> {
    let mut words = text
        .split([' ', ',', '\n', '\t', '\u{a0}'])
        .filter(|word| !word.is_empty());
    let month = month(words.next()?)?;
    let day = words.next()?.parse().ok()?;
    let (hour, minute, second) = clock(words.next()?)?;
    let told = words.next().and_then(zone_offset);
    let near = |offset_s: &i32| {
        entry.offset_s == 0 || offset_s.abs_diff(entry.offset_s) <= APART_MAX_S.unsigned_abs()
    };
    let offset_s = told.filter(near).unwrap_or(entry.offset_s);
    let entry_year = Offset::from_seconds(entry.offset_s)
        .ok()?
        .to_datetime(entry.at)
        .year();
    [
        entry_year.saturating_add(1),
        entry_year,
        entry_year.saturating_sub(1),
    ]
    .into_iter()
    .filter_map(|year| DateTime::new(year, month, day, hour, minute, second, 0).ok())
    .filter_map(|civil| to_instant(civil, offset_s))
    .find(|at| at.as_second() <= entry.at.as_second().saturating_add(AHEAD_MAX_S))
}

fn to_instant(civil: DateTime, offset_s: i32) -> Option<Timestamp> {
    let at = Offset::from_seconds(offset_s)
        .ok()?
        .to_timestamp(civil)
        .ok()?;
    instant::from_millis(at.as_millisecond())
}

fn month(name: &str) -> Option<i8> {
    let at = MONTHS
        .iter()
        .position(|month| name.eq_ignore_ascii_case(month))?;
    i8::try_from(at + 1).ok()
}

fn clock(text: &str) -> Option<(i8, i8, i8)> {
    let mut parts = text.split(':');
    let hour = parts.next()?.parse().ok()?;
    let minute = parts.next()?.parse().ok()?;
    let second = parts.next().map_or(Some(0), |second| second.parse().ok())?;
    Some((hour, minute, second))
}

/// Reads `EST`, `-0500`, `+01:00`, `GMT+0` or `UTC-3`.
fn zone_offset(zone: &str) -> Option<i32> {
    if let Some((_, offset_s)) = ZONES
        .iter()
        .find(|(name, _)| zone.eq_ignore_ascii_case(name))
    {
        return Some(*offset_s);
    }
    let zone = zone
        .strip_prefix("GMT")
        .or(zone.strip_prefix("UTC"))
        .unwrap_or(zone);
    let (sign, digits) = match zone.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, zone.strip_prefix('+')?),
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some((hours, minutes)) => (hours, minutes),
        None if digits.len() == 4 => digits.split_at_checked(2)?,
        None => (digits, "0"),
    };
    let hours: i32 = hours
        .parse()
        .ok()
        .filter(|hours| (0..=14).contains(hours))?;
    let minutes: i32 = minutes
        .parse()
        .ok()
        .filter(|minutes| (0..60).contains(minutes))?;
    Some(sign * (hours * 3_600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Option<String> {
        parse(text).map(|moment| moment.at.to_string())
    }

    #[test]
    fn dates_are_read_whatever_their_zone() {
        for (text, expected) in [
            ("Fri, 01 Mar 2024 11:58:05 -0500", "2024-03-01T16:58:05Z"),
            ("Wed, 15 Dec 2021 12:16:32 PST", "2021-12-15T20:16:32Z"),
            ("Wed, 29 Oct 2025 16:00:00 Z", "2025-10-29T16:00:00Z"),
            ("1 Jul 2024 00:00 PDT", "2024-07-01T07:00:00Z"),
            ("2024-03-01T11:58:05-05:00", "2024-03-01T16:58:05Z"),
            ("2026-03-12T18:21:57.000Z", "2026-03-12T18:21:57Z"),
        ] {
            assert_eq!(at(text).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "",
            "today",
            "Fri, 31 Feb 2024 11:58:05 GMT",
            "1 Mar 2024 11:58:05 LMT",
        ] {
            assert_eq!(at(text), None, "{text}");
        }
    }

    #[test]
    fn a_stamp_is_of_the_entrys_year_or_of_the_one_before() {
        let entry = parse("Tue, 02 Jan 2024 09:00:00 -0500").unwrap();
        let stamp = |text| parse_stamp(text, entry).map(|at| at.to_string());
        assert_eq!(
            stamp("Jan  2, 08:58 EST").as_deref(),
            Some("2024-01-02T13:58:00Z")
        );
        assert_eq!(
            stamp("Dec 31, 23:10 EST").as_deref(),
            Some("2024-01-01T04:10:00Z")
        );
        assert_eq!(
            stamp("Feb 20, 06:00 EST").as_deref(),
            Some("2024-02-20T11:00:00Z")
        );
        assert_eq!(stamp("Feb 30, 06:00 EST"), None);
    }

    #[test]
    fn a_zone_of_the_same_name_elsewhere_is_not_believed() {
        let entry = parse("Tue, 02 Jan 2024 09:00:00 +0800").unwrap();
        let stamp = parse_stamp("Jan  2, 08:58 CST", entry).unwrap();
        assert_eq!(stamp.to_string(), "2024-01-02T00:58:00Z");
        let summer = parse("Sun, 31 Mar 2024 09:00:00 +0200").unwrap();
        let stamp = parse_stamp("Mar 30, 09:00 CET", summer).unwrap();
        assert_eq!(stamp.to_string(), "2024-03-30T08:00:00Z");
    }

    proptest! {
        #[test]
        fn never_panics(text in ".{0,40}", stamp in "[A-Za-z0-9 ,:+-]{0,30}") {
            let _ = parse(&text);
            if let Some(entry) = parse("9998-12-31T23:59:59Z") {
                let _ = parse_stamp(&stamp, entry);
            }
        }
    }
}
