//! What libraries say, in the words of the command line: a setting is an option.

use palisade_model::{Setting, worded};

/// A text in which settings are options.
pub(crate) fn of_options(text: &str) -> String {
    worded(text, option)
}

fn option(setting: Setting, value: &str) -> String {
    let name = setting.name();
    if value.is_empty() { format!("`--{name}`") } else { format!("`--{name} {value}`") }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::arguments::Arguments;

    #[test]
    fn every_setting_that_a_library_names_is_an_option() {
        fn has(command: &clap::Command, name: &str) -> bool {
            command.get_arguments().any(|argument| argument.get_long() == Some(name))
                || command.get_subcommands().any(|verb| has(verb, name))
        }
        for setting in Setting::ALL {
            assert!(has(&Arguments::command(), setting.name()), "{}", setting.name());
        }
    }

    #[test]
    fn a_setting_is_said_as_an_option() {
        let text = format!("{}, or {}", Setting::Deadline, Setting::Format.with("text"));
        assert_eq!(of_options(&text), "`--deadline`, or `--format text`");
    }
}
