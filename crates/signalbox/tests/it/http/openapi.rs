//! `GET /openapi.json`.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{TestHub, failed_payout};

/// Runs over every operation: method, path and the operation itself.
fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths.iter().flat_map(|(path, item)| {
        let item = item.as_object().unwrap();
        item.iter()
            .map(move |(method, operation)| (method.as_str(), path.as_str(), operation))
    })
}

async fn document() -> Value {
    let hub = TestHub::start().await;
    let document = hub.get("/openapi.json").await.expect(200);
    hub.finish().await;
    document
}

#[tokio::test]
async fn the_interface_is_locked() {
    let document = document().await;
    let operations: BTreeMap<String, Value> = operations(&document)
        .map(|(method, path, operation)| {
            let codes: Vec<_> = operation["responses"].as_object().unwrap().keys().collect();
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let parameters: Vec<_> = parameters.iter().map(|one| one["name"].clone()).collect();
            let shape = json!({
                "operationId": operation["operationId"], "responses": codes, "parameters": parameters,
            });
            (format!("{} {path}", method.to_uppercase()), shape)
        })
        .collect();
    insta::assert_json_snapshot!("operations", operations);
}

#[tokio::test]
async fn the_document_is_openapi_3_1_and_whole() {
    let document = document().await;
    assert!(
        document["openapi"].as_str().unwrap().starts_with("3.1."),
        "{}",
        document["openapi"]
    );
    for field in ["title", "version", "description"] {
        assert!(
            !document["info"][field].as_str().unwrap().is_empty(),
            "{field}"
        );
    }
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        let place = format!("{method} {path}");
        let id = operation["operationId"]
            .as_str()
            .unwrap_or_else(|| panic!("{place} has no id"));
        assert!(ids.insert(id), "{id} stands twice");
        assert!(
            !operation["summary"].as_str().unwrap().is_empty(),
            "{place}"
        );
        assert!(!operation["tags"].as_array().unwrap().is_empty(), "{place}");
        let in_path: BTreeSet<_> = path
            .split('/')
            .filter_map(|part| part.strip_prefix('{'))
            .collect();
        let parameters = operation["parameters"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let declared = parameters.iter().filter(|one| one["in"] == "path");
        let declared: BTreeSet<_> = declared
            .map(|one| {
                assert_eq!(one["required"], true, "{place}: {one}");
                format!("{}}}", one["name"].as_str().unwrap())
            })
            .collect();
        assert_eq!(
            declared.iter().map(String::as_str).collect::<BTreeSet<_>>(),
            in_path,
            "{place}"
        );
        for (status, response) in operation["responses"].as_object().unwrap() {
            assert!(
                !response["description"].as_str().unwrap().is_empty(),
                "{place} {status}"
            );
            let is_problem = status.starts_with(['4', '5']);
            let (kind, other) = ("application/problem+json", "application/json");
            let kind = if is_problem { kind } else { other };
            let schema = &response["content"][kind]["schema"];
            assert!(
                schema.is_object(),
                "{place} {status} has no schema for {kind}"
            );
            if is_problem {
                assert_eq!(
                    schema["$ref"], "#/components/schemas/Problem",
                    "{place} {status}"
                );
            }
        }
    }
}

#[tokio::test]
async fn every_reference_leads_somewhere_within_the_document() {
    let document = document().await;
    let mut waiting = vec![&document];
    let mut n_references = 0;
    while let Some(value) = waiting.pop() {
        match value {
            Value::Object(fields) => {
                if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                    let pointer = reference.strip_prefix('#').expect("a reference within");
                    assert!(
                        document.pointer(pointer).is_some(),
                        "{reference} leads nowhere"
                    );
                    n_references += 1;
                }
                waiting.extend(fields.values());
            }
            Value::Array(items) => waiting.extend(items),
            _ => {}
        }
    }
    assert!(n_references > 10);
}

#[tokio::test]
async fn every_schema_is_a_json_schema() {
    let document = document().await;
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert!(
            jsonschema::draft202012::meta::is_valid(schema),
            "{name}: {schema}"
        );
    }
}

/// Builds a validator for what an operation answers.
fn validator(document: &Value, method: &str, path: &str, status: &str) -> jsonschema::Validator {
    let escaped = path
        .replace('/', "~1")
        .replace('{', "%7B")
        .replace('}', "%7D");
    let kind = if status.starts_with('2') {
        "json"
    } else {
        "problem+json"
    };
    let reference =
        format!("#/paths/{escaped}/{method}/responses/{status}/content/application~1{kind}/schema");
    let mut schema = document.clone();
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["$ref"] = json!(reference);
    jsonschema::draft202012::new(&schema).unwrap()
}

#[tokio::test]
async fn what_is_answered_is_what_is_documented() {
    let hub = TestHub::builder()
        .set("SPREEDLY_STATUS_SUMMARY_URL", "http://127.0.0.1:1/x")
        .start()
        .await;
    let document = hub.get("/openapi.json").await.expect(200);
    hub.take(failed_payout("evt_1")).await;
    hub.delivered("evt_1").await;
    let (get, post) = (Method::GET, Method::POST);
    for (method, path, documented, status) in [
        (&get, "/events", "/events", "200"),
        (&get, "/events?limit=0", "/events", "400"),
        (&get, "/events/evt_1", "/events/{event_id}", "200"),
        (&get, "/events/evt_2", "/events/{event_id}", "404"),
        (&get, "/deliveries", "/deliveries", "200"),
        (&get, "/deliveries?state=x", "/deliveries", "400"),
        (
            &post,
            "/deliveries/1/retry",
            "/deliveries/{id}/retry",
            "202",
        ),
        (
            &post,
            "/deliveries/2/retry",
            "/deliveries/{id}/retry",
            "404",
        ),
        (
            &get,
            "/destinations/pagerduty",
            "/destinations/pagerduty",
            "200",
        ),
        (
            &post,
            "/destinations/pagerduty",
            "/destinations/pagerduty",
            "400",
        ),
        (&post, "/ai/summarize", "/ai/summarize", "400"),
        (&post, "/ingest/stripe", "/ingest/stripe", "400"),
        (&post, "/ingest/pull-status", "/ingest/pull-status", "200"),
        (&get, "/healthz", "/healthz", "200"),
        (&get, "/readyz", "/readyz", "200"),
    ] {
        let answer = hub.call(method.clone(), path).send().await;
        assert_eq!(
            answer.status.to_string(),
            status,
            "{method} {path}: {}",
            answer.text()
        );
        let key = method.as_str().to_lowercase();
        let validator = validator(&document, &key, documented, status);
        let body = answer.json();
        let errors: Vec<_> = validator
            .iter_errors(&body)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{method} {path}: {errors:?} in {body}");
    }
    hub.finish().await;
}

#[tokio::test]
async fn a_validator_of_the_document_refuses_what_is_not_documented() {
    let document = document().await;
    let validator = validator(&document, "get", "/events", "200");
    for wrong in [
        json!({}),
        json!({ "events": {} }),
        json!({ "events": [{}], "next_cursor": null }),
    ] {
        assert!(!validator.is_valid(&wrong), "{wrong}");
    }
}
