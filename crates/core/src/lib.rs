//! The pure heart of signalbox: what a vendor said, what it means, who is owed a page.
//!
//! Everything here is a function of its arguments. Nothing reads a clock, draws a random number,
//! opens a socket or touches a file; the manifest names no crate that could. Time and chance come
//! in as parameters, requests leave as values. That is why each rule can be tested in microseconds
//! and why both storage backends, which call [`lifecycle`] inside their transactions, agree.

pub mod delivery;
pub mod event;
pub mod instant;
pub mod json;
pub mod lifecycle;
pub mod rule;
pub mod source;
pub mod summarize;
