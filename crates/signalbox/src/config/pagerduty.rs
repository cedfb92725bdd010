//! `[pagerduty]`: the real pager.

use reqwest::Url;
use secrecy::SecretString;

use super::settings;
use super::sources::Reader;
use super::status::read_url;

/// A PagerDuty integration.
#[derive(Debug, Clone)]
pub struct PagerDuty {
    /// The integration's routing key.
    pub routing_key: SecretString,
    /// The enqueue URL.
    pub events_url: Url,
}

pub(super) fn read(reader: &mut Reader<'_>) -> Option<PagerDuty> {
    // Read in any case: a bad URL is a problem even while the key is unset.
    let events_url = read_url(reader, &settings::PAGERDUTY_EVENTS_URL);
    let routing_key = reader.parse(&settings::PAGERDUTY_ROUTING_KEY, |text| {
        Ok(SecretString::from(text))
    });
    Some(PagerDuty {
        routing_key: routing_key?,
        events_url: events_url?,
    })
}
