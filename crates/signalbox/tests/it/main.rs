//! The service as its users meet it: over real sockets, on a real database file.
//!
//! Most tests start a hub in this process, with a clock that they drive by hand, between fake
//! vendors and fake destinations that record and can misbehave. A few start the real binary, where
//! the process itself is the point: signals, exit codes, what the log says, what survives a kill.

#[cfg(test)]
mod binary;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod docs;
#[cfg(test)]
mod flow;
#[cfg(test)]
mod http;
#[cfg(test)]
mod logs;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod support;
