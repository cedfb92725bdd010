//! `/`, `/docs` and what they load.

use std::collections::BTreeSet;

use reqwest::Method;

use crate::support::TestHub;

/// Finds what an HTML page loads or leads to: the values of `src` and `href`.
fn links(html: &str) -> BTreeSet<String> {
    ["src=\"", "href=\""]
        .iter()
        .flat_map(|attribute| html.split(attribute).skip(1))
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn the_documentation_loads_from_the_hub_alone() {
    let hub = TestHub::start().await;
    let moved = hub.get("/docs").await;
    if moved.status != 200 {
        assert!((300..400).contains(&moved.status), "{}", moved.status);
        assert_eq!(moved.header("location"), "/docs/");
    }
    let page = hub.get("/docs/").await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").starts_with("text/html"));
    let assets = links(page.text());
    assert!(
        assets.iter().any(|asset| has_ending(asset, "js")),
        "{assets:?}"
    );
    for asset in assets {
        assert!(!asset.contains("//"), "{asset} comes from elsewhere");
        let path = format!(
            "/docs/{}",
            asset.trim_start_matches("./").trim_start_matches("/docs/")
        );
        let answer = hub.get(&path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(!answer.body.is_empty(), "{path}");
        let kind = answer.header("content-type");
        if has_ending(&path, "js") {
            assert!(kind.contains("javascript"), "{path}: {kind}");
        }
        if has_ending(&path, "css") {
            assert!(kind.starts_with("text/css"), "{path}: {kind}");
            assert!(
                !answer.text().contains("url(http"),
                "{path} loads from elsewhere"
            );
        }
    }
    let start = hub.get("/docs/swagger-initializer.js").await;
    assert!(start.text().contains("/openapi.json"), "{}", start.text());
    assert!(!start.text().contains("://"), "{}", start.text());
    hub.finish().await;
}

fn has_ending(path: &str, ending: &str) -> bool {
    path.rsplit('.').next() == Some(ending)
}

#[tokio::test]
async fn the_documentation_may_load_from_nowhere_else() {
    let hub = TestHub::start().await;
    for path in ["/docs/", "/docs/swagger-initializer.js"] {
        let answer = hub.get(path).await;
        for directive in answer.header("content-security-policy").split(';') {
            let mut words = directive.split_whitespace();
            let name = words.next().unwrap();
            for source in words {
                let known = ["'none'", "'self'", "data:", "'unsafe-inline'"].contains(&source);
                assert!(known, "{path}: {directive}");
                assert!(
                    source != "'unsafe-inline'" || name == "style-src",
                    "{path}: {directive}"
                );
            }
        }
    }
    hub.finish().await;
}

#[tokio::test]
async fn the_start_page_leads_only_to_what_is_there() {
    let hub = TestHub::start().await;
    let page = hub.get("/").await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").starts_with("text/html"));
    let links = links(page.text());
    assert!(
        links.contains("/docs") && links.contains("/events"),
        "{links:?}"
    );
    for link in links {
        assert!(link.starts_with('/'), "{link}");
        let answer = hub.get(&link).await;
        assert!(answer.status < 400, "{link}: {}", answer.status);
    }
    hub.finish().await;
}

#[tokio::test]
async fn the_type_of_a_problem_leads_to_its_explanation() {
    let hub = TestHub::start().await;
    let problem = hub.get("/nope").await.json();
    let (path, code) = problem["type"].as_str().unwrap().split_once('#').unwrap();
    let page = hub.get(path).await;
    assert_eq!(page.status, 200, "{path}: {}", page.text());
    assert!(page.text().contains(code), "{path} does not explain {code}");
    hub.finish().await;
}

#[tokio::test]
async fn pages_can_be_asked_for_their_heads() {
    let hub = TestHub::start().await;
    for path in ["/", "/docs/", "/openapi.json"] {
        let head = hub.call(Method::HEAD, path).send().await;
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
    }
    hub.finish().await;
}
