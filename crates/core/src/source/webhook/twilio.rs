//! Twilio's signature: HMAC-SHA-1 over the URL and the sorted form parameters, in base64.
//!
//! The URL is the one that Twilio called, and whether it writes the port into it has changed over
//! time and products; so both spellings are tried, as Twilio's own libraries do. A JSON body is not
//! signed itself: the URL then carries its digest as `bodySHA256`.
//! Source: <https://www.twilio.com/docs/usage/security#validating-requests>.

use std::borrow::Cow;
use std::collections::BTreeSet;

use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use super::key::{Algorithm, Encoding, KeyForm, Keys};
use super::request::WebhookRequest;
use super::scheme::SchemeError;
use super::verify::VerifyError;

const SIGNATURE: &str = "X-Twilio-Signature";
const BODY_DIGEST: &str = "bodySHA256";

/// The auth tokens of a Twilio account.
#[derive(Debug, Clone)]
pub struct Twilio {
    keys: Keys,
}

impl Twilio {
    /// Takes the account's primary auth token, and the secondary while they are rotated.
    ///
    /// # Errors
    /// There is none, or one is empty.
    pub fn new(secrets: &[&str]) -> Result<Self, SchemeError> {
        let keys = Keys::new(Algorithm::Sha1, KeyForm::Text, secrets)?;
        Ok(Self { keys })
    }

    pub(super) fn verify(&self, request: &WebhookRequest<'_>) -> Result<(), VerifyError> {
        let header = request.header(SIGNATURE)?;
        let Some(signature) = Encoding::Base64.decode(header, Algorithm::Sha1) else {
            let what = "not the base64 of 20 bytes";
            return Err(VerifyError::malformed_header(SIGNATURE, what));
        };
        let (parameters, body_fits) = match body_digest(request.url)? {
            Some(digest) => (Vec::new(), Sha256::digest(request.body).ct_eq(&digest)),
            None if request.method == "POST" => (sorted(request.body), Choice::from(1)),
            None => (Vec::new(), Choice::from(1)),
        };
        let mut matches = Choice::from(0);
        for url in [Cow::Borrowed(request.url), other_spelling(request.url)] {
            let text = [url.as_bytes(), &parameters];
            matches |= self.keys.sign_any(&text, std::slice::from_ref(&signature));
        }
        bool::from(matches & body_fits)
            .then_some(())
            .ok_or(VerifyError::Mismatch)
    }
}

/// Returns the digest of the body that the URL claims.
fn body_digest(url: &str) -> Result<Option<Vec<u8>>, VerifyError> {
    let query = url.split_once('?').map(|(_, query)| query);
    let mut digests = query
        .into_iter()
        .flat_map(|query| query.split('&'))
        .filter_map(|pair| pair.split_once('='))
        .filter(|(name, _)| *name == BODY_DIGEST)
        .map(|(_, digest)| digest);
    match (digests.next(), digests.next()) {
        (None, _) => Ok(None),
        (Some(digest), None) => Encoding::Hex
            .decode(digest, Algorithm::Sha256)
            .map(Some)
            .ok_or_else(|| malformed_digest("not 64 hex digits")),
        (Some(_), Some(_)) => Err(malformed_digest("stands twice")),
    }
}

fn malformed_digest(what: &'static str) -> VerifyError {
    VerifyError::Malformed {
        part: format!("parameter {BODY_DIGEST}"),
        what,
    }
}

/// The names and values of a form, each pair once, sorted and run together.
fn sorted(form: &[u8]) -> Vec<u8> {
    let pairs: BTreeSet<(Vec<u8>, Vec<u8>)> = form
        .split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let mut half = || decode(halves.next().unwrap_or_default());
            (half(), half())
        })
        .collect();
    pairs
        .into_iter()
        .flat_map(|(name, value)| [name, value])
        .flatten()
        .collect()
}

/// Reads one name or value of a form as bytes: `+` is a space, `%XX` a byte, and what is neither
/// stands for itself (<https://url.spec.whatwg.org/#concept-urlencoded-parser>).
fn decode(mut encoded: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(encoded.len());
    while let Some((first, rest)) = encoded.split_first() {
        encoded = rest;
        decoded.push(match first {
            b'+' => b' ',
            b'%' => match escaped(rest) {
                Some(byte) => {
                    encoded = rest.get(2..).unwrap_or_default();
                    byte
                }
                None => b'%',
            },
            other => *other,
        });
    }
    decoded
}

fn escaped(rest: &[u8]) -> Option<u8> {
    let mut byte = [0];
    hex::decode_to_slice(rest.get(..2)?, &mut byte).ok()?;
    let [byte] = byte;
    Some(byte)
}

/// The same URL with its port left out, or, where it has none, with the default one written down.
fn other_spelling(url: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = url.split_once("://") else {
        return Cow::Borrowed(url);
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    // The colons of an IPv6 address stand within brackets.
    let host_end = authority.rfind(']').unwrap_or_default();
    let (address, after) = authority.split_at(host_end);
    let port = after
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    match (port, scheme) {
        (Some((host, _)), _) => Cow::Owned(format!("{scheme}://{address}{host}{path}")),
        (None, "https") => Cow::Owned(format!("{scheme}://{authority}:443{path}")),
        (None, "http") => Cow::Owned(format!("{scheme}://{authority}:80{path}")),
        (None, _) => Cow::Borrowed(url),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_left_out_or_written_down() {
        for (url, other) in [
            ("https://a.example/x?y=1:2", "https://a.example:443/x?y=1:2"),
            ("http://a.example", "http://a.example:80"),
            ("https://a.example:1234/x", "https://a.example/x"),
            ("https://u:p@a.example:1234/x", "https://u:p@a.example/x"),
            ("https://u:p@a.example/x", "https://u:p@a.example:443/x"),
            ("https://[::1]/x", "https://[::1]:443/x"),
            ("https://[::1]:8443?x", "https://[::1]?x"),
            ("ftp://a.example/x", "ftp://a.example/x"),
            ("/relative", "/relative"),
            ("", ""),
        ] {
            assert_eq!(other_spelling(url), other);
        }
    }

    #[test]
    fn parameters_are_decoded_sorted_and_each_taken_once() {
        let form = b"b=2&a=%C3%A9+%26&b=1&b=2&c=&&d&e=%zz%4";
        assert_eq!(sorted(form), "aé &b1b2cde%zz%4".as_bytes());
    }

    #[test]
    fn a_body_digest_that_cannot_be_read_is_no_permission() {
        assert_eq!(body_digest("https://a.example/?x=1"), Ok(None));
        let digest = "0".repeat(64);
        let twice = format!("https://a.example/?bodySHA256={digest}&bodySHA256={digest}");
        for url in ["https://a.example/?bodySHA256=", &twice] {
            assert_eq!(body_digest(url).unwrap_err().reason(), "malformed");
        }
    }
}
