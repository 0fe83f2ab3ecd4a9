//! The configuration of one action: what was given, judged against the manifest. All problems are found at once. Denies
//! by default: an unknown name, a value of the wrong type and a secret in the wrong place are errors.

use std::collections::BTreeMap;

use palisade_bundle::{Action, Manifest, Parameter, ParameterKind, Purpose, nearest};
use palisade_egress::{ExposeSecret as _, SecretString};
use palisade_engine::contract::{Attribute, Value as SettingValue};
use palisade_limits as limits;
use serde_json::Value;

use crate::given::{Given, GivenValue, SecretSource};

/// Everything an action needs to know, and its secrets apart from it.
#[derive(Debug)]
pub struct Configuration {
    /// What the component gets, defaults filled in.
    pub settings: Vec<Attribute>,
    /// What it never gets, by parameter.
    pub secrets: BTreeMap<String, SecretString>,
    /// How many objects the run takes, where the action has a parameter for that.
    pub objects_per_run: Option<u64>,
}

/// Whether secrets are read from where they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrets {
    /// Yes.
    Read,
    /// If they can be: nothing is sent that needs them.
    IfThere,
    /// No: nothing is sent, and a text that is no secret stands in for each.
    StandIn,
}

/// What stands in for a secret that is not needed.
const STAND_IN: &str = "stand-in";

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{fault}{}", if origin.is_empty() { String::new() } else { format!(" (in {origin})") })]
pub struct ConfigurationProblem {
    /// The parameter.
    pub parameter: String,
    /// Where it was given; empty where it was not.
    pub origin: String,
    /// What is wrong.
    pub fault: ConfigurationFault,
}

/// What can be wrong with a parameter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigurationFault {
    /// No such parameter.
    #[error("there is no parameter `{name}`{}", nearest.as_ref().map(|name| format!(", did you mean `{name}`?")).unwrap_or_default())]
    Unknown {
        /// As given.
        name: String,
        /// The parameter with the most similar name.
        nearest: Option<String>,
    },
    /// It belongs to another action.
    #[error("the parameter `{name}` does not belong to the action `{action}`")]
    OfAnotherAction {
        /// The parameter.
        name: String,
        /// The action that runs.
        action: String,
    },
    /// Required and not given.
    #[error("the parameter `{name}` ({label}) is missing")]
    Missing {
        /// The parameter.
        name: String,
        /// Its label.
        label: String,
        /// Whether it is a secret, which is given in another way than a value.
        secret: bool,
    },
    /// Not one of the options.
    #[error("`{value}` is not an option of `{name}`; the options are {options}")]
    NotAnOption {
        /// The parameter.
        name: String,
        /// As given.
        value: String,
        /// All options, value and label.
        options: String,
    },
    /// Wrong type, length or size.
    #[error("`{name}` must be {expected}, `{value}` was given")]
    Value {
        /// The parameter.
        name: String,
        /// As given.
        value: String,
        /// What is expected.
        expected: String,
    },
    /// A secret's text stands in the configuration or on the command line.
    #[error(
        "`{name}` is a secret and must not be written down: give {{env: NAME}} or {{file: PATH}} in the configuration file"
    )]
    SecretInPlain {
        /// The parameter.
        name: String,
    },
    /// A source where a plain value belongs.
    #[error("`{name}` is not a secret: give its value")]
    NotASecret {
        /// The parameter.
        name: String,
    },
    /// The source holds nothing.
    #[error("the secret `{name}` cannot be had from {source_name}: {cause}")]
    Secret {
        /// The parameter.
        name: String,
        /// The variable or the file.
        source_name: String,
        /// Why.
        cause: String,
    },
    /// What the component itself says.
    #[error("the component refuses the configuration: {message}")]
    Component {
        /// Its code.
        code: String,
        /// Its sentence.
        message: String,
    },
}

