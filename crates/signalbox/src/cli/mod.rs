//! The command line: one file per command. What is asked of a hub goes over its API.
//!
//! Data goes to standard output, talk to standard error. Exit status: 0 done, 1 failed, 2 wrong
//! usage, 69 the hub cannot be reached, 78 the configuration is wrong.

mod api;
mod check;
mod completions;
mod events;
mod healthcheck;
mod output;
mod pull;
mod send;
mod serve;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{Config, Sources};

/// The hub could not be reached, or did not answer as one.
const EX_UNAVAILABLE: u8 = 69;
/// The configuration is wrong.
const EX_CONFIG: u8 = 78;

/// Takes the signals that vendors send and publish, and routes what matters to the people on call.
#[derive(Debug, Parser)]
#[command(name = "signalbox", version, propagate_version = true, after_help = AFTER_HELP)]
struct Cli {
    /// Config file (default: signalbox.toml, where there is one) [env: `SIGNALBOX_CONFIG`]
    #[arg(long, global = true, value_name = "PATH")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  signalbox serve
  STRIPE_WEBHOOK_SECRET=whsec_test signalbox send stripe fixtures/stripe/payout_failed.json
  signalbox events --severity critical

Exit status: 0 done, 1 failed, 2 wrong usage, 69 hub unreachable, 78 configuration wrong.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the hub
    Serve(serve::Serve),
    /// Check the configuration and print what is in force, secrets hidden
    Check(check::Check),
    /// Send test signals to a hub
    #[command(subcommand)]
    Send(send::Send),
    /// Have a hub look at its status pages now
    Pull(pull::Pull),
    /// List the events of a hub
    Events(events::Events),
    /// Ask a hub whether it is ready; for containers
    Healthcheck(healthcheck::Healthcheck),
    /// Print a completion script for a shell
    Completions(completions::Completions),
}

/// Why a command failed, and what the process says with its exit status.
#[derive(Debug)]
struct Failure {
    status: u8,
    error: anyhow::Error,
}

impl Failure {
    fn new(status: u8, error: impl Into<anyhow::Error>) -> Self {
        Self {
            status,
            error: error.into(),
        }
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::new(1, error)
    }
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let sources = Sources::from_process(cli.config.as_deref());
    match run(cli.command, sources) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::talk(&format!("error: {:#}", failure.error));
            ExitCode::from(failure.status)
        }
    }
}

fn run(command: Command, sources: Sources) -> Result<(), Failure> {
    match command {
        Command::Serve(serve) => serve.run(sources),
        Command::Check(check) => check.run(&sources),
        Command::Completions(completions) => completions.run(),
        Command::Send(send) => send.run(&sources),
        Command::Pull(pull) => pull.run(&sources),
        Command::Events(events) => events.run(&sources),
        Command::Healthcheck(healthcheck) => healthcheck.run(&sources),
    }
}

/// Resolves the configuration or fails with all that is wrong in it.
fn resolve(sources: &Sources) -> Result<Config, Failure> {
    Config::resolve(sources).map_err(|problems| {
        let lines: Vec<String> = problems.0.iter().map(|one| format!("  {one}")).collect();
        let text = format!("the configuration is wrong:\n{}", lines.join("\n"));
        Failure::new(EX_CONFIG, anyhow::anyhow!(text))
    })
}

/// Builds the runtime of a command that talks to a hub.
fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    Ok(runtime.block_on(future))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
