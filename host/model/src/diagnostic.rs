//! What every error of the libraries states about itself.

/// An error with a stable code and, if there is one, a remedy in words. The message is its `Display`.
pub trait Diagnostic: std::error::Error {
    /// Stable, lower case, words joined by `-`.
    fn code(&self) -> &'static str;

    /// What to do about it: one sentence that names settings as [`Setting`](crate::Setting) writes them, so that each surface can
    /// replace them with its own words.
    fn hint(&self) -> Option<String>;
}
