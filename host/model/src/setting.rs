//! Settings that a remedy names. A library does not know who shows its errors: it names the setting, in a form that can be read as it
//! is, and each surface replaces it with its own words ([`worded`]): the command line with an option, the console with a field.
//! Denied by default: a name that is not in the list, which stays as it is.

#![warn(missing_docs)]

use std::fmt;

/// What stands before a name.
const BEFORE: &str = "the setting `";

macro_rules! settings {
    ($($(#[doc = $what:literal])+ $variant:ident = $name:literal;)+) => {
        /// A setting.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Setting {
            $($(#[doc = $what])+ $variant,)+
        }

        impl Setting {
            /// All settings.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its name: stable, in kebab case.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }
    };
}

settings! {
    /// Whether bundles run that nobody trusted has signed.
    AllowUnsigned = "allow-unsigned";
    /// The directory for files that an action returns.
    Artefacts = "artefacts";
    /// A certificate authority that is trusted besides the public ones.
    CaCertificate = "ca-cert";
    /// The file with the configuration of an action.
    Configuration = "config";
    /// The address at which an origin is reached.
    ConnectTo = "connect-to";
    /// How long a run can take.
    Deadline = "deadline";
    /// Whether a run sends nothing.
    DryRun = "dry-run";
    /// The format of a collection.
    Format = "format";
    /// How many existing entries of a full list a run may displace. Components name it too, as this text has it.
    MaxEvictions = "max-evictions";
    /// The file that another process needs to continue a run.
    Pending = "pending";
    /// The file of the operator's policy.
    Policy = "policy";
    /// The file to which requests and responses are recorded.
    Record = "record";
    /// The value of one parameter.
    Set = "set";
}

impl Setting {
    /// The setting with a value that it is to have.
    #[must_use]
    pub fn with(self, value: impl fmt::Display) -> String {
        format!("{BEFORE}{} {value}`", self.name())
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|setting| setting.name() == name)
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{BEFORE}{}`", self.name())
    }
}

/// A text in which each setting is in the words of a surface. `words` gets a setting and its value; the value is empty if the text
/// gives none.
#[must_use]
pub fn worded(text: &str, words: impl Fn(Setting, &str) -> String) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(BEFORE) {
        written.push_str(before);
        let inside = after.split_once('`').map(|(inside, behind)| {
            let (name, value) = inside.split_once(' ').unwrap_or((inside, ""));
            (Setting::named(name), value, behind)
        });
        if let Some((Some(setting), value, behind)) = inside {
            written.push_str(&words(setting, value));
            rest = behind;
        } else {
            written.push_str(BEFORE);
            rest = after;
        }
    }
    written.push_str(rest);
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn option(setting: Setting, value: &str) -> String {
        format!("<{}|{value}>", setting.name())
    }

    #[test]
    fn a_setting_is_readable_without_a_surface_and_replaced_with_one() {
        let text = format!(
            "{} or {}: done",
            Setting::Deadline,
            Setting::ConnectTo.with("a.example:443:ADDRESS:PORT")
        );
        assert_eq!(
            text,
            "the setting `deadline` or the setting `connect-to a.example:443:ADDRESS:PORT`: done"
        );
        assert_eq!(worded(&text, option), "<deadline|> or <connect-to|a.example:443:ADDRESS:PORT>: done");
    }

    #[test]
    fn what_is_not_a_setting_stays_as_it_is() {
        for text in
            ["", "no setting", "the setting `unknown` of `x`", "the setting `deadline", "the setting `"]
        {
            assert_eq!(worded(text, option), text);
        }
        assert_eq!(worded("the setting `the setting `set`", option), "the setting `<set|>");
    }

    #[test]
    fn every_setting_is_found_by_its_name() {
        for setting in Setting::ALL {
            assert_eq!(worded(&setting.to_string(), |found, _| found.name().to_owned()), setting.name());
        }
    }
}
