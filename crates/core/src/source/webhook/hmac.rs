//! An HMAC in a header, as most vendors sign: the recipe says which header, hash and text.
//!
//! A header may hold several signatures, comma-separated: `PagerDuty` sends one per active secret
//! while one is rotated. Those with another prefix are ignored, so that an unknown version beside a
//! known one is no error and never a downgrade.

use jiff::Timestamp;

use super::key::{Algorithm, Encoding, KeyForm, Keys};
use super::request::WebhookRequest;
use super::scheme::SchemeError;
use super::verify::{VerifyError, check_age, unix_seconds};
use crate::instant;

/// From here on a number in a time header counts milliseconds: as seconds it would lie beyond the
/// year 5138, as milliseconds it lies in 1973.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

const TIMESTAMP: &str = "{timestamp}";
const BODY: &str = "{body}";

/// How a vendor signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recipe<'a> {
    /// The names under which the signature's header is looked for; the first one present is used,
    /// the others let a vendor rename it.
    pub headers: &'a [&'a str],
    /// The hash.
    pub algorithm: Algorithm,
    /// How the digest is written.
    pub encoding: Encoding,
    /// How the key is made from the secret.
    pub key: KeyForm,
    /// What stands before the digest, such as `sha256=`; signatures without it are ignored. May be
    /// empty.
    pub prefix: &'a str,
    /// The header with the signed time: unix seconds, unix milliseconds or RFC 3339. Without one
    /// nothing tells a replay.
    pub timestamp_header: Option<&'a str>,
    /// The signed text. `{body}` stands for the raw body and must be there once; `{timestamp}` for
    /// the time as it was sent, and must be there where there is a header for it.
    pub template: &'a str,
}

/// A recipe with its secrets.
#[derive(Debug, Clone)]
pub struct HmacScheme {
    headers: Vec<String>,
    encoding: Encoding,
    prefix: String,
    timestamp_header: Option<String>,
    template: Vec<Piece>,
    keys: Keys,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Timestamp,
    Body,
}

impl HmacScheme {
    /// Sets up a recipe; any of the secrets may have signed.
    ///
    /// # Errors
    /// The first thing about the recipe or a secret that cannot be used.
    pub fn new(recipe: &Recipe<'_>, secrets: &[&str]) -> Result<Self, SchemeError> {
        if recipe.headers.is_empty() {
            return Err(SchemeError::Header(String::new()));
        }
        for name in recipe
            .headers
            .iter()
            .copied()
            .chain(recipe.timestamp_header)
        {
            check_header_name(name)?;
        }
        Ok(Self {
            headers: recipe.headers.iter().map(|&name| name.into()).collect(),
            encoding: recipe.encoding,
            prefix: recipe.prefix.to_owned(),
            timestamp_header: recipe.timestamp_header.map(str::to_owned),
            template: read_template(recipe.template, recipe.timestamp_header.is_some())?,
            keys: Keys::new(recipe.algorithm, recipe.key, secrets)?,
        })
    }

    pub(super) fn verify(
        &self,
        request: &WebhookRequest<'_>,
        now: Timestamp,
    ) -> Result<(), VerifyError> {
        let name = request.spelling(&self.headers);
        let signatures = self.signatures(request.header(name)?);
        if signatures.is_empty() {
            let what = "no signature of the configured form";
            return Err(VerifyError::malformed_header(name, what));
        }
        let time = self
            .timestamp_header
            .as_deref()
            .map(|name| signed_time(request, name))
            .transpose()?;
        let written = time.map(|(written, _)| written).unwrap_or_default();
        let text = self.signed_text(written, request.body);
        if !bool::from(self.keys.sign_any(&text, &signatures)) {
            return Err(VerifyError::Mismatch);
        }
        time.map_or(Ok(()), |(_, at_s)| check_age(at_s, now))
    }

    fn signatures(&self, header: &str) -> Vec<Vec<u8>> {
        header
            .split(',')
            .filter_map(|item| item.trim().strip_prefix(self.prefix.as_str()))
            .filter_map(|digest| self.encoding.decode(digest, self.keys.algorithm()))
            .collect()
    }

    fn signed_text<'a>(&'a self, timestamp: &'a str, body: &'a [u8]) -> Vec<&'a [u8]> {
        let pieces = self.template.iter().map(|piece| match piece {
            Piece::Text(text) => text.as_bytes(),
            Piece::Timestamp => timestamp.as_bytes(),
            Piece::Body => body,
        });
        pieces.collect()
    }
}

