//! Words by which an update says what has become of an incident.

use crate::source::page::{Phase, lookup};

/// What a word announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Statement {
    /// It lasts.
    Open,
    /// It is over.
    Over,
    /// It is told after the end, and does not move it.
    Afterwards,
    /// What was said before holds.
    Unchanged,
    /// It is work that was planned.
    Planned(Phase),
}

impl Statement {
    /// Tells whether it says that something is over.
    pub(super) fn ends(self) -> bool {
        matches!(
            self,
            Self::Over | Self::Afterwards | Self::Planned(Phase::Completed)
        )
    }
}

/// The words of Statuspage, incident.io and Instatus, and those of titles elsewhere.
const WORDS: &[(&str, Statement)] = &[
    ("investigating", Statement::Open),
    ("identified", Statement::Open),
    ("monitoring", Statement::Open),
    ("update", Statement::Unchanged),
    ("resolved", Statement::Over),
    ("postmortem", Statement::Afterwards),
    ("scheduled", Statement::Planned(Phase::Scheduled)),
    ("in progress", Statement::Planned(Phase::InProgress)),
    ("verifying", Statement::Planned(Phase::InProgress)),
    ("completed", Statement::Planned(Phase::Completed)),
    (
        "maintenance scheduled",
        Statement::Planned(Phase::Scheduled),
    ),
    (
        "maintenance in progress",
        Statement::Planned(Phase::InProgress),
    ),
    ("maintenance complete", Statement::Planned(Phase::Completed)),
];

/// Finds what a word announces. A word that we do not know, where a word of this kind stands, is
/// not one that says that something is over.
pub(super) fn of(word: &str) -> Option<Statement> {
    lookup(WORDS, word.trim().to_lowercase().as_str())
}

/// Finds the word that stands before a title: `RESOLVED: …`, `[Resolved] …`.
pub(super) fn before_title(title: &str) -> Option<(&str, &str)> {
    let title = title.trim();
    let (word, rest) = match title.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => title.split_once(':')?,
    };
    of(word)?;
    Some((word.trim(), rest.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_before_a_title_is_one_that_is_known() {
        assert_eq!(before_title("RESOLVED: Slow"), Some(("RESOLVED", "Slow")));
        assert_eq!(before_title("[Resolved] Slow"), Some(("Resolved", "Slow")));
        assert_eq!(before_title("API: slow"), None);
        assert_eq!(before_title("Resolved"), None);
    }
}
