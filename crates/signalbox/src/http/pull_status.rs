//! `POST /ingest/pull-status`.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::AppState;
use super::context::RequestId;
use super::problem::{Code, Problem, ProblemBody};
use crate::ingest::Scope;

/// What a look at the status pages came to.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Pulled {
    /// Per page: how many incidents and components were read.
    #[schema(value_type = BTreeMap<String, u32>)]
    fetched: InOrder,
    /// Events that are new.
    stored: u32,
    /// Events newly chosen for a destination.
    routed: u32,
    /// Per page: why it failed. Absent when none did.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    errors: BTreeMap<String, String>,
    /// Per page: what of it could not be read. Absent when all could.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    complaints: BTreeMap<String, Vec<String>>,
}

/// Pages in the order of the configuration.
#[derive(Debug)]
struct InOrder(Vec<(String, u32)>);

impl Serialize for InOrder {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(vendor, n)| (vendor, n)))
    }
}

/// Looks at every status page now.
///
/// A page that fails counts 0 and shows in `errors`; the others go on. Calls at the same time share
/// one look.
#[utoipa::path(
    post, path = "/ingest/pull-status", tag = "ingest",
    responses(
        (status = 200, description = "At least one page could be read, or none is configured", body = Pulled),
        (status = 502, description = "Every page failed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The store cannot take it now", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn pull_status(
    State(app): State<AppState>,
    RequestId(request_id): RequestId,
) -> Result<Json<Pulled>, Problem> {
    let report = app.pull.run(Scope::All, &request_id).await;
    let errors: BTreeMap<_, _> = report.errors.into_iter().collect();
    if report.store_failed {
        return Err(Problem::new(
            Code::StoreUnavailable,
            "the store cannot do this now; try again",
        ));
    }
    if !errors.is_empty() && errors.len() == report.fetched.len() {
        let detail: Vec<String> = errors
            .iter()
            .map(|(vendor, why)| format!("{vendor}: {why}"))
            .collect();
        return Err(Problem::new(Code::PagesFailed, detail.join("; "))
            .with_errors(serde_json::json!(errors)));
    }
    Ok(Json(Pulled {
        fetched: InOrder(report.fetched),
        stored: report.stored,
        routed: report.routed,
        errors,
        complaints: report.complaints.into_iter().collect(),
    }))
}
