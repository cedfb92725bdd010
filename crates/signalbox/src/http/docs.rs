//! `/docs` and `/openapi.json`: the interface, described by the code that serves it.
//!
//! Swagger UI comes from the binary, so the page works without a network. It needs a content
//! policy of its own: it styles itself at run time.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::problem::{Code, Problem};

const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-ancestors 'none'",
);

/// Serves the document and the page.
pub(super) fn docs<S: Clone + Send + Sync + 'static>(api: OpenApi) -> Router<S> {
    let config = Config::default().validator_url("none").use_base_layout();
    let page = SwaggerUi::new("/docs")
        .url("/openapi.json", api)
        .config(config);
    Router::from(page)
        .route("/docs/errors", get(errors))
        .layer(middleware::from_fn(policy))
}

/// What the `type` of a problem points to.
async fn errors() -> impl IntoResponse {
    let plain = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (plain, include_str!("../../../../docs/errors.md"))
}

async fn policy(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if response.status() == StatusCode::NOT_FOUND {
        return Problem::new(Code::NotFound, "no such page; begin at /docs/").into_response();
    }
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, POLICY);
    response
}
