//! AWS's feeds: messages, one an item, that tell the lives of incidents between them.
//!
//! A `guid` ends in `#<service>-<region>_<epoch>`. The messages about one service in one region
//! belong together from the first one to the one that says that it is over; what follows that
//! begins anew, unless it says the same again. An incident is named by its first message.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::entry::raw;
use super::xml::{Channel, Entry};
use crate::event::Severity;
use crate::instant;
use crate::source::page::{
    Builder, Impact, Incident, Item, Label, Update, Wrong, newest_first, vendor_id,
};

/// How bad it is by what stands before the title. Others are unknown. An informational message is
/// how most impairments are announced, so it is a warning.
const IMPACTS: &[(&str, Severity)] = &[
    ("Informational message", Severity::Warning),
    ("Performance issues", Severity::Warning),
    ("Service degradation", Severity::Warning),
    ("Service disruption", Severity::Critical),
];

/// What stands before the title of what is over.
const NORMAL: &str = "Service is operating normally";

/// The mark of a message that ends an incident.
const RESOLVED: &str = "[RESOLVED]";

/// What the identifier of an item must look like.
const ID: Wrong = (".id", "an address that ends in #service-region_seconds");

/// The first parts of the names of regions.
const AREAS: &[&str] = &[
    "af", "ap", "ca", "cn", "eu", "il", "me", "mx", "sa", "us", "global",
];

/// One item.
struct Message<'a> {
    entry: &'a Entry,
    index: usize,
    /// `internetconnectivity-us-gov-west-1_1639599392`
    anchor: &'a str,
    at: Timestamp,
    /// What stands before the title.
    prefix: &'a str,
    title: String,
    is_over: bool,
}

/// Tells whether a feed is AWS's.
pub(super) fn is_aws(channel: &Channel) -> bool {
    let generator = channel.generator.as_deref().unwrap_or_default();
    let link = channel.link.as_deref().unwrap_or_default();
    generator.starts_with("AWS Service Health Dashboard")
        || link.contains("//status.aws.amazon.com")
}

/// Adds the incidents that the items tell, the newest first.
pub(super) fn add(channel: &Channel, builder: &mut Builder) {
    let mut subjects: BTreeMap<&str, Vec<Message<'_>>> = BTreeMap::new();
    for (index, entry) in channel.entries.iter().enumerate() {
        match read_message(index, entry) {
            Ok((subject, message)) => subjects.entry(subject).or_default().push(message),
            Err(wrong) => builder.add_incident(format_args!("entries[{index}]"), Err(wrong)),
        }
    }
    let mut episodes: Vec<Vec<Message<'_>>> =
        subjects.into_values().flat_map(into_episodes).collect();
    episodes.sort_by_key(|episode| episode.last().map(|message| message.index));
    for episode in &episodes {
        if let Some(newest) = episode.last() {
            builder.add_incident(
                format_args!("entries[{}]", newest.index),
                read_incident(episode),
            );
        }
    }
}

fn read_message(index: usize, entry: &Entry) -> Result<(&str, Message<'_>), Wrong> {
    let (_, anchor) = entry
        .id
        .as_deref()
        .and_then(|id| id.rsplit_once('#'))
        .ok_or(ID)?;
    let (subject, seconds) = anchor.rsplit_once('_').ok_or(ID)?;
    let posted_at = seconds.parse().ok().and_then(instant::from_seconds);
    let published_at = entry.published_at();
    let at = published_at.or(posted_at).ok_or((".published", "a date"))?;
    let whole = entry.title.as_deref().ok_or((".title", "a string"))?;
    let (prefix, title) = whole.split_once(": ").unwrap_or(("", whole));
    let is_over = prefix == NORMAL || title.contains(RESOLVED);
    let title = title.replace(RESOLVED, "").trim().to_owned();
    Ok((
        subject,
        Message {
            entry,
            index,
            anchor,
            at,
            prefix,
            title,
            is_over,
        },
    ))
}

