-- The distinct combinations that lists filter by. There are a few per source, so a filtered list
-- is a merge of the newest rows of the matching streams, whatever the filter and however many rows.
CREATE TABLE streams (
    id       INTEGER PRIMARY KEY,
    source   TEXT NOT NULL,
    service  TEXT NOT NULL,
    kind     TEXT NOT NULL,
    severity TEXT NOT NULL,
    UNIQUE (source, service, kind, severity)
) STRICT;

-- One row per event: its latest state. Long columns last, so that short ones are read without them.
CREATE TABLE events (
    seq                  INTEGER PRIMARY KEY,
    event_id             TEXT    NOT NULL UNIQUE,
    stream_id            INTEGER NOT NULL REFERENCES streams (id),
    subject              TEXT    NOT NULL,
    is_open              INTEGER NOT NULL,
    routed               INTEGER NOT NULL,
    revision             INTEGER NOT NULL DEFAULT 1,
    duplicates           INTEGER NOT NULL DEFAULT 0,
    received_at_ms       INTEGER NOT NULL,
    updated_at_ms        INTEGER NOT NULL,
    started_at_ms        INTEGER NOT NULL,
    resolved_at_ms       INTEGER,
    vendor_updated_at_ms INTEGER,
    missing_at_ms        INTEGER,
    is_orphan            INTEGER NOT NULL DEFAULT 0,
    livemode             INTEGER,
    origin               TEXT    NOT NULL,
    vendor_status        TEXT    NOT NULL,
    change               TEXT    NOT NULL,
    evidence             TEXT,
    request_id           TEXT    NOT NULL,
    component            TEXT,
    summary              TEXT    NOT NULL,
    decision             TEXT    NOT NULL,
    description          TEXT,
    raw                  TEXT    NOT NULL
) STRICT;
CREATE INDEX events_by_received ON events (received_at_ms);
CREATE INDEX events_by_stream ON events (stream_id, received_at_ms);
CREATE INDEX events_open ON events (received_at_ms) WHERE is_open = 1;
CREATE INDEX events_open_subject ON events (subject) WHERE is_open = 1;

-- Earlier states of an event, moved here when a newer one replaces them.
CREATE TABLE revisions (
    event_seq      INTEGER NOT NULL REFERENCES events (seq) ON DELETE CASCADE,
    revision       INTEGER NOT NULL,
    observed_at_ms INTEGER NOT NULL,
    change         TEXT    NOT NULL,
    evidence       TEXT,
    severity       TEXT    NOT NULL,
    vendor_status  TEXT    NOT NULL,
    resolved_at_ms INTEGER,
    summary        TEXT    NOT NULL,
    decision       TEXT    NOT NULL,
    description    TEXT,
    raw            TEXT    NOT NULL,
    PRIMARY KEY (event_seq, revision)
) STRICT, WITHOUT ROWID;

-- Whole words of what people search for. Contentless: the text stands in `events` only.
CREATE VIRTUAL TABLE events_words USING fts5 (
    event_id, summary, description, component,
    content = '', columnsize = 0, tokenize = 'unicode61 remove_diacritics 2'
);
-- Each commit adds a segment. Merging sixteen at a time instead of four writes each word half as
-- often; a search looks into a few more segments.
INSERT INTO events_words (events_words, rank) VALUES ('crisismerge', 64);
INSERT INTO events_words (events_words, rank) VALUES ('automerge', 16);

-- Destinations that deliveries were ever owed to, and whether one is parked. Out of the park, one
-- delivery goes ahead as a probe; until it is settled or its lease ends, the park goes on.
CREATE TABLE destinations (
    id              INTEGER PRIMARY KEY,
    name            TEXT    NOT NULL,
    mock            INTEGER NOT NULL,
    parked_until_ms INTEGER,
    parked_reason   TEXT,
    probe_id        INTEGER,
    UNIQUE (name, mock)
) STRICT;

-- The outbox. A lane is all that is owed to one destination under one key, in order of `id`; only
-- its first pending row has a `due_at_ms`, the others wait for it with none. While a row is leased,
-- `due_at_ms` is the end of the lease, and `attempts` fences the holder.
CREATE TABLE deliveries (
    id             INTEGER PRIMARY KEY,
    event_seq      INTEGER NOT NULL REFERENCES events (seq) ON DELETE CASCADE,
    destination_id INTEGER NOT NULL REFERENCES destinations (id),
    action         TEXT    NOT NULL,
    dedup_key      TEXT    NOT NULL,
    state          TEXT    NOT NULL,
    attempts       INTEGER NOT NULL DEFAULT 0,
    backoff_base   INTEGER NOT NULL DEFAULT 0,
    reason         TEXT,
    created_at_ms  INTEGER NOT NULL,
    kept_from_ms   INTEGER NOT NULL,
    due_at_ms      INTEGER,
    request_id     TEXT    NOT NULL
) STRICT;
CREATE INDEX deliveries_due ON deliveries (destination_id, due_at_ms) WHERE due_at_ms IS NOT NULL;
CREATE INDEX deliveries_lane ON deliveries (dedup_key, destination_id) WHERE state = 'pending';
CREATE INDEX deliveries_by_event ON deliveries (event_seq);
CREATE INDEX deliveries_by_state ON deliveries (destination_id, state);

CREATE TABLE attempts (
    delivery_id   INTEGER NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    attempt       INTEGER NOT NULL,
    ended_at_ms   INTEGER NOT NULL,
    duration_ms   INTEGER NOT NULL,
    outcome       TEXT    NOT NULL,
    reason        TEXT    NOT NULL,
    status        INTEGER,
    PRIMARY KEY (delivery_id, attempt)
) STRICT, WITHOUT ROWID;

-- What is known of each polled page since its last valid answer.
CREATE TABLE pages (
    source             TEXT PRIMARY KEY,
    url                TEXT    NOT NULL,
    page_id            TEXT,
    page_updated_at_ms INTEGER,
    n_items            INTEGER NOT NULL,
    n_components       INTEGER NOT NULL,
    proves_absence     INTEGER NOT NULL,
    origin             TEXT    NOT NULL,
    etag               TEXT,
    last_modified      TEXT,
    seen_at_ms         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Written by readiness checks, to know that writing works.
CREATE TABLE heartbeat (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    n  INTEGER NOT NULL
) STRICT;
