//! Where results go: standard output, and files that are written atomically.

use std::env;
use std::fs::{File, Metadata};
use std::io::{self, BufWriter, IsTerminal, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::mpsc::{self, SyncSender};
use std::thread;

use clap::{ColorChoice, ValueEnum};
use tempfile::NamedTempFile;

use crate::destination::{Destination, are_one, folder, standard_output};
use crate::error::CliError;
use crate::reads::{Reads, refused};
use cutover_export::drafts;
use cutover_report::{Formats, Style, View};

/// The width of text when there is no terminal to ask.
const WIDTH: usize = 100;

/// What is put on the disk at once of a long file, in bytes.
const AT_ONCE: usize = 1 << 23;

/// `FORMAT=PATH`.
#[derive(Debug, Clone)]
pub(super) struct Target<F> {
    format: F,
    path: PathBuf,
}

impl<F: Copy> Target<F> {
    /// The format that goes there.
    pub(super) fn format(&self) -> F {
        self.format
    }
}

impl<F: ValueEnum> Target<F> {
    /// Reads `FORMAT=PATH`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (format, path) = text.split_once('=').ok_or("expected FORMAT=PATH, for example json=result.json")?;
        let format = named(format)?;
        if path.is_empty() {
            return Err("the path is empty".to_owned());
        }
        Ok(Self { format, path: path.into() })
    }
}

/// The most bytes of a text: enough for a heading and a few lines.
pub(super) fn limit(text: &str) -> Result<usize, String> {
    const LEAST: usize = 4096;
    match text.parse() {
        Ok(limit) if limit >= LEAST => Ok(limit),
        _ => Err(format!("expected a number of bytes, at least {LEAST}")),
    }
}

/// The format of this name.
pub(super) fn named<F: ValueEnum>(name: &str) -> Result<F, String> {
    F::from_str(name, true).map_err(|_| {
        let names = F::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        let known: Vec<String> = names.map(|value| value.get_name().to_owned()).collect();
        format!("`{name}` is no format; known are {}", known.join(", "))
    })
}

/// Finds out before a long audit what will keep its result from being written.
/// A result goes neither into the file of another one nor into one that is read.
pub(super) fn check<F>(targets: &[Target<F>], reads: &Reads) -> Result<(), CliError> {
    let mut known: Vec<Destination> = Vec::new();
    for Target { path, .. } in targets {
        let destination = check_one(path, reads)?;
        if known.iter().any(|other| other.is_same(&destination)) {
            return Err(refused(path, "two formats cannot go into one file"));
        }
        known.push(destination);
    }
    Ok(())
}

/// The same for one path.
pub(super) fn check_one(path: &Path, reads: &Reads) -> Result<Destination, CliError> {
    let destination = Destination::of(path).map_err(|error| failed(path, &error))?;
    if destination.existing().is_some_and(Metadata::is_dir) {
        return Err(refused(path, "it is a folder"));
    }
    if !folder(destination.path()).is_dir() {
        return Err(refused(path, "its folder does not exist"));
    }
    let is_standard_output =
        || standard_output().zip(destination.existing()).is_some_and(|(one, it)| are_one(&one, it));
    if !destination.is_stream() && is_standard_output() {
        return Err(refused(path, "standard output is redirected there"));
    }
    reads.check(&destination).map_err(|reason| refused(path, reason))?;
    Ok(destination)
}

/// Writes a result to standard output and to every target.
pub(super) fn write<F: Formats>(
    render: &dyn Fn(F, Style, &mut dyn Write) -> io::Result<()>,
    format: F,
    targets: &[Target<F>],
    style: Style,
) -> Result<(), CliError> {
    let plain = Style { colour: false, links: None, width: WIDTH, ..style };
    // All of them are written before the first one takes its place.
    let drafts: Result<Vec<Draft<'_>>, CliError> =
        targets.iter().map(|target| Draft::write(&target.path, &|out| render(target.format, plain, out))).collect();
    let drafts = drafts?;
    // A long result takes longer to make than to copy.
    let same = targets.iter().position(|target| target.format == format && format != F::TEXT);
    let same = same.and_then(|same| drafts.get(same)?.reader());
    publish(drafts)?;
    match same {
        Some(mut file) => described(io::copy(&mut file, &mut io::stdout().lock()).map(drop)),
        None => to_standard_output(&|out| render(format, style, out)),
    }
}

