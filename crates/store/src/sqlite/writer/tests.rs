//! What becomes of jobs that share a transaction when one of them, or the disk, fails.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::mpsc;
use std::task::Poll;

use jiff::Timestamp;
use signalbox_core::event::Severity;
use signalbox_core::json::RawJson;
use tempfile::TempDir;

use super::*;
use crate::conformance::samples::{FEED, at, id, incident, look, pager, payment, seen};
use crate::sqlite::SqliteStore;
use crate::sqlite::accept::{self, Context};
use crate::{Accepted, EventFilter, EventLog, Outbox, Store};

type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

const DONE: Result<Accepted, StoreError> = Ok(Accepted::New { routed: true });

/// A store in a folder of its own, which goes with the test.
fn open() -> (TempDir, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    let store = SqliteStore::open(&path, Timestamp::UNIX_EPOCH).unwrap();
    (folder, store)
}

/// Puts a write into the queue, and answers later.
async fn enqueue<'a, T>(
    write: impl Future<Output = Result<T, StoreError>> + Send + 'a,
) -> Answer<'a, T> {
    let mut write = Box::pin(write);
    let first = poll_fn(|context| Poll::Ready(write.as_mut().poll(context).is_pending())).await;
    assert!(first, "it is not done before it is begun");
    write
}

/// Holds the writer in the middle of a job until the sender is dropped. What is enqueued meanwhile
/// shares one transaction with that job.
async fn pause(store: &SqliteStore) -> (mpsc::Sender<()>, Answer<'_, ()>) {
    let (release, released) = mpsc::channel();
    let (start, started) = oneshot::channel();
    let mut start = Some(start);
    let held = enqueue(store.writer.run(move |_| {
        let _ = start.take().map(|start| start.send(()));
        let _ = released.recv();
        Ok(())
    }));
    let held = held.await;
    started.await.unwrap();
    (release, held)
}

/// How a job ends that has done its work.
#[derive(Clone, Copy)]
enum End {
    Fine,
    Refused,
    Panicking,
}

/// Accepts a payment, and then ends as it is told.
async fn pay<'a>(store: &'a SqliteStore, name: &str, end: End) -> Answer<'a, Accepted> {
    let payment = payment(name, Severity::Critical);
    let job = move |tx: &mut Tx<'_>| {
        let context = Context {
            now: at(0),
            request_id: "req-1",
        };
        let judged = accept::accept(tx, &payment, context)?;
        match end {
            End::Fine => Ok(judged.accepted),
            End::Refused => Err(StoreError::Conflict("on purpose".to_owned())),
            End::Panicking => panic!("on purpose"),
        }
    };
    enqueue(store.writer.run(job)).await
}

/// Returns the identifiers that a list gives, oldest first.
async fn listed(store: &SqliteStore, words: Option<&str>) -> Vec<String> {
    let filter = EventFilter {
        words: words.map(str::to_owned),
        ..Default::default()
    };
    let mut rows = store.events(&filter, None, 500).await.unwrap().rows;
    rows.reverse();
    rows.into_iter()
        .map(|row| row.event.event_id.to_string())
        .collect()
}

/// Checks the file and its word index inside out.
async fn assert_sound(store: &SqliteStore) {
    let check = |tx: &mut Tx<'_>| {
        let connection = tx.connection();
        let health: String =
            connection.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
        let n_orphans: i64 =
            connection.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| {
                row.get(0)
            })?;
        let index = "INSERT INTO events_words (events_words) VALUES ('integrity-check')";
        connection.execute(index, [])?;
        Ok((health, n_orphans))
    };
    assert_eq!(store.writer.run(check).await, Ok(("ok".to_owned(), 0)));
}

/// Lets the file grow by so many pages and no more.
async fn leave_room(store: &SqliteStore, n_pages: i64) {
    let limit = move |tx: &mut Tx<'_>| {
        let connection = tx.connection();
        let n: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
        connection.pragma_update(None, "max_page_count", n.saturating_add(n_pages))?;
        Ok(())
    };
    store.writer.run(limit).await.unwrap();
}

