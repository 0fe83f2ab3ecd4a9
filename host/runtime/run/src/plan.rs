//! A plan: what a dry run found that a push would do, kept in a file, and later done exactly so or refused.
//!
//! Denies by default: a plan is for one bundle (by digest), one action and one configuration; and it is done only if a new
//! comparison finds at the service, for each single submission, what was found when the plan was made.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use palisade_files::ReadFault;
use palisade_limits as limits;
use palisade_model::{Format, Location, Object, Submission, Summary, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::report::{BundleIdentity, EvictionReport, EvictionsReport, FileReport, ObjectReport, Report};
use crate::selection::{Offered, Selection};

/// What a push would do, as it is written to a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// SHA-256 of everything else in this document, hexadecimal: shows whether it was changed.
    pub digest: String,
    /// Version of this document: 1.
    pub schema: u32,
    /// When it was made; RFC 3339, UTC.
    pub made_at: String,
    /// The bundle that made it; it is done by no other.
    pub bundle: BundleIdentity,
    /// Id of the action.
    pub action: String,
    /// The configuration as the component got it. Secrets are not part of it.
    pub configuration: BTreeMap<String, Value>,
    /// The files that were read.
    pub files: Vec<FileReport>,
    /// What the service would remove by itself.
    pub evictions: EvictionsReport,
    /// Each object that was offered, with what would become of it.
    pub objects: Vec<PlannedObject>,
}

/// One object of a plan. Records that could not be read are none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedObject {
    /// The platform's identifier.
    pub platform_id: Option<String>,
    /// The platform's class of objects.
    pub kind: String,
    /// Its type.
    pub subtype: String,
    /// Its value as the collection has it.
    pub value: String,
    /// The platform's score.
    pub score: Option<f64>,
    /// The platform's status.
    pub status: Option<String>,
    /// The platform's text about it.
    pub description: Option<String>,
    /// Attributes as name and value.
    pub attributes: Vec<(String, String)>,
    /// Tags by name.
    pub tags: Vec<String>,
    /// Its file.
    pub file: String,
    /// Its place in the file.
    pub location: String,
    /// What would become of it: `planned`, or why not.
    pub verdict: Verdict,
    /// Stable code of the reason.
    pub code: Option<String>,
    /// What would be submitted for it, and what the service has of that.
    pub submissions: Vec<Submission>,
}

/// Why a plan cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The file cannot be read.
    #[error("the plan `{path}` cannot be read: {cause}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system said.
        cause: std::io::Error,
    },
    /// Past the limit.
    #[error("the plan `{path}` is larger than {limit} bytes")]
    TooLarge {
        /// The file.
        path: String,
        /// What is allowed.
        limit: u64,
    },
    /// Not a plan.
    #[error("`{path}` is not a plan: line {line}, column {column}: {cause}")]
    Syntax {
        /// The file.
        path: String,
        /// From 1 on.
        line: usize,
        /// From 1 on.
        column: usize,
        /// What the parser said.
        cause: String,
    },
    /// Another version of the document.
    #[error("the plan `{path}` has the schema {found}, this version reads {expected}")]
    Schema {
        /// The file.
        path: String,
        /// What it says.
        found: u32,
        /// What is read.
        expected: u32,
    },
    /// It is not as it was written.
    #[error("the plan `{path}` was changed after it was created: its content does not match its digest")]
    Changed {
        /// The file.
        path: String,
    },
    /// Made by another bundle, for another action or with another configuration.
    #[error("the plan was created with another {what}: expected {planned}, found {now}")]
    MadeWithAnother {
        /// `bundle`, `action`, or the parameter's name.
        what: String,
        /// In the plan.
        planned: String,
        /// What is given now.
        now: String,
    },
    /// The run that made it did not compare everything.
    #[error("a plan cannot be made: the comparison ended early ({code}): {message}")]
    NotCompared {
        /// Why it ended.
        code: String,
        /// The same as a sentence.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// Something is not as it was: the service, or what is protected.
    #[error(
        "nothing was sent: the tenant or the protected values have changed since the plan was created ({} {}): {}",
        .0.len(),
        if .0.len() == 1 { "difference" } else { "differences" },
        .0.iter().take(limits::DIFFERENCES_TOLD as usize).map(ToString::to_string).collect::<Vec<_>>().join("; ")
    )]
    Outdated(Vec<Difference>),
}

