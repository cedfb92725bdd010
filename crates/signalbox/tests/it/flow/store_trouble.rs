//! A store that cannot take more: the real binary on a file that may not grow.

use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, SECRET, Served, event, sign_at};

/// Sends an event of 64 KiB.
async fn post(served: &Served, n: usize, now: i64) -> Answer {
    let pad = format!(",\"pad\":\"{}\"", "x".repeat(65_000));
    let body = event(
        &format!("\"evt_{n}\""),
        "\"payout.paid\"",
        "1705315200",
        &pad,
    );
    let call = served.call(Method::POST, "/ingest/stripe");
    call.header("stripe-signature", &sign_at(SECRET, &body, now))
        .body(body)
        .send()
        .await
}

#[tokio::test]
async fn a_binary_on_a_full_disk_refuses_what_it_cannot_keep_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start_cramped(folder.path(), 4_096).await;
    let now = crate::support::now();
    let mut kept = Vec::new();
    let refused = loop {
        let n = kept.len();
        assert!(n < 200, "the file is not full yet");
        let answer = post(&served, n, now).await;
        if answer.status != 200 {
            break answer;
        }
        kept.push(format!("evt_{n}"));
    };
    refused.problem(503, "store_unavailable");
    assert!(!refused.header("retry-after").is_empty());
    assert!(kept.len() > 10, "{}", kept.len());
    for n in 500..510 {
        post(&served, n, now)
            .await
            .problem(503, "store_unavailable");
    }
    served
        .call(Method::GET, "/readyz")
        .send()
        .await
        .problem(503, "store_unavailable");
    served
        .call(Method::GET, "/healthz")
        .send()
        .await
        .expect(200);
    let list = served
        .call(Method::GET, "/events?limit=1")
        .send()
        .await
        .expect(200);
    assert_eq!(list["events"][0]["event_id"], kept.last().unwrap().as_str());
    served.finish().await;

    let served = Served::start(folder.path(), &[]).await;
    let mut found = Vec::new();
    let mut path = "/events?limit=20".to_owned();
    loop {
        let list = served.call(Method::GET, &path).send().await.expect(200);
        let events = list["events"].as_array().unwrap();
        found.extend(
            events
                .iter()
                .map(|event| event["event_id"].as_str().unwrap().to_owned()),
        );
        let Some(cursor) = list["next_cursor"].as_str() else {
            break;
        };
        path = format!("/events?limit=20&cursor={cursor}");
    }
    found.reverse();
    assert_eq!(found, kept);
    post(&served, 500, now)
        .await
        .expect_json(200, &json!({ "received": true }));
    served.finish().await;
}
