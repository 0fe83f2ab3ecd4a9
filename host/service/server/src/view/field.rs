//! Fields of forms: label, help and fault belong together, for the eye and for who listens. Each prints itself. Denied by default:
//! a password is never written back into a page.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::Fault;

/// One choice of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What the form sends.
    pub value: String,
    /// What people read.
    pub title: String,
    /// What it means.
    pub help: Option<String>,
    /// What it belongs to, in a list that is parted.
    pub group: Option<String>,
}

impl Choice {
    /// One choice of several.
    pub fn new(value: impl Into<String>, title: impl Into<String>) -> Self {
        Self { value: value.into(), title: title.into(), help: None, group: None }
    }

    /// With what it belongs to.
    #[must_use]
    pub fn of(mut self, group: impl Into<String>) -> Self {
        self.group = Some(group.into());
        self
    }

    /// With what it means.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// What a field takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A line. The text is the type of HTML: `text`, `number`, `url`, `time`, `date`, `search`.
    Line(&'static str),
    /// A secret, never written back. `autocomplete` tells a password manager which one.
    Secret(&'static str),
    /// Several lines.
    Text,
    /// Yes or no.
    Check,
    /// One of several, from a list.
    Select(Vec<Choice>),
    /// One of several, each to be seen.
    Radio(Vec<Choice>),
    /// Any number of several.
    Checks(Vec<Choice>),
    /// Any number of several, each with a name of its own: that of the field, a dot and the value.
    Boxes(Vec<Choice>),
    /// A file, dropped or chosen. The text are the endings that the browser offers.
    File(&'static str),
}

/// One field.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/field.html")]
pub struct Field {
    /// What the form calls it.
    pub name: String,
    /// What people call it.
    pub label: String,
    /// What it takes.
    pub kind: Kind,
    /// What is in it; of several, what is chosen. `on` is a yes.
    pub values: Vec<String>,
    /// What there is to know.
    pub help: Option<String>,
    /// What is wrong with it.
    pub fault: Option<String>,
    /// Whether the form needs it.
    pub required: bool,
    /// Whether it says of itself that it may be left empty, where the form does not need it.
    pub marked: bool,
    /// Further attributes of HTML: name and value.
    pub attributes: Vec<(&'static str, String)>,
}

impl HtmlSafe for Field {}

impl Field {
    /// A field of some kind.
    pub fn new(kind: Kind, name: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            label: label.into(),
            kind,
            values: Vec::new(),
            help: None,
            fault: None,
            required: false,
            marked: true,
            attributes: Vec::new(),
        }
    }

    /// A line of text.
    pub fn text(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(Kind::Line("text"), name, label)
    }

    /// A secret.
    pub fn secret(name: impl Into<String>, label: impl Into<String>, autocomplete: &'static str) -> Self {
        Self::new(Kind::Secret(autocomplete), name, label)
    }

    /// One of several, from a list.
    pub fn select(name: impl Into<String>, label: impl Into<String>, choices: Vec<Choice>) -> Self {
        Self::new(Kind::Select(choices), name, label)
    }

    /// One of several, each to be seen.
    pub fn radio(name: impl Into<String>, label: impl Into<String>, choices: Vec<Choice>) -> Self {
        Self::new(Kind::Radio(choices), name, label)
    }

    /// Yes or no.
    pub fn check(name: impl Into<String>, label: impl Into<String>, yes: bool) -> Self {
        let field = Self::new(Kind::Check, name, label);
        if yes { field.value("on") } else { field }
    }

    /// With what is in it.
    #[must_use]
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.values = vec![value.into()];
        self
    }

    /// With what is chosen of several.
    #[must_use]
    pub fn values(mut self, values: Vec<String>) -> Self {
        self.values = values;
        self
    }

    /// With what there is to know.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The form needs it.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// One of a bar of filters: none of them is needed, and none has to say so, neither to the eye nor to who listens.
    #[must_use]
    pub fn unmarked(mut self) -> Self {
        self.marked = false;
        self
    }

    /// The box that takes a kept secret away; none where there is none, or where this field is no secret.
    #[must_use]
    pub fn removal(&self, kept: bool) -> Option<Self> {
        let label = format!("Remove the saved value of “{}”", self.label);
        let removal = || Self::check(format!("{}{}", self.name, palisade_orchestrator::REMOVE), label, false);
        (kept && matches!(self.kind, Kind::Secret(_))).then(removal)
    }

    /// With an attribute of HTML.
    #[must_use]
    pub fn attribute(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.attributes.push((name, value.into()));
        self
    }

    /// With what is wrong, if one of these faults is its own.
    #[must_use]
    pub fn faults(mut self, faults: &[Fault]) -> Self {
        self.fault = faults.iter().find(|fault| fault.field == self.name).map(|fault| fault.message.clone());
        self
    }

    fn first(&self) -> &str {
        self.values.first().map_or("", String::as_str)
    }

    /// Choices as a list parts them; those that follow each other and belong together are one part.
    fn parted<'a>(&self, choices: &'a [Choice]) -> Vec<(Option<&'a str>, &'a [Choice])> {
        let parts = choices.chunk_by(|one, next| one.group == next.group);
        parts.map(|part| (part.first().and_then(|choice| choice.group.as_deref()), part)).collect()
    }

    fn chosen(&self, choice: &Choice) -> bool {
        self.values.contains(&choice.value)
    }

    /// What stands beside it, by the names that HTML uses for it.
    fn described(&self) -> String {
        let help = self.help.as_ref().map(|_| format!("{}-help", self.name));
        let fault = self.fault.as_ref().map(|_| format!("{}-fault", self.name));
        help.into_iter().chain(fault).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_written_back() {
        let field = Field::secret("key", "API key", "off").value("TOP-SECRET").to_string();
        assert!(!field.contains("TOP-SECRET"), "{field}");
    }

    #[test]
    fn a_field_says_that_it_may_be_left_empty_unless_all_of_them_may() {
        assert!(Field::text("a", "A").to_string().contains("optional"));
        assert!(!Field::text("a", "A").required().to_string().contains("optional"));
        assert!(!Field::select("a", "A", Vec::new()).unmarked().to_string().contains("optional"));
    }

    #[test]
    fn only_a_secret_that_is_kept_can_be_removed() {
        let secret = Field::secret("setting-key", "Key", "off");
        assert_eq!(secret.removal(true).unwrap().name, "setting-key.remove");
        assert!(secret.removal(false).is_none() && Field::text("a", "A").removal(true).is_none());
    }

    #[test]
    fn help_and_fault_are_tied_to_the_field() {
        let faults = [Fault::new("name", "Give it a <name>.")];
        let field = Field::text("name", "Name").help("As in the log.").faults(&faults).to_string();
        assert!(field.contains(r#"aria-describedby="name-help name-fault""#), "{field}");
        assert!(field.contains(r#"aria-invalid="true""#), "{field}");
        assert!(!field.contains("<name>"), "{field}");
    }
}
