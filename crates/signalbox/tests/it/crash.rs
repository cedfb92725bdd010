//! The real process, killed where it stands, again and again.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use futures_util::future::{join, join_all};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    FakePager, Lots, SECRET, Served, crash_rounds, eventually, now, sign_at, with_type, within,
};

/// Senders at a time.
const SENDERS: usize = 6;
/// Most events that are acknowledged before a kill.
const ACKNOWLEDGED_MAX: u64 = 120;
/// Longest until everything owed has arrived; the lease of a killed process may have to end first.
const ARRIVAL_MAX: Duration = Duration::from_secs(90);

/// What became of what was sent, as the senders saw it.
#[derive(Debug, Default)]
struct Ledger {
    /// Answered with 200: these must be there.
    acknowledged: BTreeSet<String>,
    /// Answered with 400: these must not.
    refused: BTreeSet<String>,
    /// Sent under a good signature, whatever came back: only these may be there.
    sent: BTreeSet<String>,
}

/// Every second event is critical, and so owed to the pager; the others are warnings.
fn body(id: &str) -> String {
    let critical = is_critical(id);
    with_type(
        id,
        if critical {
            "payout.failed"
        } else {
            "charge.failed"
        },
    )
}

fn is_critical(id: &str) -> bool {
    id.ends_with(['0', '2', '4', '6', '8'])
}

async fn serve(folder: &Path, pager: &FakePager) -> Served {
    let url = pager.events_url();
    let variables = [
        ("PAGERDUTY_ROUTING_KEY", FakePager::KEY),
        ("PAGERDUTY_EVENTS_URL", &url),
    ];
    Served::start(folder, &variables).await
}

/// Sends event after event until the hub is gone.
async fn send_until_gone(served: &Served, name: &str, ledger: &RefCell<Ledger>) {
    for n in 0.. {
        let id = format!("evt_{name}_{n}");
        let (body, forged) = (body(&id), n % 7 == 6);
        let secret = if forged { "whsec_forged" } else { SECRET };
        if !forged {
            ledger.borrow_mut().sent.insert(id.clone());
        }
        let call = served.call(Method::POST, "/ingest/stripe");
        let call = call.header("stripe-signature", &sign_at(secret, &body, now()));
        let Some(answer) = call.body(body).try_send().await else {
            return;
        };
        match answer.status {
            200 if !forged => {
                assert_eq!(answer.json()["received"], true);
                ledger.borrow_mut().acknowledged.insert(id);
            }
            400 if forged => {
                ledger.borrow_mut().refused.insert(id);
            }
            503 => {}
            status => panic!("{id}: {status} {}", answer.text()),
        }
    }
}

/// Lets several senders send and kills the hub in the middle of it.
async fn round(served: Served, number: u64, lots: &mut Lots, ledger: &RefCell<Ledger>) {
    let enough = ledger.borrow().acknowledged.len() as u64 + 1 + lots.below(ACKNOWLEDGED_MAX);
    let n_breaths = lots.below(8);
    let names: Vec<_> = (0..SENDERS)
        .map(|sender| format!("{number}_{sender}"))
        .collect();
    let sending = join_all(
        names
            .iter()
            .map(|name| send_until_gone(&served, name, ledger)),
    );
    let killing = async {
        eventually("enough acknowledged", async || {
            (ledger.borrow().acknowledged.len() as u64 >= enough).then_some(())
        })
        .await;
        // Not always at the moment of an answer.
        for _ in 0..n_breaths {
            tokio::task::yield_now().await;
        }
        served.kill_now().await;
    };
    join(sending, killing).await;
    served.reap().await;
}

/// Walks along the whole list, oldest last.
async fn walk(served: &Served) -> Vec<Value> {
    let mut events = Vec::new();
    let mut path = "/events?limit=200".to_owned();
    loop {
        let list = served.call(Method::GET, &path).send().await.expect(200);
        events.extend(list["events"].as_array().unwrap().clone());
        let Some(cursor) = list["next_cursor"].as_str() else {
            return events;
        };
        path = format!("/events?limit=200&cursor={cursor}");
    }
}

