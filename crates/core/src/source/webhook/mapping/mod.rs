//! A vendor's JSON as events, each field found by an expression.
//!
//! Expressions see `item`, the thing that an event is made of, and `body`, the whole document. For
//! a batch the settings name the list; `body` then shows that list empty, because each item speaks
//! for itself, and all of them share one budget of work.
//!
//! What can be used is used: only an item without identity makes no event. Any other field that
//! cannot be read falls back to its default and is complained of, because a wrong detail must not
//! hide an outage. The bytes of each item stay as they were sent, in its event's `raw`.

mod expression;
mod fields;
mod judge;
mod path;
mod read;
mod scope;
mod value;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use cel::Env;
use jiff::Timestamp;
use serde_json::value::RawValue;

use expression::Expression;
pub use expression::{EXPRESSION_MAX, MappingError};
pub use path::ITEMS_MAX;
use path::Path;
use scope::Scope;

use crate::event::{EVENT_ID_MAX, Event, EventId, Kind, Severity};
use crate::json::{self, JsonError, RawJson};

/// Longest name of a source: an identifier must fit behind it and a colon.
const SOURCE_MAX: usize = EVENT_ID_MAX - 1 - fields::ID_MAX;

/// The expressions of a mapping, one per field, in CEL. Those left out take their default.
///
/// There are two variables: `item`, what the event is made of, and `body`, the whole document;
/// without a batch they are the same. Of the language there is everything but regular expressions,
/// `map`, type values, messages, bytes, and lists or maps of anything but constants; of functions
/// there are `size`, `contains`, `startsWith`, `endsWith`, `lowerAscii`, `upperAscii`, `trim`,
/// `substring`, `split` and the conversions `string`, `int`, `uint`, `double`, `bool`. Loops run
/// over lists only, because a map has no order.
///
/// No number loses a digit on its way into an expression. Integers within 64 bits are `int` or
/// `uint`. A number with a fraction or an exponent is a `double` if that prints as the same number
/// again; otherwise it is its text as it was written, as are longer integers.
///
/// An expression that names a member which is not there yields null.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expressions {
    /// The list of a batch, as a path from `body`: `body.events`. Left out: the body is the item.
    pub items: Option<String>,
    /// Whether to leave the item out; a boolean. Default: no.
    pub skip: Option<String>,
    /// The vendor's own identifier, a string without `:` and `/` or an integer.
    pub event_id: String,
    /// One of our kinds. Default: [`Settings::kind`].
    pub kind: Option<String>,
    /// One of our severities, or a word of [`Settings::severities`]. Default: [`Settings::severity`].
    pub severity: Option<String>,
    /// One line. Default: the identifier.
    pub summary: Option<String>,
    /// Detail. Default: none.
    pub description: Option<String>,
    /// When it began: RFC 3339, unix seconds or milliseconds. Default: `updated_at`, else now.
    pub started_at: Option<String>,
    /// When it ended, in the same notations, or `true` for "at `updated_at`, else now". Default,
    /// null and `false`: it lasts.
    pub resolved_at: Option<String>,
    /// When the vendor last touched it. Default: it does not say.
    pub updated_at: Option<String>,
    /// The vendor's word for its state, such as `acknowledged`. Default: none.
    pub status: Option<String>,
    /// The affected component's name. Default: none.
    pub component: Option<String>,
    /// Whether it is real, as opposed to a test; a boolean. Default: the vendor does not say.
    pub livemode: Option<String>,
}

/// What a mapping is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The feed's name, which every `event_id` begins with.
    pub source: String,
    /// The vendor that is affected.
    pub service: String,
    /// The kind of what does not say its own.
    pub kind: Kind,
    /// The severity of what does not say its own.
    pub severity: Severity,
    /// The vendor's words for severities, compared as they are written.
    pub severities: BTreeMap<String, Severity>,
    /// Where the fields are found.
    pub expressions: Expressions,
}

/// A mapping that is ready for use.
pub struct Mapping {
    settings: Settings,
    items: Option<Path>,
    fields: fields::Fields,
    env: Arc<Env>,
}

