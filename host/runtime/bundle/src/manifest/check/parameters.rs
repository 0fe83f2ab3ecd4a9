//! The rules of single parameters: names, options, defaults and bounds.

use super::super::fault::FaultKind;
use super::super::{Manifest, Parameter, ParameterKind, Purpose, SelectOption};
use super::Findings;
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
    }
}

/// Checks what belongs to the parameter's type.
fn kind(parameter: &Parameter, path: &str, findings: &mut Findings<'_>) {
    match &parameter.kind {
        ParameterKind::Text { default, min_length, max_length } => {
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
        ParameterKind::Select { options, default } => select(options, default.as_deref(), path, findings),
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

/// Checks the options of a `select` and its default.
fn select(options: &[SelectOption], default: Option<&str>, path: &str, findings: &mut Findings<'_>) {
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
    if let Some(default) = default
        && !options.iter().any(|option| option.value == default)
    {
        let values: Vec<String> = options.iter().map(|option| option.value.clone()).collect();
        let by_label =
            options.iter().find(|option| option.label == default).map(|option| option.value.clone());
        let nearest = by_label.or_else(|| nearest(default, &values).map(str::to_owned));
        let kind = FaultKind::DefaultNotAnOption { default: default.to_owned(), nearest, options: values };
        findings.add(format!("{path}.default"), kind);
    }
}
