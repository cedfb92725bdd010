//! Nothing depends on where one machine keeps its files: no absolute paths into
//! somebody's folders, no reaching out of the repository.

use super::Finding;
use super::code::is_identifier;
use super::tree::{TextFile, Tree};

const RULE: &str = "places";

/// Folders that exist on one machine and not on the next. Put together from parts,
/// so that this file does not contain what it looks for.
const MACHINE_FOLDERS: &[&str] = &[
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/wo", "rk/"),
    concat!("/Us", "ers/"),
];

/// A folder beside the repository.
const SIBLING: &str = concat!("../sha", "red");

/// The one file that may look beside the repository: CI lays a corpus there.
const MAY_NAME_SIBLING: &str = ".ci/run";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.files.iter().flat_map(check_file).collect()
}

fn check_file(file: &TextFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        for folder in MACHINE_FOLDERS
            .iter()
            .filter(|folder| names_absolute(line, folder))
        {
            let advice = format!("replace the absolute path under `{folder}` by a relative one");
            findings.push(file.finding(index + 1, RULE, advice));
        }
        if line.contains(SIBLING) && file.path != MAY_NAME_SIBLING {
            let advice = format!("only {MAY_NAME_SIBLING} may name `{SIBLING}`");
            findings.push(file.finding(index + 1, RULE, advice));
        }
    }
    findings
}

/// A path is absolute where it does not go on from something before it.
fn names_absolute(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        !before.is_some_and(|before| is_identifier(before) || ".-~*})".contains(before))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n_findings(path: &str, text: &str) -> usize {
        check(&Tree::of(&[(path, text)])).len()
    }

    #[test]
    fn an_absolute_path_into_a_machines_folders_is_found() {
        for folder in MACHINE_FOLDERS {
            assert_eq!(
                n_findings("a.md", &format!("see {folder}a\n")),
                1,
                "{folder}"
            );
            assert_eq!(
                n_findings("a.md", &format!("see file://{folder}a\n")),
                1,
                "{folder}"
            );
            assert_eq!(
                n_findings("a.md", &format!("see target{folder}a\n")),
                0,
                "{folder}"
            );
        }
    }

    #[test]
    fn only_ci_looks_beside_the_repository() {
        let text = format!("cd {SIBLING}/corpus\n");
        assert_eq!(n_findings("Makefile", &text), 1);
        assert_eq!(n_findings(MAY_NAME_SIBLING, &text), 0);
    }
}
