//! JSON as expressions see it.
//!
//! | JSON | expression |
//! | --- | --- |
//! | integer that fits into 64 bits, signed | `int` |
//! | integer that fits into 64 bits, unsigned | `uint` |
//! | number with a fraction or an exponent that a double holds exactly as written | `double` |
//! | any other number | its text, digit for digit |
//! | string, boolean, null, array, object | `string`, `bool`, `null`, `list`, `map` |
//!
//! So no digit is ever lost silently: comparing a text with a number yields no overload, which is
//! complained of. "Exactly as written" means that the double prints as the same decimal number.
//! Strings are borrowed from the body. An object that names a key twice is refused: which of the
//! two was meant, an expression could not tell.

use std::collections::HashMap;
use std::fmt;

use cel::common::types::{
    CelBool, CelDouble, CelInt, CelList, CelMap, CelMapKey, CelNull, CelString, CelUInt,
};
use cel::common::value::Val;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::path::Step;
use crate::json;

/// A value that borrows from the body.
pub(super) type Borrowed<'v> = Box<dyn Val + 'v>;

/// What an object that is refused should have been.
pub(super) const KEYS_ONCE: &str = "each key once in every object";

/// Converts a value that has been checked and parsed before.
///
/// The list at `emptied`, where it is given, comes out empty: a batch speaks through its items.
pub(super) fn convert<'v>(
    raw: &'v RawValue,
    emptied: Option<&[Step]>,
) -> Result<Borrowed<'v>, &'static str> {
    if emptied.is_some_and(<[Step]>::is_empty) {
        return Ok(Box::new(CelList::default()));
    }
    match raw.get().as_bytes().first() {
        Some(b'{') => object(raw, emptied),
        Some(b'[') => array(raw, emptied),
        Some(b'"') => json::string(raw)
            .map(|text| Box::new(CelString::from(text)) as Borrowed<'v>)
            .ok_or("a string"),
        Some(b't') => Ok(Box::new(CelBool::from(true))),
        Some(b'f') => Ok(Box::new(CelBool::from(false))),
        Some(b'n') => Ok(Box::new(CelNull)),
        _ => Ok(number(raw.get())),
    }
}

fn object<'v>(raw: &'v RawValue, emptied: Option<&[Step]>) -> Result<Borrowed<'v>, &'static str> {
    let mut map: HashMap<CelMapKey<'v>, Borrowed<'v>> = HashMap::new();
    for (key, member) in members(raw)? {
        let value = convert(member, below(emptied, |step| step.is_key(&key)))?;
        if map.insert(CelMapKey::from(key), value).is_some() {
            return Err(KEYS_ONCE);
        }
    }
    Ok(Box::new(CelMap::from(map)))
}

fn array<'v>(raw: &'v RawValue, emptied: Option<&[Step]>) -> Result<Borrowed<'v>, &'static str> {
    let elements = elements(raw)?.into_iter().enumerate();
    let list = elements
        .map(|(index, element)| convert(element, below(emptied, |step| step.is_index(index))))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Box::new(CelList::from(list)))
}

/// What is left of a path below one member, if it leads there.
fn below(path: Option<&[Step]>, leads_there: impl Fn(&Step) -> bool) -> Option<&[Step]> {
    let (step, rest) = path?.split_first()?;
    leads_there(step).then_some(rest)
}

/// The elements of an array, as they stand in the body.
pub(super) fn elements(raw: &RawValue) -> Result<Vec<&RawValue>, &'static str> {
    serde_json::from_str(raw.get()).map_err(|_| "a list")
}

/// The members of an object in their order, a repeated key as often as it stands there.
pub(super) fn members(raw: &RawValue) -> Result<Vec<(String, &RawValue)>, &'static str> {
    let members: Members<'_> = serde_json::from_str(raw.get()).map_err(|_| "an object")?;
    Ok(members.0)
}

struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(MembersVisitor)
    }
}

