//! Data collections: uploaded files or a live connection, with a saved filter on top.

use std::time::Duration;

use jiff::Timestamp;
use palisade_collection::{Format, Record, Source, Unreadable};
use palisade_egress::Client;
use palisade_limits as limits;
use palisade_store::{
    CollectionId, CollectionRow, Counted, FileReader, FileRow, FileWriter, NewCollection, NewFile, Version,
};
use palisade_threatq::RequestLog;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::live::{NewConnection, StoredLogIn, connection_faults};
use crate::{Field, Filter, Orchestrator, OrchestratorError};

/// Where a collection's objects come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum CollectionSource {
    /// From uploaded files.
    Files {
        /// Their format; found from the content where none is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        format: Option<String>,
    },
    /// From a ThreatQ appliance, each time anew.
    Threatq {
        /// `https://` and its host name.
        origin: String,
        /// Identifier of the data collection there.
        collection: String,
        /// How to log in there.
        log_in: StoredLogIn,
    },
}

/// What a collection is to be.
pub struct CollectionChange<'a> {
    /// Unique name.
    pub name: &'a str,
    /// What it is for.
    pub description: &'a str,
    /// Its filter.
    pub filter: &'a Filter,
    /// The connection of a live one; it stays as it is if none is given.
    pub connection: Option<NewConnection>,
    /// The version that the change began with; any if none is given.
    pub expected: Option<Version>,
}

/// An uploaded file.
pub struct Upload {
    /// Its name.
    pub name: String,
    /// SHA-256, hexadecimal.
    pub digest: String,
    /// Its content.
    pub content: FileWriter,
}

impl Orchestrator {
    /// Creates a collection of uploaded files. A file that cannot be read as a whole is refused.
    ///
    /// # Errors
    /// [`OrchestratorError::Read`] with file, line and what was expected.
    pub fn add_file_collection(
        &self,
        name: &str,
        description: &str,
        format: Option<Format>,
        uploads: Vec<Upload>,
        who: &str,
    ) -> Result<CollectionId, OrchestratorError> {
        let source = CollectionSource::Files { format: format.map(|format| format.to_string()) };
        let (source, filter) = (json!(source), json!(Filter::default()));
        let new = NewCollection { name: named(name)?, description, source: &source, filter: &filter };
        // Before anything is created: a file that cannot be read leaves nothing behind.
        let checked = check_uploads(format, &uploads, &Filter::default(), self.now())?;
        let id = self.store().add_collection(&new, who, self.now())?;
        self.take_files(name, id, uploads, None, checked, who)?;
        self.audit(who, "collection.created", name, None, Some(source))?;
        Ok(id)
    }

    /// Replaces the files of a collection; the old ones stay where one of the new ones cannot be read.
    ///
    /// # Errors
    /// As [`Self::add_file_collection`].
    pub fn replace_files(
        &self,
        id: CollectionId,
        uploads: Vec<Upload>,
        expected: Option<Version>,
        who: &str,
    ) -> Result<(), OrchestratorError> {
        let row = self.store().collection(id)?;
        let CollectionSource::Files { format } = source_of(&row)? else {
            return Err(OrchestratorError::field("files", "this collection is read from a live connection"));
        };
        let checked = check_uploads(parsed(format.as_deref())?, &uploads, &filter_of(&row)?, self.now())?;
        self.take_files(&row.name, id, uploads, expected, checked, who)
    }

    /// Takes files that were checked in place of those that a collection has.
    fn take_files(
        &self,
        name: &str,
        id: CollectionId,
        uploads: Vec<Upload>,
        expected: Option<Version>,
        checked: Checked,
        who: &str,
    ) -> Result<(), OrchestratorError> {
        let names: Vec<String> = uploads.iter().map(|upload| upload.name.clone()).collect();
        let file = |(upload, objects): (Upload, _)| NewFile {
            name: upload.name,
            digest: upload.digest,
            content: upload.content,
            objects,
        };
        let files = uploads.into_iter().zip(checked.objects).map(file).collect();
        self.store().replace_files(id, files, expected, self.now())?;
        let version = self.store().collection(id)?.version;
        self.store().count_collection(id, version, checked.counted)?;
        self.audit(who, "collection.uploaded", name, None, Some(json!({ "files": names })))
    }