impl PlanError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "plan-unreadable",
            Self::TooLarge { .. } => "plan-too-large",
            Self::Syntax { .. } => "plan-syntax",
            Self::Schema { .. } => "plan-schema",
            Self::Changed { .. } => "plan-changed",
            Self::MadeWithAnother { .. } => "plan-made-with-another",
            Self::NotCompared { .. } => "plan-not-compared",
            Self::Outdated(_) => "plan-outdated",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Unreadable { .. } | Self::TooLarge { .. } => return None,
            Self::NotCompared { hint, .. } => return hint.clone(),
            Self::Syntax { .. } | Self::Schema { .. } => "create a plan with a comparison",
            Self::Changed { .. } => {
                "compare again and create a new plan; to leave objects out, change the collection or the configuration"
            }
            Self::MadeWithAnother { .. } => {
                "use the bundle, action and configuration of the plan, or compare again"
            }
            Self::Outdated(_) => "compare again, check the differences, and create a new plan",
        };
        Some(hint.to_owned())
    }
}

/// One thing that is not as the plan has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// Something else would become of an object.
    Verdict {
        /// The object's value.
        value: String,
        /// In the plan.
        planned: String,
        /// Now.
        now: String,
    },
    /// Something else would be submitted for an object.
    Submissions {
        /// The object's value.
        value: String,
    },
    /// The service has something else of a submission.
    Entry {
        /// The submission's value.
        value: String,
        /// The field, or `entry` where there is one only on one side.
        field: String,
        /// In the plan.
        planned: String,
        /// Now.
        now: String,
    },
    /// Another entry would be displaced.
    Eviction {
        /// The entry's value.
        value: String,
        /// Whether it would be displaced now.
        now: bool,
    },
    /// Another number of entries would be displaced.
    Evictions {
        /// In the plan.
        planned: u64,
        /// Now.
        now: u64,
    },
}

impl Difference {
    /// Whether an object has become protected that the plan would send.
    #[must_use]
    pub fn is_protection(&self) -> bool {
        matches!(self, Self::Verdict { now, .. } if now.contains("(protected)"))
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Verdict { value, planned, now } => {
                write!(formatter, "`{value}` would be {now}, it was {planned}")
            }
            Self::Submissions { value } => {
                write!(formatter, "something else would be submitted for `{value}`")
            }
            Self::Entry { value, field, planned, now } => {
                write!(formatter, "the {field} of `{value}` is {now}, it was {planned}")
            }
            Self::Eviction { value, now: true } => write!(formatter, "`{value}` would be displaced as well"),
            Self::Eviction { value, now: false } => write!(formatter, "`{value}` would not be displaced"),
            Self::Evictions { planned, now } => {
                write!(formatter, "{now} instead of {planned} entries would be displaced")
            }
        }
    }
}

impl Plan {
    /// Version of the document.
    pub const SCHEMA: u32 = 1;

    /// The plan of a run that has compared; `selection` is what the run was made of.
    ///
    /// # Errors
    /// [`PlanError::NotCompared`] where the run ended before it had compared everything.
    pub fn of(report: &Report, selection: &Selection) -> Result<Self, PlanError> {
        compared(report)?;
        let objects = selection
            .offered
            .iter()
            .zip(&report.objects)
            .filter_map(|((_, offered), entry)| offered.object().map(|object| planned(object, entry)));
        let mut plan = Self {
            digest: String::new(),
            schema: Self::SCHEMA,
            made_at: report.run.started_at.clone(),
            bundle: report.bundle.clone(),
            action: report.action.id.clone(),
            configuration: report.configuration.clone(),
            files: report.collection.files.clone(),
            evictions: report.evictions.clone(),
            objects: objects.collect(),
        };
        // What can be part of a report can be written as JSON; a plan without a digest would be refused.
        plan.digest = serde_json::to_vec(&plan).ok().and_then(|text| seal::digest(&text)).unwrap_or_default();
        Ok(plan)
    }

