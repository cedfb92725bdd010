//! `GET /`: where to go from here.

use axum::response::Html;

/// Points to the interface. Static, so that the strictest content policy holds.
pub(super) async fn index() -> Html<&'static str> {
    Html(include_str!("index.html"))
}
