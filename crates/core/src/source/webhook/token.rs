//! Fixed tokens, in a header or in the path, for vendors that do not sign.
//!
//! A token proves less than a signature: it says nothing about the body and can be replayed by
//! whoever once saw it. Only digests are kept and compared, in constant time, so that neither the
//! time nor the length of a comparison tells anything about the token.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use super::key::count;
use super::request::WebhookRequest;
use super::scheme::SchemeError;
use super::verify::VerifyError;

/// Fewest characters of a token in a path. It is all that stands between anybody and the hub, so
/// it must not be guessed: 22 characters of base64url carry 128 random bits.
pub const PATH_TOKEN_MIN: usize = 22;

const AUTHORIZATION: &str = "Authorization";

/// A fixed token in `Authorization: Bearer …` (RFC 6750, section 2.1), such as Braze Currents sends.
#[derive(Debug, Clone)]
pub struct Bearer(Tokens);

impl Bearer {
    /// Takes the tokens without the word `Bearer`; any of them is accepted.
    ///
    /// # Errors
    /// A token is empty or holds anything but visible ASCII.
    pub fn new(tokens: &[&str]) -> Result<Self, SchemeError> {
        let visible = |token: &&str| token.bytes().all(|byte| byte.is_ascii_graphic());
        if !tokens.iter().all(visible) {
            return Err(SchemeError::Unsafe("visible ASCII characters"));
        }
        Tokens::new(tokens).map(Self)
    }

    pub(super) fn verify(&self, request: &WebhookRequest<'_>) -> Result<(), VerifyError> {
        let header = request.header(AUTHORIZATION)?;
        let token = match header.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
            _ => {
                let what = "expected Bearer and a token";
                return Err(VerifyError::malformed_header(AUTHORIZATION, what));
            }
        };
        self.0.check(token)
    }
}

/// An unguessable token in the URL's path, for vendors that can be told nothing but a URL.
#[derive(Debug, Clone)]
pub struct PathToken(Tokens);

impl PathToken {
    /// Takes the tokens; any of them is accepted.
    ///
    /// # Errors
    /// A token has fewer than [`PATH_TOKEN_MIN`] characters, or one that a URL would escape.
    pub fn new(tokens: &[&str]) -> Result<Self, SchemeError> {
        for token in tokens {
            let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
            if !token.bytes().all(unreserved) {
                return Err(SchemeError::Unsafe("letters, digits and - . _ ~"));
            }
            if token.len() < PATH_TOKEN_MIN {
                return Err(SchemeError::TooShort("22 random characters"));
            }
        }
        Tokens::new(tokens).map(Self)
    }

    pub(super) fn verify(&self, request: &WebhookRequest<'_>) -> Result<(), VerifyError> {
        let part = || "token in the path".to_owned();
        let token = request
            .path_token
            .ok_or_else(|| VerifyError::Missing { part: part() })?;
        self.0.check(token)
    }
}

/// Digests of the accepted tokens. Never printed.
#[derive(Clone)]
struct Tokens(Vec<[u8; 32]>);

impl Tokens {
    fn new(tokens: &[&str]) -> Result<Self, SchemeError> {
        count(tokens)?;
        if tokens.iter().any(|token| token.is_empty()) {
            return Err(SchemeError::EmptySecret);
        }
        Ok(Self(tokens.iter().map(|token| digest(token)).collect()))
    }

    fn check(&self, token: &str) -> Result<(), VerifyError> {
        let offered = digest(token);
        let mut matches = Choice::from(0);
        for known in &self.0 {
            matches |= known.ct_eq(&offered);
        }
        bool::from(matches)
            .then_some(())
            .ok_or(VerifyError::Mismatch)
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (***)", self.0.len())
    }
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "kJ8wVbq2Zt0Xn5Lr7Yc1Pd";

    fn request<'a>(
        headers: &'a [(&'a str, &'a [u8])],
        path_token: Option<&'a str>,
    ) -> WebhookRequest<'a> {
        WebhookRequest {
            method: "POST",
            url: "https://hub.example/ingest/x",
            headers,
            body: b"{}",
            path_token,
        }
    }

    #[test]
    fn a_token_in_the_path_is_the_right_one_or_none() {
        let scheme = PathToken::new(&["an-older-one-that-is-still-known", TOKEN]).unwrap();
        let check = |token| scheme.verify(&request(&[], token));
        assert_eq!(check(Some(TOKEN)), Ok(()));
        assert_eq!(check(Some("")), Err(VerifyError::Mismatch));
        assert_eq!(check(Some(&TOKEN[..21])), Err(VerifyError::Mismatch));
        assert_eq!(check(None).unwrap_err().reason(), "missing");
        assert!(!format!("{scheme:?}").contains(TOKEN));
    }

    #[test]
    fn a_guessable_token_is_refused_when_it_is_configured() {
        assert!(PathToken::new(&[TOKEN]).is_ok());
        for weak in [
            "",
            &TOKEN[..21],
            "twenty two characters!",
            "ünguessable-ünguessable",
        ] {
            assert!(PathToken::new(&[weak]).is_err(), "{weak}");
        }
        assert_eq!(PathToken::new(&[]).err(), Some(SchemeError::NoSecret));
    }

    #[test]
    fn a_bearer_is_named_so_and_sent_once() {
        let scheme = Bearer::new(&[TOKEN]).unwrap();
        let check = |value: &str| {
            let headers = [("authorization", value.as_bytes())];
            scheme.verify(&request(&headers, None))
        };
        assert_eq!(check(&format!("Bearer {TOKEN}")), Ok(()));
        assert_eq!(check(&format!("bearer  {TOKEN}")), Ok(()));
        assert_eq!(check("Bearer other"), Err(VerifyError::Mismatch));
        for malformed in [TOKEN, "", "Bearer", &format!("Basic {TOKEN}")] {
            assert_eq!(check(malformed).unwrap_err().reason(), "malformed");
        }
        for bad in ["", "two words", "tökens"] {
            assert!(Bearer::new(&[bad]).is_err(), "{bad}");
        }
    }
}
