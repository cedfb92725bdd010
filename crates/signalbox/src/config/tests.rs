//! Tests of the configuration as a whole.

use std::time::Duration;

use super::*;

fn resolve(variables: &[(&str, &str)]) -> Result<Config, Problems> {
    Config::resolve(&Sources::from_variables(variables.iter().copied()))
}

fn problems(variables: &[(&str, &str)]) -> Vec<String> {
    let Problems(problems) = resolve(variables).unwrap_err();
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn nothing_configured_starts_on_the_defaults() {
    let config = resolve(&[]).unwrap();
    assert_eq!(
        (config.server.host.to_string().as_str(), config.server.port),
        ("127.0.0.1", 3000)
    );
    assert_eq!(config.database, DatabaseUrl::Sqlite("signalbox.db".into()));
    assert_eq!(config.status.poll_interval, Some(Duration::from_mins(1)));
    let pages: Vec<_> = config.status.pages.iter().map(|page| page.vendor).collect();
    assert_eq!(pages, ["spreedly", "braze"]);
    assert!(config.pagerduty.is_none() && config.stripe.secrets.is_empty());
    assert!(config.warnings()[0].contains("STRIPE_WEBHOOK_SECRET"));
}

#[test]
fn all_problems_are_reported_at_once_and_say_what_to_write() {
    let found = problems(&[
        ("PORT", "70000"),
        ("HOST", "nowhere"),
        ("DATABASE_URL", "mysql:x"),
        ("BRAZE_STATUS_SUMMARY_URL", "ftp://x"),
        ("STATUS_POLL_INTERVAL", "-1"),
        ("ROUTE_WARNING", "perhaps"),
        ("FIXTURES", "2"),
        ("LOG_FORMAT", "xml"),
        ("RUST_LOG", "a=b=c"),
        ("PAGERDUTY_EVENTS_URL", "events"),
        ("API_TOKEN", "two words"),
        ("STRIPE_WEBHOOK_SECRET", " , "),
    ]);
    assert_eq!(found.len(), 12, "{found:#?}");
    assert!(found.iter().all(|problem| problem.contains("; ")));
    assert!(found.contains(&"PORT: `70000` is not valid; write a number from 0 to 65535".into()));
}

#[test]
fn secrets_are_never_echoed() {
    let found = problems(&[("API_TOKEN", "hunter2 hunter2")]);
    assert!(!found[0].contains("hunter2"), "{found:?}");
    let config = resolve(&[
        ("API_TOKEN", "hunter2"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_x"),
    ]);
    let shown = format!("{:?}", config.unwrap());
    assert!(!shown.contains("hunter2") && !shown.contains("whsec_x"));
}

#[test]
fn an_empty_value_counts_as_unset() {
    let config = resolve(&[
        ("PORT", ""),
        ("API_TOKEN", " "),
        ("PAGERDUTY_ROUTING_KEY", ""),
    ]);
    let config = config.unwrap();
    assert_eq!(config.server.port, 3000);
    assert!(config.server.api_token.is_none() && config.pagerduty.is_none());
}

#[test]
fn several_secrets_are_separated_by_commas_and_empty_ones_ignored() {
    let config = resolve(&[("STRIPE_WEBHOOK_SECRET", "whsec_a,, whsec_b,")]).unwrap();
    assert_eq!(config.stripe.secrets.len(), 2);
}

#[test]
fn a_secret_may_stand_in_a_file() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "key-from-file\n").unwrap();
    let path = file.path().to_str().unwrap();
    let config = resolve(&[("PAGERDUTY_ROUTING_KEY_FILE", path)]).unwrap();
    assert!(config.pagerduty.is_some() && config.rules.real_pager);

    let both = problems(&[("API_TOKEN", "a"), ("API_TOKEN_FILE", path)]);
    assert_eq!(
        both,
        ["API_TOKEN_FILE: set beside the value itself; set one of the two"]
    );
    let missing = problems(&[("API_TOKEN_FILE", "/nonexistent/token")]);
    assert!(missing[0].starts_with("API_TOKEN_FILE: /nonexistent/token cannot be found"));
    std::fs::write(file.path(), "\n").unwrap();
    assert!(problems(&[("API_TOKEN_FILE", path)])[0].contains("is empty"));
}

