//! The platforms that status pages run on: which one a document is of, and where its documents are.

use serde_json::value::RawValue;

use super::page::{ReadError, Snapshot, fields, maybe_text};
use super::{betterstack, feed, google, incidentio, instatus, slack, statusio, statuspage};
use crate::event::words;
use crate::json;

words! {
    /// A platform whose documents can be read.
    Platform {
        /// Atlassian Statuspage, and what is compatible with it.
        Statuspage = "statuspage",
        /// incident.io.
        Incidentio = "incidentio",
        /// Instatus.
        Instatus = "instatus",
        /// Status.io.
        Statusio = "statusio",
        /// Better Stack.
        Betterstack = "betterstack",
        /// Google Cloud and Google Workspace.
        Google = "google",
        /// Slack.
        Slack = "slack",
        /// RSS or Atom, from whichever platform.
        Feed = "feed",
    } "statuspage, incidentio, instatus, statusio, betterstack, google, slack, feed"
}

/// Where the documents of a page are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The document to poll.
    pub current: String,
    /// A second document to fetch with it, where the platform spreads a page over two; their
    /// snapshots are joined.
    pub beside: Option<String>,
    /// The list in which incidents stay when they are over, for the vendor's own word on one that
    /// is no longer shown.
    pub history: Option<String>,
}

/// Ends of addresses that are documents already.
const DOCUMENTS: &[&str] = &[".json", ".rss", ".atom", ".xml"];

impl Platform {
    /// Reads a document of this platform.
    ///
    /// # Errors
    /// The document is none of this platform's, or nothing that it lists can be read.
    pub fn read(self, body: &[u8]) -> Result<Snapshot, ReadError> {
        match self {
            Self::Statuspage => statuspage::read(body),
            Self::Incidentio => incidentio::read(body),
            Self::Instatus => instatus::read(body),
            Self::Statusio => statusio::read(body),
            Self::Betterstack => betterstack::read(body),
            Self::Google => google::read(body),
            Self::Slack => slack::read(body),
            Self::Feed => feed::read(body),
        }
    }

    /// Tells which platform a document is of, by its shape alone: an address may redirect, and a
    /// page may move and leave an old one behind. `None` for a document of another platform, for
    /// one that shows too little to tell, and for what is no document at all.
    #[must_use]
    pub fn detect(body: &[u8]) -> Option<Self> {
        let start = body.trim_ascii_start();
        let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
        if start.starts_with(b"<") {
            return feed::read(body).ok().map(|_| Self::Feed);
        }
        let text = json::check(body).ok()?;
        if text.trim_ascii_start().starts_with('[') {
            let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
            return of_record(items.first()?);
        }
        of_document(text)
    }

    /// Tells where a page's documents are, from the page's own address or from that of one of its
    /// documents. `None` where the address does not tell: Status.io's documents lie under an
    /// identifier that its pages do not show.
    #[must_use]
    pub fn address(self, page_url: &str) -> Option<Address> {
        let url = page_url.split(['?', '#']).next().unwrap_or_default();
        let base = url.trim_end_matches('/');
        let (_scheme, rest) = base
            .split_once("://")
            .filter(|(_, rest)| !rest.is_empty())?;
        // A feed has no fixed place: its address is its own, to the last stroke.
        let is_document = self == Self::Feed
            || rest.contains("/1.0/status/")
            || DOCUMENTS.iter().any(|end| rest.ends_with(end));
        if is_document {
            let current = page_url.to_owned();
            return Some(Address {
                current,
                beside: None,
                history: None,
            });
        }
        let (current, beside, history) = match self {
            Self::Statuspage | Self::Incidentio => {
                ("/api/v2/summary.json", None, Some("/api/v2/incidents.json"))
            }
            Self::Instatus => ("/summary.json", Some("/v2/components.json"), None),
            Self::Statusio | Self::Feed => return None,
            Self::Betterstack => ("/index.json", None, None),
            Self::Google => ("/incidents.json", None, None),
            Self::Slack => ("/api/v2.0.0/current", None, Some("/api/v2.0.0/history")),
        };
        let at = |path: &str| format!("{base}{path}");
        Some(Address {
            current: at(current),
            beside: beside.map(at),
            history: history.map(at),
        })
    }
}

fields!(Document {
    page,
    components,
    incidents,
    summary,
    page_title,
    ongoing_incidents,
    incident_links,
    site,
    active_incidents_of_instatus = "activeIncidents",
    data,
    included,
    result,
    status,
    active_incidents,
    public_groups = "publicGroupList",
});

fields!(PageFields { id, url, status });

fields!(RecordFields {
    kind = "type",
    title,
    notes,
    external_desc,
    service_name,
    published_at,
    status_page_id,
    status,
    status_overall,
});

