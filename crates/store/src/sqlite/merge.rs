//! Keyset lists over several streams.
//!
//! A list is the newest rows of every matching stream, merged. Each stream gives its share straight
//! from an index, so the cost depends on the page size and the number of streams, never on how
//! many rows are stored.

use crate::Position;

/// The place of a row in a list: compared by time, then by number, newest first.
pub(super) type Key = (i64, i64);

/// Before everything.
pub(super) const START: Key = (i64::MAX, i64::MAX);

/// Returns where to begin.
pub(super) fn start(after: Option<Position>) -> Key {
    after.map_or(START, |position| (position.at_ms, position.seq))
}

/// Keeps the newest `limit` of the collected keys, and says where to go on if there are more.
pub(super) fn newest(mut keys: Vec<Key>, limit: u32) -> (Vec<Key>, Option<Position>) {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    keys.sort_unstable_by(|one, two| two.cmp(one));
    keys.dedup();
    let more = keys.len() > limit;
    keys.truncate(limit);
    let next = keys.last().filter(|_| more).map(|(at_ms, seq)| Position {
        at_ms: *at_ms,
        seq: *seq,
    });
    (keys, next)
}
