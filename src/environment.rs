//! The environment variables that stand for options: an empty one is not set, and an error about one names it.

use std::collections::BTreeMap;
use std::env;

use clap::builder::Resettable;
use clap::error::{ContextKind, ContextValue};
use clap::{Arg, Command};

use crate::error::CliError;

/// The command without the variables that are set to nothing. CI systems set a variable to an empty text where its input
/// was left out.
pub(super) fn without_empty(command: Command) -> Command {
    without(command, |variable| env::var_os(variable).is_some_and(|value| value.is_empty()))
}

fn without(command: Command, drops: fn(&std::ffi::OsStr) -> bool) -> Command {
    let reset = |arg: Arg| match arg.get_env().is_some_and(drops) {
        true => arg.env(Resettable::<clap::builder::OsStr>::Reset),
        false => arg,
    };
    command.mut_args(reset).mut_subcommands(move |verb| without(verb, drops))
}

/// Names the variable in an error about an option that nobody gave on the command line.
pub(super) fn explain(mut error: clap::Error, command: &Command) -> clap::Error {
    let text = |error: &clap::Error, kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    let named = |error: &clap::Error| [ContextKind::InvalidArg, ContextKind::PriorArg].map(|kind| text(error, kind));
    // Where the command line alone is just as wrong, no variable is to blame.
    let bare = without(command.clone(), |_| true).try_get_matches();
    if bare.is_err_and(|bare| bare.kind() == error.kind() && named(&bare) == named(&error)) {
        return error;
    }
    let mut variables = BTreeMap::new();
    let mut built = command.clone();
    // Before that, an option does not know how it is written.
    built.build();
    set_variables(&built, &mut variables);
    for (kind, arg) in [ContextKind::InvalidArg, ContextKind::PriorArg].into_iter().zip(named(&error)) {
        if let Some(variable) = arg.and_then(|arg| variables.get(&arg)) {
            let shown = format!("{variable} (environment variable)");
            error.insert(kind, ContextValue::String(shown));
        }
    }
    error
}

/// The variables that are set, by the option that each stands for.
fn set_variables(command: &Command, out: &mut BTreeMap<String, String>) {
    for arg in command.get_arguments() {
        if let Some(variable) = arg.get_env().filter(|variable| env::var_os(variable).is_some()) {
            out.insert(arg.to_string(), variable.to_string_lossy().into_owned());
        }
    }
    command.get_subcommands().for_each(|verb| set_variables(verb, out));
}

/// Names the variable in an error about a value that comes from it.
pub(super) fn blame(stop: CliError, value: &str, variable: &str) -> CliError {
    if env::var_os(variable).is_none_or(|set| set != value) {
        return stop;
    }
    match stop {
        CliError::Usage { what, help } => CliError::Usage { what: format!("{variable}: {what}"), help },
        CliError::File { path, reason } => CliError::File { path, reason: format!("{reason} ({variable} names it)") },
        other => other,
    }
}
