//! Cursors: opaque places in a list, bound to the filters that they were made under.

use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use signalbox_store::Position;

use super::problem::Problem;

/// Marks the layout, so that a later one can tell.
const VERSION: u8 = 1;
/// Bytes of the filters' digest; enough to catch a mistake, which is all it is for.
const BINDING: usize = 8;

/// Writes and reads the cursors of one list under one set of filters.
pub(super) struct Cursors([u8; BINDING]);

impl Cursors {
    /// Binds to a list and its filters, in any stable text form.
    pub(super) fn bound_to(filters: &str) -> Self {
        let digest: [u8; 32] = Sha256::digest(filters.as_bytes()).into();
        let mut binding = [0; BINDING];
        binding.copy_from_slice(digest.split_at(BINDING).0);
        Self(binding)
    }

    /// Writes a cursor.
    pub(super) fn write(&self, position: Position) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend(self.0);
        bytes.extend(position.at_ms.to_be_bytes());
        bytes.extend(position.seq.to_be_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a cursor.
    pub(super) fn read(&self, text: &str) -> Result<Position, Problem> {
        let wrong = || Problem::parameter("cursor", "next_cursor of an answer of this list");
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong())?;
        let rest = bytes.strip_prefix(&[VERSION]).ok_or_else(wrong)?;
        let (binding, rest) = rest.split_first_chunk::<BINDING>().ok_or_else(wrong)?;
        let (at_ms, rest) = rest.split_first_chunk::<8>().ok_or_else(wrong)?;
        let (seq, rest) = rest.split_first_chunk::<8>().ok_or_else(wrong)?;
        if !rest.is_empty() {
            return Err(wrong());
        }
        if *binding != self.0 {
            let expected = "a cursor made under the same filters; repeat them unchanged";
            return Err(Problem::parameter("cursor", expected));
        }
        Ok(Position {
            at_ms: i64::from_be_bytes(*at_ms),
            seq: i64::from_be_bytes(*seq),
        })
    }
}

/// Points to the next page in a `Link` header too.
pub(super) fn link(path: &str, query: &str, next: Option<&str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let Some(next) = next else { return headers };
    let mut url = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if name != "cursor" {
            url.append_pair(&name, &value);
        }
    }
    url.append_pair("cursor", next);
    if let Ok(value) = HeaderValue::from_str(&format!("<{path}?{}>; rel=\"next\"", url.finish())) {
        headers.insert(header::LINK, value);
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_round_trips_under_its_filters_only() {
        let position = Position {
            at_ms: 1_705_315_200_000,
            seq: 42,
        };
        let cursors = Cursors::bound_to("events|severity=critical");
        let text = cursors.write(position);
        assert_eq!(cursors.read(&text).unwrap(), position);
        assert!(
            Cursors::bound_to("events|severity=info")
                .read(&text)
                .is_err()
        );
        for bad in ["", "x", "AAAA", &text[1..], &format!("{text}AA")] {
            assert!(cursors.read(bad).is_err(), "{bad}");
        }
    }
}
