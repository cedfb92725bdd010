//! The binary: parses the command line and hands over.

use std::process::ExitCode;

/// Bodies are allocated on one thread and freed on another, which the system allocator pays for
/// with locks: a quarter of the CPU of an ingested event.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    signalbox::cli::main()
}
