//! Files stay small because something stops them.

use super::Finding;
use super::tree::{TextFile, Tree};

const RULE: &str = "file-walls";

/// Lines of production code in one file: what fits into a head at once. The aim is
/// 300; past it a file usually has two subjects.
const PRODUCTION_WALL: usize = 500;

/// Lines of one file of tests, which are read one test at a time.
const TEST_WALL: usize = 800;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.rust().filter_map(check_file).collect()
}

fn check_file(file: &TextFile) -> Option<Finding> {
    let (n_lines, wall, what) = if file.is_test() {
        (file.code.lines().count(), TEST_WALL, "test")
    } else {
        (file.n_production_lines(), PRODUCTION_WALL, "production")
    };
    let advice = || format!("split the file: {n_lines} {what} lines, the wall is {wall}");
    (n_lines > wall).then(|| file.finding(wall + 1, RULE, advice()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_found(path: &str, text: &str) -> bool {
        !check(&Tree::of(&[(path, text)])).is_empty()
    }

    #[test]
    fn a_file_past_its_wall_is_found() {
        let lines = |n_lines| "fn a() {}\n".repeat(n_lines);
        assert!(!is_found("src/a.rs", &lines(PRODUCTION_WALL)));
        assert!(is_found("src/a.rs", &lines(PRODUCTION_WALL + 1)));
        assert!(!is_found("tests/it/a.rs", &lines(TEST_WALL)));
        assert!(is_found("tests/it/a.rs", &lines(TEST_WALL + 1)));
    }

    #[test]
    fn inline_tests_do_not_count() {
        let tests = format!(
            "#[cfg(test)]\nmod tests {{\n{}}}\n",
            "fn a() {}\n".repeat(600)
        );
        assert!(!is_found("src/a.rs", &tests));
    }
}
