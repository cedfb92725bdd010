//! Extractors: each asks the request for one thing and answers a problem if it is not there.

mod body;
mod params;
mod request_id;
mod stripe;

pub(super) use body::LimitedBody;
pub(super) use params::Params;
pub(super) use stripe::VerifiedStripe;
