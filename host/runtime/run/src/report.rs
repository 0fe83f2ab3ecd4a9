//! The report: what became of every object, as data. Shown by whoever wants to; written as JSON by `--report`. Its JSON
//! Schema is generated from these types.

use std::collections::BTreeMap;
use std::sync::Arc;

use palisade_bundle::Bundle;
use palisade_model::{Outcome, Verdict};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::Totals;

/// Everything there is to say about one run.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Report {
    /// Version of this schema: 1.
    pub schema: u32,
    /// When, how long, and how it ended.
    pub run: RunReport,
    /// Which bundle.
    pub bundle: BundleIdentity,
    /// Which action.
    pub action: ActionIdentity,
    /// The configuration as the component got it, defaults included. Secrets are not part of it.
    pub configuration: BTreeMap<String, Value>,
    /// What was read, and what of it was not offered.
    pub collection: CollectionReport,
    /// Verdicts by kind.
    pub totals: Totals,
    /// Verdicts by kind and code, the most frequent first.
    pub reasons: Vec<ReasonCount>,
    /// What the service would remove by itself because of this run, as far as the action has found out.
    pub evictions: EvictionsReport,
    /// What lists of the service hold, as far as the action has read them.
    pub holdings: Vec<HoldingReport>,
    /// What the action has found.
    pub found: FoundReport,
    /// Requests, repeats and waiting.
    pub traffic: TrafficReport,
    /// What the action or the host wants the operator to know.
    pub warnings: Vec<Warning>,
    /// Warnings beyond those listed.
    pub warnings_not_listed: u64,
    /// One entry for each object offered, in the order of the collection.
    pub objects: Vec<ObjectReport>,
}

/// When, how long, and how it ended.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RunReport {
    /// Identifies the run.
    pub id: String,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// RFC 3339, UTC.
    pub ended_at: String,
    /// From the start of the component to its end.
    pub seconds: f64,
    /// Nothing that changes the service was sent.
    pub dry_run: bool,
    /// Each submission was compared with what the service has.
    pub compared: bool,
    /// The responses came from a recording. Nothing was sent: verdicts, traffic and holdings are those of the recorded run.
    pub replay: bool,
    /// The summary that the exit status tells.
    pub status: Status,
    /// How the component ended.
    pub ended: EndedHow,
    /// Why it ended early or was stopped; stable code.
    pub code: Option<String>,
    /// The same as a sentence.
    pub message: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

/// The summary that the exit status tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Every object was accepted, skipped or planned.
    Clean,
    /// The run finished; objects were rejected or failed.
    WithProblems,
    /// The service has not finished all objects. The run can be continued.
    Waiting,
    /// The run ended before the action had worked through the collection.
    EndedEarly,
}

/// How the component ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EndedHow {
    /// It worked through the collection.
    Completed,
    /// It gave up, for example because the service refuses the credential.
    Stopped,
    /// The host ended it: a trap, a limit, the deadline, a refused request, a broken rule, the operator.
    Early,
}

/// Which bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BundleIdentity {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of the zip, hexadecimal.
    pub digest: String,
}

impl BundleIdentity {
    /// Of an opened bundle.
    #[must_use]
    pub fn of(bundle: &Bundle) -> Self {
        let manifest = bundle.manifest();
        Self {
            id: manifest.id.clone(),
            version: manifest.version.clone(),
            digest: bundle.digest().to_string(),
        }
    }
}

/// Which action.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ActionIdentity {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
}

/// What was read, and what of it was not offered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CollectionReport {
    /// Each file in the order given.
    pub files: Vec<FileReport>,
    /// How many objects the run takes at most; none where the action has no such parameter.
    pub objects_per_run: Option<u64>,
    /// Objects beyond *Objects Per Run*.
    pub not_offered: NotOffered,
    /// Records that their own file says are not for use.
    pub left_out: Vec<LeftOutReport>,
}

/// One file of the collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileReport {
    /// Name as given; `-` is standard input.
    pub name: String,
    /// Format it was read as.
    pub format: String,
    /// Objects in it.
    pub objects: u64,
    /// Records in it that could not be read.
    pub unreadable: u64,
    /// Records in it that are not for use.
    pub left_out: u64,
    /// Objects that it announces and does not hold: it was one page of several.
    pub missing: u64,
}

/// Objects beyond *Objects Per Run*.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NotOffered {
    /// How many.
    pub count: u64,
    /// How many of each type.
    pub by_subtype: BTreeMap<String, u64>,
    /// Which, up to a limit.
    #[serde(serialize_with = "shared", deserialize_with = "to_share")]
    #[schemars(with = "Vec<NotOfferedObject>")]
    pub objects: Arc<Vec<NotOfferedObject>>,
}

