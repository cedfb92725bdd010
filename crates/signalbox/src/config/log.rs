//! `[log]`: how to log.

use tracing_subscriber::EnvFilter;

use super::settings;
use super::sources::Reader;

/// How to log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// The form.
    pub format: LogFormat,
    /// The filter, checked.
    pub filter: String,
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// One JSON object a line.
    #[default]
    Json,
    /// For people at a terminal.
    Pretty,
}

pub(super) fn read(reader: &mut Reader<'_>) -> Log {
    let format = reader.parse(&settings::LOG_FORMAT, |text| match text {
        "json" => Ok(LogFormat::Json),
        "pretty" => Ok(LogFormat::Pretty),
        _ => Err("write json or pretty".to_owned()),
    });
    let filter = reader.parse(&settings::RUST_LOG, |text| match EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("write a level such as info, or signalbox=debug,warn".to_owned()),
    });
    Log {
        format: format.unwrap_or_default(),
        filter: filter.unwrap_or_else(|| "info".to_owned()),
    }
}