#[tokio::test]
async fn a_job_that_fails_does_not_sink_its_neighbours() {
    let (_folder, store) = open();
    let (release, held) = pause(&store).await;
    let before = pay(&store, "evt_1", End::Fine).await;
    let failing = pay(&store, "evt_2", End::Refused).await;
    let after = pay(&store, "evt_3", End::Fine).await;
    drop(release);
    assert_eq!(held.await, Ok(()));
    assert_eq!(before.await, DONE);
    assert_eq!(
        failing.await,
        Err(StoreError::Conflict("on purpose".to_owned()))
    );
    assert_eq!(after.await, DONE);
    assert_eq!(listed(&store, None).await, ["evt_1", "evt_3"]);
    assert_eq!(listed(&store, Some("payout")).await, ["evt_1", "evt_3"]);
    // What failed had the number that its neighbour has now, and must not lend it its words.
    assert!(listed(&store, Some("evt_2")).await.is_empty());
    assert_sound(&store).await;
}

/// The first of its stream fails: the number that its stream had is not used by the next.
#[tokio::test]
async fn what_a_failed_job_knew_is_forgotten() {
    let (_folder, store) = open();
    let (release, _held) = pause(&store).await;
    let failing = pay(&store, "evt_1", End::Refused).await;
    let after = pay(&store, "evt_1", End::Fine).await;
    drop(release);
    assert!(failing.await.is_err());
    assert_eq!(after.await, DONE);
    assert_eq!(listed(&store, None).await, ["evt_1"]);
    assert_sound(&store).await;
}

#[tokio::test]
async fn a_job_that_panics_answers_an_error_and_the_store_goes_on() {
    let (_folder, store) = open();
    let (release, held) = pause(&store).await;
    let before = pay(&store, "evt_1", End::Fine).await;
    let panicking = pay(&store, "evt_2", End::Panicking).await;
    let after = pay(&store, "evt_3", End::Fine).await;
    drop(release);
    assert_eq!((held.await, before.await), (Ok(()), DONE));
    let answer = panicking.await;
    assert!(
        matches!(answer, Err(StoreError::Unavailable(_))),
        "{answer:?}"
    );
    assert_eq!(after.await, DONE);
    assert_eq!(listed(&store, Some("payout")).await, ["evt_1", "evt_3"]);
    assert_eq!(store.ping().await, Ok(()));
    assert_sound(&store).await;
}

/// An event that is new and moves on within one transaction is found by its last words only.
#[tokio::test]
async fn the_words_of_one_transaction_are_indexed_in_order() {
    let (_folder, store) = open();
    let (release, _held) = pause(&store).await;
    let mut answers = Vec::new();
    for (second, text) in [(1, "alpha"), (2, "beta"), (3, "gamma")] {
        let mut seen = incident("i1", Severity::Critical, second);
        seen.event.description = Some(text.to_owned());
        answers.push(enqueue(store.accept(seen, "req-1", at(second))).await);
    }
    drop(release);
    for answer in answers {
        answer.await.unwrap();
    }
    assert!(listed(&store, Some("alpha")).await.is_empty());
    assert!(listed(&store, Some("beta")).await.is_empty());
    assert_eq!(listed(&store, Some("gamma")).await, ["spreedly_status:i1"]);
    assert_sound(&store).await;
}

#[tokio::test]
async fn a_full_queue_answers_overloaded_and_empties() {
    let (_folder, store) = open();
    let (release, held) = pause(&store).await;
    let mut waiting = Vec::new();
    for _ in 0..QUEUE_MAX {
        waiting.push(enqueue(store.writer.run(|_| Ok(()))).await);
    }
    assert_eq!(
        store.writer.run(|_| Ok(())).await,
        Err(StoreError::Overloaded)
    );
    let seen = payment("evt_1", Severity::Critical);
    assert_eq!(
        store.accept(seen, "req-1", at(0)).await,
        Err(StoreError::Overloaded)
    );
    assert!(listed(&store, None).await.is_empty(), "reading goes on");
    drop(release);
    assert_eq!(held.await, Ok(()));
    for answer in waiting {
        assert_eq!(answer.await, Ok(()));
    }
    assert_eq!(pay(&store, "evt_1", End::Fine).await.await, DONE);
}

