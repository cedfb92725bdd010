//! Whole stories: from a signal to the people on call.

mod failures;
mod load;
mod pagerduty;
mod restart;
mod routing;
mod shutdown;
mod store_trouble;
