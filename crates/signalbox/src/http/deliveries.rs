//! `GET /deliveries` and `POST /deliveries/{id}/retry`.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use serde::Serialize;
use signalbox_store::{DeliveryFilter, DeliveryRecord, Retried};
use utoipa::ToSchema;

use super::AppState;
use super::context::RequestId;
use super::cursor::{self, Cursors};
use super::extract::Params;
use super::problem::{Code, Problem, ProblemBody};

/// A delivery: one event owed to one destination.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Delivery)]
pub(super) struct DeliveryBody {
    /// Its number.
    id: i64,
    /// The event it is about.
    event_id: String,
    /// Where to.
    destination: String,
    /// `trigger`, `update` or `resolve`.
    action: &'static str,
    /// `pending`, `delivered`, `dead` or `cancelled`.
    state: &'static str,
    /// Attempts begun.
    attempts: u32,
    /// What the last attempt came to, or why there was none; null before the first.
    reason: Option<String>,
    /// The key under which the destination knows the page.
    dedup_key: String,
    /// When it was first owed.
    created_at: String,
    /// When the next attempt is due; null when none is, or while an earlier delivery of the same
    /// page must go first.
    next_attempt_at: Option<String>,
}

impl From<DeliveryRecord> for DeliveryBody {
    fn from(delivery: DeliveryRecord) -> Self {
        Self {
            id: delivery.id,
            event_id: delivery.event_id,
            destination: delivery.destination,
            action: delivery.action.as_str(),
            state: delivery.state.as_str(),
            attempts: delivery.attempts,
            reason: delivery.reason,
            dedup_key: delivery.dedup_key,
            created_at: delivery.created_at.to_string(),
            next_attempt_at: delivery.next_attempt_at.map(|at| at.to_string()),
        }
    }
}

/// A page of deliveries.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DeliveryList {
    /// The deliveries, newest first.
    deliveries: Vec<DeliveryBody>,
    /// Where to go on, or null at the end.
    next_cursor: Option<String>,
}

/// The answer to a retry.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RetryReceipt {
    /// The delivery.
    id: i64,
    /// What becomes of it: `due` (tried now), `in_turn` (its turn comes by itself) or `delivered`
    /// (the destination has it; nothing is sent again).
    retry: &'static str,
}

/// Lists deliveries, newest first.
#[utoipa::path(
    get, path = "/deliveries", tag = "deliveries",
    params(
        ("limit" = Option<u32>, Query, description = "1 to 500, default 50"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before, under the same filters"),
        ("state" = Option<String>, Query, description = "`pending`, `delivered`, `dead` or `cancelled`"),
        ("destination" = Option<String>, Query, description = "The destination's name"),
        ("event_id" = Option<String>, Query, description = "The event"),
    ),
    responses(
        (status = 200, description = "A page of deliveries", body = DeliveryList),
        (status = 400, description = "A parameter is unknown or has a bad value", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list_deliveries(
    State(app): State<AppState>,
    RawQuery(query): RawQuery,
    mut params: Params,
) -> Result<(HeaderMap, Json<DeliveryList>), Problem> {
    let limit = params.limit()?;
    let cursor = params.text("cursor")?;
    let filter = DeliveryFilter {
        state: params.parse("state", "pending, delivered, dead or cancelled")?,
        destination: params.text("destination")?,
        event_id: params.text("event_id")?,
    };
    params.finish("limit, cursor, state, destination, event_id")?;
    let cursors = Cursors::bound_to(&format!("deliveries {filter:?}"));
    let after = cursor.map(|text| cursors.read(&text)).transpose()?;
    let page = app.store.deliveries(&filter, after, limit).await?;
    let next_cursor = page.next.map(|position| cursors.write(position));
    let link = cursor::link(
        "/deliveries",
        query.as_deref().unwrap_or(""),
        next_cursor.as_deref(),
    );
    let deliveries = page.rows.into_iter().map(DeliveryBody::from).collect();
    Ok((
        link,
        Json(DeliveryList {
            deliveries,
            next_cursor,
        }),
    ))
}

/// Tries a delivery again, now.
///
/// A dead one is revived, one that waits is tried at once, and a parked destination is unparked. A
/// delivery that the destination has is not sent again. A page for what is over is refused.
#[utoipa::path(
    post, path = "/deliveries/{id}/retry", tag = "deliveries",
    params(("id" = i64, Path, description = "The delivery's number")),
    responses(
        (status = 202, description = "It will be tried", body = RetryReceipt),
        (status = 404, description = "There is no such delivery", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Its event has moved on: a page for what is over, or the end of one for what is open again", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn retry_delivery(
    State(app): State<AppState>,
    RequestId(request_id): RequestId,
    id: Result<Path<i64>, PathRejection>,
) -> Result<(StatusCode, Json<RetryReceipt>), Problem> {
    let unknown = || Problem::new(Code::NotFound, "id: there is no such delivery");
    let Path(id) = id.map_err(|_| unknown())?;
    let retry = match app.store.retry(id, app.clock.now()).await? {
        Retried::Unknown => return Err(unknown()),
        Retried::EventResolved => {
            let detail = "its event is resolved; a page for what is over would never close";
            return Err(Problem::new(Code::EventResolved, detail));
        }
        Retried::EventReopened => {
            let detail = "its event is open again; closing the page would hide it";
            return Err(Problem::new(Code::EventReopened, detail));
        }
        Retried::Due => "due",
        Retried::InTurn => "in_turn",
        Retried::Delivered => "delivered",
    };
    tracing::info!(
        request.id = request_id,
        delivery.id = id,
        retry,
        "retry asked for"
    );
    app.nudge.give();
    Ok((StatusCode::ACCEPTED, Json(RetryReceipt { id, retry })))
}
