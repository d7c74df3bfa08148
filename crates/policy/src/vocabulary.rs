//! The words of facts: the types and actions of `policies/cutover.cedarschema`.

/// Declares names of the schema once: the variant, and what the schema calls it.
macro_rules! names {
    ($(#[$meta:meta])* $enum:ident: $($variant:ident $id:literal),* $(; $($(#[$note:meta])* $beside:ident $name:literal),*)?) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "each is the name in the schema")]
        pub enum $enum {
            $($variant,)*
            $($($(#[$note])* $beside,)*)?
        }

        impl $enum {
            /// Every one that the schema has.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The one of this [`Self::id`].
            pub fn from_id(id: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.id() == id)
            }

            /// The name in the schema.
            pub fn id(self) -> &'static str {
                match self {
                    $(Self::$variant => $id,)*
                    $($(Self::$beside => $name,)*)?
                }
            }
        }
    };
}

names! {
    /// A type of thing.
    Type:
    Company "Company",
    Project "Project",
    Tool "Tool",
    App "App",
    Hook "Hook",
    ManagedAccount "ManagedAccount",
    LegacyAccount "LegacyAccount",
    Person "Person",
    Credential "Credential",
    Store "Store",
    Mapping "Mapping",
    Job "Job",
    Role "Role",
    Container "Container",
    Package "Package",
    Provider "Provider",
    Key "Key",
    Endpoint "Endpoint",
    AuthorizationServer "AuthorizationServer";
    /// A version of an app's manifest; it tells facts apart and is no type of the schema.
    Manifest "Manifest",
    /// A redirect URI; it tells facts apart and is no type of the schema.
    RedirectUri "RedirectUri",
    /// A permission of a container; it tells facts apart and is no type of the schema.
    Permission "Permission",
    /// A connection of an app that has several; it tells facts apart and is no type of the schema.
    Connection "Connection"
}

names! {
    /// A kind of fact.
    Action:
    Exists "exists",
    Holds "holds",
    Belongs "belongs",
    Approved "approved",
    Requests "requests",
    Declares "declares",
    Authenticates "authenticates",
    Installed "installed",
    Owns "owns",
    Stored "stored",
    Redirects "redirects",
    Runs "runs",
    Designed "designed",
    Permits "permits",
    Exported "exported",
    Provided "provided",
    Issued "issued",
    Published "published",
    Offers "offers",
    Raises "raises",
    Calls "calls",
    Replaces "replaces",
    Loses "loses",
    Gains "gains",
    Needs "needs"
}

impl Action {
    /// Those that only a migration plan speaks of.
    pub const OF_PLANS: [Self; 4] = [Self::Replaces, Self::Loses, Self::Gains, Self::Needs];

    /// Those that a gate speaks of.
    pub const OF_CHANGES: [Self; 2] = [Self::Loses, Self::Gains];
}
