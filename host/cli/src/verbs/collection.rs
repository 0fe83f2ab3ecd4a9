//! `palisade collection`: what the readers see.

use std::collections::BTreeMap;
use std::io;

use palisade_collection::Source;
use palisade_limits::UNREADABLE_SHOWN;
use palisade_model::Record;
use serde::Serialize;

use crate::answer::Answer;
use crate::arguments::{Collection, Output};
use crate::failure::Failure;
use crate::files_named::FilesNamed;
use crate::{show, verbs};

/// What the readers saw in all files.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Sighting {
    pub(crate) files: Vec<SeenFile>,
    /// Objects by type.
    pub(crate) by_subtype: BTreeMap<String, u64>,
    /// Objects by status; those without one under the empty name.
    pub(crate) by_status: BTreeMap<String, u64>,
    /// Objects whose source says that they are harmless, by code: an action that blocks does not get them.
    pub(crate) not_for_blocking: BTreeMap<String, u64>,
    /// Records that are not for use, by code.
    pub(crate) left_out: BTreeMap<String, u64>,
    /// What was read with a field less, in sentences.
    pub(crate) warnings: Vec<String>,
    /// The first records that could not be read.
    pub(crate) unreadable: Vec<SeenUnreadable>,
    /// Further records that could not be read.
    pub(crate) unreadable_not_listed: u64,
    /// What is left out or warned of counts as a problem.
    #[serde(skip)]
    strict: bool,
}

/// One file.
#[derive(Debug, Serialize)]
pub(crate) struct SeenFile {
    pub(crate) name: String,
    pub(crate) format: String,
    pub(crate) objects: u64,
    pub(crate) unreadable: u64,
    pub(crate) left_out: u64,
    pub(crate) missing: u64,
}

/// One record that could not be read.
#[derive(Debug, Serialize)]
pub(crate) struct SeenUnreadable {
    pub(crate) file: String,
    pub(crate) location: String,
    pub(crate) message: String,
    pub(crate) excerpt: String,
}

impl Sighting {
    pub(crate) fn objects(&self) -> u64 {
        self.by_subtype.values().sum()
    }

    /// How many records could not be read.
    pub(crate) fn unreadable(&self) -> u64 {
        self.unreadable.len() as u64 + self.unreadable_not_listed
    }

    fn take(&mut self, file: &str, record: Record) {
        match record {
            Record::Object(object) => {
                if let Some(mark) = object.do_not_block {
                    *self.not_for_blocking.entry(mark.code.to_owned()).or_default() += 1;
                }
                *self.by_subtype.entry(object.subtype).or_default() += 1;
                *self.by_status.entry(object.status.unwrap_or_default()).or_default() += 1;
            }
            Record::LeftOut(record) => *self.left_out.entry(record.code.to_owned()).or_default() += 1,
            Record::Unreadable(_) if self.unreadable.len() as u64 >= UNREADABLE_SHOWN => {
                self.unreadable_not_listed += 1;
            }
            Record::Unreadable(record) => self.unreadable.push(SeenUnreadable {
                file: file.to_owned(),
                location: record.location.to_string(),
                message: record.message,
                excerpt: record.excerpt,
            }),
        }
    }
}

impl Answer for Sighting {
    fn text(&self) -> String {
        show::collection::text(self)
    }

    fn json(&self, out: &mut dyn io::Write) -> io::Result<()> {
        serde_json::to_writer_pretty(out, self).map_err(io::Error::from)
    }

    fn status(&self) -> u8 {
        let passed_over =
            !self.left_out.is_empty() || !self.not_for_blocking.is_empty() || !self.warnings.is_empty();
        if self.unreadable() > 0 || self.strict && passed_over { 3 } else { 0 }
    }
}

pub(crate) fn collection(arguments: Collection) -> Result<Box<dyn Answer>, Failure> {
    FilesNamed::default().read("FILE", &arguments.files).check(Output::Text)?;
    let reading = verbs::reading(arguments.format, &arguments.column)?;
    let mut sighting = Sighting { strict: arguments.strict, ..Sighting::default() };
    let mut summaries = Vec::new();
    for path in &arguments.files {
        let source = Source::from_argument(path.as_os_str());
        let name = source.name().to_owned();
        let summary =
            palisade_collection::read(source, reading.clone(), &mut |record| sighting.take(&name, record))?;
        sighting.unreadable_not_listed += summary.unreadable_not_listed;
        sighting.files.push(SeenFile {
            missing: summary.missing(),
            name: summary.name.clone(),
            format: summary.format.to_string(),
            objects: summary.objects,
            unreadable: summary.unreadable,
            left_out: summary.left_out,
        });
        summaries.push(summary);
    }
    sighting.warnings = palisade_model::warnings(&summaries);
    Ok(Box::new(sighting))
}
