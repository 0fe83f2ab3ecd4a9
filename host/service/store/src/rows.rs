//! What the modules of the aggregates share: pages of lists, and enums with names.

/// Which part of a list: at most `limit` rows after the first `offset`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Page {
    /// Rows to leave out.
    pub offset: u64,
    /// Rows at most.
    pub limit: u64,
}

impl Page {
    /// Everything.
    pub const ALL: Self = Self { offset: 0, limit: i64::MAX as u64 };
}

/// An enum whose variants are columns' texts and API names alike.
macro_rules! names {
    ($(#[$meta:meta])* $name:ident { $($(#[doc = $what:literal])+ $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[doc = $what])+ #[serde(rename = $text)] $variant,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name, as it is stored and as the API writes it.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.name())
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|one| one.name() == text).ok_or_else(|| {
                    let names: Vec<String> = Self::ALL.iter().map(|one| format!("`{one}`")).collect();
                    format!("`{text}` is not one of {}", names.join(", "))
                })
            }
        }

        impl palisade_model::Named for $name {
            const ALL: &'static [Self] = Self::ALL;

            fn name(self) -> &'static str {
                Self::name(self)
            }
        }
    };
}
pub(crate) use names;
