//! The map of the interface.

use axum::extract::DefaultBodyLimit;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Router, middleware};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::problem::{Code, Problem};
use super::{
    AppState, context, deliveries, docs, event_detail, events, health, index, ingest_stripe, mock,
    pull_status, summarize,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "signalbox",
        description = "Takes the signals that vendors send and publish, verifies and normalizes \
            them, stores them durably, and routes what matters to the people on call.\n\n\
            Errors are `application/problem+json` (RFC 9457). Every answer carries `X-Request-Id`. \
            With `API_TOKEN` set, everything but health, this document and signed ingestion needs \
            `Authorization: Bearer …`.",
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT"),
    ),
    tags(
        (name = "ingest", description = "Signals in"),
        (name = "events", description = "What happened"),
        (name = "deliveries", description = "What was sent, and what waits"),
        (name = "mock destination", description = "Stands where a pager would"),
        (name = "health", description = "For machines that watch this one"),
        (name = "ai", description = "The optional summary"),
    )
)]
struct Document;

fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(ingest_stripe::ingest_stripe))
        .routes(routes!(pull_status::pull_status))
        .routes(routes!(events::list_events))
        .routes(routes!(event_detail::show_event))
        .routes(routes!(deliveries::list_deliveries))
        .routes(routes!(deliveries::retry_delivery))
        .routes(routes!(mock::receive_page, mock::list_pages))
        .routes(routes!(summarize::summarize))
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
}

/// Returns the OpenAPI document.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    routes().split_for_parts().1
}

/// Builds the service.
pub fn router(app: AppState) -> Router {
    let (router, api) = routes().split_for_parts();
    router
        .route("/", get(index::index))
        .merge(docs::docs(api))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(
            app.clone(),
            context::context,
        ))
        .with_state(app)
}

async fn not_found() -> impl IntoResponse {
    Problem::new(Code::NotFound, "no such path; /docs lists what there is")
}

async fn method_not_allowed() -> impl IntoResponse {
    Problem::new(
        Code::MethodNotAllowed,
        "no such method here; see the Allow header",
    )
}
