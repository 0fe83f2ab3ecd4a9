//! What the product said, and what must hold of it after every run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;

use crate::schema;

/// Exit status, output and report of one call.
#[derive(Debug)]
pub struct Outcome {
    /// The exit status.
    pub status: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    report: Option<Value>,
    directory: TempDir,
}

/// One object of the report.
#[derive(Debug, Clone)]
pub struct Object {
    /// Its value in the collection.
    pub value: String,
    /// Its type.
    pub subtype: String,
    /// Its verdict.
    pub verdict: String,
    /// The reason's code, empty where there is none.
    pub code: String,
    /// The reason as a sentence, empty where there is none.
    pub message: String,
    /// What was submitted for it: field and value.
    pub submitted: Vec<(String, String)>,
    /// The entry as it is.
    pub entry: Value,
}

impl Outcome {
    pub(crate) fn new(output: Output, report: Option<&[u8]>, directory: TempDir) -> Self {
        let report = report.map(|bytes| serde_json::from_slice(bytes).expect("the report is JSON"));
        let outcome = Self {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).expect("standard output is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("standard error is UTF-8"),
            report,
            directory,
        };
        if let Some(report) = &outcome.report {
            if let Err(fault) = schema::check_report(report) {
                panic!("the report is not what its schema says: {fault}");
            }
            outcome.assert_sums_agree(report);
        }
        outcome
    }

    /// The report as JSON.
    #[must_use]
    pub fn report(&self) -> &Value {
        self.report.as_ref().unwrap_or_else(|| panic!("there is no report; standard error:\n{}", self.stderr))
    }

    /// Whether a report was written.
    #[must_use]
    pub fn has_report(&self) -> bool {
        self.report.is_some()
    }

    /// The call's own directory with everything that it left there.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// A number of the report's totals: `offered`, `accepted`, ...
    #[must_use]
    pub fn total(&self, name: &str) -> u64 {
        self.report()["totals"][name].as_u64().unwrap_or_else(|| panic!("the report has no total `{name}`"))
    }

    /// The totals that are not zero, in the order of the report: what a test compares at once.
    #[must_use]
    pub fn totals(&self) -> BTreeMap<String, u64> {
        let totals = self.report()["totals"].as_object().expect("totals");
        let number = |value: &Value| value.as_u64().expect("a number");
        totals
            .iter()
            .map(|(name, value)| (name.clone(), number(value)))
            .filter(|(_, value)| *value > 0)
            .collect()
    }

    /// A number of the report's traffic: `requests`, `repeats`, `throttled`, ...
    #[must_use]
    pub fn traffic(&self, name: &str) -> f64 {
        self.report()["traffic"][name]
            .as_f64()
            .unwrap_or_else(|| panic!("the report has no traffic `{name}`"))
    }

    /// The objects of the report.
    #[must_use]
    pub fn objects(&self) -> Vec<Object> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let entries = self.report()["objects"].as_array().expect("objects");
        entries
            .iter()
            .map(|entry| Object {
                value: text(&entry["value"]),
                subtype: text(&entry["subtype"]),
                verdict: text(&entry["verdict"]),
                code: text(&entry["code"]),
                message: text(&entry["message"]),
                submitted: entry["submissions"]
                    .as_array()
                    .expect("submissions")
                    .iter()
                    .map(|submission| (text(&submission["field"]), text(&submission["value"])))
                    .collect(),
                entry: entry.clone(),
            })
            .collect()
    }

    /// The one object with this value.
    #[must_use]
    pub fn object(&self, value: &str) -> Object {
        let found: Vec<Object> = self.objects().into_iter().filter(|object| object.value == value).collect();
        assert_eq!(found.len(), 1, "objects with the value `{value}`: {found:?}");
        found[0].clone()
    }

    /// What the report says the service has: field and value of every submission that was accepted.
    #[must_use]
    pub fn accepted_submissions(&self) -> BTreeSet<(String, String)> {
        self.objects()
            .into_iter()
            .filter(|object| object.verdict == "accepted")
            .flat_map(|object| object.submitted)
            .collect()
    }

    /// How many objects have this verdict and code.
    #[must_use]
    pub fn count(&self, verdict: &str, code: &str) -> usize {
        self.objects().iter().filter(|object| object.verdict == verdict && object.code == code).count()
    }

    /// The code of the run's end, empty where it was an ordinary one.
    #[must_use]
    pub fn ended_with(&self) -> String {
        self.of_run("code")
    }

    /// A text that the report has about the run: `code`, `message`, `hint`, `ended`, ...; empty where there is none.
    #[must_use]
    pub fn of_run(&self, name: &str) -> String {
        self.report()["run"][name].as_str().unwrap_or_default().to_owned()
    }

    /// Standard error with the call's directory and the run's id replaced, which differ from call to call.
    #[must_use]
    pub fn stable_stderr(&self) -> String {
        let text = self.stderr.replace(&self.directory.path().display().to_string(), "DIRECTORY");
        if self.has_report() { text.replace(&self.of_run("id"), "RUN") } else { text }
    }

    /// The invariant of every run: each offered key occurs once, has one verdict, and the sums agree.
    fn assert_sums_agree(&self, report: &Value) {
        let totals = &report["totals"];
        let number = |name: &str| totals[name].as_u64().expect("a total");
        let names = ["accepted", "planned", "skipped", "rejected", "failed", "pending"];
        assert_eq!(number("offered"), names.iter().map(|name| number(name)).sum::<u64>(), "{totals}");
        let objects = report["objects"].as_array().expect("objects");
        assert_eq!(objects.len() as u64, number("offered"));
        let keys: BTreeSet<u64> =
            objects.iter().map(|object| object["key"].as_u64().expect("a key")).collect();
        assert_eq!(keys.len(), objects.len(), "a key occurs twice");
        for name in names {
            let counted = objects.iter().filter(|object| object["verdict"] == name).count() as u64;
            assert_eq!(counted, number(name), "objects that are {name}");
        }
        // Under `--strict`, what was left out or warned of is named on a line of its own.
        let strict = self.stderr.lines().any(|line| line.starts_with("strict: "));
        let expected = match report["run"]["status"].as_str().expect("a status") {
            "clean" if strict => 3,
            "clean" => 0,
            "with-problems" => 3,
            "waiting" => 5,
            _ => 4,
        };
        assert_eq!(self.status, expected, "exit status; standard error:\n{}", self.stderr);
    }
}
