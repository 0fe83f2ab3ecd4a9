//! What a manifest asks for and what its actions do, in words for the operator who is to allow it.

use super::{Effect, EgressAsked, Manifest, RequestPurpose};
use crate::template::Template;

impl EgressAsked {
    /// What is asked for, as one sentence without subject and full stop, for example: send POST requests to
    /// `https://<API Region>/v3.0/threatintel/suspiciousObjects` with the API Key in the header Authorization. Parameters appear
    /// by their labels, which is why the manifest is needed.
    pub fn in_words(&self, manifest: &Manifest) -> String {
        let label =
            |name: &str| manifest.parameter(name).map_or(name.to_owned(), |found| found.label.clone());
        let origin = origin_in_words(&self.origin, label);
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
        if let Some(credential) = &self.credential {
            let name = label(&credential.parameter);
            sentence.push_str(&format!(" with the {name} in the header {}", credential.header));
        }
        if self.purpose == Some(RequestPurpose::ConnectionTest) {
            sentence.push_str(" to test the connection");
        }
        sentence
    }
}

impl Effect {
    /// What it means for the objects of a run, as a sentence without subject and full stop.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Blocks => "blocks objects; protected values are held back from it",
            Self::Exempts => "exempts objects from blocking",
            Self::Other => "neither blocks objects nor exempts them",
        }
    }
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
