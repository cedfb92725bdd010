//! Status pages: what a page may do to a hub, and what the hub makes of what it shows.

mod evidence;
mod fetching;
mod hostile;
mod polling;
mod stories;

use serde_json::Value;

use crate::support::{PageDocument, Reply, TestHub};

/// A time on the pages, on the day on which all of this happens.
fn at(time: &str) -> String {
    format!("2024-01-15T{time}:00Z")
}

/// The page while an incident is open.
fn page_with_incident() -> PageDocument {
    PageDocument::edited(&at("11:00")).incident("i1", "critical", "investigating", &at("11:00"))
}

/// The identifier of the event that [`page_with_incident`] makes.
const INCIDENT: &str = "spreedly_status:i1";

/// Takes out of an answer why Spreedly's page failed, whether others could be read or not.
async fn pull_error(hub: &TestHub) -> String {
    let answer = hub.pull().await;
    let body = answer.json();
    if answer.status != 200 {
        answer.problem(502, "pages_failed");
    }
    body["errors"]["spreedly"]
        .as_str()
        .unwrap_or_else(|| panic!("no error: {body}"))
        .to_owned()
}

/// Requires an answer that names no error, and gives it.
async fn pull_well(hub: &TestHub) -> Value {
    let body = hub.pull().await.expect(200);
    assert!(body.get("errors").is_none(), "{body}");
    body
}

/// Answers with a document under an entity tag.
fn tagged(document: &PageDocument, etag: &str) -> Reply {
    document.reply().header("etag", etag)
}
