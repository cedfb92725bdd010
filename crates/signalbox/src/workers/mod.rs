//! What runs without being asked: one loop per destination, one for the status pages.
//!
//! The loops own *when*; *what* stands in `deliver` and `ingest`. What there is to do is read from
//! the store, so the first run, a restart and a second instance are one case.

mod deliver;
mod poll;

pub use deliver::deliver;
pub use poll::poll;
