//! The closed list of ways to prove who sent a webhook.

use jiff::Timestamp;

use super::hmac::HmacScheme;
use super::request::WebhookRequest;
use super::standard::StandardWebhooks;
use super::token::{Bearer, PathToken};
use super::twilio::Twilio;
use super::verify::VerifyError;

/// Most secrets of one scheme: a rotation needs two, and each costs a pass over the body.
pub const SECRETS_MAX: usize = 8;

/// How a vendor's requests are verified, with the secrets. Printing one shows no secret.
#[derive(Debug, Clone)]
pub enum Scheme {
    /// Standard Webhooks: base64 keys, signed identifier and time.
    StandardWebhooks(StandardWebhooks),
    /// An HMAC in a header, written down as a recipe: GitHub, `PagerDuty`, Shopify, Slack, others.
    Hmac(HmacScheme),
    /// Twilio: URL and sorted parameters.
    Twilio(Twilio),
    /// A fixed token in `Authorization`.
    Bearer(Bearer),
    /// An unguessable token in the URL's path, for vendors that do not sign.
    PathToken(PathToken),
}

impl Scheme {
    /// Checks that the vendor sent the request, over its raw bytes. `now` bounds the age of what
    /// carries a time.
    ///
    /// # Errors
    /// The exact reason. A signature that matches but is too old says so; one that does not match
    /// is a mismatch whatever its age.
    pub fn verify(&self, request: &WebhookRequest<'_>, now: Timestamp) -> Result<(), VerifyError> {
        match self {
            Self::StandardWebhooks(scheme) => scheme.verify(request, now),
            Self::Hmac(scheme) => scheme.verify(request, now),
            Self::Twilio(scheme) => scheme.verify(request),
            Self::Bearer(scheme) => scheme.verify(request),
            Self::PathToken(scheme) => scheme.verify(request),
        }
    }
}

