//! Who may ask. With a token configured, everything is closed but the list in [`is_open`].

use axum::extract::Request;
use axum::http::{HeaderMap, Method, header};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::problem::{Code, Problem};

/// Refuses a request that is neither open to all nor carries the token, if there is one.
pub(super) fn check(token: Option<&SecretString>, request: &Request) -> Result<(), Problem> {
    let Some(token) = token else { return Ok(()) };
    if is_open(request.method(), request.uri().path())
        || carries(request.headers(), token.expose_secret())
    {
        return Ok(());
    }
    Err(Problem::new(
        Code::Unauthorized,
        "send the API token as `Authorization: Bearer …`",
    ))
}

/// The exact paths that stay open. Any other spelling of them is closed.
fn is_open(method: &Method, path: &str) -> bool {
    match path {
        "/ingest/stripe" => method == Method::POST,
        "/healthz" | "/readyz" | "/openapi.json" | "/docs" => reads(method),
        path => reads(method) && path.starts_with("/docs/"),
    }
}

fn reads(method: &Method) -> bool {
    method == Method::GET || method == Method::HEAD
}

/// Compares digests in constant time, so that neither content nor length leaks.
fn carries(headers: &HeaderMap, token: &str) -> bool {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return false;
    };
    let Some((scheme, given)) = value.as_bytes().split_at_checked(7) else {
        return false;
    };
    scheme.eq_ignore_ascii_case(b"bearer ")
        && Sha256::digest(given).ct_eq(&Sha256::digest(token)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_listed_spellings_are_open() {
        assert!(is_open(&Method::GET, "/healthz") && is_open(&Method::HEAD, "/readyz"));
        assert!(is_open(&Method::POST, "/ingest/stripe"));
        for closed in [
            "/",
            "/events",
            "/healthz/",
            "//healthz",
            "/HEALTHZ",
            "/docs/../events%2f",
            "",
        ] {
            let open = is_open(&Method::GET, closed);
            assert!(!open || closed.starts_with("/docs/"), "{closed}");
        }
        assert!(!is_open(&Method::GET, "/ingest/stripe") && !is_open(&Method::POST, "/healthz"));
        assert!(!is_open(&Method::POST, "/ingest/pull-status"));
    }

    #[test]
    fn the_token_is_compared_whole() {
        let headers =
            |value: &str| HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())]);
        assert!(carries(&headers("Bearer secret"), "secret"));
        assert!(carries(&headers("bearer secret"), "secret"));
        for wrong in [
            "Bearer secre",
            "Bearer secrets",
            "Bearer ",
            "secret",
            "Basic secret",
            "B",
        ] {
            assert!(!carries(&headers(wrong), "secret"), "{wrong}");
        }
        let mut twice = headers("Bearer secret");
        twice.append(header::AUTHORIZATION, "Bearer other".parse().unwrap());
        assert!(!carries(&twice, "secret"));
    }
}
