//! Opening the file: the lock, the pragmas, and what is refused.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::OpenError;

/// "SGBX": marks a file as ours, so that another program's database is never migrated.
pub(super) const APPLICATION_ID: i32 = 0x5347_4258;

/// Pages of 8 KiB: a Stripe event of 2 to 3 KiB wastes a third of a 4 KiB page. Measured with 100,000
/// events of 2.3 KiB from 256 tasks: with 4 KiB the file is half as large again and an eighth to a
/// third fewer are accepted in a second, with 16 KiB it is as large and up to a quarter fewer are.
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
    move |source| OpenError::Io {
        what,
        path,
        source: source.into(),
    }
}

/// Finds the one absolute name of a file, so that two ways to write it take the same lock, and so
/// that the engine never takes a name such as `file:x` for one of its own URIs.
pub(super) fn locate(path: &Path) -> Result<PathBuf, OpenError> {
    if let Ok(found) = path.canonicalize() {
        if !found.is_file() {
            return Err(OpenError::Foreign {
                path: found,
                why: "it is not a regular file",
            });
        }
        return Ok(found);
    }
    let name = path
        .file_name()
        .ok_or("it names no file")
        .map_err(io("open", path))?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let folder = folder
        .canonicalize()
        .map_err(io("open the folder of", path))?;
    Ok(folder.join(name))
}

/// Takes the lock that keeps a second process out. It is a file of its own, because closing any
/// handle of the database file would drop SQLite's own locks on it.
pub(super) fn lock(path: &Path) -> Result<File, OpenError> {
    let lock_path = beside(path, ".lock");
    let file = private(&lock_path).map_err(io("create", &lock_path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(OpenError::InUse {
            path: path.to_owned(),
        }),
        Err(std::fs::TryLockError::Error(error)) => Err(io("lock", &lock_path)(error)),
    }
}

/// Names a companion of the database file.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Opens or creates a file that only its owner can read: payloads hold personal data.
fn private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Opens the one connection that writes, and writes nothing yet. `judge` may refuse the file; then
/// it is left as it was, with all that a killed process may have left in its WAL.
pub(super) fn for_writing(
    path: &Path,
    judge: impl FnOnce(&Connection) -> Result<(), OpenError>,
) -> Result<Connection, OpenError> {
    drop(private(path).map_err(io("open", path))?);
    let has_wal = beside(path, "-wal").exists();
    let connection = connect(path)?;
    // Closing the last connection would move the WAL into the file, which may not be ours.
    keep_wal(&connection, has_wal).map_err(io("set up the database", path))?;
    refuse_foreign(&connection, path)?;
    judge(&connection)?;
    keep_wal(&connection, false).map_err(io("set up the database", path))?;
    prepare_writer(&connection).map_err(io("set up the database", path))?;
    Ok(connection)
}

fn connect(path: &Path) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags).map_err(io("open the database", path))
}

fn keep_wal(connection: &Connection, keep: bool) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep)?;
    Ok(())
}

fn prepare_writer(connection: &Connection) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "page_size", PAGE_SIZE)?;
    // The engine says which mode it could take; on a file system without shared memory it is none
    // that lets readers and the writer work side by side.
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if mode != "wal" {
        return Err(format!("the file system allows journal mode {mode} only").into());
    }
    // FULL, not NORMAL: in WAL mode NORMAL may lose the last commits when the power fails.
    connection.pragma_update(None, "synchronous", "FULL")?;
    // Only macOS knows it: there a plain fsync stops at the cache of the disk.
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    connection.pragma_update(None, "journal_size_limit", WAL_LIMIT)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// Opens a connection that cannot write.
pub(super) fn for_reading(path: &Path) -> Result<Connection, OpenError> {
    let connection = connect(path)?;
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
    let foreign = |why| OpenError::Foreign {
        path: path.to_owned(),
        why,
    };
    let unreadable = |error: rusqlite::Error| match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => foreign("it is not an SQLite file"),
        Some(ErrorCode::DatabaseCorrupt) => OpenError::Damaged {
            path: path.to_owned(),
        },
        _ => io("read the database", path)(error),
    };
    let application_id: i32 = connection
        .pragma_query_value(None, "application_id", |row| row.get(0))
        .map_err(unreadable)?;
    let n_tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(unreadable)?;
    match application_id {
        APPLICATION_ID => refuse_cut(connection, path),
        0 if n_tables == 0 => Ok(()),
        _ => Err(foreign("it belongs to another program")),
    }
}

/// A copy that was cut within its last page is one that the engine would fill up with zeros. While
/// there is a WAL, the last page may still be on its way from there.
fn refuse_cut(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let page_size: u64 = connection
        .pragma_query_value(None, "page_size", |row| row.get::<_, u32>(0))
        .map_err(io("read the database", path))?
        .into();
    let n_bytes = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len());
    if n_bytes(&beside(path, "-wal")) == 0 && n_bytes(path) % page_size != 0 {
        return Err(OpenError::Damaged {
            path: path.to_owned(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pragma<T: rusqlite::types::FromSql>(connection: &Connection, name: &str) -> T {
        connection
            .pragma_query_value(None, name, |row| row.get(0))
            .unwrap()
    }

    #[test]
    fn the_writer_works_as_the_promises_need() {
        let folder = tempfile::tempdir().unwrap();
        let connection = for_writing(&folder.path().join("t.db"), |_| Ok(())).unwrap();
        assert_eq!(pragma::<String>(&connection, "journal_mode"), "wal");
        assert_eq!(pragma::<i64>(&connection, "synchronous"), 2, "2 is FULL");
        assert!(pragma::<bool>(&connection, "foreign_keys"));
        assert!(pragma::<bool>(&connection, "fullfsync"));
        assert_eq!(pragma::<i32>(&connection, "page_size"), PAGE_SIZE);
        assert_eq!(pragma::<i64>(&connection, "journal_size_limit"), WAL_LIMIT);
        assert_eq!(pragma::<i64>(&connection, "busy_timeout"), 5_000);
    }

    #[test]
    fn a_reader_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.db");
        let writer = for_writing(&path, |_| Ok(())).unwrap();
        writer.execute_batch("CREATE TABLE t (a)").unwrap();
        let reader = for_reading(&path).unwrap();
        assert!(reader.execute_batch("INSERT INTO t VALUES (1)").is_err());
        assert!(reader.execute_batch("DROP TABLE t").is_err());
        assert_eq!(pragma::<i64>(&reader, "busy_timeout"), 5_000);
    }

    #[test]
    fn one_file_has_one_name() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().canonicalize().unwrap();
        let path = folder.join("t.db");
        assert_eq!(
            locate(&path).unwrap(),
            path,
            "a file that is still to be made"
        );
        assert_eq!(locate(&folder.join(".").join("t.db")).unwrap(), path);
        std::fs::write(&path, "").unwrap();
        assert_eq!(locate(&path).unwrap(), path);
        assert_eq!(
            locate("t.db".as_ref()).unwrap().file_name(),
            path.file_name()
        );
        assert!(locate("t.db".as_ref()).unwrap().is_absolute());
        for nameless in ["", "/", ".", ".."] {
            assert!(locate(nameless.as_ref()).is_err(), "{nameless}");
        }
    }
}
