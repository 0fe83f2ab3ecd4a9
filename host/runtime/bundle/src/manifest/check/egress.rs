//! The rules of requests that are asked for: where to and how.
//!
//! Denies by default: every value that an origin can take has to be an `https` origin in its canonical form, and a path has
//! exactly one reading.

use palisade_grant::{Origin, PathRule};

use super::super::fault::FaultKind;
use super::super::{Action, ConnectionAsked, EgressAsked, Manifest, Parameter, ParameterKind};
use super::Findings;
use super::actions::{in_form, unknown_parameter};
use super::connections::{carries_segment, unknown_connection};
use crate::template::Template;

/// The methods that a bundle can ask for. `CONNECT` and `TRACE` concern the connection and not the service.
const METHODS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// Headers that decide where a request goes or where it ends (RFC 9110 and 9112): none of them can carry a credential or be
/// declared.
const RESERVED_HEADERS: [&str; 10] = [
    "connection",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What an origin belongs to: the parameters that it refers to must belong to the same.
#[derive(Clone, Copy)]
pub(super) enum Owner<'a> {
    Action(&'a Action),
    Connection(&'a ConnectionAsked),
}

/// Checks one kind of request that is asked for.
pub(super) fn check(
    asked: &EgressAsked,
    action: &Action,
    manifest: &Manifest,
    path: &str,
    findings: &mut Findings<'_>,
) {
    match (&asked.connection, &asked.origin) {
        (Some(name), None) => match manifest.connection(name) {
            None => findings.add(format!("{path}.connection"), unknown_connection(name, manifest)),
            Some(connection) => {
                for (index, one) in asked.paths.iter().enumerate() {
                    carries_segment(one, connection, &format!("{path}.paths[{index}]"), findings);
                }
            }
        },
        (None, Some(asked)) => {
            origin(asked, Owner::Action(action), manifest, &format!("{path}.origin"), findings);
        }
        (Some(_), Some(_)) | (None, None) => findings.add(path, FaultKind::ConnectionOrOrigin),
    }
    methods(&asked.methods, &format!("{path}.methods"), findings);
    paths(&asked.paths, &format!("{path}.paths"), findings);
    headers(&asked.headers, &format!("{path}.headers"), findings);
    findings.shown(format!("{path}.reason"), &asked.reason);
}

/// Checks an origin, and every value that it can have.
pub(super) fn origin(
    asked: &str,
    owner: Owner<'_>,
    manifest: &Manifest,
    path: &str,
    findings: &mut Findings<'_>,
) {
    let template = match Template::parse(asked) {
        Ok(template) => template,
        Err(error) => return findings.add(path, FaultKind::Template(error)),
    };
    let mut selects: Vec<&Parameter> = Vec::new();
    for name in template.names() {
        match part_of_origin(name, owner, manifest) {
            // Its value is checked when the operator gives it.
            Ok(parameter) if matches!(parameter.kind, ParameterKind::Origin {}) => {
                if asked != format!("{{{name}}}") {
                    let (name, origin) = (name.to_owned(), asked.to_owned());
                    findings.add(path, FaultKind::OriginNotWhole { name, origin });
                }
                return;
            }
            Ok(parameter) => selects.push(parameter),
            Err(kind) => return findings.add(path, kind),
        }
    }
    // Each option is tried with the first of the other parameters' options: an origin is good or bad label by label.
    let first = |name: &str| {
        let parameter = selects.iter().find(|parameter| parameter.name == name);
        parameter.and_then(|parameter| parameter.options().first()).map(|option| option.value.as_str())
    };
    let mut expansions: Vec<Result<String, _>> = vec![template.expand(first)];
    for parameter in &selects {
        for option in parameter.options() {
            expansions.push(template.expand(|name| {
                if name == parameter.name { Some(option.value.as_str()) } else { first(name) }
            }));
        }
    }
    // A `select` without options has been reported already; it has no expansion.
    for expanded in expansions.into_iter().flatten() {
        if let Err(error) = Origin::canonical(&expanded) {
            let why = error.reason().to_owned();
            return findings.add(path, FaultKind::Origin { origin: expanded, why });
        }
    }
}

/// The parameter that an origin refers to, if it may be part of one and always has a value.
fn part_of_origin<'m>(
    name: &str,
    owner: Owner<'_>,
    manifest: &'m Manifest,
) -> Result<&'m Parameter, FaultKind> {
    let parameter = manifest.parameter(name).ok_or_else(|| unknown_parameter(name, manifest))?;
    let name = || name.to_owned();
    if !matches!(parameter.kind, ParameterKind::Select { .. } | ParameterKind::Origin {}) {
        return Err(FaultKind::OriginNotSelect { name: name(), kind: parameter.kind.type_name() });
    }
    match owner {
        Owner::Action(action) if !in_form(action, &parameter.name) => {
            return Err(FaultKind::NotInForm { name: name(), action: action.id.clone() });
        }
        Owner::Connection(connection) if !connection.parameters.contains(&parameter.name) => {
            return Err(FaultKind::NotInConnection { name: name(), connection: connection.id.clone() });
        }
        Owner::Action(_) | Owner::Connection(_) => {}
    }
    if !parameter.required && !parameter.has_default() {
        return Err(FaultKind::OriginWithoutValue { name: name() });
    }
    Ok(parameter)
}

fn methods(methods: &[String], path: &str, findings: &mut Findings<'_>) {
    findings.filled(path, methods);
    findings.unique("the method", methods.iter().map(String::as_str), |index| format!("{path}[{index}]"));
    for (index, method) in methods.iter().enumerate() {
        if !METHODS.contains(&method.as_str()) {
            let upper = method.to_ascii_uppercase();
            let kind = FaultKind::UnknownValue {
                value: method.clone(),
                nearest: METHODS.iter().find(|known| **known == upper).map(ToString::to_string),
                known: METHODS.iter().map(ToString::to_string).collect(),
            };
            findings.add(format!("{path}[{index}]"), kind);
        }
    }
}

fn paths(paths: &[String], path: &str, findings: &mut Findings<'_>) {
    findings.filled(path, paths);
    findings.unique("the path", paths.iter().map(String::as_str), |index| format!("{path}[{index}]"));
    for (index, one) in paths.iter().enumerate() {
        if let Err(error) = PathRule::checked(one) {
            let why = error.reason();
            findings.add(format!("{path}[{index}]"), FaultKind::Path { path: one.clone(), why });
        }
    }
}

fn headers(headers: &[String], path: &str, findings: &mut Findings<'_>) {
    let lower: Vec<String> = headers.iter().map(|header| header.to_ascii_lowercase()).collect();
    findings.unique("the header", lower.iter().map(String::as_str), |index| format!("{path}[{index}]"));
    for (index, name) in headers.iter().enumerate() {
        header(name, &format!("{path}[{index}]"), findings);
    }
}

/// Checks the name of a header that carries a credential or is declared.
pub(super) fn header(header: &str, path: &str, findings: &mut Findings<'_>) {
    let token = |one: char| one.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(one);
    if header.is_empty() || !header.chars().all(token) {
        let value = header.escape_debug().to_string();
        findings.add(path, FaultKind::Malformed { value, expected: "the name of a header" });
    } else if RESERVED_HEADERS.contains(&header.to_ascii_lowercase().as_str()) {
        findings.add(path, FaultKind::ReservedHeader { header: header.to_owned() });
    }
}
