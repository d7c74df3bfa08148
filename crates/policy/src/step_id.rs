//! The steps that plans and repairs can hold: what the code asks for by name, and `steps.toml` and `repairs.toml` describe.

/// The table of steps: each with its name in files, plans and `@migration`.
macro_rules! step_ids {
    (migration { $($migration:ident $name:literal)+ } repair { $($repair:ident $text:literal)+ }) => {
        /// A kind of step. The compiler knows every one that code asks for; [`super::steps::Steps::parse`] holds the
        /// files that describe them against these lists.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
        #[expect(missing_docs, reason = "what each is for stands in the file that describes it")]
        pub enum StepId {
            $(#[serde(rename = $name)] $migration,)+
            $(#[serde(rename = $text)] $repair,)+
        }

        impl StepId {
            /// The steps of a migration, described in `policies/steps.toml`.
            pub const MIGRATION: &[Self] = &[$(Self::$migration),+];
            /// The edits of a repair, described in `policies/repairs.toml`.
            pub const REPAIR: &[Self] = &[$(Self::$repair),+];

            /// The name in files and results.
            pub fn id(self) -> &'static str {
                match self {
                    $(Self::$migration => $name,)+
                    $(Self::$repair => $text,)+
                }
            }
        }
    };
}

step_ids! {
    migration {
        Decide "decide"
        Confirm "confirm"
        Unblock "unblock"
        Announce "announce"
        Ship "ship"
        Install "install"
        Update "update"
        Template "template"
        Permit "permit"
        StoreCredential "store-credential"
        ServerCredential "server-credential"
        Authorise "authorise"
        Configure "configure"
        SwitchJobs "switch-jobs"
        ReferenceCredential "reference-credential"
        ProveRenewal "prove-renewal"
        Webhooks "webhooks"
        Verify "verify"
        Move "move"
        ObserveZero "observe-zero"
        Deactivate "deactivate"
        Revoke "revoke"
        RemoveCopies "remove-copies"
        AgeLogs "age-logs"
        Uninstall "uninstall"
        Delete "delete"
    }
    repair {
        LowerTemplate "lower-template"
        OwnTemplate "own-template"
        LowerLevel "lower-level"
        LeaveProject "leave-project"
        ClearRight "clear-right"
    }
}
