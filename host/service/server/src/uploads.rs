//! Files as they arrive in a form: counted, digested and kept in pieces, never as a whole in one buffer of the connection.

use palisade_collection::Reading;
use palisade_store::{FileWriter, Version};
use sha2::{Digest as _, Sha256};
use tokio::sync::OwnedSemaphorePermit;

use crate::{Failure, Fault, Upload};

/// A form with files.
#[derive(Default)]
pub(crate) struct FileForm {
    pub(crate) name: String,
    pub(crate) description: String,
    /// How the files are read; none if the form says nothing about it.
    pub(crate) reading: Option<Reading>,
    pub(crate) files: Vec<palisade_orchestrator::Upload>,
    /// The version of the collection that the form began with.
    pub(crate) version: Option<Version>,
    /// As long as the files are in memory, they have a place.
    _place: Option<OwnedSemaphorePermit>,
}

/// Bytes of a text field: more than a description has.
const TEXT_BYTES: usize = 64 * 1024;

impl FileForm {
    /// Reads a form to its end.
    ///
    /// # Errors
    /// Where it is cut off, too large, or names a format that nobody reads.
    pub(crate) async fn read(mut upload: Upload) -> Result<Self, Failure> {
        let mut form = Self { _place: upload.place().await?, ..Self::default() };
        while let Some(mut field) = upload.next_field().await? {
            match field.name().unwrap_or_default() {
                "files" => {
                    let name = file_name(field.file_name().unwrap_or_default());
                    let mut content = FileWriter::default();
                    let mut digest = Sha256::new();
                    while let Some(piece) = Upload::piece(&mut field).await? {
                        digest.update(&piece);
                        content.push(&piece);
                    }
                    // What a browser sends for a field in which nothing was chosen.
                    if content.bytes() > 0 || !name.is_empty() {
                        let digest = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
                        form.files.push(palisade_orchestrator::Upload { name, digest, content });
                    }
                }
                "name" => form.name = Upload::text(field, TEXT_BYTES).await?,
                "version" => form.version = Upload::text(field, TEXT_BYTES).await?.parse().ok(),
                "description" => form.description = Upload::text(field, TEXT_BYTES).await?,
                "format" => {
                    let text = Upload::text(field, TEXT_BYTES).await?;
                    let reading = form.reading.get_or_insert_default();
                    if !text.is_empty() {
                        let unknown = |error: palisade_model::UnknownFormat| {
                            Failure::invalid(vec![Fault::new("format", error.to_string())])
                        };
                        reading.format = Some(text.parse().map_err(unknown)?);
                    }
                }
                // As the command line has them: `value=NAME`, any number of times, and `type=NAME`.
                "columns" => {
                    let text = Upload::text(field, TEXT_BYTES).await?;
                    let assigned = form.reading.get_or_insert_default().columns.assign(&text);
                    let wrong = |error: palisade_collection::InvalidColumn| {
                        Failure::invalid(vec![Fault::new("columns", error.to_string())])
                    };
                    assigned.map_err(wrong)?;
                }
                // As the form has them: one name on each line.
                "value-columns" => {
                    let text = Upload::text(field, TEXT_BYTES).await?;
                    let names = text.lines().map(str::trim).filter(|name| !name.is_empty());
                    let columns = &mut form.reading.get_or_insert_default().columns;
                    columns.values.extend(names.map(str::to_owned));
                }
                "type-column" => {
                    let text = Upload::text(field, TEXT_BYTES).await?;
                    let columns = &mut form.reading.get_or_insert_default().columns;
                    columns.kind = Some(text.trim().to_owned()).filter(|name| !name.is_empty());
                }
                _ => {}
            }
        }
        Ok(form)
    }
}

/// The last part of a path, as it can be shown: a name is kept for people and never used as a path.
pub(crate) fn file_name(sent: &str) -> String {
    let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    last.chars().filter(|character| !character.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_climbs_is_only_a_name() {
        for (sent, kept) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\ada\\list.csv", "list.csv"),
            ("/absolute/list.txt", "list.txt"),
            ("a\0b\n.txt", "ab.txt"),
            ("..", ".."),
        ] {
            assert_eq!(file_name(sent), kept);
        }
    }
}
