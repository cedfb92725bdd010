//! RSS 2.0 and Atom, the last resort: [`read`] a feed of incidents by the evidence in its entries.
//!
//! A feed is written for people. An entry is one incident with its life so far in an HTML text, or
//! one message of several about the same thing, and no two platforms mark them alike:
//! - **Statuspage** (RSS and Atom): `<small>date</small><br /><strong>Word</strong> - text` per
//!   update, newest first, dates without year and with the page's zone by abbreviation. A scheduled
//!   event is dated at its start, which lies in the future.
//! - **Instatus** (Atom): the same marks, the order either way round, `Type: Maintenance` or
//!   `Incident` above them.
//! - **incident.io** (Atom): only the present state, `<b>Status: Word</b>`, dated by the last edit.
//! - **AWS** (RSS): a message per item, `[RESOLVED]` in the title, the service, region and time in
//!   the `guid`; dates end in PST or PDT. The messages of one service up to a resolved one are one
//!   incident.
//! - **Azure** (RSS): an item is there while something broad is wrong and gone when it is over; its
//!   `guid` is a slug that comes back for other incidents; dates end in a bare `Z`; services and
//!   regions share `category`.
//! - Others: a word in front of the title, `RESOLVED: …` or `[Resolved] …`.
//!
//! So the rules are these. Only an explicit word in the newest update says that something is over
//! (an `Update` does not change the word before it, and a postmortem does not move the end). Only
//! an explicit word says that something is open, too: an entry without one is complained of and
//! makes no event. That an entry is missing proves nothing, but with Azure. Identifiers are those
//! of the platform's own API where the entry's address ends in one. No feed says how bad it is,
//! but AWS. Maintenances are kept apart. A feed's own date is that of its newest entry and goes
//! back when that is withdrawn: only `lastBuildDate` dates the page.
//!
//! There is no JSON to be kept byte for byte: `raw` is an object of the entry's fields as text.
//! Sources: RFC 4287, <https://www.rssboard.org/rss-specification>, and published feeds.

mod aws;
mod azure;
mod date;
mod entry;
mod life;
mod statement;
mod xml;

use self::xml::Channel;
use crate::json::JsonError;
use crate::source::page::{Builder, ReadError, Silence, Snapshot};

/// Reads a feed.
///
/// # Errors
/// It is not UTF-8, not well-formed XML, neither RSS 2.0 nor Atom, longer than
/// [`super::page::ITEMS_MAX`], or nothing that it lists can be read.
pub fn read(body: &[u8]) -> Result<Snapshot, ReadError> {
    let text = std::str::from_utf8(body).map_err(|error| JsonError::NotUtf8 {
        offset: error.valid_up_to(),
    })?;
    if let Some(offset) = text.find('\0') {
        return Err(JsonError::Nul { offset }.into());
    }
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.is_empty() {
        return Err(JsonError::Empty.into());
    }
    if !text.starts_with('<') {
        return Err(ReadError::NoFeed);
    }
    let channel = xml::read(text)?;
    let mut builder = Builder::new(channel.entries.len(), "entries")?;
    let snapshot = builder.snapshot();
    snapshot.page_id = page_id(&channel);
    snapshot.page_updated_at = channel
        .built_at
        .as_deref()
        .and_then(date::parse)
        .map(|moment| moment.at);
    let mut silence = Silence::NOTHING;
    if azure::is_azure(&channel) {
        silence.incidents = true;
        azure::add(&channel, &mut builder);
    } else if aws::is_aws(&channel) {
        aws::add(&channel, &mut builder);
    } else {
        entry::add(&channel, &mut builder);
    }
    builder.finish(silence)
}

/// Longest identifier of a page that is kept.
const PAGE_ID_MAX: usize = 255;

/// A feed is known by its own identifier or by the page that it links to. Azure's moves from host
/// to host and keeps its title.
fn page_id(channel: &Channel) -> Option<String> {
    let fields = if azure::is_azure(channel) {
        [&channel.title, &channel.link]
    } else if channel.id.is_some() {
        [&channel.id, &channel.link]
    } else {
        [&channel.link, &channel.title]
    };
    let id = fields
        .into_iter()
        .flatten()
        .map(|id| id.trim().trim_end_matches('/'))
        .next()?;
    (1..=PAGE_ID_MAX).contains(&id.len()).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_feed_is_refused_by_name() {
        let refused = |body: &str| read(body.as_bytes()).unwrap_err();
        assert_eq!(refused(" \n"), JsonError::Empty.into());
        assert_eq!(refused("{}"), ReadError::NoFeed);
        assert_eq!(
            refused("<!DOCTYPE html><html><body></body></html>"),
            ReadError::NoFeed
        );
        assert!(matches!(
            refused("<rss><channel><item></channel></rss>"),
            ReadError::Xml { .. }
        ));
        assert!(matches!(refused("<rss><channel>"), ReadError::Xml { .. }));
        assert!(matches!(
            refused("<rss>\0</rss>"),
            ReadError::Json(JsonError::Nul { .. })
        ));
        let deep = format!("{}{}", "<a>".repeat(100), "</a>".repeat(100));
        assert!(matches!(
            refused(&format!("<rss>{deep}</rss>")),
            ReadError::Xml { .. }
        ));
        assert_eq!(refused("<rss version=\"2.0\"></rss>"), ReadError::NoFeed);
    }

    #[test]
    fn an_empty_feed_is_read_and_proves_nothing_unless_it_is_azures() {
        let feed = |title: &str| {
            let feed = format!("<rss><channel><title>{title}</title></channel></rss>");
            read(feed.as_bytes()).unwrap().silence.incidents
        };
        assert!(!feed("Example"));
        assert!(feed("Azure Status"));
    }
}
