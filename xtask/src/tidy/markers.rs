//! No notes to self: what is not done is an issue, or is not in the code.

use super::Finding;
use super::tree::{TextFile, Tree};
use super::words;

const RULE: &str = "markers";

/// Put together from parts, so that this file does not contain what it looks for.
const MARKERS: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("X", "XX"),
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.files
        .iter()
        .filter(|file| !file.is_recorded())
        .flat_map(check_file)
        .collect()
}

fn check_file(file: &TextFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        for marker in MARKERS.iter().filter(|marker| words::has(line, marker)) {
            let advice = format!("do it, or file an issue, and remove the `{marker}`");
            findings.push(file.finding(index + 1, RULE, advice));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_marker_is_found_as_a_word() {
        for marker in MARKERS {
            let n_findings = |text: &str| check(&Tree::of(&[("src/a.rs", text)])).len();
            assert_eq!(n_findings(&format!("// {marker}: later\n")), 1, "{marker}");
            assert_eq!(
                n_findings(&format!("mktemp {marker}{marker}\n")),
                0,
                "{marker}"
            );
        }
    }
}
