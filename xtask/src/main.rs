//! `cargo xtask COMMAND`: the command line over the library beside it.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the one place of this crate that talks to a terminal"
)]

use std::process::ExitCode;

use xtask::{docs, tidy};

const USAGE: &str = "\
usage: cargo xtask COMMAND

  tidy           check the house rules over the whole repository
  docs           write the generated documents anew
  docs --check   fail if a generated document is not up to date";

/// The usage was wrong, as opposed to the repository.
const EXIT_USAGE: u8 = 2;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments.as_slice() {
        ["tidy"] => run_tidy(),
        ["docs"] => run_docs(docs::Mode::Write),
        ["docs", "--check"] => run_docs(docs::Mode::Check),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(EXIT_USAGE);
        }
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run_tidy() -> anyhow::Result<ExitCode> {
    let findings = tidy::check(xtask::workspace_root())?;
    for finding in &findings {
        println!("{finding}");
    }
    Ok(if findings.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn run_docs(mode: docs::Mode) -> anyhow::Result<ExitCode> {
    let stale = docs::generate(xtask::workspace_root(), mode)?;
    let what = match mode {
        docs::Mode::Write => "written",
        docs::Mode::Check => "out of date, run `cargo xtask docs`",
    };
    for path in &stale {
        println!("{path}: {what}");
    }
    let failed = mode == docs::Mode::Check && !stale.is_empty();
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}
