//! A request as a scheme sees it.

use super::verify::VerifyError;

/// Longest header that is looked at. A list of two base64 signatures has about 100 bytes, an OAuth
/// bearer token up to 2 KB.
const HEADER_MAX: usize = 4_096;

/// A received request, borrowed from whoever received it. Not `Debug`: it holds credentials.
#[derive(Clone, Copy)]
pub struct WebhookRequest<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// The full URL as the vendor called it, before any proxy rewrote it: Twilio signs it.
    pub url: &'a str,
    /// Every header with its value's bytes, in any order and any case; a repeated header stands
    /// here as often as it was sent.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The body as it came over the wire.
    pub body: &'a [u8],
    /// The part of the path that is a secret, where the route has one.
    pub path_token: Option<&'a str>,
}

impl<'a> WebhookRequest<'a> {
    /// Returns a header that must be there exactly once.
    pub(super) fn header(&self, name: &str) -> Result<&'a str, VerifyError> {
        let mut values = self.values(name);
        let (Some(value), None) = (values.next(), values.next()) else {
            return Err(VerifyError::missing_header(name));
        };
        if value.len() > HEADER_MAX {
            return Err(VerifyError::malformed_header(
                name,
                "longer than 4096 bytes",
            ));
        }
        std::str::from_utf8(value).map_err(|_| VerifyError::malformed_header(name, "not text"))
    }

    /// Returns the first of several names under which the request has a header; none: the first
    /// name, which is the one to ask for.
    pub(super) fn spelling<'n, N: AsRef<str>>(&self, names: &'n [N]) -> &'n str {
        let mut names = names.iter().map(AsRef::as_ref);
        let first = names.clone().next().unwrap_or_default();
        names
            .find(|name| self.values(name).next().is_some())
            .unwrap_or(first)
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.headers
            .iter()
            .filter(move |(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| *value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request<'a>(headers: &'a [(&'a str, &'a [u8])]) -> WebhookRequest<'a> {
        WebhookRequest {
            method: "POST",
            url: "https://hub.example/ingest/x",
            headers,
            body: b"",
            path_token: None,
        }
    }

    #[test]
    fn a_header_is_found_in_any_case_and_only_once() {
        let once: &[(&str, &[u8])] = &[("X-Signature", b"a")];
        assert_eq!(request(once).header("x-signature"), Ok("a"));
        let twice: &[(&str, &[u8])] = &[("X-Signature", b"a"), ("x-signature", b"a")];
        for headers in [twice, &[]] {
            assert_eq!(
                request(headers).header("X-Signature").unwrap_err().reason(),
                "missing"
            );
        }
    }

    #[test]
    fn a_header_that_is_no_text_or_too_long_is_malformed() {
        let long = vec![b'a'; HEADER_MAX + 1];
        for value in [&long[..], b"\xff"] {
            let headers = [("a", value)];
            let error = request(&headers).header("a").unwrap_err();
            assert_eq!(error.reason(), "malformed");
        }
    }
}
