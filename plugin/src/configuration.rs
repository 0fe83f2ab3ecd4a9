//! The configuration of one action, read from the host's settings.
//!
//! There are no defaults here: the manifest is the one place for labels, options and defaults, and the host fills them
//! in. A parameter that is missing, unknown, doubled, of another type or without a known option is a problem.

use crate::contract::{Problem, quoted};
use crate::item::{RiskLevel, ScanAction};

/// The id of *Add to Blocklist*.
pub const ADD_TO_BLOCKLIST: &str = "add-to-blocklist";
/// The id of *Add to Exception List*.
pub const ADD_TO_EXCEPTION_LIST: &str = "add-to-exception-list";

/// The value of one setting, as far as the two actions use `palisade:action/model.value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `text` or `select` in the manifest: an option is given by its value.
    Text(String),
    /// `integer` in the manifest.
    Integer(i64),
    /// `flag` in the manifest.
    Flag(bool),
    /// A value of another type, by a description of the type.
    Other(&'static str),
}

/// One parameter with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The parameter's name in the manifest.
    pub name: String,
    /// Its value.
    pub value: Value,
}

/// What is done with a URL that has no scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemeHandling {
    /// `http://` is put in front.
    Http,
    /// `https://` is put in front.
    Https,
    /// Two submissions, one with each.
    Both,
    /// The object is skipped.
    Skip,
}

/// Where `riskLevel` comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RiskRule {
    /// From the object's score.
    Score,
    /// The same for all objects.
    Fixed(RiskLevel),
    /// The field is left out: the tenant decides.
    CustomerSettings,
}

/// One of the tenant's two lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ListName {
    /// The Suspicious Object List.
    Block,
    /// The Exception List.
    Exceptions,
}

impl ListName {
    /// The API's path for adding to the list and for reading it.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Block => "/v3.0/threatintel/suspiciousObjects",
            Self::Exceptions => "/v3.0/threatintel/suspiciousObjectExceptions",
        }
    }

    /// The list's name in messages.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Block => "block list",
            Self::Exceptions => "exception list",
        }
    }
}

/// Which list, with what only the block list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// The Suspicious Object List.
    Block {
        /// `scanAction`, left out where `None`.
        scan_action: Option<ScanAction>,
        /// Where `riskLevel` comes from.
        risk: RiskRule,
        /// `daysToExpiration`: −1 for never, left out where `None`.
        days_to_expiration: Option<i16>,
    },
    /// The Exception List.
    Exceptions,
}

impl List {
    /// Which of the two it is.
    pub const fn name(self) -> ListName {
        match self {
            Self::Block { .. } => ListName::Block,
            Self::Exceptions => ListName::Exceptions,
        }
    }

    /// The API's path for adding to the list.
    pub const fn path(self) -> &'static str {
        self.name().path()
    }
}

/// The configuration of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configuration {
    /// Host name of the region's API.
    pub api_host: String,
    /// For URLs without a scheme.
    pub scheme_handling: SchemeHandling,
    /// Which list.
    pub list: List,
}

/// Why there is no configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unusable {
    /// The bundle has no action of this id.
    UnknownAction,
    /// Each problem names its parameter.
    Problems(Vec<Problem>),
}

/// Reads the settings of the action `action_id`.
///
/// # Errors
///
/// [`Unusable::UnknownAction`], or all problems at once with the codes `missing-parameter`, `unknown-parameter`,
/// `duplicate-parameter`, `wrong-type` and `unknown-option`.
pub fn read(action_id: &str, settings: &[Setting]) -> Result<Configuration, Unusable> {
    let block = match action_id {
        ADD_TO_BLOCKLIST => true,
        ADD_TO_EXCEPTION_LIST => false,
        _ => return Err(Unusable::UnknownAction),
    };
    let mut reader = Reader::new(settings);
    let api_host = reader.choice("api_region", "the host name of a Vision One API", |value| {
        is_host_name(value).then(|| value.to_owned())
    });
    let scheme_handling =
        reader.choice("url_scheme", "`http`, `https`, `both` or `skip`", |value| match value {
            "http" => Some(SchemeHandling::Http),
            "https" => Some(SchemeHandling::Https),
            "both" => Some(SchemeHandling::Both),
            "skip" => Some(SchemeHandling::Skip),
            _ => None,
        });
    reader.for_the_host("objects_per_run");
    let list = if block { reader.block_list() } else { Some(List::Exceptions) };
    let problems = reader.finish();
    match (api_host, scheme_handling, list) {
        (Some(api_host), Some(scheme_handling), Some(list)) if problems.is_empty() => {
            Ok(Configuration { api_host, scheme_handling, list })
        }
        _ => Err(Unusable::Problems(problems)),
    }
}

