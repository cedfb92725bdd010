//! Documents that speak of the code, held against it.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use signalbox::config::settings;
use signalbox::http::CODES;
use tokio::process::Command;

use crate::support::{Served, repository};

/// The variable that names the config file, and therefore cannot stand in it.
const NAMES_THE_FILE: &str = "SIGNALBOX_CONFIG";
/// Longest that the examples may take.
const EXAMPLES_MAX: Duration = Duration::from_secs(90);

fn read(path: &str) -> String {
    std::fs::read_to_string(repository(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn every_code_of_a_problem_is_explained_and_no_other() {
    let text = read("docs/errors.md");
    let explained: BTreeSet<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .collect();
    let known: BTreeSet<_> = CODES.iter().map(|code| code.as_str()).collect();
    assert_eq!(explained, known);
    for code in CODES {
        let section = text
            .split(&format!("## {}\n", code.as_str()))
            .nth(1)
            .unwrap();
        let section = section.split("\n## ").next().unwrap();
        let status = code.status().as_u16().to_string();
        assert!(
            section.contains(&status),
            "{}: {status} is not named",
            code.as_str()
        );
    }
}

#[test]
fn the_example_environment_names_every_setting_and_no_other() {
    let text = read(".env.example");
    let is_name = |name: &str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    };
    let named: BTreeSet<_> = text
        .lines()
        .filter_map(|line| line.trim_start_matches(['#', ' ']).split_once('='))
        .map(|(name, _)| name)
        .filter(|name| is_name(name) && !name.ends_with("_FILE") && *name != NAMES_THE_FILE)
        .collect();
    let known: BTreeSet<_> = settings::ALL
        .iter()
        .map(|setting| setting.variable)
        .collect();
    assert_eq!(named, known);
    for setting in settings::ALL.iter().filter(|setting| !setting.secret) {
        let line = format!("{}={}", setting.variable, setting.default);
        let given = text
            .lines()
            .any(|one| one.trim_start_matches(['#', ' ']) == line);
        assert!(given, "{line} is not the default that the example gives");
    }
}

#[test]
fn every_secret_can_be_given_as_a_file() {
    let text = read(".env.example");
    for setting in settings::ALL.iter().filter(|setting| setting.secret) {
        let name = format!("{}_FILE", setting.variable);
        assert!(text.contains(&name), "{name} is not mentioned");
    }
}

#[tokio::test]
async fn the_examples_of_the_readme_print_what_it_says_with_the_real_binary() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path(), &[]).await;
    let binary = Path::new(env!("CARGO_BIN_EXE_signalbox")).parent().unwrap();
    let mut command = Command::new(repository("scripts/readme-examples.sh"));
    command.arg(served.base()).arg(repository("README.md"));
    command.env_clear().env(
        "PATH",
        format!("{}:/usr/local/bin:/usr/bin:/bin", binary.display()),
    );
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(EXAMPLES_MAX, command.output()).await;
    let output = output.expect("the examples end in time").unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    served.finish().await;
}
