//! Documents that are generated from the code, so that they cannot drift from it.
//!
//! Promises that a document is written only when its content changes, and that a
//! check writes nothing. Knows no document's content: each entry brings its own
//! generator.

mod api;
mod config;
mod stripe_severities;
mod table;

use std::fs;
use std::path::Path;

use anyhow::Context as _;

/// Returns a document's whole text, which ends with a newline.
pub type Generator = fn() -> anyhow::Result<String>;

/// The generated documents: path from the workspace root, and generator.
pub const DOCUMENTS: &[(&str, Generator)] = &[
    ("docs/api/event.schema.json", api::event_schema),
    ("docs/api/openapi.json", api::openapi),
    ("docs/config.md", config::document),
    ("docs/stripe-severities.md", stripe_severities::document),
];

/// What to do with a document that is out of date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Write it anew.
    Write,
    /// Leave it and report it.
    Check,
}

/// Generates [`DOCUMENTS`] under `root`.
///
/// Returns the paths that were out of date, in the order of the list; empty when
/// all were current. In [`Mode::Write`] they are current afterwards.
///
/// # Errors
///
/// When a generator fails, or a document cannot be read or written.
pub fn generate(root: &Path, mode: Mode) -> anyhow::Result<Vec<&'static str>> {
    generate_each(root, DOCUMENTS, mode)
}

/// Does what [`generate`] does, for a given list.
///
/// # Errors
///
/// As [`generate`].
pub fn generate_each<'a>(
    root: &Path,
    documents: &[(&'a str, Generator)],
    mode: Mode,
) -> anyhow::Result<Vec<&'a str>> {
    let mut stale = Vec::new();
    for &(path, generator) in documents {
        let wanted = generator().with_context(|| format!("generate {path}"))?;
        if read_if_there(&root.join(path))?.as_deref() == Some(wanted.as_str()) {
            continue;
        }
        if mode == Mode::Write {
            write(&root.join(path), &wanted)?;
        }
        stale.push(path);
    }
    Ok(stale)
}

fn read_if_there(path: &Path) -> anyhow::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("read {}", path.display())),
    }
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
    }
    fs::write(path, text).with_context(|| format!("write {}", path.display()))
}
