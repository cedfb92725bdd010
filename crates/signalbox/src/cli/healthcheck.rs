//! `signalbox healthcheck`.

use clap::Args;
use reqwest::Method;

use super::api::HubArgs;
use super::{Failure, output};
use crate::config::Sources;

/// Ask a hub whether it is ready; for containers
///
/// Exits with 0 when it is, with 69 when it is not or cannot be reached.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  signalbox healthcheck\n  signalbox healthcheck --url http://127.0.0.1:3000"
)]
pub(super) struct Healthcheck {
    #[command(flatten)]
    hub: HubArgs,
}

impl Healthcheck {
    pub(super) fn run(self, sources: &Sources) -> Result<(), Failure> {
        let api = self.hub.connect(sources)?;
        super::block_on(async { api.send(api.request(Method::GET, "/readyz")?).await })??;
        output::data("ready");
        Ok(())
    }
}
