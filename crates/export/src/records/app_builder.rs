//! The records of a Jitterbit App Builder environment: the members Cutover uses, under the names App Builder gives them.
//!
//! Sources: App Builder's pages on importing security providers and on the API key provider; the tables of keys, users
//! and endpoints are Cutover's own, with App Builder's words (`docs/exporting.md`). Only two enumeration literals are
//! documented (`saml_sp`, `metadata`), so every enumeration is an open text. There is no member for a password, a
//! certificate's content or a key: these are never kept.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use serde::de::{IgnoredAny, MapAccess, SeqAccess};

use super::YesNo;
use crate::Of;
use crate::field::{Field, Named, Shape, record};
use cutover_model::evidence::Origin;

/// The folder that names an environment; `None` for a file beside such folders.
pub type EnvironmentName = Option<String>;

/// What was read of all App Builder environments of one company.
#[derive(Debug, Default)]
#[expect(missing_docs, reason = "each list holds the records it is named after")]
pub struct AppBuilderRecords {
    pub providers: Vec<Of<EnvironmentName, Provider>>,
    pub keys: Vec<Of<EnvironmentName, ApiKey>>,
    pub users: Vec<Of<EnvironmentName, User>>,
    pub endpoints: Vec<Of<EnvironmentName, Endpoint>>,
    /// The names of the authentication headers in the `RequestHeaders` of each provider that has some. They are read
    /// before anything is blanked out, so that a blanked value does not hide that there is one.
    pub authentication_headers: BTreeMap<Origin, Vec<String>>,
    /// Environments whose list of endpoints was read.
    pub endpoints_listed: BTreeSet<EnvironmentName>,
    /// Environments of whose providers or endpoints a file, or a part of one, was lost.
    pub gaps: BTreeSet<EnvironmentName>,
}

impl AppBuilderRecords {
    /// Takes over what another file gave.
    pub fn append(&mut self, other: &mut Self) {
        self.providers.append(&mut other.providers);
        self.keys.append(&mut other.keys);
        self.users.append(&mut other.users);
        self.endpoints.append(&mut other.endpoints);
        self.authentication_headers.extend(mem::take(&mut other.authentication_headers));
        self.endpoints_listed.extend(mem::take(&mut other.endpoints_listed));
        self.gaps.extend(mem::take(&mut other.gaps));
    }
}

record! {
    /// A security provider, as *Export Provider* shows it.
    Provider {
        name: String,
        r#type as "type": String,
        authentication_type as "authenticationType": String,
        oauth_grant_type as "oauthGrantType": String,
        oauth_client_authentication_type as "oauthClientAuthenticationType": String,
        oauth_resource_authentication_type as "oauthResourceAuthenticationType": String,
        token_owner as "tokenOwner": String,
        subject: String,
        issuer: String,
        audience: String,
        recipient: String,
        endpoints: Vec<Field<ProviderEndpoint>>,
        credentials: Vec<Field<ProviderCredential>>,
        certificates: Vec<Field<ProviderCertificate>>,
        /// Well-known parameters by name.
        settings: Named<Setting>,
        claim_types as "claimTypes": Vec<Field<ClaimType>>,
        groups: Vec<Field<ProviderGroup>>,
        registration: Registration,
    }
}

record! {
    /// An address that a provider speaks to.
    ProviderEndpoint { r#type as "type": String, url: String }
}

record! {
    /// A credential of a provider, without its password.
    ProviderCredential { r#type as "type": String, user_name as "userName": String }
}

record! {
    /// A certificate of a provider, without its content and password.
    ProviderCertificate { usage: String, r#type as "type": String, format: String, thumbprint: String }
}

record! {
    /// What a claim is used for. App Builder's page spells `identitier`; both spellings are read.
    ClaimType { identitier: String, identifier: String, usage: String, priority: Setting, ignore: Setting }
}

record! {
    /// A group that a provider grants.
    ProviderGroup {
        name: String,
        identifier: String,
        grant_on_identity_create as "grantOnIdentityCreate": Setting,
    }
}

record! {
    /// How users meet a provider.
    Registration {
        enabled: Setting,
        redirect_on_challenge as "redirectOnChallenge": Setting,
        show_on_login_form as "showOnLoginForm": Setting,
        /// Users are created when they first sign in.
        user_provisioning as "userProvisioning": Setting,
    }
}

/// The value of a parameter: App Builder takes text (`True`), and tools write flags and numbers as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// As written; a flag is `True` or `False`.
    Text(String),
    /// An object or a list: no parameter of App Builder has one.
    Nested,
}

impl Setting {
    /// The text, without spaces around it.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text.trim()),
            Self::Nested => None,
        }
    }

    /// Yes or no, in any of the ways people write it; `None` for anything else.
    pub fn flag(&self) -> Option<bool> {
        match self.text()?.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Some(true),
            "false" | "no" | "off" | "0" | "" => Some(false),
            _ => None,
        }
    }
}

