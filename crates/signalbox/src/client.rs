//! Outgoing HTTP: one client for pages and one for destinations, with limits on everything.
//!
//! Redirects are never followed by the library: a destination's could carry a page and its
//! credential to a stranger, and a status page may only move within its own origin. Proxy
//! variables are ignored. Time, size and number of hops are bounded here, in one place.

use std::time::Duration;

use reqwest::header::{
    CONTENT_TYPE, ETAG, HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION,
    RETRY_AFTER,
};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Method, RequestBuilder, Response, StatusCode, Url};
use signalbox_core::delivery::outcome::Reason;
use signalbox_core::delivery::request::HttpRequest;

/// Longest that one attempt at a delivery may take; shorter than its lease.
pub const ATTEMPT_MAX: Duration = Duration::from_secs(10);
/// Longest that fetching a page may take, redirects and body included.
pub const FETCH_MAX: Duration = Duration::from_secs(15);
/// Largest page, after decompression.
pub const PAGE_BYTES_MAX: usize = 10 * 1_024 * 1_024;
/// Redirects that one fetch follows within its origin.
const HOPS_MAX: usize = 5;
/// Longest wait for a connection.
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// Longest validator that is kept; a longer one is not worth sending back.
const VALIDATOR_MAX: usize = 512;
/// What is read of a destination's answer, so that its connection can be used again.
const ANSWER_MAX: usize = 64 * 1_024;
/// Longest wait for the rest of an answer whose status is known.
const REST_MAX: Duration = Duration::from_millis(500);

/// What came of sending a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The destination answered.
    Status {
        /// The status code.
        status: u16,
        /// Its `Retry-After`, as sent.
        retry_after: Option<String>,
    },
    /// It did not.
    Failed(Reason),
}

/// What came of fetching a page.
#[derive(Debug)]
pub enum Fetched {
    /// The page has not changed since the validators were given out.
    NotModified,
    /// The page as it is.
    Document {
        /// The body, decompressed.
        body: Vec<u8>,
        /// What to ask with next time.
        validators: Validators,
    },
}

/// What makes a request conditional.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// The `ETag` of the last answer.
    pub etag: Option<String>,
    /// The `Last-Modified` of the last answer.
    pub last_modified: Option<String>,
}

/// Why a page could not be fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// No connection.
    #[error("the page cannot be reached")]
    Unreachable,
    /// Too slow.
    #[error("the page took longer than {} s", FETCH_MAX.as_secs())]
    Timeout,
    /// The connection broke, or the body could not be decoded.
    #[error("the answer broke off or could not be decoded")]
    Interrupted,
    /// Not a success.
    #[error("the page answered {0}")]
    Status(u16),
    /// Sent elsewhere.
    #[error("the page redirects to another origin, which is not followed; configure its new URL")]
    Elsewhere,
    /// Sent around.
    #[error("the page redirects more than {HOPS_MAX} times")]
    TooManyRedirects,
    /// Too big.
    #[error("the page is larger than 10 MiB")]
    TooLarge,
}

/// The client.
#[derive(Debug, Clone)]
pub struct Client(reqwest::Client);

