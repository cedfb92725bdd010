//! Tests wait for a state, never for time, and none is left out.

use super::Finding;
use super::tree::{TextFile, Tree};
use super::words;

const RULE: &str = "test-manners";

/// Functions that wait for time to pass.
const SLEEPS: &[&str] = &["sleep", "sleep_until"];

/// Test files that may sleep, each with the reason why nothing else will do.
const MAY_SLEEP: &[(&str, &str)] = &[];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    check_with(tree, MAY_SLEEP)
}

fn check_with(tree: &Tree, may_sleep: &[(&str, &str)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust() {
        findings.extend(ignored_tests(file));
        if !may_sleep.iter().any(|(path, _reason)| *path == file.path) {
            findings.extend(sleeping_tests(file));
        }
    }
    findings
}

fn ignored_tests(file: &TextFile) -> Vec<Finding> {
    let is_ignored = |line: &str| {
        line.contains("#[ignore") || line.contains("cfg_attr(") && words::has(line, "ignore")
    };
    let advice = "mend the test or delete it; an ignored test only looks like one";
    let lines = file
        .code
        .lines()
        .enumerate()
        .filter(|(_, line)| is_ignored(line));
    lines
        .map(|(index, _)| file.finding(index + 1, RULE, advice.into()))
        .collect()
}

fn sleeping_tests(file: &TextFile) -> Vec<Finding> {
    let n_production = if file.is_test() {
        0
    } else {
        file.n_production_lines()
    };
    let lines = file.code.lines().enumerate().skip(n_production);
    let advice = "wait for a state, or drive the clock by hand; time alone proves nothing";
    lines
        .filter(|(_, line)| SLEEPS.iter().any(|sleep| calls(line, sleep)))
        .map(|(index, _)| file.finding(index + 1, RULE, advice.into()))
        .collect()
}

/// Tells whether the line calls the free function, as opposed to a method of that
/// name or its definition.
fn calls(line: &str, function: &str) -> bool {
    words::places_of(line, function).any(|at| {
        let (before, after) = line.split_at(at);
        let called = after
            .get(function.len()..)
            .is_some_and(|after| after.starts_with('('));
        called && !before.ends_with('.') && !before.trim_end().ends_with("fn")
    })
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
    fn an_ignored_test_is_found() {
        assert_eq!(lines("src/a.rs", "#[test]\n#[ignore]\nfn a() {}\n"), [2]);
        assert_eq!(
            lines("src/a.rs", "#[cfg_attr(miri, ignore)]\nfn a() {}\n"),
            [1]
        );
    }

    #[test]
    fn a_test_that_sleeps_is_found() {
        assert_eq!(
            lines("tests/it/a.rs", "\ntokio::time::sleep(x).await;\n"),
            [2]
        );
        assert_eq!(lines("tests/it/a.rs", "std::thread::sleep(x);\n"), [1]);
        let inline = "fn a() { sleep(x); }\n#[cfg(test)]\nmod tests {\n  sleep(x);\n}\n";
        assert_eq!(lines("src/a.rs", inline), [4]);
    }

    #[test]
    fn a_method_or_a_definition_of_that_name_is_no_sleep() {
        assert!(lines("tests/it/a.rs", "clock.sleep(x);\nasync fn sleep() {}\n").is_empty());
    }

    #[test]
    fn an_exception_lets_its_file_sleep() {
        let tree = Tree::of(&[("tests/it/a.rs", "sleep(x);\n")]);
        let may_sleep = [("tests/it/a.rs", "the kernel's timer is what it tests")];
        assert!(check_with(&tree, &may_sleep).is_empty());
    }
}
