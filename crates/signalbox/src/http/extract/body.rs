//! A request body, bounded in size and time.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::http::guard::{BODY_MAX, too_large};
use crate::http::problem::{Code, Problem};

/// Longest that a body may take to arrive.
const BODY_TIME_MAX: Duration = Duration::from_secs(10);

/// The raw bytes of a body.
pub(in crate::http) struct LimitedBody(pub(in crate::http) Bytes);

impl<S: Send + Sync> FromRequest<S> for LimitedBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        read(request.into_body()).await.map(Self)
    }
}

/// Reads a body to its end.
pub(super) async fn read(body: Body) -> Result<Bytes, Problem> {
    let collect = Limited::new(body, BODY_MAX).collect();
    match tokio::time::timeout(BODY_TIME_MAX, collect).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(Problem::new(Code::InvalidBody, "the body broke off")),
        Err(_) => {
            let detail = format!(
                "the body did not arrive within {} s",
                BODY_TIME_MAX.as_secs()
            );
            Err(Problem::new(Code::BodyTimeout, detail))
        }
    }
}
