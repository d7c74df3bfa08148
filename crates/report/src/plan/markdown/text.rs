//! Text of an export in Markdown: it means only itself, wherever it is pasted.

use cutover_model::escape;

/// A sentence. No character of it is markup, a mention, a reference, a link, or the end of a table cell.
pub(crate) fn text(text: &str) -> String {
    let shown = escape::visible(text);
    let mut out = String::with_capacity(shown.len() + 16);
    let mut letters = shown.trim().chars().peekable();
    // The two letters before, as they are.
    let (mut second, mut first) = (' ', ' ');
    while let Some(letter) = letters.next() {
        let next = letters.peek().copied();
        match letter {
            '@' | '#' | '$' | '!' | '%' | '~' | '&' => {
                let mut signs = String::from(letter);
                while let Some(sign) = letters.next_if(|next| matches!(next, '@' | '#' | '$' | '!' | '%' | '~' | '&')) {
                    signs.push(sign);
                }
                let next = letters.peek();
                let digit = next.is_some_and(char::is_ascii_digit);
                // Labels and milestones have names.
                let named = signs.ends_with(['~', '%'])
                    && next.is_some_and(|next| next.is_alphanumeric() || matches!(next, '"' | '_'));
                if digit || named || signs.contains(['@', '$']) {
                    // A backslash does not stop a mention, a reference or a formula: those are looked for afterwards,
                    // everywhere but in code.
                    out.push_str(&format!("`{signs}`"));
                } else {
                    signs.chars().for_each(|sign| out.extend(['\\', sign]));
                }
            }
            '\\' | '`' | '*' | '_' | '^' | '{' | '}' | '[' | ']' | '<' | '>' | '|' => out.extend(['\\', letter]),
            // At the beginning these make a list, a heading or a rule.
            '-' | '+' | '=' | ':' if out.is_empty() => out.extend(['\\', letter]),
            '.' | ')' if first.is_ascii_digit() && out.chars().all(|letter| letter.is_ascii_digit()) => {
                out.extend(['\\', letter]);
            }
            // "GH-12" is an issue.
            '-' if first.eq_ignore_ascii_case(&'h')
                && second.eq_ignore_ascii_case(&'g')
                && next.is_some_and(|next| next.is_ascii_digit()) =>
            {
                out.push_str("`-`");
            }
            // These make a link of an address.
            ':' if next == Some('/') => out.push_str("\\:"),
            '.' if matches!((second, first), ('w' | 'W', 'w' | 'W')) => out.push_str("\\."),
            _ => out.push(letter),
        }
        (second, first) = (first, letter);
    }
    out
}

/// Text in HTML that stands in Markdown. Mentions and references are looked for there too, but not in code.
pub(crate) fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in escape::name(text).trim().chars() {
        match letter {
            // "GH-12" is an issue.
            '-' if out.to_ascii_lowercase().ends_with("gh") => out.push_str("<code>-</code>"),
            '@' | '#' | '$' | '!' | '%' | '~' => out.push_str(&format!("<code>{letter}</code>")),
            '&' => out.push_str("<code>&#38;</code>"),
            // Neither markup nor what makes a link of an address.
            '<' | '>' | '"' | '\'' | '`' | ':' | '/' | '.' | '_' | '*' | '[' | ']' | '\\' | '|' => {
                out.push_str(&format!("&#{};", u32::from(letter)));
            }
            _ => out.push(letter),
        }
    }
    out
}

/// A name, as code: shown letter by letter.
pub(crate) fn code(name: &str) -> String {
    let shown = escape::name(name);
    if shown.trim().is_empty() {
        return "(no name)".to_owned();
    }
    let longest = shown.split(|letter| letter != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    // A space at both ends is taken away again.
    let pad = if shown.starts_with(['`', ' ']) || shown.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{pad}{shown}{pad}{fence}")
}

/// A name in a cell of a table, where a bar ends the cell even in code.
pub(crate) fn cell(name: &str) -> String {
    code(name).replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_means_only_itself() {
        assert_eq!(text("<script> ](javascript:x) a|b *c* `d`"), r"\<script\> \](javascript:x) a\|b \*c\* \`d\`");
        assert_eq!(text("ask @team, see #12 and R&D in C#"), r"ask `@`team, see `#`12 and R\&D in C\#");
        assert_eq!(text("https://evil.test www.evil.test"), r"https\://evil.test www\.evil.test");
        assert_eq!(text("- [x] 1. done"), r"\- \[x\] 1. done");
        assert_eq!(text("1. done"), r"1\. done");
        assert_eq!(text("a\r\n# b"), r"a\\u\{d\}\\u\{a\}\# b");
        assert_eq!(text("@@#x"), "`@@#`x");
        assert_eq!(text("GH-12 ~bug %\"v 1\" 100 % ~ 5"), "GH`-`12 `~`bug `%`\"v 1\" 100 \\% \\~ 5");
    }

    #[test]
    fn html_means_only_itself() {
        assert_eq!(html("<b> & @ann #1"), "&#60;b&#62; <code>&#38;</code> <code>@</code>ann <code>#</code>1");
        assert_eq!(html("GH-12"), "GH<code>-</code>12");
        assert_eq!(html("https://x.test [a](b) `c`"), "https&#58;&#47;&#47;x&#46;test &#91;a&#93;(b) &#96;c&#96;");
    }

    #[test]
    fn code_cannot_be_left() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(code("`a"), "`` `a ``");
        assert_eq!(code(" "), "(no name)");
        assert_eq!(cell("a|b"), r"`a\|b`");
    }
}
