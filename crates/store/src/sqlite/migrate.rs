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

/// Refuses a file whose schema this program cannot serve. Writes nothing.
pub(super) fn judge(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    judge_by(MIGRATIONS, connection, path)
}

/// Brings the schema of a file that passed [`judge`] up to date.
pub(super) fn run(connection: &Connection, path: &Path, now: Timestamp) -> Result<(), OpenError> {
    run_list(MIGRATIONS, connection, now).map_err(io("migrate the database", path))
}

fn judge_by(migrations: &[&str], connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let applied = applied(connection).map_err(io("read the schema of", path))?;
    let known = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
    if let Some((found, _)) = applied.last().filter(|(version, _)| *version > known) {
        return Err(OpenError::Newer {
            path: path.to_owned(),
            found: *found,
            known,
        });
    }
    let carried: Vec<(i64, String)> = (1..)
        .zip(migrations.iter().map(|sql| checksum(sql)))
        .collect();
    match applied.iter().find(|record| !carried.contains(record)) {
        Some((version, _)) => Err(OpenError::Diverged {
            path: path.to_owned(),
            version: *version,
        }),
        None => Ok(()),
    }
}

fn run_list(migrations: &[&str], connection: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    let applied = applied(connection)?;
    for (version, sql) in (1..).zip(migrations) {
        if !applied.iter().any(|(one, _)| *one == version) {
            apply(connection, version, sql, now)?;
        }
    }
    Ok(())
}

fn checksum(sql: &str) -> String {
    hex::encode(Sha256::digest(sql.as_bytes()))
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

fn apply(connection: &Connection, version: i64, sql: &str, now: Timestamp) -> rusqlite::Result<()> {
    let transaction = connection.unchecked_transaction()?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.execute_batch(RECORDS)?;
    transaction.execute_batch(sql)?;
    transaction.execute(
        "INSERT INTO schema_migrations VALUES (?1, ?2, ?3)",
        params![version, checksum(sql), now.as_millisecond()],
    )?;
    transaction.commit()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows as each version wrote them, one text per migration.
    const SAMPLES: &[&str] = &[include_str!("../../migrations/sqlite/0001_init.sample.sql")];
    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn memory() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .pragma_update(None, "foreign_keys", true)
            .unwrap();
        connection
    }

    fn judged(migrations: &[&str], connection: &Connection) -> Result<(), OpenError> {
        judge_by(migrations, connection, Path::new("t.db"))
    }

    fn n_rows(connection: &Connection, table: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        connection.query_row(&sql, [], |row| row.get(0)).unwrap()
    }

    /// The tables that hold rows of ours, with how many they hold.
    fn tables(connection: &Connection) -> Vec<(String, i64)> {
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'table'
                       AND name NOT LIKE 'events_words%' AND name <> 'schema_migrations'";
        let mut statement = connection.prepare(sql).unwrap();
        let names = statement
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap);
        names
            .map(|name: String| (name.clone(), n_rows(connection, &name)))
            .collect()
    }

    #[test]
    fn every_migration_has_its_sample() {
        assert_eq!(MIGRATIONS.len(), SAMPLES.len());
    }

    #[test]
    fn each_migration_applies_over_the_rows_of_the_versions_before_it() {
        let connection = memory();
        let mut before: Vec<(String, i64)> = Vec::new();
        for (n, sample) in (1..).zip(SAMPLES) {
            run_list(&MIGRATIONS[..n], &connection, NOW).unwrap();
            for (table, n_before) in &before {
                assert!(
                    n_rows(&connection, table) >= *n_before,
                    "migration {n} lost of {table}"
                );
            }
            connection.execute_batch(sample).unwrap();
            before = tables(&connection);
            assert!(
                before.iter().all(|(_, n_rows)| *n_rows > 0),
                "sample {n}: {before:?}"
            );
        }
        let broken: i64 = connection
            .query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(broken, 0);
        let health: String = connection
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap();
        assert_eq!(health, "ok");
    }

    #[test]
    fn an_upgrade_gives_the_schema_of_a_fresh_file() {
        let schema = |connection: &Connection| -> Vec<String> {
            let sql = "SELECT coalesce(sql, name) FROM sqlite_schema ORDER BY 1";
            let mut statement = connection.prepare(sql).unwrap();
            statement
                .query_map([], |row| row.get(0))
                .unwrap()
                .map(Result::unwrap)
                .collect()
        };
        let (fresh, upgraded) = (memory(), memory());
        run_list(MIGRATIONS, &fresh, NOW).unwrap();
        for (n, sample) in (1..).zip(SAMPLES) {
            run_list(&MIGRATIONS[..n], &upgraded, NOW).unwrap();
            upgraded.execute_batch(sample).unwrap();
        }
        assert_eq!(schema(&upgraded), schema(&fresh));
    }

    #[test]
    fn a_migration_is_applied_once() {
        let connection = memory();
        let list = ["CREATE TABLE a (x)", "CREATE TABLE b (x)"];
        for n in [1, 1, 2, 2] {
            judged(&list[..n], &connection).unwrap();
            run_list(&list[..n], &connection, NOW).unwrap();
        }
        assert_eq!(applied(&connection).unwrap().len(), 2);
    }

    #[test]
    fn a_migration_that_fails_leaves_nothing_and_can_be_mended() {
        let connection = memory();
        let list = [
            "CREATE TABLE a (x)",
            "CREATE TABLE b (x); INSERT INTO nowhere VALUES (1)",
        ];
        assert!(run_list(&list, &connection, NOW).is_err());
        assert_eq!(applied(&connection).unwrap().len(), 1, "the first stands");
        let mended = [list[0], "CREATE TABLE b (x)"];
        judged(&mended, &connection).unwrap();
        run_list(&mended, &connection, NOW).unwrap();
    }

    #[test]
    fn a_migration_that_was_changed_is_refused() {
        let connection = memory();
        run_list(
            &["CREATE TABLE a (x)", "CREATE TABLE b (x)"],
            &connection,
            NOW,
        )
        .unwrap();
        let changed = [
            "CREATE TABLE a (x)",
            "CREATE TABLE b (y)",
            "CREATE TABLE c (x)",
        ];
        let refused = judged(&changed, &connection).unwrap_err();
        assert!(
            matches!(refused, OpenError::Diverged { version: 2, .. }),
            "{refused:?}"
        );
        assert!(
            refused.to_string().contains("migration 2 of database t.db"),
            "{refused}"
        );
    }

    #[test]
    fn a_newer_schema_is_refused() {
        let connection = memory();
        let list = ["CREATE TABLE a (x)", "CREATE TABLE b (x)"];
        run_list(&list, &connection, NOW).unwrap();
        let refused = judged(&list[..1], &connection).unwrap_err();
        assert!(
            matches!(
                refused,
                OpenError::Newer {
                    found: 2,
                    known: 1,
                    ..
                }
            ),
            "{refused:?}"
        );
    }
}