/// Looks for what only one platform has, in the order in which one could be taken for another.
fn of_document(text: &str) -> Option<Platform> {
    let document: Document<'_> = json::object(text, "").ok()?;
    let has = |field: Option<&RawValue>| json::present(field).is_some();
    if has(document.public_groups) {
        return None;
    }
    if let Some(page) = document.page.and_then(record::<PageFields<'_>>) {
        return of_page(
            &page,
            first(document.components)
                .or(first(document.incidents))
                .is_some(),
        );
    }
    if is_incidentio(&document) {
        return Some(Platform::Incidentio);
    }
    if has(document.site) && has(document.active_incidents_of_instatus) {
        return Some(Platform::Instatus);
    }
    if document
        .result
        .and_then(record::<RecordFields<'_>>)
        .is_some_and(|it| has(it.status_overall))
    {
        return Some(Platform::Statusio);
    }
    let data = document.data.and_then(record::<RecordFields<'_>>);
    if has(document.included) && data.is_some_and(|data| is_word(data.kind, &["status_page"])) {
        return Some(Platform::Betterstack);
    }
    if has(document.active_incidents) && is_word(document.status, &["ok", "active"]) {
        return Some(Platform::Slack);
    }
    // Instatus's components stand alone, with statuses in capitals.
    let components = first(document.components)?;
    let status = maybe_text(record::<RecordFields<'_>>(components)?.status)?;
    let in_capitals = status.bytes().all(|byte| byte.is_ascii_uppercase());
    (in_capitals && !has(document.incidents)).then_some(Platform::Instatus)
}

/// A page with an identifier that lists something is Statuspage's, or incident.io's where the identifier is a
/// ULID; a page with a state in capitals is Instatus's.
fn of_page(page: &PageFields<'_>, lists_something: bool) -> Option<Platform> {
    if is_word(page.status, instatus::PAGE_STATUSES) && json::present(page.url).is_some() {
        return Some(Platform::Instatus);
    }
    let id = maybe_text(page.id)?;
    if !lists_something {
        return None;
    }
    Some(if incidentio::is_ulid(&id) {
        Platform::Incidentio
    } else {
        Platform::Statuspage
    })
}

fn is_incidentio(document: &Document<'_>) -> bool {
    let has = |field: Option<&RawValue>| json::present(field).is_some();
    let summary = document.summary.and_then(record::<Document<'_>>);
    let past = first(document.incidents).and_then(record::<RecordFields<'_>>);
    summary.is_some_and(|summary| has(summary.ongoing_incidents))
        || has(document.page_title) && has(document.ongoing_incidents)
        || has(document.incident_links)
        || past.is_some_and(|past| has(past.published_at) && has(past.status_page_id))
}

fn of_record(item: &RawValue) -> Option<Platform> {
    let fields: RecordFields<'_> = record(item)?;
    let has = |field: Option<&RawValue>| json::present(field).is_some();
    if has(fields.external_desc) && has(fields.service_name) {
        return Some(Platform::Google);
    }
    let is_slack = has(fields.title) && has(fields.notes) && has(fields.kind);
    is_slack.then_some(Platform::Slack)
}

fn record<'a, T: serde::Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    json::object(raw.get(), "").ok()
}

fn first(list: Option<&RawValue>) -> Option<&RawValue> {
    serde_json::from_str::<Vec<&RawValue>>(list?.get())
        .ok()?
        .first()
        .copied()
}

fn is_word(raw: Option<&RawValue>, words: &[&str]) -> bool {
    maybe_text(raw).is_some_and(|text| words.contains(&text.as_str()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_and_platforms_are_one_to_one() {
        for platform in Platform::ALL {
            assert_eq!(platform.as_str().parse(), Ok(*platform));
        }
    }

    #[test]
    fn documents_lie_below_the_page() {
        let address = Platform::Statuspage
            .address("https://www.githubstatus.com/")
            .unwrap();
        assert_eq!(
            address.current,
            "https://www.githubstatus.com/api/v2/summary.json"
        );
        let history = "https://www.githubstatus.com/api/v2/incidents.json";
        assert_eq!(address.history.as_deref(), Some(history));
        let google = Platform::Google.address("https://www.google.com/appsstatus/dashboard/");
        let list = "https://www.google.com/appsstatus/dashboard/incidents.json";
        assert_eq!(google.unwrap().current, list);
        let instatus = Platform::Instatus
            .address("https://status.perplexity.com")
            .unwrap();
        assert_eq!(
            instatus.beside.unwrap(),
            "https://status.perplexity.com/v2/components.json"
        );
    }

    #[test]
    fn the_address_of_a_document_is_kept() {
        for url in [
            "https://api.status.io/1.0/status/5b36dc6502d06804c08349f7",
            "https://status.example.com/history.atom?x=1",
        ] {
            for platform in Platform::ALL {
                assert_eq!(platform.address(url).unwrap().current, url);
            }
        }
        assert_eq!(
            Platform::Statusio.address("https://status.gitlab.com"),
            None
        );
        assert_eq!(Platform::Statuspage.address("status.example.com"), None);
        let feed = "https://rssfeed.azure.status.microsoft/en-us/status/feed/";
        assert_eq!(Platform::Feed.address(feed).unwrap().current, feed);
    }

    proptest! {
        #[test]
        fn no_platform_panics_on_any_bytes(body in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = Platform::detect(&body);
            for platform in Platform::ALL {
                let _ = platform.read(&body);
            }
        }

        #[test]
        fn no_platform_panics_on_markup(body in "[<>/a-z{}\\[\\]\":,&;#0-9 \n-]{0,300}") {
            let _ = Platform::detect(body.as_bytes());
            for platform in Platform::ALL {
                let _ = platform.read(body.as_bytes());
            }
        }
    }
}
