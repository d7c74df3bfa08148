//! Cutover, the program: everything it does is in the library.

use std::process::ExitCode;

/// Reading and telling allocate and free millions of small texts on all cores, which this allocator is made for. It is
/// built to take memory in small pages: of large ones a third was never used, and where a virtual machine gives idle
/// memory back, each of them takes milliseconds to get.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cutover::main()
}
