//! What happens when memory runs out: who asks for more than there is is ended by most systems without a word, in the
//! middle of anything. So the program ends itself before that, and says why.

use std::io::{self, Write};
use std::process;
use std::thread;
use std::time::Duration;

use sysinfo::{MemoryRefreshKind, ProcessRefreshKind, ProcessesToUpdate, System, get_current_pid};

use crate::error::Exit;
use cutover_export::drafts;

/// How often it is looked. A program that does nothing but fill memory fills some tens of megabytes meanwhile.
const PAUSE: Duration = Duration::from_millis(20);
/// The part of all memory that must be left, and its bounds in bytes.
const PART: u64 = 16;
const LEAST: u64 = 16 << 20;
const MAX_ITEMS: u64 = 256 << 20;

/// The memory of the machine, or of the container that the program runs in, in bytes.
#[derive(Debug, Clone, Copy)]
struct Memory {
    total: u64,
    left: u64,
}

impl Memory {
    /// `None` where the system does not say.
    fn now(system: &mut System) -> Option<Self> {
        system.refresh_memory_specifics(MemoryRefreshKind::everything());
        let machine = Self { total: system.total_memory(), left: system.available_memory() + system.free_swap() };
        if machine.total == 0 {
            return None;
        }
        // What a container keeps of files it can give back, so only the rest counts.
        let container = system.cgroup_limits().filter(|limits| limits.total_memory < machine.total);
        let container = container
            .map(|limits| Self { total: limits.total_memory, left: limits.total_memory.saturating_sub(limits.rss) });
        Some(container.filter(|container| container.left < machine.left).unwrap_or(machine))
    }

    /// What must be left.
    fn reserve(self) -> u64 {
        (self.total / PART).clamp(LEAST, MAX_ITEMS)
    }

    /// Whether the program, which keeps so many bytes, has come to the end of what was free at first. Where it keeps
    /// little of that, others have the rest, or the system, which may give it back.
    fn is_used_up(self, now: Self, kept: impl FnOnce() -> u64) -> bool {
        now.left < self.reserve() && kept() >= self.left.min(self.total) / 2
    }
}

/// The bytes that this program keeps in memory.
fn kept(system: &mut System) -> u64 {
    let Ok(this) = get_current_pid() else { return 0 };
    let memory = ProcessRefreshKind::nothing().with_memory();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[this]), false, memory);
    system.process(this).map_or(0, sysinfo::Process::memory)
}

/// Watches memory from now on. Where hardly any is left before the program begins, it is not the program that takes it.
pub(super) fn watch() {
    let watch = || {
        let mut system = System::new();
        let Some(first) = Memory::now(&mut system).filter(|first| first.left >= 2 * first.reserve()) else { return };
        loop {
            thread::sleep(PAUSE);
            match Memory::now(&mut system) {
                Some(now) if first.is_used_up(now, || kept(&mut system)) => stop(first, now),
                Some(_) => {}
                None => return,
            }
        }
    };
    let _ = thread::Builder::new().name("memory".to_owned()).spawn(watch);
}

#[expect(clippy::exit, reason = "the rest of the program is about to be ended by the system")]
fn stop(first: Memory, now: Memory) -> ! {
    let held = drafts::hold();
    held.abandon();
    let megabytes = |bytes: u64| bytes >> 20;
    let (left, total, free) = (megabytes(now.left), megabytes(first.total), megabytes(first.left));
    let _ = writeln!(
        io::stderr(),
        "error: memory runs out: {left} of {total} MB are left, and {free} were free at the start; no result was left \
         half-written\n  help: run it where more memory is free, or export fewer projects into each folder"
    );
    process::exit(Exit::Input.code().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_is_kept_back_where_there_is_more_and_never_much() {
        let reserve = |total: u64| Memory { total, left: 0 }.reserve();
        assert_eq!([64 << 20, 1 << 30, 64 << 30].map(reserve), [LEAST, 64 << 20, MAX_ITEMS]);
    }

    #[test]
    fn memory_is_used_up_by_who_keeps_most_of_it() {
        let at = |left: u64| Memory { total: 4 << 30, left };
        let first = at(2 << 30);
        assert!(first.is_used_up(at(200 << 20), || 1 << 30));
        assert!(!first.is_used_up(at(200 << 20), || 100 << 20), "others have it");
        assert!(!first.is_used_up(at(300 << 20), || 1 << 30), "enough is left");
    }

    #[test]
    fn this_program_keeps_something() {
        assert!(kept(&mut System::new()) > 1 << 20);
    }

    #[test]
    fn this_machine_says_how_much_it_has() {
        let now = Memory::now(&mut System::new()).unwrap();
        assert!(now.left > 0 && now.total > now.reserve());
    }
}
