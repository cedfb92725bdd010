//! Reading the fields of JSON records, for every platform's room.
//!
//! A record is a struct of raw slices ([`fields!`]); what is read of them is checked here. Nothing
//! is interpreted twice, and a slice is the source text itself.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::complaint::{ReadError, Wrong};
use super::incident::Update;
use crate::event::EventId;
use crate::instant;
use crate::json::{self, JsonError};

/// Longest vendor id; platforms use 1 to 36 characters.
const ID_MAX: usize = 200;

/// Most updates that are kept of one incident, the newest ones. The longest life recorded has 19;
/// `raw` keeps all.
const UPDATES_MAX: usize = 500;

/// What an identifier must look like.
const ID: Wrong = (".id", "1 to 200 visible ASCII characters without / or :");

/// What a time must look like.
pub(in crate::source) const TIME: &str = "an RFC 3339 time from 1970 to 9998";

/// What a text must look like.
pub(in crate::source) const STRING: &str = "a string";

/// Declares a struct whose fields are slices of the source text, absent ones `None`. A key that is
/// no Rust name, or a keyword, is given behind `=`.
macro_rules! fields {
    ($(#[$meta:meta])* $name:ident { $($field:ident $(= $key:literal)?),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Default, serde::Deserialize)]
        struct $name<'a> {
            $(#[serde(borrow $(, rename = $key)?)] $field: Option<&'a serde_json::value::RawValue>,)+
        }
    };
}
pub(in crate::source) use fields;

/// Reads the fields of a record that must be an object, each key once.
pub(in crate::source) fn need_object<'a, T: serde::Deserialize<'a>>(
    raw: &'a RawValue,
) -> Result<T, Wrong> {
    json::object(raw.get(), "").map_err(|_| ("", "a JSON object, each key once"))
}

/// Reads a string that must be there.
pub(in crate::source) fn need(raw: Option<&RawValue>, wrong: Wrong) -> Result<Cow<'_, str>, Wrong> {
    raw.and_then(json::string)
        .filter(|text| !text.is_empty())
        .ok_or(wrong)
}

/// Reads an identifier, short enough for our prefix and a time behind it.
pub(in crate::source) fn need_id(raw: Option<&RawValue>) -> Result<EventId, Wrong> {
    raw.and_then(json::string)
        .and_then(|id| vendor_id(&id))
        .ok_or(ID)
}

/// Reads an identifier that some documents write as a number.
pub(in crate::source) fn need_id_or_number(raw: Option<&RawValue>) -> Result<EventId, Wrong> {
    let digits = |raw: &RawValue| {
        raw.get()
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| raw.get().to_owned())
    };
    raw.and_then(|raw| {
        json::string(raw)
            .map(Cow::into_owned)
            .or_else(|| digits(raw))
    })
    .and_then(|id| vendor_id(&id))
    .ok_or(ID)
}

/// Takes an identifier that the document gives, if it can be ours.
pub(in crate::source) fn vendor_id(id: &str) -> Option<EventId> {
    (id.len() <= ID_MAX)
        .then(|| EventId::from_vendor(id))
        .flatten()
}

/// Takes the identifier that ends the address of a record's own page, such as `vrf72cr36xwt` in
/// `https://status.example.com/incidents/vrf72cr36xwt`.
pub(in crate::source) fn id_from_url(url: &str) -> Option<EventId> {
    let path = url.split(['?', '#']).next()?.trim_end_matches('/');
    let (_, path) = path.split_once("://").unwrap_or(("", path));
    let (_, last) = path.rsplit_once('/')?;
    vendor_id(last)
}

/// Makes an identifier of a text that stays the same, where a record has no identifier.
pub(in crate::source) fn id_from_text(text: &str) -> Option<EventId> {
    let digest = hex::encode(Sha256::digest(text.as_bytes()));
    EventId::from_vendor(&format!("unnamed-{}", digest.get(..16)?))
}

/// Reads a time that may be absent or null; a wrong one is treated as absent and complained of.
pub(in crate::source) fn maybe_time(
    raw: Option<&RawValue>,
    field: &'static str,
    wrongs: &mut Vec<Wrong>,
) -> Option<Timestamp> {
    let at = read_time(json::present(raw)?);
    if at.is_none() {
        wrongs.push((field, TIME));
    }
    at
}

