//! `GET /events/{event_id}`.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use serde::Serialize;
use signalbox_core::event::EventId;
use signalbox_core::json::RawJson;
use signalbox_core::rule::Decision;
use signalbox_store::{AttemptRecord, DeliveryFilter, Revision};
use utoipa::ToSchema;

use super::AppState;
use super::deliveries::DeliveryBody;
use super::event_body::EventBody;
use super::problem::{Code, Problem, ProblemBody};

/// Deliveries that are shown with an event. One has a handful.
const DELIVERIES_MAX: u32 = 500;

/// An event with all that is known of it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EventDetail {
    #[serde(flatten)]
    event: EventBody,
    /// Its states, oldest first, the present one last.
    history: Vec<RevisionBody>,
    /// What it owed and owes, newest first.
    deliveries: Vec<DeliveryDetail>,
    /// Why it was routed or not.
    explain: Explain,
}

/// One state of an event.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Revision)]
struct RevisionBody {
    /// Its number, from 1.
    revision: u32,
    /// When it was first observed.
    observed_at: String,
    /// `new`, `revised`, `escalated`, `deescalated`, `resolved` or `reopened`.
    change: String,
    /// What showed that it was over: `record`, `operational` or `absence`; else null.
    evidence: Option<String>,
    /// How bad it was.
    severity: &'static str,
    /// The vendor's word for its state; empty for points in time.
    vendor_status: String,
    /// When it ended, as known then.
    resolved_at: Option<String>,
    /// One line.
    summary: String,
    /// Detail, or null.
    description: Option<String>,
    /// What was decided in this state.
    explain: Explain,
    /// The vendor's own JSON.
    #[schema(value_type = serde_json::Value)]
    raw: RawJson,
}

/// A delivery with its attempts.
#[derive(Debug, Serialize, ToSchema)]
struct DeliveryDetail {
    #[serde(flatten)]
    delivery: DeliveryBody,
    /// The attempts made, oldest first.
    log: Vec<AttemptBody>,
}

/// One attempt.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Attempt)]
struct AttemptBody {
    /// Its number, from 1.
    attempt: u32,
    /// When it ended.
    ended_at: String,
    /// How long it took, in milliseconds.
    duration_ms: u32,
    /// `delivered`, `retry`, `parked` or `refused`.
    outcome: String,
    /// Why.
    reason: String,
    /// The status of the answer, if there was one.
    status: Option<u16>,
}

/// Why an event was routed or not. Stored when it was decided, never reconstructed.
#[derive(Debug, Serialize, ToSchema)]
struct Explain {
    /// Whether a destination was chosen by this decision.
    routed: bool,
    /// The rule that decided.
    rule: String,
    /// The reason, in words.
    reason: String,
    /// The destinations chosen.
    destinations: Vec<String>,
}

impl From<Decision> for Explain {
    fn from(decision: Decision) -> Self {
        Self {
            routed: decision.is_routed(),
            rule: decision.rule,
            reason: decision.reason,
            destinations: decision
                .targets
                .into_iter()
                .map(|target| target.destination)
                .collect(),
        }
    }
}

impl From<Revision> for RevisionBody {
    fn from(revision: Revision) -> Self {
        Self {
            revision: revision.revision,
            observed_at: revision.observed_at.to_string(),
            change: revision.change,
            evidence: revision.evidence,
            severity: revision.severity.as_str(),
            vendor_status: revision.vendor_status,
            resolved_at: revision.resolved_at.map(|at| at.to_string()),
            summary: revision.summary,
            description: revision.description,
            explain: revision.decision.into(),
            raw: revision.raw,
        }
    }
}

impl From<&AttemptRecord> for AttemptBody {
    fn from(attempt: &AttemptRecord) -> Self {
        Self {
            attempt: attempt.attempt,
            ended_at: attempt.ended_at.to_string(),
            duration_ms: attempt.duration_ms,
            outcome: attempt.outcome.clone(),
            reason: attempt.reason.clone(),
            status: attempt.status,
        }
    }
}

/// Shows one event with its history, its deliveries and why it was routed or not.
#[utoipa::path(
    get, path = "/events/{event_id}", tag = "events",
    params(("event_id" = String, Path, description = "The event's id, percent-encoded where needed")),
    responses(
        (status = 200, description = "The event", body = EventDetail),
        (status = 404, description = "There is no such event", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn show_event(
    State(app): State<AppState>,
    event_id: Result<Path<String>, PathRejection>,
) -> Result<Json<EventDetail>, Problem> {
    let unknown = || Problem::new(Code::NotFound, "event_id: there is no such event");
    let Path(event_id) = event_id.map_err(|_| unknown())?;
    let event_id = EventId::new(&event_id).ok_or_else(unknown)?;
    let record = app.store.event(&event_id).await?.ok_or_else(unknown)?;
    let history = app.store.history(&event_id).await?;
    let attempts = app.store.attempts(&event_id).await?;
    let filter = DeliveryFilter {
        event_id: Some(event_id.to_string()),
        ..DeliveryFilter::default()
    };
    let deliveries = app.store.deliveries(&filter, None, DELIVERIES_MAX).await?;
    Ok(Json(EventDetail {
        explain: record.decision.clone().into(),
        event: record.into(),
        history: history.into_iter().map(RevisionBody::from).collect(),
        deliveries: deliveries
            .rows
            .into_iter()
            .map(|delivery| DeliveryDetail {
                log: attempts
                    .iter()
                    .filter(|attempt| attempt.delivery_id == delivery.id)
                    .map(AttemptBody::from)
                    .collect(),
                delivery: delivery.into(),
            })
            .collect(),
    }))
}
