//! What every request gets, whatever becomes of it: a correlation id, one log line, safe headers,
//! and a body for its problem if it has one.

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::problem::Problem;
use super::{AppState, auth, guard};
use crate::clock::millis_between;

/// The header of the correlation id.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longest correlation id that is taken over from the caller.
const REQUEST_ID_MAX: usize = 128;

/// The correlation id of a request.
#[derive(Debug, Clone)]
pub(super) struct RequestId(pub(super) String);

/// Wraps the whole service.
pub(super) async fn context(
    State(app): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    let started = app.clock.now();
    let id = request
        .headers()
        .get(REQUEST_ID)
        .and_then(sane)
        .unwrap_or_else(|| app.clock.new_id());
    let method = request.method().clone();
    // The pattern, not the path: ids belong into fields of their own, and paths are unbounded.
    let route = request.extensions().get::<MatchedPath>().cloned();
    request.extensions_mut().insert(RequestId(id.clone()));

    let refused = guard::check(request.headers())
        .and_then(|()| auth::check(app.api_token.as_ref(), &request));
    let mut response = match refused {
        Err(problem) => problem.into_response(),
        Ok(()) => guard::contain(next.run(request), &app.lifecycle).await,
    };

    let code = response
        .extensions()
        .get::<Problem>()
        .map(|problem| problem.code().as_str());
    tracing::info!(
        request.id = id,
        http.method = method.as_str(),
        http.route = route.as_ref().map_or("unknown", MatchedPath::as_str),
        http.status = response.status().as_u16(),
        http.duration_ms = millis_between(started, app.clock.now()),
        problem.code = code,
        "request"
    );
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        if let Some(cause) = problem.cause() {
            tracing::error!(request.id = id, error = %cause, "store failed");
        }
        let body = problem.body(&id);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, PROBLEM_JSON);
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
        *response.body_mut() = Body::from(body);
    }
    finish(&mut response, &id);
    response
}

const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// Takes over an id that can be logged and sent on as it is.
fn sane(value: &HeaderValue) -> Option<String> {
    let text = value.to_str().ok()?;
    let sane = (1..=REQUEST_ID_MAX).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte));
    sane.then(|| text.to_owned())
}

fn finish(response: &mut Response, id: &str) {
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(
            "default-src 'none'; frame-ancestors 'none'",
        ));
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}
