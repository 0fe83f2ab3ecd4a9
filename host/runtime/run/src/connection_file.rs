//! A file of connections; a run names one of them. Secrets are given as in a configuration: `{env: NAME}` or `{file: PATH}`.
//! Denied by default: a connection for another bundle, and a parameter that is given beside the connection.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use palisade_bundle::Manifest;
use serde_json::{Map, Value};

use crate::given::{ConfigurationFileError, Given, given_in, read_document};

/// Why a connection cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionFileError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] ConfigurationFileError),
    /// It does not have the form of a file of connections.
    #[error("the file of connections `{}` is not valid: {cause}", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// What was expected and where.
        cause: String,
    },
    /// No connection has the name.
    #[error("there is no connection `{name}` in `{}`; expected one of {known}", path.display())]
    Unknown {
        /// The file.
        path: PathBuf,
        /// The name.
        name: String,
        /// The names in the file.
        known: String,
    },
    /// It is for another bundle.
    #[error("the connection `{name}` is for `{kind}`; expected one for `{bundle}`")]
    Kind {
        /// The name.
        name: String,
        /// The kind in the file.
        kind: String,
        /// The bundle that runs.
        bundle: String,
    },
    /// It has a parameter of the action.
    #[error("`{parameter}` does not belong to the connection `{name}`; expected one of {known}")]
    Parameter {
        /// The name.
        name: String,
        /// The parameter.
        parameter: String,
        /// The parameters of a connection.
        known: String,
    },
    /// A parameter of the connection is given beside it: the secret would be sent to where it does not belong.
    #[error("`{parameter}` is given beside the connection `{name}` (in {origin})")]
    Beside {
        /// The name.
        name: String,
        /// The parameter.
        parameter: String,
        /// Where it is given.
        origin: String,
    },
}

impl ConnectionFileError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::File(error) => error.code(),
            Self::Form { .. } => "connections-form",
            Self::Unknown { .. } => "connection-unknown",
            Self::Kind { .. } => "connection-kind",
            Self::Parameter { .. } => "connection-parameter",
            Self::Beside { .. } => "connection-beside",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Form { .. } => {
                Some("list each connection under `connections` with `name`, `kind` and `configuration`")
            }
            Self::Parameter { .. } => Some("move the parameter to the configuration of the action"),
            Self::Beside { .. } => Some("remove the parameter, or change it in the connection"),
            Self::File(_) | Self::Unknown { .. } | Self::Kind { .. } => None,
        }
    }
}

/// Adds the connection of this name to what is given for an action of the bundle.
///
/// # Errors
/// If there is no such connection, if it is for another bundle, or if one of its parameters is given beside it.
pub fn add_connection(
    given: &mut BTreeMap<String, Given>,
    path: &Path,
    name: &str,
    manifest: &Manifest,
) -> Result<(), ConnectionFileError> {
    let in_ticks =
        |names: Vec<&str>| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let connections = read_connections(path)?;
    let known: Vec<&str> = connections.iter().map(|connection| connection.name.as_str()).collect();
    let known = in_ticks(known);
    let found = connections.into_iter().find(|connection| connection.name == name);
    let Some(Listed { kind, configuration, .. }) = found else {
        return Err(ConnectionFileError::Unknown { path: path.to_owned(), name: name.to_owned(), known });
    };
    let Some(connection) = manifest.connection_of_kind(&kind) else {
        return Err(ConnectionFileError::Kind { name: name.to_owned(), kind, bundle: manifest.id.clone() });
    };
    let parameters = &connection.parameters;
    if let Some((parameter, value)) = given.iter().find(|(name, _)| parameters.contains(name)) {
        let (parameter, origin) = (parameter.clone(), value.origin.clone());
        return Err(ConnectionFileError::Beside { name: name.to_owned(), parameter, origin });
    }
    if let Some(parameter) = configuration.keys().find(|name| !parameters.contains(name)) {
        return Err(ConnectionFileError::Parameter {
            name: name.to_owned(),
            parameter: parameter.clone(),
            known: in_ticks(parameters.iter().map(String::as_str).collect()),
        });
    }
    given.extend(given_in(configuration, path)?);
    Ok(())
}

/// One connection of a file.
struct Listed {
    name: String,
    kind: String,
    configuration: Map<String, Value>,
}

fn read_connections(path: &Path) -> Result<Vec<Listed>, ConnectionFileError> {
    let form = |cause: String| ConnectionFileError::Form { path: path.to_owned(), cause };
    let Value::Object(mut document) = read_document(path)? else {
        return Err(form("expected a mapping with `connections`".to_owned()));
    };
    let listed = document.remove("connections");
    if let Some(other) = document.keys().next() {
        return Err(form(format!("unknown `{other}`; expected `connections`")));
    }
    let Some(Value::Array(listed)) = listed else {
        return Err(form("expected a list `connections`".to_owned()));
    };
    let mut connections: Vec<Listed> = Vec::new();
    for (value, place) in listed.into_iter().zip(1..) {
        let connection = one(value).map_err(|cause| form(format!("connection {place}: {cause}")))?;
        if connections.iter().any(|known| known.name == connection.name) {
            return Err(form(format!("`{}` is given twice", connection.name)));
        }
        connections.push(connection);
    }
    Ok(connections)
}

