//! Vendors whose way of signing is well known, so that a configuration needs only the secret.

use super::hmac::{HmacScheme, Recipe};
use super::key::{Algorithm, Encoding, KeyForm};
use super::scheme::{Scheme, SchemeError};
use super::standard::StandardWebhooks;
use super::twilio::Twilio;

/// One well-known way of signing.
#[derive(Debug, Clone, Copy)]
pub struct Preset {
    /// The name in a configuration.
    pub name: &'static str,
    /// The page on which the vendor describes it.
    pub source: &'static str,
    kind: Kind,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Hmac(Recipe<'static>),
    Standard,
    Twilio,
}

/// SHA-256 over the raw body, in hex, with the secret's text as key: the others say how they differ.
const PLAIN: Recipe<'static> = Recipe {
    headers: &[],
    algorithm: Algorithm::Sha256,
    encoding: Encoding::Hex,
    key: KeyForm::Text,
    prefix: "",
    timestamp_header: None,
    template: "{body}",
};

/// Every preset, by name.
pub const PRESETS: &[Preset] = &[
    Preset {
        name: "github",
        source: "https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries",
        kind: Kind::Hmac(Recipe {
            headers: &["X-Hub-Signature-256"],
            prefix: "sha256=",
            ..PLAIN
        }),
    },
    Preset {
        name: "pagerduty",
        source: "https://developer.pagerduty.com/docs/verifying-webhook-signatures",
        kind: Kind::Hmac(Recipe {
            headers: &["X-PagerDuty-Signature"],
            prefix: "v1=",
            ..PLAIN
        }),
    },
    Preset {
        name: "shopify",
        source: "https://shopify.dev/docs/apps/build/webhooks/subscribe/https",
        kind: Kind::Hmac(Recipe {
            headers: &["X-Shopify-Hmac-Sha256", "shopify-hmac-sha256"],
            encoding: Encoding::Base64,
            ..PLAIN
        }),
    },
    Preset {
        name: "slack",
        source: "https://docs.slack.dev/authentication/verifying-requests-from-slack",
        kind: Kind::Hmac(Recipe {
            headers: &["X-Slack-Signature"],
            prefix: "v0=",
            timestamp_header: Some("X-Slack-Request-Timestamp"),
            template: "v0:{timestamp}:{body}",
            ..PLAIN
        }),
    },
    Preset {
        name: "standard",
        source: "https://www.standardwebhooks.com",
        kind: Kind::Standard,
    },
    Preset {
        name: "twilio",
        source: "https://www.twilio.com/docs/usage/security#validating-requests",
        kind: Kind::Twilio,
    },
];

impl Preset {
    /// Finds a preset by its name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.name == name)
    }

    /// Returns the recipe, where the vendor signs by one.
    #[must_use]
    pub fn recipe(&self) -> Option<&Recipe<'static>> {
        match &self.kind {
            Kind::Hmac(recipe) => Some(recipe),
            Kind::Standard | Kind::Twilio => None,
        }
    }

    /// Sets the scheme up with the vendor's secrets.
    ///
    /// # Errors
    /// A secret cannot be used.
    pub fn scheme(&self, secrets: &[&str]) -> Result<Scheme, SchemeError> {
        match &self.kind {
            Kind::Hmac(recipe) => HmacScheme::new(recipe, secrets).map(Scheme::Hmac),
            Kind::Standard => StandardWebhooks::new(secrets).map(Scheme::StandardWebhooks),
            Kind::Twilio => Twilio::new(secrets).map(Scheme::Twilio),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_can_be_set_up_and_shows_no_secret() {
        let secret = "C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
        for preset in PRESETS {
            let scheme = preset.scheme(&[secret]).unwrap();
            assert!(!format!("{scheme:?}").contains(secret), "{}", preset.name);
            assert_eq!(
                Preset::find(preset.name).map(|it| it.name),
                Some(preset.name)
            );
            assert!(preset.scheme(&[""]).is_err(), "{}", preset.name);
        }
        assert!(PRESETS.is_sorted_by_key(|preset| preset.name));
        assert!(Preset::find("none").is_none());
    }
}
