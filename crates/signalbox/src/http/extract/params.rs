//! Query parameters: each known, each at most once.

use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use jiff::Timestamp;
use signalbox_core::instant;

use crate::http::problem::{Code, Problem};

/// Parameters that are looked at; no endpoint knows as many.
const PAIRS_MAX: usize = 32;

/// The parameters of a request. Take each with its reader, then call [`Params::finish`].
pub(in crate::http) struct Params(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        if pairs.len() > PAIRS_MAX {
            let detail = format!("at most {PAIRS_MAX} parameters are read");
            return Err(Problem::new(Code::InvalidParameter, detail));
        }
        for (index, (name, _)) in pairs.iter().enumerate() {
            if pairs.iter().skip(index + 1).any(|(other, _)| other == name) {
                return Err(Problem::parameter(&shown(name), "to stand once"));
            }
        }
        Ok(Self(pairs))
    }
}

impl Params {
    /// Takes a parameter as text; an empty one is a bad value, not an absent one.
    pub(in crate::http) fn text(&mut self, name: &str) -> Result<Option<String>, Problem> {
        let Some(at) = self.0.iter().position(|(known, _)| known == name) else {
            return Ok(None);
        };
        let (_, value) = self.0.swap_remove(at);
        if value.is_empty() || value.len() > 512 || value.contains('\0') {
            return Err(Problem::parameter(name, "1 to 512 bytes of text"));
        }
        Ok(Some(value))
    }

    /// Takes a parameter and parses it.
    pub(in crate::http) fn parse<T: FromStr>(
        &mut self,
        name: &str,
        expected: &str,
    ) -> Result<Option<T>, Problem> {
        let wrong = |_| Problem::parameter(name, expected);
        self.text(name)?
            .map(|text| text.parse())
            .transpose()
            .map_err(wrong)
    }

    /// Takes a time.
    pub(in crate::http) fn time(&mut self, name: &str) -> Result<Option<Timestamp>, Problem> {
        let wrong = || Problem::parameter(name, "an RFC 3339 time such as 2024-01-15T10:00:00Z");
        self.text(name)?
            .map(|text| instant::parse(&text).ok_or_else(wrong))
            .transpose()
    }

    /// Takes the page size.
    pub(in crate::http) fn limit(&mut self) -> Result<u32, Problem> {
        let limit = self.parse("limit", "a number from 1 to 500")?.unwrap_or(50);
        if (1..=500).contains(&limit) {
            Ok(limit)
        } else {
            Err(Problem::parameter("limit", "a number from 1 to 500"))
        }
    }

    /// Refuses what is left.
    pub(in crate::http) fn finish(self, known: &str) -> Result<(), Problem> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => {
                let detail = format!("{}: unknown parameter; known are {known}", shown(name));
                Err(Problem::new(Code::InvalidParameter, detail))
            }
        }
    }
}

/// A name that somebody else chose, for a message.
fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(40).collect()
}
