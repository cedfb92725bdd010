//! `signalbox pull`.

use clap::Args;
use reqwest::Method;

use super::api::HubArgs;
use super::{Failure, output};
use crate::config::Sources;

/// Have a hub look at its status pages now
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  signalbox pull\n  signalbox pull | jq .stored")]
pub(super) struct Pull {
    #[command(flatten)]
    hub: HubArgs,
}

impl Pull {
    pub(super) fn run(self, sources: &Sources) -> Result<(), Failure> {
        let api = self.hub.connect(sources)?;
        let request = api.request(Method::POST, "/ingest/pull-status")?;
        let answer = super::block_on(api.send(request))??;
        output::data(&answer);
        Ok(())
    }
}
