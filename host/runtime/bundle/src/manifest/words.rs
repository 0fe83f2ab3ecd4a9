//! What a manifest asks for and what its actions do, in words for the operator who is to allow it.

use super::{
    Action, ActionChanges, ApprovalAsked, ConnectionAsked, CredentialAsked, Effect, EgressAsked, Manifest,
    TestAsked, WaitsAsked,
};
use crate::template::Template;

impl EgressAsked {
    /// What is asked for, as one sentence without subject and full stop, for example: send POST requests to
    /// `https://<API Region>/v3.0/threatintel/suspiciousObjects` with the API Key in the header Authorization. Parameters appear
    /// by their labels, which is why the manifest is needed.
    pub fn in_words(&self, manifest: &Manifest) -> String {
        let origin = origin_in_words(manifest.origin_of(self), |name| label(manifest, name));
        let targets: Vec<String> = self
            .paths
            .iter()
            .map(|path| match path.strip_suffix('*') {
                Some(prefix) => format!("everything below {origin}{prefix}"),
                None => format!("{origin}{path}"),
            })
            .collect();
        let nothing = if self.changes { "" } else { " that change nothing" };
        let mut sentence =
            format!("send {} requests{nothing} to {}", listed(&self.methods), listed(&targets));
        if let Some(credential) = manifest.credential_of(self) {
            sentence.push_str(&format!(" with {}", credential.in_words(manifest)));
        }
        sentence
    }
}

impl CredentialAsked {
    /// What is sent, and where in the request, for example: the API Key in the header Authorization.
    pub fn in_words(&self, manifest: &Manifest) -> String {
        let label = |name: &str| label(manifest, name);
        match self {
            Self::Headers(headers) => {
                let header =
                    |(name, header): (&str, &str)| format!("the {} in the header {header}", label(name));
                let pairs =
                    self.parameters().into_iter().zip(headers.iter().map(|header| header.name.as_str()));
                listed(&pairs.map(header).collect::<Vec<_>>())
            }
            Self::Basic(basic) => {
                format!(
                    "the {} and the {} in the header Authorization",
                    label(&basic.user),
                    label(&basic.password)
                )
            }
            Self::Query(query) => {
                format!("the {} in the query parameter {}", label(&query.parameter), query.name)
            }
            Self::Oauth2ClientCredentials(oauth) => {
                let origin = origin_in_words(&oauth.token_origin, label);
                format!(
                    "an access token in the header Authorization, which {origin}{} issues for the {} and the {}",
                    oauth.token_path,
                    label(&oauth.client_id),
                    label(&oauth.client_secret)
                )
            }
            Self::PathSegment(_) => {
                let name = self.parameters().first().map(|name| label(name)).unwrap_or_default();
                format!("the {name} in the path")
            }
        }
    }
}

impl TestAsked {
    /// What the host sends to test the connection, as one sentence without subject and full stop.
    pub fn in_words(&self, connection: &ConnectionAsked, manifest: &Manifest) -> String {
        let origin = origin_in_words(&connection.origin, |name| label(manifest, name));
        let query = self.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        let with = connection
            .credential
            .as_ref()
            .map(|credential| format!(" with {}", credential.in_words(manifest)));
        format!(
            "send {} {origin}{}{query}{} to test the connection; it proves: {}",
            self.method,
            self.path,
            with.unwrap_or_default(),
            self.proves.trim().trim_end_matches('.')
        )
    }
}

