//! Cutover, the program: everything it does is in the library.

use std::process::ExitCode;

/// Reading and telling allocate and free millions of small texts on all cores, which this allocator is made for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cutover::cli::main()
}
