//! Configuration: read once, from flags, variables, `.env` and the config file, into plain structs.
//!
//! Everything that is wrong is reported at once, each with its place and what to write instead;
//! secrets are never echoed. Nothing below `app` reads the environment. One file per section; the
//! list of all settings stands in [`settings`].

mod database;
mod file;
mod log;
mod pagerduty;
mod routing;
mod server;
pub mod settings;
mod sources;
mod status;
mod stripe;

use std::fmt;
use std::path::PathBuf;

use signalbox_core::rule::Rules;
use signalbox_store::DatabaseUrl;

pub use log::{Log, LogFormat};
pub use pagerduty::PagerDuty;
pub use server::Server;
pub use sources::{Origin, Sources};
pub use status::{Status, StatusPage};
pub use stripe::Stripe;

use settings::Setting;
use sources::Reader;

/// The whole configuration, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen, and who may ask.
    pub server: Server,
    /// Where the state is kept.
    pub database: DatabaseUrl,
    /// What is known of Stripe.
    pub stripe: Stripe,
    /// The status pages.
    pub status: Status,
    /// The switches of the built-in rules.
    pub rules: Rules,
    /// The real pager, if there is one.
    pub pagerduty: Option<PagerDuty>,
    /// How to log.
    pub log: Log,
}

/// Something wrong in the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The variable, or the file with line and column.
    pub place: String,
    /// What is wrong, with the value unless it is secret.
    pub what: String,
    /// What to write instead.
    pub fix: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.place, self.what, self.fix)
    }
}

/// All that is wrong in the configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct Problems(pub Vec<Problem>);

/// One line of the effective configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// The setting.
    pub setting: &'static Setting,
    /// Its value, `***` where it is secret.
    pub value: String,
    /// Where the value comes from.
    pub origin: Origin,
}

impl Config {
    /// Resolves the configuration.
    ///
    /// # Errors
    /// Every problem found, not just the first.
    pub fn resolve(sources: &Sources) -> Result<Self, Problems> {
        let mut reader = Reader::new(sources);
        let config = Self {
            server: server::read(&mut reader),
            database: database::read(&mut reader),
            stripe: stripe::read(&mut reader),
            status: status::read(&mut reader),
            rules: routing::read(&mut reader),
            pagerduty: pagerduty::read(&mut reader),
            log: log::read(&mut reader),
        };
        let config = Self {
            rules: Rules {
                real_pager: config.pagerduty.is_some(),
                ..config.rules
            },
            ..config
        };
        reader.finish().map(|()| config)
    }

    /// Lists every setting with its value, redacted, and where it comes from.
    #[must_use]
    pub fn effective(sources: &Sources) -> Vec<Effective> {
        let mut reader = Reader::new(sources);
        settings::ALL
            .iter()
            .map(|setting| reader.effective(setting))
            .collect()
    }

    /// Returns what an operator should know although nothing is wrong.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.stripe.secrets.is_empty() {
            warnings.push(
                "STRIPE_WEBHOOK_SECRET is not set: /ingest/stripe answers 503 until it is".into(),
            );
        }
        if self.server.api_token.is_none() && !self.server.host.is_loopback() {
            warnings.push(format!(
                "API_TOKEN is not set and HOST is {}: anybody who reaches this port can read \
                 events and retry deliveries",
                self.server.host
            ));
        }
        warnings
    }
}

/// The path of the config file when none is named.
#[must_use]
pub fn default_file() -> PathBuf {
    PathBuf::from("signalbox.toml")
}

#[cfg(test)]
mod tests;
