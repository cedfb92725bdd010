//! The one gate through which foreign JSON enters.
//!
//! [`check`] walks a document once, before anything interprets it, and refuses what could be
//! stored by one backend and not by another, or accepted now and unreadable later: bytes that are
//! not UTF-8, nesting beyond [`DEPTH_MAX`], NUL, lone surrogates, and a repeated key in the
//! outermost object. It looks at structure only; syntax is left to `serde_json`, which runs next.
//! Errors give a place, never the document's own text: it may hold personal data.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::de::value::MapAccessDeserializer;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// How many objects and arrays may lie within each other.
pub const DEPTH_MAX: usize = 64;

/// Why a document was refused before it was interpreted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// Nothing but white space was sent.
    #[error("body is empty; a JSON object was expected")]
    Empty,
    /// The bytes are not UTF-8.
    #[error("body is not UTF-8 (first bad byte at offset {offset})")]
    NotUtf8 {
        /// Offset of the first offending byte.
        offset: usize,
    },
    /// The text is not JSON.
    #[error("body is not JSON (line {line}, column {column})")]
    Syntax {
        /// Line of the first error, from 1.
        line: usize,
        /// Column of the first error, from 1.
        column: usize,
    },
    /// Objects or arrays lie deeper than [`DEPTH_MAX`].
    #[error("body is nested deeper than {DEPTH_MAX} levels (offset {offset})")]
    TooDeep {
        /// Offset of the bracket that is one too many.
        offset: usize,
    },
    /// A string holds `\u0000`.
    #[error("a string holds NUL (offset {offset})")]
    Nul {
        /// Offset of the escape.
        offset: usize,
    },
    /// A string holds half a surrogate pair.
    #[error("a string holds a lone surrogate (offset {offset})")]
    LoneSurrogate {
        /// Offset of the escape.
        offset: usize,
    },
    /// The outermost object names a key twice.
    #[error("a top-level key stands twice (offset {offset})")]
    DuplicateKey {
        /// Offset of the second occurrence.
        offset: usize,
    },
    /// A field is missing or of the wrong type.
    #[error("{field}: expected {expected}")]
    Field {
        /// Path of the field, such as `data.object`.
        field: String,
        /// What should have stood there.
        expected: &'static str,
    },
}

impl JsonError {
    /// Names a field and what it should have been.
    pub fn field(field: impl Into<String>, expected: &'static str) -> Self {
        Self::Field {
            field: field.into(),
            expected,
        }
    }

    /// Keeps the place of a parse error and drops its text, which may quote the document.
    #[must_use]
    pub fn syntax(error: &serde_json::Error) -> Self {
        Self::Syntax {
            line: error.line(),
            column: error.column(),
        }
    }
}

/// Checks the structure of a document and returns it as text.
///
/// # Errors
/// Any [`JsonError`] but `Syntax` and `Field`. A document that passes may still not be JSON.
pub fn check(bytes: &[u8]) -> Result<&str, JsonError> {
    let text = std::str::from_utf8(bytes).map_err(|error| JsonError::NotUtf8 {
        offset: error.valid_up_to(),
    })?;
    if text.trim_ascii().is_empty() {
        return Err(JsonError::Empty);
    }
    Guard::new(text).run()?;
    Ok(text)
}

/// Reads the fields of one JSON object into a struct whose fields are raw slices.
///
/// # Errors
/// `Field` naming `path` when the text is not an object, `Syntax` when it is not JSON.
pub fn object<'a, T: Deserialize<'a>>(text: &'a str, path: &str) -> Result<T, JsonError> {
    // A derived struct would also accept an array; the contract speaks of objects only.
    if !text.trim_ascii_start().starts_with('{') {
        // Garbage is told from another type of JSON by parsing it, as the sender needs to know.
        if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
            return Err(JsonError::syntax(&error));
        }
        return Err(JsonError::field(path, "a JSON object"));
    }
    serde_json::from_str(text).map_err(|error| {
        // Raw slices take any type, so data can only be wrong by naming a key twice.
        let twice = error.is_data();
        if twice {
            JsonError::field(path, "each key once")
        } else {
            JsonError::syntax(&error)
        }
    })
}

/// A field that should be an object: read as one in the same pass, or known not to be one.
#[derive(Debug)]
pub enum Nested<T> {
    /// It is.
    Object(T),
    /// It is of another type, which has been skipped.
    Other,
}

