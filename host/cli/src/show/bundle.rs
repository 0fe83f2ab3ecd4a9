//! A bundle for people: what it is, its actions and parameters, and what it may do.

use palisade_bundle::{Action, Authenticity, LimitsAsked, Manifest, Packed, Parameter, ParameterKind};
use palisade_limits as limits;

use super::style::{DIM, GOOD, HEADING, MARK};
use super::{Table, bytes, number, one_line};
use crate::verbs::inspect::Inspection;
use crate::verbs::keygen::MadeKeys;
use crate::verbs::validate::Validation;
use crate::verbs::verify::Verification;

/// What `inspect` shows.
pub(crate) fn inspection(inspection: &Inspection) -> String {
    let manifest = &inspection.manifest;
    let mut text = format!(
        "{HEADING}{}{HEADING:#} {DIM}({} {}){DIM:#}\n{}\n\n",
        one_line(&manifest.name),
        manifest.id,
        manifest.version,
        manifest.description.trim()
    );
    let mut facts = Table::new();
    facts.row(["publisher", &manifest.publisher]);
    facts.row(["licence", &manifest.license]);
    if let Some(homepage) = &manifest.homepage {
        facts.row(["homepage", homepage]);
    }
    facts.row(["contract", &manifest.contract]);
    facts.row(["sha256", &inspection.digest.to_string()]);
    facts.row(["signature", &inspection.authenticity.in_words()]);
    text.push_str(&facts.text());
    for action in &manifest.actions {
        text.push_str(&one_action(manifest, action, inspection));
    }
    text.push_str(&format!("\n{HEADING}files{HEADING:#}\n"));
    let mut files = Table::new().right(1);
    for file in &inspection.files {
        files.row([file.name.clone(), bytes(file.size), file.sha256.to_string()]);
    }
    text.push_str(&files.text());
    text
}

fn one_action(manifest: &Manifest, action: &Action, inspection: &Inspection) -> String {
    let mut text = format!(
        "\n{HEADING}{}{HEADING:#} {DIM}(--action {}){DIM:#}\n  {}\n",
        one_line(&action.title),
        action.id,
        action.description.trim()
    );
    for accepts in &action.accepts {
        text.push_str(&format!("  takes {}: {}\n", accepts.kind, accepts.subtypes.join(", ")));
    }
    for fact in action.facts_in_words(manifest) {
        text.push_str(&format!("  {}\n", one_line(&fact)));
    }
    for requirement in &action.requires {
        text.push_str(&format!("  requires: {}\n", one_line(requirement.trim())));
    }
    for section in &action.sections {
        text.push_str(&format!("\n  {HEADING}{}{HEADING:#}\n", one_line(&section.title)));
        let mut table = Table::new();
        for parameter in section.parameters.iter().filter_map(|name| manifest.parameter(name)) {
            table.row([format!("  {}", parameter.name), parameter.label.clone(), kind(parameter)]);
            for option in parameter.options() {
                let is_default = matches!(&parameter.kind, ParameterKind::Select { default: Some(default), .. } if *default == option.value);
                let mark = if is_default { " (default)" } else { "" };
                table.row([String::new(), format!("  {}", option.value), format!("{}{mark}", option.label)]);
            }
        }
        text.push_str(&table.text());
    }
    text.push_str(&format!("\n  {MARK}it may{MARK:#}\n"));
    let mut nothing = true;
    for permission in inspection.may.iter().filter(|permission| permission.action == action.id) {
        nothing = false;
        text.push_str(&format!(
            "    - {}\n      {DIM}{}{DIM:#}\n",
            permission.sentence,
            one_line(&permission.reason)
        ));
    }
    if nothing {
        text.push_str("    - send nothing\n");
    }
    text.push_str(&format!("    - {}\n", limits(&manifest.limits)));
    text
}

/// What a run may use at most: what the bundle asks for, or else the host's own limit.
fn limits(asked: &LimitsAsked) -> String {
    let of = |asked: Option<u64>, own: u64| asked.unwrap_or(own);
    format!(
        "use {} MiB of memory, {} s, {} requests of at most {} each and answers of at most {}",
        number(of(asked.memory_mib, limits::MEMORY_BYTES >> 20)),
        number(of(asked.run_seconds, limits::RUN_SECONDS)),
        number(of(asked.requests, limits::REQUESTS)),
        bytes(of(asked.request_body_bytes, limits::REQUEST_BODY_BYTES)),
        bytes(of(asked.response_body_bytes, limits::RESPONSE_BODY_BYTES)),
    )
}