/// One item as an event, with what the lifecycle needs beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapped {
    /// The event; its `raw` is the item's own slice of the body.
    pub event: Event,
    /// The vendor's word for its state; empty where there is none.
    pub vendor_status: String,
    /// When the vendor last touched it, if it says so.
    pub vendor_updated_at: Option<Timestamp>,
    /// `<source>:<vendor id>`, the event's own identifier.
    pub subject: String,
    /// The fields that fell back to their default because they could not be read.
    pub complaints: Vec<Complaint>,
}

/// Something about one item that could not be read as configured. Never quotes the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Complaint {
    /// Index of the item in its batch, from 0; 0 where there is no batch.
    pub index: usize,
    /// The field, as in the configuration, or `item`.
    pub field: &'static str,
    /// What is wrong, to be read after the field.
    pub problem: &'static str,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "items[{}].{} {}", self.index, self.field, self.problem)
    }
}

impl fmt::Debug for Mapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Mapping").field(&self.settings).finish()
    }
}

impl Mapping {
    /// Parses and judges every expression.
    ///
    /// # Errors
    /// Everything that is wrong, each with its field and place.
    pub fn new(settings: Settings) -> Result<Self, Vec<MappingError>> {
        let mut errors = Vec::new();
        if EventId::from_vendor(&settings.source).is_none() || settings.source.len() > SOURCE_MAX {
            let message = "is no name: 1 to 126 visible ASCII characters without / or : are wanted";
            errors.push(MappingError::at_start("source", message));
        }
        let items = read_path(settings.expressions.items.as_deref(), &mut errors);
        let fields = fields::Fields::parse(&settings.expressions, &mut errors);
        let mut env = Env::stdlib();
        // It declares functions that nothing declared before it, so it cannot fail.
        if env.add_extension(cel::extensions::strings).is_err() {
            errors.push(MappingError::at_start("items", "has no environment"));
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Self {
            settings,
            items,
            fields,
            env: Arc::new(env),
        })
    }

    /// Reads a body into one entry per item that is not skipped, in the order of the body.
    ///
    /// # Errors
    /// The body is not an acceptable document, or its list of items is not one of at most
    /// [`ITEMS_MAX`].
    pub fn read(
        &self,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Vec<Result<Mapped, Complaint>>, JsonError> {
        let text = json::check(body)?;
        let document: &RawValue =
            serde_json::from_str(text).map_err(|error| JsonError::syntax(&error))?;
        match &self.items {
            None => self.read_single(document, text, now),
            Some(path) => self.read_batch(document, path, now),
        }
    }

    fn read_single(
        &self,
        document: &RawValue,
        text: &str,
        now: Timestamp,
    ) -> Result<Vec<Result<Mapped, Complaint>>, JsonError> {
        let body = value::convert(document, None).map_err(|why| JsonError::field("body", why))?;
        let scope = Scope::new(body, text.len());
        let raw = RawJson::from_checked(text);
        Ok(self.item(&scope, 0, raw, now).into_iter().collect())
    }

    fn read_batch(
        &self,
        document: &RawValue,
        path: &Path,
        now: Timestamp,
    ) -> Result<Vec<Result<Mapped, Complaint>>, JsonError> {
        let items = path.items(document)?;
        let body = value::convert(document, Some(&path.steps))
            .map_err(|why| JsonError::field("body", why))?;
        let n_within_items: usize = items.iter().map(|item| item.get().len()).sum();
        let envelope = document.get().len().saturating_sub(n_within_items);
        let mut scope = Scope::new(body, envelope);
        let mut entries = Vec::new();
        for (index, raw) in items.into_iter().enumerate() {
            let Ok(item) = value::convert(raw, None) else {
                entries.push(Err(Complaint {
                    index,
                    field: "item",
                    problem: "names a key twice",
                }));
                continue;
            };
            scope.set_item(item, raw.get().len());
            let raw = RawJson::from_checked(raw.get());
            entries.extend(self.item(&scope, index, raw, now));
        }
        Ok(entries)
    }
}

/// The list of a batch is walked to, not computed.
fn read_path(written: Option<&str>, errors: &mut Vec<MappingError>) -> Option<Path> {
    const FIELD: &str = "items";
    let written = written?;
    match Expression::parse(FIELD, written) {
        Ok(expression) => {
            let path = Path::from_expression(&expression.tree, written);
            if path.is_none() {
                let message = "is no path from body, such as body.events; use skip to leave out";
                errors.push(MappingError::at_start(FIELD, message));
            }
            path
        }
        Err(error) => {
            errors.push(error);
            None
        }
    }
}
