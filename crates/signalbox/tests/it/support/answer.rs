//! An answer of the hub, and what every answer must keep to.

use reqwest::header::HeaderMap;
use serde_json::Value;

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Returns a header that stands once, as text; an absent one is empty.
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut values = self.headers.get_all(name).iter();
        let first = values.next().map_or("", |value| value.to_str().unwrap());
        assert!(
            values.next().is_none(),
            "{name} stands twice: {:?}",
            self.headers
        );
        first
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("not JSON ({error}): {}", self.lossy()))
    }

    fn lossy(&self) -> String {
        let text: String = String::from_utf8_lossy(&self.body)
            .chars()
            .take(2_000)
            .collect();
        format!("{} {text}", self.status)
    }

    /// Requires a status and gives the body as JSON.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.lossy());
        assert_eq!(
            self.header("content-type"),
            "application/json",
            "{}",
            self.lossy()
        );
        self.json()
    }

    /// Requires a status and a body.
    #[track_caller]
    pub(crate) fn expect_json(&self, status: u16, body: &Value) {
        assert_eq!(self.expect(status), *body);
    }

    /// Requires the body to be exactly this text: names, values and their order.
    #[track_caller]
    pub(crate) fn expect_text(&self, status: u16, body: &str) {
        self.expect(status);
        assert_eq!(self.text(), body);
    }

    /// Requires a problem as RFC 9457 has it and gives its `detail`.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> String {
        assert_eq!(self.status, status, "{}", self.lossy());
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{}",
            self.lossy()
        );
        let problem = self.json();
        assert_eq!(problem["status"], status, "{problem}");
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["type"], format!("/docs/errors#{code}"), "{problem}");
        assert_eq!(
            problem["request_id"],
            self.header("x-request-id"),
            "{problem}"
        );
        assert!(!problem["title"].as_str().unwrap().is_empty(), "{problem}");
        let detail = problem["detail"].as_str().unwrap().to_owned();
        assert!(!detail.is_empty(), "{problem}");
        detail
    }

    /// Requires what holds for every answer, whatever it says.
    #[track_caller]
    pub(crate) fn check_always(&self) {
        let id = self.header("x-request-id");
        let sane = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
        assert!(
            (1..=128).contains(&id.len()) && id.bytes().all(sane),
            "X-Request-Id: {id:?}"
        );
        assert_eq!(self.header("x-content-type-options"), "nosniff");
        let policy = self.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        if self.status >= 400 && !self.body.is_empty() {
            assert_eq!(
                self.header("content-type"),
                "application/problem+json",
                "{}",
                self.lossy()
            );
        }
    }
}
