//! Azure's feed: what is listed is wrong, what is not listed is well.
//!
//! That silence is only as good as who is silent: `status.azure.com` goes to an instance nearby,
//! and a degraded one has served an empty channel for hours while another listed the outage
//! (2026-07-23, West US). So the feed that the status page itself links to is the one to watch:
//! <https://rssfeed.azure.status.microsoft/en-us/status/feed/>.

use super::entry::raw;
use super::xml::{Channel, Entry};
use crate::source::page::{
    Builder, Impact, Incident, Item, Label, STRING, Update, id_from_text, vendor_id,
};

/// By what the feed is known: it moves from host to host.
const TITLE: &str = "Azure Status";

/// Our word for what is listed: the feed has none.
const ACTIVE: &str = "active";

/// Tells whether a feed is Azure's.
pub(super) fn is_azure(channel: &Channel) -> bool {
    channel.title.as_deref().map(str::trim) == Some(TITLE)
}

/// Adds every item of the feed.
pub(super) fn add(channel: &Channel, builder: &mut Builder) {
    for (index, entry) in channel.entries.iter().enumerate() {
        builder.add_incident(format_args!("entries[{index}]"), read_incident(entry));
    }
}

fn read_incident(entry: &Entry) -> Item<Incident> {
    let started_at = entry.published_at().ok_or((".published", "a date"))?;
    let name = entry.title.as_deref().ok_or((".title", STRING))?.trim();
    let slug = entry.id.as_deref().unwrap_or(name);
    // The slug comes back for other incidents; with its day it does not. The day alone, since the
    // date has been seen to be the beginning to the minute and, elsewhere, a time of posting.
    let id = format!("{slug}-{}", started_at.strftime("%Y-%m-%d"));
    let id = vendor_id(&id)
        .or_else(|| id_from_text(&id))
        .ok_or((".id", STRING))?;
    let text = entry.text();
    let update = Update {
        at: Some(started_at),
        status: Some(ACTIVE.to_owned()),
        text: text.clone(),
    };
    // Services and regions stand in one list, so each may be either.
    let categories: Vec<Label> = entry.categories.iter().map(Label::named).collect();
    let incident = Incident {
        id,
        name: name.to_owned(),
        status: ACTIVE.to_owned(),
        impact: Impact::Untold,
        started_at: Some(started_at),
        updated_at: None,
        resolved_at: None,
        text,
        updates: vec![update],
        affected: categories.clone(),
        regions: categories,
        url: entry.link.clone(),
        raw: raw(entry),
    };
    Ok((incident, Vec::new()))
}
