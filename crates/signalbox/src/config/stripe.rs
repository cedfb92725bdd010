//! `[stripe]`: how its webhooks are verified.

use secrecy::SecretString;
use signalbox_core::source::stripe::SigningSecret;

use super::settings;
use super::sources::Reader;

/// What is known of Stripe.
#[derive(Debug, Clone)]
pub struct Stripe {
    /// Signing secrets; any of them may have signed. Empty: the endpoint is closed.
    pub secrets: Vec<SigningSecret>,
    /// The key of its API, for reconciliation.
    pub api_key: Option<SecretString>,
}

pub(super) fn read(reader: &mut Reader<'_>) -> Stripe {
    let secrets = reader.parse(&settings::STRIPE_WEBHOOK_SECRET, |text| {
        // An empty element would be a key that everybody knows.
        let secrets: Vec<_> = text
            .split(',')
            .map(str::trim)
            .filter_map(SigningSecret::new)
            .collect();
        if secrets.is_empty() {
            return Err("write at least one secret between the commas".to_owned());
        }
        Ok(secrets)
    });
    let api_key = reader.parse(&settings::STRIPE_API_KEY, |text| {
        Ok(SecretString::from(text))
    });
    Stripe {
        secrets: secrets.unwrap_or_default(),
        api_key,
    }
}
