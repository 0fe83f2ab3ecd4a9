//! What a verb comes back with: one value that can be shown as text and as JSON.

use std::io;

/// Where the text goes. JSON always goes to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channel {
    /// What was asked for.
    Output,
    /// What is told about what was done.
    Error,
}

/// The result of a verb.
pub(crate) trait Answer {
    /// For people, with styles, ending in a line break.
    fn text(&self) -> String;

    /// For programs.
    ///
    /// # Errors
    /// Where it cannot be written.
    fn json(&self, out: &mut dyn io::Write) -> io::Result<()>;

    /// Where the text goes.
    fn channel(&self) -> Channel {
        Channel::Output
    }

    /// The exit status.
    fn status(&self) -> u8 {
        0
    }
}
