//! Somebody else has saved in the meantime: what is saved now beside what was entered, so that nobody overwrites a change unseen.

use askama::Template;
use askama::filters::HtmlSafe;

use super::Moment;

/// One field that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Its label.
    pub label: String,
    /// What is saved now.
    pub saved: String,
    /// What was entered.
    pub entered: String,
}

impl Difference {
    /// The fields of two lists that differ. A field that only one of them has is empty in the other.
    #[must_use]
    pub fn between(saved: &[(String, String)], entered: &[(String, String)]) -> Vec<Self> {
        let value = |list: &[(String, String)], label: &str| {
            let found = list.iter().find(|(name, _)| name == label);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let new = entered.iter().filter(|(label, _)| saved.iter().all(|(known, _)| known != label));
        let labels = saved.iter().chain(new).map(|(label, _)| label.clone());
        labels
            .map(|label| Self { saved: value(saved, &label), entered: value(entered, &label), label })
            .filter(|difference| difference.saved != difference.entered)
            .collect()
    }
}

/// The notice above a form that was not saved, because what it edits has changed. The form below it holds what was entered and the
/// current version: saving again overwrites the current one. Prints itself.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/conflict.html")]
pub struct Conflict {
    /// What was edited: `This workflow`.
    pub what: &'static str,
    /// When somebody else saved it, if that is known.
    pub when: Option<Moment>,
    /// The fields that differ.
    pub differences: Vec<Difference>,
    /// Where the current version is, without what was entered.
    pub reload: String,
}

impl HtmlSafe for Conflict {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_shown_and_nothing_else() {
        let list = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(label, value)| ((*label).to_owned(), (*value).to_owned())).collect()
        };
        let saved = list(&[("Name", "Nightly"), ("Enabled", "on"), ("Action 1", "Block")]);
        let entered = list(&[("Name", "Weekly"), ("Enabled", "on"), ("Action 2", "Exempt")]);
        let differences = Difference::between(&saved, &entered);
        let shown: Vec<[&str; 3]> = differences
            .iter()
            .map(|one| [one.label.as_str(), one.saved.as_str(), one.entered.as_str()])
            .collect();
        assert_eq!(
            shown,
            [["Name", "Nightly", "Weekly"], ["Action 1", "Block", ""], ["Action 2", "", "Exempt"]]
        );
    }
}