/// Writes texts to files; all of them are written before the first one takes its place.
pub(super) fn write_all(files: &[(PathBuf, String)]) -> Result<(), CliError> {
    let drafts: Result<Vec<Draft<'_>>, CliError> =
        files.iter().map(|(path, text)| Draft::write(path, &|out| out.write_all(text.as_bytes()))).collect();
    publish(drafts?)
}

/// Writes one file, atomically.
pub(super) fn write_one(path: &Path, render: &dyn Fn(&mut dyn Write) -> io::Result<()>) -> Result<(), CliError> {
    publish(vec![Draft::write(path, render)?])
}

/// Writes to standard output; a reader that went away is no error.
pub(super) fn to_standard_output(render: &dyn Fn(&mut dyn Write) -> io::Result<()>) -> Result<(), CliError> {
    let mut out = BufWriter::new(io::stdout().lock());
    described(render(&mut out).and_then(|()| out.flush()))
}

/// Whether what went to standard output arrived there; a reader that went away is no error.
pub(super) fn described(written: io::Result<()>) -> Result<(), CliError> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(CliError::StandardOutput { reason: cutover_export::reason::of(&error) })
        }
        _ => Ok(()),
    }
}

/// A result beside its target, to be renamed: a half-written one is never seen.
struct Draft<'a> {
    path: &'a Path,
    to: Destination,
    content: Content,
}

enum Content {
    Beside(NamedTempFile),
    /// For what cannot be replaced, as `/dev/null` or a pipe.
    Bytes(Vec<u8>),
}

impl<'a> Draft<'a> {
    fn write(path: &'a Path, render: &dyn Fn(&mut dyn Write) -> io::Result<()>) -> Result<Self, CliError> {
        let write = || {
            let to = Destination::of(path)?;
            let content = if to.is_stream() {
                let mut bytes = Vec::new();
                render(&mut bytes).map(|()| Content::Bytes(bytes))
            } else {
                beside(&to, render).map(Content::Beside)
            };
            Ok(Self { path, to, content: content? })
        };
        write().map_err(|error| failed(path, &error))
    }

    /// What was written, to be read from its start; that needs no file beside others, and no second look at the place.
    fn reader(&self) -> Option<File> {
        let Content::Beside(file) = &self.content else { return None };
        let mut file = file.as_file().try_clone().ok()?;
        file.rewind().ok()?;
        Some(file)
    }
}

/// Puts drafts in their places: first those that may fail half-way or have to wait for a reader, then, all at once, those
/// that are only renamed.
fn publish(drafts: Vec<Draft<'_>>) -> Result<(), CliError> {
    let (mut beside, mut bytes) = (Vec::new(), Vec::new());
    for Draft { path, to, content } in drafts {
        match content {
            Content::Beside(file) => beside.push((path, to, file)),
            Content::Bytes(content) => bytes.push((path, to, content)),
        }
    }
    for (path, to, bytes) in bytes {
        match to.write(&bytes) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(failed(path, &error)),
            _ => {}
        }
    }
    let mut held = drafts::hold();
    for (path, to, file) in beside {
        let draft = file.path().to_owned();
        file.persist(to.path()).map_err(|error| failed(path, &error.error))?;
        held.finished(&draft);
    }
    Ok(())
}

fn beside(to: &Destination, render: &dyn Fn(&mut dyn Write) -> io::Result<()>) -> io::Result<NamedTempFile> {
    let file = drafts::begin(|| to.begin(), NamedTempFile::path)?;
    steadily(file.as_file(), render)?;
    // A file that takes a name before it is on the disk may be found empty after a power failure: neither whole nor
    // not there.
    file.as_file().sync_all()?;
    to.keep_mode(file.as_file())?;
    Ok(file)
}

