//! The rules of connections: what belongs to them, where they lead, and the requests that test them.

use super::super::fault::FaultKind;
use super::super::{ConnectionAsked, CredentialAsked, Manifest, TestAsked};
use super::actions::unknown_parameter;
use super::{Findings, ID, credential, egress};
use crate::nearest;
use crate::template::is_id;
use palisade_grant::{CREDENTIAL_SEGMENT, PathRule};

/// The methods of requests that test a connection.
const TEST_METHODS: [&str; 2] = ["GET", "HEAD"];

/// Checks all connections, that each is used, and that each secret belongs to one.
pub(super) fn check(manifest: &Manifest, findings: &mut Findings<'_>) {
    let connections = &manifest.connections;
    findings.unique("the connection", connections.iter().map(|one| one.id.as_str()), |index| {
        format!("connections[{index}].id")
    });
    let mut owned: Vec<&str> = Vec::new();
    for (index, connection) in connections.iter().enumerate() {
        let path = format!("connections[{index}]");
        if !is_id(&connection.id) {
            let kind = FaultKind::Malformed { value: connection.id.clone(), expected: ID };
            findings.add(format!("{path}.id"), kind);
        }
        findings.shown(format!("{path}.label"), &connection.label);
        findings.filled(format!("{path}.parameters"), &connection.parameters);
        for (index, name) in connection.parameters.iter().enumerate() {
            let path = format!("{path}.parameters[{index}]");
            if manifest.parameter(name).is_none() {
                findings.add(path, unknown_parameter(name, manifest));
            } else if owned.contains(&name.as_str()) {
                findings.add(path, FaultKind::Duplicate { what: "the parameter", value: name.clone() });
            }
            owned.push(name);
        }
        let of_connection = egress::Owner::Connection(connection);
        egress::origin(&connection.origin, of_connection, manifest, &format!("{path}.origin"), findings);
        if let Some(asked) = &connection.credential {
            credential::check(asked, connection, manifest, &format!("{path}.credential"), findings);
        }
        for (index, test) in connection.tests.iter().enumerate() {
            one_test(test, connection, &format!("{path}.tests[{index}]"), findings);
        }
        let uses = |asked: &super::super::EgressAsked| asked.connection.as_ref() == Some(&connection.id);
        if !manifest.actions.iter().flat_map(|action| &action.egress).any(uses) {
            findings.add(format!("{path}.id"), FaultKind::UnusedConnection { name: connection.id.clone() });
        }
    }
    for (index, parameter) in manifest.parameters.iter().enumerate() {
        let carried = |connection: &ConnectionAsked| {
            let credential = connection.credential.as_ref();
            credential.is_some_and(|asked| asked.parameters().contains(&parameter.name.as_str()))
        };
        if parameter.is_secret() && !connections.iter().any(carried) {
            let kind = FaultKind::SecretOutsideConnection { name: parameter.name.clone() };
            findings.add(format!("parameters[{index}].name"), kind);
        }
    }
}

/// Checks a request that tests a connection.
fn one_test(test: &TestAsked, connection: &ConnectionAsked, path: &str, findings: &mut Findings<'_>) {
    if !TEST_METHODS.contains(&test.method.as_str()) {
        let upper = test.method.to_ascii_uppercase();
        let kind = FaultKind::UnknownValue {
            value: test.method.clone(),
            nearest: TEST_METHODS.iter().find(|known| **known == upper).map(ToString::to_string),
            known: TEST_METHODS.iter().map(ToString::to_string).collect(),
        };
        findings.add(format!("{path}.method"), kind);
    }
    let at = format!("{path}.path");
    match PathRule::checked(&test.path) {
        Err(error) => findings.add(at, FaultKind::Path { path: test.path.clone(), why: error.reason() }),
        Ok(_) if test.path.contains(['*', '{']) => {
            let why = "a test requests one path, without `*` and placeholders";
            findings.add(at, FaultKind::Path { path: test.path.clone(), why });
        }
        Ok(_) => carries_segment(&test.path, connection, &at, findings),
    }
    let allowed = |one: char| one.is_ascii_graphic() && one != '#';
    if let Some(query) = &test.query
        && (query.is_empty() || query.starts_with('?') || !query.chars().all(allowed))
    {
        let value = query.escape_debug().to_string();
        let expected = "a query: without `?`, spaces and `#`";
        findings.add(format!("{path}.query"), FaultKind::Malformed { value, expected });
    }
    findings.filled(format!("{path}.expect"), &test.expect);
    for (index, status) in test.expect.iter().enumerate() {
        // These two say that the credential is refused: no test can prove anything with them.
        if !(200..600).contains(status) || [401, 403].contains(status) {
            let expected = "a status from 200 to 599 other than 401 and 403";
            let kind = FaultKind::Malformed { value: status.to_string(), expected };
            findings.add(format!("{path}.expect[{index}]"), kind);
        }
    }
    findings.shown(format!("{path}.proves"), &test.proves);
}

/// Checks that a path has a place for the credential if, and only if, that goes into the path.
pub(super) fn carries_segment(
    request: &str,
    connection: &ConnectionAsked,
    path: &str,
    findings: &mut Findings<'_>,
) {
    let places = request.split('/').filter(|segment| *segment == CREDENTIAL_SEGMENT).count();
    let wanted = usize::from(matches!(connection.credential, Some(CredentialAsked::PathSegment(_))));
    if places != wanted {
        findings.add(path, FaultKind::CredentialSegment { path: request.to_owned(), wanted });
    }
}

/// The fault of a reference to a connection that does not exist.
pub(super) fn unknown_connection(name: &str, manifest: &Manifest) -> FaultKind {
    let ids = manifest.connections.iter().map(|connection| &connection.id);
    FaultKind::UnknownConnection { name: name.to_owned(), nearest: nearest(name, ids).map(str::to_owned) }
}
