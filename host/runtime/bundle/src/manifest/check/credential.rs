//! The rules of credentials: which parameters they consist of, and where they go.

use super::super::fault::FaultKind;
use super::super::{ConnectionAsked, CredentialAsked, Manifest, ParameterKind};
use super::actions::unknown_parameter;
use super::{Findings, egress};
use crate::template::Template;
use palisade_grant::PathRule;

/// Checks the credential of a connection.
pub(super) fn check(
    asked: &CredentialAsked,
    connection: &ConnectionAsked,
    manifest: &Manifest,
    path: &str,
    findings: &mut Findings<'_>,
) {
    let check = Checker { connection, manifest };
    match asked {
        CredentialAsked::Headers(headers) => {
            let path = format!("{path}.headers");
            findings.filled(&path, headers);
            let lower: Vec<String> = headers.iter().map(|one| one.name.to_ascii_lowercase()).collect();
            findings.unique("the header", lower.iter().map(String::as_str), |index| {
                format!("{path}[{index}].name")
            });
            for (index, header) in headers.iter().enumerate() {
                egress::header(&header.name, &format!("{path}[{index}].name"), findings);
                check.format(&header.format, &format!("{path}[{index}].format"), findings);
            }
        }
        CredentialAsked::Basic(basic) => {
            check.text_or_secret(&basic.user, &format!("{path}.basic.user"), findings);
            check.secret(&basic.password, &format!("{path}.basic.password"), findings);
        }
        CredentialAsked::Query(query) => {
            if query.name.is_empty()
                || !query.name.chars().all(|one| one.is_ascii_alphanumeric() || "-._".contains(one))
            {
                let value = query.name.escape_debug().to_string();
                let expected = "the name of a query parameter: letters, digits, `-`, `.` and `_`";
                findings.add(format!("{path}.query.name"), FaultKind::Malformed { value, expected });
            }
            check.secret(&query.parameter, &format!("{path}.query.parameter"), findings);
        }
        CredentialAsked::Oauth2ClientCredentials(oauth) => {
            let path = format!("{path}.oauth2_client_credentials");
            let owner = egress::Owner::Connection(connection);
            egress::origin(&oauth.token_origin, owner, manifest, &format!("{path}.token_origin"), findings);
            let at = format!("{path}.token_path");
            match PathRule::checked(&oauth.token_path) {
                Err(error) => {
                    findings.add(at, FaultKind::Path { path: oauth.token_path.clone(), why: error.reason() });
                }
                Ok(_) if oauth.token_path.contains(['*', '{']) => {
                    let why = "a token is requested at one path, without `*` and placeholders";
                    findings.add(at, FaultKind::Path { path: oauth.token_path.clone(), why });
                }
                Ok(_) => {}
            }
            check.text_or_secret(&oauth.client_id, &format!("{path}.client_id"), findings);
            check.secret(&oauth.client_secret, &format!("{path}.client_secret"), findings);
            if let Some(scope) = &oauth.scope {
                findings.shown(format!("{path}.scope"), scope);
            }
        }
        CredentialAsked::PathSegment(segment) => {
            check.format(&segment.format, &format!("{path}.path_segment.format"), findings);
        }
    }
}

struct Checker<'a> {
    connection: &'a ConnectionAsked,
    manifest: &'a Manifest,
}

impl Checker<'_> {
    /// A parameter of the connection that is a secret.
    fn secret(&self, name: &str, path: &str, findings: &mut Findings<'_>) {
        self.of_kind(name, path, findings, |kind| matches!(kind, ParameterKind::Secret {}));
    }

    /// A parameter of the connection that is a text or a secret.
    fn text_or_secret(&self, name: &str, path: &str, findings: &mut Findings<'_>) {
        let fits =
            |kind: &ParameterKind| matches!(kind, ParameterKind::Secret {} | ParameterKind::Text { .. });
        self.of_kind(name, path, findings, fits);
    }

    fn of_kind(
        &self,
        name: &str,
        path: &str,
        findings: &mut Findings<'_>,
        fits: impl Fn(&ParameterKind) -> bool,
    ) {
        match self.manifest.parameter(name) {
            None => findings.add(path, unknown_parameter(name, self.manifest)),
            Some(parameter) if !fits(&parameter.kind) => {
                let kind = parameter.kind.type_name();
                findings.add(path, FaultKind::CredentialNotSecret { name: name.to_owned(), kind });
            }
            Some(_) if !self.connection.parameters.iter().any(|own| own == name) => {
                let connection = self.connection.id.clone();
                findings.add(path, FaultKind::NotInConnection { name: name.to_owned(), connection });
            }
            Some(_) => {}
        }
    }

    /// A text with the name of one secret in braces.
    fn format(&self, format: &str, path: &str, findings: &mut Findings<'_>) {
        let template = match Template::parse(format) {
            Ok(template) => template,
            Err(error) => return findings.add(path, FaultKind::Template(error)),
        };
        let names: Vec<&str> = template.names().collect();
        let [name] = names.as_slice() else {
            return findings.add(path, FaultKind::CredentialFormat { format: format.to_owned() });
        };
        if !format.chars().all(|one| one == ' ' || one.is_ascii_graphic()) {
            let value = format.escape_debug().to_string();
            let expected = "the value of a header: printable ASCII";
            return findings.add(path, FaultKind::Malformed { value, expected });
        }
        self.secret(name, path, findings);
    }
}
