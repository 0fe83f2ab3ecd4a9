//! Asks for a secret at the terminal without showing it. However the prompt ends, the terminal is as it was before.

use std::fs::File;
use std::io;
use std::process;

use palisade_egress::SecretString;

use crate::terminal;
use crate::verbs::{self, signals};

/// Asks once. A signal at the prompt ends the process, with the terminal restored.
pub(crate) fn secret(prompt: &str) -> io::Result<SecretString> {
    let runtime = verbs::runtime().map_err(|failure| io::Error::other(failure.message))?;
    let before = Before::now();
    let prompt = prompt.to_owned();
    let read = runtime.block_on(async {
        // Registered before the terminal is changed: from now on a signal does not end the process by itself.
        let signalled = signals::at_prompt();
        let reading = tokio::task::spawn_blocking(move || rpassword::prompt_password(prompt));
        tokio::select! {
            read = reading => read.map_err(io::Error::other)?,
            status = signalled => {
                before.restore();
                terminal::tell("\n");
                process::exit(status);
            }
        }
    });
    match read {
        // Ctrl-C is a character as long as the prompt reads each of them.
        Err(error) if error.kind() == io::ErrorKind::Interrupted => {
            before.restore();
            process::exit(signals::INTERRUPTED);
        }
        read => read.map(SecretString::from),
    }
}

/// The modes of the terminal before the prompt; nothing where there is no terminal.
#[cfg(unix)]
struct Before(Option<(File, rustix::termios::Termios)>);

#[cfg(unix)]
impl Before {
    fn now() -> Self {
        let of = |file: File| rustix::termios::tcgetattr(&file).ok().map(|modes| (file, modes));
        Self(File::options().read(true).write(true).open("/dev/tty").ok().and_then(of))
    }

    fn restore(&self) {
        if let Some((terminal, modes)) = &self.0 {
            // The process ends: there is nothing else that could be done.
            let _ = rustix::termios::tcsetattr(terminal, rustix::termios::OptionalActions::Now, modes);
        }
    }
}

/// Other systems restore the modes of the console with the process.
#[cfg(not(unix))]
struct Before;

#[cfg(not(unix))]
impl Before {
    fn now() -> Self {
        Self
    }

    fn restore(&self) {}
}
