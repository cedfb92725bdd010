//! What a rule has to say about one line of one file.

use std::fmt;

/// A broken rule: where, which one, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file, from the workspace root, with forward slashes.
    pub path: String,
    /// The line, from 1; 1 also for what concerns the file as a whole.
    pub line: usize,
    /// The rule's name, in kebab case.
    pub rule: &'static str,
    /// What to do, as an imperative fragment without full stop.
    pub advice: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            path,
            line,
            rule,
            advice,
        } = self;
        write!(formatter, "{path}:{line}: {rule}: {advice}")
    }
}

#[cfg(test)]
mod tests {
    use super::Finding;

    #[test]
    fn a_finding_prints_as_a_place_that_editors_can_open() {
        let finding = Finding {
            path: "src/a.rs".into(),
            line: 7,
            rule: "markers",
            advice: "do it".into(),
        };
        assert_eq!(finding.to_string(), "src/a.rs:7: markers: do it");
    }
}
