//! The one shape of an error: RFC 9457 problem details.
//!
//! A handler returns a [`Problem`]; the `context` layer adds the correlation id and writes the
//! body. Each code has an entry in `docs/errors.md`, which a test checks.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use signalbox_core::json::JsonError;
use signalbox_core::source::stripe::VerifyError;
use signalbox_store::StoreError;
use utoipa::ToSchema;

/// Declares the codes with status and title.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $status:ident, $code:literal, $title:literal;)+) => {
        /// The kinds of problems.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code { $($(#[$doc])* $name),+ }

        /// Every code.
        pub const CODES: &[Code] = &[$(Code::$name),+];

        impl Code {
            /// Returns the code as sent.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }

            /// Returns the status that goes with it.
            #[must_use]
            pub fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status),+ }
            }

            fn title(self) -> &'static str {
                match self { $(Self::$name => $title),+ }
            }
        }
    };
}

codes! {
    /// A query parameter is unknown, repeated or has a bad value.
    InvalidParameter = BAD_REQUEST, "invalid_parameter", "A query parameter is not valid";
    /// The body is not what the endpoint takes.
    InvalidBody = BAD_REQUEST, "invalid_body", "The request body is not valid";
    /// The signature header is missing.
    SignatureMissing = BAD_REQUEST, "signature_missing", "The signature is missing";
    /// The signature header cannot be read.
    SignatureMalformed = BAD_REQUEST, "signature_malformed", "The signature header is malformed";
    /// No signature matches.
    SignatureMismatch = BAD_REQUEST, "signature_mismatch", "The signature does not match";
    /// The signed time is too old or too far ahead.
    SignatureExpired = BAD_REQUEST, "signature_expired", "The signed time is out of tolerance";
    /// No or a wrong token.
    Unauthorized = UNAUTHORIZED, "unauthorized", "A valid bearer token is required";
    /// Nothing is there.
    NotFound = NOT_FOUND, "not_found", "There is nothing here";
    /// Another method is.
    MethodNotAllowed = METHOD_NOT_ALLOWED, "method_not_allowed", "This method is not supported here";
    /// The body did not come in time.
    BodyTimeout = REQUEST_TIMEOUT, "body_timeout", "The request body took too long";
    /// It would page for what is over.
    EventResolved = CONFLICT, "event_resolved", "The event is resolved";
    /// It would close the page of what is open again.
    EventReopened = CONFLICT, "event_reopened", "The event is open again";
    /// The body is larger than 1 MiB.
    BodyTooLarge = PAYLOAD_TOO_LARGE, "body_too_large", "The request body is too large";
    /// The body is compressed.
    EncodedBody = UNSUPPORTED_MEDIA_TYPE, "encoded_body", "Encoded request bodies are not supported";
    /// A defect of ours.
    Internal = INTERNAL_SERVER_ERROR, "internal", "Something went wrong on our side";
    /// Every page failed.
    PagesFailed = BAD_GATEWAY, "pages_failed", "No status page could be read";
    /// The endpoint needs a setting.
    NotConfigured = SERVICE_UNAVAILABLE, "not_configured", "This endpoint is not configured";
    /// The store cannot take or give it now.
    StoreUnavailable = SERVICE_UNAVAILABLE, "store_unavailable", "The store is not available";
    /// The handler took too long.
    Timeout = SERVICE_UNAVAILABLE, "timeout", "The request took too long";
}

/// An error as handlers return it.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    code: Code,
    detail: String,
    errors: Option<serde_json::Value>,
    cause: Option<StoreError>,
}

impl Problem {
    /// Makes a problem; `detail` says what is wrong with this very request, and how to mend it.
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            errors: None,
            cause: None,
        }
    }

    /// Names a query parameter and what it takes.
    pub(crate) fn parameter(name: &str, expected: &str) -> Self {
        Self::new(
            Code::InvalidParameter,
            format!("{name}: expected {expected}"),
        )
    }

    /// Adds what failed in particular.
    pub(crate) fn with_errors(mut self, errors: serde_json::Value) -> Self {
        self.errors = Some(errors);
        self
    }

    /// Returns what to log beside the request, for what a human should look at.
    pub(crate) fn cause(&self) -> Option<&StoreError> {
        self.cause.as_ref()
    }

    /// Returns the kind.
    pub(crate) fn code(&self) -> Code {
        self.code
    }

    /// Writes the body.
    pub(crate) fn body(&self, request_id: &str) -> Vec<u8> {
        let body = ProblemBody {
            kind: format!("/docs/errors#{}", self.code.as_str()),
            title: self.code.title().to_owned(),
            status: self.code.status().as_u16(),
            code: self.code.as_str().to_owned(),
            detail: self.detail.clone(),
            request_id: request_id.to_owned(),
            errors: self.errors.clone(),
        };
        serde_json::to_vec(&body).unwrap_or_default()
    }
}

/// An error as sent (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody {
    /// Where the code is explained.
    #[serde(rename = "type")]
    kind: String,
    /// What happened, in general.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What happened, as one word for programs.
    code: String,
    /// What is wrong with this request, and how to mend it.
    detail: String,
    /// The correlation id, also in `X-Request-Id` and in the log.
    request_id: String,
    /// What failed in particular, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<serde_json::Value>,
}

impl IntoResponse for Problem {
    /// The body is written by the `context` layer, which knows the correlation id.
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        let headers = response.headers_mut();
        match self.code {
            Code::StoreUnavailable | Code::Timeout => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            Code::NotConfigured => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
            }
            Code::Unauthorized => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            _ => {}
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<JsonError> for Problem {
    fn from(error: JsonError) -> Self {
        Self::new(Code::InvalidBody, error.to_string())
    }
}

impl From<VerifyError> for Problem {
    fn from(error: VerifyError) -> Self {
        let code = match error {
            VerifyError::Missing => Code::SignatureMissing,
            VerifyError::Mismatch => Code::SignatureMismatch,
            VerifyError::Stale { .. } | VerifyError::Future { .. } => Code::SignatureExpired,
            _ => Code::SignatureMalformed,
        };
        Self::new(code, error.to_string())
    }
}

impl From<StoreError> for Problem {
    /// The cause is logged, not sent: it may name files and tables.
    fn from(error: StoreError) -> Self {
        let problem = match &error {
            StoreError::Overloaded => Self::new(
                Code::StoreUnavailable,
                "too much waits to be written; try again",
            ),
            StoreError::Unavailable(_) => Self::new(
                Code::StoreUnavailable,
                "the store cannot do this now; try again",
            ),
            _ => Self::new(Code::Internal, "see the log under this request id"),
        };
        Self {
            cause: Some(error),
            ..problem
        }
    }
}
