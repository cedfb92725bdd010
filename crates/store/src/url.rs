//! Which store: the parsed form of `DATABASE_URL`.

use std::path::PathBuf;

/// Where the state is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file of the embedded database.
    Sqlite(PathBuf),
}

/// Why a database URL was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// The scheme is not one of ours.
    #[error("unknown kind of database; write sqlite:PATH")]
    Scheme,
    /// PostgreSQL is planned, not built.
    #[error("PostgreSQL is not supported by this version; write sqlite:PATH")]
    Postgres,
    /// There is no path.
    #[error("the path is missing; write sqlite:PATH, such as sqlite:signalbox.db")]
    NoPath,
    /// The path carries what other programs read as parameters.
    #[error("parameters are not supported; write sqlite:PATH without `?`")]
    Parameters,
    /// An in-memory database would break the promise that what is acknowledged is kept.
    #[error("an in-memory database would lose what it acknowledged; write sqlite:PATH")]
    Memory,
}

impl DatabaseUrl {
    /// Parses `sqlite:PATH` (also written `sqlite://PATH`).
    ///
    /// # Errors
    /// The URL names no store that we have; the message says what to write.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        if text.starts_with("postgres:") || text.starts_with("postgresql:") {
            return Err(UrlError::Postgres);
        }
        let path = text.strip_prefix("sqlite:").ok_or(UrlError::Scheme)?;
        let path = path.strip_prefix("//").unwrap_or(path);
        match path {
            "" => Err(UrlError::NoPath),
            ":memory:" => Err(UrlError::Memory),
            path if path.contains('?') => Err(UrlError::Parameters),
            path => Ok(Self::Sqlite(PathBuf::from(path))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_in_both_spellings() {
        for (url, path) in [
            ("sqlite:signalbox.db", "signalbox.db"),
            ("sqlite:/data/signalbox.db", "/data/signalbox.db"),
            ("sqlite:///data/signalbox.db", "/data/signalbox.db"),
        ] {
            assert_eq!(
                DatabaseUrl::parse(url),
                Ok(DatabaseUrl::Sqlite(path.into())),
                "{url}"
            );
        }
    }

    #[test]
    fn everything_else_is_refused_with_advice() {
        for url in [
            "",
            "mysql:x",
            "sqlite:",
            "sqlite::memory:",
            "sqlite:x?mode=ro",
            "postgres://h/d",
        ] {
            let error = DatabaseUrl::parse(url).unwrap_err();
            assert!(
                error.to_string().contains("write sqlite:PATH"),
                "{url}: {error}"
            );
        }
    }
}