impl Client {
    /// Builds the client.
    ///
    /// # Errors
    /// The TLS set-up fails.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that builds a client"
    )]
    pub fn new() -> Result<Self, reqwest::Error> {
        // A second install is refused and changes nothing: the provider is the same one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // A container without a CA store must still verify: bring the roots along.
        let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS
            .iter()
            .map(|der| Certificate::from_der(der))
            .collect::<Result<Vec<_>, _>>()?;
        let client = reqwest::Client::builder()
            .user_agent(concat!("signalbox/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_MAX)
            .tls_certs_merge(roots)
            .build()?;
        Ok(Self(client))
    }

    /// Begins a request of the command line to a hub.
    pub fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.0.request(method, url).timeout(FETCH_MAX * 2)
    }

    /// Sends a delivery once.
    pub async fn post(&self, request: HttpRequest) -> Answer {
        match tokio::time::timeout(ATTEMPT_MAX, self.post_unbounded(request)).await {
            Ok(answer) => answer,
            Err(_) => Answer::Failed(Reason::Timeout),
        }
    }

    async fn post_unbounded(&self, request: HttpRequest) -> Answer {
        let mut builder = self
            .0
            .post(&request.url)
            .header(CONTENT_TYPE, "application/json");
        for (name, value) in request.headers {
            builder = builder.header(name, value);
        }
        match builder.body(request.body).send().await {
            Err(error) => Answer::Failed(reason(&error)),
            Ok(response) => {
                let status = response.status().as_u16();
                let retry_after = text(response.headers(), RETRY_AFTER.as_str());
                // The status decides, however the rest of the answer goes on.
                let _ = tokio::time::timeout(REST_MAX, skip(response)).await;
                Answer::Status {
                    status,
                    retry_after,
                }
            }
        }
    }

    /// Fetches a page.
    ///
    /// # Errors
    /// Anything but a document or *not modified*.
    pub async fn fetch(&self, url: &Url, validators: &Validators) -> Result<Fetched, FetchError> {
        let fetch = self.fetch_unbounded(url, validators);
        tokio::time::timeout(FETCH_MAX, fetch)
            .await
            .unwrap_or(Err(FetchError::Timeout))
    }

    async fn fetch_unbounded(
        &self,
        url: &Url,
        validators: &Validators,
    ) -> Result<Fetched, FetchError> {
        let mut at = url.clone();
        for _ in 0..=HOPS_MAX {
            let response = self.get(&at, validators).await?;
            let status = response.status();
            if status == StatusCode::NOT_MODIFIED {
                // Unasked, it says nothing of a page that we have not seen.
                let asked = *validators != Validators::default();
                let unasked = FetchError::Status(status.as_u16());
                return asked.then_some(Fetched::NotModified).ok_or(unasked);
            }
            if status.is_redirection() {
                at = next_hop(&at, &response)?;
                continue;
            }
            if status != StatusCode::OK {
                return Err(FetchError::Status(status.as_u16()));
            }
            let validators = Validators {
                etag: text(response.headers(), ETAG.as_str()),
                last_modified: text(response.headers(), LAST_MODIFIED.as_str()),
            };
            return Ok(Fetched::Document {
                body: read_capped(response).await?,
                validators,
            });
        }
        Err(FetchError::TooManyRedirects)
    }

    async fn get(&self, url: &Url, validators: &Validators) -> Result<Response, FetchError> {
        let mut builder = self.0.get(url.clone()).header("accept", "application/json");
        if let Some(etag) = &validators.etag {
            builder = builder.header(IF_NONE_MATCH, etag);
        }
        if let Some(at) = &validators.last_modified {
            builder = builder.header(IF_MODIFIED_SINCE, at);
        }
        builder.send().await.map_err(|error| match reason(&error) {
            Reason::Unreachable => FetchError::Unreachable,
            Reason::Timeout => FetchError::Timeout,
            _ => FetchError::Interrupted,
        })
    }
}

/// Reads the rest of an answer, so that its connection can be used again.
async fn skip(mut response: Response) {
    let mut seen = 0;
    while let Ok(Some(chunk)) = response.chunk().await {
        seen += chunk.len();
        if seen > ANSWER_MAX {
            return;
        }
    }
}

fn next_hop(at: &Url, response: &Response) -> Result<Url, FetchError> {
    let status = response.status().as_u16();
    let location = text(response.headers(), LOCATION.as_str()).ok_or(FetchError::Status(status))?;
    let next = at.join(&location).map_err(|_| FetchError::Elsewhere)?;
    if next.origin() == at.origin() {
        Ok(next)
    } else {
        Err(FetchError::Elsewhere)
    }
}

/// Reads a body up to the limit, counting what comes out of the decompressor.
async fn read_capped(mut response: Response) -> Result<Vec<u8>, FetchError> {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(None) => return Ok(body),
            Ok(Some(chunk)) if body.len() + chunk.len() > PAGE_BYTES_MAX => {
                return Err(FetchError::TooLarge);
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Err(_) => return Err(FetchError::Interrupted),
        }
    }
}

fn reason(error: &reqwest::Error) -> Reason {
    if error.is_timeout() {
        Reason::Timeout
    } else if error.is_connect() {
        Reason::Unreachable
    } else {
        Reason::Interrupted
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    (value.len() <= VALIDATOR_MAX || name == LOCATION.as_str()).then(|| value.to_owned())
}
