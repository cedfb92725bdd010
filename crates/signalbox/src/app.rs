//! Where everything meets: configuration in, a running hub out.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use anyhow::Context;
use secrecy::ExposeSecret;
use signalbox_core::delivery::request::Endpoint;
use signalbox_core::rule::{PAGER, Target};
use signalbox_store::Store;
use tokio::net::TcpListener;

use crate::client::Client;
use crate::clock::SharedClock;
use crate::config::{Config, Status};
use crate::deliver::Deliverer;
use crate::http::{self, AppState, MockPager};
use crate::ingest::{Ingest, PageSource, Pull};
use crate::lifecycle::Lifecycle;
use crate::nudge::Nudge;
use crate::workers;

/// The fixtures that stand in for pages without a URL.
const FIXTURES: &[(&str, &[u8])] = &[
    (
        "spreedly",
        include_bytes!("../../../fixtures/statuspage/spreedly_summary.json"),
    ),
    (
        "braze",
        include_bytes!("../../../fixtures/statuspage/braze_summary.json"),
    ),
];

/// A running hub.
pub struct Hub {
    /// Where it listens.
    pub address: SocketAddr,
    /// Ends it.
    pub lifecycle: Lifecycle,
    store: Arc<dyn Store>,
}

impl Hub {
    /// Opens the store, binds the socket and starts serving, delivering and polling.
    ///
    /// # Errors
    /// The store cannot be opened, or the address cannot be bound.
    pub async fn start(config: Config, clock: SharedClock) -> anyhow::Result<Self> {
        let now = clock.now();
        let url = config.database.clone();
        let store = tokio::task::spawn_blocking(move || signalbox_store::open(&url, now))
            .await
            .context("opening the store failed")??;
        let wanted = SocketAddr::new(config.server.host, config.server.port);
        let listener = TcpListener::bind(wanted)
            .await
            .with_context(|| format!("cannot listen on {wanted}"))?;
        let address = listener
            .local_addr()
            .context("cannot read the socket's address")?;
        let lifecycle = Lifecycle::default();
        let hub = Self {
            address,
            lifecycle: lifecycle.clone(),
            store: Arc::clone(&store),
        };
        let parts = Parts {
            config,
            clock,
            store,
            client: Client::new()?,
            lifecycle,
            address,
        };
        parts.warn_of_orphans().await;
        parts.start(listener);
        Ok(hub)
    }

    /// Waits until something asks for the end, then drains. `Ok(true)` when everything was
    /// finished, `Ok(false)` when a task had died or the time was up.
    pub async fn finish(self) -> bool {
        self.lifecycle.drained().await;
        let finished = self.lifecycle.finished().await;
        self.store.close().await;
        finished && !self.lifecycle.has_failed()
    }
}

/// What the tasks are made of.
struct Parts {
    config: Config,
    clock: SharedClock,
    store: Arc<dyn Store>,
    client: Client,
    lifecycle: Lifecycle,
    address: SocketAddr,
}

impl Parts {
    /// Pages owed to a destination that is not configured any more wait for it, not in silence.
    async fn warn_of_orphans(&self) {
        let real = Target {
            destination: PAGER.to_owned(),
            mock: false,
        };
        let waiting = self.store.next_due(&real).await.ok().flatten();
        if self.config.pagerduty.is_none() && waiting.is_some() {
            tracing::warn!(
                destination.name = PAGER,
                "deliveries wait for PagerDuty, which is not configured; set PAGERDUTY_ROUTING_KEY"
            );
        }
    }

    fn start(self, listener: TcpListener) {
        let nudge = Nudge::default();
        let pull = self.pull(&nudge);
        let state = self.state(&nudge, pull.clone());
        self.lifecycle.spawn(
            "http",
            http::serve(listener, http::router(state), self.lifecycle.clone()),
        );
        for (target, endpoint) in self.destinations() {
            // Each destination has its own nudge-driven loop; one that hangs delays only itself.
            let deliverer = Deliverer {
                store: Arc::clone(&self.store),
                client: self.client.clone(),
                clock: Arc::clone(&self.clock),
                target,
                endpoint: Arc::new(endpoint),
            };
            let drained = drained(self.lifecycle.clone());
            let clock = Arc::clone(&self.clock);
            let worker = workers::deliver(deliverer, clock, nudge.listen(), drained);
            self.lifecycle.spawn("deliver", worker);
        }
        let interval = self.config.status.poll_interval;
        let pages = self.config.status.pages.iter();
        for page in pages.filter(|page| page.url.is_some()) {
            let Some(interval) = interval else { break };
            let (pull, clock) = (pull.clone(), Arc::clone(&self.clock));
            let drained = drained(self.lifecycle.clone());
            let worker = workers::poll(pull, page.vendor.to_owned(), interval, clock, drained);
            self.lifecycle.spawn("poll", worker);
        }
    }

    fn pull(&self, nudge: &Nudge) -> Pull {
        Pull::new(
            Arc::clone(&self.store),
            self.client.clone(),
            Arc::new(self.config.rules.clone()),
            Arc::clone(&self.clock),
            nudge.clone(),
            page_sources(&self.config.status),
        )
    }

    fn state(&self, nudge: &Nudge, pull: Pull) -> AppState {
        AppState::new(http::Parts {
            store: Arc::clone(&self.store),
            ingest: Ingest {
                store: Arc::clone(&self.store),
                rules: Arc::new(self.config.rules.clone()),
                clock: Arc::clone(&self.clock),
                nudge: nudge.clone(),
            },
            pull,
            stripe_secrets: self.config.stripe.secrets.clone(),
            api_token: self.config.server.api_token.clone(),
            mock: MockPager::default(),
            clock: Arc::clone(&self.clock),
            nudge: nudge.clone(),
            lifecycle: self.lifecycle.clone(),
        })
    }

    /// The mock is always there, for fixtures; the real pager when it is configured.
    fn destinations(&self) -> Vec<(Target, Endpoint)> {
        let target = |mock| Target {
            destination: PAGER.to_owned(),
            mock,
        };
        let token = self.config.server.api_token.as_ref();
        let mock = Endpoint::Mock {
            url: format!("http://{}/destinations/pagerduty", reachable(self.address)),
            token: token.map(|token| token.expose_secret().to_owned()),
        };
        let real = self
            .config
            .pagerduty
            .as_ref()
            .map(|pagerduty| Endpoint::PagerDuty {
                url: pagerduty.events_url.to_string(),
                routing_key: pagerduty.routing_key.expose_secret().to_owned(),
            });
        let mut destinations = vec![(target(true), mock)];
        destinations.extend(real.map(|real| (target(false), real)));
        destinations
    }
}

async fn drained(lifecycle: Lifecycle) {
    lifecycle.drained().await;
}

fn page_sources(status: &Status) -> Vec<PageSource> {
    let fixture = |vendor: &str| {
        let found = FIXTURES.iter().find(|(name, _)| *name == vendor);
        found.map_or(&[][..], |(_, fixture)| *fixture)
    };
    let pages = status.pages.iter();
    pages
        .map(|page| PageSource {
            vendor: page.vendor.to_owned(),
            url: page.url.clone(),
            fixture: fixture(page.vendor),
        })
        .collect()
}

/// How this process reaches itself: an unspecified address is one to listen on, not to call.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}
