//! The configuration of one action: what was given, judged against the manifest. All problems are found at once. Denies
//! by default: an unknown name, a value of the wrong type and a secret in the wrong place are errors.

use std::collections::BTreeMap;

use palisade_bundle::{
    Action, Manifest, Parameter, ParameterKind, Purpose, SelectOption, duration_seconds, is_day, nearest,
};
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
        // A condition refers to a parameter that the manifest lists before its own; what is told has the order of the form.
        let form: Vec<&str> = action.parameters(manifest).map(|parameter| parameter.name.as_str()).collect();
        let place = |name: &str| form.iter().position(|one| *one == name);
        let mut wrong = Vec::new();
        for parameter in manifest.parameters.iter().filter(|parameter| place(&parameter.name).is_some()) {
            if !configuration.uses(parameter) {
                continue;
            }
            let here = given.get(&parameter.name);
            if let Err(fault) = configuration.take(parameter, here, secrets) {
                let origin = here.map(|given| given.origin.clone()).unwrap_or_default();
                wrong.push(ConfigurationProblem { parameter: parameter.name.clone(), origin, fault });
            }
        }
        wrong.sort_by_key(|problem| place(&problem.parameter));
        problems.append(&mut wrong);
        configuration.settings.sort_by_key(|setting| place(&setting.name));
        if problems.is_empty() { Ok(configuration) } else { Err(problems) }
    }

    /// Whether the condition of a parameter holds with the values so far.
    fn uses(&self, parameter: &Parameter) -> bool {
        let Some(condition) = parameter.condition() else { return true };
        let setting = self.settings.iter().find(|setting| setting.name == condition.parameter());
        condition.holds(&setting.map(|setting| texts_of(&setting.value)).unwrap_or_default())
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
            // The object may have it.
            None if parameter.required && parameter.from.is_none() => Err(missing(parameter)),
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

/// The values of a setting as conditions compare them.
fn texts_of(value: &SettingValue) -> Vec<String> {
    match value {
        SettingValue::Text(text) => vec![text.clone()],
        SettingValue::Integer(number) => vec![number.to_string()],
        SettingValue::Flag(flag) => vec![flag.to_string()],
        SettingValue::Texts(texts) => texts.clone(),
        SettingValue::Decimal(_) | SettingValue::At(_) | SettingValue::Json(_) => Vec::new(),
    }
}

fn default(parameter: &Parameter) -> Option<SettingValue> {
    let texts = |texts: &Vec<String>| (!texts.is_empty()).then(|| SettingValue::Texts(texts.clone()));
    match &parameter.kind {
        ParameterKind::Text { default, .. }
        | ParameterKind::Multiline { default, .. }
        | ParameterKind::Date { default } => default.clone().map(SettingValue::Text),
        ParameterKind::Duration { default } => {
            default.as_deref().and_then(seconds).map(SettingValue::Integer)
        }
        ParameterKind::List { default } | ParameterKind::Multiselect { default, .. } => texts(default),
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
        (ParameterKind::List { .. } | ParameterKind::Multiselect { .. }, Value::Array(items)) => {
            let text = |item: &Value| match item {
                Value::String(text) => Ok(text.clone()),
                Value::Number(number) => Ok(number.to_string()),
                other => Err(unfit(parameter, &other.to_string())),
            };
            several(parameter, items.iter().map(text).collect::<Result<_, _>>()?)
        }
        // As it is kept, in seconds.
        (ParameterKind::Duration { .. }, Value::Number(number)) => match number.as_i64() {
            Some(seconds) if seconds >= 0 => Ok(SettingValue::Integer(seconds)),
            _ => Err(unfit(parameter, &number.to_string())),
        },
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
        ParameterKind::Text { min_length, max_length, .. }
        | ParameterKind::Multiline { min_length, max_length, .. } => {
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
        ParameterKind::Select { options, .. } => option(parameter, options, text).map(SettingValue::Text),
        ParameterKind::Multiselect { options, .. } => match option(parameter, options, text) {
            // A label can have a comma.
            Ok(value) => Ok(SettingValue::Texts(vec![value])),
            Err(_) => several(parameter, parts(text)),
        },
        ParameterKind::List { .. } => several(parameter, parts(text)),
        ParameterKind::Date { .. } => match text.trim() {
            day if is_day(day) => Ok(SettingValue::Text(day.to_owned())),
            _ => Err(unfit(parameter, text)),
        },
        ParameterKind::Duration { .. } => {
            seconds(text.trim()).map(SettingValue::Integer).ok_or_else(|| unfit(parameter, text))
        }
        ParameterKind::Origin {} => match palisade_egress::Origin::canonical(text) {
            Ok(_) => Ok(SettingValue::Text(text.to_owned())),
            Err(_) => Err(unfit(parameter, text)),
        },
        ParameterKind::Secret {} => Err(ConfigurationFault::SecretInPlain { name: parameter.name.clone() }),
    }
}

fn seconds(text: &str) -> Option<i64> {
    i64::try_from(duration_seconds(text)?).ok()
}

/// The lines of a text, or of a single line the parts between commas.
fn parts(text: &str) -> Vec<String> {
    let separator = if text.trim().contains('\n') { '\n' } else { ',' };
    let parts = text.split(separator).map(str::trim).filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

/// The value of the option that is meant.
fn option(parameter: &Parameter, options: &[SelectOption], text: &str) -> Result<String, ConfigurationFault> {
    let text = text.trim();
    let by_value = options.iter().find(|option| option.value == text);
    let by_label = || options.iter().find(|option| option.label.eq_ignore_ascii_case(text));
    by_value.or_else(by_label).map(|option| option.value.clone()).ok_or_else(|| {
        let options: Vec<String> =
            options.iter().map(|option| format!("`{}` ({})", option.value, option.label)).collect();
        ConfigurationFault::NotAnOption {
            name: parameter.name.clone(),
            value: text.to_owned(),
            options: options.join(", "),
        }
    })
}

/// Several texts, each once; of a `multiselect`, in the order of its options.
fn several(parameter: &Parameter, texts: Vec<String>) -> Result<SettingValue, ConfigurationFault> {
    let mut values: Vec<String> = match &parameter.kind {
        ParameterKind::Multiselect { options, .. } => {
            let chosen = texts.iter().map(|text| option(parameter, options, text));
            let chosen: Vec<String> = chosen.collect::<Result<_, _>>()?;
            let values = options.iter().map(|option| option.value.clone());
            values.filter(|value| chosen.contains(value)).collect()
        }
        _ => texts,
    };
    let mut seen = std::collections::BTreeSet::new();
    values.retain(|value| seen.insert(value.clone()));
    match values.len() as u64 {
        0 if parameter.required => Err(missing(parameter)),
        count if count > limits::LIST_ITEMS => Err(unfit(parameter, &format!("{count} values"))),
        _ => Ok(SettingValue::Texts(values)),
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
        ParameterKind::Text { min_length, max_length, .. }
        | ParameterKind::Multiline { min_length, max_length, .. } => {
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
        ParameterKind::Multiselect { .. } => "any number of its options".to_owned(),
        ParameterKind::List { .. } => format!("a list of at most {} texts", limits::LIST_ITEMS),
        ParameterKind::Date { .. } => "a day, for example `2026-12-31`".to_owned(),
        ParameterKind::Duration { .. } => {
            "an ISO 8601 duration without years and months, for example `P30D` or `PT90M`".to_owned()
        }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const MANIFEST: &str = r#"schema: 2
contract: palisade:action@0.2.0
id: example
name: Example
version: 1.0.0
publisher: Nobody
description: Reads.
license: Apache-2.0
component: component.wasm
parameters:
  - name: keep
    label: Keep
    help: What to keep.
    type: multiselect
    options: [{value: indicators, label: Indicators}, {value: report, label: "Report, in full"}]
  - {name: language, label: Language, help: Of the report., type: text, required: true, when: "keep.contains('report')"}
  - {name: script, label: Script, help: What to run., type: multiline}
  - {name: hosts, label: Hosts, help: Where., type: list}
  - {name: since, label: Since, help: From when on., type: date}
  - {name: age, label: Age, help: How old., type: duration, default: P1D}
  - {name: file_path, label: Path, help: Which file., type: text, required: true, from: object}
actions:
  - id: go
    title: Go
    description: Reads.
    effect: other
    changes: none
    accepts: [{kind: Indicator, subtypes: [FQDN]}]
    sections: [{title: All, parameters: [language, keep, script, hosts, since, age, file_path]}]
"#;

    fn resolved(values: &[(&str, Value)]) -> Result<BTreeMap<String, Value>, Vec<String>> {
        let manifest = Manifest::parse(MANIFEST, "manifest.yaml").unwrap();
        let given = |(name, value): &(&str, Value)| {
            let value = GivenValue::Value(value.clone());
            ((*name).to_owned(), Given { value, origin: String::new(), shared: false })
        };
        let given = values.iter().map(given).collect();
        let resolved = Configuration::resolve(&manifest, &manifest.actions[0], &given, Secrets::Read);
        let settings = |resolved: Configuration| {
            let settings = resolved.settings.into_iter();
            settings.map(|setting| (setting.name, crate::summary::json_value(&setting.value))).collect()
        };
        resolved.map(settings).map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn each_type_is_read_from_a_file_and_from_text() {
        let read = resolved(&[
            ("keep", json!(["Report, in full", "indicators", "report"])),
            ("language", json!("en")),
            ("script", json!("a\nb")),
            ("hosts", json!("a, b,a")),
            ("since", json!("2026-12-31")),
            ("age", json!("PT90M")),
        ]);
        let read = Value::from_iter(read.unwrap());
        let expected = json!({
            "keep": ["indicators", "report"], "language": "en", "script": "a\nb", "hosts": ["a", "b"],
            "since": "2026-12-31", "age": 5_400,
        });
        assert_eq!(read, expected);
        let again: Vec<(&str, Value)> =
            read.as_object().unwrap().iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        assert_eq!(Value::from_iter(resolved(&again).unwrap()), expected, "what is kept is read as it was");
        let one_label = resolved(&[("keep", json!("Report, in full")), ("language", json!("en"))]).unwrap();
        assert_eq!(one_label["keep"], json!(["report"]));
        assert_eq!(resolved(&[("hosts", json!("a b\nc,d\n\n"))]).unwrap()["hosts"], json!(["a b", "c,d"]));
    }

    #[test]
    fn a_parameter_whose_condition_does_not_hold_is_neither_required_nor_used() {
        let settings = resolved(&[("keep", json!(["indicators"])), ("language", json!("en"))]).unwrap();
        assert!(!settings.contains_key("language"));
        let problems = resolved(&[("keep", json!(["report"]))]).unwrap_err();
        assert_eq!(problems, ["the parameter `language` (Language) is missing"]);
    }

    #[test]
    fn what_an_object_can_give_may_be_left_out() {
        assert_eq!(Value::from_iter(resolved(&[]).unwrap()), json!({"age": 86_400}));
    }

    #[test]
    fn a_value_of_another_type_is_refused() {
        for (name, value) in [
            ("keep", json!(["nothing"])),
            ("hosts", json!([true])),
            ("since", json!("2026-02-30")),
            ("since", json!(20_261_231)),
            ("age", json!("P1M")),
            ("age", json!(-1)),
        ] {
            assert_eq!(resolved(&[(name, value.clone())]).unwrap_err().len(), 1, "{name}: {value}");
        }
    }
}