/// One entry of the list. No message repeats a value: it may be a secret in the wrong place.
fn one(value: Value) -> Result<Listed, String> {
    let Value::Object(mut fields) = value else {
        return Err("expected a mapping".to_owned());
    };
    let mut text = |name: &str| match fields.remove(name) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        _ => Err(format!("expected a text `{name}`")),
    };
    let (name, kind) = (text("name")?, text("kind")?);
    let Some(Value::Object(configuration)) = fields.remove("configuration") else {
        return Err("expected a mapping `configuration`".to_owned());
    };
    match fields.keys().next() {
        Some(other) => Err(format!("unknown `{other}`; expected `name`, `kind` and `configuration`")),
        None => Ok(Listed { name, kind, configuration }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::given::{GivenValue, SecretSource, read_set};

    /// Read when the tests run: the package of this crate does not contain it.
    const MANIFEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../manifest.yaml");
    const FILE: &str = "connections:
  - name: Europe
    kind: trend-vision-one
    configuration: {api_region: European Union (EU), api_key: {env: KEY}}
  - {name: Other, kind: another, configuration: {api_key: {env: OTHER}}}
  - {name: Wide, kind: trend-vision-one, configuration: {risk_level: high}}
";

    fn manifest() -> Manifest {
        Manifest::parse(&std::fs::read_to_string(MANIFEST).unwrap(), "manifest.yaml").unwrap()
    }

    fn added(text: &str, name: &str, given: &[&str]) -> Result<BTreeMap<String, Given>, ConnectionFileError> {
        added_to(&manifest(), text, name, given)
    }

    fn added_to(
        manifest: &Manifest,
        text: &str,
        name: &str,
        given: &[&str],
    ) -> Result<BTreeMap<String, Given>, ConnectionFileError> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("connections.yaml");
        std::fs::write(&path, text).unwrap();
        let mut given = given.iter().map(|set| read_set(set).unwrap()).collect();
        add_connection(&mut given, &path, name, manifest).map(|()| given)
    }

    #[test]
    fn a_connection_brings_its_region_and_where_its_key_is() {
        let given = added(FILE, "Europe", &["risk_level=high"]).unwrap();
        assert_eq!(given.len(), 3);
        let key = GivenValue::Secret(SecretSource::Environment("KEY".to_owned()));
        assert_eq!(given["api_key"].value, key);
    }

    #[test]
    fn a_connection_of_another_kind_and_a_parameter_beside_it_are_refused() {
        for (name, given, code) in [
            ("Asia", &[][..], "connection-unknown"),
            ("Other", &[], "connection-kind"),
            ("Wide", &[], "connection-parameter"),
            ("Europe", &["api_region=United States"], "connection-beside"),
        ] {
            assert_eq!(added(FILE, name, given).unwrap_err().code(), code, "{name}");
        }
    }

    #[test]
    fn a_connection_of_the_second_kind_of_a_bundle_brings_the_parameters_of_that_kind() {
        let mut manifest = manifest();
        let mut second = manifest.connections[0].clone();
        second.id = "second".to_owned();
        second.parameters = vec!["url_scheme".to_owned()];
        manifest.connections.push(second);
        let file = "connections:
  - {name: Second, kind: trend-vision-one/second, configuration: {url_scheme: http}}
  - {name: Mixed, kind: trend-vision-one/second, configuration: {api_region: x}}
";
        let given = added_to(&manifest, file, "Second", &["api_region=x"]).unwrap();
        assert_eq!(given.keys().collect::<Vec<_>>(), ["api_region", "url_scheme"]);
        let refused = added_to(&manifest, file, "Mixed", &[]).unwrap_err();
        assert_eq!(refused.code(), "connection-parameter");
    }

    #[test]
    fn a_file_of_another_form_is_refused_and_none_of_its_values_repeated() {
        for text in [
            "- Europe",
            "connections: KEY-IN-PLAIN",
            "connections: [KEY-IN-PLAIN]",
            "connections: [{name: a, kind: b, configuration: KEY-IN-PLAIN}]",
            "connections: [{name: a, kind: b, configuration: {}, more: KEY-IN-PLAIN}]",
            "connections: []\nmore: KEY-IN-PLAIN",
        ] {
            let error = added(text, "a", &[]).unwrap_err();
            assert_eq!(error.code(), "connections-form", "{text}");
            assert!(!error.to_string().contains("KEY-IN-PLAIN"), "{error}");
        }
    }
}
