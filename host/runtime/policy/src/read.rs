//! From the text of `palisade.toml` to its shape; the rules are `check`'s.
//!
//! Denies by default: no policy comes out of a text that has any fault. All faults against the rules are reported together;
//! text that is no TOML or of another shape is reported at its first fault.

use std::path::Path;

use palisade_bundle::nearest;
use palisade_files::ReadFault;
use palisade_limits::POLICY_BYTES;
use toml::de::{DeTable, DeValue, Error};

use crate::check::check;
use crate::document::Document;
use crate::position::Positions;
use crate::{Fault, FaultKind, Policy, PolicyError};

/// What has to be a table with keys. The library would take a list for one as well, value by value in the order of the keys.
const TABLES: [&str; 3] = ["ceilings", "network", "protect"];
/// What has to be a list of such tables.
const LISTS_OF_TABLES: [&str; 2] = ["egress", "trusted-keys"];

impl Policy {
    /// Reads a policy file. Paths in it are relative to its directory.
    ///
    /// # Errors
    /// Where the file cannot be read, is too large, is no text, or breaks a rule.
    pub fn read(path: &Path) -> Result<Self, PolicyError> {
        let name = path.display().to_string();
        let bytes = palisade_files::read(path, POLICY_BYTES).map_err(|fault| match fault {
            ReadFault::Io(cause) => PolicyError::Unreadable { path: path.to_owned(), cause },
            ReadFault::TooLarge { limit } => {
                let place = Positions::of(&name, "", None).of_offset(0);
                PolicyError::Faults(vec![Fault { place, kind: FaultKind::TooLarge { limit } }])
            }
        })?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let valid = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(error.as_bytes());
            PolicyError::NotText { place: Positions::of(&name, &text, None).of_offset(valid) }
        })?;
        Self::parse(&text, &name, path.parent().unwrap_or(Path::new("")))
    }

    /// Reads a policy from text. `name` is what errors call the file; paths in the policy are relative to `directory`.
    ///
    /// # Errors
    /// [`PolicyError::Faults`] with everything that is wrong.
    pub fn parse(text: &str, name: &str, directory: &Path) -> Result<Self, PolicyError> {
        let start = Positions::of(name, text, None);
        let one = |fault| PolicyError::Faults(vec![fault]);
        if u64::try_from(text.len()).unwrap_or(u64::MAX) > POLICY_BYTES {
            let kind = FaultKind::TooLarge { limit: POLICY_BYTES };
            return Err(one(Fault { place: start.of_offset(0), kind }));
        }
        let tree = DeTable::parse(text).map_err(|error| {
            let kind = FaultKind::Syntax { message: error.message().to_owned() };
            one(Fault { place: start.of_offset(offset(&error)), kind })
        })?;
        let positions = Positions::of(name, text, Some(tree.get_ref()));
        if let Some((field, kind)) = not_in_shape(tree.get_ref()) {
            return Err(one(Fault { place: positions.of_field(&field), kind }));
        }
        let document: Document = toml::from_str(text).map_err(|error| {
            one(Fault { place: positions.of_offset(offset(&error)), kind: shape(error.message()) })
        })?;
        check(document, &positions, name, directory).map_err(PolicyError::Faults)
    }
}

/// Where the library's error is, in bytes.
fn offset(error: &Error) -> usize {
    error.span().map_or(0, |span| span.start)
}

/// What the library would read otherwise than an operator does, or would repeat although it may be a secret.
fn not_in_shape(document: &DeTable<'_>) -> Option<(String, FaultKind)> {
    let shape = |message: &str| FaultKind::Shape { message: message.to_owned() };
    for name in TABLES {
        if document.get(name).is_some_and(|value| !value.get_ref().is_table()) {
            return Some((name.to_owned(), shape(&format!("expected a table, `[{name}]`, with keys"))));
        }
    }
    for name in LISTS_OF_TABLES {
        let Some(value) = document.get(name) else { continue };
        let expected = || shape(&format!("expected tables with keys, each under `[[{name}]]`"));
        let DeValue::Array(items) = value.get_ref() else { return Some((name.to_owned(), expected())) };
        if let Some(index) = items.iter().position(|item| !item.get_ref().is_table()) {
            return Some((format!("{name}[{index}]"), expected()));
        }
    }
    let credentials = document.get("network")?.get_ref().get("proxy-credentials")?;
    if credentials.get_ref().is_table() {
        return None;
    }
    Some(("network.proxy-credentials".to_owned(), FaultKind::SecretInPlain))
}

/// The fault of TOML that has another shape than a policy, from the library's message: it has no other form.
fn shape(message: &str) -> FaultKind {
    let unknown =
        ["unknown field `", "unknown variant `"].iter().find_map(|start| message.strip_prefix(start));
    if let Some((name, rest)) = unknown.and_then(|rest| rest.split_once("`, expected ")) {
        // Every second piece stands between backticks.
        let known: Vec<String> = rest.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        let nearest = nearest(name, &known).map(str::to_owned);
        return FaultKind::UnknownKey { name: name.to_owned(), nearest, known };
    }
    let missing = message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`'));
    if let Some(name) = missing {
        return FaultKind::MissingKey { name: name.to_owned() };
    }
    if message.starts_with("wanted exactly 1 element") {
        let message = "expected either `{ env = \"NAME\" }` or `{ file = \"PATH\" }`".to_owned();
        return FaultKind::Shape { message };
    }
    let message = message
        .replace("expected u64", "expected a whole number that is not negative")
        .replace("a sequence", "a list")
        .replace("invalid type: sequence", "invalid type: list")
        .replace("invalid type: map", "invalid type: table")
        .replace(" as i128", "");
    FaultKind::Shape { message }
}
