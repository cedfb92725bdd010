//! The signalbox service: everything around the pure core and the store.
//!
//! Rooms, from the top: `cli` and `app` (where everything meets), `http` and `workers`, `ingest`
//! and `deliver`, and at the bottom `clock`, `client`, `nudge`, `lifecycle`,
//! `logging` and `config`. Imports run
//! downwards only; `cargo xtask tidy` guards that.

pub mod app;
pub mod cli;
pub mod client;
pub mod clock;
pub mod config;
pub mod deliver;
pub mod http;
pub mod ingest;
pub mod lifecycle;
pub mod logging;
pub mod nudge;
pub mod workers;
