//! Names by which people refer to parts of a page.

use crate::event::clip;

/// Longest name or identifier, in characters. Many records may refer to one name, and one endless name would
/// make much of little.
pub(in crate::source) const LABEL_MAX: usize = 256;

/// A component, group or region as a document names it: by identifier, by name, or by both.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Label {
    /// The platform's identifier, where the document gives one.
    pub id: Option<String>,
    /// The name that people read, where the document gives one.
    pub name: Option<String>,
}

impl Label {
    /// Makes a label of what a document gives; with neither there is none.
    #[must_use]
    pub fn new(id: Option<String>, name: Option<String>) -> Option<Self> {
        let some = |text: &String| !text.trim().is_empty();
        let label = Self {
            id: id.filter(some).map(|id| clip(&id, LABEL_MAX)),
            name: name.filter(some).map(|name| clip(&name, LABEL_MAX)),
        };
        (label.id.is_some() || label.name.is_some()).then_some(label)
    }

    /// Makes a label of a name alone.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            id: None,
            name: Some(name.into()),
        }
    }

    /// The forms in which a filter may name it.
    pub(super) fn keys(&self) -> impl Iterator<Item = String> + '_ {
        self.id.iter().chain(&self.name).map(|text| key(text))
    }
}

/// The form in which names are compared: platforms differ in case and leave spaces at the ends.
pub(super) fn key(text: &str) -> String {
    text.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_says_something() {
        assert_eq!(Label::new(None, None), None);
        assert_eq!(Label::new(Some(String::new()), Some(" ".into())), None);
        assert_eq!(
            Label::new(None, Some("API".into())),
            Some(Label::named("API"))
        );
    }

    #[test]
    fn an_endless_name_is_cut() {
        let label = Label::new(None, Some("x".repeat(10_000))).unwrap();
        assert_eq!(label.name.map(|name| name.chars().count()), Some(LABEL_MAX));
    }

    #[test]
    fn case_and_outer_spaces_do_not_matter() {
        let label = Label {
            id: Some("ABC1".into()),
            name: Some("Zahlungen Ü ".into()),
        };
        assert_eq!(label.keys().collect::<Vec<_>>(), ["abc1", "zahlungen ü"]);
    }
}
