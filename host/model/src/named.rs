//! Enumerations whose variants have one name in reports, the API and the state.

use thiserror::Error;

/// An enumeration whose variants are known by name.
pub trait Named: Copy + 'static {
    /// All variants, in order.
    const ALL: &'static [Self];

    /// The name of a variant: stable, lower case, words joined by `-`.
    fn name(self) -> &'static str;

    /// The variant with a name.
    ///
    /// # Errors
    ///
    /// [`UnknownName`] if there is none.
    fn from_name(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.iter().copied().find(|one| one.name() == name).ok_or_else(|| UnknownName {
            name: name.to_owned(),
            known: Self::ALL.iter().map(|one| format!("`{}`", one.name())).collect::<Vec<_>>().join(", "),
        })
    }
}

/// A text that is not the name of a variant.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{name}` is not one of {known}")]
pub struct UnknownName {
    /// The text.
    pub name: String,
    /// The names, each in backticks.
    pub known: String,
}

/// Defines an enumeration that implements [`Named`], `Display`, `FromStr`, and the traits of serde and schemars with the same
/// names.
macro_rules! named {
    ($(#[$meta:meta])* $name:ident { $($(#[doc = $what:literal])+ $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
        )]
        pub enum $name {
            $($(#[doc = $what])+ #[serde(rename = $text)] $variant,)+
        }

        impl $name {
            /// All variants, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name of the variant: stable, lower case, words joined by `-`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl $crate::Named for $name {
            const ALL: &'static [Self] = Self::ALL;

            fn name(self) -> &'static str {
                Self::name(self)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.name())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::UnknownName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                <Self as $crate::Named>::from_name(text)
            }
        }
    };
}
pub(crate) use named;
