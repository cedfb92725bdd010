//! No file or module whose name gives it no reason to stop growing.

use super::Finding;
use super::tree::{TextFile, Tree};
use super::words;

const RULE: &str = "file-names";

const FORBIDDEN: &[&str] = &[
    "utils", "util", "helpers", "helper", "common", "misc", "manager",
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.rust().flat_map(check_file).collect()
}

fn check_file(file: &TextFile) -> Vec<Finding> {
    let advice = |name: &str| format!("name `{name}` after what it does, or move its parts there");
    let mut findings = Vec::new();
    for name in file
        .folders()
        .chain([file.stem()])
        .filter(|name| FORBIDDEN.contains(name))
    {
        findings.push(file.finding(1, RULE, advice(name)));
    }
    for (index, line) in file.code.lines().enumerate() {
        for name in FORBIDDEN
            .iter()
            .filter(|name| words::has(line, &format!("mod {name}")))
        {
            findings.push(file.finding(index + 1, RULE, advice(name)));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n_findings(path: &str, text: &str) -> usize {
        check(&Tree::of(&[(path, text)])).len()
    }

    #[test]
    fn a_name_without_meaning_is_found_in_file_folder_and_module() {
        assert_eq!(n_findings("src/utils.rs", ""), 1);
        assert_eq!(n_findings("src/common/a.rs", ""), 1);
        assert_eq!(n_findings("src/a.rs", "mod helpers {}\n"), 1);
        assert_eq!(
            n_findings("src/a.rs", "// mod helpers\nmod helpers_desk {}\n"),
            0
        );
    }
}
