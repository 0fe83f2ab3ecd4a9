//! Data collections: uploaded files or a live connection, with a saved filter on top.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use palisade_collection::{Reading, Source};
use palisade_egress::Client;
use palisade_limits as limits;
use palisade_model::Record;
use palisade_store::{
    CollectionId, CollectionRow, FileReader, FileRow, FileWriter, NewCollection, NewFile, Version, Wait as _,
};
use palisade_threatq::RequestLog;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::live::{NewConnection, StoredLogIn, connection_faults};
use crate::reading::{Checked, check, check_files, kept};
use crate::{Field, FileRead, Filter, NamedColumns, Orchestrator, OrchestratorError};

/// Where a collection's objects come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum CollectionSource {
    /// From uploaded files.
    Files {
        /// Their format; found from the content where none is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        format: Option<String>,
        /// The columns of CSV files that somebody chose; found by their names where there are none.
        #[serde(default, skip_serializing_if = "NamedColumns::is_empty")]
        columns: NamedColumns,
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
    /// How uploaded files are read; it stays as it is if none is given.
    pub reading: Option<Reading>,
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
        reading: Reading,
        uploads: Vec<Upload>,
        who: &str,
    ) -> Result<CollectionId, OrchestratorError> {
        check(&reading)?;
        let (source, filter) = (json!(files_read(&reading)), json!(Filter::default()));
        let new = NewCollection {
            name: named(name)?.to_owned(),
            description: description.to_owned(),
            source: source.clone(),
            filter,
        };
        // Before anything is created: a file that cannot be read leaves nothing behind.
        let checked = check_files(&reading, readers(&uploads), &Filter::default(), self.now())?;
        let id = self.store().add_collection(&new, who, self.now()).wait()?;
        self.take_files((name, id), uploads, None, None, checked, who)?;
        self.audit(who, "collection.created", name, None, Some(source))?;
        Ok(id)
    }

    /// Replaces the files of a collection; the old ones stay where one of the new ones cannot be read. They are read as the old ones
    /// were, unless another reading is given, which is kept from then on.
    ///
    /// # Errors
    /// As [`Self::add_file_collection`].
    pub fn replace_files(
        &self,
        id: CollectionId,
        uploads: Vec<Upload>,
        reading: Option<Reading>,
        expected: Option<Version>,
        who: &str,
    ) -> Result<(), OrchestratorError> {
        let row = self.store().collection(id).wait()?;
        let CollectionSource::Files { format, columns } = source_of(&row)? else {
            return Err(OrchestratorError::field("files", "this collection is read from a live connection"));
        };
        let source = reading.as_ref().map(|reading| json!(files_read(reading)));
        let reading = match reading {
            Some(reading) => reading,
            None => kept(format.as_deref(), &columns)?,
        };
        check(&reading)?;
        let checked = check_files(&reading, readers(&uploads), &filter_of(&row)?, self.now())?;
        self.take_files((&row.name, id), uploads, source, expected, checked, who)
    }

    /// Takes files that were checked in place of those that a collection has.
    fn take_files(
        &self,
        (name, id): (&str, CollectionId),
        uploads: Vec<Upload>,
        source: Option<Value>,
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
        self.store().replace_files(id, files, source.as_ref(), expected, self.now()).wait()?;
        let version = self.store().collection(id).wait()?.version;
        self.store().count_collection(id, version, checked.counted).wait()?;
        self.audit(who, "collection.uploaded", name, None, Some(json!({ "files": names, "source": source })))
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
        let new = NewCollection {
            name: named(name)?.to_owned(),
            description: description.to_owned(),
            source: source.clone(),
            filter,
        };
        let id = self.store().add_collection(&new, who, self.now()).wait()?;
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
        let CollectionChange { name, description, filter, connection, reading, expected } = change;
        let mut wrong = filter.check().err().unwrap_or_default();
        wrong.extend(faults_of(named(name)));
        if !wrong.is_empty() {
            return Err(OrchestratorError::Invalid(wrong));
        }
        let before = self.store().collection(id).wait()?;
        let mut checked = None;
        let source = match (connection, reading) {
            (Some(connection), _) => json!(self.live_source(connection, Some(&source_of(&before)?))?),
            (None, Some(reading)) if !is_read_so(&before, &reading)? => {
                check(&reading)?;
                // What cannot be read so is not saved.
                checked = Some(check_files(&reading, self.stored_readers(id)?, filter, self.now())?);
                json!(files_read(&reading))
            }
            (None, _) => before.source.clone(),
        };
        let filter = json!(filter);
        let new = NewCollection {
            name: named(name)?.to_owned(),
            description: description.to_owned(),
            source: source.clone(),
            filter: filter.clone(),
        };
        self.store()
            .change_collection(id, &new, Some(expected.unwrap_or(before.version)), self.now())
            .wait()?;
        if let Some(Checked { counted, objects }) = checked {
            self.store().replace_file_objects(id, &objects).wait()?;
            let version = self.store().collection(id).wait()?.version;
            self.store().count_collection(id, version, counted).wait()?;
        }
        let told = |source: &Value, filter: &Value| json!({ "source": source, "filter": filter });
        let (was, is) = (told(&before.source, &before.filter), told(&source, &filter));
        self.audit(who, "collection.changed", name, Some(was), Some(is))
    }

    /// Removes a collection.
    ///
    /// # Errors
    /// [`OrchestratorError::InUse`] naming the workflows.
    pub fn remove_collection(&self, id: CollectionId, who: &str) -> Result<(), OrchestratorError> {
        let row = self.store().collection(id).wait()?;
        let by = self.store().remove_collection(id).wait()?;
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
        Ok(self.store().files(id).wait()?)
    }

    fn stored_readers(
        &self,
        id: CollectionId,
    ) -> Result<impl Iterator<Item = (String, Box<dyn Read + Send>)> + use<>, OrchestratorError> {
        let store = self.shared_store();
        let files = self.store().files(id).wait()?.into_iter();
        Ok(files.map(move |file| {
            (file.name, Box::new(FileReader::new(Arc::clone(&store), file.id)) as Box<dyn Read + Send>)
        }))
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
        look: impl FnMut(&mut State, Record, &str) + Send + 'static,
    ) -> Result<(State, Vec<String>), OrchestratorError> {
        let (state, warnings, _) = self.read_collection_as(row, None, state, log, look).await?;
        Ok((state, warnings))
    }

    /// The same with another reading of uploaded files than the one that is kept, and with how each file was read.
    pub(crate) async fn read_collection_as<State: Send + 'static>(
        &self,
        row: &CollectionRow,
        reading: Option<Reading>,
        state: State,
        log: &RequestLog,
        mut look: impl FnMut(&mut State, Record, &str) + Send + 'static,
    ) -> Result<(State, Vec<String>, Vec<FileRead>), OrchestratorError> {
        match source_of(row)? {
            CollectionSource::Files { format, columns } => {
                let reading = match reading {
                    Some(reading) => reading,
                    None => kept(format.as_deref(), &columns)?,
                };
                let files = self.store().files(row.id).await?;
                let readers: Vec<(String, FileReader)> = files
                    .into_iter()
                    .map(|file| (file.name, FileReader::new(self.shared_store(), file.id)))
                    .collect();
                let read = tokio::task::spawn_blocking(move || {
                    let (mut state, mut summaries) = (state, Vec::new());
                    for (name, reader) in readers {
                        let source = Source::reader(name.clone(), reader);
                        let summary = palisade_collection::read(source, reading.clone(), &mut |record| {
                            look(&mut state, record, &name)
                        })?;
                        summaries.push(summary);
                    }
                    let warnings = palisade_model::warnings(&summaries);
                    Ok((state, warnings, summaries.into_iter().map(FileRead::from).collect()))
                });
                read.await.map_err(|error| OrchestratorError::Internal(error.to_string()))?
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
                Ok((state, fetched.warnings(), Vec::new()))
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

/// Files that are read so.
fn files_read(reading: &Reading) -> CollectionSource {
    CollectionSource::Files {
        format: reading.format.map(|format| format.to_string()),
        columns: reading.columns.clone().into(),
    }
}

fn readers(uploads: &[Upload]) -> impl Iterator<Item = (String, Box<dyn Read + Send>)> {
    let reader = |upload: &Upload| Box::new(upload.content.reader()) as Box<dyn Read + Send>;
    uploads.iter().map(move |upload| (upload.name.clone(), reader(upload)))
}

/// Whether the files of a collection are read so already.
fn is_read_so(row: &CollectionRow, reading: &Reading) -> Result<bool, OrchestratorError> {
    match reading_of(row)? {
        Some(kept) => Ok(kept == *reading),
        None if *reading == Reading::default() => Ok(true),
        None => Err(OrchestratorError::field("columns", "this collection is read from a live connection")),
    }
}

/// How the files of a stored collection are read; none for a live one.
///
/// # Errors
/// If another version wrote it.
pub fn reading_of(row: &CollectionRow) -> Result<Option<Reading>, OrchestratorError> {
    match source_of(row)? {
        CollectionSource::Files { format, columns } => kept(format.as_deref(), &columns).map(Some),
        CollectionSource::Threatq { .. } => Ok(None),
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
