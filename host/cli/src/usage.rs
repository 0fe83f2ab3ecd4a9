//! A command line that could not be understood, as an error like any other: with a code, and as JSON where that is asked for.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;
use clap::error::ErrorKind;

use crate::arguments::{Arguments, Output};
use crate::failure::{Failure, WRONG_USAGE};
use crate::terminal;

/// The arguments, or the exit status of a process that ends here.
pub(crate) fn arguments() -> Result<Arguments, ExitCode> {
    let words: Vec<OsString> = std::env::args_os().collect();
    let error = match Arguments::try_parse_from(&words) {
        Ok(arguments) => return Ok(arguments),
        Err(error) => error,
    };
    if !error.use_stderr() {
        // Help and version are what was asked for.
        return Err(if error.print().is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = error.print();
        return Err(ExitCode::from(WRONG_USAGE));
    }
    Err(terminal::show(Err(failure(&error)), wanted_output(&words)))
}

fn failure(error: &clap::Error) -> Failure {
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let (message, usage) = text.split_once("\n\nUsage:").unwrap_or((text, ""));
    // One sentence: what else there is stands on lines of its own, such as the names of missing options.
    let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    let usage =
        usage.split("\n\n").next().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    let hint = match usage.as_str() {
        "" => "run `palisade --help`".to_owned(),
        usage => format!("usage: {usage}; `--help` explains each option"),
    };
    Failure { status: WRONG_USAGE, hint: Some(hint), ..Failure::new("command-line", message) }
}

/// What was typed for `--output`, as far as it can be told from words that were not understood.
fn wanted_output(words: &[OsString]) -> Output {
    let is_json =
        |pair: &[OsString]| matches!(pair, [option, value] if option == "--output" && value == "json");
    let json = words.windows(2).any(is_json) || words.iter().any(|word| word == "--output=json");
    if json { Output::Json } else { Output::Text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_that_is_not_understood_has_a_code_and_one_sentence() {
        for (words, part) in [
            (&["palisade", "run", "--nothing"][..], "--nothing"),
            (&["palisade", "run"], "--bundle <ZIP>"),
            (&["palisade", "frobnicate"], "frobnicate"),
            (&["palisade", "inspect", "x", "--output", "xml"], "xml"),
        ] {
            let failure = failure(&Arguments::try_parse_from(words).unwrap_err());
            assert_eq!((failure.code, failure.status), ("command-line", 2));
            assert!(failure.message.contains(part), "{}", failure.message);
            assert!(
                !failure.message.contains('\n') && !failure.message.contains("  "),
                "{}",
                failure.message
            );
        }
    }

    #[test]
    fn json_is_wanted_where_it_was_typed() {
        let words = |text: &str| text.split(' ').map(OsString::from).collect::<Vec<_>>();
        assert_eq!(wanted_output(&words("palisade --output json run")), Output::Json);
        assert_eq!(wanted_output(&words("palisade run --output=json")), Output::Json);
        assert_eq!(wanted_output(&words("palisade run --report json --output text")), Output::Text);
    }
}