impl<T> Nested<T> {
    /// Returns the object.
    pub fn object(self) -> Option<T> {
        match self {
            Self::Object(object) => Some(object),
            Self::Other => None,
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Nested<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NestedVisitor(PhantomData))
    }
}

struct NestedVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for NestedVisitor<T> {
    type Value = Nested<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Nested<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Nested::Object)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Nested<T>, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Nested::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Nested<T>, E> {
        Ok(Nested::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Nested<T>, E> {
        Ok(Nested::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Nested<T>, E> {
        Ok(Nested::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Nested<T>, E> {
        Ok(Nested::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Nested<T>, E> {
        Ok(Nested::Other)
    }

    fn visit_unit<E>(self) -> Result<Nested<T>, E> {
        Ok(Nested::Other)
    }
}

/// Reads a raw slice as a string; any other type gives `None`.
#[must_use]
pub fn string(raw: &RawValue) -> Option<Cow<'_, str>> {
    let text = raw.get();
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        return serde_json::from_str(text).ok().map(Cow::Owned);
    }
    Some(Cow::Borrowed(inner))
}

/// Treats an absent field and an explicit `null` alike.
#[must_use]
pub fn present(raw: Option<&RawValue>) -> Option<&RawValue> {
    raw.filter(|raw| raw.get() != "null")
}

/// The vendor's own JSON, kept as the text it was received in.
///
/// Numbers keep their digits, keys their order, white space its place. It is spliced into answers
/// as it stands and never parsed again.
/// Cloning shares the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawJson(Arc<str>);

impl RawJson {
    /// Wraps text that has passed [`check`] and was parsed as JSON once, or comes from our store.
    #[must_use]
    pub fn from_checked(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// Returns the JSON text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Serialize for RawJson {
    /// Splices the text. `RawValue::from_string` would parse it again on every read, so this
    /// speaks the protocol by which `serde_json` recognises a `RawValue`; a test pins it down.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const TOKEN: &str = "$serde_json::private::RawValue";
        let mut raw = serializer.serialize_struct(TOKEN, 1)?;
        raw.serialize_field(TOKEN, &*self.0)?;
        raw.end()
    }
}

/// What the walk stops at outside strings.
const MARKS: [u8; 5] = *b"\"{[}]";

/// A walk over the bytes that tracks strings, nesting and the outermost keys.
struct Guard<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    in_object: bool,
    keys: HashSet<Cow<'a, str>>,
}

impl<'a> Guard<'a> {
    fn new(text: &'a str) -> Self {
        let in_object = text.trim_ascii_start().starts_with('{');
        Self {
            text,
            at: 0,
            depth: 0,
            in_object,
            keys: HashSet::new(),
        }
    }

    fn run(mut self) -> Result<(), JsonError> {
        while let Some(byte) = self.next_mark() {
            match byte {
                b'"' => self.string()?,
                b'{' | b'[' => {
                    self.depth += 1;
                    if self.depth > DEPTH_MAX {
                        return Err(JsonError::TooDeep { offset: self.at });
                    }
                    self.at += 1;
                }
                _ => {
                    self.depth = self.depth.saturating_sub(1);
                    self.at += 1;
                }
            }
        }
        Ok(())
    }

    /// Moves on to the next quote or bracket. Most bytes are neither.
    fn next_mark(&mut self) -> Option<u8> {
        let rest = self.text.as_bytes().get(self.at..)?;
        let skip = rest.iter().position(|byte| MARKS.contains(byte))?;
        self.at += skip;
        rest.get(skip).copied()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn string(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        self.at += 1;
        loop {
            let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
            let Some(skip) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\')) else {
                // The string never ends; the parser will say so.
                self.at = self.text.len();
                return Ok(());
            };
            self.at += skip;
            if self.peek() == Some(b'\\') {
                self.escape()?;
            } else {
                self.at += 1;
                return self.note_key(start);
            }
        }
    }

    fn escape(&mut self) -> Result<(), JsonError> {
        let offset = self.at;
        let Some(unit) = self.unit_at(offset) else {
            self.at += 2;
            return Ok(());
        };
        match unit {
            0 => Err(JsonError::Nul { offset }),
            0xD800..=0xDBFF => match self.unit_at(offset + 6) {
                Some(0xDC00..=0xDFFF) => {
                    self.at += 12;
                    Ok(())
                }
                _ => Err(JsonError::LoneSurrogate { offset }),
            },
            0xDC00..=0xDFFF => Err(JsonError::LoneSurrogate { offset }),
            _ => {
                self.at += 6;
                Ok(())
            }
        }
    }

    /// Reads `\uXXXX` at an offset.
    fn unit_at(&self, offset: usize) -> Option<u16> {
        let digits = self
            .text
            .as_bytes()
            .get(offset..offset + 6)?
            .strip_prefix(b"\\u")?;
        let digits = std::str::from_utf8(digits).ok()?;
        u16::from_str_radix(digits, 16).ok()
    }

    fn note_key(&mut self, start: usize) -> Result<(), JsonError> {
        if self.depth != 1 || !self.in_object {
            return Ok(());
        }
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        if rest.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b':') {
            return Ok(());
        }
        let quoted = self.text.get(start..self.at).unwrap_or_default();
        let inner = quoted.trim_matches('"');
        // `"id"` and `"\u0069d"` are the same key.
        let key = if inner.contains('\\') {
            serde_json::from_str(quoted).map_or(Cow::Borrowed(inner), Cow::Owned)
        } else {
            Cow::Borrowed(inner)
        };
        if self.keys.insert(key) {
            Ok(())
        } else {
            Err(JsonError::DuplicateKey { offset: start })
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn nested(depth: usize) -> String {
        format!("{}{}", "[".repeat(depth), "]".repeat(depth))
    }

    #[test]
    fn sixty_four_levels_pass_and_one_more_does_not() {
        assert!(check(nested(DEPTH_MAX).as_bytes()).is_ok());
        let deep = nested(100_000);
        let refused = check(deep.as_bytes());
        assert_eq!(refused, Err(JsonError::TooDeep { offset: DEPTH_MAX }));
    }

    #[test]
    fn brackets_inside_strings_do_not_count() {
        let text = format!("{{\"a\":\"{}\"}}", "[".repeat(200));
        assert!(check(text.as_bytes()).is_ok());
    }

    #[test]
    fn nul_and_lone_surrogates_are_refused() {
        assert_eq!(
            check(br#"{"a":"\u0000"}"#),
            Err(JsonError::Nul { offset: 6 })
        );
        assert_eq!(
            check(br#"{"a":"\ud800"}"#),
            Err(JsonError::LoneSurrogate { offset: 6 })
        );
        assert_eq!(
            check(br#"{"a":"\udc00"}"#),
            Err(JsonError::LoneSurrogate { offset: 6 })
        );
        assert!(check(br#"{"a":"\ud83d\ude00"}"#).is_ok());
        assert!(
            check(br#"{"a":"\\u0000"}"#).is_ok(),
            "an escaped backslash is not an escape"
        );
    }

    #[test]
    fn a_repeated_outermost_key_is_refused_however_it_is_spelled() {
        assert!(matches!(
            check(br#"{"id":1,"id":2}"#),
            Err(JsonError::DuplicateKey { .. })
        ));
        assert!(matches!(
            check(br#"{"id":1,"\u0069d":2}"#),
            Err(JsonError::DuplicateKey { .. })
        ));
        assert!(
            check(br#"{"a":{"x":1},"b":{"x":1}}"#).is_ok(),
            "inner keys are the vendor's own"
        );
        assert!(check(br#"["a","a"]"#).is_ok());
        assert!(
            check(br#"{"a":"a","b":"a"}"#).is_ok(),
            "values are not keys"
        );
    }

    #[test]
    fn raw_json_is_spliced_untouched() {
        #[derive(Serialize)]
        struct Holder {
            raw: RawJson,
        }
        let text = "{ \"b\": 1.000000000000000000001,\n \"a\": 12345678901234567890123 }";
        let holder = Holder {
            raw: RawJson::from_checked(text),
        };
        assert_eq!(
            serde_json::to_string(&holder).unwrap(),
            format!("{{\"raw\":{text}}}")
        );
    }

    proptest! {
        #[test]
        fn never_panics_on_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
            let _ = check(&bytes);
        }

        #[test]
        fn never_panics_on_json_like_text(text in "[\\[\\]{}\":,\\\\udD89cC0-9a \n]{0,200}") {
            let _ = check(text.as_bytes());
            let _ = object::<IgnoredAny>(&text, "body");
        }
    }
}
