//! `GET /healthz` and `GET /readyz`.

use reqwest::Method;

use crate::support::TestHub;

#[tokio::test]
async fn a_hub_that_runs_is_alive_and_ready() {
    let hub = TestHub::start().await;
    for path in ["/healthz", "/readyz"] {
        hub.get(path).await.expect_text(200, r#"{"ok":true}"#);
        let head = hub.call(Method::HEAD, path).send().await;
        assert_eq!((head.status, head.body.len()), (200, 0));
        assert_eq!(head.header("content-length"), "11");
    }
    hub.finish().await;
}

#[tokio::test]
async fn a_hub_that_drains_takes_no_new_connection() {
    let hub = TestHub::start().await;
    hub.get("/readyz").await.expect(200);
    hub.drain();
    crate::support::eventually("the port closed", async || {
        let answer = hub.call(Method::GET, "/readyz").try_send().await;
        answer.is_none().then_some(())
    })
    .await;
    hub.finish().await;
}
