//! `POST /ingest/stripe`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use signalbox_store::Accepted;
use utoipa::ToSchema;

use super::AppState;
use super::context::RequestId;
use super::extract::VerifiedStripe;
use super::problem::{Problem, ProblemBody};

/// The receipt for a webhook.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Receipt {
    /// Always true: the event is on disk.
    received: bool,
    /// True when it was there already; absent when it is new.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    deduped: bool,
}

/// Accepts one signed Stripe event.
///
/// Answers 200 only once the event is on disk. The same event again is answered with
/// `deduped: true` and changes nothing.
#[utoipa::path(
    post, path = "/ingest/stripe", tag = "ingest",
    params(("Stripe-Signature" = String, Header, description = "`t=<unix seconds>,v1=<hex>`, as Stripe sends it")),
    request_body(content = serde_json::Value, description = "A Stripe event, snapshot or thin, byte for byte as signed"),
    responses(
        (status = 200, description = "The event is on disk", body = Receipt),
        (status = 400, description = "The signature or the event is not valid", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is larger than 1 MiB", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "No signing secret is configured, or the store cannot take it now", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn ingest_stripe(
    State(app): State<AppState>,
    RequestId(request_id): RequestId,
    VerifiedStripe(event): VerifiedStripe,
) -> Result<Json<Receipt>, Problem> {
    let event_id = event.event_id.clone();
    let accepted = app.ingest.accept(event, &request_id).await?;
    let deduped = !matches!(accepted, Accepted::New { .. });
    tracing::debug!(request.id = request_id, event.id = %event_id, deduped, "event accepted");
    Ok(Json(Receipt {
        received: true,
        deduped,
    }))
}
