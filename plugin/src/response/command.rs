//! From an object and the settings to the command that the service gets, or to why it gets none.

use std::rc::Rc;

use serde_json::{Map, Value};

use super::action::{Details, ResponseAction, Subject};
use super::settings::ResponseSettings;
use crate::configuration::{Configuration, List, SchemeHandling};
use crate::contract::{Offered, Problem, Verdict, quoted};
use crate::limits;
use crate::map::{Mapping, map};

/// One command, without its description.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// The API's name of what identifies the subject.
    pub field: &'static str,
    /// Its value.
    pub value: Rc<str>,
    /// The fields of the command.
    pub body: Map<String, Value>,
}

const AGENT: &str = "agentGuid";
const ENDPOINT: &str = "endpointName";

impl Command {
    fn new(field: &'static str, value: &str) -> Self {
        let body = Map::from_iter([(field.to_owned(), Value::from(value))]);
        Self { field, value: Rc::from(value), body }
    }

    /// The name of the endpoint, if only that is known of it.
    pub fn endpoint_name(&self) -> Option<&str> {
        (self.field == ENDPOINT).then_some(&*self.value)
    }

    /// The command for the agent with this GUID. A name may belong to another endpoint by the time the service looks it up.
    pub fn address_agent(&mut self, guid: &str) {
        self.body.remove(self.field);
        self.body.insert(AGENT.to_owned(), Value::from(guid));
        self.field = AGENT;
        self.value = Rc::from(guid);
    }

    /// What makes two commands the same.
    pub fn identity(&self) -> String {
        Value::Object(self.body.clone()).to_string()
    }

    /// The element of the request, with the text that the service keeps with the task.
    pub fn element(&self, description: String) -> Value {
        let mut body = self.body.clone();
        body.insert("description".to_owned(), Value::from(description));
        Value::Object(body)
    }

    fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.body.insert(name.to_owned(), value.into());
    }
}

/// The command for an object. An attribute of the object takes precedence over a setting.
///
/// # Errors
///
/// The verdict of an object for which the service gets no command.
pub fn command(
    action: &ResponseAction,
    settings: &ResponseSettings,
    offered: &Offered,
) -> Result<Command, Verdict> {
    let mut command = match action.subject {
        Subject::Endpoint => endpoint(offered)?,
        Subject::Message => message(offered)?,
        Subject::Account => account(offered)?,
        Subject::ListedValue => listed_value(offered)?,
    };
    match action.details {
        Details::None => {}
        Details::FilePath => {
            let own = (offered.object.kind == "File").then_some(offered.object.value.as_str());
            let given = offered.attribute("filePath").or(own).or(settings.file_path.as_deref());
            let path = required("filePath", "the path of a file", given)?;
            command.set("filePath", within("filePath", path, limits::FILE_PATH_CHARACTERS)?);
        }
        Details::Process => process(&mut command, settings, offered)?,
        Details::Script => {
            let name = required("fileName", "the name of a script", settings.file_name.as_deref())?;
            command.set("fileName", within("fileName", name, limits::NAME_CHARACTERS)?);
            if let Some(parameters) = settings.script_parameters.as_deref() {
                let most = limits::SCRIPT_PARAMETER_CHARACTERS;
                command.set("parameter", within("parameter", parameters, most)?);
            }
        }
    }
    Ok(command)
}

/// The text that the service keeps with a task: the operator's, and the key by which the task is found again.
pub fn description(settings: &ResponseSettings, mark: Option<&str>, key: &str) -> String {
    let own = settings.description.as_deref().unwrap_or("Palisade").trim();
    let end = own.char_indices().nth(limits::DESCRIPTION_CHARACTERS).map_or(own.len(), |(index, _)| index);
    let own = own.get(..end).unwrap_or(own);
    let mark = mark.map(|mark| format!(" {mark}")).unwrap_or_default();
    format!("{own} [{key}{mark}]")
}

/// Whether a task has this text because it was started for the object with this key.
pub fn is_described_by(description: &str, key: &str) -> bool {
    let Some((_, last)) = description.rsplit_once('[') else { return false };
    last.strip_prefix(key).is_some_and(|rest| rest.starts_with([' ', ']']))
}

fn endpoint(offered: &Offered) -> Result<Command, Verdict> {
    let object = &offered.object;
    let is_endpoint = matches!(
        (object.kind.as_str(), object.subtype.as_str()),
        ("Asset", "Endpoint") | ("File", "Endpoint Path") | ("Process", "Endpoint Process")
    );
    if !is_endpoint {
        return Err(not_accepted(offered));
    }
    let own = (object.kind == "Asset").then(|| object.value.trim());
    let guid = offered.attribute(AGENT).or(object.id.as_deref().filter(|id| is_guid(id)));
    if let Some(guid) = guid.or(own.filter(|value| is_guid(value))) {
        return if is_guid(guid) {
            Ok(Command::new(AGENT, guid))
        } else {
            Err(rejected("invalid-agent-guid", format!("{} is not the GUID of an agent", quoted(guid))))
        };
    }
    let name = required(ENDPOINT, "the name of an endpoint", offered.attribute(ENDPOINT).or(own))?;
    // A quotation mark would end the name in a query of the inventory.
    if name.contains(['\'', '"', '\\']) || name.chars().any(|character| character.is_control()) {
        return Err(rejected(
            "invalid-endpoint-name",
            format!("{} cannot be an endpoint's name", quoted(name)),
        ));
    }
    Ok(Command::new(ENDPOINT, within(ENDPOINT, name, limits::NAME_CHARACTERS)?))
}

