//! The one renderer: everything that people or programs get to see of a verb's result passes here.

use std::io::{self, Write as _};
use std::process::ExitCode;

use palisade_orchestrator::{Clock as _, SystemClock};
use palisade_printable::{JsonText, json, screen};

use crate::answer::{Answer, Channel};
use crate::arguments::{Colour, LogFormat, Output};
use crate::failure::Failure;
use crate::show;
use crate::words::of_options;

/// Sets the choice for everything that is printed from now on.
pub(crate) fn choose_colour(colour: Colour) {
    match colour {
        // Standard error must be a terminal, and NO_COLOR, CLICOLOR and TERM are heeded.
        Colour::Auto => {}
        Colour::Always => anstream::ColorChoice::Always.write_global(),
        Colour::Never => anstream::ColorChoice::Never.write_global(),
    }
}

/// Shows what a verb came to and turns it into the exit status.
pub(crate) fn show(result: Result<Box<dyn Answer>, Failure>, output: Output) -> ExitCode {
    match result {
        Ok(answer) => {
            let (written, status) = (write(&*answer, output), ExitCode::from(answer.status()));
            // The process ends: a report of 10,000 objects lies in 100,000 pieces of memory, and giving back each of them
            // takes longer than the system takes for all.
            std::mem::forget(answer);
            match written {
                Ok(()) => status,
                // The reader has seen enough, as `head` does.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => status,
                Err(error) => show_failure(
                    &Failure::new("output-not-written", format!("the result cannot be written: {error}")),
                    Output::Text,
                ),
            }
        }
        Err(failure) => show_failure(&failure, output),
    }
}

/// Tells something along the way, on standard error.
pub(crate) fn tell(text: &str) {
    // Where standard error is closed there is nobody to tell.
    let _ = anstream::stderr().lock().write_all(screen(&of_options(text)).as_bytes());
}

/// The same of a service, in the form of its log, so that whoever reads that finds nothing else in it.
pub(crate) fn tell_as(format: LogFormat, text: &str) {
    match format {
        LogFormat::Text => tell(text),
        LogFormat::Json => {
            let message = text.trim().split('\n').map(str::trim).collect::<Vec<_>>().join("; ");
            let timestamp = SystemClock.now().to_string();
            let line = serde_json::json!({
                "timestamp": timestamp,
                "level": "INFO",
                "message": message,
                "target": "palisade",
            });
            tell(&format!("{}\n", json(&line.to_string())));
        }
    }
}

fn write(answer: &dyn Answer, output: Output) -> io::Result<()> {
    match (output, answer.channel()) {
        (Output::Json, _) => {
            let mut out = JsonText(io::BufWriter::new(io::stdout().lock()));
            answer.json(&mut out)?;
            out.write_all(b"\n")?;
            out.flush()
        }
        (Output::Text, Channel::Output) => {
            anstream::stdout().lock().write_all(screen(&of_options(&answer.text())).as_bytes())
        }
        (Output::Text, Channel::Error) => {
            anstream::stderr().lock().write_all(screen(&of_options(&answer.text())).as_bytes())
        }
    }
}

fn show_failure(failure: &Failure, output: Output) -> ExitCode {
    // Where standard error itself is closed there is nobody left to tell.
    let _ =
        anstream::stderr().lock().write_all(screen(&of_options(&show::failure::text(failure))).as_bytes());
    if output == Output::Json {
        let mut out = JsonText(io::stdout().lock());
        let written =
            serde_json::to_writer_pretty(&mut out, &serde_json::json!({ "error": failure.worded() }));
        let _ = written.map_err(io::Error::from).and_then(|()| out.write_all(b"\n"));
    }
    ExitCode::from(failure.status)
}
