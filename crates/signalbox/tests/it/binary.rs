//! The real binary: commands, exit statuses, signals.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Output, Stdio};

use futures_util::future::join;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use crate::support::{
    Answer, Fake, FakePager, Reply, SECRET, Served, failed_payout, now, repository, sign_at,
    signalbox,
};

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// Requires an exit status and that nothing panicked.
#[track_caller]
fn assert_exit(output: &Output, code: i32) {
    let (stdout, stderr) = (stdout(output), stderr(output));
    assert_eq!(output.status.code(), Some(code), "{stdout}\n{stderr}");
    assert!(
        !stderr.contains("panicked") && !stdout.contains("panicked"),
        "{stdout}\n{stderr}"
    );
}

async fn post(served: &Served, body: &str) -> Answer {
    let call = served.call(Method::POST, "/ingest/stripe");
    call.header("stripe-signature", &sign_at(SECRET, body, now()))
        .body(body)
        .send()
        .await
}

#[tokio::test]
async fn serve_ends_on_sigterm_and_leaves_one_private_file() {
    let folder = folder();
    let served = Served::start(folder.path(), &[]).await;
    post(&served, &failed_payout("evt_1"))
        .await
        .expect_json(200, &json!({ "received": true }));
    let mode = |name: &str| {
        std::fs::metadata(folder.path().join(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!((mode("hub.db"), mode("hub.db-wal")), (0o600, 0o600));
    let output = served.finish().await;
    assert!(output.contains("signal received; draining"), "{output}");
    assert!(output.contains("\"finished\":true"), "{output}");
    assert!(
        !folder.path().join("hub.db-wal").exists(),
        "a tidy file is left behind"
    );
}

#[tokio::test]
async fn serve_ends_well_although_everybody_on_the_other_side_is_stuck() {
    let pager = FakePager::accepting().await;
    pager.answer(Reply::silent());
    let folder = folder();
    let variables = [
        ("PAGERDUTY_ROUTING_KEY", FakePager::KEY),
        ("PAGERDUTY_EVENTS_URL", &pager.events_url()),
    ];
    let served = Served::start(folder.path(), &variables).await;
    post(&served, &failed_payout("evt_1")).await.expect(200);
    pager.wait_for(1).await;
    let mut half_a_body = served.wire().await;
    let head = "POST /ai/summarize HTTP/1.1\r\nhost: hub\r\ncontent-length: 100\r\n\r\n{";
    assert!(half_a_body.send(head).await);
    let mut half_a_head = served.wire().await;
    assert!(half_a_head.send("GET /healthz HTT").await);
    served
        .call(Method::GET, "/healthz")
        .send()
        .await
        .expect(200);
    served.finish().await;
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let folder = folder();
    let served = Served::start(folder.path(), &[]).await;
    let mut stuck = served.wire().await;
    assert!(
        stuck
            .send("POST /ai/summarize HTTP/1.1\r\nhost: hub\r\ncontent-length: 9\r\n\r\n{")
            .await
    );
    served
        .call(Method::GET, "/healthz")
        .send()
        .await
        .expect(200);
    served.terminate().await;
    crate::support::eventually("draining", async || {
        served.output().contains("draining").then_some(())
    })
    .await;
    served.terminate().await;
    let (code, output) = served.ended().await;
    assert_eq!(code, Some(1), "{output}");
    drop(stuck);
}

#[tokio::test]
async fn a_second_process_on_the_same_database_is_told_so() {
    let folder = folder();
    let served = Served::start(folder.path(), &[]).await;
    for database in ["sqlite:hub.db", "sqlite:./hub.db", "sqlite://hub.db"] {
        let variables = [("PORT", "0"), ("DATABASE_URL", database)];
        let second = signalbox(folder.path(), &["serve"], &variables).await;
        assert_exit(&second, 1);
        let said = stderr(&second);
        assert!(
            said.contains("hub.db is in use by another signalbox process"),
            "{said}"
        );
    }
    served.call(Method::GET, "/readyz").send().await.expect(200);
    served.finish().await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let (one, two) = (folder(), folder());
    let served = Served::start(one.path(), &[]).await;
    let port = served.address.port().to_string();
    let second = signalbox(two.path(), &["serve"], &[("PORT", &port)]).await;
    assert_exit(&second, 1);
    assert!(stderr(&second).contains(&format!("cannot listen on 127.0.0.1:{port}")));
    served.finish().await;
}

#[tokio::test]
async fn a_file_that_is_no_database_of_ours_is_left_alone() {
    let folder = folder();
    let path = folder.path().join("hub.db");
    let foreign = "shopping list: milk, bread\n".repeat(100);
    std::fs::write(&path, &foreign).unwrap();
    let variables = [("PORT", "0"), ("DATABASE_URL", "sqlite:hub.db")];
    let output = signalbox(folder.path(), &["serve"], &variables).await;
    assert_exit(&output, 1);
    assert!(
        stderr(&output).contains("not a signalbox database"),
        "{}",
        stderr(&output)
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), foreign);
    let variables = [("PORT", "0"), ("DATABASE_URL", "sqlite:nowhere/hub.db")];
    let output = signalbox(folder.path(), &["serve"], &variables).await;
    assert_exit(&output, 1);
    assert!(stderr(&output).contains("nowhere"), "{}", stderr(&output));
}

#[tokio::test]
async fn a_wrong_configuration_is_refused_with_all_that_is_wrong_in_it() {
    let folder = folder();
    std::fs::write(folder.path().join(".env"), "HOST=nowhere\nLOG_FORMAT=xml\n").unwrap();
    let file = "[server]\nprot = 1\n[status]\npoll_interval = \"soon\"\n";
    std::fs::write(folder.path().join("signalbox.toml"), file).unwrap();
    let variables = [
        ("PORT", "70000"),
        ("DATABASE_URL", "mysql://db"),
        ("SPREEDLY_STATUS_SUMMARY_URL", "ftp://status"),
        ("ROUTE_WARNING", "perhaps"),
        ("API_TOKEN", "two words MARKER"),
        ("STRIPE_WEBHOOK_SECRET_FILE", "gone/secret"),
        ("PAGERDUTY_EVENTS_URL", "events"),
        ("RUST_LOG", "a=b=c"),
    ];
    for command in [&["serve"][..], &["check"], &["pull"], &["healthcheck"]] {
        let output = signalbox(folder.path(), command, &variables).await;
        assert_exit(&output, 78);
        let said = stderr(&output);
        for place in [
            "PORT: `70000`",
            "HOST: `nowhere`",
            "LOG_FORMAT: `xml`",
            "DATABASE_URL: `mysql://db`",
            "SPREEDLY_STATUS_SUMMARY_URL: `ftp://status`",
            "ROUTE_WARNING: `perhaps`",
            "API_TOKEN: ",
            "STRIPE_WEBHOOK_SECRET_FILE: gone/secret",
            "PAGERDUTY_EVENTS_URL: ",
            "RUST_LOG: ",
            "signalbox.toml:2:1: unknown key `server.prot`",
        ] {
            assert!(
                said.contains(place),
                "{command:?} does not name {place}: {said}"
            );
        }
        assert!(!said.contains("MARKER"), "{said}");
        assert!(!folder.path().join("signalbox.db").exists());
    }
    let missing = ["--config", "gone.toml", "check"];
    let output = signalbox(folder.path(), &missing, &[]).await;
    assert_exit(&output, 78);
    assert!(stderr(&output).contains("gone.toml"), "{}", stderr(&output));
}

#[tokio::test]
async fn postgresql_is_refused_in_words_as_long_as_it_is_not_there() {
    let folder = folder();
    let output = signalbox(
        folder.path(),
        &["check"],
        &[("DATABASE_URL", "postgres://u:MARKER@h/d")],
    )
    .await;
    assert_exit(&output, 78);
    assert!(
        !stderr(&output).contains("MARKER"),
        "a password is shown: {}",
        stderr(&output)
    );
}

#[tokio::test]
async fn check_shows_what_is_in_force_and_hides_secrets() {
    let folder = folder();
    std::fs::write(
        folder.path().join(".env"),
        "API_TOKEN=tok-MARKER\nPORT=4000\n",
    )
    .unwrap();
    std::fs::write(folder.path().join("secret"), "whsec_MARKER\n").unwrap();
    std::fs::write(
        folder.path().join("signalbox.toml"),
        "[routing]\nroute_warning = true\n",
    )
    .unwrap();
    let variables = [
        ("STRIPE_WEBHOOK_SECRET_FILE", "secret"),
        ("HOST", "0.0.0.0"),
    ];
    let output = signalbox(folder.path(), &["check"], &variables).await;
    assert_exit(&output, 0);
    let shown = stdout(&output);
    for line in [
        ["HOST", "0.0.0.0", "variable"],
        ["PORT", "4000", ".env"],
        ["API_TOKEN", "***", ".env"],
        ["STRIPE_WEBHOOK_SECRET", "***", "variable"],
        ["ROUTE_WARNING", "true", "file"],
        ["FIXTURES", "on", "default"],
        ["PAGERDUTY_ROUTING_KEY", "(unset)", "default"],
    ] {
        let words = |text: &str| {
            text.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert!(
            shown.lines().any(|shown| words(shown) == line),
            "{line:?} in {shown}"
        );
    }
    assert!(!shown.contains("MARKER") && !stderr(&output).contains("MARKER"));
    assert!(stderr(&output).contains("the configuration is valid"));
}

#[tokio::test]
async fn check_warns_of_what_is_open_to_everybody() {
    let folder = folder();
    let output = signalbox(folder.path(), &["check"], &[("HOST", "::")]).await;
    assert_exit(&output, 0);
    let said = stderr(&output);
    assert!(
        said.contains("API_TOKEN is not set") && said.contains("STRIPE_WEBHOOK_SECRET"),
        "{said}"
    );
    let output = signalbox(folder.path(), &["check"], &[("HOST", "127.0.0.1")]).await;
    assert!(
        !stderr(&output).contains("API_TOKEN"),
        "{}",
        stderr(&output)
    );
}

#[tokio::test]
async fn a_hub_starts_with_nothing_configured_and_warns() {
    let folder = folder();
    let flags = ["serve", "--port", "0"];
    let served = Served::start_with(folder.path(), &flags, &[]).await;
    let answer = served
        .call(Method::POST, "/ingest/pull-status")
        .send()
        .await;
    answer.expect_text(
        200,
        r#"{"fetched":{"spreedly":2,"braze":1},"stored":2,"routed":1}"#,
    );
    let output = served.finish().await;
    assert!(
        output.contains("STRIPE_WEBHOOK_SECRET is not set"),
        "{output}"
    );
    assert!(folder.path().join("signalbox.db").exists());
}

#[tokio::test]
async fn send_signs_files_and_prints_one_answer_a_line() {
    let folder = folder();
    let served = Served::start(folder.path(), &[]).await;
    let (base, port) = (served.base(), served.address.port().to_string());
    let payout = repository("fixtures/stripe/payout_failed.json");
    let payment = repository("fixtures/stripe/payment_failed.json");
    let files = [payout.to_str().unwrap(), payment.to_str().unwrap()];
    let variables = [("STRIPE_WEBHOOK_SECRET", SECRET), ("PORT", port.as_str())];
    let send = async |arguments: &[&str]| {
        let arguments = [&["send", "stripe"], arguments].concat();
        signalbox(folder.path(), &arguments, &variables).await
    };
    let output = send(&files).await;
    assert_exit(&output, 0);
    assert_eq!(
        stdout(&output),
        "{\"received\":true}\n{\"received\":true}\n"
    );
    let output = send(&["--url", &base, files[0]]).await;
    assert_exit(&output, 0);
    let answer: Value = serde_json::from_str(stdout(&output)).unwrap();
    assert_eq!(answer, json!({ "received": true, "deduped": true }));
    let output = send(&["--id", "evt_mine", files[0]]).await;
    assert_eq!(stdout(&output), "{\"received\":true}\n");
    let output = send(&["--count", "5", files[0]]).await;
    assert_eq!(stdout(&output), "{\"received\":true}\n".repeat(5));
    let output = send(&["--count", "2", "--id", "evt_mine", files[0]]).await;
    assert_eq!(stdout(&output), "{\"received\":true}\n".repeat(2));
    let list = served.call(Method::GET, "/events").send().await.expect(200);
    let ids: Vec<_> = list["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| &event["event_id"])
        .collect();
    assert_eq!(ids.len(), 10);
    assert!(ids.iter().any(|id| **id == "evt_mine"));

    assert_exit(&send(&["gone.json"]).await, 1);
    assert_exit(&send(&[]).await, 2);
    assert_exit(&send(&["--count", "0", files[0]]).await, 2);
    std::fs::write(folder.path().join("bad.json"), "{}").unwrap();
    let output = send(&["bad.json"]).await;
    assert_exit(&output, 1);
    assert!(
        stderr(&output).contains("400: id: expected"),
        "{}",
        stderr(&output)
    );
    let unsigned = signalbox(folder.path(), &["send", "stripe", files[0]], &[]).await;
    assert_exit(&unsigned, 78);
    assert!(stderr(&unsigned).contains("STRIPE_WEBHOOK_SECRET"));
    let wrong = [
        ("STRIPE_WEBHOOK_SECRET", "whsec_wrong"),
        ("PORT", port.as_str()),
    ];
    let refused = signalbox(folder.path(), &["send", "stripe", files[0]], &wrong).await;
    assert_exit(&refused, 1);
    assert!(
        stderr(&refused).contains("signature does not match"),
        "{}",
        stderr(&refused)
    );
    served.finish().await;
}

#[tokio::test]
async fn a_printed_curl_command_works_as_it_stands() {
    let folder = folder();
    let served = Served::start(folder.path(), &[]).await;
    // A name that a careless command would break on.
    let file = folder.path().join("it's a file.json");
    std::fs::write(&file, failed_payout("evt_curl")).unwrap();
    let arguments = [
        "send",
        "stripe",
        "--print-curl",
        "--url",
        &served.base(),
        "it's a file.json",
    ];
    let variables = [("STRIPE_WEBHOOK_SECRET", SECRET)];
    let output = signalbox(folder.path(), &arguments, &variables).await;
    assert_exit(&output, 0);
    let command = stdout(&output);
    assert!(
        command.starts_with("curl ") && !command.contains(SECRET),
        "{command}"
    );
    let ran = sh(folder.path(), command).await;
    assert_eq!(stdout(&ran), "{\"received\":true}", "{}", stderr(&ran));
    served
        .call(Method::GET, "/events/evt_curl")
        .send()
        .await
        .expect(200);
    served.finish().await;
}

/// Runs a script in a shell of its own.
async fn sh(folder: &Path, script: &str) -> Output {
    let mut command = Command::new("sh");
    command
        .args(["-c", script])
        .current_dir(folder)
        .stdin(Stdio::null());
    command.kill_on_drop(true).output().await.unwrap()
}

#[tokio::test]
async fn commands_read_a_hub_over_its_interface() {
    let folder = folder();
    let served = Served::start(folder.path(), &[("API_TOKEN", "tok")]).await;
    let base = served.base();
    let variables = [("API_TOKEN", "tok")];
    let ask = async |arguments: &[&str]| {
        let arguments = [arguments, &["--url", base.as_str()]].concat();
        signalbox(folder.path(), &arguments, &variables).await
    };
    let output = ask(&["healthcheck"]).await;
    assert_exit(&output, 0);
    assert_eq!(stdout(&output), "ready\n");
    let output = ask(&["events"]).await;
    assert_exit(&output, 0);
    assert_eq!(stdout(&output), "");
    let output = ask(&["pull"]).await;
    assert_exit(&output, 0);
    let answer: Value = serde_json::from_str(stdout(&output)).unwrap();
    assert_eq!(answer["stored"], 2);

    let output = ask(&["events"]).await;
    assert_exit(&output, 0);
    let lines: Vec<Value> = stdout(&output)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().all(|event| event["event_id"].is_string()));
    for (arguments, n_lines) in [
        (&["events", "--limit", "1"][..], 1),
        (&["events", "--severity", "critical", "--open", "true"], 1),
        (&["events", "--kind", "payment"], 0),
        (
            &["events", "--source", "braze_status", "--service", "braze"],
            1,
        ),
        (&["events", "-q", "gateway", "--json"], 1),
        (&["events", "--since", "2100-01-01T00:00:00Z"], 0),
        (&["events", "--until", "2100-01-01T00:00:00Z"], 2),
    ] {
        let output = ask(arguments).await;
        assert_exit(&output, 0);
        assert_eq!(stdout(&output).lines().count(), n_lines, "{arguments:?}");
    }
    let output = ask(&["events", "--limit", "0"]).await;
    assert_exit(&output, 1);
    assert!(
        stderr(&output).contains("400: limit: expected"),
        "{}",
        stderr(&output)
    );
    let output = signalbox(folder.path(), &["events", "--url", &base], &[]).await;
    assert_exit(&output, 1);
    assert!(stderr(&output).contains("401"), "{}", stderr(&output));
    served.finish().await;
}

#[tokio::test]
async fn a_hub_that_is_not_there_is_unavailable() {
    let folder = folder();
    let stranger = Fake::answering(Reply::text("<html>hello</html>")).await;
    let sick = Fake::answering(Reply::json(503, &json!({ "detail": "sick" }))).await;
    for url in [
        "http://127.0.0.1:1".to_owned(),
        stranger.url(""),
        sick.url(""),
    ] {
        for command in ["healthcheck", "pull", "events"] {
            let output = signalbox(folder.path(), &[command, "--url", &url], &[]).await;
            assert_exit(&output, 69);
            assert!(
                stderr(&output).starts_with("error: "),
                "{}",
                stderr(&output)
            );
            assert_eq!(stdout(&output), "");
        }
    }
}

#[tokio::test]
async fn the_command_line_explains_itself() {
    let folder = folder();
    let run = async |arguments: &[&str]| {
        let output = signalbox(folder.path(), arguments, &[]).await;
        assert_exit(&output, 0);
        stdout(&output).to_owned()
    };
    assert_eq!(
        run(&["--version"]).await,
        format!("signalbox {}\n", env!("CARGO_PKG_VERSION"))
    );
    insta::assert_snapshot!("help", run(&["--help"]).await);
    let commands = [
        "serve",
        "check",
        "send stripe",
        "pull",
        "events",
        "healthcheck",
        "completions",
    ];
    for command in commands {
        let arguments: Vec<_> = command.split(' ').chain(["--help"]).collect();
        let help = run(&arguments).await;
        assert!(
            help.contains("Examples:\n  "),
            "{command} has no example: {help}"
        );
        assert!(help.contains("signalbox"), "{help}");
    }
    for wrong in [
        &[][..],
        &["fly"],
        &["serve", "--speed"],
        &["completions", "tcl"],
    ] {
        assert_exit(&signalbox(folder.path(), wrong, &[]).await, 2);
    }
}

#[tokio::test]
async fn completions_are_scripts_that_the_shell_accepts() {
    let folder = folder();
    let output = signalbox(folder.path(), &["completions", "bash"], &[]).await;
    assert_exit(&output, 0);
    std::fs::write(folder.path().join("completions"), stdout(&output)).unwrap();
    let checked = sh(
        folder.path(),
        "bash -n completions && bash -c '. ./completions && complete -p signalbox'",
    )
    .await;
    assert!(
        stdout(&checked).contains("signalbox"),
        "{}",
        stderr(&checked)
    );
    for shell in ["zsh", "fish"] {
        assert_exit(
            &signalbox(folder.path(), &["completions", shell], &[]).await,
            0,
        );
    }
}

#[tokio::test]
async fn slow_clients_are_cut_off_in_real_time() {
    let folder = folder();
    let served = Served::start(folder.path(), &[]).await;
    let slow_head = async {
        let mut wire = served.wire().await;
        assert!(wire.send("GET /healthz HTTP/1.1\r\nhos").await);
        wire.closed().await;
    };
    let slow_body = async {
        let mut wire = served.wire().await;
        let head = "POST /ai/summarize HTTP/1.1\r\nhost: hub\r\ncontent-length: 9\r\n\r\n{";
        assert!(wire.send(head).await);
        wire.answer().await.unwrap().problem(408, "body_timeout");
    };
    join(slow_head, slow_body).await;
    served.finish().await;
}

#[tokio::test]
async fn the_memory_of_the_binary_stays_flat_whatever_is_sent_and_stored() {
    let page = Fake::answering(Reply::text(vec![b' '; 65_536]).endless()).await;
    let bomb = Fake::answering(Reply::gzip(&vec![b' '; 64 * 1_024 * 1_024])).await;
    let folder = folder();
    let (page_url, bomb_url) = (page.url("/"), bomb.url("/"));
    let variables = [
        ("SPREEDLY_STATUS_SUMMARY_URL", page_url.as_str()),
        ("BRAZE_STATUS_SUMMARY_URL", &bomb_url),
    ];
    let served = Served::start(folder.path(), &variables).await;
    post(&served, &failed_payout("evt_1")).await.expect(200);
    let large = |id: &str| failed_payout(id).replace("po_1", &"x".repeat(1_000_000));
    for n in 0..80 {
        post(&served, &large(&format!("evt_{n}_large")))
            .await
            .expect(200);
    }
    let nested = format!("{{\"id\":{}", "[".repeat(1_000_000));
    for _ in 0..20 {
        post(&served, &nested).await.problem(400, "invalid_body");
        served
            .call(Method::POST, "/ai/summarize")
            .body(nested.clone())
            .send()
            .await;
    }
    for _ in 0..5 {
        let answer = served
            .call(Method::POST, "/ingest/pull-status")
            .send()
            .await;
        answer.problem(502, "pages_failed");
    }
    // Sixteen deliveries of a megabyte under way, the mock's memory and two pages at their limit.
    let before = served.peak_mib();
    assert!(before < 192, "{before} MiB after hostile bodies and pages");
    for _ in 0..3 {
        let list = served
            .call(Method::GET, "/events?limit=500")
            .send()
            .await
            .expect(200);
        assert!(
            list["next_cursor"].is_string(),
            "a page of a list is bounded in bytes too"
        );
    }
    let after = served.peak_mib();
    assert!(
        after < before + 96,
        "{after} MiB after lists, {before} MiB before"
    );
    served.finish().await;
}

#[tokio::test]
async fn a_binary_without_file_descriptors_recovers_when_it_has_some_again() {
    let folder = folder();
    let served = Served::start_under("ulimit -n 48", folder.path()).await;
    let mut wires = Vec::new();
    for _ in 0..100 {
        wires.push(served.wire().await);
    }
    crate::support::eventually("trouble in the log", async || {
        served
            .output()
            .contains("could not be accepted")
            .then_some(())
    })
    .await;
    let n_lines = served.output().lines().count();
    assert!(n_lines < 100, "the log is flooded: {n_lines} lines");
    drop(wires);
    served
        .call(Method::GET, "/healthz")
        .send()
        .await
        .expect(200);
    post(&served, &failed_payout("evt_1")).await.expect(200);
    served.finish().await;
}

#[tokio::test]
async fn the_binary_ignores_proxies_of_its_environment() {
    let page = Fake::answering(Reply::text(r#"{"components":[]}"#)).await;
    let proxy = Fake::answering(Reply::status(500)).await;
    let folder = folder();
    let (proxy_url, page_url) = (proxy.url(""), page.url("/summary.json"));
    let variables: Vec<_> = [
        "http_proxy",
        "HTTP_PROXY",
        "https_proxy",
        "all_proxy",
        "ALL_PROXY",
    ]
    .into_iter()
    .map(|name| (name, proxy_url.as_str()))
    .chain([("SPREEDLY_STATUS_SUMMARY_URL", page_url.as_str())])
    .collect();
    let served = Served::start(folder.path(), &variables).await;
    let answer = served
        .call(Method::POST, "/ingest/pull-status")
        .send()
        .await
        .expect(200);
    assert_eq!(answer.get("errors"), None, "{answer}");
    let mut health = vec![("PORT", "1")];
    health.extend(&variables);
    let output = signalbox(
        folder.path(),
        &["healthcheck", "--url", &served.base()],
        &health,
    )
    .await;
    assert_exit(&output, 0);
    assert!(proxy.seen().is_empty());
    served.finish().await;
}
