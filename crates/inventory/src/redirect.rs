//! Redirect URIs: where an authorization server sends the browser back to, with a code in the link.
//!
//! Whoever receives that link can take the code, so what matters is who else could: the kind of a URI says that. The
//! rules are those of RFC 9700 (sections 2.1, 2.6, 4.1) and RFC 8252 (7.3, 8.3, 8.4); a URI is read by hand, the way a
//! strict server compares it: letter by letter, without repairing anything.

use super::servers::host;

/// Codes are shown in a browser and copied by hand: in no standard, and easily talked out of people.
const OUT_OF_BAND: [&str; 3] =
    ["urn:ietf:wg:oauth:2.0:oob", "urn:ietf:wg:oauth:2.0:oob:auto", "urn:ietf:wg:oauth:2.0:oob:manual"];

/// The kind of a redirect URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Redirect {
    /// An exact address over TLS.
    Https,
    /// The machine itself, by its address (`127.0.0.1`, `[::1]`): right for programs on a desktop.
    LoopbackIp,
    /// The machine itself, by the name `localhost`, which a hosts file can send elsewhere.
    Localhost,
    /// Another machine, without TLS: anybody on the way can read the code.
    Http,
    /// A scheme of an app's own, with the reversed name of a domain: `com.example.app:/back`.
    PrivateScheme,
    /// A scheme that any other app could claim as well: `myapp://back`.
    CustomScheme,
    /// The code is shown to be copied.
    OutOfBand,
    /// A `*`: the server accepts what the client's maker does not control.
    Wildcard,
    /// A part behind `#`, which does not reach the server.
    Fragment,
    /// A name or password before an `@`: the host is not the one it seems to be.
    UserInfo,
    /// No URI.
    Unreadable,
}

impl Redirect {
    /// The words in facts and reports.
    pub fn id(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::LoopbackIp => "loopback ip",
            Self::Localhost => "localhost",
            Self::Http => "http",
            Self::PrivateScheme => "private scheme",
            Self::CustomScheme => "custom scheme",
            Self::OutOfBand => "out of band",
            Self::Wildcard => "wildcard",
            Self::Fragment => "fragment",
            Self::UserInfo => "user info",
            Self::Unreadable => "unreadable",
        }
    }

    /// Tells the kind of a redirect URI. Where several apply, the one that says most about the danger counts.
    pub fn of(uri: &str) -> Self {
        let uri = uri.trim();
        if OUT_OF_BAND.iter().any(|known| known.eq_ignore_ascii_case(uri)) {
            return Self::OutOfBand;
        }
        if uri.contains('*') {
            return Self::Wildcard;
        }
        let Some((scheme, rest)) = uri.split_once(':').filter(|(scheme, _)| is_scheme(scheme)) else {
            return Self::Unreadable;
        };
        // Browsers and servers read a backslash, a space or a control character each in their own way.
        if rest.is_empty()
            || rest.contains(|letter: char| letter == '\\' || letter.is_whitespace() || letter.is_control())
        {
            return Self::Unreadable;
        }
        if rest.contains('#') {
            return Self::Fragment;
        }
        let scheme = scheme.to_ascii_lowercase();
        if scheme != "https" && scheme != "http" {
            return if scheme.contains('.') { Self::PrivateScheme } else { Self::CustomScheme };
        }
        let Some(host) = host(uri).filter(|_| rest.starts_with("//")) else { return Self::Unreadable };
        let authority = rest.trim_start_matches('/').split(['/', '?']).next().unwrap_or_default();
        match scheme.as_str() {
            _ if authority.contains('@') => Self::UserInfo,
            "https" => Self::Https,
            _ if is_loopback(&host) => Self::LoopbackIp,
            _ if host == "localhost" || host.ends_with(".localhost") => Self::Localhost,
            _ => Self::Http,
        }
    }
}

/// RFC 3986, section 3.1.
fn is_scheme(text: &str) -> bool {
    let letters = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'+' | b'-' | b'.');
    text.bytes().next().is_some_and(|first| first.is_ascii_alphabetic()) && text.bytes().all(letters)
}

/// `127.0.0.0/8` and `::1`. Odd spellings (`127.1`, `0x7f.1`) are hosts like any other.
fn is_loopback(host: &str) -> bool {
    host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sort_is_told() {
        let cases = [
            ("https://erp.example/procore/back", Redirect::Https),
            ("HTTPS://erp.example", Redirect::Https),
            ("https://localhost:8443/back", Redirect::Https),
            ("http://127.0.0.1:49152/", Redirect::LoopbackIp),
            ("http://[::1]:8080/back", Redirect::LoopbackIp),
            ("http://localhost", Redirect::Localhost),
            ("http://localhost:3000/back", Redirect::Localhost),
            ("http://erp.example/back", Redirect::Http),
            ("http://127.0.0.1.evil.example/", Redirect::Http),
            ("http://localhost.evil.example/", Redirect::Http),
            ("com.example.app:/back", Redirect::PrivateScheme),
            ("myapp://back", Redirect::CustomScheme),
            ("urn:ietf:wg:oauth:2.0:oob", Redirect::OutOfBand),
            ("https://*.example/back", Redirect::Wildcard),
            ("https://erp.example/*", Redirect::Wildcard),
            ("https://erp.example/back#here", Redirect::Fragment),
            ("https://erp.example@evil.example/back", Redirect::UserInfo),
            ("https://erp.example\\@evil.example/back", Redirect::Unreadable),
            ("https:/erp.example/back", Redirect::Unreadable),
            ("https://", Redirect::Unreadable),
            ("erp.example/back", Redirect::Unreadable),
            ("", Redirect::Unreadable),
        ];
        for (uri, kind) in cases {
            assert_eq!(Redirect::of(uri), kind, "{uri}");
        }
    }

    #[test]
    fn an_at_sign_in_the_path_is_no_user() {
        assert_eq!(Redirect::of("https://erp.example/@back?to=a@b"), Redirect::Https);
    }
}