impl ConfigurationProblem {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self.fault {
            ConfigurationFault::Unknown { .. } => "parameter-unknown",
            ConfigurationFault::OfAnotherAction { .. } => "parameter-of-another-action",
            ConfigurationFault::Missing { .. } => "parameter-missing",
            ConfigurationFault::NotAnOption { .. } => "parameter-not-an-option",
            ConfigurationFault::Value { .. } => "parameter-value",
            ConfigurationFault::SecretInPlain { .. } => "secret-in-plain",
            ConfigurationFault::NotASecret { .. } => "parameter-not-a-secret",
            ConfigurationFault::Secret { .. } => "secret-missing",
            ConfigurationFault::Component { .. } => "parameter-refused",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match &self.fault {
            ConfigurationFault::Missing { name, secret: true, .. } => {
                return Some(format!(
                    "put `{name}: {{env: NAME}}` or `{name}: {{file: PATH}}` into the configuration file ({})",
                    palisade_model::Setting::Configuration
                ));
            }
            ConfigurationFault::SecretInPlain { .. }
                if self.origin == palisade_model::Setting::Set.to_string() =>
            {
                "a secret on the command line is visible in the shell's history and in the list of processes"
            }
            ConfigurationFault::SecretInPlain { .. } => {
                "configuration files are copied, kept in backups and put under version control; a secret must not be"
            }
            _ => return None,
        };
        Some(hint.to_owned())
    }

    pub(crate) fn unplaced(parameter: &str, fault: ConfigurationFault) -> Self {
        Self { parameter: parameter.to_owned(), origin: String::new(), fault }
    }
}

impl Configuration {
    /// Judges everything that was given for `action`.
    ///
    /// # Errors
    /// All problems, in the order of the form, unknown names first.
    pub fn resolve(
        manifest: &Manifest,
        action: &Action,
        given: &BTreeMap<String, Given>,
        secrets: Secrets,
    ) -> Result<Self, Vec<ConfigurationProblem>> {
        let mut problems = unknown(manifest, action, given);
        let mut configuration =
            Self { settings: Vec::new(), secrets: BTreeMap::new(), objects_per_run: None };
        for parameter in action.parameters(manifest) {
            let here = given.get(&parameter.name);
            if let Err(fault) = configuration.take(parameter, here, secrets) {
                let origin = here.map(|given| given.origin.clone()).unwrap_or_default();
                problems.push(ConfigurationProblem { parameter: parameter.name.clone(), origin, fault });
            }
        }
        if problems.is_empty() { Ok(configuration) } else { Err(problems) }
    }

    fn take(
        &mut self,
        parameter: &Parameter,
        given: Option<&Given>,
        secrets: Secrets,
    ) -> Result<(), ConfigurationFault> {
        let name = || parameter.name.clone();
        if matches!(parameter.kind, ParameterKind::Secret {}) {
            match given.map(|given| &given.value) {
                Some(GivenValue::Secret(_)) | None if secrets == Secrets::StandIn => {
                    self.secrets.insert(name(), SecretString::from(STAND_IN));
                }
                Some(GivenValue::Secret(source)) => match read_secret(&parameter.name, source) {
                    Ok(secret) => drop(self.secrets.insert(name(), secret)),
                    Err(_) if secrets == Secrets::IfThere => {}
                    Err(fault) => return Err(fault),
                },
                Some(_) => return Err(ConfigurationFault::SecretInPlain { name: name() }),
                None if parameter.required && secrets == Secrets::Read => return Err(missing(parameter)),
                None => {}
            }
            return Ok(());
        }
        let value = match given.map(|given| &given.value) {
            Some(GivenValue::Secret(_)) => return Err(ConfigurationFault::NotASecret { name: name() }),
            Some(GivenValue::Value(value)) => Some(read_value(parameter, value)?),
            Some(GivenValue::Text(text)) => Some(read_text(parameter, text)?),
            None => default(parameter),
        };
        match value {
            None if parameter.required => Err(missing(parameter)),
            None => Ok(()),
            Some(value) => {
                if let (
                    ParameterKind::Integer { purpose: Some(Purpose::ObjectsPerRun), .. },
                    SettingValue::Integer(number),
                ) = (&parameter.kind, &value)
                {
                    self.objects_per_run = u64::try_from(*number).ok();
                }
                self.settings.push(Attribute { name: name(), value });
                Ok(())
            }
        }
    }
}

