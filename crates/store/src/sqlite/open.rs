//! Opening the file: the lock, the pragmas, and what is refused.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::OpenError;

/// "SGBX": marks a file as ours, so that another program's database is never migrated.
pub(super) const APPLICATION_ID: i32 = 0x5347_4258;

/// Pages of 8 KiB: a Stripe event of 2 to 3 KiB wastes a third of a 4 KiB page.
const PAGE_SIZE: i32 = 8_192;
/// Cache of the writer in KiB: the inner pages of the indexes at ten million rows.
const WRITER_CACHE_KIB: i32 = 16_384;
/// Cache of each reader in KiB.
const READER_CACHE_KIB: i32 = 2_048;
/// Upper bound of the WAL file after a checkpoint, in bytes.
const WAL_LIMIT: i64 = 64 * 1_024 * 1_024;
/// Readers wait this long when a checkpoint restarts the WAL under them.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Wraps an error with what was tried on which file.
pub(super) fn io<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
    what: &'static str,
    path: &Path,
) -> impl FnOnce(E) -> OpenError + use<E> {
    let path = path.to_owned();
    move |source| OpenError::Io { what, path, source: source.into() }
}

/// Takes the lock that keeps a second process out. It is a file of its own, because closing any
/// handle of the database file would drop SQLite's own locks on it.
pub(super) fn lock(path: &Path) -> Result<File, OpenError> {
    let mut lock_path = path.as_os_str().to_owned();
    lock_path.push(".lock");
    let lock_path = PathBuf::from(lock_path);
    let file = private(&lock_path).map_err(io("create", &lock_path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(OpenError::InUse { path: path.to_owned() }),
        Err(std::fs::TryLockError::Error(error)) => Err(io("lock", &lock_path)(error)),
    }
}

/// Opens or creates a file that only its owner can read: payloads hold personal data.
fn private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Opens the one connection that writes.
pub(super) fn for_writing(path: &Path) -> Result<Connection, OpenError> {
    drop(private(path).map_err(io("open", path))?);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection =
        Connection::open_with_flags(path, flags).map_err(io("open the database", path))?;
    refuse_foreign(&connection, path)?;
    prepare_writer(&connection).map_err(io("set up the database", path))?;
    Ok(connection)
}

fn prepare_writer(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "page_size", PAGE_SIZE)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // FULL, not NORMAL: in WAL mode NORMAL may lose the last commits when the power fails.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    connection.pragma_update(None, "journal_size_limit", WAL_LIMIT)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// Opens a connection that cannot write.
pub(super) fn for_reading(path: &Path) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection =
        Connection::open_with_flags(path, flags).map_err(io("open the database", path))?;
    prepare_reader(&connection).map_err(io("set up the database", path))?;
    Ok(connection)
}

fn prepare_reader(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// Leaves alone what is not ours, before a pragma could write to it.
fn refuse_foreign(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let foreign = |why| Err(OpenError::Foreign { path: path.to_owned(), why });
    let read = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0));
    let application_id = match read("application_id") {
        Ok(id) => id,
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase) => {
            return foreign("it is not an SQLite file");
        }
        Err(error) => return Err(io("read the database", path)(error)),
    };
    if application_id == APPLICATION_ID {
        return Ok(());
    }
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(io("read the database", path))?;
    if application_id == 0 && tables == 0 { Ok(()) } else { foreign("it belongs to another program") }
}
