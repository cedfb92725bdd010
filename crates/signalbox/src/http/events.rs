//! `GET /events`.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use serde::Serialize;
use signalbox_store::EventFilter;
use utoipa::ToSchema;

use super::AppState;
use super::cursor::{self, Cursors};
use super::event_body::EventBody;
use super::extract::Params;
use super::problem::{Problem, ProblemBody};

/// Words that one search may have.
const WORDS_MAX: usize = 8;

/// A page of events.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EventList {
    /// The events, newest received first.
    events: Vec<EventBody>,
    /// Where to go on, or null at the end.
    next_cursor: Option<String>,
}

/// Lists events, newest received first.
///
/// A page may hold fewer events than `limit` although more follow; only `next_cursor` tells.
#[utoipa::path(
    get, path = "/events", tag = "events",
    params(
        ("limit" = Option<u32>, Query, description = "1 to 500, default 50"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before, under the same filters"),
        ("source" = Option<String>, Query, description = "The feed, such as `stripe`"),
        ("kind" = Option<String>, Query, description = "`incident`, `status` or `payment`"),
        ("severity" = Option<String>, Query, description = "`info`, `warning` or `critical`"),
        ("service" = Option<String>, Query, description = "The vendor, such as `spreedly`"),
        ("since" = Option<String>, Query, description = "Received at or after (RFC 3339)"),
        ("until" = Option<String>, Query, description = "Received before (RFC 3339)"),
        ("open" = Option<bool>, Query, description = "Whether it lasts still; payments never do"),
        ("q" = Option<String>, Query, description = "Whole words that occur in id, summary, description or component"),
    ),
    responses(
        (status = 200, description = "A page of events", body = EventList),
        (status = 400, description = "A parameter is unknown or has a bad value", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list_events(
    State(app): State<AppState>,
    RawQuery(query): RawQuery,
    mut params: Params,
) -> Result<(HeaderMap, Json<EventList>), Problem> {
    let limit = params.limit()?;
    let cursor = params.text("cursor")?;
    let filter = read_filter(params)?;
    let cursors = Cursors::bound_to(&format!("events {filter:?}"));
    let after = cursor.map(|text| cursors.read(&text)).transpose()?;
    let page = app.store.events(&filter, after, limit).await?;
    let next_cursor = page.next.map(|position| cursors.write(position));
    let link = cursor::link(
        "/events",
        query.as_deref().unwrap_or(""),
        next_cursor.as_deref(),
    );
    let events = page.rows.into_iter().map(EventBody::from).collect();
    Ok((
        link,
        Json(EventList {
            events,
            next_cursor,
        }),
    ))
}

fn read_filter(mut params: Params) -> Result<EventFilter, Problem> {
    let filter = EventFilter {
        source: params.text("source")?,
        kind: params.parse("kind", "incident, status or payment")?,
        severity: params.parse("severity", "info, warning or critical")?,
        service: params.text("service")?,
        since: params.time("since")?,
        until: params.time("until")?,
        open: params.parse("open", "true or false")?,
        words: params.text("q")?,
    };
    params.finish("limit, cursor, source, kind, severity, service, since, until, open, q")?;
    match &filter.words {
        Some(words) if !(1..=WORDS_MAX).contains(&words.split_whitespace().count()) => {
            Err(Problem::parameter("q", "1 to 8 words"))
        }
        _ => Ok(filter),
    }
}
