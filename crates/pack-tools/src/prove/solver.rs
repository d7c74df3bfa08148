//! The solver: cvc5, run as a program of its own, one process for each question.
//!
//! Cedar's symbolic compiler turns two policy sets into a question of SMT-LIB; what it cannot turn, or cvc5 cannot answer in
//! time, is not decided. Both are there only if Cutover was built with the feature `prove`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use cedar_policy::{Entities, PolicySet, Request, RequestEnv, Schema};
use thiserror::Error;

/// Why there is no solver to ask.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoSolver {
    /// This program was built without the means to ask one.
    #[error("this cutover was built without the feature `prove`: build it with `cargo install --features prove`")]
    NotBuilt,
    /// There is no such program.
    #[error(
        "the solver `{0}` was not found: install cvc5 (Debian and Ubuntu: `apt-get install cvc5`), or name it with --solver"
    )]
    NotFound(String),
    /// It is another program, or broken.
    #[error("`{0}` is not the solver cvc5: its version output does not match")]
    Other(String),
}

/// A solver that can be asked.
#[derive(Debug, Clone)]
pub struct Solver {
    program: PathBuf,
    version: String,
    limit: Duration,
}

/// Whether every fact of one kind that the `stricter` policies allow is allowed by the `weaker` ones, too.
#[derive(Debug, Clone)]
pub struct Question {
    /// The kind of fact.
    pub environment: RequestEnv,
    /// What facts can be.
    pub schema: Schema,
    /// The policies that are to allow no more,
    pub stricter: PolicySet,
    /// than these.
    pub weaker: PolicySet,
}

/// What a solver says.
#[derive(Debug)]
pub enum Answer {
    /// It is so, for every fact.
    Holds,
    /// It is not so; this fact is said to show it. To be believed when Cedar says so, too.
    Fails(Box<Witness>),
    /// Neither could be shown, and why.
    NotDecided(String),
}

/// A fact that a solver made up.
#[derive(Debug)]
pub struct Witness {
    /// The fact.
    pub request: Request,
    /// What it speaks of.
    pub entities: Entities,
}

impl Solver {
    /// Finds the solver: a path, or the name of a program to look up in `PATH`. It may think about one question for so long.
    ///
    /// # Errors
    /// When there is none that could be asked.
    pub fn find(program: &Path, limit: Duration) -> Result<Self, NoSolver> {
        if !cfg!(feature = "prove") {
            return Err(NoSolver::NotBuilt);
        }
        let shown = program.display().to_string();
        let mut asked = Command::new(program);
        asked.arg("--version").stdin(Stdio::null()).stderr(Stdio::null());
        let said = asked.output().map_err(|_| NoSolver::NotFound(shown.clone()))?;
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        let version = version(&said).ok_or(NoSolver::Other(shown))?;
        Ok(Self { program: program.to_owned(), version, limit })
    }

    /// Its version: `1.0.3`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// How long it may think about one question.
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// Asks whether the stricter policies allow nothing that the weaker ones forbid.
    pub fn ask(&self, question: Question) -> Answer {
        smt::ask(self, question)
    }
}

/// Of "This is cvc5 version 1.0.3", the number.
fn version(said: &str) -> Option<String> {
    let (_, rest) = said.lines().next()?.split_once("cvc5 version ")?;
    let number: String = rest.chars().take_while(|letter| !letter.is_whitespace()).collect();
    (!number.is_empty()).then_some(number)
}

#[cfg(feature = "prove")]
mod smt {
    use std::sync::mpsc::{RecvTimeoutError, channel};
    use std::thread;
    use std::time::{Duration, Instant};

    use cedar_policy_symcc::err::Error;
    use cedar_policy_symcc::solver::LocalSolver;
    use cedar_policy_symcc::{CedarSymCompiler, CompiledPolicySet};
    use tokio::process::Command;
    use tokio::runtime::Builder;
    use tokio::time::timeout;

    use super::{Answer, Question, Solver, Witness};

    /// What a question gets beyond the limit: for cvc5 to say that it reached it, and for what it said to be read.
    const GRACE: Duration = Duration::from_secs(2);
    /// The stack of a thread that puts a question: Cedar and its compiler go down a policy by recursion.
    const STACK: usize = 256 << 20;