fn number(written: &str) -> Borrowed<'_> {
    if let Ok(int) = written.parse::<i64>() {
        return Box::new(CelInt::from(int));
    }
    if let Ok(uint) = written.parse::<u64>() {
        return Box::new(CelUInt::from(uint));
    }
    match exact_double(written) {
        Some(double) => Box::new(CelDouble::from(double)),
        None => Box::new(CelString::from(written)),
    }
}

/// Reads a number with a fraction or an exponent, if a double loses nothing of it.
fn exact_double(written: &str) -> Option<f64> {
    if !written.contains(['.', 'e', 'E']) {
        return None;
    }
    let double: f64 = written.parse().ok()?;
    let printed = format!("{double:e}");
    (double.is_finite() && decimal(written)? == decimal(&printed)?).then_some(double)
}

/// A decimal number in one form: sign, digits without zeros at either end, power of ten.
fn decimal(written: &str) -> Option<(bool, String, i64)> {
    let unsigned = written.strip_prefix('-').unwrap_or(written);
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let kept = digits.trim_end_matches('0');
    let n_dropped = i64::try_from(digits.len() - kept.len()).ok()?;
    let kept = kept.trim_start_matches('0');
    if kept.is_empty() {
        return Some((false, String::new(), 0));
    }
    let power = exponent
        .parse::<i64>()
        .ok()?
        .checked_sub(i64::try_from(fraction.len()).ok()?)?
        .checked_add(n_dropped)?;
    Some((unsigned.len() < written.len(), kept.to_owned(), power))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seen(json: &str) -> String {
        let raw: &RawValue = serde_json::from_str(json).unwrap();
        match convert(raw, None) {
            Ok(value) => format!("{} {value:?}", value.get_type().name()),
            Err(expected) => format!("expected {expected}"),
        }
    }

    #[test]
    fn numbers_are_seen_without_loss_or_as_text() {
        for (json, start) in [
            ("0", "int"),
            ("-0", "int"),
            ("9223372036854775807", "int"),
            ("9223372036854775808", "uint"),
            ("18446744073709551615", "uint"),
            ("18446744073709551616", "string"),
            ("-9223372036854775809", "string"),
            ("1.0", "double"),
            ("0.0", "double"),
            ("-0.0e7", "double"),
            ("0.1", "double"),
            ("100.50", "double"),
            ("1E3", "double"),
            ("0.30000000000000004", "double"),
            ("0.1000000000000000055511151231257827", "string"),
            ("0.000000000001", "double"),
            ("12345678901234567.89", "string"),
            ("1e400", "string"),
            ("1e-400", "string"),
            ("1e99999999999999999999", "string"),
        ] {
            let got = seen(json);
            assert!(got.starts_with(start), "{json}: {got}");
        }
    }

    #[test]
    fn a_key_that_stands_twice_is_refused_at_any_depth() {
        for json in [r#"{"a":1,"a":2}"#, r#"[{"b":{"a":1,"\u0061":2}}]"#] {
            assert_eq!(seen(json), format!("expected {KEYS_ONCE}"));
        }
    }

    #[test]
    fn the_list_of_a_batch_comes_out_empty() {
        let raw: &RawValue = serde_json::from_str(r#"{"a":[{"b":[1,2]},{"b":[3]}]}"#).unwrap();
        let path = [Step::Key("a".into()), Step::Index(0), Step::Key("b".into())];
        let value = format!("{:?}", convert(raw, Some(&path)).unwrap());
        assert!(value.contains('3') && !value.contains('2'), "{value}");
    }

    proptest! {
        #[test]
        fn a_double_prints_as_it_was_written(
            whole in "-?(0|[1-9][0-9]{0,20})",
            fraction in "(\\.[0-9]{1,20})?",
            exponent in "([eE][+-]?[0-9]{1,4})?",
        ) {
            let written = format!("{whole}{fraction}{exponent}");
            if let Some(double) = exact_double(&written) {
                prop_assert_eq!(decimal(&written), decimal(&double.to_string()));
            }
        }
    }
}
