//! Custom scripts: list, add, update, download, delete (API reference, response actions, section 6). A script is named by its id
//! here, and by its file when it is run.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::collection::{FilterSource, Listing, PLAIN, page};
use crate::digest;
use crate::form;
use crate::routes::{Context, Judged};

/// A custom script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Script {
    /// Its id.
    pub id: String,
    /// The name of its file.
    pub file_name: String,
    /// What runs it.
    pub file_type: ScriptType,
    /// Its description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The script.
    pub content: String,
}

/// What runs a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ScriptType {
    /// PowerShell.
    Powershell,
    /// Bash.
    Bash,
}

impl Script {
    fn listed(&self) -> Value {
        let mut shown = json!({"id": self.id, "fileName": self.file_name, "fileType": self.file_type});
        if let (Some(description), Some(fields)) = (&self.description, shown.as_object_mut()) {
            fields.insert("description".to_owned(), description.clone().into());
        }
        shown
    }
}

const LIST: Listing = Listing {
    filter: FilterSource::Parameter,
    filter_characters: 2048,
    fields: &["fileName", "fileType"],
    tops: &[],
    ..PLAIN
};

/// Lists scripts.
pub(crate) fn list(context: &Context<'_>) -> Judged {
    let items = context.shared.state().holdings.scripts.iter().map(Script::listed).collect();
    match page(context, &LIST, items) {
        Ok(page) => Answer::json(StatusCode::OK, &page.body()).into(),
        Err(judged) => *judged,
    }
}

/// Downloads a script.
pub(crate) fn get(context: &Context<'_>) -> Judged {
    let state = context.shared.state();
    match state.holdings.scripts.iter().find(|script| script.id == context.parameter(0)) {
        Some(script) => Answer::text(StatusCode::OK, script.content.clone()).into(),
        None => context.missing("there is no such script"),
    }
}

/// Adds a script.
pub(crate) fn add(context: &Context<'_>) -> Judged {
    let mut state = context.shared.state();
    let number = state.holdings.next_number();
    let id = digest::uuid("script", number);
    let location = format!("{}/v3.0/response/customScripts/{id}", context.call.origin);
    match sent(context, id) {
        Ok(script) => {
            state.holdings.scripts.push(script);
            Answer::empty(StatusCode::CREATED).with_header("location", location).into()
        }
        Err(reason) => context.bad(reason),
    }
}

/// Replaces a script.
pub(crate) fn update(context: &Context<'_>) -> Judged {
    let mut state = context.shared.state();
    let id = context.parameter(0);
    let Some(stored) = state.holdings.scripts.iter_mut().find(|script| script.id == id) else {
        return context.missing("there is no such script");
    };
    match sent(context, id.to_owned()) {
        Ok(script) => {
            *stored = script;
            Answer::empty(StatusCode::NO_CONTENT).into()
        }
        Err(reason) => context.bad(reason),
    }
}

/// Deletes a script.
pub(crate) fn delete(context: &Context<'_>) -> Judged {
    let scripts = &mut context.shared.state().holdings.scripts;
    let before = scripts.len();
    scripts.retain(|script| script.id != context.parameter(0));
    if scripts.len() == before {
        return context.missing("there is no such script");
    }
    Answer::empty(StatusCode::NO_CONTENT).into()
}

/// The script of a form, or what is wrong with it.
fn sent(context: &Context<'_>, id: String) -> Result<Script, &'static str> {
    let parts =
        form::parse(context.call.headers, context.call.body).ok_or("the body is not multipart/form-data")?;
    let part = |name: &str| parts.iter().find(|part| part.name == name);
    let file = part("file").ok_or("the form has no file")?;
    let file_name = file.file_name.clone().ok_or("the file has no name")?;
    let content = file.text().ok_or("the script is not UTF-8")?.to_owned();
    let file_type = match part("fileType").and_then(form::Part::text) {
        Some("powershell") => ScriptType::Powershell,
        Some("bash") => ScriptType::Bash,
        _ => return Err("fileType is neither powershell nor bash"),
    };
    let ending = if file_type == ScriptType::Bash { ".sh" } else { ".ps1" };
    if !file_name.to_lowercase().ends_with(ending) {
        return Err("the file's name does not end as its type's do");
    }
    let description = part("description").and_then(form::Part::text).map(str::to_owned);
    if description.as_ref().is_some_and(|description| description.chars().count() > 2048) {
        return Err("the description is longer than 2048 characters");
    }
    Ok(Script { id, file_name, file_type, description, content })
}
