//! `GET /events`.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::{TestHub, fixture, with_type};

/// Stores seven payments, a minute apart, and the fixtures a minute later.
async fn hub_with_events() -> TestHub {
    let hub = TestHub::start().await;
    for (n, event_type) in ["payout.failed", "payout.paid", "charge.failed"]
        .iter()
        .cycle()
        .take(7)
        .enumerate()
    {
        hub.take(with_type(&format!("evt_{n}"), event_type)).await;
        hub.clock.advance(SignedDuration::from_mins(1));
    }
    hub.pull().await.expect(200);
    hub
}

const INCIDENT: &str = "spreedly_status:inc_spreedly_1";
const STATE: &str = "braze_status:comp_dashboard:2024-01-15T11:00:00Z";

#[tokio::test]
async fn an_empty_hub_lists_nothing() {
    let hub = TestHub::start().await;
    hub.get("/events")
        .await
        .expect_text(200, r#"{"events":[],"next_cursor":null}"#);
    hub.finish().await;
}

#[tokio::test]
async fn an_event_has_exactly_its_fields() {
    let hub = TestHub::start().await;
    hub.take(fixture("stripe/payout_failed.json")).await;
    let event = hub.events("").await.remove(0);
    let fields: BTreeSet<_> = event
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let expected = BTreeSet::from([
        "event_id",
        "source",
        "kind",
        "severity",
        "service",
        "summary",
        "description",
        "started_at",
        "resolved_at",
        "raw",
        "routed",
        "delivered_to",
        "received_at",
        "updated_at",
        "duplicates",
        "component",
        "origin",
        "livemode",
    ]);
    assert_eq!(fields, expected);
    hub.finish().await;
}

#[tokio::test]
async fn the_newest_received_stands_first() {
    let hub = hub_with_events().await;
    let ids = hub.event_ids("source=stripe").await;
    assert_eq!(
        ids,
        [
            "evt_6", "evt_5", "evt_4", "evt_3", "evt_2", "evt_1", "evt_0"
        ]
    );
    let all = hub.event_ids("").await;
    assert_eq!(all.len(), 9);
    assert_eq!(all[2..], ids);
    hub.finish().await;
}

#[tokio::test]
async fn each_filter_restricts_and_all_of_them_combine() {
    let hub = hub_with_events().await;
    let critical = ["evt_6", "evt_3", "evt_0"];
    for (query, expected) in [
        ("severity=critical&source=stripe", &critical[..]),
        ("severity=info", &["evt_4", "evt_1"]),
        ("source=spreedly_status", &[INCIDENT]),
        ("service=braze", &[STATE]),
        ("kind=incident", &[INCIDENT]),
        ("kind=status", &[STATE]),
        ("kind=payment&severity=warning", &["evt_5", "evt_2"]),
        ("source=nobody", &[]),
        ("open=true&kind=incident", &[INCIDENT]),
        ("open=true&kind=payment", &[]),
        ("open=false&severity=critical", &critical),
        (
            "since=2024-01-15T12:05:00Z&source=stripe",
            &["evt_6", "evt_5"],
        ),
        ("until=2024-01-15T12:01:00Z", &["evt_0"]),
        (
            "since=2024-01-15T12:01:00Z&until=2024-01-15T12:03:00Z",
            &["evt_2", "evt_1"],
        ),
        (
            "since=2024-01-15T13:01:00%2B01:00&until=2024-01-15T12:02:00Z",
            &["evt_1"],
        ),
        ("since=2024-01-15T12:03:00Z&until=2024-01-15T12:03:00Z", &[]),
        ("q=gateway", &[INCIDENT]),
        ("q=GATEWAY+latency", &[INCIDENT]),
        ("q=dashboard", &[STATE]),
        ("q=evt_3", &["evt_3"]),
        ("q=gateway+dashboard", &[]),
        ("q=gatewa", &[]),
        ("q=gateway&severity=warning", &[]),
        ("limit=2&source=stripe", &["evt_6", "evt_5"]),
        (
            "limit=1&source=stripe&service=stripe&kind=payment&severity=critical&open=false\
             &since=2024-01-15T12:00:00Z&until=2024-01-15T13:00:00Z&q=payout.failed",
            &["evt_6"],
        ),
    ] {
        assert_eq!(hub.event_ids(query).await, expected, "{query}");
    }
    let open: BTreeSet<_> = hub.event_ids("open=true").await.into_iter().collect();
    assert_eq!(
        open,
        BTreeSet::from([INCIDENT.to_owned(), STATE.to_owned()])
    );
    hub.finish().await;
}

#[tokio::test]
async fn a_walk_along_the_cursor_shows_each_event_once_under_every_filter() {
    let hub = hub_with_events().await;
    for filter in [
        "",
        "severity=critical",
        "source=stripe",
        "open=true",
        "q=payout",
        "open=false&kind=payment",
    ] {
        for limit in [1, 2, 3, 500] {
            let mut walked = Vec::new();
            let mut path = format!("/events?limit={limit}&{filter}");
            loop {
                let answer = hub.get(&path).await;
                let list = answer.expect(200);
                let events = list["events"].as_array().unwrap();
                assert!(events.len() <= limit);
                walked.extend(events.iter().map(|event| event["event_id"].clone()));
                let Some(cursor) = list["next_cursor"].as_str() else {
                    assert_eq!(answer.header("link"), "");
                    break;
                };
                path = next_page(answer.header("link"), cursor);
            }
            let expected: Vec<_> = hub
                .event_ids(filter)
                .await
                .into_iter()
                .map(Value::from)
                .collect();
            assert_eq!(walked, expected, "{filter} by {limit}");
        }
    }
    hub.finish().await;
}

/// Takes the path out of a `Link` header and requires that it carries the cursor.
fn next_page(link: &str, cursor: &str) -> String {
    let path = link
        .strip_prefix('<')
        .unwrap()
        .strip_suffix(">; rel=\"next\"")
        .unwrap();
    assert!(path.ends_with(&format!("cursor={cursor}")), "{link}");
    path.to_owned()
}

#[tokio::test]
async fn a_walk_is_not_disturbed_by_what_arrives_meanwhile() {
    let hub = hub_with_events().await;
    let first = hub.get("/events?limit=4").await.expect(200);
    hub.take(with_type("evt_late", "payout.failed")).await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = hub.event_ids(&format!("limit=500&cursor={cursor}")).await;
    assert_eq!(rest, ["evt_4", "evt_3", "evt_2", "evt_1", "evt_0"]);
    hub.finish().await;
}

#[tokio::test]
async fn a_cursor_holds_for_its_own_list_and_filters_only() {
    let hub = hub_with_events().await;
    let list = hub
        .get("/events?limit=1&severity=critical")
        .await
        .expect(200);
    let cursor = list["next_cursor"].as_str().unwrap();
    hub.get(&format!(
        "/events?limit=7&severity=critical&cursor={cursor}"
    ))
    .await
    .expect(200);
    for path in [
        format!("/events?cursor={cursor}"),
        format!("/events?severity=warning&cursor={cursor}"),
        format!("/events?severity=critical&open=false&cursor={cursor}"),
        format!("/deliveries?cursor={cursor}"),
        format!("/events?severity=critical&cursor={cursor}A"),
        format!("/events?severity=critical&cursor={}", &cursor[1..]),
        "/events?severity=critical&cursor=x".into(),
        "/events?severity=critical&cursor=%00".into(),
        "/events?severity=critical&cursor=".into(),
    ] {
        let detail = hub.get(&path).await.problem(400, "invalid_parameter");
        assert!(detail.starts_with("cursor: expected"), "{path}: {detail}");
    }
    hub.finish().await;
}

#[tokio::test]
async fn a_bad_value_is_refused_by_the_name_of_its_parameter() {
    let hub = TestHub::start().await;
    let words = ["word"; 9].join("+");
    let long = "x".repeat(513);
    for (query, name) in [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=-1", "limit"),
        ("limit=1.5", "limit"),
        ("limit=ten", "limit"),
        ("limit=", "limit"),
        ("limit=99999999999999999999", "limit"),
        ("kind=outage", "kind"),
        ("kind=Payment", "kind"),
        ("kind=", "kind"),
        ("severity=fatal", "severity"),
        ("severity=critical,warning", "severity"),
        ("since=yesterday", "since"),
        ("since=2024-01-15", "since"),
        ("since=1705315200", "since"),
        ("since=1969-12-31T23:59:59Z", "since"),
        ("since=2024-01-15T13:00:00+01:00", "since"),
        ("until=9999-01-01T00:00:00Z", "until"),
        ("until=", "until"),
        ("open=maybe", "open"),
        ("open=1", "open"),
        ("open=TRUE", "open"),
        ("source=", "source"),
        (&format!("source={long}"), "source"),
        ("service=%00", "service"),
        ("q=", "q"),
        ("q=++", "q"),
        (&format!("q={words}"), "q"),
        (&format!("q={long}"), "q"),
        ("limit=5&limit=5", "limit"),
        ("source=a&limit=1&source=a", "source"),
    ] {
        let detail = hub
            .get(&format!("/events?{query}"))
            .await
            .problem(400, "invalid_parameter");
        assert!(
            detail.starts_with(&format!("{name}: expected")),
            "{query}: {detail}"
        );
    }
    for (query, name) in [
        ("page=2", "page"),
        ("Limit=5", "Limit"),
        ("limit=5&x%0Ay=1", "xy"),
        ("=1", ""),
    ] {
        let detail = hub
            .get(&format!("/events?{query}"))
            .await
            .problem(400, "invalid_parameter");
        assert!(
            detail.starts_with(&format!("{name}: unknown parameter")),
            "{query}: {detail}"
        );
        assert!(
            detail.contains("severity"),
            "it lists what is known: {detail}"
        );
    }
    hub.finish().await;
}

#[tokio::test]
async fn a_search_takes_any_words_without_a_syntax_of_its_own() {
    let hub = hub_with_events().await;
    for word in [
        "%22",
        "*",
        "gate*",
        "NEAR(a+b)",
        "a+OR+b",
        "NOT+a",
        "-a",
        "^a",
        "a:b",
        "summary:gateway",
        "%25",
        "_",
        "'",
        ";",
        "--",
        "(",
        ")",
        "%F0%9F%98%80",
        "%FF",
        "AND",
        "{a}",
        "%5C",
    ] {
        let list = hub.get(&format!("/events?q={word}")).await.expect(200);
        assert_eq!(list["events"], json!([]), "{word}");
    }
    for word in ["payout.failed", "inc_spreedly_1", "gateway", "pAyMeNt"] {
        let found = hub.event_ids(&format!("q={word}")).await;
        assert!(!found.is_empty(), "{word}");
    }
    hub.finish().await;
}

#[tokio::test]
async fn thousands_of_parameters_are_refused_like_one() {
    let hub = TestHub::start().await;
    let names: Vec<_> = (0..9_000).map(|n| format!("p{n}")).collect();
    hub.get(&format!("/events?{}", names.join("&")))
        .await
        .problem(400, "invalid_parameter");
    hub.finish().await;
}
