//! Every setting there is: its variable, its key in the config file, its default and its meaning.
//!
//! The documentation, the file's known keys and `signalbox check` are all made from this list.

/// One setting.
#[derive(Debug, PartialEq, Eq)]
pub struct Setting {
    /// The environment variable.
    pub variable: &'static str,
    /// The key in the config file.
    pub key: &'static str,
    /// Whether it is secret: never printed, and readable from a file through `NAME_FILE`.
    pub secret: bool,
    /// The value when it is not set; empty means unset.
    pub default: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

/// Declares the settings and a list of them.
macro_rules! settings {
    ($($name:ident = $key:literal, $secret:literal, $default:literal, $meaning:literal;)+) => {
        $(
            #[doc = $meaning]
            pub static $name: Setting = Setting {
                variable: stringify!($name),
                key: $key,
                secret: $secret,
                default: $default,
                meaning: $meaning,
            };
        )+

        /// All settings, in the order of the documentation.
        pub static ALL: &[&Setting] = &[$(&$name),+];
    };
}

settings! {
    HOST = "server.host", false, "127.0.0.1",
        "IP address to listen on; the container image sets 0.0.0.0.";
    PORT = "server.port", false, "3000",
        "TCP port to listen on; 0 takes a free one.";
    API_TOKEN = "server.api_token", true, "",
        "Set: reading and operating need `Authorization: Bearer …`. Open stay only /healthz, /readyz, /openapi.json, /docs and signed ingestion.";
    DATABASE_URL = "store.database_url", false, "sqlite:signalbox.db",
        "Where the state is kept: `sqlite:PATH`.";
    STRIPE_WEBHOOK_SECRET = "stripe.webhook_secret", true, "",
        "Signing secret of the Stripe endpoint; several, separated by commas, while one is rotated. While unset, /ingest/stripe answers 503.";
    STRIPE_API_KEY = "stripe.api_key", true, "",
        "Reserved for reconciliation through Stripe's events API; not needed for verification.";
    SPREEDLY_STATUS_SUMMARY_URL = "status.spreedly_summary_url", false, "",
        "Statuspage summary.json of Spreedly; unset: its fixture, on POST /ingest/pull-status only.";
    BRAZE_STATUS_SUMMARY_URL = "status.braze_summary_url", false, "",
        "Statuspage summary.json of Braze; unset: its fixture, on POST /ingest/pull-status only.";
    FIXTURES = "status.fixtures", false, "on",
        "`off`: a page without URL is left out instead of being served by its fixture.";
    STATUS_POLL_INTERVAL = "status.poll_interval", false, "60",
        "Seconds between background polls of configured URLs, or a span such as `90s` or `5m`; 0: only on request.";
    ROUTE_WARNING = "routing.route_warning", false, "false",
        "`true`: warnings are routed too.";
    ROUTE_TEST_MODE = "routing.route_test_mode", false, "false",
        "`true`: Stripe test-mode events reach real destinations too.";
    PAGERDUTY_ROUTING_KEY = "pagerduty.routing_key", true, "",
        "Set: pages go to PagerDuty Events API v2; unset: to the built-in mock destination.";
    PAGERDUTY_EVENTS_URL = "pagerduty.events_url", false, "https://events.pagerduty.com/v2/enqueue",
        "Events API v2 endpoint.";
    LOG_FORMAT = "log.format", false, "json",
        "`json` or `pretty`.";
    RUST_LOG = "log.filter", false, "info",
        "Log filter, such as `info` or `signalbox=debug,warn`.";
}
