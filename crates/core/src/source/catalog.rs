//! Well-known vendors and their status pages, so that a vendor's name is enough to watch it.
//!
//! A page can move to another platform; then its entry here is out of date and the page's own
//! documents say so. Google Cloud and Workspace have one dashboard each.

use super::Platform;

/// A vendor that is known by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vendor {
    /// Its name, in lower case, as a source is named after it.
    pub name: &'static str,
    /// What its page runs on.
    pub platform: Platform,
    /// Its page, or its document where the platform's documents have no fixed place.
    pub page_url: &'static str,
}

/// Writes the table one vendor a line.
macro_rules! vendors {
    ($($name:literal $platform:ident $page_url:literal,)+) => {
        &[$(Vendor { name: $name, platform: Platform::$platform, page_url: $page_url }),+]
    };
}

/// Every vendor, by name.
pub const VENDORS: &[Vendor] = vendors! {
    "aiven" Incidentio "https://status.aiven.io",
    "akamai" Statuspage "https://www.akamaistatus.com",
    "azure" Feed "https://rssfeed.azure.status.microsoft/en-us/status/feed/",
    "betterstack" Betterstack "https://status.betterstack.com",
    "bitbucket" Statuspage "https://bitbucket.status.atlassian.com",
    "box" Statuspage "https://status.box.com",
    "circleci" Statuspage "https://status.circleci.com",
    "claude" Statuspage "https://status.claude.com",
    "cloudflare" Statuspage "https://www.cloudflarestatus.com",
    "cloudinary" Statuspage "https://status.cloudinary.com",
    "coinbase" Statuspage "https://status.coinbase.com",
    "confluence" Statuspage "https://confluence.status.atlassian.com",
    "confluent" Statuspage "https://status.confluent.cloud",
    "datadog" Statuspage "https://status.datadoghq.com",
    "digitalocean" Statuspage "https://status.digitalocean.com",
    "discord" Statuspage "https://discordstatus.com",
    "docker" Statusio "https://api.status.io/1.0/status/533c6539221ae15e3f000031",
    "dropbox" Statuspage "https://status.dropbox.com",
    "elastic" Statuspage "https://status.elastic.co",
    "figma" Statuspage "https://status.figma.com",
    "fly" Statuspage "https://status.flyio.net",
    "github" Statuspage "https://www.githubstatus.com",
    "gitlab" Statusio "https://api.status.io/1.0/status/5b36dc6502d06804c08349f7",
    "gocardless" Statuspage "https://www.gocardless-status.com",
    "google-cloud" Google "https://status.cloud.google.com",
    "google-workspace" Google "https://www.google.com/appsstatus/dashboard",
    "grafana" Statuspage "https://status.grafana.com",
    "jira" Statuspage "https://jira-software.status.atlassian.com",
    "kagi" Instatus "https://status.kagi.com",
    "linear" Incidentio "https://linearstatus.com",
    "linode" Statuspage "https://status.linode.com",
    "mastodon-social" Instatus "https://status.mastodon.social",
    "miro" Statuspage "https://status.miro.com",
    "mongodb" Statuspage "https://status.mongodb.com",
    "netlify" Statuspage "https://www.netlifystatus.com",
    "newrelic" Statuspage "https://status.newrelic.com",
    "npm" Statuspage "https://status.npmjs.org",
    "openai" Incidentio "https://status.openai.com",
    "opsgenie" Statuspage "https://opsgenie.status.atlassian.com",
    "payplug" Statuspage "https://status.payplug.com",
    "perplexity" Instatus "https://status.perplexity.com",
    "plaid" Statuspage "https://status.plaid.com",
    "pypi" Statuspage "https://status.python.org",
    "reddit" Statuspage "https://www.redditstatus.com",
    "rubygems" Statuspage "https://status.rubygems.org",
    "segment" Statuspage "https://status.segment.com",
    "sendgrid" Statuspage "https://status.sendgrid.com",
    "sentry" Statuspage "https://status.sentry.io",
    "shopify" Statuspage "https://www.shopifystatus.com",
    "slack" Slack "https://slack-status.com",
    "snowflake" Statuspage "https://status.snowflake.com",
    "spreedly" Statuspage "https://status.spreedly.com",
    "squarespace" Statuspage "https://status.squarespace.com",
    "supabase" Statuspage "https://status.supabase.com",
    "together-ai" Betterstack "https://status.together.ai",
    "trello" Statuspage "https://trello.status.atlassian.com",
    "twilio" Statuspage "https://status.twilio.com",
    "vercel" Statuspage "https://www.vercel-status.com",
    "whereby" Instatus "https://wherebystatus.com",
    "wikimedia" Statuspage "https://www.wikimediastatus.net",
    "wistia" Instatus "https://status.wistia.com",
    "zapier" Statuspage "https://status.zapier.com",
    "zoom" Statuspage "https://status.zoom.us",
};

/// Finds a vendor by name, whatever its case.
#[must_use]
pub fn find(name: &str) -> Option<&'static Vendor> {
    let name = name.trim().to_lowercase();
    let at = VENDORS
        .binary_search_by(|vendor| vendor.name.cmp(name.as_str()))
        .ok()?;
    VENDORS.get(at)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::event::EventId;

    #[test]
    fn vendors_are_sorted_and_named_once() {
        assert!(VENDORS.is_sorted_by(|a, b| a.name < b.name));
        let urls: HashSet<&str> = VENDORS.iter().map(|vendor| vendor.page_url).collect();
        assert_eq!(urls.len(), VENDORS.len());
    }

    #[test]
    fn every_vendor_can_be_named_and_polled() {
        for vendor in VENDORS {
            assert!(
                EventId::from_vendor(vendor.name).is_some(),
                "{}",
                vendor.name
            );
            assert_eq!(vendor.name, vendor.name.to_lowercase());
            assert!(vendor.page_url.starts_with("https://"), "{}", vendor.name);
            let address = vendor.platform.address(vendor.page_url);
            assert!(address.is_some(), "{}", vendor.name);
        }
    }

    #[test]
    fn a_vendor_is_found_whatever_its_case() {
        assert_eq!(
            find(" GitHub ").map(|it| it.page_url),
            Some("https://www.githubstatus.com")
        );
        assert_eq!(find("nobody"), None);
    }
}