    /// Reads a plan.
    ///
    /// # Errors
    /// If it cannot be read, is not a plan of this version, or was changed after it was written.
    pub fn read(path: &Path) -> Result<Self, PlanError> {
        let name = || path.display().to_string();
        let bytes = palisade_files::read(path, limits::PLAN_BYTES).map_err(|fault| match fault {
            ReadFault::Io(cause) => PlanError::Unreadable { path: name(), cause },
            ReadFault::TooLarge { limit } => PlanError::TooLarge { path: name(), limit },
        })?;
        let plan: Self = serde_json::from_slice(&bytes).map_err(|error| PlanError::Syntax {
            path: name(),
            line: error.line(),
            column: error.column(),
            cause: error.to_string(),
        })?;
        if plan.schema != Self::SCHEMA {
            return Err(PlanError::Schema { path: name(), found: plan.schema, expected: Self::SCHEMA });
        }
        if seal::digest(&bytes).is_none_or(|digest| digest != plan.digest) {
            return Err(PlanError::Changed { path: name() });
        }
        Ok(plan)
    }

    /// The objects of the plan, to be offered again.
    #[must_use]
    pub fn selection(&self) -> Selection {
        let index = |file: &str| self.files.iter().position(|known| known.name == file).unwrap_or_default();
        let files = self.files.iter().map(|file| Summary {
            objects: file.objects,
            unreadable: file.unreadable,
            left_out: file.left_out,
            // It was shown by its name, so that it has one.
            ..Summary::new(file.name.clone(), file.format.parse().unwrap_or(Format::Text))
        });
        Selection {
            files: files.collect(),
            offered: self
                .objects
                .iter()
                .map(|object| (index(&object.file), Offered::Object(object.object())))
                .collect(),
            ..Selection::default()
        }
    }

    /// Checks that what is to do the plan is what made it.
    ///
    /// # Errors
    /// [`PlanError::MadeWithAnother`].
    pub(crate) fn check_made_with(
        &self,
        bundle: &BundleIdentity,
        configuration: &BTreeMap<String, Value>,
    ) -> Result<(), PlanError> {
        let another = |what: &str, planned: String, now: String| {
            Err(PlanError::MadeWithAnother { what: what.to_owned(), planned, now })
        };
        if self.bundle.digest != bundle.digest {
            let name =
                |bundle: &BundleIdentity| format!("`{} {}` ({})", bundle.id, bundle.version, bundle.digest);
            return another("bundle", name(&self.bundle), name(bundle));
        }
        let shown = |value: Option<&Value>| value.map_or("nothing".to_owned(), |value| format!("`{value}`"));
        let names = self.configuration.keys().chain(configuration.keys());
        for name in names {
            let (planned, now) = (self.configuration.get(name), configuration.get(name));
            if planned != now {
                return another(&format!("`{name}`"), shown(planned), shown(now));
            }
        }
        Ok(())
    }

    /// What a new comparison found that is not as the plan has it.
    ///
    /// # Errors
    /// [`PlanError::NotCompared`] and [`PlanError::Outdated`].
    pub(crate) fn check_unchanged(&self, now: &Report) -> Result<(), PlanError> {
        compared(now)?;
        let mut differences = Vec::new();
        for (planned, now) in self.objects.iter().zip(&now.objects) {
            compare_objects(planned, now, &mut differences);
        }
        compare_evictions(&self.evictions, &now.evictions, &mut differences);
        if differences.is_empty() { Ok(()) } else { Err(PlanError::Outdated(differences)) }
    }
}

fn compared(report: &Report) -> Result<(), PlanError> {
    if report.run.compared && report.run.code.is_none() {
        return Ok(());
    }
    Err(PlanError::NotCompared {
        code: report.run.code.clone().unwrap_or_else(|| "not-compared".to_owned()),
        message: report.run.message.clone().unwrap_or_else(|| "the run did not compare".to_owned()),
        hint: report.run.hint.clone(),
    })
}

fn planned(object: &Object, entry: &ObjectReport) -> PlannedObject {
    PlannedObject {
        platform_id: object.platform_id.clone(),
        kind: object.kind.clone(),
        subtype: object.subtype.clone(),
        value: object.value.clone(),
        score: object.score,
        status: object.status.clone(),
        description: object.description.clone(),
        attributes: object.attributes.clone(),
        tags: object.tags.clone(),
        file: entry.file.clone(),
        location: entry.location.clone(),
        verdict: entry.outcome.verdict,
        code: entry.outcome.code.clone(),
        submissions: entry.outcome.submissions.clone(),
    }
}