    /// Creates a collection of a live connection.
    ///
    /// # Errors
    /// [`OrchestratorError::Invalid`] naming the fields.
    pub fn add_live_collection(
        &self,
        name: &str,
        description: &str,
        connection: NewConnection,
        who: &str,
    ) -> Result<CollectionId, OrchestratorError> {
        let connection = connection.without_mask();
        let mut wrong = faults_of(named(name));
        wrong.extend(connection_faults(&connection, false));
        if !wrong.is_empty() {
            return Err(OrchestratorError::Invalid(wrong));
        }
        let source = json!(self.live_source(connection, None)?);
        let filter = json!(Filter::default());
        let new = NewCollection { name: named(name)?, description, source: &source, filter: &filter };
        let id = self.store().add_collection(&new, who, self.now())?;
        self.audit(who, "collection.created", name, None, Some(source))?;
        Ok(id)
    }

    /// Changes name, description and filter of a collection, and the connection of a live one, if it has the expected version.
    ///
    /// # Errors
    /// [`OrchestratorError::Invalid`] naming the fields; `version-mismatch` if somebody has changed it since.
    pub fn change_collection(
        &self,
        id: CollectionId,
        change: CollectionChange<'_>,
        who: &str,
    ) -> Result<(), OrchestratorError> {
        let CollectionChange { name, description, filter, connection, expected } = change;
        let mut wrong = filter.check().err().unwrap_or_default();
        wrong.extend(faults_of(named(name)));
        if !wrong.is_empty() {
            return Err(OrchestratorError::Invalid(wrong));
        }
        let before = self.store().collection(id)?;
        let source = match connection {
            Some(connection) => json!(self.live_source(connection, Some(&source_of(&before)?))?),
            None => before.source.clone(),
        };
        let filter = json!(filter);
        let new = NewCollection { name: named(name)?, description, source: &source, filter: &filter };
        self.store().change_collection(id, &new, Some(expected.unwrap_or(before.version)), self.now())?;
        let told = |source: &Value, filter: &Value| json!({ "source": source, "filter": filter });
        let (was, is) = (told(&before.source, &before.filter), told(&source, &filter));
        self.audit(who, "collection.changed", name, Some(was), Some(is))
    }

    /// Removes a collection.
    ///
    /// # Errors
    /// [`OrchestratorError::InUse`] naming the workflows.
    pub fn remove_collection(&self, id: CollectionId, who: &str) -> Result<(), OrchestratorError> {
        let row = self.store().collection(id)?;
        let by = self.store().remove_collection(id)?;
        if !by.is_empty() {
            return Err(OrchestratorError::InUse { what: "collection", name: row.name, by });
        }
        self.audit(who, "collection.removed", &row.name, Some(row.source), None)
    }

    /// Files of a collection.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn files(&self, id: CollectionId) -> Result<Vec<FileRow>, OrchestratorError> {
        Ok(self.store().files(id)?)
    }

    /// Reads a collection to its end. `look` gets each record with its file, and keeps what it makes of them.
    pub(crate) async fn read_collection<State: Send + 'static>(
        &self,
        row: &CollectionRow,
        state: State,
        look: impl FnMut(&mut State, Record, &str) + Send + 'static,
    ) -> Result<(State, Vec<String>), OrchestratorError> {
        self.read_collection_logged(row, state, &RequestLog::default(), look).await
    }

    /// The same, and adds the requests for a live collection to a log.
    pub(crate) async fn read_collection_logged<State: Send + 'static>(
        &self,
        row: &CollectionRow,
        state: State,
        log: &RequestLog,
        mut look: impl FnMut(&mut State, Record, &str) + Send + 'static,
    ) -> Result<(State, Vec<String>), OrchestratorError> {
        match source_of(row)? {
            CollectionSource::Files { format } => {
                let format = parsed(format.as_deref())?;
                let files = self.store().files(row.id)?;
                let readers: Vec<(String, FileReader)> =
                    files.into_iter().map(|file| (file.name, self.store().file_reader(file.id))).collect();
                let reading = tokio::task::spawn_blocking(move || {
                    let (mut state, mut summaries) = (state, Vec::new());
                    for (name, reader) in readers {
                        let source = Source::reader(name.clone(), reader);
                        let summary = palisade_collection::read(source, format, &mut |record| {
                            look(&mut state, record, &name)
                        })?;
                        summaries.push(summary);
                    }
                    Ok((state, palisade_collection::warnings(&summaries)))
                });
                reading.await.map_err(|error| OrchestratorError::Conflict {
                    code: "interrupted",
                    message: error.to_string(),
                })?
            }
            CollectionSource::Threatq { origin, collection, log_in } => {
                let connection = self.connection(&origin, &collection, &log_in)?;
                let name = format!("ThreatQ collection {collection}");
                let mut state = state;
                let client =
                    Client::new(&self.client(&self.policy()?)?).map_err(palisade_run::PrepareError::from)?;
                let deadline = tokio::time::Instant::now() + Duration::from_secs(limits::COLLECTION_SECONDS);
                let fetched =
                    palisade_threatq::fetch_logged(&connection, client, deadline, log, &mut |record| {
                        look(&mut state, record, &name);
                    })
                    .await?;
                Ok((state, fetched.warnings()))
            }
        }
    }
}