/// One object beyond *Objects Per Run*. There may be 10,000 of them: what many have in common they share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NotOfferedObject {
    /// The platform's identifier.
    pub platform_id: Option<String>,
    /// Its type.
    #[serde(serialize_with = "shared", deserialize_with = "text_to_share")]
    #[schemars(with = "String")]
    pub subtype: Arc<str>,
    /// Its value.
    pub value: String,
    /// Its file.
    #[serde(serialize_with = "shared", deserialize_with = "text_to_share")]
    #[schemars(with = "String")]
    pub file: Arc<str>,
    /// Its place in the file.
    pub location: String,
}

/// What is shared is written as what it is.
fn shared<T: Serialize + ?Sized, S: Serializer>(value: &Arc<T>, serializer: S) -> Result<S::Ok, S::Error> {
    value.as_ref().serialize(serializer)
}

fn to_share<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<T>, D::Error> {
    T::deserialize(deserializer).map(Arc::new)
}

fn text_to_share<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<str>, D::Error> {
    String::deserialize(deserializer).map(Arc::from)
}

/// Records that their own file says are not for use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LeftOutReport {
    /// Stable code.
    pub code: String,
    /// The sentence of the first of them.
    pub message: String,
    /// How many.
    pub count: u64,
}

/// Verdicts of one kind and code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReasonCount {
    /// The kind.
    pub verdict: Verdict,
    /// The code.
    pub code: String,
    /// The sentence of the first of them.
    pub example: String,
    /// How many.
    pub count: u64,
}

/// What the action has found, by number. The objects are where the caller had them kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FoundReport {
    /// Batches that were kept.
    pub batches: u64,
    /// Objects in them.
    pub objects: u64,
    /// Objects that the source no longer has.
    pub gone: u64,
}

/// Requests, repeats and waiting.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrafficReport {
    /// Requests sent, repeats included.
    pub requests: u64,
    /// Repeats by the transport.
    pub repeats: u64,
    /// Answers with status 429.
    pub throttled: u64,
    /// Attempts without a complete answer.
    pub lost: u64,
    /// Time spent waiting before requests, added up over all of them.
    pub waited_seconds: f64,
    /// Bytes of request bodies.
    pub bytes_sent: u64,
    /// Bytes of response bodies.
    pub bytes_received: u64,
    /// Of the requests, those of the comparison that precedes a plan; 0 if there was none.
    pub comparison_requests: u64,
}

impl TrafficReport {
    /// The sum of both.
    pub(crate) fn and(self, other: &Self) -> Self {
        Self {
            requests: self.requests + other.requests,
            repeats: self.repeats + other.repeats,
            throttled: self.throttled + other.throttled,
            lost: self.lost + other.lost,
            waited_seconds: self.waited_seconds + other.waited_seconds,
            bytes_sent: self.bytes_sent + other.bytes_sent,
            bytes_received: self.bytes_received + other.bytes_received,
            comparison_requests: self.comparison_requests + other.comparison_requests,
        }
    }

    /// The sum with what the comparison that precedes a plan took.
    pub(crate) fn with_comparison(self, comparison: Self) -> Self {
        let comparison_requests = comparison.requests;
        self.and(&Self { comparison_requests, ..comparison })
    }
}

/// What the operator should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Warning {
    /// `action` or `host`.
    pub source: String,
    /// One sentence.
    pub message: String,
    /// Further facts by name.
    pub fields: BTreeMap<String, String>,
}

/// What became of one object.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ObjectReport {
    /// Its key in this run, from 1 on.
    pub key: u64,
    /// The platform's identifier.
    pub platform_id: Option<String>,
    /// Its type; empty for a record that could not be read.
    pub subtype: String,
    /// Its value as the collection has it; the beginning of the record where it could not be read.
    pub value: String,
    /// Its file.
    pub file: String,
    /// Its place in the file.
    pub location: String,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What the service would remove by itself because of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EvictionsReport {
    /// How many entries.
    pub count: u64,
    /// Which, up to a limit.
    pub entries: Vec<EvictionReport>,
}

/// One entry that the service would remove by itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct EvictionReport {
    /// The service's name for what it is.
    pub field: String,
    /// Its value.
    pub value: String,
    /// When it would expire, as the service writes it.
    pub expires: Option<String>,
}

/// How many entries a list of the service holds at the end of the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HoldingReport {
    /// The list, by the name that people use.
    pub list: String,
    /// The service's name for the type that is counted; none where all types are counted together.
    pub field: Option<String>,
    /// The entries.
    pub entries: u64,
    /// The most entries that the service keeps of what is counted; none where it is not known.
    pub limit: Option<u64>,
}

impl Report {
    /// Version of the schema.
    pub const SCHEMA: u32 = 1;
}

/// The JSON Schema of the report.
#[must_use]
pub fn report_schema() -> Value {
    let mut schema = schemars::schema_for!(Report).to_value();
    if let Some(root) = schema.as_object_mut() {
        root.insert("title".to_owned(), Value::from("Report of a Palisade run"));
    }
    schema
}
