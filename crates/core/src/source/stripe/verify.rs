//! The `Stripe-Signature` header: `t=<unix seconds>,v1=<hex>[,v1=<hex>…]`.
//!
//! Every `v1` is compared with every secret in constant time, because while a secret is rolled
//! Stripe sends one signature per active secret and we may know several. Other schemes are ignored
//! (`v0` is a decoy on test events; accepting it would be a downgrade).
//! Source: <https://docs.stripe.com/webhooks#verify-manually>.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

/// How far the signed time may lie from now, in either direction. Stripe's own default, though its
/// libraries check the past only; a time from the future is no less a replay in waiting.
pub const TOLERANCE_S: i64 = 300;

/// Longest header that is looked at. A genuine one with two secrets has about 160 bytes.
const HEADER_MAX: usize = 4_096;

/// Why a webhook was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The request has no `Stripe-Signature` header, or more than one.
    #[error("header Stripe-Signature is missing; send exactly one")]
    Missing,
    /// The header cannot be read.
    #[error("header Stripe-Signature is malformed: {0}")]
    Malformed(&'static str),
    /// No `v1` signature matches the body.
    #[error("signature does not match the body; check the signing secret and send the raw bytes")]
    Mismatch,
    /// The signed time is too long ago.
    #[error("signature is {age_s} s old; at most {TOLERANCE_S} s are accepted")]
    Stale {
        /// Seconds between the signed time and now.
        age_s: i64,
    },
    /// The signed time lies too far in the future.
    #[error("signature is from {ahead_s} s ahead; at most {TOLERANCE_S} s are accepted")]
    Future {
        /// Seconds between now and the signed time.
        ahead_s: i64,
    },
}

impl VerifyError {
    /// Returns the reason as one word, for logs and metrics.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Malformed(_) => "malformed",
            Self::Mismatch => "mismatch",
            Self::Stale { .. } => "stale",
            Self::Future { .. } => "future",
        }
    }
}

/// A signing secret, ready for use. Never printed.
#[derive(Clone)]
pub struct SigningSecret(Hmac<Sha256>);

impl SigningSecret {
    /// Takes a secret as text, `whsec_` included: Stripe does not base64-decode it. An empty one
    /// gives `None`, because anybody can sign with it.
    #[must_use]
    pub fn new(secret: &str) -> Option<Self> {
        if secret.is_empty() {
            return None;
        }
        Hmac::new_from_slice(secret.as_bytes()).ok().map(Self)
    }

    fn digest(&self, signed_at: &str, body: &[u8]) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(signed_at.as_bytes());
        mac.update(b".");
        mac.update(body);
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(***)")
    }
}

/// Checks the signature of a webhook over its raw body.
///
/// # Errors
/// The exact reason. A signature that matches but is too old says so; one that does not match is
/// a mismatch whatever its age.
pub fn verify(
    header: &[u8],
    body: &[u8],
    secrets: &[SigningSecret],
    now: Timestamp,
) -> Result<(), VerifyError> {
    let header = Header::read(header)?;
    let mut matches = Choice::from(0);
    for secret in secrets {
        let expected = secret.digest(header.signed_at, body);
        for signature in &header.signatures {
            matches |= expected.ct_eq(signature);
        }
    }
    if !bool::from(matches) {
        return Err(VerifyError::Mismatch);
    }
    let age_s = now.as_second().saturating_sub(header.signed_at_s);
    if age_s > TOLERANCE_S {
        return Err(VerifyError::Stale { age_s });
    }
    if age_s < -TOLERANCE_S {
        return Err(VerifyError::Future {
            ahead_s: age_s.saturating_neg(),
        });
    }
    Ok(())
}

/// Makes the header that [`verify`] accepts, as Stripe would. For sending test events.
#[must_use]
pub fn sign(secret: &SigningSecret, body: &[u8], now: Timestamp) -> String {
    let signed_at = now.as_second().to_string();
    let signature = hex::encode(secret.digest(&signed_at, body));
    format!("t={signed_at},v1={signature}")
}

struct Header<'a> {
    /// The signed time as written: it is part of the signed text.
    signed_at: &'a str,
    signed_at_s: i64,
    signatures: Vec<[u8; 32]>,
}

impl<'a> Header<'a> {
    fn read(header: &'a [u8]) -> Result<Self, VerifyError> {
        if header.len() > HEADER_MAX {
            return Err(VerifyError::Malformed("longer than 4096 bytes"));
        }
        let text = std::str::from_utf8(header)
            .map_err(|_| VerifyError::Malformed("not text; expected t=…,v1=…"))?;
        let mut signed_at = None;
        let mut signatures = Vec::new();
        for item in text.split(',') {
            let Some((key, value)) = item.split_once('=') else {
                continue;
            };
            match key {
                "t" if signed_at.is_some() => {
                    return Err(VerifyError::Malformed("t stands twice"));
                }
                "t" => signed_at = Some(value),
                // An unreadable signature beside a good one is no error.
                "v1" => signatures.extend(decode(value)),
                _ => {}
            }
        }
        let signed_at = signed_at.ok_or(VerifyError::Malformed("no t=<unix seconds>"))?;
        let digits = !signed_at.is_empty() && signed_at.bytes().all(|byte| byte.is_ascii_digit());
        let signed_at_s = signed_at
            .parse()
            .ok()
            .filter(|_| digits)
            .ok_or(VerifyError::Malformed("t is not a number of unix seconds"))?;
        if signatures.is_empty() {
            return Err(VerifyError::Malformed("no v1=<64 hex digits>"));
        }
        Ok(Self {
            signed_at,
            signed_at_s,
            signatures,
        })
    }
}

