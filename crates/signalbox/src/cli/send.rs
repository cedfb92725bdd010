//! `signalbox send`: test signals, signed as the vendor would.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::Value;
use signalbox_core::source::stripe::{self, SigningSecret};

use super::api::{Api, HubArgs};
use super::{EX_CONFIG, Failure, output};
use crate::clock::{Clock, SystemClock};
use crate::config::Sources;

/// Send test signals to a hub
#[derive(Debug, Subcommand)]
pub(super) enum Send {
    /// Send Stripe events, signed with `STRIPE_WEBHOOK_SECRET`
    Stripe(SendStripe),
}

impl Send {
    pub(super) fn run(self, sources: &Sources) -> Result<(), Failure> {
        match self {
            Self::Stripe(send) => send.run(sources),
        }
    }
}

/// Send Stripe events, signed with `STRIPE_WEBHOOK_SECRET`
///
/// Prints one answer a line. Each attempt is signed anew, as Stripe does.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  signalbox send stripe fixtures/stripe/payout_failed.json\n  signalbox send stripe --count 100 fixtures/stripe/payment_failed.json\n  signalbox send stripe --print-curl fixtures/stripe/payout_failed.json | sh"
)]
pub(super) struct SendStripe {
    /// Files with one event each
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    hub: HubArgs,
    /// Send under this event id instead of the file's
    #[arg(long, conflicts_with = "print_curl")]
    id: Option<String>,
    /// Send each file this many times, each time under an id of its own
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..), conflicts_with = "print_curl")]
    count: u32,
    /// Print a curl command that is signed and ready instead of sending
    #[arg(long)]
    print_curl: bool,
}

impl SendStripe {
    fn run(self, sources: &Sources) -> Result<(), Failure> {
        let config = super::resolve(sources)?;
        let secret = config.stripe.secrets.first().cloned().ok_or_else(|| {
            let advice = "set STRIPE_WEBHOOK_SECRET to the secret that the hub knows";
            Failure::new(EX_CONFIG, anyhow::anyhow!(advice))
        })?;
        let api = self.hub.connect(sources)?;
        for file in &self.files {
            let body =
                std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
            if self.print_curl {
                output::data(&curl(&api, file, &body, &secret)?);
                continue;
            }
            for number in 0..self.count {
                let body = self.renamed(&body, number)?;
                let request = api
                    .request(Method::POST, "/ingest/stripe")?
                    .header("content-type", "application/json")
                    .header(
                        "stripe-signature",
                        stripe::sign(&secret, &body, SystemClock.now()),
                    )
                    .body(body);
                output::data(&super::block_on(api.send(request))??);
            }
        }
        Ok(())
    }

    /// Puts another id into the event where one is asked for; else the file goes out byte for byte.
    fn renamed(&self, body: &[u8], number: u32) -> Result<Vec<u8>, Failure> {
        if self.id.is_none() && self.count == 1 {
            return Ok(body.to_vec());
        }
        let mut event: Value = serde_json::from_slice(body).context("the file is not JSON")?;
        let own = event
            .get("id")
            .and_then(Value::as_str)
            .unwrap_or("evt_test")
            .to_owned();
        let base = self.id.clone().unwrap_or(own);
        let id = match (self.count, &self.id) {
            (1, _) => base,
            (_, Some(_)) => format!("{base}_{number}"),
            // Without an id of the user's, a second run must not be all duplicates.
            (_, None) => format!("{base}_{}", SystemClock.new_id()),
        };
        let fields = event
            .as_object_mut()
            .context("the file is not a JSON object")?;
        fields.insert("id".to_owned(), Value::String(id));
        Ok(serde_json::to_vec(&event)?)
    }
}

fn curl(
    api: &Api,
    file: &std::path::Path,
    body: &[u8],
    secret: &SigningSecret,
) -> Result<String, Failure> {
    let header = stripe::sign(secret, body, SystemClock.now());
    let path = file.display().to_string();
    Ok(format!(
        "curl -sS -X POST {} -H 'Content-Type: application/json' -H {} --data-binary {}",
        quoted(&api.address("/ingest/stripe")?),
        quoted(&format!("Stripe-Signature: {header}")),
        quoted(&format!("@{path}"))
    ))
}

/// Quotes a word for a POSIX shell.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_the_shell() {
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
