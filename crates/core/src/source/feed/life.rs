//! The life of an incident out of an entry's HTML.

use jiff::Timestamp;

use super::date::{self, Moment};
use super::statement::{self, Statement};
use super::xml::Entry;
use crate::source::page::{Label, Phase, Update, newest_first, plain};

/// Most components that are taken from one entry's text.
const AFFECTED_MAX: usize = 500;

/// What an entry tells.
#[derive(Debug, Default)]
pub(super) struct Life {
    /// The updates, newest first.
    pub(super) updates: Vec<Update>,
    /// The components that it names.
    pub(super) affected: Vec<Label>,
    /// Whether it is work that was planned.
    pub(super) is_planned: bool,
    /// The end of the window, where it names one.
    pub(super) ends_at: Option<Timestamp>,
}

impl Life {
    /// Reads an entry, whichever platform wrote it.
    pub(super) fn of(entry: &Entry, moment: Option<Moment>) -> Self {
        let html = entry.content.as_deref().unwrap_or_default();
        let mut life = Self::default();
        life.read_stamped(html, moment);
        if life.updates.is_empty() {
            life.read_status_line(html, moment);
        }
        if life.updates.is_empty() {
            life.read_title(entry, html, moment);
        }
        life.updates = newest_first(life.updates);
        life.is_planned |= life
            .updates
            .iter()
            .any(|update| matches!(statement_of(update), Some(Statement::Planned(_))));
        life
    }

    /// Statuspage and Instatus: a date in `<small>`, a word in `<strong>`, a text.
    fn read_stamped(&mut self, html: &str, moment: Option<Moment>) {
        let mut parts = html.split("<small>");
        self.read_preface(parts.next().unwrap_or_default(), moment);
        for part in parts {
            let Some((stamp, rest)) = part.split_once("</small>") else {
                continue;
            };
            let rest = rest.trim_start().trim_start_matches("<br />").trim_start();
            let word = rest
                .strip_prefix("<strong>")
                .and_then(|rest| rest.split_once("</strong>"));
            let Some((word, text)) = word else { continue };
            let text = plain(text.trim_start().trim_start_matches('-'));
            self.updates.push(Update {
                at: moment.and_then(|moment| date::parse_stamp(&plain(stamp), moment)),
                status: Some(plain(word)),
                text: (!text.is_empty()).then_some(text),
            });
        }
    }

    /// What stands above the updates: the window of a scheduled event, or Instatus's lines.
    fn read_preface(&mut self, html: &str, moment: Option<Moment>) {
        for line in plain(html).lines() {
            if let Some(window) = line.strip_prefix("THIS IS A SCHEDULED EVENT") {
                self.is_planned = true;
                self.ends_at = moment.and_then(|moment| window_end(window, moment));
            } else if line == "Type: Maintenance" {
                self.is_planned = true;
            } else if let Some(names) = line.strip_prefix("Affected Components: ") {
                let names = names.split(", ").take(AFFECTED_MAX);
                self.affected
                    .extend(names.filter_map(|it| Label::new(None, Some(it.into()))));
            }
        }
    }

    /// incident.io: the present state in bold, then what was said last, then the components.
    fn read_status_line(&mut self, html: &str, moment: Option<Moment>) {
        let Some((_, rest)) = html.split_once("<b>Status: ") else {
            return;
        };
        let Some((word, rest)) = rest.split_once("</b>") else {
            return;
        };
        let (text, names) = rest
            .split_once("<b>Affected components</b>")
            .unwrap_or((rest, ""));
        let text = plain(text);
        self.updates.push(Update {
            at: moment.map(|moment| moment.at),
            status: Some(plain(word)),
            text: (!text.is_empty()).then_some(text),
        });
        for line in plain(names).lines().take(AFFECTED_MAX) {
            // `- US Region – Integrations (Operational)`
            let name = line.trim_start_matches("- ");
            let name = name.rsplit_once(" (").map_or(name, |(name, _)| name);
            self.affected
                .extend(Label::new(None, Some(name.to_owned())));
        }
    }

    /// Others: a word before the title.
    fn read_title(&mut self, entry: &Entry, html: &str, moment: Option<Moment>) {
        let title = entry.title.as_deref().unwrap_or_default();
        let Some((word, _)) = statement::before_title(title) else {
            return;
        };
        let text = plain(html);
        self.updates.push(Update {
            at: moment.map(|moment| moment.at),
            status: Some(word.to_owned()),
            text: (!text.is_empty()).then_some(text),
        });
    }

    /// Returns the newest word that says how it stands: an `Update` does not.
    pub(super) fn word(&self) -> Option<&str> {
        let mut words = self
            .updates
            .iter()
            .filter_map(|update| update.status.as_deref());
        let says = words
            .clone()
            .find(|word| statement::of(word) != Some(Statement::Unchanged));
        says.or_else(|| words.next())
    }

    /// Returns when a phase of what was planned was first announced.
    pub(super) fn first_said(&self, phase: Phase) -> Option<Timestamp> {
        let wanted = Some(Statement::Planned(phase));
        let said = self
            .updates
            .iter()
            .filter(|update| statement_of(update) == wanted);
        said.filter_map(|update| update.at).min()
    }

    /// Returns when it ended, if its newest word says that it did: when that was first said.
    pub(super) fn ended_at(&self, written_at: Option<Timestamp>) -> Option<Timestamp> {
        if !self
            .word()
            .and_then(statement::of)
            .is_some_and(Statement::ends)
        {
            return None;
        }
        let ending = self.updates.iter().take_while(|update| {
            statement_of(update).is_some_and(|it| it.ends() || it == Statement::Unchanged)
        });
        let closing: Vec<&Update> = ending.collect();
        let said = |wanted: &[Statement]| {
            let found = closing.iter().rev().find(|update| {
                statement_of(update).is_some_and(|statement| wanted.contains(&statement))
            });
            found.and_then(|update| update.at)
        };
        said(&[Statement::Over, Statement::Planned(Phase::Completed)])
            .or_else(|| said(&[Statement::Afterwards]))
            .or(written_at)
    }
}

fn statement_of(update: &Update) -> Option<Statement> {
    statement::of(update.status.as_deref()?)
}

/// Reads the end of ` Feb 26, 06:00 - 07:00 EST` or ` Feb 26, 06:00 - Feb 27, 07:00 EST`.
fn window_end(window: &str, moment: Moment) -> Option<Timestamp> {
    let (start, end) = window.split_once(" - ")?;
    date::parse_stamp(end, moment).or_else(|| {
        let (day, _clock) = start.rsplit_once(", ")?;
        date::parse_stamp(&format!("{day}, {end}"), moment)
    })
}
