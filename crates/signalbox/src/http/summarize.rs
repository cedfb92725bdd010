//! `POST /ai/summarize`.

use axum::Json;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use signalbox_core::json::{self, JsonError};
use signalbox_core::summarize;
use utoipa::ToSchema;

use super::extract::LimitedBody;
use super::problem::{Problem, ProblemBody};

#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow)]
    text: Option<&'a RawValue>,
}

/// What is to be summarized.
#[derive(Debug, ToSchema)]
#[expect(
    dead_code,
    reason = "only describes the body, which is read by hand for better messages"
)]
pub(super) struct SummarizeRequest {
    /// The text; not blank.
    text: String,
}

/// What was made of it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SummaryBody {
    /// The first sentence, shortened.
    summary: String,
    /// `info`, `warning` or `critical`.
    suggested_severity: &'static str,
}

/// Summarizes a text and suggests a severity.
///
/// A deterministic stub that matches keywords; it shows the shape of a model's integration.
#[utoipa::path(
    post, path = "/ai/summarize", tag = "ai",
    request_body = SummarizeRequest,
    responses(
        (status = 200, description = "The summary", body = SummaryBody),
        (status = 400, description = "The text is missing, blank or not text", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn summarize(
    LimitedBody(body): LimitedBody,
) -> Result<Json<SummaryBody>, Problem> {
    let fields: Fields<'_> = json::object(json::check(&body)?, "body")?;
    let made = fields
        .text
        .and_then(json::string)
        .and_then(|text| summarize::summarize(&text))
        .ok_or_else(|| JsonError::field("text", "a string that is not blank"))?;
    Ok(Json(SummaryBody {
        summary: made.summary,
        suggested_severity: made.suggested_severity.as_str(),
    }))
}
