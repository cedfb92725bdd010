//! Talking to a hub over its API.

use std::net::IpAddr;

use clap::Args;
use reqwest::{Method, RequestBuilder, StatusCode, Url};
use secrecy::ExposeSecret;
use serde::Deserialize;

use super::{EX_CONFIG, EX_UNAVAILABLE, Failure};
use crate::client::Client;
use crate::config::{Config, Sources};

/// Which hub.
#[derive(Debug, Args)]
pub(super) struct HubArgs {
    /// URL of the hub (default: HOST and PORT of the configuration)
    #[arg(long, value_name = "URL")]
    url: Option<Url>,
}

/// A hub to talk to.
pub(super) struct Api {
    client: Client,
    base: Url,
    token: Option<String>,
}

/// What matters of any answer of a hub.
#[derive(Deserialize)]
struct Answer {
    /// What is wrong, where something is.
    detail: Option<String>,
}

impl HubArgs {
    /// Finds the hub that is meant.
    pub(super) fn connect(&self, sources: &Sources) -> Result<Api, Failure> {
        let config = super::resolve(sources)?;
        let base = match &self.url {
            Some(url) => url.clone(),
            None => local(&config)?,
        };
        let token = config.server.api_token.as_ref();
        Ok(Api {
            client: Client::new()?,
            base,
            token: token.map(|token| token.expose_secret().to_owned()),
        })
    }
}

fn local(config: &Config) -> Result<Url, Failure> {
    let host = match config.server.host {
        IpAddr::V4(ip) if ip.is_unspecified() => "127.0.0.1".to_owned(),
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) if ip.is_unspecified() => "[::1]".to_owned(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    };
    let url = format!("http://{host}:{}", config.server.port);
    Url::parse(&url).map_err(|error| Failure::new(EX_CONFIG, error))
}

impl Api {
    /// Begins a request to a path of the hub.
    pub(super) fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, Failure> {
        let url = self.base.join(path)?;
        let builder = self.client.request(method, url);
        Ok(match &self.token {
            Some(token) => builder.bearer_auth(token),
            None => builder,
        })
    }

    /// Returns the whole address of a path.
    pub(super) fn address(&self, path: &str) -> Result<String, Failure> {
        Ok(self.base.join(path)?.to_string())
    }

    /// Sends a request and returns the JSON of its answer as it was sent: parsing would disturb the
    /// order of keys and the digits of numbers. A problem becomes a failure in its words.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<String, Failure> {
        let response = request
            .send()
            .await
            .map_err(|error| self.unreachable(error))?;
        let status = response.status();
        let text = response
            .text()
            .await
            .map_err(|error| self.unreachable(error))?;
        let Ok(answer) = serde_json::from_str::<Answer>(&text) else {
            let error = anyhow::anyhow!("{} does not answer like a signalbox hub", self.base);
            return Err(Failure::new(EX_UNAVAILABLE, error));
        };
        if status.is_success() {
            return Ok(text);
        }
        let detail = answer.detail.as_deref().unwrap_or("no detail given");
        let error = anyhow::anyhow!("the hub answered {}: {detail}", status.as_u16());
        let exit = if status == StatusCode::SERVICE_UNAVAILABLE {
            EX_UNAVAILABLE
        } else {
            1
        };
        Err(Failure::new(exit, error))
    }

    fn unreachable(&self, error: reqwest::Error) -> Failure {
        let error = anyhow::Error::new(error.without_url()).context(format!(
            "no hub answers at {}; is `signalbox serve` running?",
            self.base
        ));
        Failure::new(EX_UNAVAILABLE, error)
    }
}