#[test]
fn the_config_file_holds_the_same_settings_and_variables_win() {
    let mut sources = Sources::from_variables([("PORT", "4000")]);
    let text = "[server]\nport = 5000\nhost = \"::1\"\n[status]\npoll_interval = \"5m\"\n\
                [stripe]\nwebhook_secret = [\"a\", \"b\"]\n[routing]\nroute_warning = true\n";
    sources.set_file("signalbox.toml", text);
    let config = Config::resolve(&sources).unwrap();
    assert_eq!(config.server.port, 4000);
    assert_eq!(config.server.host.to_string(), "::1");
    assert_eq!(config.status.poll_interval, Some(Duration::from_mins(5)));
    assert_eq!(config.stripe.secrets.len(), 2);
    assert!(config.rules.route_warning);
}

#[test]
fn the_config_file_is_checked_with_places_and_near_matches() {
    let mut sources = Sources::default();
    sources.set_file(
        "signalbox.toml",
        "[server]\nprot = 1\n[routing]\nroute_warning = {}\nx = 1",
    );
    let Problems(found) = Config::resolve(&sources).unwrap_err();
    let found: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert!(found.contains(
        &"signalbox.toml:2:1: unknown key `server.prot`; did you mean `server.port`?".to_owned()
    ));
    assert!(
        found
            .iter()
            .any(|one| one.starts_with("signalbox.toml:4:1: routing.route_warning is"))
    );
    assert_eq!(found.len(), 3, "{found:#?}");

    let mut sources = Sources::default();
    sources.set_file("signalbox.toml", "[server\nport = 1");
    assert!(
        Config::resolve(&sources)
            .unwrap_err()
            .to_string()
            .starts_with("signalbox.toml:1:")
    );
}

#[test]
fn the_effective_configuration_names_origins_and_hides_secrets() {
    let sources = Sources::from_variables([
        ("API_TOKEN", "hunter2"),
        ("PORT", "1"),
        (
            "BRAZE_STATUS_SUMMARY_URL",
            "https://status.example.com/s.json?token=hunter2",
        ),
    ]);
    let effective = Config::effective(&sources);
    let shown = |variable: &str| {
        let line = effective
            .iter()
            .find(|line| line.setting.variable == variable)
            .unwrap();
        format!("{} ({})", line.value, line.origin)
    };
    assert_eq!(shown("API_TOKEN"), "*** (variable)");
    assert_eq!(shown("PORT"), "1 (variable)");
    assert_eq!(
        shown("BRAZE_STATUS_SUMMARY_URL"),
        "https://status.example.com/s.json?*** (variable)"
    );
    assert_eq!(shown("FIXTURES"), "on (default)");
    assert_eq!(shown("STRIPE_API_KEY"), "(unset) (default)");
}

#[test]
fn fixtures_off_leaves_pages_without_url_out() {
    let config = resolve(&[
        ("FIXTURES", "off"),
        (
            "BRAZE_STATUS_SUMMARY_URL",
            "http://127.0.0.1:9/summary.json",
        ),
    ]);
    let pages: Vec<_> = config
        .unwrap()
        .status
        .pages
        .iter()
        .map(|page| page.vendor)
        .collect();
    assert_eq!(pages, ["braze"]);
}

#[test]
fn a_dollar_in_dotenv_is_refused_unless_it_is_quoted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".env");
    let text = "# a$b\nAPI_TOKEN=abc$def\nPORT=4000\nSTRIPE_WEBHOOK_SECRET='whsec_a$b'\n";
    std::fs::write(&path, text).unwrap();
    let Problems(found) = Config::resolve(&Sources::from_dotenv(&path)).unwrap_err();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0]
            .to_string()
            .starts_with(".env: API_TOKEN holds `$`")
    );
    assert!(!found[0].to_string().contains("abc"));
}