/// Returns the time as written, which is part of the signed text, and in seconds.
fn signed_time<'a>(
    request: &WebhookRequest<'a>,
    name: &str,
) -> Result<(&'a str, i64), VerifyError> {
    let written = request.header(name)?;
    let at_s = match unix_seconds(written) {
        Some(ms) if ms >= MILLISECONDS_FROM => Some(ms / 1_000),
        Some(at_s) => Some(at_s),
        None => instant::parse(written).map(Timestamp::as_second),
    };
    let what = "neither unix seconds or milliseconds nor an RFC 3339 time";
    let at_s = at_s.ok_or_else(|| VerifyError::malformed_header(name, what))?;
    Ok((written, at_s))
}

/// A header's name is a token (RFC 9110, section 5.6.2).
fn check_header_name(name: &str) -> Result<(), SchemeError> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if !name.is_empty() && name.bytes().all(is_token) {
        return Ok(());
    }
    Err(SchemeError::Header(name.to_owned()))
}

fn read_template(template: &str, has_time: bool) -> Result<Vec<Piece>, SchemeError> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while !rest.is_empty() {
        let text = rest.split('{').next().unwrap_or_default();
        if !text.is_empty() {
            pieces.push(Piece::Text(text.to_owned()));
            rest = rest.strip_prefix(text).unwrap_or_default();
        } else if let Some(after) = rest.strip_prefix(TIMESTAMP) {
            pieces.push(Piece::Timestamp);
            rest = after;
        } else if let Some(after) = rest.strip_prefix(BODY) {
            pieces.push(Piece::Body);
            rest = after;
        } else {
            let why = "only {timestamp} and {body} may stand in braces";
            return Err(SchemeError::Template(why));
        }
    }
    let n_of = |wanted: &Piece| pieces.iter().filter(|piece| *piece == wanted).count();
    if n_of(&Piece::Body) != 1 {
        return Err(SchemeError::Template("{body} must stand in it once"));
    }
    match (has_time, n_of(&Piece::Timestamp)) {
        (true, 1) | (false, 0) => Ok(pieces),
        (true, _) => {
            let why = "{timestamp} must stand in it once, or the time is not signed";
            Err(SchemeError::Template(why))
        }
        (false, _) => Err(SchemeError::Template(
            "{timestamp} needs a header to take it from",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECIPE: Recipe<'_> = Recipe {
        headers: &["X-Signature"],
        algorithm: Algorithm::Sha256,
        encoding: Encoding::Hex,
        key: KeyForm::Text,
        prefix: "v1=",
        timestamp_header: Some("X-Time"),
        template: "{timestamp}.{body}",
    };

    fn refused(recipe: &Recipe<'_>) -> String {
        HmacScheme::new(recipe, &["s"]).unwrap_err().to_string()
    }

    #[test]
    fn a_template_signs_the_body_and_every_time_that_is_checked() {
        for (template, why) in [
            ("", "{body} must"),
            ("{timestamp}", "{body} must"),
            ("{body}{body}{timestamp}", "{body} must"),
            ("{body}", "{timestamp} must"),
            ("{timestamp}{timestamp}{body}", "{timestamp} must"),
            ("{timestamp}.{id}.{body}", "only {timestamp}"),
            ("{timestamp}.{", "only {timestamp}"),
        ] {
            let message = refused(&Recipe { template, ..RECIPE });
            assert!(message.contains(why), "{template}: {message}");
        }
        let untimed = Recipe {
            timestamp_header: None,
            ..RECIPE
        };
        assert!(refused(&untimed).contains("needs a header"));
    }

    #[test]
    fn a_header_needs_a_name() {
        for headers in [&[][..], &[""], &["X Signature"], &["X-Signature", "ü"]] {
            assert!(refused(&Recipe { headers, ..RECIPE }).contains("no name of a header"));
        }
    }

    #[test]
    fn times_are_read_in_three_notations() {
        let read = |written: &str| {
            let headers = [("X-Time", written.as_bytes())];
            let request = WebhookRequest {
                method: "POST",
                url: "",
                headers: &headers,
                body: b"",
                path_token: None,
            };
            signed_time(&request, "X-Time").map(|(_, at_s)| at_s)
        };
        assert_eq!(read("1700000000"), Ok(1_700_000_000));
        assert_eq!(read("1700000000123"), Ok(1_700_000_000));
        assert_eq!(read("2023-11-14T22:13:20Z"), Ok(1_700_000_000));
        for wrong in ["", "-1", "now", "1e9"] {
            assert_eq!(read(wrong).unwrap_err().reason(), "malformed", "{wrong}");
        }
    }
}
