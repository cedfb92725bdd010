//! A few read-only connections, handed out one query at a time.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::open;
use crate::{OpenError, StoreError};

/// Connections for what people ask. More would only compete for the cores.
pub(super) const ASKED: u32 = 4;
/// Connections for what the hub asks itself: a costly search must not delay a page or readiness.
pub(super) const OWN: u32 = 1;

/// The pool. Queries run on blocking threads, never on those that serve sockets.
pub(super) struct Readers {
    free: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
    n: u32,
}

impl Readers {
    /// Opens the connections.
    pub(super) fn open(path: &Path, n: u32) -> Result<Self, OpenError> {
        let free: Vec<_> = (0..n)
            .map(|_| open::for_reading(path))
            .collect::<Result<_, _>>()?;
        let permits = Arc::new(Semaphore::new(free.len()));
        Ok(Self {
            free: Arc::new(Mutex::new(free)),
            permits,
            n,
        })
    }

    /// Runs one query on a free connection, waiting for one if need be. However many statements it
    /// takes, it sees one state of the store.
    pub(super) async fn run<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let closed = |_| StoreError::Unavailable("the store is closed".to_owned());
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(closed)?;
        let free = Arc::clone(&self.free);
        // The permit goes along: the query runs to its end even if nobody waits for it any more.
        let task = tokio::task::spawn_blocking(move || {
            let lent = Lent::take(free, permit);
            let Some(connection) = &lent.connection else {
                return Err(StoreError::Unavailable("no reader is free".to_owned()));
            };
            let snapshot = connection.unchecked_transaction()?;
            query(&snapshot)
        });
        task.await
            .unwrap_or_else(|_| Err(StoreError::Unavailable("a read failed".to_owned())))
    }

    /// Lets what runs finish and closes the connections; later queries are refused.
    pub(super) async fn close(&self) {
        let all = self.permits.acquire_many(self.n).await;
        self.permits.close();
        self.free
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        drop(all);
    }
}

/// A connection on loan. It goes back however the query ends, a panic included.
struct Lent {
    connection: Option<Connection>,
    free: Arc<Mutex<Vec<Connection>>>,
    _permit: OwnedSemaphorePermit,
}

impl Lent {
    fn take(free: Arc<Mutex<Vec<Connection>>>, permit: OwnedSemaphorePermit) -> Self {
        let connection = free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Self {
            connection,
            free,
            _permit: permit,
        }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        free.extend(self.connection.take());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// A pool over an empty file, which goes with the folder.
    fn pool() -> (tempfile::TempDir, Readers) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.db");
        drop(open::for_writing(&path, |_| Ok(())).unwrap());
        let readers = Readers::open(&path, ASKED).unwrap();
        (folder, readers)
    }

    fn one(connection: &Connection) -> Result<i64, StoreError> {
        Ok(connection.query_row("SELECT 1", [], |row| row.get(0))?)
    }

    #[tokio::test]
    async fn a_query_that_panics_gives_its_connection_back() {
        let (_folder, readers) = pool();
        for _ in 0..2 * ASKED {
            let failed = readers
                .run(|_| -> Result<(), StoreError> { panic!("on purpose") })
                .await;
            assert!(
                matches!(failed, Err(StoreError::Unavailable(_))),
                "{failed:?}"
            );
        }
        assert_eq!(readers.run(one).await, Ok(1));
    }

    /// A client that goes away drops the future, not the query.
    #[tokio::test]
    async fn a_query_that_nobody_waits_for_keeps_its_connection_to_its_end() {
        let (_folder, readers) = pool();
        let mut held = Vec::new();
        for _ in 0..ASKED {
            let (release, released) = mpsc::channel::<()>();
            let (start, started) = tokio::sync::oneshot::channel();
            let query = readers.run(move |_| {
                let _ = start.send(());
                let _ = released.recv();
                Ok(())
            });
            tokio::select! {
                biased;
                _ = query => panic!("it waits to be released"),
                _ = started => {}
            }
            held.push(release);
        }
        let mut waiting = Box::pin(readers.run(one));
        let early = tokio::select! {
            biased;
            answer = &mut waiting => Some(answer),
            () = std::future::ready(()) => None,
        };
        assert_eq!(early, None, "all connections are busy");
        held.clear();
        assert_eq!(waiting.await, Ok(1));
    }

    #[tokio::test]
    async fn a_query_sees_one_state_of_the_store() {
        let (folder, readers) = pool();
        let writer = open::for_writing(&folder.path().join("t.db"), |_| Ok(())).unwrap();
        writer.execute_batch("CREATE TABLE t (a)").unwrap();
        let count = |connection: &Connection| -> i64 {
            connection
                .query_row("SELECT count(*) FROM t", [], |row| row.get(0))
                .unwrap()
        };
        let counts = readers.run(move |connection| {
            let before = count(connection);
            writer.execute_batch("INSERT INTO t VALUES (1)").unwrap();
            Ok((before, count(connection)))
        });
        assert_eq!(counts.await, Ok((0, 0)));
        assert_eq!(
            readers.run(move |connection| Ok(count(connection))).await,
            Ok(1)
        );
    }
}
