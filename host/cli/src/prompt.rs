//! Asks for a secret at the terminal without showing it. However the prompt ends, the terminal is as it was before.

#[cfg(unix)]
use std::fs::File;
use std::io;
#[cfg(unix)]
use std::io::Write as _;
use std::process;

use palisade_egress::SecretString;

use crate::terminal;
use crate::verbs::{self, signals};

/// Asks once. A signal at the prompt ends the process, with the terminal restored.
pub(crate) fn secret(prompt: &str) -> io::Result<SecretString> {
    let runtime = verbs::runtime().map_err(|failure| io::Error::other(failure.message))?;
    let prompt = prompt.to_owned();
    let (read, hidden) = runtime.block_on(async {
        // Registered before the terminal is changed: from now on a signal does not end the process by itself.
        let signalled = signals::at_prompt();
        // Hidden before the prompt is seen, and by this thread alone: if the thread that reads hid it, a signal right after the
        // prompt could restore the modes before that thread changes them.
        let hidden = Hidden::begin()?;
        let input = hidden.input()?;
        let reading = tokio::task::spawn_blocking(move || input.read(&prompt));
        tokio::select! {
            read = reading => read.map(|read| (read, hidden)).map_err(io::Error::other),
            status = signalled => {
                hidden.end();
                terminal::tell("\n");
                process::exit(status);
            }
        }
    })?;
    hidden.end();
    match read {
        // Ctrl-C is a character as long as the prompt reads each of them.
        Err(error) if error.kind() == io::ErrorKind::Interrupted => {
            process::exit(signals::INTERRUPTED);
        }
        read => read.map(SecretString::from),
    }
}

/// The terminal while it does not show what is typed.
#[cfg(unix)]
struct Hidden {
    terminal: File,
    before: rustix::termios::Termios,
}

#[cfg(unix)]
impl Hidden {
    fn begin() -> io::Result<Self> {
        use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};
        let terminal = File::options().read(true).write(true).open("/dev/tty")?;
        let before = tcgetattr(&terminal)?;
        let mut modes = before.clone();
        // What `rpassword` needs: each character at once, and none of them shown or turned into a signal.
        modes.local_modes -= LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG;
        modes.special_codes[SpecialCodeIndex::VMIN] = 1;
        modes.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(&terminal, OptionalActions::Now, &modes)?;
        Ok(Self { terminal, before })
    }

    fn input(&self) -> io::Result<Input> {
        Ok(Input { input: self.terminal.try_clone()?, output: self.terminal.try_clone()? })
    }

    /// Shows again what is typed.
    fn end(self) {}
}

#[cfg(unix)]
impl Drop for Hidden {
    fn drop(&mut self) {
        // If the terminal has gone, there is nothing left to restore.
        let _ =
            rustix::termios::tcsetattr(&self.terminal, rustix::termios::OptionalActions::Now, &self.before);
    }
}

#[cfg(unix)]
struct Input {
    input: File,
    output: File,
}

#[cfg(unix)]
impl Input {
    fn read(self, prompt: &str) -> io::Result<String> {
        let mut output = self.output.try_clone()?;
        let config =
            rpassword::ConfigBuilder::new().input_reader(self.input).output_writer(self.output).build();
        let read = rpassword::prompt_password_with_config(prompt, config);
        output.write_all(b"\n")?;
        read
    }
}

/// Other systems restore the modes of the console with the process.
#[cfg(not(unix))]
struct Hidden;

#[cfg(not(unix))]
impl Hidden {
    fn begin() -> io::Result<Self> {
        Ok(Self)
    }

    fn input(&self) -> io::Result<Input> {
        Ok(Input)
    }

    fn end(self) {}
}

#[cfg(not(unix))]
struct Input;

#[cfg(not(unix))]
impl Input {
    fn read(self, prompt: &str) -> io::Result<String> {
        rpassword::prompt_password(prompt)
    }
}
