//! The rules of single parameters: names, options, defaults and bounds.

use super::super::condition::EXPECTED;
use super::super::fault::FaultKind;
use super::super::{Manifest, Parameter, ParameterKind, ParameterSource, Purpose, SelectOption};
use super::Findings;
use super::actions::{in_form, unknown_parameter};
use crate::nearest;
use crate::template::is_name;

/// Checks all parameters, each by itself.
pub(super) fn check(manifest: &Manifest, findings: &mut Findings<'_>) {
    let parameters = &manifest.parameters;
    findings.unique("the parameter", parameters.iter().map(|one| one.name.as_str()), |index| {
        format!("parameters[{index}].name")
    });
    for (index, parameter) in parameters.iter().enumerate() {
        let path = format!("parameters[{index}]");
        if !is_name(&parameter.name) {
            let expected = "a name: lower case letters and digits, words joined by `_`";
            findings.add(
                format!("{path}.name"),
                FaultKind::Malformed { value: parameter.name.clone(), expected },
            );
        }
        findings.shown(format!("{path}.label"), &parameter.label);
        findings.shown(format!("{path}.help"), &parameter.help);
        kind(parameter, &path, findings);
        condition(parameter, index, manifest, &path, findings);
        if parameter.from == Some(ParameterSource::Object)
            && matches!(parameter.kind, ParameterKind::Secret {} | ParameterKind::Origin {})
        {
            let message = "an object cannot give a secret or an origin";
            findings.add(format!("{path}.from"), FaultKind::Contradiction { message });
        }
        let owned =
            manifest.connections.iter().any(|connection| connection.parameters.contains(&parameter.name));
        if owned && (parameter.from.is_some() || parameter.when.is_some()) {
            let field = if parameter.from.is_some() { "from" } else { "when" };
            let message = "a parameter of a connection has a value that depends on nothing else";
            findings.add(format!("{path}.{field}"), FaultKind::Contradiction { message });
        }
    }
}

/// Checks the condition of a parameter: it refers to a parameter before it, in every form in which this one is, and to a value that
/// this can have.
fn condition(
    parameter: &Parameter,
    place: usize,
    manifest: &Manifest,
    path: &str,
    findings: &mut Findings<'_>,
) {
    let Some(text) = &parameter.when else { return };
    let field = format!("{path}.when");
    let Some(condition) = parameter.condition() else {
        let value = text.escape_debug().to_string();
        return findings.add(field, FaultKind::Malformed { value, expected: EXPECTED });
    };
    let name = condition.parameter();
    let Some(other) = manifest.parameters.iter().take(place).find(|other| other.name == name) else {
        let kind = match manifest.parameter(name) {
            Some(_) => FaultKind::ConditionOrder { name: name.to_owned() },
            None => unknown_parameter(name, manifest),
        };
        return findings.add(field, kind);
    };
    let several = matches!(other.kind, ParameterKind::Multiselect { .. } | ParameterKind::List { .. });
    let secret = matches!(other.kind, ParameterKind::Secret {} | ParameterKind::Multiline { .. });
    if secret || several != condition.is_of_several() {
        let kind = other.kind.type_name();
        return findings.add(field, FaultKind::ConditionType { name: name.to_owned(), kind });
    }
    let values: Vec<String> = match &other.kind {
        ParameterKind::Flag { .. } => vec!["true".to_owned(), "false".to_owned()],
        _ => other.options().iter().map(|option| option.value.clone()).collect(),
    };
    if !values.is_empty() && !values.iter().any(|value| value == condition.value()) {
        let nearest = nearest(condition.value(), &values).map(str::to_owned);
        let value = condition.value().to_owned();
        findings.add(&field, FaultKind::UnknownValue { value, nearest, known: values });
    }
    for action in manifest.actions.iter().filter(|action| in_form(action, &parameter.name)) {
        if !in_form(action, name) {
            let kind = FaultKind::NotInForm { name: name.to_owned(), action: action.id.clone() };
            findings.add(&field, kind);
        }
    }
}

