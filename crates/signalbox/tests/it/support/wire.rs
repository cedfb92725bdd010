//! A bare connection, for what no decent client would send.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Answer;

/// Longest wait for the other side. Larger than any of its limits, which tests let pass by hand.
const PATIENCE: Duration = Duration::from_mins(1);

/// A connection to a hub.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Wire {
    pub(crate) async fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            read: Vec::new(),
        }
    }

    /// Sends bytes; a connection that the other side closed gives `false`.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).await.is_ok()
    }

    /// Reads one answer; a connection that ends before its head is complete gives `None`.
    pub(crate) async fn answer(&mut self) -> Option<Answer> {
        self.answer_to("GET").await
    }

    /// Reads one answer to a method; one to `HEAD` has no body.
    pub(crate) async fn answer_to(&mut self, method: &str) -> Option<Answer> {
        let reading = async {
            let head_end = loop {
                if let Some(at) = find(&self.read, b"\r\n\r\n") {
                    break at + 4;
                }
                if !self.read_more().await {
                    return None;
                }
            };
            let head: Vec<u8> = self.read.drain(..head_end).collect();
            let (status, headers) = parse(&head);
            let length = headers.get("content-length");
            let length = length.map_or(0, |length| length.to_str().unwrap().parse().unwrap());
            let length = if method == "HEAD" || status == 100 {
                0
            } else {
                length
            };
            while self.read.len() < length && self.read_more().await {}
            let body = self.read.drain(..length.min(self.read.len())).collect();
            Some(Answer {
                status,
                headers,
                body,
            })
        };
        tokio::time::timeout(PATIENCE, reading)
            .await
            .expect("an answer or the end, in time")
    }

    /// Waits until the other side closes the connection, and gives what it still sent.
    pub(crate) async fn closed(mut self) -> Vec<u8> {
        let reading = async { while self.read_more().await {} };
        tokio::time::timeout(PATIENCE, reading)
            .await
            .expect("the end of the connection, in time");
        self.read
    }

    async fn read_more(&mut self) -> bool {
        let mut chunk = [0; 4_096];
        match self.stream.read(&mut chunk).await {
            Ok(0) | Err(_) => false,
            Ok(n) => {
                self.read.extend_from_slice(&chunk[..n]);
                true
            }
        }
    }
}

pub(super) fn find(text: &[u8], pattern: &[u8]) -> Option<usize> {
    text.windows(pattern.len())
        .position(|window| window == pattern)
}

fn parse(head: &[u8]) -> (u16, HeaderMap) {
    let head = std::str::from_utf8(head).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .unwrap()
        .split(' ')
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    let mut headers = HeaderMap::new();
    for line in lines.filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':').unwrap();
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        headers.append(name, HeaderValue::from_str(value.trim()).unwrap());
    }
    (status, headers)
}
