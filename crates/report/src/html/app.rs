//! The script and the style of the page: small files, one idea each, that become one script and one style in the page.

/// In the order in which they build on one another; the last one starts the page.
const SCRIPTS: [&str; 36] = [
    include_str!("app/dom.js"),
    include_str!("app/locale.js"),
    include_str!("app/data.js"),
    include_str!("app/route.js"),
    include_str!("app/words.js"),
    include_str!("app/parts.js"),
    include_str!("app/index.js"),
    include_str!("app/overview.js"),
    include_str!("app/filter.js"),
    include_str!("app/violations.js"),
    include_str!("app/violation.js"),
    include_str!("app/picture.js"),
    include_str!("app/picture_camera.js"),
    include_str!("app/picture_draw.js"),
    include_str!("app/picture_icons.js"),
    include_str!("app/picture_keys.js"),
    include_str!("app/picture_layout.js"),
    include_str!("app/picture_map.js"),
    include_str!("app/picture_model.js"),
    include_str!("app/picture_panel.js"),
    include_str!("app/picture_path.js"),
    include_str!("app/picture_toolbar.js"),
    include_str!("app/picture_view.js"),
    include_str!("app/picture_words.js"),
    include_str!("app/accounts.js"),
    include_str!("app/account.js"),
    include_str!("app/integrations.js"),
    include_str!("app/controls.js"),
    include_str!("app/responsibility.js"),
    include_str!("app/plan.js"),
    include_str!("app/burndown.js"),
    include_str!("app/timeline.js"),
    include_str!("app/runbook.js"),
    include_str!("app/repair.js"),
    include_str!("app/changes.js"),
    include_str!("app/print.js"),
];

const STYLES: [&str; 2] = [include_str!("app/report.css"), include_str!("app/picture.css")];

/// The layout of the access graph, by others: see `vendor/dagre/README.md`. Their notice goes where their code goes.
const DAGRE: &str = include_str!("vendor/dagre/dagre.min.js");
const DAGRE_NOTICE: &str = include_str!("vendor/dagre/dagre.min.js.LEGAL.txt");

/// The one script, in a scope of its own.
pub(super) fn script() -> String {
    // The last line names a file that is not there. In its texts stands a control character, which a page must not hold.
    let code = DAGRE.lines().filter(|line| !line.starts_with("//# sourceMappingURL="));
    let dagre: String = code.flat_map(|line| [line, "\n"]).collect::<String>().replace('\u{1}', "\\x01");
    let notice = DAGRE_NOTICE.trim();
    let own = SCRIPTS.concat();
    let start = include_str!("app/main.js");
    format!("\"use strict\";\n(() => {{\n{notice}\n{dagre}{own}{start}}})();\n")
}

/// The one style.
pub(super) fn style() -> String {
    STYLES.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_ends_its_element() {
        assert!(!script().contains("</script") && !script().contains("<!--"));
        assert!(!style().contains("</style"));
    }

    #[test]
    fn no_script_writes_markup_or_asks_the_network() {
        for forbidden in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "fetch(", "http"] {
            let found = script().replace("http://www.w3.org/2000/svg", "").contains(forbidden);
            assert!(!found, "{forbidden}");
        }
        assert!(!style().contains("url(") && !style().contains("@import"));
    }
}