/// The type of a parameter with its default, or its options.
fn kind(parameter: &Parameter) -> String {
    let required = if parameter.required { ", required" } else { "" };
    let plain = |what: &str, default: Option<String>| match default {
        Some(default) => format!("{what}, default {default}"),
        None => format!("{what}{required}"),
    };
    let listed = |texts: &[String]| (!texts.is_empty()).then(|| texts.join(", "));
    let kind = match &parameter.kind {
        ParameterKind::Multiline { default, .. } => plain("text of several lines", default.clone()),
        ParameterKind::List { default } => plain("several texts", listed(default)),
        ParameterKind::Date { default } => plain("day", default.clone()),
        ParameterKind::Duration { default } => plain("duration", default.clone()),
        ParameterKind::Multiselect { default, .. } => plain("any of these", listed(default)),
        ParameterKind::Text { default, .. } => match default {
            Some(default) => format!("text, default {default}"),
            None => format!("text{required}"),
        },
        ParameterKind::Integer { default, .. } => match default {
            Some(default) => format!("whole number, default {default}"),
            None => format!("whole number{required}"),
        },
        ParameterKind::Flag { default } => format!("true or false, default {default}"),
        ParameterKind::Select { .. } => format!("one of these{required}"),
        ParameterKind::Origin {} => format!("https origin{required}"),
        ParameterKind::Secret {} => format!("secret{required}"),
    };
    let from = if parameter.from.is_some() { ", or from the object" } else { "" };
    let when = parameter.when.as_ref().map(|when| format!(", if {when}")).unwrap_or_default();
    format!("{kind}{from}{when}")
}

/// What the first run of a bundle says where no policy narrows it.
pub(crate) fn first_run(manifest: &Manifest, authenticity: &Authenticity, grants: &[String]) -> String {
    let mut text = String::new();
    if !matches!(authenticity, Authenticity::Signed { .. }) {
        text.push_str(&format!(
            "{MARK}warning{MARK:#}: the bundle is {}\n",
            one_line(&authenticity.in_words())
        ));
    }
    if !grants.is_empty() {
        let name = format!("{} {}", manifest.id, manifest.version);
        text.push_str(&format!(
            "{MARK}first run{MARK:#} of {}, and no policy narrows it; it may\n",
            one_line(&name)
        ));
    }
    for grant in grants {
        text.push_str(&format!("  - {}\n", one_line(grant)));
    }
    text
}

/// What `verify` shows.
pub(crate) fn verification(verification: &Verification) -> String {
    let mut table = Table::new();
    if let Authenticity::Signed { trusted_comment, .. } = &verification.authenticity {
        table.row(["comment", trusted_comment]);
    }
    table.row(["sha256", &verification.digest.to_string()]);
    format!(
        "{GOOD}verified{GOOD:#}: {} {}, {} files, {}\n{}",
        one_line(&verification.id),
        one_line(&verification.version),
        verification.files,
        one_line(&verification.authenticity.in_words()),
        table.text()
    )
}

/// What `keygen` shows.
pub(crate) fn made_keys(keys: &MadeKeys) -> String {
    let mut table = Table::new();
    let protection = if keys.password { "needs its password" } else { "not encrypted" };
    table.row([
        "secret key".to_owned(),
        format!("{} ({protection}; keep it to yourself)", keys.secret_key.display()),
    ]);
    table.row(["public key".to_owned(), keys.public_key.display().to_string()]);
    format!(
        "{GOOD}made{GOOD:#} the key {}\n{}To trust it, add to `palisade.toml`:\n\n[[trusted-keys]]\nname = \"...\"\nkey = \"{}\"\n",
        keys.key_id,
        table.text(),
        keys.key
    )
}

/// What `pack` shows.
pub(crate) fn packed(packed: &Packed) -> String {
    let mut table = Table::new().right(1);
    for file in &packed.files {
        table.row([file.name.clone(), bytes(file.size), file.sha256.to_string()]);
    }
    let signed = match packed.key_id {
        Some(key_id) => format!("signed with the key {key_id}"),
        None => format!("{MARK}not signed{MARK:#}: hosts take it only with --allow-unsigned"),
    };
    format!(
        "{GOOD}packed{GOOD:#} {} ({})\n{}  sha256 {}\n  {signed}\n",
        packed.path.display(),
        bytes(packed.size),
        table.text(),
        packed.sha256
    )
}

/// What `validate` shows.
pub(crate) fn validation(validation: &Validation) -> String {
    validation.checked.iter().map(|what| format!("{GOOD}valid{GOOD:#}: {what}\n")).collect()
}
