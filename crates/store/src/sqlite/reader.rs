//! A few read-only connections, handed out one query at a time.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::open;
use crate::{OpenError, StoreError};

/// Connections for reading. More would only compete for the cores.
const READERS: usize = 4;

/// The pool. Queries run on blocking threads, never on those that serve sockets.
pub(super) struct Readers {
    free: Arc<Mutex<Vec<Connection>>>,
    permits: Semaphore,
}

impl Readers {
    /// Opens the connections.
    pub(super) fn open(path: &Path) -> Result<Self, OpenError> {
        let free: Result<Vec<_>, _> = (0..READERS).map(|_| open::for_reading(path)).collect();
        Ok(Self { free: Arc::new(Mutex::new(free?)), permits: Semaphore::new(READERS) })
    }

    /// Runs one query on a free connection, waiting for one if need be.
    pub(super) async fn run<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let closed = |_| StoreError::Unavailable("the store is closed".to_owned());
        let _permit = self.permits.acquire().await.map_err(closed)?;
        let free = Arc::clone(&self.free);
        let task = tokio::task::spawn_blocking(move || {
            let taken = free.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(connection) = taken else {
                return Err(StoreError::Unavailable("no reader is free".to_owned()));
            };
            let result = query(&connection);
            free.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            result
        });
        task.await.map_err(|error| StoreError::Unavailable(format!("a read failed: {error}")))?
    }
}
