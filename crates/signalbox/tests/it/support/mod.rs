//! What tests stand on: a hub, fakes on the other side of it, and a clock in their hands.

mod answer;
mod call;
mod clock;
mod document;
mod fake;
mod hub;
mod pager;
mod process;
mod reply;
mod stripe;
mod waiting;
mod wire;

pub(crate) use answer::Answer;
pub(crate) use call::Call;
pub(crate) use clock::{HandClock, Lots, START};
pub(crate) use document::PageDocument;
pub(crate) use fake::Fake;
pub(crate) use hub::TestHub;
pub(crate) use pager::FakePager;
pub(crate) use process::{Served, crash_rounds, signalbox};
pub(crate) use reply::Reply;
pub(crate) use stripe::{event, failed_payout, fixture, sign, sign_at, with_type};
pub(crate) use waiting::{eventually, pass, within};
pub(crate) use wire::Wire;

/// The signing secret of test hubs.
pub(crate) const SECRET: &str = "whsec_test";

/// Tells the time of this machine in unix seconds, for signatures that the real binary checks.
pub(crate) fn now() -> i64 {
    signalbox::clock::Clock::now(&signalbox::clock::SystemClock).as_second()
}

/// Finds a file of the repository.
pub(crate) fn repository(path: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}
