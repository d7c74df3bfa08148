//! Tells cargo that a file added to this folder changes the program: the policies are embedded in it.

use std::io::{self, Write};

fn main() -> io::Result<()> {
    writeln!(io::stdout(), "cargo::rerun-if-changed=.")
}
