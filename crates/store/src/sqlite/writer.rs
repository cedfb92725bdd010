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
use tokio::sync::oneshot;

use crate::StoreError;

/// Jobs that may wait. At 20,000 a second this is a fifth of a second; beyond it, saying no is
/// kinder than making everybody wait.
const QUEUE_MAX: usize = 4_096;
/// Jobs in one transaction. Bounds what a failing commit takes with it.
const BATCH_MAX: usize = 512;

type Finish = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
/// Does its work, if its transaction could begin, and says whether it succeeded and how to answer
/// once the commit is decided.
type Job = Box<dyn FnOnce(Result<&mut Tx<'_>, StoreError>) -> (bool, Finish) + Send>;

/// A handle on the writer thread.
pub(super) struct Writer {
    queue: Mutex<Option<SyncSender<Job>>>,
    thread: Mutex<Option<std::thread::JoinHandle<()>>>,
}

/// The transaction that a job runs in.
pub(super) struct Tx<'a> {
    connection: &'a Connection,
    ids: &'a mut Ids,
}

/// Numbers of rows that hardly ever change, so that the hot path need not look them up.
#[derive(Default)]
pub(super) struct Ids {
    pub(super) streams: HashMap<String, i64>,
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
}

impl Writer {
    /// Starts the thread. The lock is held for as long as it lives.
    pub(super) fn start(connection: Connection, lock: File) -> std::io::Result<Self> {
        let (queue, jobs) = sync_channel(QUEUE_MAX);
        let thread = std::thread::Builder::new().name("store-writer".to_owned()).spawn(move || {
            Loop { connection, ids: Ids::default() }.run(&jobs);
            drop(lock);
        })?;
        Ok(Self { queue: Mutex::new(Some(queue)), thread: Mutex::new(Some(thread)) })
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
            let succeeded = result.is_ok();
            let finish = move |committed: Result<(), StoreError>| {
                // Nobody waits any more when the client has gone; the work is done all the same.
                let _ = reply.send(result.and_then(|value| committed.map(|()| value)));
            };
            (succeeded, Box::new(finish))
        }))?;
        answer.await.unwrap_or_else(|_| Err(StoreError::Unavailable("the write failed".to_owned())))
    }

    fn enqueue(&self, job: Job) -> Result<(), StoreError> {
        let queue = self.queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match queue.as_ref().ok_or_else(gone)?.try_send(job) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_)) => Err(StoreError::Overloaded),
            Err(TrySendError::Disconnected(_)) => Err(gone()),
        }
    }

    /// Takes no more jobs, finishes those that wait, and closes the file.
    pub(super) async fn close(&self) {
        self.queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        let thread = self.thread.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        if let Some(thread) = thread {
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
        let begun = self.execute("BEGIN IMMEDIATE");
        let waiting = std::iter::once(first).chain(jobs.try_iter().take(BATCH_MAX - 1));
        let finishes: Vec<Finish> = match &begun {
            Ok(()) => waiting.filter_map(|job| self.job(job)).collect(),
            Err(error) => waiting.map(|job| job(Err(error.clone())).1).collect(),
        };
        let committed = begun.and_then(|()| self.execute("COMMIT"));
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

    /// Runs one job in its savepoint. A job that panics is undone and gets no answer.
    fn job(&mut self, job: Job) -> Option<Finish> {
        if let Err(error) = self.execute("SAVEPOINT job") {
            return Some(job(Err(error)).1);
        }
        let mut tx = Tx { connection: &self.connection, ids: &mut self.ids };
        let outcome = catch_unwind(AssertUnwindSafe(|| job(Ok(&mut tx))));
        if !matches!(outcome, Ok((true, _))) {
            self.ids = Ids::default();
            let _ = self.execute("ROLLBACK TO job");
        }
        let _ = self.execute("RELEASE job");
        outcome.ok().map(|(_, finish)| finish)
    }

    fn execute(&self, sql: &str) -> Result<(), StoreError> {
        self.connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    }
}
