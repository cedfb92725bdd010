//! Entries that are incidents or maintenances of their own.

use super::date::{self, Moment};
use super::life::Life;
use super::statement::{self, Statement};
use super::xml::{Channel, Entry};
use crate::event::EventId;
use crate::json::RawJson;
use crate::source::page::{
    Builder, Impact, Incident, Item, Maintenance, Phase, STRING, id_from_text, id_from_url,
    vendor_id,
};

/// Parts of an entry's address behind which its identifier stands.
const FOLDERS: &[&str] = &[
    "/incidents/",
    "/incident/",
    "/maintenances/",
    "/maintenance/",
];

/// Adds every entry of a feed.
pub(super) fn add(channel: &Channel, builder: &mut Builder) {
    let mut planned = Vec::new();
    for (index, entry) in channel.entries.iter().enumerate() {
        let moment = latest(entry);
        let life = Life::of(entry, moment);
        if life.is_planned || is_maintenance(entry) {
            planned.push((index, entry, life));
        } else {
            builder.add_incident(format_args!("entries[{index}]"), read_incident(entry, life));
        }
    }
    for (index, entry, life) in planned {
        builder.add_maintenance(
            format_args!("entries[{index}]"),
            read_maintenance(entry, life),
        );
    }
}

/// The date to which stamps without a year are near: the later one of the entry's two.
fn latest(entry: &Entry) -> Option<Moment> {
    let dates = [&entry.published, &entry.updated].into_iter().flatten();
    dates
        .filter_map(|date| date::parse(date))
        .max_by_key(|moment| moment.at)
}

fn is_maintenance(entry: &Entry) -> bool {
    let id = entry.id.as_deref().unwrap_or_default();
    let link = entry.link.as_deref().unwrap_or_default();
    id.contains(":Maintenance/") || link.contains("/maintenance/")
}

fn read_incident(entry: &Entry, life: Life) -> Item<Incident> {
    let id = read_id(entry).ok_or((".id", "an identifier, an address or a title"))?;
    let name = read_name(entry).ok_or((".title", STRING))?;
    let Some(word) = life.word() else {
        return Err(("", "a word for the state of the incident"));
    };
    let (published, updated) = (entry.published_at(), entry.updated_at());
    let written_at = updated.or(published);
    let newest_at = life.updates.first().and_then(|update| update.at);
    // Statuspage dates an item of RSS by its newest update, so the oldest one is the beginning.
    let oldest_at = life.updates.iter().filter_map(|update| update.at).min();
    let started_at = published.into_iter().chain(oldest_at).min().or(updated);
    let resolved_at = life.ended_at(written_at);
    let statement = statement::of(word);
    if statement.is_some_and(Statement::ends) && resolved_at.is_none() {
        return Err((".updated", "a date"));
    }
    let status = word.to_lowercase();
    let incident = Incident {
        impact: statement.map_or(Impact::Unknown, |_| Impact::Untold),
        started_at,
        updated_at: written_at.max(newest_at),
        resolved_at: resolved_at.map(|at| started_at.map_or(at, |least| at.max(least))),
        text: life.updates.first().and_then(|update| update.text.clone()),
        affected: life.affected,
        regions: Vec::new(),
        url: entry.link.clone(),
        raw: raw(entry),
        id,
        name,
        status,
        updates: life.updates,
    };
    Ok((incident, Vec::new()))
}

fn read_maintenance(entry: &Entry, life: Life) -> Item<Maintenance> {
    let id = read_id(entry).ok_or((".id", "an identifier, an address or a title"))?;
    let status = life.word().unwrap_or("scheduled").to_lowercase();
    let phase = match statement::of(&status) {
        Some(Statement::Planned(phase)) => phase,
        Some(Statement::Over | Statement::Afterwards) => Phase::Completed,
        // Instatus's word for a maintenance that is announced, and for one that is under way.
        Some(Statement::Open) => Phase::Scheduled,
        Some(Statement::Unchanged) | None => Phase::Unknown,
    };
    let maintenance = Maintenance {
        id,
        name: read_name(entry).ok_or((".title", STRING))?,
        status,
        phase,
        // Statuspage dates what is announced by its start, and what has begun by its newest update.
        starts_at: life
            .first_said(Phase::InProgress)
            .or(entry.published_at())
            .or(entry.updated_at()),
        ends_at: life.ends_at.or(life.first_said(Phase::Completed)),
        text: life
            .updates
            .into_iter()
            .next()
            .and_then(|update| update.text),
        affected: life.affected,
        regions: Vec::new(),
        raw: raw(entry),
    };
    Ok((maintenance, Vec::new()))
}

/// The platform's own identifier where the address ends in one, so that the same incident has the
/// same name in the feed and in the API; else the entry's, or a mark of it.
fn read_id(entry: &Entry) -> Option<EventId> {
    let addresses = [&entry.link, &entry.id].into_iter().flatten();
    let mut own = addresses.filter(|url| FOLDERS.iter().any(|folder| url.contains(folder)));
    own.find_map(|url| id_from_url(url))
        .or_else(|| entry.id.as_deref().and_then(vendor_id))
        .or_else(|| id_from_text(entry.id.as_deref().or(entry.link.as_deref())?))
        .or_else(|| id_from_text(&read_name(entry)?))
}

/// The title, without the word for the state that may stand before it and changes.
fn read_name(entry: &Entry) -> Option<String> {
    let title = entry.title.as_deref()?;
    let name = statement::before_title(title).map_or(title, |(_, rest)| rest);
    Some(if name.is_empty() { title } else { name }.to_owned())
}

/// The entry's fields as a JSON object: what there is of a record where the format is no JSON.
pub(super) fn raw(entry: &Entry) -> RawJson {
    // A struct of texts always makes JSON.
    RawJson::from_checked(serde_json::to_string(entry).unwrap_or_else(|_| "{}".to_owned()))
}
