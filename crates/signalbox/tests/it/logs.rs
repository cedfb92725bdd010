//! What the log says, and above all what it does not.

use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    Answer, Fake, FakePager, PageDocument, Reply, SECRET, Served, event, failed_payout, now,
    sign_at,
};

/// Secrets and payloads that go in, each recognisable should it come out.
const MARKERS: [&str; 12] = [
    "MARKSECRET",
    "MARKTOKEN",
    "MARKWRONGTOKEN",
    "MARKKEY",
    "MARKAPIKEY",
    "MARKURL",
    "MARKBODY",
    "MARKSIGNATURE",
    "MARKPAGE",
    "MARKANSWER",
    "MARKTEXT",
    "MARKQUERY",
];

/// Requires that nothing confidential stands in a text.
#[track_caller]
fn assert_clean(text: &str, signatures: &[String]) {
    for secret in MARKERS
        .into_iter()
        .chain(signatures.iter().map(String::as_str))
    {
        let found = text.lines().find(|line| line.contains(secret));
        assert!(
            found.is_none(),
            "{secret} stands in: {}",
            found.unwrap_or_default()
        );
    }
}

/// A hub that logs everything, with a marked secret in every setting that takes one.
async fn talkative_hub(filter: &str, folder: &Path, pager: &FakePager, page: &Fake) -> Served {
    let page_url = page.url("/summary.json?token=MARKURL");
    let variables = [
        ("RUST_LOG", filter),
        ("STRIPE_WEBHOOK_SECRET", "whsec_MARKSECRET"),
        ("STRIPE_API_KEY", "sk_MARKAPIKEY"),
        ("API_TOKEN", "MARKTOKEN"),
        ("PAGERDUTY_ROUTING_KEY", "MARKKEY"),
        ("PAGERDUTY_EVENTS_URL", &pager.events_url()),
        ("SPREEDLY_STATUS_SUMMARY_URL", &page_url),
    ];
    Served::start(folder, &variables).await
}

/// Sends what hubs are sent, good and bad, and returns the answers.
async fn traffic(served: &Served, signatures: &mut Vec<String>) -> Vec<Answer> {
    let mut answers = Vec::new();
    let marked = |id: &str| failed_payout(id).replace("po_1", "po_MARKBODY");
    let bodies = [
        marked("evt_1"),
        marked("evt_1"),
        marked("evt_2"),
        event("\"evt_3\"", "\"payout.failed\"", "\"MARKBODY\"", ""),
        "{\"id\":\"MARKBODY".to_owned(),
        format!("{{\"id\":\"evt_4\",\"MARKBODY\":{}", "x".repeat(1_100_000)),
    ];
    for body in bodies {
        let signature = sign_at("whsec_MARKSECRET", &body, now());
        let call = served
            .call(Method::POST, "/ingest/stripe")
            .header("stripe-signature", &signature);
        answers.push(call.body(body).send().await);
        signatures.push(signature.split_once("v1=").unwrap().1.to_owned());
    }
    for signature in [
        "MARKSIGNATURE",
        "t=1,v1=MARKSIGNATURE",
        &format!("t=1,v1={}", "ab".repeat(32)),
    ] {
        let call = served
            .call(Method::POST, "/ingest/stripe")
            .header("stripe-signature", signature);
        answers.push(call.body(marked("evt_5")).send().await);
    }
    signatures.push("ab".repeat(32));
    let get = |path: &str| served.call(Method::GET, path);
    let post = |path: &str, body: &Value| served.call(Method::POST, path).json(body);
    answers.push(get("/events").send().await);
    for call in [
        get("/events").bearer("MARKWRONGTOKEN"),
        get("/events?q=MARKQUERY").bearer("MARKTOKEN"),
        get("/events?limit=MARKQUERY").bearer("MARKTOKEN"),
        get("/events?limit=0&x=MARKQUERY").bearer("MARKTOKEN"),
        get("/deliveries?cursor=MARKQUERY").bearer("MARKTOKEN"),
        post("/ai/summarize", &json!({ "text": "MARKTEXT is down" })).bearer("MARKTOKEN"),
        post("/ai/summarize", &json!({ "txet": "MARKTEXT" })).bearer("MARKTOKEN"),
        post(
            "/destinations/pagerduty",
            &json!({ "event_id": "e", "summary": "MARKBODY" }),
        )
        .bearer("MARKTOKEN"),
        served
            .call(Method::POST, "/ingest/pull-status")
            .bearer("MARKTOKEN"),
        served
            .call(Method::POST, "/ingest/pull-status")
            .bearer("MARKTOKEN"),
        served
            .call(Method::POST, "/ingest/pull-status")
            .bearer("MARKTOKEN"),
    ] {
        answers.push(call.send().await);
    }
    answers
}

