//! Stripe's webhooks: [`verify`] the signature over the raw bytes, then [`parse`] and normalize.
//!
//! Both generations arrive at the same endpoint: snapshot events carry `data.object`, thin (v2)
//! events only a `related_object`. Neither is checked further than what we use, because a refusal
//! makes Stripe retry for days. Sources: <https://docs.stripe.com/webhooks>,
//! <https://docs.stripe.com/api/events/object>, <https://docs.stripe.com/api/v2/core/events>.

mod parse;
pub mod severity;
mod verify;

pub use parse::parse;
pub use verify::{SigningSecret, TOLERANCE_S, VerifyError, sign, verify};

/// The feed name and the service of every Stripe event.
pub const SOURCE: &str = "stripe";