/// Reads a time; anything else gives `None`.
pub(in crate::source) fn read_time(raw: &RawValue) -> Option<Timestamp> {
    instant::parse(&json::string(raw)?)
}

/// Reads a text that may be absent, null or empty, all of which mean that there is none.
pub(in crate::source) fn maybe_text(raw: Option<&RawValue>) -> Option<String> {
    let text = json::string(json::present(raw)?)?;
    (!text.is_empty()).then(|| text.into_owned())
}

/// Reads a list of the document's that may be absent or null.
///
/// # Errors
/// It is something else.
pub(in crate::source) fn list<'a>(
    raw: Option<&'a RawValue>,
    field: &str,
) -> Result<Option<Vec<&'a RawValue>>, ReadError> {
    let Some(raw) = json::present(raw) else {
        return Ok(None);
    };
    let items = serde_json::from_str(raw.get()).map(Some);
    Ok(items.map_err(|_| JsonError::field(field, "a list"))?)
}

/// Reads a list of a record's that may be absent or null; anything else is complained of.
pub(in crate::source) fn items<'a>(
    raw: Option<&'a RawValue>,
    field: &'static str,
    wrongs: &mut Vec<Wrong>,
) -> Vec<&'a RawValue> {
    let Some(raw) = json::present(raw) else {
        return Vec::new();
    };
    serde_json::from_str(raw.get()).unwrap_or_else(|_| {
        wrongs.push((field, "a list"));
        Vec::new()
    })
}

/// Looks a vendor's word up.
pub(in crate::source) fn lookup<T: Copy>(table: &[(&str, T)], word: &str) -> Option<T> {
    table
        .iter()
        .find(|(known, _)| *known == word)
        .map(|(_, meaning)| *meaning)
}

/// Puts updates into order, the newest first. Platforms list them one way or the other and promise
/// neither, so the times decide; what has none comes last, in the order of the document.
pub(in crate::source) fn newest_first(mut updates: Vec<Update>) -> Vec<Update> {
    updates.sort_by_key(|update| std::cmp::Reverse(update.at));
    updates.truncate(UPDATES_MAX);
    updates
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).unwrap()
    }

    #[test]
    fn an_identifier_is_text_and_may_be_a_number_where_that_is_known() {
        let id = |text| need_id_or_number(Some(&raw(text))).map(|id| id.to_string());
        assert_eq!(id("878").unwrap(), "878");
        assert_eq!(id("\"878\"").unwrap(), "878");
        for bad in [
            "-1", "1.5", "1e3", "null", "\"a:b\"", "\"a/b\"", "\"\"", "[]",
        ] {
            assert!(id(bad).is_err(), "{bad}");
        }
        assert!(need_id(Some(&raw("878"))).is_err());
    }

    #[test]
    fn the_address_of_a_record_ends_in_its_identifier() {
        let id = |url: &str| id_from_url(url).map(|id| id.to_string());
        let url = "https://status.example.com/incidents/vrf72cr36xwt";
        assert_eq!(id(url).as_deref(), Some("vrf72cr36xwt"));
        assert_eq!(
            id(&format!("{url}/?utm=1#top")).as_deref(),
            Some("vrf72cr36xwt")
        );
        assert_eq!(id("https://status.example.com/"), None);
        assert_eq!(id("status"), None);
    }

    #[test]
    fn updates_come_newest_first_and_untimed_ones_last() {
        let at = |second| Timestamp::from_second(second).ok();
        let update = |at, text: &str| Update {
            at,
            status: None,
            text: Some(text.into()),
        };
        let updates = vec![
            update(None, "a"),
            update(at(1), "b"),
            update(at(3), "c"),
            update(at(3), "d"),
            update(None, "e"),
        ];
        let texts: Vec<_> = newest_first(updates)
            .into_iter()
            .filter_map(|update| update.text)
            .collect();
        assert_eq!(texts, ["c", "d", "b", "a", "e"]);
    }
}
