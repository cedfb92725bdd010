//! `signalbox serve`.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use signalbox_store::DatabaseUrl;

use super::{Failure, output};
use crate::app::Hub;
use crate::clock::SystemClock;
use crate::config::{Config, Sources, settings};
use crate::lifecycle::terminate_signal;
use crate::logging;

/// Threads for reads of the store, for parsing pages and for looking up names, which can hang: more
/// than all look-ups that can be under way at once, so that the store is read all the same.
const BLOCKING_THREADS_MAX: usize = 64;
/// Longest wait for threads that hang when everything else has ended.
const THREADS_WAIT_MAX: Duration = Duration::from_millis(200);

/// Run the hub
///
/// Configured by variables, by `.env` and by a config file; with nothing configured it starts on
/// an embedded database and serves the fixtures. SIGTERM drains and exits.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  signalbox serve\n  PORT=8080 DATABASE_URL=sqlite:/var/lib/signalbox/hub.db signalbox serve"
)]
pub(super) struct Serve {
    /// IP address to listen on [env: `HOST`]
    #[arg(long)]
    host: Option<String>,
    /// Port to listen on [env: `PORT`]
    #[arg(long)]
    port: Option<String>,
    /// Where the state is kept [env: `DATABASE_URL`]
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
}

impl Serve {
    pub(super) fn run(self, mut sources: Sources) -> Result<(), Failure> {
        for (setting, flag) in [
            (&settings::HOST, self.host),
            (&settings::PORT, self.port),
            (&settings::DATABASE_URL, self.database_url),
        ] {
            if let Some(value) = flag {
                sources.set_flag(setting, value);
            }
        }
        let config = super::resolve(&sources)?;
        logging::install(&config.log);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .max_blocking_threads(BLOCKING_THREADS_MAX)
            .enable_all()
            .build()?;
        let finished = runtime.block_on(serve(config));
        runtime.shutdown_timeout(THREADS_WAIT_MAX);
        let finished = finished?;
        if finished {
            Ok(())
        } else {
            Err(Failure::new(
                1,
                anyhow::anyhow!("not everything could be finished; see the log"),
            ))
        }
    }
}

async fn serve(config: Config) -> Result<bool, Failure> {
    let warnings = config.warnings();
    let DatabaseUrl::Sqlite(database) = config.database.clone();
    let hub = Hub::start(config, Arc::new(SystemClock)).await?;
    for warning in &warnings {
        tracing::warn!("{warning}");
    }
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"), http.address = %hub.address,
        store.path = %database.display(), "listening"
    );
    greet(&hub, &database, &warnings);
    let lifecycle = hub.lifecycle.clone();
    lifecycle.clone().spawn("signals", async move {
        tokio::select! {
            result = terminate_signal() => match result {
                Ok(()) => tracing::info!("signal received; draining"),
                Err(error) => tracing::error!(error = %error, "signals cannot be received"),
            },
            () = lifecycle.drained() => {}
        }
        lifecycle.drain();
    });
    let finished = tokio::select! {
        finished = hub.finish() => finished,
        // The second signal ends the wait: leases lapse, nothing acknowledged is lost.
        () = second_signal() => false,
    };
    tracing::info!(finished, "stopped");
    Ok(finished)
}

async fn second_signal() {
    let _ = terminate_signal().await;
    let _ = terminate_signal().await;
}

/// Tells a person at a terminal where everything is.
fn greet(hub: &Hub, database: &std::path::Path, warnings: &[String]) {
    if !output::is_terminal() {
        return;
    }
    let base = format!("http://{}", hub.address);
    output::talk(&format!(
        "signalbox {}\n  start here       {base}/\n  Stripe webhooks  {base}/ingest/stripe\n  \
         interface        {base}/docs\n  database         {}",
        env!("CARGO_PKG_VERSION"),
        database.display()
    ));
    for warning in warnings {
        output::talk(&format!("  not set up yet   {warning}"));
    }
}
