//! `[server]`: where to listen, and who may ask.

use std::net::{IpAddr, Ipv4Addr};

use secrecy::SecretString;

use super::settings;
use super::sources::Reader;

/// Where to listen, and who may ask.
#[derive(Debug, Clone)]
pub struct Server {
    /// The address.
    pub host: IpAddr,
    /// The port; 0 takes a free one.
    pub port: u16,
    /// The bearer token that reading and operating need, if any.
    pub api_token: Option<SecretString>,
}

pub(super) fn read(reader: &mut Reader<'_>) -> Server {
    let host = reader.parse(&settings::HOST, |text| match text {
        "localhost" => Ok(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        text => text
            .parse()
            .map_err(|_| "write an IP address such as 127.0.0.1 or ::".to_owned()),
    });
    let port = reader.parse(&settings::PORT, |text| {
        text.parse()
            .map_err(|_| "write a number from 0 to 65535".to_owned())
    });
    let api_token = reader.parse(&settings::API_TOKEN, |text| {
        if text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(SecretString::from(text))
        } else {
            Err("write visible ASCII characters without spaces".to_owned())
        }
    });
    Server {
        host: host.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        port: port.unwrap_or_default(),
        api_token,
    }
}
