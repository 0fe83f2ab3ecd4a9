//! The form of an action, generated from its manifest in the manifest's sections, and what becomes of what was entered. A
//! secret goes in and never comes out: a form tells only whether there is one.

use std::collections::{BTreeMap, BTreeSet};

use palisade_bundle::{Action, Manifest, Parameter, ParameterKind, SelectOption};
use palisade_egress::SecretString;
use palisade_run::{
    Configuration as Resolved, ConfigurationProblem, Given, GivenValue, Prompted, SecretSource, Secrets,
    json_value,
};
use palisade_store::{Configuration, StoredValue};
use serde::Serialize;
use serde_json::Value;

use crate::secrets::Purpose;
use crate::{Field, Orchestrator, OrchestratorError};

/// The form of an action.
#[derive(Debug, Clone, Serialize)]
pub struct Form {
    /// Its sections in order.
    pub sections: Vec<FormSection>,
}

/// One heading of a form.
#[derive(Debug, Clone, Serialize)]
pub struct FormSection {
    /// The heading.
    pub title: String,
    /// What stands under it.
    pub fields: Vec<FormField>,
}

/// One field of a form.
#[derive(Debug, Clone, Serialize)]
pub struct FormField {
    /// The parameter's name.
    pub name: String,
    /// Its label.
    pub label: String,
    /// What to enter.
    pub help: String,
    /// Whether the action cannot run without it.
    pub required: bool,
    /// `text`, `integer`, `flag`, `select`, `origin` or `secret`.
    pub kind: &'static str,
    /// The options of a `select`.
    pub options: Vec<FormOption>,
    /// Smallest value, or fewest characters.
    pub minimum: Option<i64>,
    /// Largest value, or most characters.
    pub maximum: Option<i64>,
    /// What it holds, as text; always empty for a secret.
    pub value: String,
    /// Whether it holds anything.
    pub is_set: bool,
    /// What is wrong with what was entered.
    pub error: Option<String>,
}

