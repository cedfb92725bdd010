//! Limits that hold for every request: declared size, encoding, time, and panics.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;

use super::problem::{Code, Problem};
use crate::lifecycle::Lifecycle;

/// Largest request body, in bytes; exactly this much is taken.
pub(super) const BODY_MAX: usize = 1_024 * 1_024;
/// Longest that a handler may go on once draining has begun.
const DRAIN_MAX: Duration = Duration::from_secs(3);
/// Longest that a handler may take. A pull may take 15 s.
const HANDLER_MAX: Duration = Duration::from_secs(30);

/// Runs a handler within its time and contains its panic. What a panic said may quote a payload,
/// so only its place is logged, by the panic hook.
///
/// Once draining has begun, what does not end soon is answered and dropped, so that the answer
/// leaves before its connection is closed.
pub(super) async fn contain(
    handler: impl Future<Output = Response>,
    lifecycle: &Lifecycle,
) -> Response {
    let handler = AssertUnwindSafe(handler).catch_unwind();
    let bounded = tokio::time::timeout(HANDLER_MAX, handler);
    let cut_off = async {
        lifecycle.drained().await;
        tokio::time::sleep(DRAIN_MAX).await;
    };
    let ended = tokio::select! {
        ended = bounded => ended,
        () = cut_off => {
            let detail = "the process is shutting down; nothing was acknowledged, try again";
            return Problem::new(Code::StoreUnavailable, detail).into_response();
        }
    };
    match ended {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => {
            Problem::new(Code::Internal, "see the log under this request id").into_response()
        }
        Err(_) => {
            let detail = format!("no answer within {} s; try again", HANDLER_MAX.as_secs());
            Problem::new(Code::Timeout, detail).into_response()
        }
    }
}

/// Refuses what is too large or encoded before anything of it is read.
pub(super) fn check(headers: &HeaderMap) -> Result<(), Problem> {
    let declared = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|length| length > BODY_MAX as u64) {
        return Err(too_large());
    }
    let mut encodings = headers.get_all(header::CONTENT_ENCODING).iter();
    if encodings.any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        let detail = "send the body without Content-Encoding";
        return Err(Problem::new(Code::EncodedBody, detail));
    }
    Ok(())
}

/// The problem of a body over the limit.
pub(super) fn too_large() -> Problem {
    Problem::new(
        Code::BodyTooLarge,
        format!("at most {BODY_MAX} bytes are accepted"),
    )
}
