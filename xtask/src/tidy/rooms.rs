//! The rooms of the service import downwards only.
//!
//! Cargo guards the borders between crates; inside the service crate this table
//! does. It looks at paths (`crate::…`, `super::…` where it leaves the room, and the
//! crates of ours), grouped imports included, in production code and tests alike.
//! Macros that build paths are beyond it.

use super::Finding;
use super::code::is_identifier;
use super::tree::{TextFile, Tree};
use super::words;

const RULE: &str = "rooms";

const SERVICE: &str = "crates/signalbox/src/";

/// A module at the top of the service crate, and what it may reach.
struct Room {
    name: &'static str,
    /// The other rooms that it may import.
    rooms: &'static [&'static str],
    /// The crates of ours that it may import.
    crates: &'static [&'static str],
}

const CORE: &str = "signalbox_core";
const STORE: &str = "signalbox_store";

/// Where everything may meet.
const EVERY_ROOM: &[&str] = &[
    "app",
    "cli",
    "client",
    "clock",
    "config",
    "deliver",
    "http",
    "ingest",
    "lifecycle",
    "logging",
    "metrics",
    "nudge",
    "workers",
];

/// The map of the house, from the top down. What is not in a row is out of bounds:
/// `http` and `workers` never meet, nor do `ingest` and `deliver`, nothing below
/// `app` reads the configuration except `http`, and `lifecycle` knows nothing of
/// ours. A new edge here is a change of the architecture; say so in its commit.
const ROOMS: &[Room] = &[
    Room {
        name: "cli",
        rooms: EVERY_ROOM,
        crates: &[CORE, STORE],
    },
    Room {
        name: "app",
        rooms: EVERY_ROOM,
        crates: &[CORE, STORE],
    },
    Room {
        name: "http",
        rooms: &[
            "client",
            "clock",
            "config",
            "ingest",
            "lifecycle",
            "metrics",
            "nudge",
        ],
        crates: &[CORE, STORE],
    },
    Room {
        name: "workers",
        rooms: &["client", "clock", "deliver", "ingest", "metrics", "nudge"],
        crates: &[CORE, STORE],
    },
    Room {
        name: "ingest",
        rooms: &["client", "clock", "metrics", "nudge"],
        crates: &[CORE, STORE],
    },
    Room {
        name: "deliver",
        rooms: &["client", "clock", "metrics"],
        crates: &[CORE, STORE],
    },
    Room {
        name: "client",
        rooms: &["clock", "metrics"],
        crates: &[CORE],
    },
    Room {
        name: "metrics",
        rooms: &[],
        crates: &[CORE],
    },
    Room {
        name: "clock",
        rooms: &[],
        crates: &[CORE],
    },
    // The store parses its own URLs: it knows best which ones it opens.
    Room {
        name: "config",
        rooms: &[],
        crates: &[CORE, STORE],
    },
    Room {
        name: "logging",
        rooms: &["config"],
        crates: &[],
    },
    Room {
        name: "nudge",
        rooms: &[],
        crates: &[],
    },
    Room {
        name: "lifecycle",
        rooms: &[],
        crates: &[],
    },
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let inside = |file: &&TextFile| file.path.starts_with(SERVICE);
    let files: Vec<&TextFile> = tree.rust().filter(inside).collect();
    let existing: Vec<&str> = files.iter().filter_map(|file| room_of(file)).collect();
    files
        .iter()
        .flat_map(|file| check_file(file, &existing))
        .collect()
}

fn check_file(file: &TextFile, existing: &[&str]) -> Vec<Finding> {
    let Some(name) = room_of(file) else {
        return Vec::new();
    };
    let Some(room) = ROOMS.iter().find(|room| room.name == name) else {
        let advice = format!("give the room `{name}` its row in ROOMS, in xtask's rooms.rs");
        return vec![file.finding(1, RULE, advice)];
    };
    let mut findings = Vec::new();
    for (at, other) in imported_rooms(file) {
        if existing.contains(&other) && other != name && !room.rooms.contains(&other) {
            let advice = format!("`{name}` may not import `{other}`: move what it needs downwards");
            findings.push(file.finding(line_at(&file.code, at), RULE, advice));
        }
    }
    for other in [CORE, STORE]
        .into_iter()
        .filter(|other| !room.crates.contains(other))
    {
        for at in words::places_of(&file.code, other) {
            let advice = format!("`{name}` may not import `{other}`: pass in what it needs");
            findings.push(file.finding(line_at(&file.code, at), RULE, advice));
        }
    }
    findings
}

/// Returns the room that a file belongs to; `None` for the roots of the crate.
fn room_of(file: &TextFile) -> Option<&str> {
    let inside = file.path.strip_prefix(SERVICE)?;
    let name = inside
        .split_once('/')
        .map_or_else(|| file.stem(), |(room, _)| room);
    (!["lib", "main"].contains(&name)).then_some(name)
}

