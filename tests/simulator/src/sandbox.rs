//! The sandbox: submissions with their course by the clock, the daily quota, results, reports and packages (API reference,
//! response actions, section 8). A submission, its task and its result have the same id.

mod analysis;
mod results;
mod submit;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::{Date, Duration, OffsetDateTime};

use crate::digest::{self, Digests};
use crate::page::format_date;

pub use analysis::{Analysis, SandboxError, SandboxRisk, SuspiciousFinding};
pub(crate) use results::{
    get_result, get_task, list_results, list_tasks, package, report, suspicious_objects,
};
pub(crate) use submit::{submit_file, submit_urls, usage, with_usage};

/// What the sandbox holds at first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SandboxSeed {
    /// How many objects may be submitted in a day.
    pub reserve_count: u64,
    /// How many of them were submitted today.
    pub used_count: u64,
    /// What analyses find.
    pub analyses: Vec<Analysis>,
    /// Earlier submissions.
    pub submissions: Vec<SeededSubmission>,
}

impl Default for SandboxSeed {
    fn default() -> Self {
        Self { reserve_count: DAILY_RESERVE, used_count: 0, analyses: Vec::new(), submissions: Vec::new() }
    }
}

/// How many objects may be submitted in a day if nothing else is seeded. No source has a number.
const DAILY_RESERVE: u64 = 10_000;

/// A submission that was there before the first request; its analysis is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeededSubmission {
    /// Its id.
    pub id: String,
    /// The name of the file, or the URL.
    pub object: String,
    /// Whether it is a URL.
    #[serde(default)]
    pub is_url: bool,
    /// What the analysis found.
    #[serde(default)]
    pub analysis: Analysis,
}

/// A submission.
#[derive(Clone, Debug)]
pub(crate) struct Submitted {
    pub(crate) id: String,
    pub(crate) object: String,
    pub(crate) is_url: bool,
    pub(crate) digests: Digests,
    pub(crate) arguments: Option<String>,
    pub(crate) created: OffsetDateTime,
    pub(crate) analysis: Analysis,
}

/// What became of a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    Running,
    Succeeded,
    Failed,
}

impl Submitted {
    fn finished(&self) -> OffsetDateTime {
        let seconds = i64::try_from(self.analysis.running_seconds).unwrap_or(i64::MAX);
        self.created.saturating_add(Duration::seconds(seconds))
    }

    fn progress(&self, now: OffsetDateTime) -> Progress {
        if now < self.finished() {
            Progress::Running
        } else if self.analysis.error.is_some() {
            Progress::Failed
        } else {
            Progress::Succeeded
        }
    }

    fn digest(&self) -> Value {
        let Digests { md5, sha1, sha256 } = &self.digests;
        json!({"md5": md5, "sha1": sha1, "sha256": sha256})
    }

    /// The submission as a task.
    fn task(&self, now: OffsetDateTime, origin: &str) -> Value {
        let progress = self.progress(now);
        let status = match progress {
            Progress::Running => "running",
            Progress::Succeeded => "succeeded",
            Progress::Failed => "failed",
        };
        let since = if progress == Progress::Running { self.created } else { self.finished() };
        let mut task = json!({
            "id": self.id,
            "action": if self.is_url { "analyzeUrl" } else { "analyzeFile" },
            "status": status,
            "createdDateTime": format_date(self.created),
            "lastActionDateTime": format_date(since),
            "isCached": self.analysis.is_cached,
            "digest": self.digest(),
        });
        if let Some(fields) = task.as_object_mut() {
            if let Some(arguments) = &self.arguments {
                fields.insert("arguments".to_owned(), arguments.clone().into());
            }
            if progress == Progress::Succeeded {
                let link = format!("{origin}/v3.0/sandbox/analysisResults/{}", self.id);
                fields.insert("resourceLocation".to_owned(), link.into());
            }
            if let Some(error) = self.analysis.error.as_ref().filter(|_| progress == Progress::Failed) {
                let error = json!({"code": error.code, "message": error.message});
                fields.insert("error".to_owned(), error);
            }
        }
        task
    }

    /// The submission as a result; `None` if there is none.
    fn result(&self, now: OffsetDateTime) -> Option<Value> {
        if self.progress(now) != Progress::Succeeded {
            return None;
        }
        let mut result = json!({
            "id": self.id,
            "type": if self.is_url { "url" } else { "file" },
            "riskLevel": self.analysis.risk_level,
            "analysisCompletionDateTime": format_date(self.finished()),
            "digest": self.digest(),
            "detectionNames": self.analysis.detection_names,
            "threatTypes": self.analysis.threat_types,
        });
        if let Some(fields) = result.as_object_mut() {
            if let Some(arguments) = &self.arguments {
                fields.insert("arguments".to_owned(), arguments.clone().into());
            }
            if let Some(kind) = &self.analysis.true_file_type {
                fields.insert("trueFileType".to_owned(), kind.clone().into());
            }
        }
        Some(result)
    }
}

