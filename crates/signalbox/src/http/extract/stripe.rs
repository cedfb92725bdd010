//! A Stripe event whose signature has been checked. No handler sees any other.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::HeaderMap;
use signalbox_core::event::Event;
use signalbox_core::source::stripe::{self, VerifyError};

use super::body;
use crate::http::AppState;
use crate::http::context::RequestId;
use crate::http::problem::{Code, Problem};

/// A verified, parsed and normalized event.
pub(in crate::http) struct VerifiedStripe(pub(in crate::http) Event);

impl FromRequest<AppState> for VerifiedStripe {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, Problem> {
        if app.stripe_secrets.is_empty() {
            let detail = "set STRIPE_WEBHOOK_SECRET to the endpoint's signing secret and restart";
            return Err(Problem::new(Code::NotConfigured, detail));
        }
        let (mut parts, body) = request.into_parts();
        let Ok(RequestId(request_id)) = RequestId::from_request_parts(&mut parts, app).await;
        let body = body::read(body).await?;
        // Over the raw bytes: any re-serialization would change them and break the signature.
        signature(&parts.headers)
            .and_then(|header| stripe::verify(header, &body, &app.stripe_secrets, app.clock.now()))
            .inspect_err(|error| {
                tracing::info!(
                    request.id = request_id,
                    event.source = stripe::SOURCE,
                    signature.reason = error.reason(),
                    "signature refused"
                );
            })?;
        Ok(Self(stripe::parse(&body)?))
    }
}

fn signature(headers: &HeaderMap) -> Result<&[u8], VerifyError> {
    let mut values = headers.get_all("stripe-signature").iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value.as_bytes()),
        _ => Err(VerifyError::Missing),
    }
}
