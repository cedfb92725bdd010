//! Chores of the repository: the house rules and the generated documents.
//!
//! A library with a thin binary, so that the tests run the same chores. It reads
//! the working tree as files, not through a version control system, and therefore
//! works in any copy of it.

use std::path::Path;

pub mod docs;
pub mod tidy;

/// Returns the folder that holds the workspace's `Cargo.toml`.
#[must_use]
pub fn workspace_root() -> &'static Path {
    let crate_root = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_root.parent().unwrap_or(crate_root)
}
