//! Renders a delivery as an HTTP request. Nothing is sent here.

use super::{Delivery, mock, pagerduty};

/// The header that carries the store's number of a delivery.
pub const DELIVERY_ID: &str = "x-signalbox-delivery";
/// The header that carries the deduplication key.
pub const DEDUP_KEY: &str = "x-signalbox-dedup-key";
/// The header that carries the correlation id.
pub const REQUEST_ID: &str = "x-request-id";

/// How a destination is reached. Holds credentials, hence no `Debug`.
#[derive(Clone)]
pub enum Endpoint {
    /// The built-in mock.
    Mock {
        /// Its URL on this very server.
        url: String,
        /// The API token, when the server asks for one.
        token: Option<String>,
    },
    /// PagerDuty's Events API v2.
    PagerDuty {
        /// The enqueue URL.
        url: String,
        /// The integration's routing key.
        routing_key: String,
    },
}

/// A `POST` with a JSON body, ready to be sent. Holds credentials, hence no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// Where to.
    pub url: String,
    /// Headers beside `content-type: application/json`.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

/// Renders a delivery for its endpoint.
///
/// # Errors
/// The body cannot be written as JSON, which no event can cause.
pub fn render(delivery: &Delivery, endpoint: &Endpoint) -> Result<HttpRequest, serde_json::Error> {
    let mut headers = vec![
        (DELIVERY_ID, delivery.id.to_string()),
        (DEDUP_KEY, delivery.dedup_key.clone()),
        (REQUEST_ID, delivery.request_id.clone()),
    ];
    let (url, body) = match endpoint {
        Endpoint::Mock { url, token } => {
            if let Some(token) = token {
                headers.push(("authorization", format!("Bearer {token}")));
            }
            (url, mock::body(delivery)?)
        }
        Endpoint::PagerDuty { url, routing_key } => (url, pagerduty::body(delivery, routing_key)?),
    };
    Ok(HttpRequest {
        url: url.clone(),
        headers,
        body,
    })
}