impl Shape for Setting {
    fn from_text(text: &str) -> Option<Self> {
        Some(Self::Text(text.to_owned()))
    }
    fn from_flag(flag: bool) -> Option<Self> {
        Some(Self::Text(if flag { "True" } else { "False" }.to_owned()))
    }
    fn from_number(number: i128) -> Option<Self> {
        Some(Self::Text(number.to_string()))
    }
    fn from_object<'de, A: MapAccess<'de>>(mut map: A) -> Result<Option<Self>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Some(Self::Nested))
    }
    fn from_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Some(Self::Nested))
    }
}

record! {
    /// A row of the table of API keys. The key itself has no place in it.
    ApiKey {
        key_identifier: String,
        provider: String,
        user: String,
        description: String,
        issued_at: Moment,
        expires_in_minutes: Lifetime,
        enabled: YesNo,
        revoked: Revoked,
        last_used: String,
        consumers: String,
        owner: String,
    }
}

record! {
    /// A row of the table of App Builder users.
    User {
        user: String,
        enabled: YesNo,
        groups: String,
        is_administrator: YesNo,
        last_login: String,
        /// "person" or "service".
        kind: String,
    }
}

record! {
    /// A published REST endpoint.
    Endpoint {
        application: String,
        endpoint: String,
        methods: Vec<Field<String>>,
        sensitivity: String,
        fields: Vec<Field<String>>,
        /// The groups whose members may call it.
        groups: Vec<Field<String>>,
    }
}

/// A moment in UTC. A day alone is its first moment; a time without offset is taken as UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub NaiveDateTime);

impl Shape for Moment {
    fn from_text(text: &str) -> Option<Self> {
        let offset = DateTime::parse_from_rfc3339(text).map(|time| time.naive_utc()).ok();
        let plain = || {
            let forms = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M"];
            forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        };
        let day = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(|day| day.and_time(NaiveTime::MIN));
        offset.or_else(plain).or_else(day).map(Self)
    }
}

/// How long a key lives, counted from its issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// So many minutes, at least one. More than 64 bits hold counts as the most they hold.
    Minutes(i64),
    /// Without end.
    Endless,
}

/// `Never` says that a key has no end. A blank cell says nothing: App Builder's pages do not tell what a blank
/// `Expires In` means. Zero, negative numbers and anything but digits mean nothing.
impl Shape for Lifetime {
    fn from_text(text: &str) -> Option<Self> {
        if ["never", "none", "no expiry", "does not expire"].iter().any(|word| text.eq_ignore_ascii_case(word)) {
            return Some(Self::Endless);
        }
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // All digits and still no number: there are too many of them.
        let minutes = if digits { text.parse().unwrap_or(i64::MAX) } else { 0 };
        (minutes > 0).then_some(Self::Minutes(minutes))
    }
}

/// Whether a key was revoked: yes, no, or from which day on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revoked {
    /// It was not.
    No,
    /// It was, on an unknown day.
    Yes,
    /// It was, or will be, on this day.
    On(NaiveDate),
}

impl Revoked {
    /// The day, if the table gives one.
    pub fn day(self) -> Option<NaiveDate> {
        match self {
            Self::On(day) => Some(day),
            Self::No | Self::Yes => None,
        }
    }

    /// Whether it has happened by this day. The day itself counts.
    pub fn by(self, today: NaiveDate) -> bool {
        match self {
            Self::No => false,
            Self::Yes => true,
            Self::On(day) => day <= today,
        }
    }
}

impl Shape for Revoked {
    fn from_text(text: &str) -> Option<Self> {
        let tick = YesNo::from_text(text).map(|tick| if tick.0 { Self::Yes } else { Self::No });
        tick.or_else(|| Moment::from_text(text).map(|moment| Self::On(moment.0.date())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_is_a_positive_number_of_minutes_or_has_no_end() {
        assert_eq!(Lifetime::from_text("525600"), Some(Lifetime::Minutes(525_600)));
        assert_eq!(Lifetime::from_text("9223372036854775808"), Some(Lifetime::Minutes(i64::MAX)));
        assert_eq!(Lifetime::from_text("Never"), Some(Lifetime::Endless));
        for nothing in ["0", "000", "-1", "", "1.5", "1e9", "525,600", "a year", "+5", "٥"] {
            assert_eq!(Lifetime::from_text(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn a_moment_keeps_its_minutes_and_its_offset() {
        let moment = |text| Moment::from_text(text).map(|moment| moment.0.to_string());
        assert_eq!(moment("2024-01-31").as_deref(), Some("2024-01-31 00:00:00"));
        assert_eq!(moment("2024-01-31T23:30:00-02:00").as_deref(), Some("2024-02-01 01:30:00"));
        assert_eq!(moment("2024-01-31 08:05").as_deref(), Some("2024-01-31 08:05:00"));
        assert_eq!(moment("31.01.2024"), None);
    }

    #[test]
    fn settings_are_text_flags_and_numbers() {
        let json = r#"{"settings": {"A": "True ", "B": false, "C": 1, "D": "maybe", "E": null, "F": {"x": 1}}}"#;
        let provider: Provider = serde_json::from_str(json).unwrap();
        let settings = &provider.settings.value().unwrap().0;
        let flags: Vec<_> = settings.iter().map(|(_, field)| field.value().and_then(Setting::flag)).collect();
        assert_eq!(flags, [Some(true), Some(false), Some(true), None, None, None]);
    }
}