/// Returns the first segments of all paths from the crate's root, with their places.
fn imported_rooms(file: &TextFile) -> Vec<(usize, &str)> {
    let climb = "super::".repeat(depth_of(file));
    let prefixes = ["crate::", climb.as_str()].into_iter();
    let places = prefixes.flat_map(|prefix| places_after(&file.code, prefix));
    places
        .flat_map(|at| first_segments(&file.code, at))
        .collect()
}

/// Counts the modules from the crate's root down to the file's own.
fn depth_of(file: &TextFile) -> usize {
    let n_folders = file.folders().count() - SERVICE.matches('/').count();
    if file.stem() == "mod" {
        n_folders
    } else {
        n_folders + 1
    }
}

/// Returns the places just behind each path that starts with `prefix`.
fn places_after(code: &str, prefix: &str) -> Vec<usize> {
    let goes_on = |before: char| is_identifier(before) || before == ':';
    let starts_here = |at: usize| {
        !code
            .get(..at)
            .is_some_and(|before| before.ends_with(goes_on))
    };
    let starts = code
        .match_indices(prefix)
        .map(|(at, _)| at)
        .filter(|&at| starts_here(at));
    starts.map(|at| at + prefix.len()).collect()
}

/// Returns the identifier at `at`, or those of the group that opens there.
fn first_segments(code: &str, at: usize) -> Vec<(usize, &str)> {
    let rest = code.get(at..).unwrap_or_default();
    let Some(group) = rest.strip_prefix('{') else {
        return vec![(at, identifier(rest))];
    };
    let mut segments = Vec::new();
    let mut depth = 0_usize;
    let mut at_start = true;
    for (offset, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => at_start = true,
            _ if at_start && is_identifier(character) => {
                let segment = identifier(group.get(offset..).unwrap_or_default());
                segments.push((at + 1 + offset, segment));
                at_start = false;
            }
            _ => {}
        }
    }
    segments
}

fn identifier(rest: &str) -> &str {
    let end = rest
        .find(|character| !is_identifier(character))
        .unwrap_or(rest.len());
    rest.get(..end).unwrap_or_default()
}

fn line_at(text: &str, at: usize) -> usize {
    1 + text.get(..at).unwrap_or_default().matches('\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks one file in a house where every room exists.
    fn lines(path: &str, text: &str) -> Vec<usize> {
        let path = format!("{SERVICE}{path}");
        let rooms: Vec<String> = EVERY_ROOM
            .iter()
            .map(|room| format!("{SERVICE}{room}/mod.rs"))
            .collect();
        let mut files: Vec<(&str, &str)> = rooms.iter().map(|room| (room.as_str(), "")).collect();
        files.push((&path, text));
        check(&Tree::of(&files))
            .iter()
            .map(|finding| finding.line)
            .collect()
    }

    #[test]
    fn an_import_sideways_or_upwards_is_found() {
        assert_eq!(lines("http/events.rs", "use crate::workers::Poll;\n"), [1]);
        assert_eq!(lines("ingest/pull.rs", "\nuse crate::deliver;\n"), [2]);
        assert_eq!(lines("clock.rs", "fn a(app: &crate::app::App) {}\n"), [1]);
    }

    #[test]
    fn an_import_downwards_or_within_the_room_is_fine() {
        let text = "use crate::ingest::accept;\nuse crate::http::problem;\nuse crate::Error;\n";
        assert!(lines("http/events.rs", text).is_empty());
        assert!(lines("app.rs", "use crate::{http, workers};\n").is_empty());
    }

    #[test]
    fn each_member_of_a_group_is_looked_at() {
        let text =
            "use crate::{\n    http::{deliver, Page},\n    ingest,\n    workers::{self},\n};\n";
        assert_eq!(lines("http/events.rs", text), [4]);
    }

    #[test]
    fn climbing_out_of_the_room_is_an_import_too() {
        assert_eq!(lines("http/events.rs", "use super::super::workers;\n"), [1]);
        assert_eq!(lines("http/mod.rs", "use super::workers;\n"), [1]);
        assert!(lines("http/events.rs", "use super::workers;\n").is_empty());
    }

    #[test]
    fn comments_and_strings_import_nothing() {
        assert!(
            lines(
                "http/a.rs",
                "// crate::workers\nconst A: &str = \"crate::app\";\n"
            )
            .is_empty()
        );
    }

    #[test]
    fn crates_of_ours_are_borders_too() {
        assert_eq!(lines("client.rs", "use signalbox_store::Store;\n"), [1]);
        assert_eq!(lines("lifecycle.rs", "\nuse signalbox_core::Event;\n"), [2]);
        assert!(lines("config/file.rs", "use signalbox_core::Severity;\n").is_empty());
    }

    #[test]
    fn a_room_without_a_row_is_found() {
        assert_eq!(lines("cellar.rs", "//! New.\n"), [1]);
    }

    #[test]
    fn every_room_has_one_row() {
        let mut rows: Vec<&str> = ROOMS.iter().map(|room| room.name).collect();
        rows.sort_unstable();
        assert_eq!(rows, EVERY_ROOM);
    }
}
