//! What a manifest declares that an action gives back: outputs with their types, files with their limits, and where links to files may
//! lead. Denied by default: what is not declared ends the activation, or is not downloaded.

use std::collections::BTreeMap;

use palisade_bundle::{Action, OutputType};
use palisade_engine::contract;
use palisade_limits as limits;

/// What an action declares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Declared {
    /// By name: the type, and whether the value is sensitive.
    outputs: BTreeMap<String, (OutputType, bool)>,
    /// By media type: the most bytes.
    artefacts: BTreeMap<String, u64>,
    /// Hosts to which links lead: exact, or `*.` and a domain.
    links: Vec<String>,
}

impl Declared {
    /// What an action declares. `part` gives the value of a parameter that a host refers to.
    pub(crate) fn of<'value>(action: &Action, part: impl Fn(&str) -> Option<&'value str>) -> Self {
        let returns = &action.returns;
        let outputs = returns.outputs.iter();
        let artefacts = returns.artefacts.iter();
        let hosts = action.links.iter().flat_map(|link| &link.hosts);
        let hosts =
            hosts.filter_map(|host| match host.strip_prefix('{').and_then(|host| host.strip_suffix('}')) {
                Some(parameter) => part(parameter),
                None => Some(host.as_str()),
            });
        Self {
            outputs: outputs.map(|output| (output.name.clone(), (output.r#type, output.sensitive))).collect(),
            artefacts: artefacts
                .map(|artefact| {
                    (artefact.media_type.clone(), artefact.most_bytes.min(limits::ARTEFACT_BYTES))
                })
                .collect(),
            links: hosts.map(str::to_ascii_lowercase).collect(),
        }
    }

    /// What is wrong with an output; nothing if it is declared with this type.
    pub(crate) fn fault_of(&self, name: &str, value: &contract::Value) -> Option<String> {
        let Some((declared, _)) = self.outputs.get(name) else {
            return Some(format!("`{name}` is not declared in the manifest"));
        };
        let fits = matches!(
            (declared, value),
            (OutputType::Text, contract::Value::Text(_))
                | (OutputType::Integer, contract::Value::Integer(_))
                | (OutputType::Decimal, contract::Value::Decimal(_))
                | (OutputType::Flag, contract::Value::Flag(_))
                | (OutputType::At, contract::Value::At(_))
                | (OutputType::Texts, contract::Value::Texts(_))
                | (OutputType::Json, contract::Value::Json(_))
        );
        (!fits).then(|| format!("`{name}` has another type than the manifest declares"))
    }

    /// Whether the value of an output is neither kept nor shown.
    pub(crate) fn is_sensitive(&self, name: &str) -> bool {
        self.outputs.get(name).is_none_or(|(_, sensitive)| *sensitive)
    }

    /// The most bytes of a file of this media type; nothing if it is not declared.
    pub(crate) fn most_bytes(&self, media_type: &str) -> Option<u64> {
        self.artefacts.get(media_type).copied()
    }

    /// Whether a link may lead to this host.
    pub(crate) fn leads_to(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        self.links.iter().any(|link| match link.strip_prefix("*.") {
            Some(domain) => {
                host.strip_suffix(domain).is_some_and(|below| below.len() > 1 && below.ends_with('.'))
            }
            None => *link == host,
        })
    }

    /// For tests: outputs of type `text`, those in the second list sensitive; and archives.
    #[cfg(test)]
    pub(crate) fn texts(names: &[&str], sensitive: &[&str]) -> std::sync::Arc<Self> {
        let output = |is_sensitive| move |name: &&str| ((*name).to_owned(), (OutputType::Text, is_sensitive));
        let outputs = names.iter().map(output(false)).chain(sensitive.iter().map(output(true)));
        std::sync::Arc::new(Self {
            outputs: outputs.collect(),
            artefacts: BTreeMap::from([("application/zip".to_owned(), 1_000)]),
            links: vec!["files.example.com".to_owned(), "*.example.net".to_owned()],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_declared_hosts_and_below_declared_domains() {
        let declared = Declared::texts(&[], &[]);
        for (host, allowed) in [
            ("files.example.com", true),
            ("FILES.example.com", true),
            ("a.files.example.com", false),
            ("a.example.net", true),
            ("a.b.example.net", true),
            ("example.net", false),
            ("aexample.net", false),
            (".example.net", false),
            ("example.net.evil.example", false),
        ] {
            assert_eq!(declared.leads_to(host), allowed, "{host}");
        }
    }

    #[test]
    fn an_output_has_the_type_that_is_declared() {
        let declared = Declared::texts(&["task"], &["key"]);
        let text = contract::Value::Text("x".to_owned());
        assert_eq!(declared.fault_of("task", &text), None);
        assert!(declared.fault_of("task", &contract::Value::Integer(1)).unwrap().contains("another type"));
        assert!(declared.fault_of("other", &text).unwrap().contains("not declared"));
        assert!(
            declared.is_sensitive("key") && declared.is_sensitive("other") && !declared.is_sensitive("task")
        );
        assert_eq!(
            (declared.most_bytes("application/zip"), declared.most_bytes("text/csv")),
            (Some(1_000), None)
        );
    }
}