/// Why a scheme cannot be set up as configured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemeError {
    /// No secret was given.
    #[error("no secret is given")]
    NoSecret,
    /// A secret is empty, or stands for no bytes.
    #[error("a secret is empty; anybody could sign with it")]
    EmptySecret,
    /// More than [`SECRETS_MAX`] secrets.
    #[error("at most {SECRETS_MAX} secrets are accepted at a time")]
    TooManySecrets,
    /// A secret is not in the notation that the scheme wants; holds the notation.
    #[error("a secret is not {0}")]
    Undecodable(&'static str),
    /// A key or token is short enough to be guessed; holds what is wanted.
    #[error("a secret is too short; at least {0} are wanted")]
    TooShort(&'static str),
    /// A token holds characters that do not travel unchanged; holds those that do.
    #[error("a token may hold only {0}")]
    Unsafe(&'static str),
    /// A header's name is empty or holds characters that no header has.
    #[error("{0:?} is no name of a header")]
    Header(String),
    /// The template of the signed text cannot be used; holds why.
    #[error("template of the signed text: {0}")]
    Template(&'static str),
}

#[cfg(test)]
mod tests {
    use ::hmac::{Hmac, KeyInit, Mac};
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;
    use proptest::prelude::*;
    use sha1::Sha1;
    use sha2::{Digest, Sha256, Sha512};

    use super::super::hmac::Recipe;
    use super::super::key::{Algorithm, Encoding, KeyForm};
    use super::super::preset::PRESETS;
    use super::*;

    const NOW_S: i64 = 1_700_000_000;
    const KEY: &[u8] = b"a key of exactly 32 bytes, truly";

    /// A request that owns its parts, to be changed one at a time.
    #[derive(Debug, Clone)]
    struct Signed {
        url: String,
        headers: Vec<(String, Vec<u8>)>,
        body: Vec<u8>,
    }

    impl Signed {
        fn check(&self, scheme: &Scheme) -> Result<(), VerifyError> {
            let headers: Vec<(&str, &[u8])> = self
                .headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_slice()))
                .collect();
            let request = WebhookRequest {
                method: "POST",
                url: &self.url,
                headers: &headers,
                body: &self.body,
                path_token: Some(&self.url),
            };
            scheme.verify(&request, Timestamp::from_second(NOW_S).unwrap())
        }
    }

    fn signed_text(algorithm: Algorithm, text: &[u8]) -> Vec<u8> {
        fn made<M: Mac + KeyInit>(text: &[u8]) -> Vec<u8> {
            let mut mac = <M as KeyInit>::new_from_slice(KEY).unwrap();
            mac.update(text);
            mac.finalize().into_bytes().to_vec()
        }
        match algorithm {
            Algorithm::Sha1 => made::<Hmac<Sha1>>(text),
            Algorithm::Sha256 => made::<Hmac<Sha256>>(text),
            Algorithm::Sha512 => made::<Hmac<Sha512>>(text),
        }
    }

    fn standard(body: &[u8]) -> (Scheme, Signed) {
        let secret = format!("whsec_{}", BASE64_STANDARD.encode(KEY));
        let text = [format!("msg_1.{NOW_S}.").as_bytes(), body].concat();
        let digest = BASE64_STANDARD.encode(signed_text(Algorithm::Sha256, &text));
        let signed = Signed {
            url: String::new(),
            headers: vec![
                ("webhook-id".into(), b"msg_1".to_vec()),
                ("webhook-timestamp".into(), NOW_S.to_string().into()),
                ("webhook-signature".into(), format!("v1,{digest}").into()),
            ],
            body: body.to_vec(),
        };
        let scheme = StandardWebhooks::new(&[&secret]).unwrap();
        (Scheme::StandardWebhooks(scheme), signed)
    }

    fn by_recipe(algorithm: Algorithm, encoding: Encoding, body: &[u8]) -> (Scheme, Signed) {
        let recipe = Recipe {
            headers: &["X-Signature"],
            algorithm,
            encoding,
            key: KeyForm::Hex,
            prefix: "v1=",
            timestamp_header: Some("X-Time"),
            template: "{timestamp}.{body}",
        };
        let text = [format!("{NOW_S}.").as_bytes(), body].concat();
        let digest = signed_text(algorithm, &text);
        let digest = match encoding {
            Encoding::Hex => hex::encode(digest),
            Encoding::Base64 => BASE64_STANDARD.encode(digest),
        };
        let signed = Signed {
            url: String::new(),
            headers: vec![
                ("x-time".into(), NOW_S.to_string().into()),
                ("x-signature".into(), format!("v0=ff, v1={digest}").into()),
            ],
            body: body.to_vec(),
        };
        let scheme = HmacScheme::new(&recipe, &["00", &hex::encode(KEY)]).unwrap();
        (Scheme::Hmac(scheme), signed)
    }

    fn twilio(body: &[u8]) -> (Scheme, Signed) {
        let digest = hex::encode(Sha256::digest(body));
        let url = format!("https://hub.example/ingest/twilio?bodySHA256={digest}");
        let digest = BASE64_STANDARD.encode(signed_text(Algorithm::Sha1, url.as_bytes()));
        let signed = Signed {
            url,
            headers: vec![("X-Twilio-Signature".into(), digest.into())],
            body: body.to_vec(),
        };
        let key = std::str::from_utf8(KEY).unwrap();
        (Scheme::Twilio(Twilio::new(&[key]).unwrap()), signed)
    }

    fn every_kind(body: &[u8]) -> Vec<(Scheme, Signed)> {
        let mut all = vec![standard(body), twilio(body)];
        for &algorithm in Algorithm::ALL {
            for &encoding in Encoding::ALL {
                all.push(by_recipe(algorithm, encoding, body));
            }
        }
        all
    }

    fn every_scheme() -> Vec<Scheme> {
        let token = "a-token-of-22-letters-";
        let mut all: Vec<Scheme> = PRESETS
            .iter()
            .map(|preset| preset.scheme(&[&BASE64_STANDARD.encode(KEY)]).unwrap())
            .collect();
        all.extend(every_kind(b"").into_iter().map(|(scheme, _)| scheme));
        all.push(Scheme::Bearer(Bearer::new(&[token]).unwrap()));
        all.push(Scheme::PathToken(PathToken::new(&[token]).unwrap()));
        all
    }

    const NAMES: &[&str] = &[
        "authorization",
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
        "x-hub-signature-256",
        "x-pagerduty-signature",
        "x-shopify-hmac-sha256",
        "x-signature",
        "x-slack-request-timestamp",
        "x-slack-signature",
        "x-time",
        "x-twilio-signature",
    ];

    proptest! {
        #[test]
        fn never_panics_and_never_passes_on_anything(
            url in "(https?://)?[a-z:@\\[\\]/?=&#%0-9é]{0,40}(bodySHA256=[0-9a-f]{0,64})?",
            values in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 12),
            texts in proptest::collection::vec("(v1,|v1=|v0=|sha256=|Bearer )?[A-Za-z0-9+/=, ]{0,90}", 12),
            body in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let texts: Vec<Vec<u8>> = texts.into_iter().map(String::into_bytes).collect();
            for values in [values, texts] {
                let names = NAMES.iter().map(|name| (*name).to_owned());
                let headers = names.zip(values).collect();
                let signed = Signed { url: url.clone(), headers, body: body.clone() };
                for scheme in every_scheme() {
                    prop_assert!(signed.check(&scheme).is_err());
                }
            }
        }

        #[test]
        fn what_was_signed_verifies_and_a_flipped_bit_never_does(
            body in proptest::collection::vec(any::<u8>(), 1..300),
            at in any::<prop::sample::Index>(),
            bit in 0_u8..8,
        ) {
            for (scheme, signed) in every_kind(&body) {
                prop_assert_eq!(signed.check(&scheme), Ok(()), "{:?}", scheme);
                let mut changed = signed.clone();
                changed.body[at.index(body.len())] ^= 1 << bit;
                prop_assert_eq!(changed.check(&scheme), Err(VerifyError::Mismatch));
                for header in 0..signed.headers.len() {
                    let mut changed = signed.clone();
                    let value = &mut changed.headers[header].1;
                    let place = at.index(value.len());
                    let before = value[place];
                    value[place] ^= 1 << bit;
                    // Hex digits of either case, and any number of spaces, mean the same.
                    let same = before.eq_ignore_ascii_case(&value[place]) || before == b' ';
                    // The decoy of another version may be anything.
                    let decoy = signed.headers[header].1.starts_with(b"v0=") && place < 6;
                    prop_assert!(same || decoy || changed.check(&scheme).is_err(), "{:?}", scheme);
                }
            }
        }

        #[test]
        fn a_form_is_signed_whatever_its_order(
            mut pairs in proptest::collection::vec(("[a-zA-Z]{1,8}", "[a-zA-Z0-9]{0,8}"), 1..6),
            turn in any::<prop::sample::Index>(),
        ) {
            let written = |pairs: &[(String, String)]| {
                let pairs = pairs.iter().map(|(name, value)| format!("{name}={value}"));
                pairs.collect::<Vec<_>>().join("&").into_bytes()
            };
            let (scheme, mut signed) = twilio(b"");
            signed.url = "http://hub.example:8080/ingest/twilio".into();
            let mut sorted = pairs.clone();
            sorted.sort();
            sorted.dedup();
            let text: String = sorted.into_iter().map(|(name, value)| name + &value).collect();
            let text = format!("http://hub.example/ingest/twilio{text}");
            let digest = signed_text(Algorithm::Sha1, text.as_bytes());
            signed.headers[0].1 = BASE64_STANDARD.encode(digest).into();
            let n_turned = turn.index(pairs.len());
            pairs.rotate_left(n_turned);
            signed.body = written(&pairs);
            prop_assert_eq!(signed.check(&scheme), Ok(()));
            pairs[n_turned].1.push('!');
            signed.body = written(&pairs);
            prop_assert_eq!(signed.check(&scheme), Err(VerifyError::Mismatch));
        }
    }
}