fn missing(parameter: &Parameter) -> ConfigurationFault {
    let secret = matches!(parameter.kind, ParameterKind::Secret {});
    ConfigurationFault::Missing { name: parameter.name.clone(), label: parameter.label.clone(), secret }
}

/// Names that the action does not have. A file may hold parameters of the bundle's other actions.
fn unknown(
    manifest: &Manifest,
    action: &Action,
    given: &BTreeMap<String, Given>,
) -> Vec<ConfigurationProblem> {
    let names: Vec<&str> = action.parameters(manifest).map(|parameter| parameter.name.as_str()).collect();
    let mut problems = Vec::new();
    for (name, given) in given.iter().filter(|(name, _)| !names.contains(&name.as_str())) {
        let fault = match manifest.parameter(name) {
            Some(_) if given.shared => continue,
            Some(_) => ConfigurationFault::OfAnotherAction { name: name.clone(), action: action.id.clone() },
            None => ConfigurationFault::Unknown {
                name: name.clone(),
                nearest: nearest(name, names.iter().copied()).map(str::to_owned),
            },
        };
        problems.push(ConfigurationProblem { parameter: name.clone(), origin: given.origin.clone(), fault });
    }
    problems
}

fn default(parameter: &Parameter) -> Option<SettingValue> {
    match &parameter.kind {
        ParameterKind::Text { default, .. } => default.clone().map(SettingValue::Text),
        ParameterKind::Integer { default, .. } => default.map(SettingValue::Integer),
        ParameterKind::Flag { default } => Some(SettingValue::Flag(*default)),
        ParameterKind::Select { default, .. } => default.clone().map(SettingValue::Text),
        ParameterKind::Origin {} | ParameterKind::Secret {} => None,
    }
}

/// A value from a file. An option may be a number there (`ioc_expiration: 30`), and a number may be quoted.
fn read_value(parameter: &Parameter, value: &Value) -> Result<SettingValue, ConfigurationFault> {
    match (&parameter.kind, value) {
        (ParameterKind::Flag { .. }, Value::Bool(flag)) => Ok(SettingValue::Flag(*flag)),
        (_, Value::String(text)) => read_text(parameter, text),
        (
            ParameterKind::Integer { .. } | ParameterKind::Select { .. } | ParameterKind::Text { .. },
            Value::Number(number),
        ) => read_text(parameter, &number.to_string()),
        (_, other) => Err(unfit(parameter, &other.to_string())),
    }
}

