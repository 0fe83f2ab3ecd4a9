//! The configuration of a response action.

use super::action::{Details, ResponseAction};
use crate::configuration::{Reader, Setting, Unusable, is_host_name};

/// The parameters of a response action. An attribute of the object takes precedence over the details here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResponseSettings {
    /// Host name of the region's API.
    pub api_host: String,
    /// Text that the service keeps with each task.
    pub description: Option<String>,
    /// The path of the file to collect.
    pub file_path: Option<String>,
    /// The number of the process to end.
    pub process_id: Option<u64>,
    /// The name of the process's file, or of the script.
    pub file_name: Option<String>,
    /// SHA-1 of the process's file.
    pub file_sha1: Option<String>,
    /// Parameters of the script.
    pub script_parameters: Option<String>,
}

/// Reads the settings of a response action.
///
/// # Errors
///
/// All problems at once, as [`crate::configuration::read`].
pub fn read(action: &ResponseAction, settings: &[Setting]) -> Result<ResponseSettings, Unusable> {
    let mut reader = Reader::new(settings);
    let api_host = reader.choice("api_region", "the host name of a Vision One API", |value| {
        is_host_name(value).then(|| value.to_owned())
    });
    let mut read = ResponseSettings { description: reader.text("task_description"), ..Default::default() };
    match action.details {
        Details::None => {}
        Details::FilePath => read.file_path = reader.text("file_path"),
        Details::Process => {
            read.process_id = reader.number("process_id");
            read.file_name = reader.text("file_name");
            read.file_sha1 = reader.text("file_sha1");
        }
        Details::Script => {
            read.file_name = reader.text("script_name");
            read.script_parameters = reader.text("script_parameters");
        }
    }
    reader.for_the_host("objects_per_run");
    let problems = reader.finish();
    match api_host {
        Some(api_host) if problems.is_empty() => Ok(ResponseSettings { api_host, ..read }),
        _ => Err(Unusable::Problems(problems)),
    }
}