/// Looks settings up by name and collects what is wrong with them.
pub(crate) struct Reader<'a> {
    settings: &'a [Setting],
    known: Vec<&'static str>,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(settings: &'a [Setting]) -> Self {
        Self { settings, known: Vec::new(), problems: Vec::new() }
    }

    /// A text that may be missing; an empty one is.
    pub(crate) fn text(&mut self, name: &'static str) -> Option<String> {
        match self.find(name)? {
            Value::Text(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            other => {
                self.wrong_type(name, other, "a text");
                None
            }
        }
    }

    /// A whole number from 0 that may be missing.
    pub(crate) fn number(&mut self, name: &'static str) -> Option<u64> {
        let value = self.find(name)?;
        let number = if let Value::Integer(number) = value { u64::try_from(*number).ok() } else { None };
        if number.is_none() {
            self.wrong_type(name, value, "a whole number from 0");
        }
        number
    }

    /// All problems. A setting that was not asked for is one.
    pub(crate) fn finish(mut self) -> Vec<Problem> {
        self.refuse_unknown();
        self.problems
    }

    fn wrong_type(&mut self, name: &str, value: &Value, expected: &str) {
        let message = format!("parameter `{name}` is {}; it takes {expected}", described(value));
        self.problems.push(Problem::new("wrong-type", message));
    }

    fn find(&mut self, name: &'static str) -> Option<&'a Value> {
        self.known.push(name);
        let mut found = self.settings.iter().filter(|setting| setting.name == name);
        let first = found.next();
        if found.next().is_some() {
            self.problems.push(Problem::new(
                "duplicate-parameter",
                format!("parameter `{name}` is given more than once"),
            ));
        }
        first.map(|setting| &setting.value)
    }

    pub(crate) fn choice<T>(
        &mut self,
        name: &'static str,
        expected: &str,
        understand: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let problem = match self.find(name) {
            None => Problem::new(
                "missing-parameter",
                format!("parameter `{name}` is missing; it takes {expected}"),
            ),
            Some(Value::Text(value)) => match understand(value) {
                Some(understood) => return Some(understood),
                None => Problem::new(
                    "unknown-option",
                    format!("parameter `{name}` has the value {}; it takes {expected}", quoted(value)),
                ),
            },
            Some(other) => Problem::new(
                "wrong-type",
                format!("parameter `{name}` is {}; it takes one of its options", described(other)),
            ),
        };
        self.problems.push(problem);
        None
    }

    fn block_list(&mut self) -> Option<List> {
        let scan_action =
            self.choice("scan_action", "`block`, `log` or `customer-settings`", |value| match value {
                "block" => Some(Some(ScanAction::Block)),
                "log" => Some(Some(ScanAction::Log)),
                "customer-settings" => Some(None),
                _ => None,
            });
        let risk = self.choice(
            "risk_level",
            "`threatq-score`, `high`, `medium`, `low` or `customer-settings`",
            |value| match value {
                "threatq-score" => Some(RiskRule::Score),
                "high" => Some(RiskRule::Fixed(RiskLevel::High)),
                "medium" => Some(RiskRule::Fixed(RiskLevel::Medium)),
                "low" => Some(RiskRule::Fixed(RiskLevel::Low)),
                "customer-settings" => Some(RiskRule::CustomerSettings),
                _ => None,
            },
        );
        let days_to_expiration = self.choice(
            "ioc_expiration",
            "`7`, `15`, `30`, `45`, `60`, `75`, `90`, `never` or `customer-settings`",
            |value| match value {
                "7" => Some(Some(7)),
                "15" => Some(Some(15)),
                "30" => Some(Some(30)),
                "45" => Some(Some(45)),
                "60" => Some(Some(60)),
                "75" => Some(Some(75)),
                "90" => Some(Some(90)),
                "never" => Some(Some(-1)),
                "customer-settings" => Some(None),
                _ => None,
            },
        );
        Some(List::Block { scan_action: scan_action?, risk: risk?, days_to_expiration: days_to_expiration? })
    }

    /// A parameter that only the host acts upon: how many objects it offers is none of the action's business.
    pub(crate) fn for_the_host(&mut self, name: &'static str) {
        if let Some(value) = self.find(name)
            && !matches!(value, Value::Integer(_))
        {
            self.wrong_type(name, value, "a whole number");
        }
    }

    fn refuse_unknown(&mut self) {
        for setting in self.settings.iter().filter(|setting| !self.known.contains(&setting.name.as_str())) {
            // The value stays out of the message: a parameter that does not belong here may be a credential.
            self.problems.push(Problem::new(
                "unknown-parameter",
                format!("parameter {} does not belong to this action", quoted(&setting.name)),
            ));
        }
    }
}

fn described(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("the text {}", quoted(text)),
        Value::Integer(number) => format!("the whole number `{number}`"),
        Value::Flag(flag) => format!("the flag `{flag}`"),
        Value::Other(kind) => (*kind).to_owned(),
    }
}

/// A dotted name of letters, digits and hyphens: nothing that could bring a port, a path or a user into the request.
pub(crate) fn is_host_name(value: &str) -> bool {
    value.contains('.')
        && value.len() <= crate::limits::DOMAIN_CHARACTERS
        && value.split('.').all(|label| {
            !label.is_empty()
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
}

#[cfg(test)]
mod tests;
