//! Keys and digests: what the signing schemes share.

use std::fmt;

use ::hmac::{Hmac, KeyInit, Mac};
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use subtle::{Choice, ConstantTimeEq};

use super::scheme::{SECRETS_MAX, SchemeError};
use crate::event::words;

/// Standard alphabet; vendors differ in whether they pad.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

words! {
    /// The hash under an HMAC.
    Algorithm {
        /// SHA-1, 20 bytes. As an HMAC still unbroken, and all that some vendors offer.
        Sha1 = "sha1",
        /// SHA-256, 32 bytes. What nearly everybody uses.
        Sha256 = "sha256",
        /// SHA-512, 64 bytes.
        Sha512 = "sha512",
    } "sha1, sha256, sha512"
}

impl Algorithm {
    fn digest_len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

words! {
    /// How a digest is written in a header.
    Encoding {
        /// Hexadecimal digits, of either case.
        Hex = "hex",
        /// Base64 with the standard alphabet, padded or not.
        Base64 = "base64",
    } "hex, base64"
}

impl Encoding {
    /// Reads a digest of the algorithm's length.
    pub(super) fn decode(self, text: &str, algorithm: Algorithm) -> Option<Vec<u8>> {
        let digest = match self {
            Self::Hex => hex::decode(text).ok()?,
            Self::Base64 => BASE64.decode(text).ok()?,
        };
        (digest.len() == algorithm.digest_len()).then_some(digest)
    }
}

words! {
    /// How the bytes of a key are made from the secret's text.
    KeyForm {
        /// The text itself.
        Text = "text",
        /// The bytes that the hexadecimal digits stand for.
        Hex = "hex",
        /// The bytes that the base64 stands for.
        Base64 = "base64",
    } "text, hex, base64"
}

impl KeyForm {
    fn bytes(self, secret: &str) -> Result<Vec<u8>, SchemeError> {
        match self {
            Self::Text => Ok(secret.as_bytes().to_vec()),
            Self::Hex => hex::decode(secret).map_err(|_| SchemeError::Undecodable("hex")),
            Self::Base64 => BASE64
                .decode(secret)
                .map_err(|_| SchemeError::Undecodable("base64")),
        }
    }
}

/// The keys of one scheme, all of which are accepted while a secret is rotated. Never printed.
#[derive(Clone)]
pub(super) struct Keys {
    algorithm: Algorithm,
    keys: Vec<Vec<u8>>,
}

impl Keys {
    /// Takes 1 to [`SECRETS_MAX`] secrets, none of which may come to nothing: anybody can sign with
    /// an empty key.
    pub(super) fn new(
        algorithm: Algorithm,
        form: KeyForm,
        secrets: &[&str],
    ) -> Result<Self, SchemeError> {
        count(secrets)?;
        let mut keys = Vec::new();
        for secret in secrets {
            let key = form.bytes(secret)?;
            if key.is_empty() {
                return Err(SchemeError::EmptySecret);
            }
            keys.push(key);
        }
        Ok(Self { algorithm, keys })
    }

    pub(super) fn shortest(&self) -> usize {
        self.keys.iter().map(Vec::len).min().unwrap_or_default()
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Tells in constant time whether any key signs the text, given in parts, with any of the
    /// signatures.
    pub(super) fn sign_any(&self, parts: &[&[u8]], signatures: &[Vec<u8>]) -> Choice {
        let mut matches = Choice::from(0);
        for key in &self.keys {
            let expected = digest(self.algorithm, key, parts);
            for signature in signatures {
                matches |= expected.ct_eq(signature);
            }
        }
        matches
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} × {} (***)", self.keys.len(), self.algorithm)
    }
}

/// Refuses no secrets, and more than anybody rotates.
pub(super) fn count(secrets: &[&str]) -> Result<(), SchemeError> {
    match secrets.len() {
        0 => Err(SchemeError::NoSecret),
        1..=SECRETS_MAX => Ok(()),
        _ => Err(SchemeError::TooManySecrets),
    }
}

fn digest(algorithm: Algorithm, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    match algorithm {
        Algorithm::Sha1 => mac::<Hmac<Sha1>>(key, parts),
        Algorithm::Sha256 => mac::<Hmac<Sha256>>(key, parts),
        Algorithm::Sha512 => mac::<Hmac<Sha512>>(key, parts),
    }
}

fn mac<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    // HMAC takes keys of any length (RFC 2104); were one refused, nothing would equal nothing, for
    // a signature always has its full length.
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(key) else {
        return Vec::new();
    };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 2202 case 2 and RFC 4231 case 2.
    #[test]
    fn digests_are_those_of_the_standards() {
        for (algorithm, expected) in [
            (Algorithm::Sha1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
            (
                Algorithm::Sha256,
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                Algorithm::Sha512,
                "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554\
                 9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
            ),
        ] {
            let parts: [&[u8]; 2] = [b"what do ya want ", b"for nothing?"];
            let made = digest(algorithm, b"Jefe", &parts);
            assert_eq!(hex::encode(&made), expected);
            assert_eq!(made.len(), algorithm.digest_len());
        }
    }

    #[test]
    fn a_secret_that_comes_to_nothing_is_refused() {
        let keys = |form, secrets: &[&str]| Keys::new(Algorithm::Sha256, form, secrets).err();
        assert_eq!(keys(KeyForm::Text, &[]), Some(SchemeError::NoSecret));
        assert_eq!(
            keys(KeyForm::Text, &["a", ""]),
            Some(SchemeError::EmptySecret)
        );
        assert_eq!(
            keys(KeyForm::Hex, &["xy"]),
            Some(SchemeError::Undecodable("hex"))
        );
        assert_eq!(
            keys(KeyForm::Base64, &["é"]),
            Some(SchemeError::Undecodable("base64"))
        );
        assert_eq!(
            keys(KeyForm::Text, &["a"; SECRETS_MAX + 1]),
            Some(SchemeError::TooManySecrets)
        );
    }

    #[test]
    fn keys_are_not_printed() {
        let keys = Keys::new(Algorithm::Sha256, KeyForm::Text, &["hunter2"]).unwrap();
        assert_eq!(format!("{keys:?}"), "1 × sha256 (***)");
    }

    #[test]
    fn digests_of_another_length_are_not_read() {
        let short = "00".repeat(20);
        assert!(Encoding::Hex.decode(&short, Algorithm::Sha256).is_none());
        assert!(Encoding::Hex.decode(&short, Algorithm::Sha1).is_some());
        assert!(
            Encoding::Base64
                .decode("tZ1I4", Algorithm::Sha256)
                .is_none()
        );
    }
}
