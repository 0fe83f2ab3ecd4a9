//! A task of the service: its id, and what its status means for the object.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use super::action::ResponseAction;
use crate::contract::{Download, Output, OutputValue, Problem, quoted};
use crate::expiry;
use crate::limits;

/// The id of a task, for example `00000001` or `RM-20231124-00001`. Only letters, digits and hyphens, because it becomes part of a
/// path and of a filter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TaskId(String);

impl TaskId {
    /// The id, if the text is one.
    pub fn read(text: &str) -> Option<Self> {
        let is_id = (1..=limits::TASK_ID_CHARACTERS).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        is_id.then(|| Self(text.to_owned()))
    }

    /// From the address of a task (`Operation-Location`): the text after the last `/`. Its host and its path differ between the
    /// documentation and the service.
    pub fn of_location(location: &str) -> Option<Self> {
        Self::read(location.rsplit('/').next()?)
    }

    /// The id as a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for TaskId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::read(&text).ok_or("not the id of a task")
    }
}

impl From<TaskId> for String {
    fn from(id: TaskId) -> Self {
        id.0
    }
}

/// A task as the service describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// The text that it was started with.
    pub description: String,
    /// Everything.
    fields: Value,
}

/// What a task says about its object.
#[derive(Debug, Clone, PartialEq)]
pub enum TaskMeaning {
    /// It has not ended.
    Waits(Problem),
    /// The service has done, or passed on, what was asked.
    Succeeded {
        /// The file that it brings.
        download: Option<Download>,
    },
    /// The service refused it, and would refuse it again.
    Rejected(Problem),
    /// It did not succeed.
    Failed(Problem),
}

impl Task {
    /// From the JSON of a task; `None` if it has no id.
    pub fn read(fields: Value) -> Option<Self> {
        let id = match fields.get("id")? {
            Value::String(id) => TaskId::read(id)?,
            Value::Number(id) => TaskId::read(&id.to_string())?,
            _ => return None,
        };
        let description = text(&fields, "description").unwrap_or_default().to_owned();
        Some(Self { id, description, fields })
    }

    /// What it says about its object.
    pub fn meaning(&self, action: &ResponseAction, renew: &[u8]) -> TaskMeaning {
        let status = text(&self.fields, "status").unwrap_or_default();
        match status {
            "queued" => TaskMeaning::Waits(Problem::new("queued", self.sentence("is queued"))),
            "running" => TaskMeaning::Waits(Problem::new("running", self.sentence("is running"))),
            "pendingApproval" => {
                let sentence = self.sentence("waits for an approval in Vision One");
                TaskMeaning::Waits(Problem::new("approval-at-service", sentence))
            }
            "succeeded" => self.succeeded(action, renew),
            "failed" => TaskMeaning::Failed(Problem::new("task-failed", self.sentence("failed"))),
            "rejected" => {
                let sentence = self.sentence("was not approved in Vision One");
                TaskMeaning::Rejected(Problem::new("approval-denied", sentence))
            }
            "canceled" => {
                let sentence = self.sentence("was canceled in Vision One");
                TaskMeaning::Failed(Problem::new("task-canceled", sentence))
            }
            other => {
                // Nothing is final that is not known to be.
                let sentence = self.sentence(&format!("has the unknown status {}", quoted(other)));
                TaskMeaning::Waits(Problem::new("unknown-status", sentence))
            }
        }
    }

    /// What later steps may need.
    pub fn outputs(&self) -> Vec<Output> {
        let mut outputs = vec![output("taskId", OutputValue::Text(self.id.as_str().to_owned()))];
        let texts = ["status", "agentGuid", "endpointName", "filePath", "fileSha1", "fileSha256"];
        for name in texts {
            if let Some(found) = text(&self.fields, name) {
                outputs.push(output(name, OutputValue::Text(found.to_owned())));
            }
        }
        if let Some(size) = self.fields.get("fileSize").and_then(Value::as_i64) {
            outputs.push(output("fileSize", OutputValue::Integer(size)));
        }
        outputs
    }

    fn succeeded(&self, action: &ResponseAction, renew: &[u8]) -> TaskMeaning {
        let parts = self.parts();
        let failed: Vec<_> = parts.iter().filter(|part| text(part, "status") != Some("succeeded")).collect();
        if let Some(first) = failed.first() {
            let found = format!("succeeded for {} of {} targets", parts.len() - failed.len(), parts.len());
            let mut sentence = self.sentence(&found);
            if let Some(error) = error_of(first) {
                sentence = format!("{sentence}: {error}");
            }
            return TaskMeaning::Failed(Problem::new("task-partly-failed", sentence));
        }
        let download = self.download(renew);
        if action.brings_file && download.is_none() {
            let sentence = self.sentence("has succeeded, but its file is not available yet");
            return TaskMeaning::Waits(Problem::new("file-not-ready", sentence));
        }
        TaskMeaning::Succeeded { download }
    }

    /// The file behind the task. The digests of a task are those of the collected file, not of the archive that holds it, so that
    /// the archive has none.
    fn download(&self, renew: &[u8]) -> Option<Download> {
        let holder = std::iter::once(&self.fields).chain(self.parts());
        let holder = holder.into_iter().find(|fields| text(fields, "resourceLocation").is_some())?;
        let url = text(holder, "resourceLocation")?.to_owned();
        let millisecond = |at: OffsetDateTime| u64::try_from(at.unix_timestamp()).ok()?.checked_mul(1_000);
        Some(Download {
            url,
            name: format!("{}.zip", self.id.as_str()),
            media_type: "application/zip",
            expires: text(holder, "expiredDateTime").and_then(expiry::parse).and_then(millisecond),
            password: text(holder, "password").map(str::to_owned),
            renew: renew.to_vec(),
        })
    }

    /// The tasks below this one, each for one target.
    fn parts(&self) -> &[Value] {
        self.fields.get("tasks").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    fn sentence(&self, what: &str) -> String {
        let task = format!("the task {} {what}", quoted(self.id.as_str()));
        let error = error_of(&self.fields).or_else(|| self.parts().iter().find_map(error_of));
        match error {
            Some(error) => format!("{task}: {error}"),
            None => task,
        }
    }
}

fn error_of(fields: &Value) -> Option<String> {
    let error = fields.get("error").filter(|error| error.is_object())?;
    let texts = ["code", "message"].into_iter().filter_map(|name| text(error, name)).map(quoted);
    let said = texts.collect::<Vec<_>>().join(" ");
    (!said.is_empty()).then(|| format!("Vision One reports {said}"))
}

fn text<'a>(fields: &'a Value, name: &str) -> Option<&'a str> {
    fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn output(name: &'static str, value: OutputValue) -> Output {
    Output { name, value }
}

#[cfg(test)]
mod tests;