#[tokio::test]
async fn after_a_crash_everything_acknowledged_is_there_once_and_everything_owed_arrives() {
    let pager = FakePager::accepting().await;
    let folder = tempfile::tempdir().unwrap();
    let ledger = RefCell::new(Ledger::default());
    let mut lots = Lots::seeded(7);
    for number in 0..crash_rounds() {
        let served = serve(folder.path(), &pager).await;
        round(served, number, &mut lots, &ledger).await;
    }
    let served = serve(folder.path(), &pager).await;
    let ledger = ledger.into_inner();
    let events = walk(&served).await;
    let mut n_found = BTreeMap::<&str, usize>::new();
    for event in &events {
        *n_found
            .entry(event["event_id"].as_str().unwrap())
            .or_default() += 1;
    }
    assert!(n_found.values().all(|n| *n == 1), "an event is there twice");
    for id in &ledger.acknowledged {
        assert!(
            n_found.contains_key(id.as_str()),
            "{id} was acknowledged and is lost"
        );
    }
    assert!(!ledger.refused.is_empty());
    for id in n_found.keys() {
        assert!(
            ledger.sent.contains(*id),
            "{id} was never sent, or was refused"
        );
    }

    within(ARRIVAL_MAX, "everything owed delivered", async || {
        let list = served
            .call(Method::GET, "/deliveries?state=pending&limit=1")
            .send()
            .await;
        (list.expect(200)["deliveries"] == json!([])).then_some(())
    })
    .await;
    let keys = pager.keys_by_event();
    for id in n_found.keys() {
        let own = BTreeSet::from([(*id).to_owned()]);
        let expected = is_critical(id).then_some(&own);
        assert_eq!(keys.get(*id), expected, "{id}");
    }
    assert!(
        keys.keys().all(|id| n_found.contains_key(id.as_str())),
        "a page for what is not there"
    );
    let dead = served
        .call(Method::GET, "/deliveries?state=dead")
        .send()
        .await
        .expect(200);
    assert_eq!(dead["deliveries"], json!([]));

    for id in ledger.acknowledged.iter().step_by(11) {
        let body = body(id);
        let call = served.call(Method::POST, "/ingest/stripe");
        let call = call
            .header("stripe-signature", &sign_at(SECRET, &body, now()))
            .body(body);
        call.send()
            .await
            .expect_json(200, &json!({ "received": true, "deduped": true }));
    }
    let n_pages = pager.seen().len();
    assert_eq!(walk(&served).await.len(), events.len());
    served.finish().await;
    assert_eq!(pager.seen().len(), n_pages, "a duplicate pages nobody");
}

#[tokio::test]
async fn a_delivery_that_a_crash_interrupted_is_made_again_under_the_same_key() {
    let pager = FakePager::accepting().await;
    pager.then([crate::support::Reply::silent()]);
    let folder = tempfile::tempdir().unwrap();
    let served = serve(folder.path(), &pager).await;
    let body = body("evt_0");
    let call = served.call(Method::POST, "/ingest/stripe");
    let call = call
        .header("stripe-signature", &sign_at(SECRET, &body, now()))
        .body(body);
    call.send().await.expect(200);
    pager.wait_for(1).await;
    served.kill_now().await;
    served.reap().await;

    let served = serve(folder.path(), &pager).await;
    // No other process can hold its lease, so nobody needs to wait for its end.
    within(Duration::from_secs(10), "the page, again", async || {
        (pager.seen().len() == 2).then_some(())
    })
    .await;
    let page = ("trigger".to_owned(), "evt_0".to_owned());
    assert_eq!(pager.asked(), [page.clone(), page]);
    within(
        Duration::from_secs(10),
        "the delivery on record",
        async || {
            let event = served
                .call(Method::GET, "/events/evt_0")
                .send()
                .await
                .expect(200);
            let log = event["deliveries"][0]["log"].as_array().unwrap().clone();
            let reasons: Vec<_> = log
                .iter()
                .map(|attempt| attempt["reason"].clone())
                .collect();
            (reasons == ["unknown", "accepted"]).then_some(())
        },
    )
    .await;
    served.finish().await;
}