/// Writes a file, and has it put on the disk while the rest of it is made: then little is left to wait for.
fn steadily(file: &File, render: &dyn Fn(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    thread::scope(|scope| {
        let (sender, more) = mpsc::sync_channel(1);
        let sync =
            thread::Builder::new().spawn_scoped(scope, || more.into_iter().try_for_each(|()| file.sync_data()))?;
        let mut out = BufWriter::new(Steady { file, more: sender, length: 0 });
        let written = render(&mut out).and_then(|()| out.flush());
        drop(out);
        // The system tells of a failure only once.
        written.and(sync.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

struct Steady<'f> {
    file: &'f File,
    /// There is more to put on the disk.
    more: SyncSender<()>,
    /// How much that is, in bytes.
    length: usize,
}

impl Write for Steady<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.length += written;
        if self.length >= AT_ONCE && self.more.try_send(()).is_ok() {
            self.length = 0;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The system's own text names the temporary file.
fn failed(path: &Path, error: &io::Error) -> CliError {
    refused(path, cutover_export::reason::of(error))
}

/// How to show text on standard output.
pub(super) fn style_of_results(verbose: bool, view: View) -> Style {
    Style {
        colour: wants_colour(io::stdout().is_terminal()),
        verbose,
        view,
        links: links(),
        width: width(),
        limit: None,
        roots: roots(),
    }
}

/// The working directory, where standard output is a terminal that shows links and colours are wanted.
fn links() -> Option<&'static str> {
    static FOLDER: OnceLock<Option<String>> = OnceLock::new();
    let shows = io::stdout().is_terminal()
        && wants_colour(true)
        && supports_hyperlinks::on(supports_hyperlinks::Stream::Stdout);
    let folder = || env::current_dir().ok().map(|folder| folder.display().to_string());
    if shows { FOLDER.get_or_init(folder).as_deref() } else { None }
}

/// How to show text on standard error.
pub(super) fn style_of_errors() -> Style {
    let colour = wants_colour(io::stderr().is_terminal());
    Style { colour, width: width(), ..Style::default() }
}

/// What a code host may take for the root of the repository: what GitLab and GitHub say, and the working directory, by the
/// name under which the shell knows it, too.
fn roots() -> &'static [String] {
    static ROOTS: OnceLock<Vec<String>> = OnceLock::new();
    ROOTS.get_or_init(|| {
        let set = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let here = env::current_dir().ok();
        let same = |path: &PathBuf| path.canonicalize().ok() == here;
        let named = set("PWD").filter(same);
        let all = [set("CI_PROJECT_DIR"), set("GITHUB_WORKSPACE"), named, here.clone()];
        all.into_iter().flatten().map(|path| path.display().to_string().replace('\\', "/")).collect()
    })
}

/// What `--color` says.
static COLOURS: OnceLock<ColorChoice> = OnceLock::new();

/// Sets when to use colours, for the whole run.
pub(super) fn choose_colours(when: ColorChoice) {
    let _ = COLOURS.set(when);
}

/// The command line first, then <https://no-color.org> and <https://bixense.com/clicolors>, then the terminal.
fn wants_colour(terminal: bool) -> bool {
    match COLOURS.get() {
        Some(ColorChoice::Always) => return true,
        Some(ColorChoice::Never) => return false,
        Some(ColorChoice::Auto) | None => {}
    }
    let refused = env::var_os("CLICOLOR").is_some_and(|value| value == "0");
    let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    let forced = env::var_os("CLICOLOR_FORCE").is_some_and(|value| value != "0" && !value.is_empty());
    !set("NO_COLOR") && (forced || (!refused && terminal && env::var_os("TERM").is_none_or(|term| term != "dumb")))
}

/// What `COLUMNS` says, or the terminal.
fn width() -> usize {
    let described = env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let seen = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    described.or_else(seen).unwrap_or(WIDTH)
}