#[tokio::test]
async fn no_secret_and_no_payload_stands_in_the_log_of_the_binary_at_any_level() {
    // The second filter asks for modules that see heads and bodies pass, one by one.
    let modules = "trace,hyper=trace,hyper::proto=trace,hyper::proto::h1::role=trace,\
                   hyper::proto::h1::io=trace,hyper_util::client=trace,reqwest::connect=trace,\
                   hyper_util::client::legacy::pool=trace,axum::rejection=trace,tokio=trace";
    for filter in ["trace", modules] {
        check_log(filter).await;
    }
}

async fn check_log(filter: &str) {
    let pager = FakePager::accepting().await;
    let refusal = json!({ "status": "invalid event", "message": "MARKANSWER MARKKEY" });
    pager.then([500, 400, 401].map(|status| Reply::json(status, &refusal)));
    let at = "2024-01-15T11:00:00Z";
    let document = PageDocument::edited(at).incident("i1", "critical", "investigating", at);
    let page = Fake::answering(Reply::text("{\"components\": MARKPAGE")).await;
    page.then([
        document
            .with("/incidents/0/name", json!("MARKPAGE"))
            .reply()
            .header("etag", "\"e\""),
        Reply::redirect("http://MARKURL.example/"),
    ]);
    let folder = tempfile::tempdir().unwrap();
    let served = talkative_hub(filter, folder.path(), &pager, &page).await;
    let mut signatures = Vec::new();
    let answers = traffic(&served, &mut signatures).await;
    pager.wait_for(3).await;
    for answer in answers.iter().filter(|answer| answer.status >= 400) {
        assert_clean(answer.text(), &signatures);
    }
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    for status in [200, 400, 401, 413] {
        assert!(statuses.contains(&status), "{statuses:?}");
    }
    let output = served.finish().await;
    assert!(output.contains("\"DEBUG\""), "more than usual is logged");
    assert_clean(&output, &signatures);
}

/// Lets a hub page and fail, and returns the lines of its log.
async fn log_of_some_pages() -> Vec<Value> {
    let pager = FakePager::accepting().await;
    pager.then([Reply::status(500), Reply::status(400)]);
    let folder = tempfile::tempdir().unwrap();
    let events_url = pager.events_url();
    let variables = [
        ("PAGERDUTY_ROUTING_KEY", "key"),
        ("PAGERDUTY_EVENTS_URL", events_url.as_str()),
    ];
    let served = Served::start(folder.path(), &variables).await;
    for (id, request_id) in [("evt_1", "trace-1"), ("evt_2", "trace-2")] {
        let body = failed_payout(id);
        let call = served
            .call(Method::POST, "/ingest/stripe")
            .header("x-request-id", request_id);
        let call = call.header("stripe-signature", &sign_at(SECRET, &body, now()));
        call.body(body).send().await.expect(200);
    }
    pager.wait_for(3).await;
    let missing = served.call(Method::GET, "/nope\u{2028}?x=%0a").send().await;
    missing.problem(404, "not_found");
    let output = served.finish().await;
    let read = |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
    output.lines().map(read).collect()
}

#[tokio::test]
async fn each_log_line_of_the_binary_is_one_json_object_with_its_ids() {
    let lines = log_of_some_pages().await;
    for line in &lines {
        for field in ["timestamp", "level", "target", "message"] {
            assert!(line[field].is_string(), "{field} is missing: {line}");
        }
    }
    let find = |message: &str, field: &str, value: Value| {
        let found = lines
            .iter()
            .find(|line| line["message"] == message && line[field] == value);
        found.unwrap_or_else(|| panic!("no {message} with {field} {value}: {lines:#?}"))
    };
    let ingested = find("request", "request.id", json!("trace-1"));
    assert_eq!(ingested["http.method"], "POST");
    assert_eq!(ingested["http.route"], "/ingest/stripe");
    assert_eq!(ingested["http.status"], 200);
    let missing = find("request", "http.status", json!(404));
    assert_eq!(missing["problem.code"], "not_found");
    let delivered = find("delivered", "delivery.status", json!(202));
    for field in [
        "event.id",
        "request.id",
        "destination.name",
        "delivery.outcome",
        "delivery.reason",
    ] {
        assert!(delivered[field].is_string(), "{field}: {delivered}");
    }
    assert!(
        delivered["request.id"]
            .as_str()
            .unwrap()
            .starts_with("trace-")
    );
    assert_eq!(delivered["delivery.attempt"], 2);
}
