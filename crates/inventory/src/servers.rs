//! Authorization servers: who gives out the tokens of a stored credential, taken from the hosts of its endpoints.
//!
//! What a server offers is data, `policies/authorization_servers.toml`; nothing is known of a server that is not in it
//! but its host.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// The servers that are known.
static KNOWN: LazyLock<Vec<Server>> = LazyLock::new(|| {
    let read = toml::from_str::<File>(cutover_pack::AUTHORIZATION_SERVERS);
    read.map(|file| file.server).unwrap_or_default()
});

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    server: Vec<Server>,
}

/// An authorization server and what it offers; what is not said is unknown.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// The name in facts: `procore`.
    pub id: String,
    /// The name in reports.
    pub name: String,
    /// Whether clients can only authenticate by a secret that both sides hold.
    pub shared_secret_only: Option<bool>,
    /// Whether nothing binds an access token to its client.
    pub bearer_tokens_only: Option<bool>,
    /// How long an access token works, in seconds.
    pub access_token_seconds: Option<u32>,
    /// Whether each use of a refresh token makes a new one, and the old one useless.
    pub refresh_tokens_rotate: Option<bool>,
    /// Whether refresh tokens end by themselves after a time.
    pub refresh_tokens_expire: Option<bool>,
    /// Where all this is written.
    pub source: String,
    /// Its hosts, each with the environment it serves.
    pub hosts: BTreeMap<String, String>,
    /// Its environments of which more than the name is known.
    #[serde(default)]
    pub environment: Vec<Environment>,
}

/// An environment of an authorization server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// The name in facts.
    pub name: String,
    /// Other names of it, without punctuation.
    #[serde(default)]
    pub also: Vec<String>,
    /// The environment whose keys it takes, if it has none of its own.
    pub keys: Option<String>,
}

/// The name of an environment in facts: `Prod` and `production` are one, and so are `Monthly-Sandbox` and `monthly`.
pub fn environment_name(written: &str) -> String {
    let written = written.trim().to_lowercase();
    let words = |name: &str| name.replace(['-', '_', '.'], " ").split_whitespace().collect::<Vec<_>>().join(" ");
    let plain = words(&written);
    let is_one = |known: &&Environment| words(&known.name) == plain || known.also.contains(&plain);
    environments().find(is_one).map_or(written, |known| known.name.clone())
}

/// The environment whose keys work in this one: for most, it is the same.
pub fn environment_of_keys(name: &str) -> &str {
    environments().find(|known| known.name == name).and_then(|known| known.keys.as_deref()).unwrap_or(name)
}

fn environments() -> impl Iterator<Item = &'static Environment> {
    KNOWN.iter().flat_map(|server| &server.environment)
}

/// The server that Procore runs.
pub const PROCORE: &str = "procore";

/// The server of a host.
pub fn of_host(host: &str) -> Option<&'static Server> {
    KNOWN.iter().find(|server| server.has(host))
}

/// The server with this id.
pub fn by_id(id: &str) -> Option<&'static Server> {
    KNOWN.iter().find(|server| server.id == id)
}

impl Server {
    /// Whether a host is one of this server's.
    pub fn has(&self, host: &str) -> bool {
        let below = |pattern: &String| {
            let start = pattern.strip_prefix('*').and_then(|end| host.strip_suffix(end));
            start.is_some_and(|start| !start.is_empty())
        };
        self.hosts.contains_key(host) || self.hosts.keys().any(below)
    }

    /// The environment that a host of this server serves, if it is known.
    pub fn environment(&self, host: &str) -> Option<&str> {
        self.hosts.get(host).map(String::as_str).filter(|environment| !environment.is_empty())
    }
}

/// The host of an address, in lower case and without its port; `None` when it has none. What stands before an `@` is a
/// name and password, never the host.
pub fn host(address: &str) -> Option<String> {
    let (_, rest) = address.trim().split_once("://")?;
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or(rest);
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match authority.strip_prefix('[') {
        Some(literal) => literal.split_once(']')?.0,
        None => authority.rsplit_once(':').map_or(authority, |(host, _)| host),
    };
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    (!host.is_empty()).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_of_servers_can_be_read() {
        let procore = by_id(PROCORE).unwrap();
        assert_eq!((procore.access_token_seconds, procore.refresh_tokens_expire), (Some(5400), Some(false)));
        assert!(toml::from_str::<File>(cutover_pack::AUTHORIZATION_SERVERS).is_ok());
    }

    #[test]
    fn a_server_is_told_by_its_whole_host() {
        let of = |address: &str| host(address).as_deref().and_then(of_host).map(|server| server.id.as_str());
        assert_eq!(of("https://LOGIN.procore.com./oauth/token"), Some("procore"));
        assert_eq!(of("https://login-sandbox.procore.com:443/oauth/token"), Some("procore"));
        for other in [
            "https://login.procore.com.evil.example/oauth/token",
            "https://login.procore.com@evil.example/oauth/token",
            "https://evil.example/login.procore.com",
            "https://evil.example?https://login.procore.com/",
            "https://evil.example\\@login.procore.com/",
            "login.procore.com",
            "",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn a_host_stands_between_the_scheme_and_the_path() {
        assert_eq!(host("http://[::1]:8080/back").as_deref(), Some("::1"));
        assert_eq!(host("http://me:pw@localhost:3000").as_deref(), Some("localhost"));
        assert_eq!(host("https:///nothing"), None);
    }

    #[test]
    fn an_environment_comes_with_the_host() {
        let sandbox = by_id(PROCORE).unwrap().environment("login-sandbox.procore.com");
        assert_eq!(sandbox, Some("sandbox"));
        for (written, name, keys) in [
            ("Prod", "production", "production"),
            ("Developer Sandbox", "sandbox", "sandbox"),
            ("monthly-sandbox", "monthly sandbox", "production"),
            ("On_Demand Sandbox", "on-demand sandbox", "production"),
            ("Staging-2", "staging-2", "staging-2"),
        ] {
            assert_eq!(environment_name(written), name);
            assert_eq!(environment_of_keys(name), keys);
        }
        assert!(of_host("us02.procore.com").is_some_and(|server| server.environment("us02.procore.com").is_none()));
        assert!(of_host(".procore.com").is_none() && of_host("notprocore.com").is_none());
    }
}
