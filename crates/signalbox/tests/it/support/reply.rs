//! What a fake server answers, decent or not.

use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

/// One answer of a fake.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    pub(super) manner: Manner,
}

/// How an answer is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// At once and whole.
    Plain,
    /// Whole, once the fake is released.
    Held,
    /// Never; the connection stays until the fake is released or the client leaves.
    Silent,
    /// The connection closes at once.
    Deaf,
    /// Half of the body, then the connection closes.
    CutOff,
    /// The head and half of the body, then nothing.
    Stalled,
    /// The head, then one byte of the body per second.
    Dripping,
    /// The head, then the body again and again for as long as anybody reads.
    Endless,
}

/// Time between two bytes of a drip.
pub(super) const DRIP: Duration = Duration::from_secs(1);

impl Reply {
    pub(crate) fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            manner: Manner::Plain,
        }
    }

    pub(crate) fn text(body: impl Into<Vec<u8>>) -> Self {
        Self {
            body: body.into(),
            ..Self::status(200)
        }
    }

    pub(crate) fn json(status: u16, body: &Value) -> Self {
        let reply = Self {
            body: body.to_string().into_bytes(),
            ..Self::status(status)
        };
        reply.header("content-type", "application/json")
    }

    pub(crate) fn redirect(location: &str) -> Self {
        Self::status(302).header("location", location)
    }

    /// Answers with a body compressed by gzip.
    pub(crate) fn gzip(body: &[u8]) -> Self {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(body).unwrap();
        Self::text(encoder.finish().unwrap()).header("content-encoding", "gzip")
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub(crate) fn silent() -> Self {
        Self::status(0).in_manner(Manner::Silent)
    }

    pub(crate) fn deaf() -> Self {
        Self::status(0).in_manner(Manner::Deaf)
    }

    pub(crate) fn held(self) -> Self {
        self.in_manner(Manner::Held)
    }

    pub(crate) fn cut_off(self) -> Self {
        self.in_manner(Manner::CutOff)
    }

    pub(crate) fn stalled(self) -> Self {
        self.in_manner(Manner::Stalled)
    }

    pub(crate) fn dripping(self) -> Self {
        self.in_manner(Manner::Dripping)
    }

    pub(crate) fn endless(self) -> Self {
        self.in_manner(Manner::Endless)
    }

    fn in_manner(self, manner: Manner) -> Self {
        Self { manner, ..self }
    }

    /// Writes the head. An endless body has no length, and ends, if ever, with the connection.
    pub(super) fn head(&self) -> String {
        let mut lines = vec![format!("HTTP/1.1 {} Scripted", self.status)];
        lines.push("connection: close".to_owned());
        if self.manner != Manner::Endless && self.status != 304 {
            lines.push(format!("content-length: {}", self.body.len()));
        }
        lines.extend(
            self.headers
                .iter()
                .map(|(name, value)| format!("{name}: {value}")),
        );
        lines.join("\r\n") + "\r\n\r\n"
    }
}
