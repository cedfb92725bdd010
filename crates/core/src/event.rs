//! The normalized event: the one record that every other room speaks of.
//!
//! A vendor's document goes in at [`crate::source`], an [`Event`] comes out, and from there on
//! nobody needs to know which vendor it was. [`NormalizedEvent`] is its form on the wire, with the
//! ten fields of the published schema.

use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::json::RawJson;

/// Longest `event_id`, in bytes.
pub const EVENT_ID_MAX: usize = 255;
/// Longest `summary`, in characters; PagerDuty refuses more than 1,024.
pub const SUMMARY_MAX: usize = 1_024;
/// Longest `description`, in characters. Postmortems exceed 40 KB; `raw` keeps them whole.
pub const DESCRIPTION_MAX: usize = 16_384;

/// A vendor's identifier made ours: 1 to 255 visible ASCII characters without `/`.
///
/// The rule keeps it usable in a path, a header and a deduplication key without escaping.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(Box<str>);

impl EventId {
    /// Accepts an identifier of ours; anything that breaks the rule gives `None`.
    #[must_use]
    pub fn new(id: &str) -> Option<Self> {
        let sane = (1..=EVENT_ID_MAX).contains(&id.len())
            && id
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b'/');
        sane.then(|| Self(id.into()))
    }

    /// Accepts a vendor's own identifier, which may not hold `:` either: that sign is kept for our
    /// prefixes, so that no vendor can take another's identifier.
    #[must_use]
    pub fn from_vendor(id: &str) -> Option<Self> {
        if id.contains(':') {
            None
        } else {
            Self::new(id)
        }
    }

    /// Returns the identifier as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A word that is not one of a closed list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected one of {expected}")]
pub struct UnknownWord {
    /// The accepted words, comma-separated.
    pub expected: &'static str,
}

/// Declares a closed list of words with one spelling everywhere: JSON, columns, logs, queries.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal),+ $(,)? } $list:literal) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $word)] $variant),+
        }

        impl $name {
            /// Every variant, in declaration order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the word used in JSON, columns and logs.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::event::UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::event::UnknownWord { expected: $list }),
                }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use words;

words! {
    /// How bad it is. Ordered: `Info < Warning < Critical`.
    Severity {
        /// Worth keeping, never worth waking anybody.
        Info = "info",
        /// Something is impaired.
        Warning = "warning",
        /// Money or service is lost now.
        Critical = "critical",
    } "info, warning, critical"
}

words! {
    /// What sort of thing happened.
    Kind {
        /// An incident that a status page declares.
        Incident = "incident",
        /// A component of a status page that is not operational.
        Status = "status",
        /// Something that happened to a payment; a point in time.
        Payment = "payment",
    } "incident, status, payment"
}

words! {
    /// Where the signal came from.
    Origin {
        /// The vendor, now.
        Live = "live",
        /// A fixture shipped with signalbox; never reaches a real destination.
        Fixture = "fixture",
        /// Played again on purpose.
        Replay = "replay",
    } "live, fixture, replay"
}

/// The normalized record of one signal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Stable identity across polls, retries, restarts and replicas.
    pub event_id: EventId,
    /// The configured feed it came from, such as `stripe` or `spreedly_status`.
    pub source: String,
    /// What sort of thing happened.
    pub kind: Kind,
    /// How bad it is.
    pub severity: Severity,
    /// The affected vendor, such as `stripe` or `spreedly`.
    pub service: String,
    /// One line, at most [`SUMMARY_MAX`] characters.
    pub summary: String,
    /// Detail, at most [`DESCRIPTION_MAX`] characters, or nothing.
    pub description: Option<String>,
    /// When it began, by the vendor's clock.
    pub started_at: Timestamp,
    /// When it ended; absent while it lasts and for points in time.
    pub resolved_at: Option<Timestamp>,
    /// The name of the component, for component states.
    pub component: Option<String>,
    /// Live, fixture or replay.
    pub origin: Origin,
    /// The vendor's live or test flag, where it has one.
    pub livemode: Option<bool>,
    /// The vendor's own JSON, byte for byte.
    pub raw: RawJson,
}

