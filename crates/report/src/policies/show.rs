//! One control for people: what, why, who, how bad, what to do, and an example.

use std::io::{self, Write};

use super::list::coloured;
use super::words;
use crate::Style;
use crate::sarif::wording;
use crate::text::Paint;
use cutover_model::escape;
use cutover_model::result::policies::{Control, Example};

/// The text of a control, part by part.
struct Page<'a> {
    style: Style,
    paint: Paint,
    out: &'a mut dyn Write,
}

pub(super) fn control(control: &Control, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint::of(style);
    let page = &mut Page { style, paint, out };
    let rating = coloured(paint, control.severity, &words::rating(control));
    writeln!(page.out, "{}  {}", paint.bold(&escape::name(&control.id)), escape::name(&control.title))?;
    writeln!(page.out, "{rating}, {} acts, evaluated by {}", words::party(control.party), words::over(control))?;
    page.part("Why", &[&control.why])?;
    if let Some(reason) = &control.severity_reason {
        page.part("Severity", &[reason])?;
    }
    if let Some(duty) = words::duty(control) {
        page.part("Who", &[&format!("{} is responsible, by {duty}", words::party(control.party))])?;
    }
    page.part("Message", &[&words::pattern(&control.message)])?;
    page.part("What to do", &[&words::pattern(&control.remedy)])?;
    if let Some(migration) = words::migration(control) {
        page.part("In a migration", &[&migration])?;
    }
    let references: Vec<&str> = control.references.iter().map(String::as_str).collect();
    page.part("Source", &references)?;
    relations(control, page)?;
    sources(control, page)?;
    policy(control, page)?;
    control.example.as_ref().map_or(Ok(()), |example| self::example(example, page))
}

impl Page<'_> {
    fn heading(&mut self, title: &str) -> io::Result<()> {
        writeln!(self.out, "\n{}", self.paint.bold(title))
    }

    /// A heading and its sentences; nothing where there are none.
    fn part(&mut self, title: &str, sentences: &[&str]) -> io::Result<()> {
        if sentences.iter().all(|sentence| sentence.is_empty()) {
            return Ok(());
        }
        self.heading(title)?;
        sentences.iter().try_for_each(|sentence| self.text(sentence))
    }

    fn text(&mut self, text: &str) -> io::Result<()> {
        let shown = capital(&wording::sentence(&escape::visible(text)));
        let options =
            textwrap::Options::new(self.style.width.clamp(40, 120)).initial_indent("  ").subsequent_indent("  ");
        textwrap::wrap(&shown, options).iter().try_for_each(|line| writeln!(self.out, "{}", line.trim_end()))
    }

    /// Lines as they are, but for what a terminal would obey.
    fn verbatim(&mut self, indent: &str, text: &str) -> io::Result<()> {
        text.trim_matches('\n').lines().try_for_each(|line| {
            let line = escape::visible(line);
            writeln!(self.out, "{}", format!("{indent}{line}").trim_end())
        })
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

fn relations(control: &Control, page: &mut Page<'_>) -> io::Result<()> {
    if control.relates_to.is_empty() {
        return Ok(());
    }
    page.heading("Relates to")?;
    for (framework, relations) in words::by_framework(&control.relates_to) {
        writeln!(page.out, "  {}", escape::visible(&framework))?;
        for relation in relations {
            let line = format!("{}  {}", escape::visible(&relation.id), escape::visible(&relation.title));
            let options = textwrap::Options::new(page.style.width.clamp(40, 120))
                .initial_indent("    ")
                .subsequent_indent("      ");
            textwrap::wrap(&line, options).iter().try_for_each(|line| writeln!(page.out, "{line}"))?;
        }
    }
    Ok(())
}

fn sources(control: &Control, page: &mut Page<'_>) -> io::Result<()> {
    page.heading("Attributes it reads, and the exports that state them")?;
    for applies in &control.applies_to {
        writeln!(page.out, "  {}", escape::visible(&words::applies(applies)))?;
    }
    let widest = control.sources.iter().map(|source| source.reads.chars().count()).max().unwrap_or_default();
    for source in &control.sources {
        let reads = escape::visible(&source.reads);
        writeln!(page.out, "    {reads:widest$}  {}", page.paint.dim(&words::kinds(source)))?;
    }
    Ok(())
}

fn policy(control: &Control, page: &mut Page<'_>) -> io::Result<()> {
    let Some(policy) = &control.policy else { return Ok(()) };
    let place = if control.source.built_in { "built in" } else { "your own" };
    page.heading("Policy")?;
    writeln!(page.out, "  {} ({place})", escape::name(&control.source.path))?;
    writeln!(page.out)?;
    page.verbatim("    ", policy)
}

fn example(example: &Example, page: &mut Page<'_>) -> io::Result<()> {
    page.heading("Example")?;
    page.text(&example.name)?;
    for (path, text) in words::files(example) {
        writeln!(page.out, "\n  {}", page.paint.dim(&escape::name(path)))?;
        page.verbatim("    ", text)?;
    }
    if example.violations.is_empty() {
        return Ok(());
    }
    writeln!(page.out, "\n  Violations:")?;
    for said in &example.violations {
        let at = said.at.as_ref().map_or(String::new(), |at| format!(" ({})", escape::name(at)));
        let severity = page.paint.severity(said.severity, said.severity.id());
        let message = escape::visible(&said.message);
        let text = format!("{severity}: {message}{at}");
        let options =
            textwrap::Options::new(page.style.width.clamp(40, 120)).initial_indent("    ").subsequent_indent("    ");
        textwrap::wrap(&text, options).iter().try_for_each(|line| writeln!(page.out, "{line}"))?;
    }
    Ok(())
}