fn process(command: &mut Command, settings: &ResponseSettings, offered: &Offered) -> Result<(), Verdict> {
    let number = match offered.attribute("processId") {
        Some(text) => Some(text.trim().parse::<u64>().map_err(|_| {
            rejected("invalid-process-id", format!("{} is not the number of a process", quoted(text)))
        })?),
        None => settings.process_id,
    };
    let Some(number) = number.filter(|number| *number > 0) else {
        return Err(rejected("process-id-missing", "the command needs the number of a process"));
    };
    command.set("processId", number);
    let own = (offered.object.kind == "Process").then_some(offered.object.value.as_str());
    let name = offered.attribute("fileName").or(own).or(settings.file_name.as_deref());
    let digest = offered.attribute("fileSha1").or(settings.file_sha1.as_deref());
    if let Some(name) = name.map(str::trim).filter(|name| !name.is_empty()) {
        command.set("fileName", within("fileName", name, limits::NAME_CHARACTERS)?);
    }
    if let Some(digest) = digest.map(str::trim).filter(|digest| !digest.is_empty()) {
        command.set("fileSha1", within("fileSha1", digest, limits::TASK_DIGEST_CHARACTERS)?);
    }
    if !command.body.contains_key("fileName") && !command.body.contains_key("fileSha1") {
        let message = "the command needs the name or the SHA-1 of the process's file, so that it cannot end another process";
        return Err(rejected("process-file-missing", message));
    }
    Ok(())
}

fn message(offered: &Offered) -> Result<Command, Verdict> {
    if (offered.object.kind.as_str(), offered.object.subtype.as_str()) != ("Email Message", "Mailbox Message")
    {
        return Err(not_accepted(offered));
    }
    if let Some(id) = offered.attribute("uniqueId") {
        return Ok(Command::new("uniqueId", within("uniqueId", id, limits::NAME_CHARACTERS)?));
    }
    // Without attributes, the value is the id if it has its form (RFC 5322, 3.6.4).
    let own = offered.object.value.trim();
    let own = (own.starts_with('<') && own.ends_with('>') && own.contains('@')).then_some(own);
    let id = required("messageId", "the id of a message", offered.attribute("messageId").or(own))?;
    let mut command = Command::new("messageId", within("messageId", id, limits::NAME_CHARACTERS)?);
    if let Some(mailbox) = offered.attribute("mailBox") {
        command.set("mailBox", within("mailBox", mailbox, limits::NAME_CHARACTERS)?);
    }
    Ok(command)
}

fn account(offered: &Offered) -> Result<Command, Verdict> {
    if (offered.object.kind.as_str(), offered.object.subtype.as_str()) != ("Identity", "Account") {
        return Err(not_accepted(offered));
    }
    let name = required("accountName", "the name of an account", Some(offered.object.value.as_str()))?;
    Ok(Command::new("accountName", within("accountName", name, limits::NAME_CHARACTERS)?))
}

fn listed_value(offered: &Offered) -> Result<Command, Verdict> {
    // Only the identifier is used. A URL without a scheme is skipped: a guess would block another address.
    let list = Configuration {
        api_host: String::new(),
        scheme_handling: SchemeHandling::Skip,
        list: List::Block {
            scan_action: None,
            risk: crate::configuration::RiskRule::CustomerSettings,
            days_to_expiration: None,
        },
    };
    match map(&offered.object, &list) {
        Mapping::One(item) => {
            let field = item.identifier.field.name();
            let value = within(field, &item.identifier.value, limits::RESPONSE_VALUE_CHARACTERS)?;
            Ok(Command::new(field, value))
        }
        // One scheme has two forms only if both are asked for.
        Mapping::Two(_) => Err(not_accepted(offered)),
        Mapping::Skipped(problem) => Err(Verdict::Skipped(problem)),
        Mapping::Rejected(problem) => Err(Verdict::Rejected(problem)),
    }
}

/// Whether a text has the form of a GUID.
fn is_guid(text: &str) -> bool {
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.split('-').all(digits)
}

fn required<'a>(name: &str, what: &str, given: Option<&'a str>) -> Result<&'a str, Verdict> {
    given.map(str::trim).filter(|given| !given.is_empty()).ok_or_else(|| {
        rejected("detail-missing", format!("the command needs {what} (`{name}`), and the object has none"))
    })
}

fn within<'a>(name: &str, value: &'a str, most: usize) -> Result<&'a str, Verdict> {
    if value.chars().count() <= most {
        Ok(value)
    } else {
        Err(rejected(
            "too-long",
            format!("`{name}` is longer than the {most} characters that the service takes"),
        ))
    }
}

fn not_accepted(offered: &Offered) -> Verdict {
    let kind = format!("{} {}", offered.object.kind, offered.object.subtype);
    let message = format!("the action takes no object of type {}", quoted(&kind));
    Verdict::Skipped(Problem::new("type-not-accepted", message))
}

fn rejected(code: &'static str, message: impl Into<String>) -> Verdict {
    Verdict::Rejected(Problem::new(code, message))
}

#[cfg(test)]
mod tests;
