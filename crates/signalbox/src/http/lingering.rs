//! A request body that is read to its end even if nobody wants it.
//!
//! Closing a socket with unread input resets it, and the reset overtakes the answer: a client that
//! sends all of a body before it reads would never see why it was refused. So what a handler leaves
//! is discarded for a moment, within limits, while the answer is on its way.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio_util::task::TaskTracker;

/// Longest that a rest is discarded.
const TIME_MAX: Duration = Duration::from_secs(3);
/// Largest rest that is discarded, in bytes.
const BYTES_MAX: usize = 64 * 1_024 * 1_024;

/// A body whose rest is discarded when it is dropped.
pub(super) struct Lingering {
    body: Option<Incoming>,
    tasks: TaskTracker,
}

impl Lingering {
    /// Wraps a body; its rest is discarded on a task of `tasks`.
    pub(super) fn new(body: Incoming, tasks: TaskTracker) -> Self {
        Self {
            body: Some(body),
            tasks,
        }
    }
}

impl Body for Lingering {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        let polled = Pin::new(body).poll_frame(context);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.body = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let none = || SizeHint::with_exact(0);
        self.body.as_ref().map_or_else(none, Body::size_hint)
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        if let Some(body) = self.body.take().filter(|body| !body.is_end_stream()) {
            self.tasks
                .spawn(tokio::time::timeout(TIME_MAX, discard(body)));
        }
    }
}

async fn discard(mut body: Incoming) {
    let mut seen = 0;
    while let Some(Ok(frame)) = body.frame().await {
        seen += frame.data_ref().map_or(0, Buf::remaining);
        if seen > BYTES_MAX {
            return;
        }
    }
}
