//! The program as its users see it: each area in a module, most of them through the command line.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that panics has failed, helpers included"
)]

mod support;

mod altova;
mod app_builder;
mod bad_input;
mod baseline;
mod cli;
mod compare;
mod config;
mod controls;
mod cost;
mod credentials;
mod decisions;
mod explain;
mod files_you_write;
mod first_screen;
mod formats;
mod fuzz;
mod gate_command;
mod generated;
mod graph;
#[cfg(unix)]
mod hostile_files;
mod hostile_names;
mod hostile_packs;
mod html;
mod incomplete_exports;
mod many_violations;
#[cfg(unix)]
mod outputs;
#[cfg(unix)]
mod pipes_and_signals;
mod plan;
mod plan_formats;
mod policies;
mod policy_check;
mod policy_list;
mod policy_test;
mod reading;
mod redaction;
mod repair;
mod report;
mod samples;
mod sarif;
mod saved;
mod scrub;
mod secret_recall;
mod secrets;
mod usage;
mod verdicts_access;
mod verdicts_days;
mod verdicts_inputs;
mod waivers;
