//! One room per vendor format: bytes in, events out. Knows events; knows no rule and no delivery.

pub mod statuspage;
pub mod stripe;
pub mod webhook;