/// What was submitted in a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    files: u64,
    exempt_files: u64,
    urls: u64,
    exempt_urls: u64,
}

/// The sandbox.
#[derive(Clone, Debug)]
pub(crate) struct Sandbox {
    reserve: u64,
    /// What was used before the first request, and on which day.
    used: (u64, Option<Date>),
    counts: (Counts, Option<Date>),
    analyses: Vec<(Analysis, u64)>,
    submitted: Vec<Submitted>,
}

impl Default for Sandbox {
    fn default() -> Self {
        Self {
            reserve: DAILY_RESERVE,
            used: (0, None),
            counts: (Counts::default(), None),
            analyses: Vec::new(),
            submitted: Vec::new(),
        }
    }
}

impl Sandbox {
    /// Adds a seed.
    pub(crate) fn sow(&mut self, seed: SandboxSeed, now: OffsetDateTime) {
        self.reserve = seed.reserve_count;
        self.used = (seed.used_count, Some(now.date()));
        seed.analyses.into_iter().for_each(|analysis| self.plan(analysis));
        for SeededSubmission { id, object, is_url, analysis } in seed.submissions {
            let digests = Digests::of([object.as_str()]);
            let analysis = Analysis { running_seconds: 0, ..analysis };
            self.submitted.push(Submitted {
                id,
                object,
                is_url,
                digests,
                arguments: None,
                created: now,
                analysis,
            });
        }
    }

    /// Says what an analysis is to find.
    pub(crate) fn plan(&mut self, analysis: Analysis) {
        self.analyses.push((analysis, 0));
    }

    fn counts(&self, today: Date) -> Counts {
        let (counts, day) = self.counts;
        if day == Some(today) { counts } else { Counts::default() }
    }

    fn used(&self, today: Date) -> u64 {
        let Counts { files, urls, .. } = self.counts(today);
        let (before, day) = self.used;
        files + urls + if day == Some(today) { before } else { 0 }
    }

    fn remaining(&self, today: Date) -> u64 {
        self.reserve.saturating_sub(self.used(today))
    }

    /// The first analysis that names one of these, or names nothing, and is not used up.
    fn analysis(&mut self, names: &[&str]) -> Analysis {
        let fits = |analysis: &Analysis, uses: u64, named: bool| {
            analysis.target.is_some() == named
                && analysis.target.as_deref().is_none_or(|target| names.contains(&target))
                && analysis.times.is_none_or(|times| uses < times)
        };
        for named in [true, false] {
            let found = self.analyses.iter_mut().find(|(analysis, uses)| fits(analysis, *uses, named));
            if let Some((analysis, uses)) = found {
                *uses += 1;
                return analysis.clone();
            }
        }
        Analysis::default()
    }

    /// Accepts an object and gives its id; it must be known that the quota is enough.
    fn accept(
        &mut self,
        object: &str,
        is_url: bool,
        digests: Digests,
        arguments: Option<String>,
        now: OffsetDateTime,
    ) -> String {
        let analysis = self.analysis(&[object, &digests.sha1, &digests.sha256]);
        let today = now.date();
        let mut counts = self.counts(today);
        *match (is_url, analysis.is_exempt) {
            (false, false) => &mut counts.files,
            (false, true) => &mut counts.exempt_files,
            (true, false) => &mut counts.urls,
            (true, true) => &mut counts.exempt_urls,
        } += 1;
        self.counts = (counts, Some(today));
        let id = digest::uuid("sandbox", self.submitted.len() as u64 + 1);
        let object = object.to_owned();
        self.submitted.push(Submitted {
            id: id.clone(),
            object,
            is_url,
            digests,
            arguments,
            created: now,
            analysis,
        });
        id
    }

    fn find(&self, id: &str) -> Option<&Submitted> {
        self.submitted.iter().find(|submitted| submitted.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quota_is_that_of_a_day() {
        let now = OffsetDateTime::UNIX_EPOCH;
        let mut sandbox = Sandbox::default();
        let free = Analysis { target: Some("free.exe".to_owned()), is_exempt: true, ..Analysis::default() };
        let seed =
            SandboxSeed { reserve_count: 5, used_count: 2, analyses: vec![free], ..SandboxSeed::default() };
        sandbox.sow(seed, now);
        assert_eq!(sandbox.remaining(now.date()), 3);
        let first = sandbox.accept("a.exe", false, Digests::of(["a"]), None, now);
        let second = sandbox.accept("free.exe", false, Digests::of(["b"]), None, now);
        assert_ne!(first, second);
        assert_eq!(sandbox.remaining(now.date()), 2);
        assert_eq!(sandbox.counts(now.date()), Counts { files: 1, exempt_files: 1, ..Counts::default() });
        assert_eq!(sandbox.remaining((now + Duration::DAY).date()), 5);
    }
}