/// One option of a `select`.
#[derive(Debug, Clone, Serialize)]
pub struct FormOption {
    /// What is stored.
    pub value: String,
    /// What is shown.
    pub label: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// One value as it was entered.
#[derive(Debug, Clone)]
pub enum Entered {
    /// A text: what it means depends on the parameter's type.
    Text(String),
    /// A value of a program.
    Value(Value),
    /// A new secret.
    Secret(SecretString),
    /// What is kept is to go.
    Nothing,
}

/// What is told in place of a secret. Whoever sends it back means the one that is kept.
pub const SECRET: &str = "[secret]";

/// What stands behind a secret's name in the name of the box that takes the kept one away. No parameter's name has a dot.
pub const REMOVE: &str = ".remove";

/// The form of an action with what it holds, and what is wrong with it.
#[must_use]
pub fn form(manifest: &Manifest, action: &Action, holds: &Configuration, wrong: &[Field]) -> Form {
    let field = |parameter: &Parameter| {
        let error = wrong.iter().find(|field| field.name == parameter.name);
        FormField { error: error.map(|field| field.message.clone()), ..field(parameter, holds) }
    };
    let section = |section: &palisade_bundle::Section| FormSection {
        title: section.title.clone(),
        fields: section.parameters.iter().filter_map(|name| manifest.parameter(name)).map(field).collect(),
    };
    Form { sections: action.sections.iter().map(section).collect() }
}

fn field(parameter: &Parameter, holds: &Configuration) -> FormField {
    let held = holds.get(&parameter.name);
    let value = match held {
        Some(StoredValue::Value(Value::String(text))) => text.clone(),
        Some(StoredValue::Value(Value::Array(items))) => {
            let texts: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            texts.join("\n")
        }
        Some(StoredValue::Value(Value::Number(number)))
            if matches!(parameter.kind, ParameterKind::Duration { .. }) =>
        {
            number.as_u64().map(palisade_bundle::duration_text).unwrap_or_default()
        }
        Some(StoredValue::Value(value)) => value.to_string(),
        Some(StoredValue::Secret { .. }) => String::new(),
        None => default(parameter).unwrap_or_default(),
    };
    let signed = |number: Option<u64>| number.and_then(|number| i64::try_from(number).ok());
    let (kind, options, minimum, maximum) = match &parameter.kind {
        ParameterKind::Text { min_length, max_length, .. } => {
            ("text", &[][..], signed(*min_length), signed(*max_length))
        }
        ParameterKind::Multiline { min_length, max_length, .. } => {
            ("multiline", &[][..], signed(*min_length), signed(*max_length))
        }
        ParameterKind::List { .. } => ("list", &[][..], None, None),
        ParameterKind::Date { .. } => ("date", &[][..], None, None),
        ParameterKind::Duration { .. } => ("duration", &[][..], None, None),
        ParameterKind::Multiselect { options, .. } => ("multiselect", options.as_slice(), None, None),
        ParameterKind::Integer { minimum, maximum, .. } => ("integer", &[][..], *minimum, *maximum),
        ParameterKind::Flag { .. } => ("flag", &[][..], None, None),
        ParameterKind::Select { options, .. } => ("select", options.as_slice(), None, None),
        ParameterKind::Origin {} => ("origin", &[][..], None, None),
        ParameterKind::Secret {} => ("secret", &[][..], None, None),
    };
    let option = |option: &SelectOption| FormOption {
        value: option.value.clone(),
        label: option.label.clone(),
        chosen: match parameter.kind {
            ParameterKind::Multiselect { .. } => value.lines().any(|line| line == option.value),
            _ => option.value == value,
        },
    };
    let mut help = parameter.help.clone();
    if parameter.from.is_some() {
        help.push_str(&format!(" The attribute `{}` of the object takes precedence.", parameter.name));
    }
    if let Some(when) = &parameter.when {
        help.push_str(&format!(" Used only if `{when}`."));
    }
    FormField {
        name: parameter.name.clone(),
        label: parameter.label.clone(),
        help,
        required: parameter.required && parameter.from.is_none() && parameter.when.is_none(),
        kind,
        options: options.iter().map(option).collect(),
        minimum,
        maximum,
        is_set: held.is_some(),
        value,
        error: None,
    }
}

/// What a parameter has where nothing was entered, as text.
fn default(parameter: &Parameter) -> Option<String> {
    match &parameter.kind {
        ParameterKind::Text { default, .. }
        | ParameterKind::Multiline { default, .. }
        | ParameterKind::Date { default }
        | ParameterKind::Duration { default }
        | ParameterKind::Select { default, .. } => default.clone(),
        ParameterKind::List { default } | ParameterKind::Multiselect { default, .. } => {
            (!default.is_empty()).then(|| default.join("\n"))
        }
        ParameterKind::Integer { default, .. } => default.map(|number| number.to_string()),
        ParameterKind::Flag { default } => Some(default.to_string()),
        ParameterKind::Origin {} | ParameterKind::Secret {} => None,
    }
}

/// Whether a parameter may be left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Completeness {
    /// Yes: the rest is entered before it is run with.
    Open,
    /// No: it is to be run with.
    Complete,
}

impl Orchestrator {
    /// What becomes of what was entered: checked against the manifest, secrets sealed. What was not entered stays as it was.
    pub(crate) fn accept(
        &self,
        manifest: &Manifest,
        action: &Action,
        before: &Configuration,
        entered: BTreeMap<String, Entered>,
        completeness: Completeness,
    ) -> Result<Configuration, OrchestratorError> {
        let mut given: BTreeMap<String, Given> = before
            .iter()
            .filter(|(name, _)| action.parameters(manifest).any(|parameter| parameter.name == **name))
            .map(|(name, value)| (name.clone(), given_of(value)))
            .collect();
        let mut secrets = BTreeMap::new();
        lay_over(&mut given, entered, |name, secret| {
            secrets.insert(name.to_owned(), secret);
            stand_in()
        });
        let settings = match completeness {
            Completeness::Complete => Resolved::resolve(manifest, action, &given, Secrets::Read),
            Completeness::Open => resolve_open(manifest, action, &given),
        };
        let settings = settings.map_err(|problems| {
            OrchestratorError::Invalid(problems.into_iter().map(Field::from).collect())
        })?;
        let purpose = |name: &str| Purpose::of_parameter(manifest, action, &settings, name);
        let (mut configuration, mut wrong) = (Configuration::new(), Vec::new());
        for setting in settings.settings.clone() {
            let value = json_value(&setting.value);
            configuration.insert(setting.name, StoredValue::Value(value));
        }
        for parameter in action.parameters(manifest) {
            if !matches!(parameter.kind, ParameterKind::Secret {}) {
                continue;
            }
            if !secrets.contains_key(&parameter.name)
                && let Some(StoredValue::Secret { secret }) = before.get(&parameter.name)
                && given.contains_key(&parameter.name)
            {
                let purpose = purpose(&parameter.name);
                match self.check_purpose(*secret, &purpose) {
                    Ok(()) => {
                        configuration.insert(parameter.name.clone(), StoredValue::Secret { secret: *secret });
                    }
                    Err(OrchestratorError::Invalid(fields)) => wrong.extend(fields),
                    Err(error) => return Err(error),
                }
            }
        }
        let parameters: Vec<&Parameter> = action.parameters(manifest).collect();
        wrong.extend(secrets.keys().filter_map(|name| purpose(name).check_entered(&parameters).err()));
        if !wrong.is_empty() {
            return Err(OrchestratorError::Invalid(wrong));
        }
        // Sealed once everything else is right: what is refused leaves nothing behind.
        for (name, secret) in &secrets {
            let secret = self.keep_secret(&purpose(name), secret)?;
            configuration.insert(name.clone(), StoredValue::Secret { secret });
        }
        Ok(configuration)
    }

