//! What a person or a token may do: three roles, each of which may do all that the lower ones may. Denied by default: what
//! the state says and this version does not know is no role.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Viewer < operator < administrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees everything but people and the audit log, and changes nothing but the own account.
    Viewer,
    /// Also makes, changes and deletes collections and workflows, and starts, cancels and retries runs.
    Operator,
    /// Also installs and uninstalls integrations, sets and tests their defaults, makes people and reads the audit log.
    Administrator,
}

impl Role {
    /// All of them, the least first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Operator, Self::Administrator];

    /// The name, as it is stored and as the API writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Administrator => "administrator",
        }
    }

    /// The name, as people read it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Viewer => "Viewer",
            Self::Operator => "Operator",
            Self::Administrator => "Administrator",
        }
    }

    /// What somebody of this role may do, in one line.
    #[must_use]
    pub fn summary(self) -> &'static str {
        match self {
            Self::Viewer => "Views integrations, collections, workflows and runs. Changes nothing.",
            Self::Operator => {
                "Also creates, changes and deletes collections and workflows, and starts, cancels and retries runs. Cannot change integrations or their defaults."
            }
            Self::Administrator => {
                "Also installs and uninstalls integrations, changes and tests their defaults, invites users, changes roles and reads the audit log."
            }
        }
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A text that names no role.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a role: choose `viewer`, `operator` or `administrator`")]
pub struct UnknownRole(String);

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|role| role.name() == text).ok_or_else(|| UnknownRole(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_higher_role_may_do_what_a_lower_one_may() {
        assert!(Role::Administrator > Role::Operator && Role::Operator > Role::Viewer);
    }

    #[test]
    fn names_are_read_back_and_nothing_else_is() {
        for role in Role::ALL {
            assert_eq!(role.name().parse(), Ok(role));
        }
        for wrong in ["", "Viewer", "root", "administrator "] {
            assert!(wrong.parse::<Role>().is_err(), "{wrong}");
        }
    }
}