impl PlannedObject {
    fn object(&self) -> Object {
        Object {
            platform_id: self.platform_id.clone(),
            kind: self.kind.clone(),
            subtype: self.subtype.clone(),
            value: self.value.clone(),
            score: self.score,
            status: self.status.clone(),
            description: self.description.clone(),
            attributes: self.attributes.clone(),
            tags: self.tags.clone(),
            // A plan names its objects: nothing is selected by age any more.
            do_not_block: None,
            updated_at: None,
            // It was shown as text, and is shown as the same text again.
            location: Location::Path(self.location.clone()),
        }
    }
}

fn compare_objects(planned: &PlannedObject, now: &ObjectReport, differences: &mut Vec<Difference>) {
    let now = &now.outcome;
    if (planned.verdict, &planned.code) != (now.verdict, &now.code) {
        let shown = |verdict: Verdict, code: &Option<String>| match code {
            Some(code) => format!("{verdict} ({code})"),
            None => verdict.to_string(),
        };
        return differences.push(Difference::Verdict {
            value: planned.value.clone(),
            planned: shown(planned.verdict, &planned.code),
            now: shown(now.verdict, &now.code),
        });
    }
    let name = |submission: &Submission| (submission.field.clone(), submission.value.clone());
    if !planned.submissions.iter().map(name).eq(now.submissions.iter().map(name)) {
        return differences.push(Difference::Submissions { value: planned.value.clone() });
    }
    for (planned, now) in planned.submissions.iter().zip(&now.submissions) {
        compare_entries(planned, now, differences);
    }
}

/// What the service has of one submission. What would change of it is not looked at: a day later an entry is refreshed to
/// a later date, and that is what the plan says.
fn compare_entries(planned: &Submission, now: &Submission, differences: &mut Vec<Difference>) {
    let (Some(before), Some(after)) = (&planned.comparison, &now.comparison) else {
        if planned.comparison.is_some() != now.comparison.is_some() {
            differences.push(Difference::Submissions { value: planned.value.clone() });
        }
        return;
    };
    let mut differ = |field: &str, planned_value: String, now_value: String| {
        differences.push(Difference::Entry {
            value: planned.value.clone(),
            field: field.to_owned(),
            planned: planned_value,
            now: now_value,
        });
    };
    match (&before.held, &after.held) {
        (None, None) => {}
        (Some(_), None) => differ("entry", "there".to_owned(), "gone".to_owned()),
        (None, Some(_)) => differ("entry", "not there".to_owned(), "there".to_owned()),
        (Some(before), Some(after)) => {
            let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
            for name in names {
                let shown =
                    |value: Option<&String>| value.map_or("nothing".to_owned(), |value| format!("`{value}`"));
                if before.get(name) != after.get(name) {
                    differ(&format!("`{name}`"), shown(before.get(name)), shown(after.get(name)));
                }
            }
        }
    }
    if before.also_on != after.also_on {
        let shown = |lists: &[String]| if lists.is_empty() { "none".to_owned() } else { lists.join(", ") };
        differ("other lists", shown(&before.also_on), shown(&after.also_on));
    }
}

fn compare_evictions(planned: &EvictionsReport, now: &EvictionsReport, differences: &mut Vec<Difference>) {
    if planned.count != now.count {
        differences.push(Difference::Evictions { planned: planned.count, now: now.count });
    }
    let sorted = |report: &EvictionsReport| {
        let key = |entry: &EvictionReport| (entry.field.clone(), entry.value.clone());
        report.entries.iter().map(key).collect::<std::collections::BTreeSet<_>>()
    };
    let (before, after) = (sorted(planned), sorted(now));
    let eviction = |(_, value): &(String, String), now| Difference::Eviction { value: value.clone(), now };
    differences.extend(after.difference(&before).map(|entry| eviction(entry, true)));
    differences.extend(before.difference(&after).map(|entry| eviction(entry, false)));
}

mod seal;
#[cfg(test)]
mod tests;
