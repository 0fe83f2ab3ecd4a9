//! From the manifest's text to a [`Manifest`] that keeps every rule.
//!
//! Denies by default: no manifest comes out of a text that has any fault.

use palisade_limits::MANIFEST_BYTES;
use serde_saphyr::{Error, Options, Spanned};

use super::Manifest;
use super::check::{check, of_another_version};
use super::fault::{Fault, FaultKind, ManifestError, Place};
use super::locations::{Locations, Node, Position};
use crate::nearest;

/// Lists and mappings inside of each other: the deepest of a manifest, an option of a parameter, is at six.
const DEEPEST: usize = 32;

impl Manifest {
    /// Reads a manifest and checks all its rules. `name` is what errors call the file. All faults against the rules are reported
    /// together; text that is no YAML or of another shape is reported at its first fault.
    pub fn parse(text: &str, name: &str) -> Result<Self, ManifestError> {
        let start = |kind| {
            let place = Place { file: name.to_owned(), line: 1, column: 1, field: String::new() };
            ManifestError::one(Fault { place, kind })
        };
        let bytes = u64::try_from(text.len()).unwrap_or(u64::MAX);
        if bytes > MANIFEST_BYTES {
            return Err(start(FaultKind::TooLarge { bytes, limit: MANIFEST_BYTES }));
        }
        let document: Spanned<Node> =
            serde_saphyr::from_str_with_options(text, options()).map_err(|error| not_yaml(&error, name))?;
        let locations = Locations::of(&document);
        if let Ok(Head { schema, contract }) = serde_saphyr::from_str_with_options(text, options())
            && let Some(fault) = of_another_version(schema, contract.as_deref(), name, &locations)
        {
            return Err(ManifestError::one(fault));
        }
        let manifest = serde_saphyr::from_str_with_options(text, options())
            .map_err(|error| not_a_manifest(&error, name, &locations))?;
        ManifestError::unless_none(check(&manifest, name, &locations))?;
        Ok(manifest)
    }
}

/// The part of a manifest that says whether the rest can be read.
#[derive(serde::Deserialize)]
struct Head {
    schema: Option<u32>,
    contract: Option<String>,
}

/// Strict where YAML has several ways: `yes` is a text and not a flag.
fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_depth: DEEPEST },
        strict_booleans: true,
        with_snippet: false,
    }
}

/// The fault of a text that is no YAML.
fn not_yaml(error: &Error, name: &str) -> ManifestError {
    let kind = match error.without_snippet() {
        Error::DuplicateMappingKey { key: Some(key), .. } => {
            FaultKind::Duplicate { what: "the field", value: key.clone() }
        }
        _ => FaultKind::Syntax { message: message(error) },
    };
    fault(error, name, String::new(), kind)
}

/// The fault of YAML that has another shape than a manifest.
fn not_a_manifest(error: &Error, name: &str, locations: &Locations) -> ManifestError {
    let position = position(error);
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    let (field, kind) = match error.without_snippet() {
        Error::SerdeUnknownField { field, expected, .. } => {
            let nearest = nearest(field, expected).map(str::to_owned);
            let kind = FaultKind::UnknownField { name: field.clone(), nearest, known: names(expected) };
            (locations.field_at(position), kind)
        }
        Error::SerdeUnknownVariant { variant, expected, .. } => {
            let nearest = nearest(variant, expected).map(str::to_owned);
            let kind = FaultKind::UnknownValue { value: variant.clone(), nearest, known: names(expected) };
            (locations.value_at(position), kind)
        }
        // The place is that of some field beside the one that is missing.
        Error::SerdeMissingField { field, .. } => {
            let neighbour = locations.field_at(position).unwrap_or_default();
            let owner = neighbour.rsplit_once('.').map(|(owner, _)| owner);
            (owner, FaultKind::MissingField { name: (*field).to_owned() })
        }
        _ => (locations.value_at(position), FaultKind::Shape { message: message(error) }),
    };
    fault(error, name, field.unwrap_or_default().to_owned(), kind)
}

/// A fault at the place of the parser's error.
fn fault(error: &Error, name: &str, field: String, kind: FaultKind) -> ManifestError {
    let Position { line, column } = position(error);
    ManifestError::one(Fault { place: Place { file: name.to_owned(), line, column, field }, kind })
}

fn position(error: &Error) -> Position {
    error.location().map_or(Position { line: 1, column: 1 }, Position::from)
}

/// What the parser found, in the manifest's terms where the parser speaks of its own.
fn message(error: &Error) -> String {
    let error = error.without_snippet();
    match error {
        Error::Eof { .. } => "it ends where something is expected".to_owned(),
        Error::MultipleDocuments { .. } => "a second document begins, a manifest is one".to_owned(),
        Error::NullIntoString { .. } => "expected a text, found nothing".to_owned(),
        Error::InvalidBooleanStrict { .. } => "expected `true` or `false`".to_owned(),
        Error::Unexpected { expected: "sequence start", .. } => "expected a list".to_owned(),
        Error::Unexpected { expected: "mapping start", .. } => "expected fields, each with a name".to_owned(),
        Error::InvalidScalar { ty, .. } if ty.starts_with('u') => {
            "expected a whole number that is not negative".to_owned()
        }
        Error::InvalidScalar { ty, .. } if ty.starts_with('i') => "expected a whole number".to_owned(),
        _ => without_place(&error.to_string(), position(error)),
    }
}

/// The parser's message without the place, which is shown before it.
fn without_place(message: &str, Position { line, column }: Position) -> String {
    message.strip_suffix(&format!(" at line {line}, column {column}")).unwrap_or(message).to_owned()
}
