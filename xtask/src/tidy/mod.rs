//! The house rules that neither the compiler nor clippy can check.
//!
//! One file per rule: a function from the tree of files to findings, and a unit
//! test that shows it catching a violation. A finding says where, which rule, and
//! what to do. Rules look at text and never need the repository to compile; only
//! the licence rule asks Cargo something.

mod code;
mod crate_edges;
mod file_names;
mod file_walls;
mod finding;
mod licences;
mod markers;
mod module_docs;
mod places;
mod policy;
mod rooms;
mod snapshots;
mod sources;
mod spdx;
mod test_manners;
mod tree;
mod whitespace;
mod words;

use std::path::Path;

use anyhow::Context as _;

pub use finding::Finding;
use policy::Policy;
use tree::Tree;

/// A rule that needs nothing but the files.
type Rule = fn(&Tree) -> Vec<Finding>;

const RULES: &[Rule] = &[
    crate_edges::check,
    file_names::check,
    file_walls::check,
    markers::check,
    module_docs::check,
    places::check,
    rooms::check,
    snapshots::check,
    test_manners::check,
    whitespace::check,
];

/// Checks every rule over the repository at `root`.
///
/// Returns the findings in the order of path and line; empty when the house is tidy.
///
/// # Errors
///
/// When a file cannot be read, `deny.toml` is missing or malformed, or Cargo cannot
/// list the packages.
pub fn check(root: &Path) -> anyhow::Result<Vec<Finding>> {
    let tree = Tree::read(root)?;
    let policy = tree.get("deny.toml").context("find deny.toml")?;
    let policy = Policy::parse(&policy.text)?;
    let lock = tree.get("Cargo.lock").context("find Cargo.lock")?;

    let mut findings: Vec<Finding> = RULES.iter().flat_map(|rule| rule(&tree)).collect();
    findings.extend(sources::check(lock, &policy));
    findings.extend(licences::check(lock, &policy, &licences::packages(root)?));
    findings.sort();
    Ok(findings)
}
