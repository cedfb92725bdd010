//! Any vendor's webhooks, by configuration: a [`Scheme`] proves who sent a request, a [`Format`]
//! says what its body means.
//!
//! A scheme works on the raw bytes and never looks into them; a format is only ever given what a
//! scheme has let pass. There is no scheme that lets everything pass: a vendor that does not sign,
//! as Statuspage, gets an unguessable path, and what it says is a [`Hint`] to look for ourselves,
//! never an event. What a vendor's body means is told by expressions, which need the feature `cel`.
//! Nothing here knows a header map, a route or a configuration file.

mod format;
mod hint;
mod hmac;
mod key;
#[cfg(feature = "cel")]
mod mapping;
mod preset;
mod request;
mod scheme;
mod standard;
mod token;
mod twilio;
mod verify;

pub use format::{Format, Reading};
pub use hint::{About, Hint};
pub use hmac::{HmacScheme, Recipe};
pub use key::{Algorithm, Encoding, KeyForm};
#[cfg(feature = "cel")]
pub use mapping::{
    Complaint, EXPRESSION_MAX, Expressions, ITEMS_MAX, Mapped, Mapping, MappingError, Settings,
};
pub use preset::{PRESETS, Preset};
pub use request::WebhookRequest;
pub use scheme::{SECRETS_MAX, Scheme, SchemeError};
pub use standard::StandardWebhooks;
pub use token::{Bearer, PATH_TOKEN_MIN, PathToken};
pub use twilio::Twilio;
pub use verify::{TOLERANCE_S, VerifyError};