/// Splits the messages about one subject, oldest first within each part.
fn into_episodes(mut messages: Vec<Message<'_>>) -> Vec<Vec<Message<'_>>> {
    messages.sort_by_key(|message| message.at);
    let mut episodes: Vec<Vec<Message<'_>>> = Vec::new();
    for message in messages {
        match episodes.last_mut() {
            Some(episode) if message.is_over || episode.last().is_some_and(|it| !it.is_over) => {
                episode.push(message);
            }
            _ => episodes.push(vec![message]),
        }
    }
    episodes
}

fn read_incident(episode: &[Message<'_>]) -> Item<Incident> {
    let (Some(first), Some(newest)) = (episode.first(), episode.last()) else {
        return Err(("", "at least one message"));
    };
    let id = vendor_id(first.anchor).ok_or(ID)?;
    let updates: Vec<Update> = episode.iter().rev().map(update).collect();
    let mut told = episode.iter().rev().filter(|message| !message.is_over);
    // The newest message that says how bad it is; of one that was only ever over, none does.
    let impact = told
        .next()
        .map(|message| Impact::of(IMPACTS, Some(message.prefix)));
    let ended_at = episode
        .iter()
        .rev()
        .take_while(|message| message.is_over)
        .last();
    let (service, region) = split_region(first.anchor);
    let incident = Incident {
        id,
        name: newest.title.clone(),
        status: word(newest),
        impact: impact.unwrap_or(Impact::Untold),
        started_at: Some(first.at),
        updated_at: Some(newest.at),
        resolved_at: ended_at.map(|message| message.at),
        text: updates.first().and_then(|update| update.text.clone()),
        updates: newest_first(updates),
        affected: Label::new(None, Some(service.to_owned()))
            .into_iter()
            .collect(),
        regions: region.map(Label::named).into_iter().collect(),
        url: newest.entry.link.clone(),
        raw: raw(newest.entry),
    };
    Ok((incident, Vec::new()))
}

fn update(message: &Message<'_>) -> Update {
    Update {
        at: Some(message.at),
        status: Some(word(message)),
        text: message.entry.text(),
    }
}

/// Our word for what a message says.
fn word(message: &Message<'_>) -> String {
    if message.is_over {
        "resolved".to_owned()
    } else {
        message.prefix.to_lowercase()
    }
}

/// Splits `internetconnectivity-us-gov-west-1_1639599392` into service and region.
fn split_region(anchor: &str) -> (&str, Option<&str>) {
    let subject = anchor
        .rsplit_once('_')
        .map_or(anchor, |(subject, _)| subject);
    let starts = subject.match_indices('-').map(|(at, _)| at);
    let region = starts
        .filter_map(|at| subject.split_at_checked(at))
        .find(|(_, rest)| {
            let area = rest
                .trim_start_matches('-')
                .split('-')
                .next()
                .unwrap_or_default();
            AREAS.contains(&area)
        });
    match region {
        Some((service, region)) => (service, Some(region.trim_start_matches('-'))),
        None => (subject, None),
    }
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;

    fn feed(items: &[(&str, &str, &str)]) -> Vec<Incident> {
        let item = |(title, date, guid): &(&str, &str, &str)| {
            format!(
                "<item><title>{title}</title><pubDate>{date}</pubDate>\
                 <guid>http://status.aws.amazon.com/#{guid}</guid></item>"
            )
        };
        let items = items.iter().map(item).collect::<Vec<_>>().concat();
        let feed = format!(
            "<rss><channel><link>https://status.aws.amazon.com/</link>{items}</channel></rss>"
        );
        read(feed.as_bytes()).unwrap().incidents
    }

    #[test]
    fn messages_up_to_a_resolved_one_are_one_incident() {
        let incidents = feed(&[
            (
                "Service disruption: Errors",
                "Tue, 02 Jul 2024 10:00:00 PDT",
                "ec2-eu-west-1_1719939600",
            ),
            (
                "Service is operating normally: [RESOLVED] Errors",
                "Mon, 01 Jul 2024 12:00:00 PDT",
                "ec2-eu-west-1_1719860400",
            ),
            (
                "Performance issues: Errors",
                "Mon, 01 Jul 2024 11:00:00 PDT",
                "ec2-eu-west-1_1719856800",
            ),
            (
                "Informational message: Errors",
                "Mon, 01 Jul 2024 10:00:00 PDT",
                "ec2-eu-west-1_1719853200",
            ),
            (
                "Performance issues: Slow",
                "Mon, 01 Jul 2024 10:30:00 PDT",
                "s3-us-east-1_1719855000",
            ),
        ]);
        let seen: Vec<_> = incidents
            .iter()
            .map(|it| {
                (
                    it.id.as_str(),
                    it.impact,
                    it.resolved_at.is_some(),
                    it.updates.len(),
                )
            })
            .collect();
        let rated = Impact::Rated;
        assert_eq!(
            seen,
            [
                (
                    "ec2-eu-west-1_1719939600",
                    rated(Severity::Critical),
                    false,
                    1
                ),
                (
                    "ec2-eu-west-1_1719853200",
                    rated(Severity::Warning),
                    true,
                    3
                ),
                (
                    "s3-us-east-1_1719855000",
                    rated(Severity::Warning),
                    false,
                    1
                ),
            ]
        );
    }

    #[test]
    fn the_region_is_told_from_the_service() {
        let split = split_region("internetconnectivity-us-gov-west-1_1639599392");
        assert_eq!(split, ("internetconnectivity", Some("us-gov-west-1")));
        assert_eq!(split_region("route53_1"), ("route53", None));
    }
}
