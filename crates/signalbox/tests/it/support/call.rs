//! Requests to a hub, each on a connection of its own.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;

use super::Answer;

/// Longest wait for one answer; the hub itself gives up at half of it.
const ANSWER_MAX: Duration = Duration::from_mins(1);

/// Builds the client of the tests: it follows nothing, keeps no connection and trusts nobody.
#[expect(
    clippy::disallowed_methods,
    reason = "tests call the hub from outside, without its client"
)]
pub(super) fn client() -> Client {
    // A second install is refused and changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .no_proxy()
        .no_gzip()
        .pool_max_idle_per_host(0)
        .redirect(reqwest::redirect::Policy::none())
        .tls_certs_only(std::iter::empty())
        .build()
        .unwrap()
}

/// A request to be sent.
#[derive(Debug)]
pub(crate) struct Call(RequestBuilder);

impl Call {
    pub(super) fn new(client: &Client, address: SocketAddr, method: Method, path: &str) -> Self {
        Self(client.request(method, format!("http://{address}{path}")))
    }

    pub(crate) fn header(self, name: &str, value: &str) -> Self {
        Self(self.0.header(name, value))
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self(self.0.body(body.into()))
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json")
            .body(body.to_string())
    }

    /// Sends it and checks what holds for every answer.
    pub(crate) async fn send(self) -> Answer {
        let answer = self.try_send().await.expect("the hub answers");
        answer.check_always();
        answer
    }

    /// Sends it; a broken connection gives `None`.
    pub(crate) async fn try_send(self) -> Option<Answer> {
        let sent = tokio::time::timeout(ANSWER_MAX, self.0.send()).await;
        let response = sent.expect("an answer in time").ok()?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = tokio::time::timeout(ANSWER_MAX, response.bytes()).await;
        let body = body.expect("a body in time").ok()?.to_vec();
        Some(Answer {
            status,
            headers,
            body,
        })
    }
}
