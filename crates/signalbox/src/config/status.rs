//! `[status]`: the status pages to poll.

use std::time::Duration;

use reqwest::Url;

use super::settings::{self, Setting};
use super::sources::Reader;

/// Shortest poll interval; pages are served from caches that change every few seconds at best.
const INTERVAL_MIN: Duration = Duration::from_secs(1);
/// Longest poll interval; a page that is looked at less often than daily is not watched.
const INTERVAL_MAX: Duration = Duration::from_hours(24);

/// The status pages.
#[derive(Debug, Clone)]
pub struct Status {
    /// The pages, in the order of the answer.
    pub pages: Vec<StatusPage>,
    /// Time between background polls; `None`: only on request.
    pub poll_interval: Option<Duration>,
}

/// One status page.
#[derive(Debug, Clone)]
pub struct StatusPage {
    /// The vendor, such as `spreedly`.
    pub vendor: &'static str,
    /// Its `summary.json`; without one the built-in fixture serves, on request only.
    pub url: Option<Url>,
}

pub(super) fn read(reader: &mut Reader<'_>) -> Status {
    let fixtures = reader.flag(&settings::FIXTURES).unwrap_or(true);
    let mut pages = Vec::new();
    for (vendor, setting) in [
        ("spreedly", &settings::SPREEDLY_STATUS_SUMMARY_URL),
        ("braze", &settings::BRAZE_STATUS_SUMMARY_URL),
    ] {
        let url = read_url(reader, setting);
        if url.is_some() || fixtures {
            pages.push(StatusPage { vendor, url });
        }
    }
    let poll_interval = reader.parse(&settings::STATUS_POLL_INTERVAL, interval);
    Status {
        pages,
        poll_interval: poll_interval.filter(|interval| !interval.is_zero()),
    }
}

/// Reads an absolute `http` or `https` URL with a host.
pub(super) fn read_url(reader: &mut Reader<'_>, setting: &Setting) -> Option<Url> {
    reader.parse(setting, |text| {
        let advice = || "write an absolute http:// or https:// URL".to_owned();
        let url = Url::parse(text).map_err(|_| advice())?;
        let web = matches!(url.scheme(), "http" | "https") && url.host().is_some();
        if !web {
            return Err(advice());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("leave user and password out of the URL".to_owned());
        }
        Ok(url)
    })
}

fn interval(text: &str) -> Result<Duration, String> {
    let advice = || "write seconds such as 60, or a span such as 90s or 5m, up to a day".to_owned();
    let interval = if let Ok(seconds) = text.parse::<u64>() {
        Duration::from_secs(seconds)
    } else {
        let span: jiff::SignedDuration = text.parse().map_err(|_| advice())?;
        Duration::try_from(span).map_err(|_| advice())?
    };
    let too_short = !interval.is_zero() && interval < INTERVAL_MIN;
    if too_short || interval > INTERVAL_MAX {
        Err(advice())
    } else {
        Ok(interval)
    }
}
