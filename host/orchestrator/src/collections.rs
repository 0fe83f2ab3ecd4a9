//! Data collections: uploaded files or a live connection, with a saved filter on top.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use palisade_collection::{Format, Record, Source};
use palisade_egress::Client;
use palisade_limits as limits;
use palisade_store::{
    CollectionId, CollectionRow, FileReader, FileRow, FileWriter, NewCollection, StoredObject,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::live::{NewConnection, StoredLogIn, connection_faults};
use crate::objects::stored_record;
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

/// What a collection holds.
#[derive(Debug, Clone, Serialize)]
pub struct Preview {
    /// Objects that the filter means.
    pub objects: u64,
    /// Objects that it does not mean.
    pub filtered: u64,
    /// Records that could not be read.
    pub unreadable: u64,
    /// Records that their own file says are not for use.
    pub left_out: u64,
    /// Objects by type.
    pub by_type: BTreeMap<String, u64>,
    /// The types that the collection has, whether the filter means them or not.
    #[serde(skip)]
    pub types: BTreeSet<String>,
    /// The first of them.
    #[serde(skip)]
    pub first: Vec<StoredObject>,
    /// What is to be known about the files.
    pub warnings: Vec<String>,
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
        // Before anything is made: a file that cannot be read leaves nothing behind.
        check_uploads(format, &uploads)?;
        let id = self.store().add_collection(&new, who, self.now())?;
        self.take_files(name, id, uploads, who)?;
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
        who: &str,
    ) -> Result<(), OrchestratorError> {
        let row = self.store().collection(id)?;
        let CollectionSource::Files { format } = source_of(&row)? else {
            return Err(OrchestratorError::field("files", "this collection is read from a live connection"));
        };
        check_uploads(parsed(format.as_deref())?, &uploads)?;
        self.take_files(&row.name, id, uploads, who)
    }

    /// Takes files that were checked in place of those that a collection has.
    fn take_files(
        &self,
        name: &str,
        id: CollectionId,
        uploads: Vec<Upload>,
        who: &str,
    ) -> Result<(), OrchestratorError> {
        let names: Vec<String> = uploads.iter().map(|upload| upload.name.clone()).collect();
        let files = uploads.into_iter().map(|upload| (upload.name, upload.digest, upload.content)).collect();
        self.store().replace_files(id, files, self.now())?;
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

    /// Changes name, description and filter of a collection, and the connection of a live one.
    ///
    /// # Errors
    /// [`OrchestratorError::Invalid`] naming the fields.
    pub fn change_collection(
        &self,
        id: CollectionId,
        name: &str,
        description: &str,
        filter: &Filter,
        connection: Option<NewConnection>,
        who: &str,
    ) -> Result<(), OrchestratorError> {
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
        self.store().change_collection(id, &new, self.now())?;
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

    /// What a collection holds, by type, and its first objects.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub async fn preview(&self, id: CollectionId, first: usize) -> Result<Preview, OrchestratorError> {
        let row = self.store().collection(id)?;
        let filter = filter_of(&row)?;
        let preview = Preview {
            objects: 0,
            filtered: 0,
            unreadable: 0,
            left_out: 0,
            by_type: BTreeMap::new(),
            types: BTreeSet::new(),
            first: Vec::new(),
            warnings: Vec::new(),
        };
        let (mut preview, warnings) = self
            .read_collection(&row, preview, move |preview, record, file| match &record {
                Record::LeftOut(_) => preview.left_out += 1,
                Record::Unreadable(_) => preview.unreadable += 1,
                Record::Object(object) => {
                    if !preview.types.contains(&object.subtype) {
                        preview.types.insert(object.subtype.clone());
                    }
                    if !filter.admits(&record) {
                        preview.filtered += 1;
                        return;
                    }
                    preview.objects += 1;
                    *preview.by_type.entry(object.subtype.clone()).or_default() += 1;
                    if preview.first.len() < first {
                        preview.first.extend(stored_record(&record, file));
                    }
                }
            })
            .await?;
        preview.warnings = warnings;
        Ok(preview)
    }

    /// Reads a collection to its end. `look` gets each record with its file, and keeps what it makes of them.
    pub(crate) async fn read_collection<State: Send + 'static>(
        &self,
        row: &CollectionRow,
        state: State,
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
                let fetched = palisade_threatq::fetch(&connection, client, deadline, &mut |record| {
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

/// Reads each file to its end, as a run would.
fn check_uploads(format: Option<Format>, uploads: &[Upload]) -> Result<(), OrchestratorError> {
    if uploads.is_empty() {
        return Err(OrchestratorError::field("files", "choose at least one file"));
    }
    for upload in uploads {
        let source = Source::reader(upload.name.clone(), upload.content.reader());
        palisade_collection::read(source, format, &mut |_| {})?;
    }
    Ok(())
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
