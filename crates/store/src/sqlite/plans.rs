//! Every query goes by the index that was made for it, whatever is stored.
//!
//! The engine says how it would run the very texts that the backend runs. A walk over all events
//! or deliveries, or a sort of what an index gives in order, would pass every other test and stop
//! a store of ten million rows.

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::events::Part::{Earlier, Same};
use super::{deliveries, events, migrate, observe, outbox, owed, stored};

/// Returns the steps by which the engine would run a statement.
fn steps(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection
        .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
        .unwrap();
    let values = vec![Value::Null; statement.parameter_count()];
    let steps = statement
        .query_map(params_from_iter(values), |row| row.get("detail"))
        .unwrap();
    steps.map(Result::unwrap).collect()
}

/// Checks that a statement takes this step, walks no table and sorts nothing.
fn assert_goes_by(sql: &str, step: &str) {
    let connection = Connection::open_in_memory().unwrap();
    migrate::run(&connection, "memory".as_ref(), Timestamp::UNIX_EPOCH).unwrap();
    let steps = steps(&connection, sql);
    assert!(
        steps.iter().any(|one| one.contains(step)),
        "{sql}\nnot {step}: {steps:#?}"
    );
    let idle = |one: &String| {
        one.starts_with("SCAN") && !one.contains("VIRTUAL TABLE") || one.contains("TEMP B-TREE")
    };
    assert!(!steps.iter().any(idle), "{sql}\n{steps:#?}");
}

#[test]
fn the_list_of_all_events_goes_by_time() {
    let same = "events_by_received (received_at_ms=? AND rowid<?)";
    let earlier = "events_by_received (received_at_ms>? AND received_at_ms<?)";
    for open in [None, Some(false)] {
        assert_goes_by(&events::range_sql(Same, open, false), same);
        assert_goes_by(&events::range_sql(Earlier, open, false), earlier);
    }
}

#[test]
fn the_list_of_one_stream_goes_by_stream_and_time() {
    let same = "events_by_stream (stream_id=? AND received_at_ms=? AND rowid<?)";
    let earlier = "events_by_stream (stream_id=? AND received_at_ms>? AND received_at_ms<?)";
    for open in [None, Some(false)] {
        assert_goes_by(&events::range_sql(Same, open, true), same);
        assert_goes_by(&events::range_sql(Earlier, open, true), earlier);
    }
}

#[test]
fn the_lists_of_open_events_touch_only_open_events() {
    let same = "events_open (received_at_ms=? AND rowid<?)";
    let earlier = "events_open (received_at_ms>? AND received_at_ms<?)";
    for of_stream in [false, true] {
        assert_goes_by(&events::range_sql(Same, Some(true), of_stream), same);
        assert_goes_by(&events::range_sql(Earlier, Some(true), of_stream), earlier);
    }
}

#[test]
fn one_event_its_history_and_its_attempts_are_found_by_key() {
    assert_goes_by(&events::record_sql(), "SEARCH e USING INTEGER PRIMARY KEY");
    assert_goes_by(&events::record_sql(), "deliveries_by_event (event_seq=?)");
    assert_goes_by(events::HISTORY, "SEARCH r USING PRIMARY KEY (event_seq=?)");
    assert_goes_by(deliveries::ATTEMPTS, "deliveries_by_event (event_seq=?)");
    assert_goes_by(&stored::load_sql(stored::BY_EVENT_ID), "(event_id=?)");
    assert_goes_by(
        &stored::load_sql(stored::OPEN_BY_SUBJECT),
        "events_open_subject (subject=?)",
    );
    assert_goes_by(stored::PAGES, "deliveries_by_event (event_seq=?)");
}

#[test]
fn a_search_goes_by_the_word_index_newest_first() {
    // The engine says in its own code that the order and the bound are left to the index.
    assert_goes_by(events::HITS, "events_words VIRTUAL TABLE");
}

#[test]
fn the_lists_of_deliveries_go_by_state_and_by_event() {
    let by_state = "deliveries_by_state (destination_id=? AND state=? AND rowid<?)";
    assert_goes_by(deliveries::BY_STATE, by_state);
    assert_goes_by(
        deliveries::OF_EVENT,
        "deliveries_by_event (event_seq=? AND rowid<?)",
    );
    assert_goes_by(deliveries::RECORD, "SEARCH d USING INTEGER PRIMARY KEY");
}

#[test]
fn leases_go_by_due_time_and_lanes_by_key() {
    assert_goes_by(
        outbox::DUE,
        "deliveries_due (destination_id=? AND due_at_ms<?)",
    );
    assert_goes_by(
        outbox::NEXT_DUE,
        "deliveries_due (destination_id=? AND due_at_ms>?)",
    );
    let lane = "deliveries_lane (dedup_key=? AND destination_id=?";
    for sql in [
        outbox::FIRST,
        outbox::HOLD_BACK,
        &outbox::step_back_sql(),
        owed::ADD,
    ] {
        assert_goes_by(sql, lane);
    }
    assert_goes_by(owed::CANCEL, "deliveries_by_event (event_seq=?)");
}

#[test]
fn a_look_walks_the_open_events_and_no_others() {
    let connection = Connection::open_in_memory().unwrap();
    migrate::run(&connection, "memory".as_ref(), Timestamp::UNIX_EPOCH).unwrap();
    let steps = steps(&connection, observe::OPEN_SUBJECTS);
    // The one walk that is meant: the index holds open events only.
    assert_eq!(
        steps[0], "SCAN e USING INDEX events_open_subject",
        "{steps:#?}"
    );
}

#[test]
fn updates_of_a_dead_trigger_go_by_lane() {
    assert_goes_by(outbox::CANCEL_UPDATES, "deliveries_lane");
}
