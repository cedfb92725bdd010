//! Looking at status pages, on request and in the background, by the same road.
//!
//! Calls at the same time share one look per page. A page that fails leaves everything as it was
//! and never hinders another.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, join_all};
use reqwest::Url;
use signalbox_core::event::Origin;
use signalbox_core::rule::Rules;
use signalbox_core::source::page::{
    self as status_page, Disbelief, Feed, Filter, KnownPage, ReadError, Snapshot,
};
use signalbox_core::source::statuspage;
use signalbox_store::{Look, PageRecord, Store, StoreError, Tally};
use tokio_util::task::TaskTracker;

use crate::client::{Client, FetchError, Fetched, Validators};
use crate::clock::SharedClock;
use crate::nudge::Nudge;

/// A page to look at.
#[derive(Debug, Clone)]
pub struct PageSource {
    /// The vendor, such as `spreedly`.
    pub vendor: String,
    /// Where it is; without a URL the fixture serves.
    pub url: Option<Url>,
    /// What stands in for it.
    pub fixture: &'static [u8],
}

/// Which pages to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope<'a> {
    /// All of them, fixtures included: somebody asked.
    All,
    /// One of them, by its vendor: the background poll.
    Page(&'a str),
}

/// What a round of looks came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PullReport {
    /// Per vendor: how many incidents and components were read; 0 where the page failed.
    pub fetched: Vec<(String, u32)>,
    /// Events that are new.
    pub stored: u32,
    /// Events for which a destination was newly chosen.
    pub routed: u32,
    /// Per vendor: why its page failed.
    pub errors: Vec<(String, String)>,
    /// Per vendor: what of its page could not be read.
    pub complaints: Vec<(String, Vec<String>)>,
    /// Whether a failure was the store's, not the page's.
    pub store_failed: bool,
}

/// Why one page could not be used.
#[derive(Debug, Clone, thiserror::Error)]
enum PageError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Document(#[from] ReadError),
    #[error(transparent)]
    Disbelief(#[from] Disbelief),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("reading the page failed")]
    Interrupted,
}

/// What one look came to.
#[derive(Debug, Clone, Default)]
struct PageReport {
    n_items: u32,
    tally: Tally,
    complaints: Vec<String>,
}

type Flight = Shared<BoxFuture<'static, Result<PageReport, PageError>>>;

/// Looks at status pages.
#[derive(Clone)]
pub struct Pull(Arc<Inner>);

struct Inner {
    store: Arc<dyn Store>,
    client: Client,
    rules: Arc<Rules>,
    clock: SharedClock,
    nudge: Nudge,
    pages: Vec<PageSource>,
    flights: Mutex<HashMap<String, Flight>>,
    tasks: TaskTracker,
}

impl Pull {
    /// Takes what looking needs.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        client: Client,
        rules: Arc<Rules>,
        clock: SharedClock,
        nudge: Nudge,
        pages: Vec<PageSource>,
    ) -> Self {
        let flights = Mutex::default();
        Self(Arc::new(Inner {
            store,
            client,
            rules,
            clock,
            nudge,
            pages,
            flights,
            tasks: TaskTracker::new(),
        }))
    }

    /// Looks at the pages in scope, all at once.
    pub async fn run(&self, scope: Scope<'_>, request_id: &str) -> PullReport {
        let pages: Vec<_> = self
            .0
            .pages
            .iter()
            .filter(|page| scope == Scope::All || scope == Scope::Page(&page.vendor))
            .collect();
        let looks = pages.iter().map(|page| self.join(page, request_id));
        let mut report = PullReport::default();
        for (page, look) in pages.iter().zip(join_all(looks).await) {
            report.add(&page.vendor, look);
        }
        report
    }

    /// Joins the look that is under way, or starts one.
    async fn join(&self, page: &PageSource, request_id: &str) -> Result<PageReport, PageError> {
        let flight = {
            let mut flights = self
                .0
                .flights
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            // A finished look is no longer under way: the next call looks anew.
            flights.retain(|_, flight| flight.peek().is_none());
            flights
                .entry(page.vendor.clone())
                .or_insert_with(|| {
                    let (inner, page) = (Arc::clone(&self.0), page.clone());
                    let request_id = request_id.to_owned();
                    let look = async move { inner.look(&page, &request_id).await };
                    let flight = look.boxed().shared();
                    // On a task of its own: a caller that leaves must not stall it for the others.
                    self.0.tasks.spawn(flight.clone());
                    flight
                })
                .clone()
        };
        flight.await
    }
}

impl PullReport {
    fn add(&mut self, vendor: &str, look: Result<PageReport, PageError>) {
        let n_items = match look {
            Ok(page) => {
                self.stored += page.tally.stored;
                self.routed += page.tally.routed;
                if !page.complaints.is_empty() {
                    self.complaints.push((vendor.to_owned(), page.complaints));
                }
                page.n_items
            }
            Err(error) => {
                self.store_failed |= matches!(error, PageError::Store(_));
                self.errors.push((vendor.to_owned(), error.to_string()));
                0
            }
        };
        self.fetched.push((vendor.to_owned(), n_items));
    }
}

