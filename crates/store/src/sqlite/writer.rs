//! Group commit: one thread, one transaction for all that waits, one fsync.
//!
//! While a commit is on its way to the disk, further requests queue up; the next round takes them
//! all. Nobody waits for a timer. Each job runs in a savepoint, so that one that fails is undone
//! alone and its neighbours commit. An answer leaves only after the commit: an `Ok` is on disk.

use std::collections::HashMap;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use rusqlite::{CachedStatement, Connection};
use signalbox_core::event::{Kind, Severity};
use tokio::sync::oneshot;

use super::words::{self, Wording};
use crate::StoreError;

/// Jobs that may wait. At 20,000 a second this is a fifth of a second; beyond it, saying no is
/// kinder than making everybody wait.
const QUEUE_MAX: usize = 4_096;
/// Jobs in one transaction. Bounds what a failing commit takes with it.
const BATCH_MAX: usize = 512;

type Finish = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
/// Does its work, if its transaction could begin, and says how that went and how to answer once
/// the commit is decided.
type Job =
    Box<dyn FnOnce(Result<&mut Tx<'_>, StoreError>) -> (Result<(), StoreError>, Finish) + Send>;

/// A handle on the writer thread.
pub(super) struct Writer {
    queue: Mutex<Option<SyncSender<Job>>>,
    thread: tokio::sync::Mutex<Option<std::thread::JoinHandle<()>>>,
}

/// The transaction that a job runs in.
pub(super) struct Tx<'a> {
    connection: &'a Connection,
    ids: &'a mut Ids,
    wordings: &'a mut Vec<Wording>,
}

/// Numbers of rows that hardly ever change, so that the hot path need not look them up.
#[derive(Default)]
pub(super) struct Ids {
    pub(super) streams: HashMap<(String, String, Kind, Severity), i64>,
}

impl Tx<'_> {
    /// Prepares a statement, or takes it from the cache.
    pub(super) fn prepare(&self, sql: &str) -> Result<CachedStatement<'_>, StoreError> {
        Ok(self.connection.prepare_cached(sql)?)
    }

    /// Returns the connection.
    pub(super) fn connection(&self) -> &Connection {
        self.connection
    }

    /// Returns the remembered numbers. They are forgotten when anything is rolled back.
    pub(super) fn ids(&mut self) -> &mut Ids {
        self.ids
    }

    /// Returns the changes of the word index that are owed so far.
    pub(super) fn wordings(&mut self) -> &mut Vec<Wording> {
        self.wordings
    }
}

impl Writer {
    /// Starts the thread. The lock is held for as long as it lives.
    pub(super) fn start(connection: Connection, lock: File) -> std::io::Result<Self> {
        let (queue, jobs) = sync_channel(QUEUE_MAX);
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || {
                Loop {
                    connection,
                    ids: Ids::default(),
                    wordings: Vec::new(),
                }
                .run(&jobs);
                drop(lock);
            })?;
        Ok(Self {
            queue: Mutex::new(Some(queue)),
            thread: tokio::sync::Mutex::new(Some(thread)),
        })
    }

    /// Runs a job in the next transaction and answers once that is on disk.
    pub(super) async fn run<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.enqueue(Box::new(move |tx| {
            let result = tx.and_then(work);
            let outcome = result.as_ref().map(|_| ()).map_err(Clone::clone);
            let finish = move |committed: Result<(), StoreError>| {
                // Nobody waits any more when the client has gone; the work is done all the same.
                let _ = reply.send(result.and_then(|value| committed.map(|()| value)));
            };
            (outcome, Box::new(finish))
        }))?;
        answer
            .await
            .unwrap_or_else(|_| Err(StoreError::Unavailable("the write failed".to_owned())))
    }

    fn enqueue(&self, job: Job) -> Result<(), StoreError> {
        let queue = self
            .queue
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        match queue.as_ref().ok_or_else(gone)?.try_send(job) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_)) => Err(StoreError::Overloaded),
            Err(TrySendError::Disconnected(_)) => Err(gone()),
        }
    }

    /// Takes no more jobs, finishes those that wait, and closes the file.
    pub(super) async fn close(&self) {
        self.queue
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .take();
        if let Some(thread) = self.thread.lock().await.take() {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

fn gone() -> StoreError {
    StoreError::Unavailable("the store is closed".to_owned())
}

struct Loop {
    connection: Connection,
    ids: Ids,
    wordings: Vec<Wording>,
}

impl Loop {
    fn run(mut self, jobs: &Receiver<Job>) {
        while let Ok(first) = jobs.recv() {
            self.round(first, jobs);
        }
        // Leaves one tidy file behind; if that fails, the next start replays the WAL.
        if let Err((_, error)) = self.connection.close() {
            tracing::warn!(error = %error, "the database could not be closed tidily");
        }
    }

    fn round(&mut self, first: Job, jobs: &Receiver<Job>) {
        let mut state = self.execute("BEGIN IMMEDIATE");
        let waiting = std::iter::once(first).chain(jobs.try_iter().take(BATCH_MAX - 1));
        let mut finishes = Vec::new();
        for job in waiting {
            match &state {
                Ok(()) => {
                    let (finish, standing) = self.job(job);
                    finishes.extend(finish);
                    state = standing;
                }
                Err(error) => finishes.push(job(Err(error.clone())).1),
            }
        }
        let committed = state
            .and_then(|()| words::write(&self.connection, &self.wordings))
            .and_then(|()| self.execute("COMMIT"));
        self.wordings.clear();
        if let Err(error) = &committed {
            tracing::error!(error = %error, jobs = finishes.len(), "a transaction failed");
            self.ids = Ids::default();
            // There may be no transaction left to roll back; either way there is none after this.
            let _ = self.execute("ROLLBACK");
        }
        for finish in finishes {
            finish(committed.clone());
        }
    }

    /// Runs one job in its savepoint, and says whether the transaction still stands. A job that
    /// panics is undone and gets no answer.
    fn job(&mut self, job: Job) -> (Option<Finish>, Result<(), StoreError>) {
        if let Err(error) = self.execute("SAVEPOINT job") {
            return (Some(job(Err(error.clone())).1), Err(error));
        }
        let n_wordings = self.wordings.len();
        let mut tx = Tx {
            connection: &self.connection,
            ids: &mut self.ids,
            wordings: &mut self.wordings,
        };
        let (outcome, finish) = match catch_unwind(AssertUnwindSafe(|| job(Ok(&mut tx)))) {
            Ok((outcome, finish)) => (outcome, Some(finish)),
            Err(_) => (
                Err(StoreError::Unavailable("a write panicked".to_owned())),
                None,
            ),
        };
        let standing = match outcome {
            Ok(()) => self.execute("RELEASE job"),
            Err(error) => {
                self.wordings.truncate(n_wordings);
                self.undo(error)
            }
        };
        (finish, standing)
    }

    /// Undoes a failed job. Some failures, a full disk above all, make the engine roll back the
    /// whole transaction by itself: then the neighbours have lost their work too, and a further
    /// job would run, and commit, in a transaction of its own.
    fn undo(&mut self, error: StoreError) -> Result<(), StoreError> {
        self.ids = Ids::default();
        if self.connection.is_autocommit() {
            return Err(error);
        }
        self.execute("ROLLBACK TO job")?;
        self.execute("RELEASE job")
    }

    fn execute(&self, sql: &str) -> Result<(), StoreError> {
        self.connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
