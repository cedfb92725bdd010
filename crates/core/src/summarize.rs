//! A deterministic stand-in for a language model: shortens a text and rates it by keywords.
//!
//! It shows the shape of the integration without its cost. What a real model would need, from
//! redaction to fallback, stands in the README.

use crate::event::{Severity, clip};

/// Longest summary, in characters.
pub const SUMMARY_MAX: usize = 120;

const CRITICAL: &[&str] = &[
    "outage",
    "down",
    "payout",
    "payouts",
    "critical",
    "unavailable",
    "breach",
    "multiple",
    "widespread",
    "data loss",
    "fraud",
];
const WARNING: &[&str] = &[
    "degraded",
    "degradation",
    "slow",
    "latency",
    "failed",
    "failure",
    "failures",
    "failing",
    "error",
    "errors",
    "timeout",
    "timeouts",
    "declined",
    "delayed",
    "intermittent",
    "elevated",
    "dispute",
    "partial",
    "warning",
];

/// What the stub makes of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The first sentence, at most [`SUMMARY_MAX`] characters.
    pub summary: String,
    /// The severity that the words suggest.
    pub suggested_severity: Severity,
}

/// Summarizes a text; one of white space only gives `None`.
#[must_use]
pub fn summarize(text: &str) -> Option<Summary> {
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.is_empty() {
        return None;
    }
    let line = words.join(" ");
    Some(Summary {
        summary: clip(first_sentence(&line), SUMMARY_MAX),
        suggested_severity: rate(&line.to_lowercase()),
    })
}

/// Ends at a full stop that is followed by a space, so that `api.example.com` is no sentence.
fn first_sentence(line: &str) -> &str {
    let end = [". ", "! ", "? ", "... "]
        .iter()
        .filter_map(|mark| line.find(mark))
        .min();
    end.and_then(|at| line.get(..at))
        .unwrap_or(line)
        .trim_end_matches(['.', '!', '?', '…'])
}

fn rate(line: &str) -> Severity {
    if mentions(line, CRITICAL) {
        Severity::Critical
    } else if mentions(line, WARNING) {
        Severity::Warning
    } else {
        Severity::Info
    }
}

/// Looks for whole words, so that `download` is not `down`.
fn mentions(line: &str, keywords: &[&str]) -> bool {
    let boundary = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    keywords.iter().any(|keyword| {
        line.match_indices(keyword).any(|(at, _)| {
            let before = line.get(..at).and_then(|text| text.chars().next_back());
            let after = line
                .get(at + keyword.len()..)
                .and_then(|text| text.chars().next());
            boundary(before) && boundary(after)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn severity(text: &str) -> Severity {
        summarize(text).unwrap().suggested_severity
    }

    #[test]
    fn the_example_of_the_interface_is_critical() {
        let made = summarize("Multiple payment failures detected across APAC region...").unwrap();
        assert_eq!(
            made.summary,
            "Multiple payment failures detected across APAC region"
        );
        assert_eq!(made.suggested_severity, Severity::Critical);
    }

    #[test]
    fn keywords_count_as_whole_words_only() {
        assert_eq!(severity("Download the invoice"), Severity::Info);
        assert_eq!(severity("The gateway is down."), Severity::Critical);
        assert_eq!(
            severity("Latency rose on api.example.com"),
            Severity::Warning
        );
        assert_eq!(severity("All systems normal"), Severity::Info);
    }

    #[test]
    fn blank_text_has_no_summary() {
        assert_eq!(summarize(" \n\t"), None);
    }

    #[test]
    fn long_text_is_cut_to_its_first_sentence() {
        let made = summarize(&format!("One. {}", "x".repeat(500))).unwrap();
        assert_eq!(made.summary, "One");
        let made = summarize(&"y".repeat(500)).unwrap();
        assert_eq!(made.summary.chars().count(), SUMMARY_MAX);
    }
}