#[tokio::test]
async fn on_a_full_disk_each_job_is_told_whether_it_is_kept() {
    let (_folder, store) = open();
    assert_eq!(pay(&store, "evt_0", End::Fine).await.await, DONE);
    leave_room(&store, 4).await;
    let (release, _held) = pause(&store).await;
    let small = pay(&store, "evt_small", End::Fine).await;
    let mut large = Vec::new();
    for number in 1..=10 {
        let mut seen = payment(&format!("evt_{number}"), Severity::Critical);
        seen.event.raw = RawJson::from_checked(format!("\"{}\"", "x".repeat(100_000)));
        large.push(enqueue(store.accept(seen, "req-1", at(0))).await);
    }
    drop(release);
    assert_eq!(
        small.await,
        DONE,
        "what finds room is not sunk by what does not"
    );
    for answer in large {
        let answer = answer.await;
        assert!(
            matches!(answer, Err(StoreError::Unavailable(_))),
            "{answer:?}"
        );
    }
    assert_eq!(listed(&store, None).await, ["evt_0", "evt_small"]);
    assert_eq!(listed(&store, Some("payout")).await, ["evt_0", "evt_small"]);
    assert_sound(&store).await;

    leave_room(&store, 100_000).await;
    assert_eq!(pay(&store, "evt_1", End::Fine).await.await, DONE);
    assert_sound(&store).await;
}

#[tokio::test]
async fn a_full_disk_refuses_a_look_as_a_whole() {
    let (_folder, store) = open();
    leave_room(&store, 8).await;
    let sightings = (0..500).map(|n| seen(incident(&format!("n{n}"), Severity::Critical, 1)));
    let full = look(sightings.collect());
    let answer = store.observe(full.clone(), at(1)).await;
    assert!(
        matches!(answer, Err(StoreError::Unavailable(_))),
        "{answer:?}"
    );
    assert!(listed(&store, None).await.is_empty());
    assert_eq!(store.page(FEED).await, Ok(None));
    assert_eq!(store.next_due(&pager()).await, Ok(None));

    leave_room(&store, 100_000).await;
    assert_eq!(store.observe(full, at(2)).await.unwrap().stored, 500);
    assert_sound(&store).await;
}

/// A job after the one that lost the transaction must not slip into one that nobody commits.
#[tokio::test]
async fn a_job_that_loses_the_transaction_sinks_only_itself() {
    let (_folder, store) = open();
    let (release, _held) = pause(&store).await;
    let before = pay(&store, "evt_1", End::Fine).await;
    let full = StoreError::Unavailable("the disk is full".to_owned());
    let losing = enqueue(store.writer.run(|tx| -> Result<(), StoreError> {
        // What the engine does by itself when the disk is full.
        tx.connection().execute_batch("ROLLBACK")?;
        Err(StoreError::Unavailable("the disk is full".to_owned()))
    }));
    let losing = losing.await;
    let after = pay(&store, "evt_2", End::Fine).await;
    drop(release);
    assert_eq!(losing.await, Err(full));
    assert_eq!((before.await, after.await), (DONE, DONE));
    assert_eq!(listed(&store, None).await, ["evt_1", "evt_2"]);
    assert_sound(&store).await;
}

#[tokio::test]
async fn reading_goes_on_while_a_transaction_is_open() {
    let (_folder, store) = open();
    assert_eq!(pay(&store, "evt_1", End::Fine).await.await, DONE);
    let (release, released) = mpsc::channel::<()>();
    let (start, started) = oneshot::channel();
    let mut start = Some(start);
    let payment = payment("evt_2", Severity::Critical);
    let writing = enqueue(store.writer.run(move |tx| {
        let context = Context {
            now: at(0),
            request_id: "req-1",
        };
        accept::accept(tx, &payment, context)?;
        let _ = start.take().map(|start| start.send(()));
        let _ = released.recv();
        Ok(())
    }));
    let writing = writing.await;
    started.await.unwrap();
    assert_eq!(listed(&store, None).await, ["evt_1"]);
    assert_eq!(
        store.event(&id("evt_2")).await,
        Ok(None),
        "what is not committed is not seen"
    );
    drop(release);
    assert_eq!(writing.await, Ok(()));
    assert_eq!(listed(&store, None).await, ["evt_1", "evt_2"]);
}

#[tokio::test]
async fn what_waits_is_done_before_the_store_closes() {
    let (folder, store) = open();
    let (release, _held) = pause(&store).await;
    let waiting = pay(&store, "evt_1", End::Fine).await;
    let closing = enqueue(async {
        store.close().await;
        Ok(())
    });
    let closing = closing.await;
    let late = payment("evt_2", Severity::Critical);
    let refused = store.accept(late, "req-1", at(0)).await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable(_))),
        "{refused:?}"
    );
    drop(release);
    assert_eq!(closing.await, Ok(()));
    assert_eq!(waiting.await, DONE);
    let path = folder.path().join("t.db");
    assert!(
        !folder.path().join("t.db-wal").exists(),
        "one tidy file is left"
    );
    let store = SqliteStore::open(&path, Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(listed(&store, None).await, ["evt_1"]);
}