/// The fields that something names, where it failed for them.
fn faults_of<T>(result: Result<T, OrchestratorError>) -> Vec<Field> {
    match result {
        Err(OrchestratorError::Invalid(fields)) => fields,
        _ => Vec::new(),
    }
}

/// Where the objects of a stored collection come from.
///
/// # Errors
/// Where a version that is not this one wrote it.
pub fn source_of(row: &CollectionRow) -> Result<CollectionSource, OrchestratorError> {
    read("source", &row.source)
}

/// The filter of a stored collection.
///
/// # Errors
/// Where a version that is not this one wrote it.
pub fn filter_of(row: &CollectionRow) -> Result<Filter, OrchestratorError> {
    read("filter", &row.filter)
}

pub(crate) fn read<T: serde::de::DeserializeOwned>(
    column: &'static str,
    value: &Value,
) -> Result<T, OrchestratorError> {
    T::deserialize(value)
        .map_err(|error| palisade_store::StoreError::Content { column, cause: error.to_string() }.into())
}

/// What was found in files that can be read.
struct Checked {
    counted: Counted,
    /// Types and values of each file's objects, for the search.
    objects: Vec<Vec<(String, String)>>,
}

/// Reads each file to its end, as a run would, and counts its objects. Files without a single object whose records cannot be read
/// are refused: they are of another encoding or another format, and a collection of nothing would run without an error.
fn check_uploads(
    format: Option<Format>,
    uploads: &[Upload],
    filter: &Filter,
    now: Timestamp,
) -> Result<Checked, OrchestratorError> {
    if uploads.is_empty() {
        return Err(OrchestratorError::field("files", "choose at least one file"));
    }
    let mut counted = Counted { objects: 0, filtered: 0, at: now };
    let mut unreadable: Option<(String, Unreadable, u64)> = None;
    let mut objects = Vec::with_capacity(uploads.len());
    for upload in uploads {
        let source = Source::reader(upload.name.clone(), upload.content.reader());
        let mut values = Vec::new();
        palisade_collection::read(source, format, &mut |record| match &record {
            Record::Object(object) => {
                // The search finds what the filter excludes as well: a filter is changed without reading the files again.
                if counted.objects + counted.filtered < limits::SEARCH_FILE_OBJECTS {
                    values.push((object.subtype.clone(), object.value.clone()));
                }
                *(if filter.admits(&record, now) { &mut counted.objects } else { &mut counted.filtered }) +=
                    1;
            }
            Record::Unreadable(record) => match &mut unreadable {
                Some((_, _, count)) => *count += 1,
                none => *none = Some((upload.name.clone(), record.clone(), 1)),
            },
            Record::LeftOut(_) => {}
        })?;
        objects.push(values);
    }
    match unreadable {
        Some((file, record, count)) if counted.objects + counted.filtered == 0 => {
            let what = if count == 1 { "record" } else { "records" };
            let message = format!(
                "no object could be read: {count} unreadable {what}, the first at {file}, {}: {}",
                record.location, record.message
            );
            Err(OrchestratorError::field("files", message))
        }
        _ => Ok(Checked { counted, objects }),
    }
}

fn parsed(format: Option<&str>) -> Result<Option<Format>, OrchestratorError> {
    format
        .map(|format| {
            format.parse().map_err(|error: palisade_collection::UnknownFormat| {
                OrchestratorError::field("format", error.to_string())
            })
        })
        .transpose()
}

/// A name that can be shown, found and told apart.
pub(crate) fn named(name: &str) -> Result<&str, OrchestratorError> {
    let name = name.trim();
    let most = limits::TITLE_CHARACTERS;
    if name.is_empty() || name.chars().count() as u64 > most || name.chars().any(char::is_control) {
        return Err(OrchestratorError::field(
            "name",
            format!("a name of 1 to {most} characters is expected"),
        ));
    }
    Ok(name)
}