impl Inner {
    async fn look(&self, page: &PageSource, request_id: &str) -> Result<PageReport, PageError> {
        let result = self.look_once(page, request_id).await;
        match &result {
            Ok(report) => {
                if report.tally.owed {
                    self.nudge.give();
                }
                tracing::debug!(
                    page.vendor,
                    request.id = request_id,
                    page.items = report.n_items,
                    page.stored = report.tally.stored,
                    page.changed = report.tally.changed,
                    "page read"
                );
                if !report.complaints.is_empty() {
                    tracing::warn!(
                        page.vendor,
                        request.id = request_id,
                        page.complaints = report.complaints.len(),
                        "page could be read in part only"
                    );
                }
            }
            Err(error) => {
                tracing::warn!(page.vendor, request.id = request_id, error = %error, "page failed");
            }
        }
        result
    }

    async fn look_once(
        &self,
        page: &PageSource,
        request_id: &str,
    ) -> Result<PageReport, PageError> {
        let source = format!("{}_status", page.vendor);
        let place = page.url.as_ref().map_or("fixture", Url::as_str);
        // What was known of another URL says nothing of this one.
        let known = self
            .store
            .page(&source)
            .await?
            .filter(|known| known.url == place);
        let (body, validators) = match &page.url {
            None => (page.fixture.to_vec(), Validators::default()),
            Some(url) => match self.client.fetch(url, &conditional(known.as_ref())).await? {
                Fetched::Document { body, validators } => (body, validators),
                Fetched::NotModified => {
                    return self.unchanged(&source, known, request_id).await;
                }
            },
        };
        let origin = if page.url.is_some() {
            Origin::Live
        } else {
            Origin::Fixture
        };
        let feed = Feed {
            source,
            service: page.vendor.clone(),
            origin,
        };
        let (snapshot, sightings) = self.read(body, feed.clone()).await?;
        let silence = status_page::admit(known.as_ref().map(known_page).as_ref(), &snapshot)?;
        let proves_absence = silence.incidents && silence.components;
        let record = PageRecord {
            source: feed.source,
            url: place.to_owned(),
            page_id: snapshot.page_id.clone(),
            // A page that stops telling its time keeps the one it told.
            page_updated_at: snapshot
                .page_updated_at
                .max(known.as_ref().and_then(|known| known.page_updated_at)),
            n_items: count(snapshot.n_items),
            n_components: count(snapshot.n_components),
            proves_absence,
            etag: validators.etag,
            last_modified: validators.last_modified,
        };
        let request_id = request_id.to_owned();
        let look = Look {
            page: record,
            origin,
            sightings,
            request_id,
        };
        let tally = self.store.observe(look, self.clock.now()).await?;
        Ok(PageReport {
            n_items: count(snapshot.n_items),
            tally,
            complaints: snapshot
                .complaints
                .iter()
                .map(ToString::to_string)
                .collect(),
        })
    }

    /// Ten megabytes of JSON take a while; they are read off the threads that serve sockets.
    async fn read(
        &self,
        body: Vec<u8>,
        feed: Feed,
    ) -> Result<(Snapshot, Vec<signalbox_core::lifecycle::Sighting>), PageError> {
        let (rules, now) = (Arc::clone(&self.rules), self.clock.now());
        let task = tokio::task::spawn_blocking(move || {
            let snapshot = statuspage::read(&body)?;
            let observed = status_page::observe(&snapshot, &feed, &Filter::default(), &rules, now);
            if observed.n_unknown > 0 {
                tracing::warn!(
                    event.source = feed.source,
                    page.unknown_words = observed.n_unknown,
                    "page uses words that are not known; they count as warnings"
                );
            }
            Ok((snapshot, observed.sightings))
        });
        task.await.map_err(|_| PageError::Interrupted)?
    }

    async fn unchanged(
        &self,
        source: &str,
        known: Option<PageRecord>,
        request_id: &str,
    ) -> Result<PageReport, PageError> {
        let tally = self
            .store
            .observe_unchanged(source, request_id, self.clock.now())
            .await?;
        let n_items = known.map_or(0, |known| known.n_items);
        Ok(PageReport {
            n_items,
            tally,
            complaints: Vec::new(),
        })
    }
}

fn conditional(known: Option<&PageRecord>) -> Validators {
    known.map_or_else(Validators::default, |known| Validators {
        etag: known.etag.clone(),
        last_modified: known.last_modified.clone(),
    })
}

fn known_page(known: &PageRecord) -> KnownPage {
    KnownPage {
        page_id: known.page_id.clone(),
        page_updated_at: known.page_updated_at,
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
