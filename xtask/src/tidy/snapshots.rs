//! Every stored snapshot belongs to a test that still exists.
//!
//! insta writes `<module path>__<name>.snap` and notes the source file inside. A
//! renamed or deleted test leaves its snapshot behind, which then passes for
//! coverage. Names built at run time are not known here: give such a snapshot a
//! suffix (`@…`), which is not looked at.

use super::Finding;
use super::tree::{TextFile, Tree};
use super::words;

const RULE: &str = "snapshots";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let snapshots = tree.files.iter().filter(|file| file.is_snapshot());
    snapshots
        .filter_map(|file| check_snapshot(tree, file))
        .collect()
}

fn check_snapshot(tree: &Tree, snapshot: &TextFile) -> Option<Finding> {
    let finding = |why: String| {
        Some(snapshot.finding(1, RULE, format!("delete the snapshot, or rename it: {why}")))
    };
    let Some(source) = source_of(snapshot) else {
        return finding("it names no source file".into());
    };
    let Some(test) = tree.get(source) else {
        return finding(format!("{source} is gone"));
    };
    let segments: Vec<&str> = snapshot.stem().split("__").collect();
    let Some((name, modules)) = segments.split_last() else {
        return finding("it has no name".into());
    };
    let module = module_of(test);
    // The root module is called after its crate, `signalbox_core` in folder `core`.
    if !modules.iter().any(|segment| segment.ends_with(module)) {
        return finding(format!(
            "its name does not say `{module}`, the module of {source}"
        ));
    }
    let name = without_suffix_and_count(name);
    if !words::has(&test.text, name) {
        return finding(format!("nothing in {source} is called `{name}`"));
    }
    None
}

/// Returns the source file that the snapshot's header names.
fn source_of(snapshot: &TextFile) -> Option<&str> {
    let mut header = snapshot
        .text
        .lines()
        .skip(1)
        .take_while(|line| *line != "---");
    header
        .find_map(|line| line.strip_prefix("source: "))
        .map(|source| source.trim_matches('"'))
}

/// Returns the last segment of the module path of a source file.
fn module_of(source: &TextFile) -> &str {
    match source.stem() {
        "mod" | "lib" | "main" => source.folders().filter(|folder| *folder != "src").last(),
        stem => Some(stem),
    }
    .unwrap_or_default()
}

/// Cuts the run-time suffix, and the number that insta adds to unnamed snapshots.
fn without_suffix_and_count(name: &str) -> &str {
    let name = name.split_once('@').map_or(name, |(name, _)| name);
    match name.rsplit_once('-') {
        Some((rest, count)) if count.chars().all(|digit| digit.is_ascii_digit()) => rest,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEST: (&str, &str) = ("crates/core/src/source/stripe.rs", "fn payouts() {}\n");

    fn advice(snapshot: &str, source: &str) -> Option<String> {
        let text = format!("---\nsource: {source}\nexpression: event\n---\n{{}}\n");
        let path = format!("crates/core/src/source/snapshots/{snapshot}.snap");
        let tree = Tree::of(&[TEST, (&path, &text)]);
        check(&tree).pop().map(|finding| finding.advice)
    }

    #[test]
    fn a_snapshot_of_a_test_that_is_there_is_fine() {
        for name in ["payouts", "payouts-2", "payouts@braze"] {
            let snapshot = format!("signalbox_core__source__stripe__tests__{name}");
            assert_eq!(advice(&snapshot, TEST.0), None);
        }
    }

    #[test]
    fn a_snapshot_without_its_file_module_or_test_is_found() {
        let found = |snapshot: &str, source: &str| advice(snapshot, source).unwrap_or_default();
        assert!(found("core__source__stripe__payouts", "src/gone.rs").contains("is gone"));
        assert!(found("core__source__braze__payouts", TEST.0).contains("does not say `stripe`"));
        assert!(found("core__source__stripe__disputes", TEST.0).contains("called `disputes`"));
    }
}
