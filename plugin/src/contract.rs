//! The contract's types as the decisions use them, without the WebAssembly bindings.
//!
//! They correspond to `palisade:action/model` and `palisade:action/action`; `edge` translates. Tags are left out because no action
//! reads them.

use std::borrow::Cow;
use std::rc::Rc;

use crate::limits;

/// One object of the data collection, as `palisade:action/model.offered`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Object {
    /// Unique within the run.
    pub key: u64,
    /// The platform's class of objects, for example `Indicator`.
    pub kind: String,
    /// The platform's type within the kind, for example `FQDN`.
    pub subtype: String,
    /// The value as the platform holds it.
    pub value: String,
    /// The platform's score; ThreatQ's scale is 0 to 10.
    pub score: Option<f64>,
    /// The platform's status by name.
    pub status: Option<String>,
    /// The platform's text about the object.
    pub description: Option<String>,
    /// The platform's own identifier, for example the GUID of an agent.
    pub id: Option<String>,
}

/// One object with all that a response action needs of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Offered {
    /// The object.
    pub object: Object,
    /// Its attributes with a single value, in the order of the source.
    pub attributes: Vec<(String, String)>,
    /// Identifies the work on this object, also after a crash.
    pub idempotency_key: String,
    /// Whether an earlier attempt may have reached the service.
    pub uncertain: bool,
    /// What was kept of it while it waited.
    pub state: Option<Vec<u8>>,
}

impl Offered {
    /// The first attribute with this name that is not empty.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let named = self.attributes.iter().filter(|(found, _)| found == name);
        named.map(|(_, value)| value.trim()).find(|value| !value.is_empty())
    }
}

/// A stable code and a sentence without a full stop: why an object, a parameter or a run did not go through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Lower case, words joined by `-`.
    pub code: &'static str,
    /// One sentence for people.
    pub message: String,
}

impl Problem {
    /// A problem with this code and message.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// Why a run cannot go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// What went wrong.
    pub problem: Problem,
    /// What the operator can do about it.
    pub hint: Cow<'static, str>,
}

/// What became of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The service confirmed everything that was submitted for it.
    Accepted,
    /// Dry run: it would have been submitted.
    Planned,
    /// Not submitted, by rule or by configuration.
    Skipped(Problem),
    /// Refused by the service or by the rules, and would be again.
    Rejected(Problem),
    /// Not known to be on the list; sending it again is safe.
    Failed(Problem),
    /// The service has accepted it and not finished.
    Pending(Pending),
}

/// What is kept of an object that the service has not finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// For the next look.
    pub state: Vec<u8>,
    /// What the object waits for.
    pub reason: Problem,
    /// Milliseconds until the next look is useful.
    pub poll_after: u64,
}

/// The value of an output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutputValue {
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
}

/// A value for later steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// The name in the manifest.
    pub name: &'static str,
    /// The value.
    pub value: OutputValue,
}

/// A file for the host to download.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    /// The URL.
    pub url: String,
    /// The file name.
    pub name: String,
    /// The media type.
    pub media_type: &'static str,
    /// When the URL expires, in milliseconds since 1970.
    pub expires: Option<u64>,
    /// The password of the archive.
    pub password: Option<String>,
    /// The state with which to ask for another URL.
    pub renew: Vec<u8>,
}

/// One field that a submission would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The service's name for it, as in its lists.
    pub name: &'static str,
    /// What the service has now; `None` where its entry lacks the field.
    pub before: Option<String>,
    /// What it would have.
    pub after: String,
}

/// What the tenant has of one submission.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Names and values as the service writes them; `None` where the list has no such entry.
    pub held: Option<Vec<(&'static str, String)>>,
    /// What the submission would change of it.
    pub changes: Vec<Change>,
    /// Names of other lists that cover the value.
    pub also_on: Vec<&'static str>,
}

/// An entry that the service would remove to make room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Eviction {
    /// The API's name for what it is.
    pub field: &'static str,
    /// Its value, as the service writes it.
    pub value: String,
    /// When it would expire, as the service writes it.
    pub expires: Option<String>,
}

/// How many entries a list holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// The list's name for people.
    pub list: &'static str,
    /// The API's name for the type that is counted; `None` where all types are counted together.
    pub field: Option<&'static str>,
    /// How many.
    pub entries: usize,
    /// How many the service keeps at most.
    pub limit: usize,
}

/// One thing that was, or would have been, submitted for an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The API's name for it, for example `fileSha256`.
    pub field: &'static str,
    /// The value as submitted.
    pub value: Rc<str>,
    /// HTTP status of the service's last answer about it.
    pub status: Option<u16>,
    /// Times that it was sent for this object.
    pub attempts: u32,
    /// Key of the earlier object for which the same was sent.
    pub duplicate_of: Option<u64>,
    /// What the tenant has of it, where that was asked for; never for a duplicate.
    pub comparison: Option<Box<Comparison>>,
}

/// The outcome of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The object's key.
    pub key: u64,
    /// What became of it.
    pub verdict: Verdict,
    /// What was submitted for it, in order.
    pub submissions: Vec<Submission>,
    /// Values for later steps.
    pub outputs: Vec<Output>,
    /// Files for the host to download.
    pub downloads: Vec<Download>,
}

impl Outcome {
    /// An outcome with nothing but a verdict.
    pub const fn new(key: u64, verdict: Verdict) -> Self {
        Self { key, verdict, submissions: Vec::new(), outputs: Vec::new(), downloads: Vec::new() }
    }
}

/// How much a message matters to the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// For those who look for a fault.
    Debug,
    /// Part of the run's report.
    Warn,
}

/// One message for the operator's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// How much it matters.
    pub level: Level,
    /// One sentence without a full stop.
    pub text: String,
    /// Names and values.
    pub fields: Vec<(&'static str, String)>,
}

/// A text between backticks, cut at [`limits::QUOTED_BYTES`], with control characters replaced, fit for one line.
pub fn quoted(text: &str) -> String {
    let kept = text.get(..text.floor_char_boundary(limits::QUOTED_BYTES)).unwrap_or(text);
    let mut quoted = String::with_capacity(kept.len() + 8);
    quoted.push('`');
    quoted.extend(kept.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character }));
    if kept.len() < text.len() {
        quoted.push('…');
    }
    quoted.push('`');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_text_is_cut_at_a_character() {
        let long = "ä".repeat(limits::QUOTED_BYTES);
        let text = quoted(&long);
        assert!(text.len() <= limits::QUOTED_BYTES + "``…".len());
        assert!(text.ends_with("ä…`"));
        assert_eq!(quoted("short"), "`short`");
        assert_eq!(quoted("a\r\nb"), "`a\u{fffd}\u{fffd}b`");
    }
}
