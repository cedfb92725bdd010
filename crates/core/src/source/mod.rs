//! One room per vendor format: bytes in, events out. Knows events; knows no rule and no delivery.

pub mod betterstack;
pub mod catalog;
pub mod feed;
pub mod google;
pub mod incidentio;
pub mod instatus;
pub mod page;
mod platform;
pub mod slack;
pub mod statusio;
pub mod statuspage;
pub mod stripe;
pub mod webhook;

pub use platform::{Address, Platform};
