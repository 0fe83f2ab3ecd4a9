//! Reference pages in Markdown, made from the definitions themselves.

use palisade_bundle::{Manifest, Parameter, ParameterKind};
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
    match &parameter.kind {
        ParameterKind::Select { options, default } => {
            text.push_str("\n| value | option |\n|---|---|\n");
            for option in options {
                let mark = if Some(&option.value) == default.as_ref() { " (default)" } else { "" };
                text.push_str(&format!("| `{}` | {}{mark} |\n", option.value, option.label));
            }
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