fn decode(value: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    hex::decode_to_slice(value, &mut digest).ok()?;
    Some(digest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BODY: &[u8] = br#"{"id":"evt_1"}"#;

    fn secret(text: &str) -> SigningSecret {
        SigningSecret::new(text).unwrap()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn check(header: &str, now: i64) -> Result<(), VerifyError> {
        verify(header.as_bytes(), BODY, &[secret("whsec_a")], at(now))
    }

    #[test]
    fn the_tolerance_holds_both_ways_to_the_second() {
        let header = sign(&secret("whsec_a"), BODY, at(10_000));
        assert_eq!(check(&header, 10_000), Ok(()));
        assert_eq!(check(&header, 10_300), Ok(()));
        assert_eq!(check(&header, 9_700), Ok(()));
        assert_eq!(
            check(&header, 10_301),
            Err(VerifyError::Stale { age_s: 301 })
        );
        assert_eq!(
            check(&header, 9_699),
            Err(VerifyError::Future { ahead_s: 301 })
        );
    }

    #[test]
    fn any_signature_may_match_any_secret() {
        let good = sign(&secret("whsec_b"), BODY, at(1_000));
        let header = good.replace(",v1=", &format!(",v1={},v1=zz,v1=", "0".repeat(64)));
        let known = [secret("whsec_a"), secret("whsec_b")];
        assert_eq!(verify(header.as_bytes(), BODY, &known, at(1_000)), Ok(()));
    }

    #[test]
    fn another_scheme_is_never_accepted() {
        let header = sign(&secret("whsec_a"), BODY, at(1_000)).replace("v1=", "v0=");
        assert_eq!(
            check(&header, 1_000),
            Err(VerifyError::Malformed("no v1=<64 hex digits>"))
        );
    }

    #[test]
    fn each_malformation_has_its_reason() {
        let v1 = "0".repeat(64);
        for (header, reason) in [
            (String::new(), "no t=<unix seconds>"),
            ("garbage".into(), "no t=<unix seconds>"),
            (format!("v1={v1}"), "no t=<unix seconds>"),
            (format!("t=1,t=1,v1={v1}"), "t stands twice"),
            (format!("t=,v1={v1}"), "t is not a number of unix seconds"),
            (format!("t=-1,v1={v1}"), "t is not a number of unix seconds"),
            (format!("t=+1,v1={v1}"), "t is not a number of unix seconds"),
            (
                format!("t=99999999999999999999,v1={v1}"),
                "t is not a number of unix seconds",
            ),
            ("t=1".into(), "no v1=<64 hex digits>"),
            ("t=1,v1=".into(), "no v1=<64 hex digits>"),
            (
                format!("t=1,v1={v1}{}", ",v1=a".repeat(2_000)),
                "longer than 4096 bytes",
            ),
        ] {
            assert_eq!(
                check(&header, 1),
                Err(VerifyError::Malformed(reason)),
                "{header}"
            );
        }
    }

    #[test]
    fn a_changed_body_or_no_secret_is_a_mismatch() {
        let header = sign(&secret("whsec_a"), BODY, at(1));
        let known = [secret("whsec_a")];
        let changed = verify(header.as_bytes(), b"{}", &known, at(1));
        assert_eq!(changed, Err(VerifyError::Mismatch));
        assert_eq!(
            verify(header.as_bytes(), BODY, &[], at(1)),
            Err(VerifyError::Mismatch)
        );
    }

    #[test]
    fn an_empty_secret_does_not_exist() {
        assert!(SigningSecret::new("").is_none());
        assert_eq!(format!("{:?}", secret("whsec_a")), "SigningSecret(***)");
    }

    proptest! {
        #[test]
        fn never_panics_on_any_header(
            header in proptest::collection::vec(any::<u8>(), 0..300),
            now in -377_705_023_201_i64..253_402_207_200,
        ) {
            let _ = verify(&header, BODY, &[secret("a")], at(now));
        }

        #[test]
        fn what_was_signed_verifies(
            key in "[a-zA-Z0-9_]{1,40}",
            body in proptest::collection::vec(any::<u8>(), 0..300),
            now in 0_i64..4_000_000_000,
        ) {
            let header = sign(&secret(&key), &body, at(now));
            prop_assert_eq!(verify(header.as_bytes(), &body, &[secret(&key)], at(now)), Ok(()));
        }
    }
}
