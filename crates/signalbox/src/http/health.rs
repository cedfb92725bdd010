//! `GET /healthz` and `GET /readyz`.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::AppState;
use super::problem::{Code, Problem, ProblemBody};

/// Longest that the store may take to answer.
const PING_MAX: Duration = Duration::from_secs(2);

/// A sign of life.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Health {
    /// Always true.
    ok: bool,
}

/// Says that the process lives.
#[utoipa::path(
    get, path = "/healthz", tag = "health",
    responses((status = 200, description = "The process lives", body = Health))
)]
pub(super) async fn healthz() -> Json<Health> {
    Json(Health { ok: true })
}

/// Says that the store answers and the process is not draining.
#[utoipa::path(
    get, path = "/readyz", tag = "health",
    responses(
        (status = 200, description = "Ready", body = Health),
        (status = 503, description = "The store does not answer, or the process is draining", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn readyz(State(app): State<AppState>) -> Result<Json<Health>, Problem> {
    if app.lifecycle.is_draining() {
        return Err(Problem::new(
            Code::StoreUnavailable,
            "the process is shutting down",
        ));
    }
    match tokio::time::timeout(PING_MAX, app.store.ping()).await {
        Ok(Ok(())) => Ok(Json(Health { ok: true })),
        Ok(Err(error)) => Err(error.into()),
        Err(_) => Err(Problem::new(
            Code::StoreUnavailable,
            "the store does not answer in time",
        )),
    }
}
