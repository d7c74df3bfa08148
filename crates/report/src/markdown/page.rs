//! Text that is never longer than the place it goes to takes, and never cut in the middle of a part.

/// What is said instead of what there is no room for.
const CUT: &str =
    "\n**The rest is left out because of the size limit. `--format json`, `jsonl` and `csv` have all of it.**\n";
/// What ends a folded part.
const END: &str = "\n</details>\n";

/// A text of limited length, made of parts.
#[derive(Debug)]
pub(crate) struct Page {
    text: String,
    limit: usize,
    is_folded: bool,
    is_cut: bool,
}

impl Page {
    /// With room for so many bytes.
    pub(super) fn new(limit: usize) -> Self {
        Self { text: String::new(), limit, is_folded: false, is_cut: false }
    }

    /// Adds a part if there is room for it. Behind a part that was left out nothing follows.
    pub(crate) fn add(&mut self, part: &str) {
        let end = if self.is_folded { END.len() } else { 0 };
        if self.is_cut || self.text.len() + part.len() + end + CUT.len() > self.limit {
            self.is_cut = true;
        } else {
            self.text.push_str(part);
        }
    }

    /// Begins a part that a reader unfolds; `summary` is HTML.
    pub(crate) fn fold(&mut self, summary: &str) {
        // Room for the end is kept before it begins.
        let begin = format!("\n<details>\n<summary>{summary}</summary>\n\n");
        self.is_folded = true;
        let before = self.text.len();
        self.add(&begin);
        self.is_folded = self.text.len() > before;
    }

    /// Ends it.
    pub(crate) fn unfold(&mut self) {
        if self.is_folded {
            self.text.push_str(END);
            self.is_folded = false;
        }
    }

    /// Whether nothing was left out so far.
    pub(crate) fn is_whole(&self) -> bool {
        !self.is_cut
    }

    /// The text, which says so if something was left out.
    pub(super) fn finish(mut self) -> String {
        self.unfold();
        if self.is_cut && self.text.len() + CUT.len() <= self.limit {
            self.text.push_str(CUT);
        }
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_never_longer_than_its_limit_and_always_closed() {
        for limit in 0..1_000 {
            let mut page = Page::new(limit);
            page.add("heading\n");
            for number in 0..5 {
                page.fold("summary");
                (0..number).for_each(|_| page.add(&"a part of the text\n".repeat(3)));
                page.unfold();
            }
            let is_whole = page.is_whole();
            let text = page.finish();
            assert!(text.len() <= limit, "{} of {limit}", text.len());
            assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
            assert_eq!(text.contains("The rest is left out"), !is_whole && limit >= CUT.len());
        }
    }

    #[test]
    fn behind_a_part_that_was_left_out_nothing_follows() {
        let mut page = Page::new(CUT.len() + 8);
        page.add(&"long".repeat(10));
        page.add("short");
        assert_eq!(page.finish(), CUT);
    }
}