impl Action {
    /// What the action says of itself beside its requests, each as a sentence without subject and full stop.
    pub fn facts_in_words(&self, manifest: &Manifest) -> Vec<String> {
        let mut facts = vec![self.effect.in_words().to_owned(), self.changes.in_words().to_owned()];
        if let Some(other) = self.reversible_by.as_deref().and_then(|id| manifest.action(id)) {
            facts.push(format!("can be reversed by “{}” ({})", other.title, other.id));
        }
        if let Some(words) = self.approval().in_words() {
            facts.push(words.to_owned());
        }
        if let Some(means) = &self.accepted_means {
            facts.push(format!("“accepted” means: {}", means.trim()));
        }
        if let Some(waits) = &self.waits {
            facts.push(waits.in_words());
        }
        if let Some(feed) = &self.feed {
            facts.push(format!("runs automatically, usually every {}", time(feed.usual_seconds)));
        }
        let outputs: Vec<String> = self.returns.outputs.iter().map(|output| output.name.clone()).collect();
        let objects: Vec<String> = self.returns.objects.iter().map(|objects| objects.kind.clone()).collect();
        let artefacts: Vec<String> =
            self.returns.artefacts.iter().map(|artefact| artefact.media_type.clone()).collect();
        for (what, list) in [("objects", objects), ("for each object", outputs), ("files", artefacts)] {
            if !list.is_empty() {
                facts.push(format!("returns {what}: {}", list.join(", ")));
            }
        }
        for link in &self.links {
            facts.push(format!("downloads from {}: {}", listed(&link.hosts), link.reason.trim()));
        }
        facts
    }
}

impl Effect {
    /// What it means for the objects of a run, as a sentence without subject and full stop.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Blocks => "blocks objects; protected values are held back from it",
            Self::Exempts => "exempts objects from blocking",
            Self::Contains => "cuts off objects; protected ones are held back from it",
            Self::Other => "neither blocks objects nor exempts them",
        }
    }
}

impl ActionChanges {
    /// As a sentence without subject and full stop.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::None => "changes nothing about its objects",
            Self::Reversible => "makes changes that can be reversed",
            Self::Lasting => "makes changes that cannot be reversed",
        }
    }
}

impl ApprovalAsked {
    /// As a sentence without subject and full stop; nothing if there is nothing to say.
    pub fn in_words(self) -> Option<&'static str> {
        match self {
            Self::Never => None,
            Self::Advised => Some("should be approved by a second person"),
            Self::Required => Some("requires the approval of a second person"),
        }
    }
}

impl WaitsAsked {
    /// As a sentence without subject and full stop.
    pub fn in_words(&self) -> String {
        format!(
            "waits for the service: usually {}, {} at most",
            time(self.usual_seconds),
            time(self.longest_seconds)
        )
    }
}

/// A length of time in its largest whole unit.
fn time(seconds: u64) -> String {
    let units = [(86_400, "d"), (3_600, "h"), (60, "min")];
    let unit = units.into_iter().find(|(length, _)| seconds >= *length && seconds.is_multiple_of(*length));
    unit.map_or_else(|| format!("{seconds} s"), |(length, unit)| format!("{} {unit}", seconds / length))
}

/// The label of a parameter, or its name if there is no such parameter.
fn label(manifest: &Manifest, name: &str) -> String {
    manifest.parameter(name).map_or(name.to_owned(), |found| found.label.clone())
}

/// The origin with `<label>` in the place of each name.
fn origin_in_words(origin: &str, label: impl Fn(&str) -> String) -> String {
    let Ok(template) = Template::parse(origin) else {
        return origin.to_owned();
    };
    template.names().fold(origin.to_owned(), |text, name| {
        text.replace(&format!("{{{name}}}"), &format!("<{}>", label(name)))
    })
}

/// The items with commas, and `and` before the last.
fn listed(items: &[String]) -> String {
    match items {
        [] => "nothing".to_owned(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::listed;

    #[test]
    fn lists_read_as_people_write_them() {
        let items = ["GET", "POST", "PUT"].map(str::to_owned);
        assert_eq!(listed(&items), "GET, POST and PUT");
        assert_eq!(listed(&items[..2]), "GET and POST");
        assert_eq!(listed(&items[..1]), "GET");
        assert_eq!(listed(&[]), "nothing");
    }
}
