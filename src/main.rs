//! Cutover, the program: everything it does is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    cutover::cli::main()
}