    /// A stored configuration, and on top of it what was entered, as a run takes it. Kept secrets are opened for the origins that
    /// the whole of it leads to; what was entered is not sealed and not kept.
    ///
    /// # Errors
    /// [`OrchestratorError::Invalid`] naming a secret that was entered for other origins.
    pub(crate) fn given(
        &self,
        manifest: &Manifest,
        action: &Action,
        configuration: &Configuration,
        entered: BTreeMap<String, Entered>,
    ) -> Result<BTreeMap<String, Given>, OrchestratorError> {
        let mut given: BTreeMap<String, Given> =
            configuration.iter().map(|(name, value)| (name.clone(), given_of(value))).collect();
        let mut fresh = BTreeSet::new();
        lay_over(&mut given, entered, |name, secret| {
            fresh.insert(name.to_owned());
            GivenValue::Secret(SecretSource::Prompted(Prompted::of(secret)))
        });
        let settings =
            resolve_open(manifest, action, &given).map_err(palisade_run::PrepareError::Configuration)?;
        for (name, value) in configuration {
            let StoredValue::Secret { secret } = value else { continue };
            if let Some(kept) = given.get_mut(name).filter(|_| !fresh.contains(name)) {
                let purpose = Purpose::of_parameter(manifest, action, &settings, name);
                let opened = self.open_secret(*secret, &purpose)?;
                kept.value = GivenValue::Secret(SecretSource::Prompted(Prompted::of(opened)));
            }
        }
        Ok(given)
    }
}

/// The settings of a configuration whose required parameters may be missing.
fn resolve_open(
    manifest: &Manifest,
    action: &Action,
    given: &BTreeMap<String, Given>,
) -> Result<Resolved, Vec<ConfigurationProblem>> {
    let (manifest, action) = with_nothing_required(manifest, action);
    Resolved::resolve(&manifest, &action, given, Secrets::Read)
}

/// Lays what was entered over what is kept; `secret` says what a new secret stands in as.
fn lay_over(
    kept: &mut BTreeMap<String, Given>,
    entered: BTreeMap<String, Entered>,
    mut secret: impl FnMut(&str, SecretString) -> GivenValue,
) {
    for (name, entered) in entered {
        let value = match entered {
            Entered::Nothing => None,
            Entered::Text(text) if text.is_empty() => None,
            Entered::Text(text) => Some(GivenValue::Text(text)),
            Entered::Value(value) => Some(GivenValue::Value(value)),
            Entered::Secret(entered) => Some(secret(&name, entered)),
        };
        match value {
            Some(value) => kept.insert(name, Given { value, origin: String::new(), shared: false }),
            None => kept.remove(&name),
        };
    }
}

/// The same form for values that others will complete.
fn with_nothing_required(manifest: &Manifest, action: &Action) -> (Manifest, Action) {
    let mut manifest = manifest.clone();
    manifest.parameters.iter_mut().for_each(|parameter| parameter.required = false);
    (manifest, action.clone())
}

fn given_of(value: &StoredValue) -> Given {
    let value = match value {
        StoredValue::Value(value) => GivenValue::Value(value.clone()),
        StoredValue::Secret { .. } => stand_in(),
    };
    Given { value, origin: String::new(), shared: false }
}

/// Where only the form is judged, the secret itself has no part.
fn stand_in() -> GivenValue {
    GivenValue::Secret(SecretSource::Prompted(Prompted::new("stand-in".to_owned())))
}