/// A value as text, from the command line or from a file.
fn read_text(parameter: &Parameter, text: &str) -> Result<SettingValue, ConfigurationFault> {
    match &parameter.kind {
        ParameterKind::Text { min_length, max_length, .. } => {
            let length = text.chars().count() as u64;
            if min_length.is_some_and(|least| length < least) || max_length.is_some_and(|most| length > most)
            {
                return Err(unfit(parameter, text));
            }
            Ok(SettingValue::Text(text.to_owned()))
        }
        ParameterKind::Integer { minimum, maximum, .. } => match text.trim().parse::<i64>() {
            Ok(number)
                if minimum.is_none_or(|least| number >= least)
                    && maximum.is_none_or(|most| number <= most) =>
            {
                Ok(SettingValue::Integer(number))
            }
            _ => Err(unfit(parameter, text)),
        },
        ParameterKind::Flag { .. } => match text.trim() {
            "true" | "yes" | "on" => Ok(SettingValue::Flag(true)),
            "false" | "no" | "off" => Ok(SettingValue::Flag(false)),
            _ => Err(unfit(parameter, text)),
        },
        ParameterKind::Select { options, .. } => {
            let text = text.trim();
            let by_value = options.iter().find(|option| option.value == text);
            let by_label = || options.iter().find(|option| option.label.eq_ignore_ascii_case(text));
            by_value.or_else(by_label).map(|option| SettingValue::Text(option.value.clone())).ok_or_else(
                || {
                    let options: Vec<String> = options
                        .iter()
                        .map(|option| format!("`{}` ({})", option.value, option.label))
                        .collect();
                    ConfigurationFault::NotAnOption {
                        name: parameter.name.clone(),
                        value: text.to_owned(),
                        options: options.join(", "),
                    }
                },
            )
        }
        ParameterKind::Origin {} => match palisade_egress::Origin::canonical(text) {
            Ok(_) => Ok(SettingValue::Text(text.to_owned())),
            Err(_) => Err(unfit(parameter, text)),
        },
        ParameterKind::Secret {} => Err(ConfigurationFault::SecretInPlain { name: parameter.name.clone() }),
    }
}

fn unfit(parameter: &Parameter, value: &str) -> ConfigurationFault {
    let bounds = |least: Option<String>, most: Option<String>| match (least, most) {
        (Some(least), Some(most)) => format!(" from {least} to {most}"),
        (Some(least), None) => format!(" of at least {least}"),
        (None, Some(most)) => format!(" of at most {most}"),
        (None, None) => String::new(),
    };
    let expected = match &parameter.kind {
        ParameterKind::Text { min_length, max_length, .. } => {
            let range =
                bounds(min_length.map(|n| n.to_string()), max_length.map(|n| format!("{n} characters")));
            format!("a text{range}")
        }
        ParameterKind::Integer { minimum, maximum, .. } => {
            let range = bounds(minimum.map(|n| n.to_string()), maximum.map(|n| n.to_string()));
            format!("a whole number{range}")
        }
        ParameterKind::Flag { .. } => "`true` or `false`".to_owned(),
        ParameterKind::Select { .. } => "one of its options".to_owned(),
        ParameterKind::Origin {} => {
            "an origin: `https://` and a host, with a port where it is not 443, and nothing after it"
                .to_owned()
        }
        ParameterKind::Secret {} => "a secret".to_owned(),
    };
    ConfigurationFault::Value { name: parameter.name.clone(), value: value.to_owned(), expected }
}

/// The only place where a secret is read.
fn read_secret(name: &str, source: &SecretSource) -> Result<SecretString, ConfigurationFault> {
    let fail = |source_name: String, cause: &str| ConfigurationFault::Secret {
        name: name.to_owned(),
        source_name,
        cause: cause.to_owned(),
    };
    let (source_name, text) = match source {
        SecretSource::Prompted(prompted) => ("the terminal".to_owned(), prompted.0.clone()),
        SecretSource::Environment(variable) => {
            let source_name = format!("the environment variable `{variable}`");
            match std::env::var(variable) {
                Ok(text) => (source_name, SecretString::from(text)),
                Err(std::env::VarError::NotPresent) => return Err(fail(source_name, "it is not set")),
                Err(std::env::VarError::NotUnicode(_)) => return Err(fail(source_name, "it is not text")),
            }
        }
        SecretSource::File(path) => {
            let source_name = format!("the file `{}`", path.display());
            match palisade_files::read_text(path, limits::SECRET_BYTES) {
                Ok(text) => (source_name, SecretString::from(text.trim_end_matches(['\r', '\n']))),
                Err(fault) => return Err(fail(source_name, &fault.to_string())),
            }
        }
    };
    if text.expose_secret().trim().is_empty() { Err(fail(source_name, "it is empty")) } else { Ok(text) }
}
