//! Identifiers: one type for each table, so that none is taken for another.

macro_rules! ids {
    ($($(#[doc = $what:literal])+ $name:ident;)+) => {
        $(
            $(#[doc = $what])+
            #[derive(
                Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
            )]
            #[serde(transparent)]
            pub struct $name(pub i64);

            impl std::fmt::Display for $name {
                fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    self.0.fmt(formatter)
                }
            }

            impl std::str::FromStr for $name {
                type Err = std::num::ParseIntError;

                fn from_str(text: &str) -> Result<Self, Self::Err> {
                    text.parse().map(Self)
                }
            }
        )+
    };
}

ids! {
    /// One installed version of a bundle.
    BundleId;
    /// A connection to a service.
    ConnectionId;
    /// A data collection.
    CollectionId;
    /// A file of a collection.
    FileId;
    /// A workflow.
    WorkflowId;
    /// A run of a workflow.
    RunId;
    /// A sealed secret.
    SecretId;
    /// A person.
    UserId;
    /// A token of the API.
    TokenId;
    /// A session of a browser.
    SessionId;
}

/// The right to write for a run. Each activation of a run has a higher epoch, and only the last one may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activation {
    /// The run.
    pub run: RunId,
    /// Which activation.
    pub epoch: i64,
}