/// Checks what belongs to the parameter's type.
fn kind(parameter: &Parameter, path: &str, findings: &mut Findings<'_>) {
    match &parameter.kind {
        ParameterKind::Text { default, min_length, max_length }
        | ParameterKind::Multiline { default, min_length, max_length } => {
            let length =
                default.as_ref().map(|text| i128::try_from(text.chars().count()).unwrap_or(i128::MAX));
            let bounds = Bounds { low: min_length.map(i128::from), high: max_length.map(i128::from) };
            bounds.check(length, "characters", [path, "min_length"], findings);
        }
        ParameterKind::Integer { default, minimum, maximum, purpose } => {
            let bounds = Bounds { low: minimum.map(i128::from), high: maximum.map(i128::from) };
            bounds.check(default.map(i128::from), "", [path, "minimum"], findings);
            if *purpose == Some(Purpose::ObjectsPerRun) && minimum.is_none_or(|minimum| minimum < 1) {
                findings.add(format!("{path}.minimum"), FaultKind::ObjectsPerRunMinimum);
            }
        }
        ParameterKind::Select { options, default } => {
            select(options, path, findings);
            if let Some(default) = default {
                one_default(options, default, &format!("{path}.default"), findings);
            }
        }
        ParameterKind::Multiselect { options, default } => {
            select(options, path, findings);
            findings.unique("the option", default.iter().map(String::as_str), |index| {
                format!("{path}.default[{index}]")
            });
            for (index, default) in default.iter().enumerate() {
                one_default(options, default, &format!("{path}.default[{index}]"), findings);
            }
        }
        ParameterKind::List { default } => {
            for (index, text) in default.iter().enumerate() {
                findings.shown(format!("{path}.default[{index}]"), text);
            }
        }
        ParameterKind::Date { default } => {
            if let Some(text) = default.as_ref().filter(|text| !crate::duration::is_day(text)) {
                let expected = "a day, for example `2026-12-31`";
                findings
                    .add(format!("{path}.default"), FaultKind::Malformed { value: text.clone(), expected });
            }
        }
        ParameterKind::Duration { default } => {
            if let Some(text) = default.as_ref().filter(|text| crate::duration::seconds(text).is_none()) {
                let expected = crate::duration::EXPECTED;
                findings
                    .add(format!("{path}.default"), FaultKind::Malformed { value: text.clone(), expected });
            }
        }
        ParameterKind::Flag { .. } | ParameterKind::Origin {} | ParameterKind::Secret {} => {}
    }
}

/// Bounds of a number or of a length; both ends are allowed values.
struct Bounds {
    low: Option<i128>,
    high: Option<i128>,
}

impl Bounds {
    /// Checks that the bounds leave something, and the default between them. `lower` is the path and the field of the lower one.
    fn check(&self, default: Option<i128>, unit: &str, lower: [&str; 2], findings: &mut Findings<'_>) {
        let [path, field] = lower;
        if let (Some(low), Some(high)) = (self.low, self.high)
            && low > high
        {
            findings.add(format!("{path}.{field}"), FaultKind::BoundsCrossed { low, high });
        } else if let Some(default) = default
            && (self.low.is_some_and(|low| default < low) || self.high.is_some_and(|high| default > high))
        {
            let default = if unit.is_empty() { default.to_string() } else { format!("of {default} {unit}") };
            findings.add(
                format!("{path}.default"),
                FaultKind::DefaultOutOfBounds { default, bounds: self.words() },
            );
        }
    }

    fn words(&self) -> String {
        match (self.low, self.high) {
            (Some(low), Some(high)) => format!("{low} to {high}"),
            (Some(low), None) => format!("at least {low}"),
            (None, Some(high)) => format!("at most {high}"),
            (None, None) => "none".to_owned(),
        }
    }
}

/// Checks options.
fn select(options: &[SelectOption], path: &str, findings: &mut Findings<'_>) {
    findings.filled(format!("{path}.options"), options);
    findings.unique("the value", options.iter().map(|option| option.value.as_str()), |index| {
        format!("{path}.options[{index}].value")
    });
    findings.unique("the label", options.iter().map(|option| option.label.as_str()), |index| {
        format!("{path}.options[{index}].label")
    });
    for (index, option) in options.iter().enumerate() {
        findings.shown(format!("{path}.options[{index}].value"), &option.value);
        findings.shown(format!("{path}.options[{index}].label"), &option.label);
        // An option can be chosen by either; a label that is another one's value would choose the wrong one.
        if options.iter().any(|other| other.value == option.label && other.value != option.value) {
            let kind = FaultKind::LabelIsAnotherValue { label: option.label.clone() };
            findings.add(format!("{path}.options[{index}].label"), kind);
        }
    }
}

/// Checks that a default is one of the options.
fn one_default(options: &[SelectOption], default: &str, path: &str, findings: &mut Findings<'_>) {
    if !options.iter().any(|option| option.value == default) {
        let values: Vec<String> = options.iter().map(|option| option.value.clone()).collect();
        let by_label =
            options.iter().find(|option| option.label == default).map(|option| option.value.clone());
        let nearest = by_label.or_else(|| nearest(default, &values).map(str::to_owned));
        let kind = FaultKind::DefaultNotAnOption { default: default.to_owned(), nearest, options: values };
        findings.add(path, kind);
    }
}
