//! The `[app_builder]` part of `settings.toml`: what a company decided about its App Builder environments, which no
//! export of App Builder says.

use schemars::JsonSchema;
use serde::Deserialize;

/// The table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AppBuilderSettings {
    /// The environments that are in production, by the names of their folders.
    pub production: Option<Vec<String>>,
    /// The App Builder users that are no persons. With the list, everybody who is not on it is one.
    pub service_users: Option<Vec<String>>,
    /// How users who leave lose their access, where sign-in creates users by itself.
    pub deprovisioning_process: Option<String>,
    /// In what providers of the same name may differ between environments; in place of the usual list.
    pub may_differ: Option<Vec<String>>,
    /// The proxies at which TLS ends.
    pub tls_proxy: Vec<TlsProxy>,
}

/// A proxy in front of App Builder at which TLS ends.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TlsProxy {
    /// Its name.
    pub name: String,
    /// Whether the way from the proxy to App Builder is protected, too.
    pub protects_inner_leg: bool,
    /// The environments it stands in front of; all of them when left out.
    #[serde(default)]
    pub environments: Option<Vec<String>>,
}

impl TlsProxy {
    /// Whether it stands in front of an environment.
    pub fn is_before(&self, environment: Option<&str>) -> bool {
        match (&self.environments, environment) {
            (None, _) => true,
            (Some(names), Some(environment)) => names.iter().any(|name| name == environment),
            (Some(_), None) => false,
        }
    }
}

impl AppBuilderSettings {
    /// Whether an environment of this name is in production. Without a decision, `production` is and others are not.
    pub fn is_production(&self, environment: &str) -> bool {
        match &self.production {
            Some(names) => names.iter().any(|name| name == environment),
            None => environment.eq_ignore_ascii_case("production") || environment.eq_ignore_ascii_case("prod"),
        }
    }
}
