//! The config file: TOML, with the same settings as the variables, in tables.
//!
//! It is flattened to `table.key` with each value's text and place, so that one reader serves
//! variables and file alike and every message can name line and column.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use super::{Problem, settings};

/// A value of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// The value as the variable would hold it.
    pub(super) text: String,
    /// `file:line:column`.
    pub(super) place: String,
}

/// Reads the text of a config file called `name`: what can be used of it, and what is wrong.
pub(super) fn read(name: &str, text: &str) -> (BTreeMap<String, Entry>, Vec<Problem>) {
    let document = Document { name, text };
    let mut entries = BTreeMap::new();
    let mut problems = Vec::new();
    match DeTable::parse(text) {
        Ok(table) => document.flatten("", table.get_ref(), &mut entries, &mut problems),
        Err(error) => problems.push(Problem {
            place: document.place(error.span().map_or(0, |span| span.start)),
            what: format!("not TOML: {}", error.message()),
            fix: "write `key = value` lines under `[table]` headers".to_owned(),
        }),
    }
    (entries, problems)
}

struct Document<'a> {
    name: &'a str,
    text: &'a str,
}

impl Document<'_> {
    fn flatten(
        &self,
        prefix: &str,
        table: &DeTable<'_>,
        entries: &mut BTreeMap<String, Entry>,
        problems: &mut Vec<Problem>,
    ) {
        for (key, value) in table {
            let path = if prefix.is_empty() {
                key.get_ref().to_string()
            } else {
                format!("{prefix}.{}", key.get_ref())
            };
            if let Some(inner) = value.get_ref().as_table()
                && is_table(&path)
            {
                self.flatten(&path, inner, entries, problems);
                continue;
            }
            let place = self.place(key.span().start);
            if !settings::ALL.iter().any(|setting| setting.key == path) {
                problems.push(unknown(place, &path));
            } else if let Some(text) = scalar(value.get_ref()) {
                entries.insert(path, Entry { text, place });
            } else {
                problems.push(Problem {
                    place,
                    what: format!("{path} is a {}", value.get_ref().type_str()),
                    fix: "write a string, a number or a boolean".to_owned(),
                });
            }
        }
    }

    fn place(&self, offset: usize) -> String {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before
            .rsplit('\n')
            .next()
            .map_or(0, |last| last.chars().count())
            + 1;
        format!("{}:{line}:{column}", self.name)
    }
}

fn is_table(path: &str) -> bool {
    settings::ALL
        .iter()
        .any(|setting| setting.key.split('.').next() == Some(path))
}

/// Lists of strings are joined by commas, as the variables have them.
fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(flag) => Some(flag.to_string()),
        DeValue::Array(items) => items
            .iter()
            .map(|item| item.get_ref().as_str().map(str::to_owned))
            .collect::<Option<Vec<_>>>()
            .map(|items| items.join(",")),
        _ => None,
    }
}

fn unknown(place: String, path: &str) -> Problem {
    let nearest = settings::ALL
        .iter()
        .map(|setting| (distance(path, setting.key), setting.key))
        .min()
        .filter(|(distance, _)| *distance <= 8);
    let fix = match nearest {
        Some((_, key)) => format!("did you mean `{key}`?"),
        None => "remove it; docs/config.md lists every key".to_owned(),
    };
    Problem {
        place,
        what: format!("unknown key `{path}`"),
        fix,
    }
}

/// Levenshtein distance, for the nearest key. Keys are short and few.
fn distance(one: &str, two: &str) -> usize {
    let two: Vec<char> = two.chars().collect();
    let mut row: Vec<usize> = (0..=two.len()).collect();
    for (i, a) in one.chars().take(64).enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (slot, b) in row.iter_mut().skip(1).zip(&two) {
            let up = *slot;
            let best = (diagonal + usize::from(a != *b)).min(up + 1).min(left + 1);
            diagonal = up;
            left = best;
            *slot = best;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}
