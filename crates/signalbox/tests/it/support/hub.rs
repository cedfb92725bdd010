//! A hub in this process, on a port and a database file of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use signalbox::app::Hub;
use signalbox::clock::Clock;
use signalbox::config::{Config, Sources};
use tempfile::TempDir;

use super::{
    Answer, Call, Fake, FakePager, HandClock, SECRET, Wire, call, eventually, pass, sign_at,
};

/// Longest that a shutdown may take, with room for a slow machine.
const SHUTDOWN_MAX: Duration = Duration::from_secs(30);
/// Seconds after which the workers look at the store again, nudged or not.
const LOOK_S: u64 = 6;

/// A running hub. A test that does not finish it fails.
pub(crate) struct TestHub {
    pub(crate) address: SocketAddr,
    pub(crate) clock: Arc<HandClock>,
    client: Client,
    running: Option<Hub>,
    kept: Kept,
}

/// What a restart takes over.
#[derive(Clone)]
struct Kept {
    folder: Arc<TempDir>,
    variables: Vec<(String, String)>,
}

/// How a hub is to be.
pub(crate) struct Builder(Vec<(String, String)>);

impl Builder {
    /// Sets a variable; an empty value counts as not set.
    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends pages to a fake PagerDuty instead of the mock.
    pub(crate) fn pager(self, pager: &FakePager) -> Self {
        let url = pager.events_url();
        self.set("PAGERDUTY_ROUTING_KEY", FakePager::KEY)
            .set("PAGERDUTY_EVENTS_URL", &url)
    }

    /// Looks at a fake page for Spreedly; Braze keeps its fixture.
    pub(crate) fn spreedly(self, page: &Fake) -> Self {
        self.set(
            "SPREEDLY_STATUS_SUMMARY_URL",
            &page.url("/api/v2/summary.json"),
        )
    }

    /// Looks at a fake page for Spreedly and at nothing else.
    pub(crate) fn only_spreedly(self, page: &Fake) -> Self {
        self.spreedly(page).set("FIXTURES", "off")
    }

    pub(crate) async fn start(self) -> TestHub {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let kept = Kept {
            folder,
            variables: self.0,
        };
        TestHub::open(kept, Arc::new(HandClock::new())).await
    }
}

impl TestHub {
    /// A hub as tests like it: Stripe's secret is set, nothing is polled unasked.
    pub(crate) fn builder() -> Builder {
        Builder(Vec::new())
            .set("STRIPE_WEBHOOK_SECRET", SECRET)
            .set("STATUS_POLL_INTERVAL", "0")
    }

    pub(crate) async fn start() -> Self {
        Self::builder().start().await
    }

    async fn open(kept: Kept, clock: Arc<HandClock>) -> Self {
        let database = format!("sqlite:{}", kept.folder.path().join("hub.db").display());
        let own = [("PORT", "0"), ("DATABASE_URL", database.as_str())];
        let given = kept
            .variables
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let config = Config::resolve(&Sources::from_variables(own.into_iter().chain(given)));
        let hub = Hub::start(config.unwrap(), Arc::clone(&clock) as _)
            .await
            .unwrap();
        Self {
            address: hub.address,
            clock,
            client: call::client(),
            running: Some(hub),
            kept,
        }
    }

    /// Stops it and starts another one on the same database, at the same time.
    pub(crate) async fn restart(mut self) -> Self {
        self.stop().await;
        Self::open(self.kept.clone(), Arc::clone(&self.clock)).await
    }

    /// Stops it and starts one with another value of a variable.
    pub(crate) async fn restart_with(mut self, name: &str, value: &str) -> Self {
        self.kept
            .variables
            .push((name.to_owned(), value.to_owned()));
        self.restart().await
    }

    /// Ends it and requires that it ended well.
    pub(crate) async fn finish(mut self) {
        self.stop().await;
    }

    async fn stop(&mut self) {
        self.drain();
        let hub = self.running.take().expect("a hub that runs");
        let finished = tokio::time::timeout(SHUTDOWN_MAX, hub.finish()).await;
        assert_eq!(finished, Ok(true), "the hub shuts down cleanly and in time");
    }

