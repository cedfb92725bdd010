//! Log lines: one JSON object an event, flat, on standard output.
//!
//! What may stand in a line is decided where it is written: ids, words and numbers, never a body, a
//! signature, a secret or an authorization header. A panic is logged by place, not by message,
//! because a message may quote what it choked on.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::config::{Log, LogFormat};

/// Crates that see headers and bodies pass and trace them. They stay quiet whatever is asked for,
/// because payloads and secrets stay out of the log at every level.
const QUIET: &[&str] = &["hyper", "hyper_util", "reqwest", "rustls", "h2", "tower"];

fn filter(text: &str) -> EnvFilter {
    let quiet = QUIET
        .iter()
        .filter_map(|target| format!("{target}=info").parse().ok());
    let asked = EnvFilter::try_new(text).unwrap_or_else(|_| EnvFilter::new("info"));
    quiet.fold(asked, EnvFilter::add_directive)
}

/// Installs the global subscriber and the panic hook. A second call changes nothing.
pub fn install(log: &Log) {
    let filter = filter(&log.filter);
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_span_events(FmtSpan::NONE);
    let colours = std::io::stdout().is_terminal();
    let installed = match log.format {
        LogFormat::Json => builder
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .try_init(),
        LogFormat::Pretty => builder.compact().with_ansi(colours).try_init(),
    };
    if installed.is_ok() {
        std::panic::set_hook(Box::new(|panic| {
            let place = panic
                .location()
                .map(ToString::to_string)
                .unwrap_or_default();
            tracing::error!(panic.location = place, "panicked");
        }));
    }
}