impl Event {
    /// Tells whether it lasts still. A payment is a point in time and never open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.kind != Kind::Payment && self.resolved_at.is_none()
    }
}

/// Cuts a text to a number of characters, marking the cut.
#[must_use]
pub fn clip(text: &str, chars_max: usize) -> String {
    if text.char_indices().nth(chars_max).is_none() {
        return text.to_owned();
    }
    let kept: String = text.chars().take(chars_max.saturating_sub(1)).collect();
    kept + "…"
}

/// The wire form of an event that a destination must accept: the ten fields of the schema.
///
/// Reading one is the validation: every field must be there with its type. Further fields, such as
/// our own metadata, are let pass.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(title = "signalbox normalized event"))]
pub struct NormalizedEvent {
    /// Unique identifier: 1 to 255 visible ASCII characters without `/`.
    #[cfg_attr(
        feature = "schema",
        schemars(length(min = 1, max = 255), regex(pattern = "^[!-.0-~]+$"))
    )]
    pub event_id: String,
    /// Feed name: `stripe`, `spreedly_status`, `braze_status`, or a configured one.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub source: String,
    /// What sort of thing happened.
    pub kind: Kind,
    /// How bad it is.
    pub severity: Severity,
    /// The affected vendor.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub service: String,
    /// One line.
    pub summary: String,
    /// Detail or null; the key must be there.
    #[serde(deserialize_with = "required")]
    #[cfg_attr(feature = "schema", schemars(required, extend("type" = ["string", "null"])))]
    pub description: Option<String>,
    /// RFC 3339 time.
    #[cfg_attr(feature = "schema", schemars(with = "String", extend("format" = "date-time")))]
    pub started_at: String,
    /// RFC 3339 time, or null while it lasts; the key must be there.
    #[serde(deserialize_with = "required")]
    #[cfg_attr(
        feature = "schema",
        schemars(required, extend("type" = ["string", "null"], "format" = "date-time"))
    )]
    pub resolved_at: Option<String>,
    /// The vendor's own record, of any JSON type; the key must be there.
    #[cfg_attr(feature = "schema", schemars(with = "serde_json::Value"))]
    pub raw: Box<RawValue>,
}

/// Lets a field be null but not absent, which a plain `Option` would allow.
fn required<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: serde::Deserializer<'de>,
{
    Option::deserialize(deserializer)
}

impl NormalizedEvent {
    /// Checks what types alone do not say.
    ///
    /// # Errors
    /// The name of the first field that is wrong, and what it should be.
    pub fn validate(&self) -> Result<(), (&'static str, &'static str)> {
        if EventId::new(&self.event_id).is_none() {
            return Err(("event_id", "1 to 255 visible ASCII characters without `/`"));
        }
        for (field, text) in [("source", &self.source), ("service", &self.service)] {
            if text.is_empty() || text.len() > EVENT_ID_MAX {
                return Err((field, "a name of 1 to 255 bytes"));
            }
        }
        if crate::instant::parse(&self.started_at).is_none() {
            return Err(("started_at", "an RFC 3339 time between 1970 and 9998"));
        }
        match &self.resolved_at {
            Some(at) if crate::instant::parse(at).is_none() => Err((
                "resolved_at",
                "null or an RFC 3339 time between 1970 and 9998",
            )),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_keep_to_the_rule() {
        for good in ["evt_1", "a", "spreedly_status:abc", &"x".repeat(255)] {
            assert!(EventId::new(good).is_some(), "{good}");
        }
        for bad in ["", "a b", "a/b", "é", "a\n", &"x".repeat(256)] {
            assert!(EventId::new(bad).is_none(), "{bad}");
        }
        assert!(EventId::from_vendor("spreedly_status:abc").is_none());
    }

    #[test]
    fn severities_are_ordered() {
        assert!(Severity::Info < Severity::Warning && Severity::Warning < Severity::Critical);
    }

    #[test]
    fn clipping_respects_characters() {
        assert_eq!(clip("äöü", 3), "äöü");
        assert_eq!(clip("äöüß", 3), "äö…");
        assert_eq!(clip("", 3), "");
    }
}
