//! Numbered migrations, each applied once, in order, in one transaction with its record.
//!
//! Migrations only add. A file that is newer than this program is refused, because an older program
//! cannot know what it would break; so is one whose applied migrations differ from ours.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};

use super::open::{APPLICATION_ID, io};
use crate::OpenError;

/// The migrations, oldest first; their number is their place in the list, from 1.
pub(super) const MIGRATIONS: &[&str] = &[include_str!("../../migrations/sqlite/0001_init.sql")];

const RECORDS: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
    version       INTEGER PRIMARY KEY,
    checksum      TEXT    NOT NULL,
    applied_at_ms INTEGER NOT NULL
) STRICT";

/// Brings the schema up to date.
pub(super) fn run(connection: &Connection, path: &Path, now: Timestamp) -> Result<(), OpenError> {
    run_list(connection, path, now, MIGRATIONS)
}

pub(super) fn run_list(
    connection: &Connection,
    path: &Path,
    now: Timestamp,
    migrations: &[&str],
) -> Result<(), OpenError> {
    let applied = applied(connection).map_err(io("read the schema of", path))?;
    let known = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
    if let Some((found, _)) = applied.last().filter(|(version, _)| *version > known) {
        return Err(OpenError::Newer { path: path.to_owned(), found: *found, known });
    }
    for (version, sql) in (1..).zip(migrations) {
        let checksum = hex::encode(Sha256::digest(sql.as_bytes()));
        match applied.iter().find(|(one, _)| *one == version) {
            Some((_, recorded)) if *recorded == checksum => {}
            Some(_) => return Err(OpenError::Diverged { path: path.to_owned(), version }),
            None => apply(connection, version, sql, &checksum, now)
                .map_err(io("migrate the database", path))?,
        }
    }
    Ok(())
}

fn applied(connection: &Connection) -> rusqlite::Result<Vec<(i64, String)>> {
    let known: i64 = connection.query_row(
        "SELECT count(*) FROM sqlite_schema WHERE name = 'schema_migrations'",
        [],
        |row| row.get(0),
    )?;
    if known == 0 {
        return Ok(Vec::new());
    }
    connection
        .prepare("SELECT version, checksum FROM schema_migrations ORDER BY version")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

fn apply(
    connection: &Connection,
    version: i64,
    sql: &str,
    checksum: &str,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let transaction = connection.unchecked_transaction()?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.execute_batch(RECORDS)?;
    transaction.execute_batch(sql)?;
    transaction.execute(
        "INSERT INTO schema_migrations VALUES (?1, ?2, ?3)",
        params![version, checksum, now.as_millisecond()],
    )?;
    transaction.commit()
}
