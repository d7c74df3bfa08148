//! Paths as a code host knows them: relative to the repository.

/// A path below one of these folders, relative to the first that holds it; any other path as it is.
pub(super) fn relative<'p>(path: &'p str, roots: &[String]) -> &'p str {
    if !is_absolute(path) || segments(path).any(|(segment, _)| segment == "..") {
        return path;
    }
    roots.iter().find_map(|root| below(path, root)).unwrap_or(path)
}

fn is_absolute(path: &str) -> bool {
    path.starts_with('/') || matches!(path.as_bytes(), [letter, b':', b'/', ..] if letter.is_ascii_alphabetic())
}

/// What of a path lies below a folder.
fn below<'p>(path: &'p str, root: &str) -> Option<&'p str> {
    let mut rest = segments(path);
    let mut of_root = segments(root).peekable();
    // Everything lies below `/`, and nothing is gained by saying so.
    of_root.peek()?;
    if of_root.any(|(segment, _)| rest.next().is_none_or(|(own, _)| own != segment)) {
        return None;
    }
    rest.next().and_then(|(_, start)| path.get(start..))
}

/// The segments of a path that mean something, each with the byte it starts at.
fn segments(path: &str) -> impl Iterator<Item = (&str, usize)> {
    let mut start = 0;
    let all = path.split('/').map(move |segment| {
        let at = start;
        start += segment.len() + 1;
        (segment, at)
    });
    all.filter(|(segment, _)| !matches!(*segment, "" | "."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_below_a_root_is_relative_to_it() {
        let roots = ["/builds/team/app".to_owned(), "/builds/team".to_owned(), "C:/work".to_owned()];
        for (path, shown) in [
            ("/builds/team/app/export/users.json", "export/users.json"),
            ("/builds/./team//app/export/users.json", "export/users.json"),
            ("/builds/team/other/users.json", "other/users.json"),
            ("/builds/team/app-2/users.json", "app-2/users.json"),
            ("C:/work/a.json", "a.json"),
            ("/builds/team/app", "app"),
            ("/builds", "/builds"),
            ("/elsewhere/users.json", "/elsewhere/users.json"),
            ("/builds/team/app/../secret.json", "/builds/team/app/../secret.json"),
            ("export/users.json", "export/users.json"),
            ("-", "-"),
        ] {
            assert_eq!(relative(path, &roots), shown, "{path}");
        }
        assert_eq!(relative("/a/b", &["/".to_owned(), String::new()]), "/a/b");
    }
}
