//! What can go wrong with a store. No driver type crosses this border.

use std::path::PathBuf;

/// Trouble with an open store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store cannot do it now; a later try may succeed.
    #[error("store is unavailable: {0}")]
    Unavailable(String),
    /// Too much waits to be written; try again in a moment.
    #[error("store is overloaded: the write queue is full")]
    Overloaded,
    /// A value broke a rule of the schema, which no accepted input can.
    #[error("store refused a value: {0}")]
    Conflict(String),
    /// A stored value cannot be read as what it should be.
    #[error("store is corrupt: {table}.{column} of row {row}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's number.
        row: i64,
    },
}

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process has it open.
    #[error(
        "database {path} is in use by another signalbox process; stop that one, or give this one a file of its own with DATABASE_URL=sqlite:PATH"
    )]
    InUse {
        /// The database file.
        path: PathBuf,
    },
    /// The file was written by a later version.
    #[error(
        "database {path} has schema version {found}, this signalbox knows {known}; start the newer signalbox, or restore a backup from before the upgrade"
    )]
    Newer {
        /// The database file.
        path: PathBuf,
        /// The version in the file.
        found: i64,
        /// The newest version that we know.
        known: i64,
    },
    /// The file is not a database, or that of another program. It is left as it is.
    #[error(
        "{path} is not a signalbox database ({why}); it was left untouched; give another file with DATABASE_URL=sqlite:PATH"
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// How that shows.
        why: &'static str,
    },
    /// The file is one of ours, or was, and parts of it are missing. It is left as it is.
    #[error(
        "database {path} is damaged; it was left untouched; restore a backup, or give another file with DATABASE_URL=sqlite:PATH"
    )]
    Damaged {
        /// The database file.
        path: PathBuf,
    },
    /// A migration that was applied has other contents here.
    #[error("migration {version} of database {path} is not the one this signalbox carries")]
    Diverged {
        /// The database file.
        path: PathBuf,
        /// The migration's number.
        version: i64,
    },
    /// The operating system or the database engine said no.
    #[error("cannot {what} {path}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