    /// Begins the shutdown, as SIGTERM does.
    pub(crate) fn drain(&self) {
        self.running
            .as_ref()
            .expect("a hub that runs")
            .lifecycle
            .drain();
    }

    /// Moves the clock and lets the workers look again.
    pub(crate) async fn advance(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
        pass(LOOK_S).await;
    }

    pub(crate) fn call(&self, method: Method, path: &str) -> Call {
        Call::new(&self.client, self.address, method, path)
    }

    pub(crate) async fn wire(&self) -> Wire {
        Wire::to(self.address).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path).send().await
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<Vec<u8>>) -> Answer {
        self.call(Method::POST, path).body(body).send().await
    }

    /// Sends a Stripe event under a good signature, made just now.
    pub(crate) async fn stripe(&self, body: impl AsRef<[u8]>) -> Answer {
        let signature = sign_at(SECRET, &body, self.clock.now().as_second());
        self.stripe_signed(&signature, body).await
    }

    /// Sends a Stripe event under any signature.
    pub(crate) async fn stripe_signed(&self, signature: &str, body: impl AsRef<[u8]>) -> Answer {
        let call = self.call(Method::POST, "/ingest/stripe");
        call.header("stripe-signature", signature)
            .body(body.as_ref())
            .send()
            .await
    }

    /// Sends a Stripe event that must be new.
    pub(crate) async fn take(&self, body: impl AsRef<[u8]>) {
        self.stripe(body)
            .await
            .expect_json(200, &json!({ "received": true }));
    }

    pub(crate) async fn pull(&self) -> Answer {
        self.post("/ingest/pull-status", "").await
    }

    /// Returns the events of a query, newest received first.
    pub(crate) async fn events(&self, query: &str) -> Vec<Value> {
        let list = self.get(&format!("/events?{query}")).await.expect(200);
        list["events"].as_array().unwrap().clone()
    }

    /// Returns the identifiers of the events of a query, newest received first.
    pub(crate) async fn event_ids(&self, query: &str) -> Vec<String> {
        let events = self.events(query).await;
        events
            .iter()
            .map(|event| event["event_id"].as_str().unwrap().to_owned())
            .collect()
    }

    pub(crate) async fn event(&self, event_id: &str) -> Value {
        self.get(&format!("/events/{event_id}")).await.expect(200)
    }

    /// Waits until a destination has an event.
    pub(crate) async fn delivered(&self, event_id: &str) -> Value {
        let what = format!("{event_id} delivered");
        eventually(&what, async || {
            let answer = self.get(&format!("/events/{event_id}")).await;
            let event = (answer.status == 200).then(|| answer.json())?;
            (event["delivered_to"] == json!(["pagerduty"])).then_some(event)
        })
        .await
    }

    /// Returns the deliveries of a query, newest first.
    pub(crate) async fn deliveries(&self, query: &str) -> Vec<Value> {
        let list = self.get(&format!("/deliveries?{query}")).await.expect(200);
        list["deliveries"].as_array().unwrap().clone()
    }

    /// Waits for as many deliveries of a query.
    pub(crate) async fn wait_deliveries(&self, query: &str, n_rows: usize) -> Vec<Value> {
        let what = format!("{n_rows} deliveries with {query}");
        eventually(&what, async || {
            Some(self.deliveries(query).await).filter(|rows| rows.len() == n_rows)
        })
        .await
    }

    /// Waits until everything owed is with its destination.
    pub(crate) async fn all_sent(&self) {
        self.wait_deliveries("state=pending", 0).await;
    }

    /// Returns what the built-in mock has received, newest first.
    pub(crate) async fn received(&self) -> Vec<Value> {
        let list = self.get("/destinations/pagerduty").await.expect(200);
        list["received"].as_array().unwrap().clone()
    }

    /// Lets requests go round, so that what was sent before has been read.
    pub(crate) async fn settle(&self) {
        for _ in 0..20 {
            self.get("/healthz").await.expect(200);
        }
    }
}

impl Drop for TestHub {
    fn drop(&mut self) {
        if self.running.is_some() && !std::thread::panicking() {
            panic!("a test must finish its hub");
        }
    }
}