impl Orchestrator {
    /// The values that a program sent for an action: a text for a `secret` parameter is a secret, and [`SECRET`] means the one that
    /// is kept. An empty text removes the kept value, and so does `null`.
    ///
    /// # Errors
    /// If there is no such version or action.
    pub fn entered_values(
        &self,
        bundle: palisade_store::BundleId,
        action: &str,
        values: BTreeMap<String, Value>,
    ) -> Result<BTreeMap<String, Entered>, OrchestratorError> {
        let manifest = self.manifest(bundle)?;
        Ok(values_entered(&manifest, crate::integrations::known_action(&manifest, action)?, values))
    }

    /// The values that a form sent for an action, whose fields are `prefix` and the parameter's name: an empty `secret` keeps the
    /// value, unless the box named as it and [`REMOVE`] is ticked. A `flag` that was not sent is off.
    ///
    /// # Errors
    /// If there is no such version or action.
    pub fn entered_form(
        &self,
        bundle: palisade_store::BundleId,
        action: &str,
        prefix: &str,
        fields: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, Entered>, OrchestratorError> {
        let manifest = self.manifest(bundle)?;
        let action = crate::integrations::known_action(&manifest, action)?;
        Ok(form_entered(&manifest, action, prefix, fields))
    }

    /// The same for an action of a workflow, whose fields are those of the action without its connection.
    ///
    /// # Errors
    /// If there is no such version or action.
    pub fn entered_step(
        &self,
        bundle: palisade_store::BundleId,
        action: &str,
        fields: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, Entered>, OrchestratorError> {
        let manifest = self.manifest(bundle)?;
        let action = crate::integrations::known_action(&manifest, action)?;
        let own = palisade_run::without_connection(&manifest, action);
        Ok(form_entered(&manifest, &own, "", fields))
    }
}

/// The values that a program sent for these parameters.
pub(crate) fn values_entered(
    manifest: &Manifest,
    action: &Action,
    values: BTreeMap<String, Value>,
) -> BTreeMap<String, Entered> {
    let is_secret = |name: &str| {
        action
            .parameters(manifest)
            .any(|parameter| parameter.name == name && matches!(parameter.kind, ParameterKind::Secret {}))
    };
    let entered = |(name, value): (String, Value)| match value {
        Value::Null => Some((name, Entered::Nothing)),
        Value::String(text) if text.is_empty() => Some((name, Entered::Nothing)),
        Value::String(text) if is_secret(&name) => {
            (text != SECRET).then(|| (name, Entered::Secret(SecretString::from(text))))
        }
        value => Some((name, Entered::Value(value))),
    };
    values.into_iter().filter_map(entered).collect()
}

/// The values that a form sent for these parameters.
pub(crate) fn form_entered(
    manifest: &Manifest,
    action: &Action,
    prefix: &str,
    fields: &BTreeMap<String, String>,
) -> BTreeMap<String, Entered> {
    let mut entered = BTreeMap::new();
    for parameter in action.parameters(manifest) {
        let sent = fields.get(&format!("{prefix}{}", parameter.name));
        let value = match (&parameter.kind, sent) {
            (ParameterKind::Secret {}, Some(text)) if !text.is_empty() && text != SECRET => {
                Entered::Secret(SecretString::from(text.as_str()))
            }
            (ParameterKind::Secret {}, _) => {
                if !fields.contains_key(&format!("{prefix}{}{REMOVE}", parameter.name)) {
                    continue;
                }
                Entered::Nothing
            }
            (ParameterKind::Flag { .. }, sent) => Entered::Value(Value::from(sent.is_some())),
            (ParameterKind::Multiselect { options, .. }, _) => {
                let ticked = |option: &&SelectOption| {
                    fields.contains_key(&format!("{prefix}{}.{}", parameter.name, option.value))
                };
                let values = options.iter().filter(ticked).map(|option| option.value.as_str());
                Entered::Value(values.collect())
            }
            // Browsers send lines with CRLF.
            (ParameterKind::Multiline { .. } | ParameterKind::List { .. }, Some(text)) => {
                Entered::Text(text.replace("\r\n", "\n").trim_end().to_owned())
            }
            (_, Some(text)) => Entered::Text(text.trim().to_owned()),
            (_, None) => continue,
        };
        entered.insert(parameter.name.clone(), value);
    }
    entered
}
