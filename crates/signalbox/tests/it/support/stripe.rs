//! Stripe's side: events, and signatures made without the code under test.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{START, repository};

/// Reads a fixture of the repository.
pub(crate) fn fixture(path: &str) -> Vec<u8> {
    std::fs::read(repository("fixtures").join(path)).unwrap()
}

/// Writes an event of a type.
pub(crate) fn with_type(id: &str, event_type: &str) -> String {
    event(
        &format!("\"{id}\""),
        &format!("\"{event_type}\""),
        "1705315200",
        "",
    )
}

/// Writes a critical event.
pub(crate) fn failed_payout(id: &str) -> String {
    with_type(id, "payout.failed")
}

/// Writes an event of fields as they stand in JSON; `rest` begins with a comma, if it is not empty.
pub(crate) fn event(id: &str, event_type: &str, created: &str, rest: &str) -> String {
    format!(
        r#"{{"id":{id},"object":"event","type":{event_type},"created":{created},"data":{{"object":{{"id":"po_1"}}}}{rest}}}"#
    )
}

/// Signs a body at the start of the hand-driven clock.
pub(crate) fn sign(secret: &str, body: impl AsRef<[u8]>) -> String {
    sign_at(secret, body, START)
}

/// Signs a body at a time in unix seconds.
pub(crate) fn sign_at(secret: &str, body: impl AsRef<[u8]>, at: i64) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{at}.").as_bytes());
    mac.update(body.as_ref());
    format!("t={at},v1={}", hex::encode(mac.finalize().into_bytes()))
}
