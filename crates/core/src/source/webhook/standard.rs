//! Standard Webhooks 1.0.0, symmetric: `v1,<base64>` over `{id}.{timestamp}.{body}`.
//!
//! Several signatures stand in one header, separated by spaces, and several keys may be known
//! while one is rotated; any pair that fits accepts. Other versions are skipped, so `v1a` beside
//! `v1` is no error and never a downgrade. Svix's older header names are the same scheme.
//! Source: <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>.

use jiff::Timestamp;

use super::key::{Algorithm, Encoding, KeyForm, Keys};
use super::request::WebhookRequest;
use super::scheme::SchemeError;
use super::verify::{VerifyError, check_age, unix_seconds};

/// What a secret may begin with; not part of the base64.
const PREFIX: &str = "whsec_";

/// Fewest bytes of a key: the specification wants 24 to 64.
const KEY_MIN: usize = 24;

/// The three headers, in their two spellings.
const IDS: [&str; 2] = ["webhook-id", "svix-id"];
const TIMESTAMPS: [&str; 2] = ["webhook-timestamp", "svix-timestamp"];
const SIGNATURES: [&str; 2] = ["webhook-signature", "svix-signature"];

/// The keys of a sender that follows Standard Webhooks.
#[derive(Debug, Clone)]
pub struct StandardWebhooks {
    keys: Keys,
}

impl StandardWebhooks {
    /// Takes secrets as they are shown, `whsec_` and base64; the prefix may be missing.
    ///
    /// # Errors
    /// A secret is not base64, or stands for fewer than 24 bytes.
    pub fn new(secrets: &[&str]) -> Result<Self, SchemeError> {
        let bare: Vec<&str> = secrets
            .iter()
            .map(|secret| secret.strip_prefix(PREFIX).unwrap_or(secret))
            .collect();
        let keys = Keys::new(Algorithm::Sha256, KeyForm::Base64, &bare)?;
        if keys.shortest() < KEY_MIN {
            return Err(SchemeError::TooShort("24 bytes in base64"));
        }
        Ok(Self { keys })
    }

    pub(super) fn verify(
        &self,
        request: &WebhookRequest<'_>,
        now: Timestamp,
    ) -> Result<(), VerifyError> {
        let id = request.header(request.spelling(&IDS))?;
        let timestamp_name = request.spelling(&TIMESTAMPS);
        let timestamp = request.header(timestamp_name)?;
        let signed_at_s = unix_seconds(timestamp).ok_or_else(|| {
            VerifyError::malformed_header(timestamp_name, "not a number of unix seconds")
        })?;
        let signature_name = request.spelling(&SIGNATURES);
        let signatures = read_signatures(request.header(signature_name)?);
        if signatures.is_empty() {
            let what = "no v1,<base64 of 32 bytes>";
            return Err(VerifyError::malformed_header(signature_name, what));
        }
        let text = [
            id.as_bytes(),
            b".",
            timestamp.as_bytes(),
            b".",
            request.body,
        ];
        if !bool::from(self.keys.sign_any(&text, &signatures)) {
            return Err(VerifyError::Mismatch);
        }
        check_age(signed_at_s, now)
    }
}

fn read_signatures(header: &str) -> Vec<Vec<u8>> {
    header
        .split_ascii_whitespace()
        .filter_map(|item| item.strip_prefix("v1,"))
        .filter_map(|digest| Encoding::Base64.decode(digest, Algorithm::Sha256))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_or_unreadable_key_is_refused() {
        for secret in [
            "whsec_",
            "",
            "whsec_!!!",
            "whsec_c2hvcnQ=",
            "hunter2 hunter2",
        ] {
            assert!(StandardWebhooks::new(&[secret]).is_err(), "{secret}");
        }
        let key = "C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
        for secret in [key, &format!("whsec_{key}")] {
            assert!(StandardWebhooks::new(&[secret]).is_ok(), "{secret}");
        }
    }
}
