//! Lines end where their text ends, and files end with a newline.
//!
//! Recorded payloads and snapshots are exempt: their bytes are the point of them.

use super::Finding;
use super::tree::{TextFile, Tree};

const RULE: &str = "whitespace";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let exempt = |file: &&TextFile| file.is_recorded() || file.is_snapshot();
    tree.files
        .iter()
        .filter(|file| !exempt(file))
        .flat_map(check_file)
        .collect()
}

fn check_file(file: &TextFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    // Not `lines()`, which would hide a carriage return.
    for (index, line) in file.text.split('\n').enumerate() {
        if line.ends_with(char::is_whitespace) {
            findings.push(file.finding(index + 1, RULE, "remove the trailing whitespace".into()));
        }
    }
    if !file.text.is_empty() && !file.text.ends_with('\n') {
        let last = file.text.lines().count();
        findings.push(file.finding(last, RULE, "end the file with a newline".into()));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        check(&Tree::of(&[(path, text)]))
            .iter()
            .map(|finding| finding.line)
            .collect()
    }

    #[test]
    fn trailing_whitespace_and_a_missing_newline_are_found() {
        assert_eq!(lines("a.md", "a \nb\n"), [1]);
        assert_eq!(lines("a.md", "a\nb\r\n"), [2]);
        assert_eq!(lines("a.md", "a\nb"), [2]);
        assert!(lines("a.md", "a\nb\n").is_empty());
        assert!(lines("a.md", "").is_empty());
    }

    #[test]
    fn recorded_bytes_stay_as_they_are() {
        assert!(lines("fixtures/stripe/a.json", "{} ").is_empty());
        assert!(lines("src/snapshots/a.snap", "x \n").is_empty());
    }
}
