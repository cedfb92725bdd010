//! The index of whole words, and the search text that is put to it.
//!
//! Changes of the index are collected and written at the end of a transaction, in one go: the engine
//! keeps them in memory as long as nothing else makes it write, and then writes one segment.

use rusqlite::{Connection, params};
use signalbox_core::event::Event;

use super::writer::Tx;
use crate::StoreError;

/// A change of the index, owed to the end of the transaction.
pub(super) struct Wording {
    seq: i64,
    gone: bool,
    text: Text,
}

/// What of an event can be searched.
#[derive(PartialEq, Eq)]
struct Text {
    event_id: String,
    summary: String,
    description: Option<String>,
    component: Option<String>,
}

impl Text {
    fn of(event: &Event) -> Self {
        Self {
            event_id: event.event_id.to_string(),
            summary: event.summary.clone(),
            description: event.description.clone(),
            component: event.component.clone(),
        }
    }
}

/// Adds the words of a new event.
pub(super) fn add(tx: &mut Tx<'_>, seq: i64, event: &Event) {
    tx.wordings().push(Wording {
        seq,
        gone: false,
        text: Text::of(event),
    });
}

/// Takes back the words of an event's last state and adds those of the next.
pub(super) fn replace(tx: &mut Tx<'_>, seq: i64, last: &Event, next: &Event) {
    let (last, next) = (Text::of(last), Text::of(next));
    if last != next {
        tx.wordings().push(Wording {
            seq,
            gone: true,
            text: last,
        });
        tx.wordings().push(Wording {
            seq,
            gone: false,
            text: next,
        });
    }
}

/// Writes the collected changes, in order.
pub(super) fn write(connection: &Connection, wordings: &[Wording]) -> Result<(), StoreError> {
    let mut add = connection.prepare_cached(
        "INSERT INTO events_words (rowid, event_id, summary, description, component)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    // A contentless index must be told what it once was given.
    let mut remove = connection.prepare_cached(
        "INSERT INTO events_words (events_words, rowid, event_id, summary, description, component)
         VALUES ('delete', ?1, ?2, ?3, ?4, ?5)",
    )?;
    for Wording { seq, gone, text } in wordings {
        let statement = if *gone { &mut remove } else { &mut add };
        let Text {
            event_id,
            summary,
            description,
            component,
        } = text;
        statement.execute(params![seq, event_id, summary, description, component])?;
    }
    Ok(())
}

/// Writes a search text as a query: each word a phrase of its own, all of which must occur. What
/// people type is text, never the engine's query language. A word without a letter or digit, such
/// as `-` or an emoji, is no word of the index: beside others it asks for nothing, alone it finds
/// nothing.
pub(super) fn query(text: &str) -> String {
    // The engine reads a query up to its first NUL, which would cut a phrase open.
    let words = text
        .split(|c: char| c.is_whitespace() || c == '\0')
        .filter(|word| !word.is_empty());
    let phrases: Vec<String> = words
        .map(|word| format!("\"{}\"", word.replace('"', "\"\"")))
        .collect();
    // To the engine an empty query is an error, and an empty phrase one that nothing matches.
    if phrases.is_empty() {
        "\"\"".to_owned()
    } else {
        phrases.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_made_of_phrases() {
        assert_eq!(query("alpha  OR\tbe\"ta*"), r#""alpha" "OR" "be""ta*""#);
        assert_eq!(query(" \0 "), r#""""#);
    }
}
