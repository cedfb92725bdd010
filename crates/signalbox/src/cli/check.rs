//! `signalbox check`.

use clap::Args;
use comfy_table::{Table, presets::NOTHING};

use super::{Failure, output};
use crate::config::{Config, Sources};

/// Check the configuration and print what is in force, secrets hidden
///
/// Exits with 78 when something is wrong, after naming everything that is.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  signalbox check\n  signalbox --config staging.toml check")]
pub(super) struct Check {}

impl Check {
    #[expect(clippy::unused_self, reason = "commands share one shape")]
    pub(super) fn run(self, sources: &Sources) -> Result<(), Failure> {
        let config = super::resolve(sources)?;
        let mut table = Table::new();
        table
            .load_style(NOTHING)
            .set_header(["SETTING", "VALUE", "FROM"]);
        for line in Config::effective(sources) {
            table.add_row([
                line.setting.variable.to_owned(),
                output::plain(&line.value),
                line.origin.to_string(),
            ]);
        }
        output::data(&table.to_string());
        for warning in config.warnings() {
            output::talk(&format!("warning: {warning}"));
        }
        output::talk("the configuration is valid");
        Ok(())
    }
}
