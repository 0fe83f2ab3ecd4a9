//! Reference pages in Markdown, made from the definitions themselves.

use palisade_bundle::{Manifest, Parameter, ParameterKind, SelectOption};
use palisade_limits::TABLE;

/// The configuration reference of a bundle.
pub(crate) fn configuration(manifest: &Manifest) -> String {
    let mut text = format!(
        "# Configuration of {} {}\n\nGenerated from the manifest by `palisade generate configuration-reference`.\n",
        manifest.name, manifest.version
    );
    for action in &manifest.actions {
        text.push_str(&format!(
            "\n## {}\n\n`--action {}`\n\n{}\n",
            action.title,
            action.id,
            action.description.trim()
        ));
        for section in &action.sections {
            text.push_str(&format!("\n### {}\n", section.title));
            for parameter in section.parameters.iter().filter_map(|name| manifest.parameter(name)) {
                text.push_str(&one_parameter(parameter));
            }
        }
        text.push_str("\n### What it does\n\n");
        for fact in action.facts_in_words(manifest) {
            text.push_str(&format!("- {fact}\n"));
        }
        for requirement in &action.requires {
            text.push_str(&format!("- requires: {}\n", requirement.trim()));
        }
        if !action.egress.is_empty() {
            text.push_str("\n### What it may do\n\n");
            for asked in &action.egress {
                text.push_str(&format!("- {}: {}\n", asked.in_words(manifest), asked.reason.trim()));
            }
            if let Some(connection) = action.connection(manifest) {
                for test in &connection.tests {
                    text.push_str(&format!("- {}.\n", test.in_words(connection, manifest)));
                }
            }
        }
    }
    text
}

fn one_parameter(parameter: &Parameter) -> String {
    let mut text = format!("\n**{}** (`{}`", parameter.label, parameter.name);
    if parameter.required {
        text.push_str(", required");
    }
    text.push_str(&format!(")\n: {}\n", parameter.help.trim()));
    let with = |what: &str, default: &Option<String>| match default {
        Some(default) => format!("\n{what}; default `{default}`.\n"),
        None => format!("\n{what}.\n"),
    };
    let options = |options: &[SelectOption], defaults: &[&String]| {
        let mut text = "\n| value | option |\n|---|---|\n".to_owned();
        for option in options {
            let mark = if defaults.contains(&&option.value) { " (default)" } else { "" };
            text.push_str(&format!("| `{}` | {}{mark} |\n", option.value, option.label));
        }
        text
    };
    match &parameter.kind {
        ParameterKind::Select { options: all, default } => {
            text.push_str(&options(all, &default.iter().collect::<Vec<_>>()));
        }
        ParameterKind::Multiselect { options: all, default } => {
            text.push_str("\nAny number of these options, as a list.\n");
            text.push_str(&options(all, &default.iter().collect::<Vec<_>>()));
        }
        ParameterKind::Multiline { default, .. } => text.push_str(&with("A text of several lines", default)),
        ParameterKind::List { default } => {
            let default = (!default.is_empty()).then(|| default.join(", "));
            text.push_str(&with("A list of texts", &default));
        }
        ParameterKind::Date { default } => text.push_str(&with("A day, for example `2026-12-31`", default)),
        ParameterKind::Duration { default } => {
            text.push_str(&with("An ISO 8601 duration, for example `P30D` or `PT90M`", default));
        }
        ParameterKind::Integer { default, minimum, maximum, .. } => {
            let facts = [("default", default), ("at least", minimum), ("at most", maximum)];
            let facts: Vec<String> = facts
                .iter()
                .filter_map(|(name, value)| value.map(|value| format!("{name} {value}")))
                .collect();
            text.push_str(&format!("\nA whole number; {}.\n", facts.join(", ")));
        }
        ParameterKind::Text { default, .. } => {
            text.push_str(
                &default
                    .as_ref()
                    .map_or("\nA text.\n".into(), |text| format!("\nA text; default `{text}`.\n")),
            );
        }
        ParameterKind::Flag { default } => {
            text.push_str(&format!("\n`true` or `false`; default `{default}`.\n"))
        }
        ParameterKind::Origin {} => {
            text.push_str("\nAn origin: `https://` and a host, with a port where it is not 443. Entering it allows it.\n");
        }
        ParameterKind::Secret {} => {
            text.push_str("\nA secret: `{env: NAME}` or `{file: PATH}` in the configuration file.\n");
        }
    }
    if parameter.from.is_some() {
        text.push_str(&format!("\nThe attribute `{}` of the object takes precedence.\n", parameter.name));
    }
    if let Some(when) = &parameter.when {
        text.push_str(&format!("\nUsed only if `{when}`.\n"));
    }
    text
}

/// The table of limits.
pub(crate) fn limits() -> String {
    let mut text = String::from(
        "# Limits\n\nAll limits of the host, each with its reason. Generated from `host/runtime/limits` by\n\
         `palisade generate limits`.\n\n| limit | value | unit | reason |\n|---|---|---|---|\n",
    );
    for limit in TABLE {
        let name = limit.name.to_lowercase().replace('_', " ");
        text.push_str(&format!(
            "| {name} | {} | {} | {} |\n",
            super::number(limit.value),
            limit.unit,
            limit.reason.trim()
        ));
    }
    text
}
