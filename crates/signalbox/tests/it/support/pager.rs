//! A fake of PagerDuty's Events API v2.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;

use serde_json::{Value, json};

use super::fake::Seen;
use super::{Fake, Reply};

/// A destination that takes pages and remembers them.
#[derive(Debug)]
pub(crate) struct FakePager(Fake);

impl FakePager {
    /// The routing key that hubs are configured with.
    pub(crate) const KEY: &'static str = "R0UT1NGK3Y0F32CHARACTERS00000000";
    /// The path of the enqueue URL.
    pub(crate) const PATH: &'static str = "/v2/enqueue";

    /// Starts one that takes everything.
    pub(crate) async fn accepting() -> Self {
        Self(Fake::answering(Self::accepted()).await)
    }

    /// The answer that PagerDuty gives to what it takes.
    pub(crate) fn accepted() -> Reply {
        Reply::json(
            202,
            &json!({ "status": "success", "message": "Event processed" }),
        )
    }

    pub(crate) fn events_url(&self) -> String {
        self.0.url(Self::PATH)
    }

    /// Returns what was asked of it so far: action and key, oldest first, repetitions included.
    pub(crate) fn asked(&self) -> Vec<(String, String)> {
        self.bodies().iter().map(action_and_key).collect()
    }

    /// Waits for a number of requests and returns action and key of each.
    pub(crate) async fn wait_asked(&self, n_requests: usize) -> Vec<(String, String)> {
        self.0.wait_for(n_requests).await;
        self.asked()
    }

    pub(crate) fn bodies(&self) -> Vec<Value> {
        self.0.seen().iter().map(Seen::json).collect()
    }

    /// Returns the keys under which each event was triggered.
    pub(crate) fn keys_by_event(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut keys = BTreeMap::<_, BTreeSet<String>>::new();
        for body in self
            .bodies()
            .iter()
            .filter(|body| body["event_action"] == "trigger")
        {
            let event_id = body["payload"]["custom_details"]["event_id"]
                .as_str()
                .unwrap();
            let (_, key) = action_and_key(body);
            keys.entry(event_id.to_owned()).or_default().insert(key);
        }
        keys
    }
}

impl Deref for FakePager {
    type Target = Fake;

    fn deref(&self) -> &Fake {
        &self.0
    }
}

fn action_and_key(body: &Value) -> (String, String) {
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    (text("event_action"), text("dedup_key"))
}
