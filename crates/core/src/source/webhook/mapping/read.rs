//! What a value must be to fill a field.

use std::str::FromStr;

use cel::common::types::{CelBool, CelDouble, CelInt, CelString, CelUInt};
use cel::common::value::CowVal;
use jiff::Timestamp;

use super::scope::Fault;
use crate::instant;

/// From here on a number counts milliseconds: as seconds it would lie beyond the year 5138, as
/// milliseconds it lies in 1973.
const MILLISECONDS_FROM: f64 = 100_000_000_000.0;

const NO_TEXT: &str = "yields no text";
const NO_BOOLEAN: &str = "yields neither true nor false";
const NO_TIME: &str =
    "yields neither an RFC 3339 time nor unix seconds or milliseconds, from 1970 to 9998";

/// When something ended.
pub(super) enum End {
    /// At a time.
    At(Timestamp),
    /// By the vendor's word, without a time.
    Somewhen,
}

/// A string, or an integer's digits.
pub(super) fn text(value: &CowVal<'_, '_>) -> Result<String, Fault> {
    if let Some(text) = value.downcast_ref::<CelString<'_>>() {
        return Ok(text.inner().to_owned());
    }
    if let Some(int) = value.downcast_ref::<CelInt>() {
        return Ok(int.inner().to_string());
    }
    match value.downcast_ref::<CelUInt>() {
        Some(uint) => Ok(uint.inner().to_string()),
        None => Err(Fault::Failed(NO_TEXT)),
    }
}

/// A text in which something is written.
pub(super) fn full_text(value: &CowVal<'_, '_>) -> Result<String, Fault> {
    text(value).and_then(|text| {
        if text.trim().is_empty() {
            Err(Fault::Absent)
        } else {
            Ok(text)
        }
    })
}

/// One of our own words.
pub(super) fn word<T: FromStr>(value: &CowVal<'_, '_>) -> Result<T, Fault> {
    text(value)?
        .parse()
        .map_err(|_| Fault::Failed("yields a word that is not one of ours"))
}

/// True or false.
pub(super) fn boolean(value: &CowVal<'_, '_>) -> Result<bool, Fault> {
    value
        .downcast_ref::<CelBool>()
        .map(|boolean| *boolean.inner())
        .ok_or(Fault::Failed(NO_BOOLEAN))
}

/// `None`: it lasts.
pub(super) fn end(value: &CowVal<'_, '_>) -> Result<Option<End>, Fault> {
    match boolean(value) {
        Ok(true) => Ok(Some(End::Somewhen)),
        Ok(false) => Ok(None),
        Err(_) => time(value).map(|at| Some(End::At(at))),
    }
}

/// RFC 3339, or a number, also one written as text.
pub(super) fn time(value: &CowVal<'_, '_>) -> Result<Timestamp, Fault> {
    let at = if let Some(double) = value.downcast_ref::<CelDouble>() {
        unix(*double.inner())
    } else {
        let written = text(value).map_err(|_| Fault::Failed(NO_TIME))?;
        let numeric = written
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
        if numeric {
            written.parse().ok().and_then(unix)
        } else {
            instant::parse(&written)
        }
    };
    at.ok_or(Fault::Failed(NO_TIME))
}

/// Reads unix seconds or milliseconds. A double counts milliseconds exactly until long after the
/// year 9998.
fn unix(number: f64) -> Option<Timestamp> {
    let ms = if number >= MILLISECONDS_FROM {
        number
    } else {
        number * 1_000.0
    };
    // Printing rounds to the millisecond that was meant: 1700000000.123 is no binary fraction.
    instant::from_millis(format!("{ms:.0}").parse().ok()?)
}