    /// Asks in a thread of its own. Some policies are small and so large as a question that they are never done being
    /// written; the thread is left to itself then, and ends with the program.
    pub(super) fn ask(solver: &Solver, question: Question) -> Answer {
        let (answers, answered) = channel();
        let asker = solver.clone();
        let asked = thread::Builder::new().stack_size(STACK).spawn(move || {
            let answer = answer(&asker, &question);
            let _ = answers.send(answer);
        });
        if let Err(error) = asked {
            return Answer::NotDecided(cutover_export::reason::of(&error));
        }
        match answered.recv_timeout(solver.limit + 2 * GRACE) {
            Ok(Ok(answer)) => answer,
            Ok(Err(reason)) => Answer::NotDecided(reason.split_whitespace().collect::<Vec<_>>().join(" ")),
            Err(RecvTimeoutError::Timeout) => Answer::NotDecided(too_long(solver)),
            Err(RecvTimeoutError::Disconnected) => Answer::NotDecided("the question could not be put".to_owned()),
        }
    }

    fn answer(solver: &Solver, question: &Question) -> Result<Answer, String> {
        let started = Instant::now();
        let compile = |policies| {
            CompiledPolicySet::compile(policies, &question.environment, &question.schema)
                .map_err(|error| described(&error))
        };
        let (stricter, weaker) = (compile(&question.stricter)?, compile(&question.weaker)?);
        let runtime =
            Builder::new_current_thread().enable_all().build().map_err(|error| cutover_export::reason::of(&error))?;
        let asked = async {
            let mut command = Command::new(&solver.program);
            let milliseconds = solver.limit.as_millis();
            // Without its experimental strings, cvc5 has no answer where a policy says `like "*x*"`.
            command.args(["--lang", "smt", "--strings-exp"]).arg(format!("--tlimit={milliseconds}")).kill_on_drop(true);
            let process = LocalSolver::from_command(&mut command).map_err(|error| error.to_string())?;
            let mut compiler = CedarSymCompiler::new(process).map_err(|error| described(&error))?;
            let answer = compiler.check_implies_with_counterexample_opt(&stricter, &weaker);
            let answer = timeout(solver.limit + GRACE, answer).await.map_err(|_| too_long(solver))?;
            let _ = compiler.solver_mut().clean_up().await;
            Ok(answer)
        };
        let answer: Result<_, String> = runtime.block_on(asked);
        match answer? {
            Ok(None) => Ok(Answer::Holds),
            Ok(Some(found)) => {
                Ok(Answer::Fails(Box::new(Witness { request: found.request, entities: found.entities })))
            }
            // At its limit, cvc5 says so and ends, in words that differ from version to version.
            Err(_) if started.elapsed() >= solver.limit => Err(too_long(solver)),
            Err(error) => Err(described(&error)),
        }
    }

    fn too_long(solver: &Solver) -> String {
        format!("the solver found no answer in {} s", solver.limit.as_secs())
    }

    fn described(error: &Error) -> String {
        match error {
            Error::SolverUnknown => "the solver did not decide".to_owned(),
            Error::SolverError(error) => format!("the solver failed: {error}"),
            Error::ModelInvalid { .. } | Error::DecodeModel(_) | Error::ConcretizeError(_) => {
                "the solver found a fact that Cedar cannot make sense of".to_owned()
            }
            Error::CompileError(_) | Error::EncodeError(_) | Error::PolicyNotWellTyped { .. } => {
                format!("a policy cannot be translated for the solver: {error}")
            }
            error => error.to_string(),
        }
    }
}

#[cfg(not(feature = "prove"))]
mod smt {
    use super::{Answer, NoSolver, Question, Solver};

    /// Nobody comes here: without the feature, no solver is ever found.
    pub(super) fn ask(solver: &Solver, _: Question) -> Answer {
        Answer::NotDecided(format!("`{}` is not asked: {}", solver.program.display(), NoSolver::NotBuilt))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_that_of_cvc5_or_none() {
        assert_eq!(version("This is cvc5 version 1.0.3\ncompiled with GCC"), Some("1.0.3".to_owned()));
        assert_eq!(version("This is cvc5 version 1.2.1-dev [git]"), Some("1.2.1-dev".to_owned()));
        assert_eq!(version("Z3 version 4.8.12 - 64 bit"), None);
        assert_eq!(version(""), None);
    }

    #[test]
    #[cfg(feature = "prove")]
    fn a_program_that_is_no_solver_is_not_asked() {
        let find = |program: &str| Solver::find(Path::new(program), Duration::from_secs(1)).unwrap_err();
        assert_eq!(find("no-such-solver-here"), NoSolver::NotFound("no-such-solver-here".to_owned()));
        assert_eq!(find("true"), NoSolver::Other("true".to_owned()));
    }
}
