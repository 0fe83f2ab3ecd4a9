//! Sealed secrets and the origins they were entered for. The sealed bytes are bound to both: a secret opens only for the same
//! parameter of the same bundle, and only for origins that it was entered for. A secret of a connection is entered for the origins of
//! all actions of the bundle; one action may use fewer. Denied by default: a secret for any other origin, whichever way that came
//! about (a changed connection, an import, another version of the bundle).

use std::collections::BTreeSet;

use palisade_bundle::{Action, Manifest, Parameter};
use palisade_egress::SecretString;
use palisade_run::Configuration as Resolved;
use palisade_store::{SecretId, SecretRow, Wait as _};

use crate::{Field, Orchestrator, OrchestratorError};

/// Separates what a secret is from where it may go, in the label that is sealed with it. Neither part contains it: names have no
/// spaces, origins neither.
const FOR: &str = " for ";

/// What a secret is and where it may be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Purpose {
    /// The form's field.
    field: String,
    /// What the sealed bytes are bound to.
    label: String,
}

impl Purpose {
    /// A secret parameter of an action, under settings that say where its requests go. A part of an origin that has no value yet
    /// remains a placeholder: giving it a value is a change of the origin.
    pub(crate) fn of_parameter(
        manifest: &Manifest,
        action: &Action,
        settings: &Resolved,
        parameter: &str,
    ) -> Self {
        let origins = palisade_run::secret_origins(manifest, action, settings, parameter);
        Self::new(parameter, &format!("{}/{parameter}", manifest.id), &origins)
    }

    /// The secret of a live collection's connection.
    pub(crate) fn of_collection(origin: &str) -> Self {
        Self::new("secret", "collection", &[origin.to_owned()])
    }

    fn new(field: &str, what: &str, origins: &[String]) -> Self {
        Self { field: field.to_owned(), label: format!("{what}{FOR}{}", origins.join(" ")) }
    }

    /// Refuses a secret that is entered while a part of the origin that it goes to has no value. It would be bound to the open origin,
    /// and have to be entered again once that has one.
    pub(crate) fn check_entered(&self, parameters: &[&Parameter]) -> Result<(), Field> {
        let origins = self.label.split_once(FOR).map_or("", |(_, origins)| origins);
        let mut open: Vec<String> = parameters
            .iter()
            .filter(|parameter| origins.contains(&format!("{{{}}}", parameter.name)))
            .map(|parameter| format!("“{}” (`{}`)", parameter.label, parameter.name))
            .collect();
        if open.is_empty() {
            return Ok(());
        }
        open.dedup();
        let message = format!(
            "set {} first: a secret is kept for the origin that it is sent to, and that origin has no value yet",
            open.join(" and ")
        );
        Err(Field::new(&self.field, message))
    }

    /// Compares with what a sealed secret was entered for.
    fn check(&self, row: &SecretRow) -> Result<(), Field> {
        let ((was, entered), (is, wanted)) = (parts(&row.label), parts(&self.label));
        if was == is && wanted.is_subset(&entered) {
            return Ok(());
        }
        let (then, now) = (origins_in_words(&row.label), origins_in_words(&self.label));
        let message =
            format!("enter this secret again: it was entered for {then}, and would now be used for {now}");
        Err(Field::new(&self.field, message))
    }
}

/// What a label is for, and its origins.
fn parts(label: &str) -> (&str, BTreeSet<&str>) {
    let (what, origins) = label.split_once(FOR).unwrap_or((label, ""));
    (what, origins.split_whitespace().collect())
}

fn origins_in_words(label: &str) -> String {
    let origins: Vec<String> = parts(label).1.into_iter().map(|origin| format!("`{origin}`")).collect();
    if origins.is_empty() { "no origin".to_owned() } else { origins.join(" and ") }
}

impl Orchestrator {
    /// Seals a secret for its purpose and keeps it.
    pub(crate) fn keep_secret(
        &self,
        purpose: &Purpose,
        secret: &SecretString,
    ) -> Result<SecretId, OrchestratorError> {
        let sealed = self.inner.options.vault.seal(&purpose.label, secret)?;
        Ok(self.store().add_secret(&purpose.label, &sealed.key, &sealed.bytes, self.now()).wait()?)
    }

    /// Whether a kept secret may be used for this.
    ///
    /// # Errors
    /// [`OrchestratorError::Invalid`] naming the field if it was entered for something else.
    pub(crate) fn check_purpose(&self, id: SecretId, purpose: &Purpose) -> Result<(), OrchestratorError> {
        purpose
            .check(&self.store().secret(id).wait()?)
            .map_err(|field| OrchestratorError::Invalid(vec![field]))
    }

    /// Opens a kept secret for its purpose.
    ///
    /// # Errors
    /// [`OrchestratorError::Invalid`] naming the field if it was entered for something else.
    pub(crate) fn open_secret(
        &self,
        id: SecretId,
        purpose: &Purpose,
    ) -> Result<SecretString, OrchestratorError> {
        let row = self.store().secret(id).wait()?;
        purpose.check(&row).map_err(|field| OrchestratorError::Invalid(vec![field]))?;
        Ok(self.inner.options.vault.open(&row.label, &row.key, &row.sealed)?)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn kept(label: &str) -> SecretRow {
        let created_at = Timestamp::UNIX_EPOCH;
        SecretRow {
            id: SecretId(1),
            label: label.to_owned(),
            key: String::new(),
            sealed: Vec::new(),
            created_at,
        }
    }

    #[test]
    fn a_secret_serves_the_origins_it_was_entered_for_and_no_others() {
        let origins = |origins: &[&str]| origins.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        let purpose = |of: &[&str]| Purpose::new("api_key", "bundle/api_key", &origins(of));
        let entered = purpose(&["https://a.example", "https://b.example"]);
        let row = kept(&entered.label);
        assert_eq!(entered.check(&row), Ok(()));
        // An action that sends it to fewer origins gives it to nobody new.
        assert_eq!(purpose(&["https://a.example"]).check(&row), Ok(()));
        for other in [
            &["https://evil.example"][..],
            &["https://a.example", "https://evil.example"],
            &["https://a.example", "https://b.example", "https://evil.example"],
            &["{target}"],
        ] {
            assert!(purpose(other).check(&row).is_err(), "{other:?}");
        }
        // The same parameter of another bundle, and a collection's secret, are other secrets.
        let same = origins(&["https://a.example", "https://b.example"]);
        assert!(Purpose::new("api_key", "other/api_key", &same).check(&row).is_err());
        assert!(Purpose::of_collection("https://a.example").check(&row).is_err());
        let field = purpose(&["https://evil.example"]).check(&row).unwrap_err();
        assert_eq!(field.name, "api_key");
        assert_eq!(
            field.message,
            "enter this secret again: it was entered for `https://a.example` and `https://b.example`, and would now be \
             used for `https://evil.example`"
        );
    }
}
