//! A clock that stands still until a test moves it, and lots that fall the same in every run.

use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};
use signalbox::clock::Clock;

/// Where every hand-driven clock starts: 2024-01-15T12:00:00Z.
pub(crate) const START: i64 = 1_705_320_000;

/// Draws numbers from a seed (xorshift, Marsaglia 2003).
#[derive(Debug)]
pub(crate) struct Lots(u64);

impl Lots {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn draw(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Draws a number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.draw() % end
    }
}

/// The clock of a test.
#[derive(Debug)]
pub(crate) struct HandClock {
    now: Mutex<Timestamp>,
    lots: Mutex<Lots>,
}

impl HandClock {
    pub(crate) fn new() -> Self {
        let now = Mutex::new(Timestamp::from_second(START).unwrap());
        Self {
            now,
            lots: Mutex::new(Lots::seeded(1)),
        }
    }

    pub(crate) fn advance(&self, by: SignedDuration) {
        let mut now = self.now.lock().unwrap();
        *now += by;
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    fn share(&self) -> f64 {
        let drawn = u32::try_from(self.lots.lock().unwrap().draw() >> 32).unwrap();
        f64::from(drawn) / 4_294_967_296.0
    }

    fn new_id(&self) -> String {
        format!("id-{:016x}", self.lots.lock().unwrap().draw())
    }
}
