-- Rows as this version writes them, for the test that applies later migrations over real data.
INSERT INTO streams VALUES (1, 'stripe', 'stripe', 'payment', 'critical');
INSERT INTO streams VALUES (2, 'spreedly_status', 'spreedly', 'incident', 'warning');
INSERT INTO events (seq, event_id, stream_id, subject, is_open, routed, received_at_ms,
    updated_at_ms, started_at_ms, origin, vendor_status, change, request_id, summary, decision, raw)
VALUES (1, 'evt_sample', 1, 'evt_sample', 0, 1, 1705315200000, 1705315200000, 1705315200000,
    'live', '', 'new', 'req-1', 'payout.failed: po_1',
    '{"rule":"critical-always","reason":"severity is critical","targets":[{"destination":"pagerduty","mock":true}]}',
    '{"id":"evt_sample"}');
INSERT INTO events_words (rowid, event_id, summary) VALUES (1, 'evt_sample', 'payout.failed: po_1');
INSERT INTO events (seq, event_id, stream_id, subject, is_open, routed, revision, received_at_ms,
    updated_at_ms, started_at_ms, vendor_updated_at_ms, origin, vendor_status, change, request_id,
    summary, decision, raw)
VALUES (2, 'spreedly_status:i1', 2, 'spreedly_status:i1', 1, 0, 2, 1705315200000, 1705315260000,
    1705315200000, 1705315260000, 'live', 'identified', 'deescalated', 'req-2', 'Latency',
    '{"rule":"warning-off","reason":"severity is warning, and ROUTE_WARNING is off","targets":[]}',
    '{"id":"i1"}');
INSERT INTO events_words (rowid, event_id, summary) VALUES (2, 'spreedly_status:i1', 'Latency');
INSERT INTO revisions (event_seq, revision, observed_at_ms, change, severity, vendor_status,
    summary, decision, raw)
VALUES (2, 1, 1705315200000, 'new', 'critical', 'investigating', 'Latency',
    '{"rule":"critical-always","reason":"severity is critical","targets":[]}', '{"id":"i1"}');
INSERT INTO destinations (id, name, mock) VALUES (1, 'pagerduty', 1);
INSERT INTO destinations (id, name, mock, parked_until_ms, parked_reason, probe_id)
VALUES (2, 'pagerduty', 0, 1705315560000, 'unauthorized', NULL);
INSERT INTO deliveries (id, event_seq, destination_id, action, dedup_key, state, attempts, reason,
    created_at_ms, kept_from_ms, request_id)
VALUES (1, 1, 1, 'trigger', 'evt_sample', 'delivered', 1, 'accepted', 1705315200000, 1705315200000,
    'req-1');
INSERT INTO attempts VALUES (1, 1, 1705315200100, 12, 'delivered', 'accepted', 202);
INSERT INTO pages VALUES ('spreedly_status', 'https://status.example.com/api/v2/summary.json',
    'abc', 1705315260000, 2, 1, 1, 'live', '"e1"', NULL, 1705315260000);
INSERT INTO heartbeat VALUES (1, 7);
