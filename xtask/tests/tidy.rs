//! Runs the house rules over the whole repository, so that no test run is green
//! while one of them is broken.

use xtask::{tidy, workspace_root};

#[test]
fn the_repository_keeps_the_house_rules() {
    let findings = tidy::check(workspace_root()).expect("the repository can be read");
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(
        lines.is_empty(),
        "{} findings:\n{}",
        lines.len(),
        lines.join("\n")
    );
}
