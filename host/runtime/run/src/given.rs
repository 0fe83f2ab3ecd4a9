//! What the operator gives as configuration: a file in YAML or JSON, and single values from the command line. Nothing is
//! judged here but the form; whether a parameter exists and a value fits is [`crate::Configuration`]'s to say.
//!
//! A secret is never given as a value: `{env: NAME}` or `{file: PATH}` say where it is.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use palisade_files::ReadFault;
use palisade_limits as limits;
use serde_json::Value;

/// One parameter as it was given.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    /// The value, or where it is.
    pub value: GivenValue,
    /// Where it was given, for messages: `--set`, or the file's name.
    pub origin: String,
    /// Whether it may be meant for another action of the bundle: a configuration file serves all of them.
    pub shared: bool,
}

/// A value, or where it is.
#[derive(Debug, Clone, PartialEq)]
pub enum GivenValue {
    /// As the file has it.
    Value(Value),
    /// As text; what it means depends on the parameter's type.
    Text(String),
    /// Where a secret is.
    Secret(SecretSource),
}

/// Where a secret is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// In an environment variable.
    Environment(String),
    /// In a file, of which the trailing line break does not count.
    File(PathBuf),
    /// It was asked for at the terminal. The text is behind a type that cannot be displayed.
    Prompted(Prompted),
}

/// A secret that was typed.
#[derive(Clone)]
pub struct Prompted(pub(crate) palisade_egress::SecretString);

impl Prompted {
    /// Takes what was typed.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text.into())
    }

    /// Takes a secret that somebody else has asked for.
    #[must_use]
    pub fn of(secret: palisade_egress::SecretString) -> Self {
        Self(secret)
    }
}

impl fmt::Debug for Prompted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[secret]")
    }
}

impl PartialEq for Prompted {
    /// Secrets are not compared.
    fn eq(&self, _: &Self) -> bool {
        false
    }
}

impl Eq for Prompted {}

/// Why a configuration cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationFileError {
    /// The file cannot be opened or read.
    #[error("the configuration `{}` cannot be read: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// Past the limit.
    #[error("the configuration `{}` is larger than {limit} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// What is allowed.
        limit: u64,
    },
    /// Neither YAML nor JSON.
    #[error("the configuration `{}` is neither YAML nor JSON: line {line}, column {column}: {cause}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// From 1 on.
        line: u64,
        /// From 1 on.
        column: u64,
        /// What the parser said.
        cause: String,
    },
    /// A list or a single value.
    #[error("the configuration `{}` must hold parameters with their values, one `name: value` each", path.display())]
    NotAMapping {
        /// The file.
        path: PathBuf,
    },
    /// A mapping that is no secret's source.
    #[error(
        "the configuration `{}` gives `{name}` as a mapping that is neither {{env: NAME}} nor {{file: PATH}}",
        path.display()
    )]
    Mapping {
        /// The file.
        path: PathBuf,
        /// The parameter.
        name: String,
    },
    /// The setting of one parameter without `=`. What was given may be a secret, and is not repeated.
    #[error("the value of {} is not of the form NAME=VALUE", palisade_model::Setting::Set)]
    Set,
}

impl ConfigurationFileError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "configuration-unreadable",
            Self::TooLarge { .. } => "configuration-too-large",
            Self::Syntax { .. } => "configuration-syntax",
            Self::NotAMapping { .. } | Self::Mapping { .. } => "configuration-form",
            Self::Set => "configuration-set",
        }
    }
}

/// Reads a configuration file. Paths of secrets are relative to it.
///
/// # Errors
/// Where the file is not a mapping of names to values, in YAML or JSON.
pub fn read_configuration(path: &Path) -> Result<BTreeMap<String, Given>, ConfigurationFileError> {
    match read_document(path)? {
        Value::Object(mapping) => given_in(mapping, path),
        Value::Null => Ok(BTreeMap::new()),
        _ => Err(ConfigurationFileError::NotAMapping { path: path.to_owned() }),
    }
}

/// A file in YAML or JSON.
pub(crate) fn read_document(path: &Path) -> Result<Value, ConfigurationFileError> {
    let text = palisade_files::read_text(path, limits::CONFIGURATION_BYTES).map_err(|fault| match fault {
        ReadFault::Io(cause) => ConfigurationFileError::Unreadable { path: path.to_owned(), cause },
        ReadFault::TooLarge { limit } => ConfigurationFileError::TooLarge { path: path.to_owned(), limit },
    })?;
    // JSON is YAML, except for tabs and duplicate keys, which both parsers judge well enough.
    serde_saphyr::from_str(&text).map_err(|error| syntax(path, &error))
}

/// The parameters in a mapping of a file.
pub(crate) fn given_in(
    mapping: serde_json::Map<String, Value>,
    path: &Path,
) -> Result<BTreeMap<String, Given>, ConfigurationFileError> {
    let origin = format!("`{}`", path.display());
    let mut given = BTreeMap::new();
    for (name, value) in mapping {
        let value = match &value {
            Value::Object(fields) => match source(fields, path) {
                Some(source) => GivenValue::Secret(source),
                None => return Err(ConfigurationFileError::Mapping { path: path.to_owned(), name }),
            },
            _ => GivenValue::Value(value),
        };
        given.insert(name, Given { value, origin: origin.clone(), shared: true });
    }
    Ok(given)
}

/// What the parser says and where, without the lines around it: a secret may stand in them.
fn syntax(path: &Path, error: &serde_saphyr::Error) -> ConfigurationFileError {
    let error = error.without_snippet();
    let (line, column) = error.location().map_or((1, 1), |location| (location.line(), location.column()));
    let cause = match error {
        serde_saphyr::Error::DuplicateMappingKey { key: Some(key), .. } => format!("`{key}` is given twice"),
        other => {
            let text = other.to_string();
            text.strip_suffix(&format!(" at line {line}, column {column}")).unwrap_or(&text).to_owned()
        }
    };
    ConfigurationFileError::Syntax { path: path.to_owned(), line, column, cause }
}

/// `{env: NAME}` or `{file: PATH}`, and nothing beside it.
fn source(fields: &serde_json::Map<String, Value>, configuration: &Path) -> Option<SecretSource> {
    let mut fields = fields.iter();
    let (key, value) = fields.next()?;
    let text = value.as_str()?;
    match (key.as_str(), fields.next()) {
        ("env", None) => Some(SecretSource::Environment(text.to_owned())),
        ("file", None) => {
            let directory = configuration.parent().unwrap_or(Path::new(""));
            Some(SecretSource::File(directory.join(text)))
        }
        _ => None,
    }
}

/// Reads `NAME=VALUE`.
///
/// # Errors
/// Where there is no `=` or no name.
pub fn read_set(text: &str) -> Result<(String, Given), ConfigurationFileError> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((
            name.trim().to_owned(),
            Given {
                value: GivenValue::Text(value.to_owned()),
                origin: palisade_model::Setting::Set.to_string(),
                shared: false,
            },
        )),
        _ => Err(ConfigurationFileError::Set),
    }
}
