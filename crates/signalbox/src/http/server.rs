//! The accept loop: who may connect, for how long, and how it ends.
//!
//! HTTP/1.1 only: less code faces the network. Slow heads are cut off by a deadline, the number of
//! connections is bounded, and an error of `accept` (out of file descriptors, say) pauses the loop
//! instead of ending or spinning it.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::lingering::Lingering;
use crate::lifecycle::Lifecycle;

/// Connections at a time, where there are file descriptors for them. Further ones wait in the
/// kernel's queue.
const CONNECTIONS_MAX: usize = 8_192;
/// File descriptors that are kept for the store, for pages and for destinations: strangers must not
/// take those by which people are paged.
const DESCRIPTORS_KEPT: usize = 128;
/// Longest that the head of a request may take, and that an idle connection is kept.
const HEAD_MAX: Duration = Duration::from_secs(10);
/// Largest head, in bytes.
const HEAD_BYTES_MAX: usize = 128 * 1_024;
/// Longest that a client may take to make room for more of an answer.
const WRITE_MAX: Duration = Duration::from_secs(30);
/// Longest that a request may go on once draining has begun.
const DRAIN_MAX: Duration = Duration::from_secs(5);
/// Pause after an error of `accept`.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until draining begins, then finishes every request that was begun.
pub async fn serve(listener: TcpListener, router: Router, lifecycle: Lifecycle) {
    let connections = TaskTracker::new();
    let leftovers = TaskTracker::new();
    let places = Arc::new(Semaphore::new(connections_max()));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            break;
        };
        let accepted = tokio::select! {
            () = lifecycle.drained() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let connection =
                    connection(stream, router.clone(), lifecycle.clone(), leftovers.clone());
                spawn(&connections, async move {
                    connection.await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(error = %error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    // Closing the socket first: no new connection is taken while the old ones finish.
    drop(listener);
    connections.close();
    connections.wait().await;
}

fn connections_max() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let open_files = limits.lines().find_map(|line| {
        line.strip_prefix("Max open files")?
            .split_whitespace()
            .next()
    });
    let descriptors: usize = open_files
        .and_then(|soft| soft.parse().ok())
        .unwrap_or(CONNECTIONS_MAX);
    descriptors
        .saturating_sub(DESCRIPTORS_KEPT)
        .clamp(32, CONNECTIONS_MAX)
}

/// A connection that panics ends alone; unlike a worker it must not end the process.
#[expect(
    clippy::disallowed_methods,
    reason = "connections are tracked by their own tracker"
)]
fn spawn(tracker: &TaskTracker, task: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(tracker.track_future(task));
}

async fn connection(
    stream: TcpStream,
    router: Router,
    lifecycle: Lifecycle,
    leftovers: TaskTracker,
) {
    // Answers are small and awaited: never hold them back for more.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE_MAX));
    let service =
        TowerToHyperService::new(router.map_request(move |request: Request<Incoming>| {
            request.map(|body| Body::new(Lingering::new(body, leftovers.clone())))
        }));
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(Box::pin(stream)), service);
    tokio::pin!(served);
    let ended = tokio::select! {
        ended = &mut served => ended,
        () = lifecycle.drained() => {
            served.as_mut().graceful_shutdown();
            // A client that is still sending by then has not been acknowledged anything.
            tokio::time::timeout(DRAIN_MAX, served).await.unwrap_or(Ok(()))
        }
    };
    if let Err(error) = ended {
        // Clients that vanish are everyday business.
        tracing::debug!(error = %error, "connection ended early");
    }
}
