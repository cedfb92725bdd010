//! Group commit: one thread, one transaction for all that waits, one fsync.
//!
//! While a commit is on its way to the disk, further requests queue up; the next round takes them
//! all. Nobody waits for a timer. An answer leaves only after the commit: an `Ok` is on disk.
//!
//! One bad job never sinks its neighbours: when anything fails, the transaction is rolled back and
//! each of its jobs runs again in a transaction of its own. Failures are rare, so the road that is
//! taken twenty thousand times a second carries no savepoints, which cost a third of it.

use std::collections::HashMap;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use rusqlite::{CachedStatement, Connection};
use signalbox_core::event::{Kind, Severity};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::words::{self, Wording};
use crate::StoreError;

/// Jobs that may wait. At 20,000 a second this is a fifth of a second; beyond it, saying no is
/// kinder than making everybody wait.
const QUEUE_MAX: usize = 4_096;
/// Jobs in one transaction. Bounds what a failing commit takes with it.
const BATCH_MAX: usize = 512;

/// Work that waits for its transaction. It may run twice: once beside others, once alone.
trait Job: Send {
    /// Does the work and keeps its result.
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<(), StoreError>;
    /// Answers with the result if it was committed, else with what went wrong.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

/// A job that answers its caller.
struct Task<T, F> {
    work: F,
    result: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Job for Task<T, F>
where
    T: Send,
    F: FnMut(&mut Tx<'_>) -> Result<T, StoreError> + Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let result = (self.work)(tx);
        let outcome = result.as_ref().map(|_| ()).map_err(Clone::clone);
        self.result = Some(result);
        outcome
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let failed = || Err(StoreError::Unavailable("the write failed".to_owned()));
        let result = match committed {
            Ok(()) => self.result.unwrap_or_else(failed),
            Err(error) => Err(error),
        };
        // Nobody waits any more when the client has gone; the work is done all the same.
        let _ = self.reply.send(result);
    }
}

/// A handle on the writer thread.
pub(super) struct Writer {
    queue: Mutex<Option<SyncSender<Box<dyn Job>>>>,
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
        let answers = Answers::start();
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || {
                Loop {
                    answers,
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
        F: FnMut(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.enqueue(Box::new(Task {
            work,
            result: None,
            reply,
        }))?;
        answer.await.unwrap_or_else(|_| Err(gone()))
    }

    fn enqueue(&self, job: Box<dyn Job>) -> Result<(), StoreError> {
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

/// Gives the answers of a committed batch on the runtime. Waking a hundred callers one by one from
/// a foreign thread costs a system call each; from one of the runtime's own it is a push.
struct Answers(Option<UnboundedSender<Vec<Box<dyn Job>>>>);

impl Answers {
    fn start() -> Self {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return Self(None);
        };
        let (give, mut given) = unbounded_channel::<Vec<Box<dyn Job>>>();
        // Ends with the writer, which holds the other end.
        runtime.spawn(async move {
            while let Some(batch) = given.recv().await {
                batch.into_iter().for_each(answer);
            }
        });
        Self(Some(give))
    }

    fn give(&self, batch: Vec<Box<dyn Job>>) {
        match &self.0 {
            // The runtime may be gone before the writer; then nobody waits any more.
            Some(give) => drop(give.send(batch)),
            None => batch.into_iter().for_each(answer),
        }
    }
}

fn answer(job: Box<dyn Job>) {
    job.answer(Ok(()));
}

struct Loop {
    answers: Answers,
    connection: Connection,
    ids: Ids,
    wordings: Vec<Wording>,
}

impl Loop {
    fn run(mut self, jobs: &Receiver<Box<dyn Job>>) {
        while let Ok(first) = jobs.recv() {
            self.round(first, jobs);
        }
        // Leaves one tidy file behind; if that fails, the next start replays the WAL.
        if let Err((_, error)) = self.connection.close() {
            tracing::warn!(error = %error, "the database could not be closed tidily");
        }
    }

    fn round(&mut self, first: Box<dyn Job>, jobs: &Receiver<Box<dyn Job>>) {
        let others = jobs.try_iter().take(BATCH_MAX - 1);
        let mut batch: Vec<Box<dyn Job>> = std::iter::once(first).chain(others).collect();
        match self.commit(&mut batch) {
            Ok(()) => self.answers.give(batch),
            Err(error) if batch.len() == 1 => {
                for job in batch {
                    job.answer(Err(error.clone()));
                }
            }
            Err(_) => {
                for mut job in batch {
                    let committed = self.commit(std::slice::from_mut(&mut job));
                    job.answer(committed);
                }
            }
        }
    }

    /// Runs jobs in one transaction: all of them, or none.
    fn commit(&mut self, batch: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
        let committed = self
            .execute("BEGIN IMMEDIATE")
            .and_then(|()| batch.iter_mut().try_for_each(|job| self.work(job)))
            .and_then(|()| words::write(&self.connection, &self.wordings))
            .and_then(|()| self.execute("COMMIT"));
        self.wordings.clear();
        if let Err(error) = &committed {
            tracing::error!(error = %error, store.jobs = batch.len(), "a transaction failed");
            self.ids = Ids::default();
            // Some failures, a full disk above all, make the engine roll back by itself.
            if !self.connection.is_autocommit() {
                let _ = self.execute("ROLLBACK");
            }
        }
        committed
    }

    /// Runs one job. One that panics has failed like any other.
    fn work(&mut self, job: &mut Box<dyn Job>) -> Result<(), StoreError> {
        let mut tx = Tx {
            connection: &self.connection,
            ids: &mut self.ids,
            wordings: &mut self.wordings,
        };
        catch_unwind(AssertUnwindSafe(|| job.run(&mut tx)))
            .unwrap_or_else(|_| Err(StoreError::Unavailable("a write panicked".to_owned())))
    }

    fn execute(&self, sql: &str) -> Result<(), StoreError> {
        self.connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
