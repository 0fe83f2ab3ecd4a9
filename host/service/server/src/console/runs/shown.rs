//! How runs look wherever they stand: words, colours, bars, and the line of a table.

use jiff::Timestamp;
use palisade_model::{Verdict, VerdictCounts};
use palisade_store::{Cause, Origin, Phase, RunRow, RunStatus};

use super::heads::Head;
use crate::console::wording::{first_upper, sentence};
use crate::view::{Badge, Frame, Moment, Segment, StackedBar, Tone};

/// How a verdict is meant.
pub(in crate::console) fn verdict_tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Accepted => Tone::Good,
        Verdict::Planned | Verdict::Pending => Tone::Active,
        Verdict::Skipped => Tone::Neutral,
        Verdict::Rejected => Tone::Warning,
        Verdict::Failed => Tone::Bad,
    }
}

/// A verdict as a word.
pub(in crate::console) fn verdict_badge(verdict: Verdict) -> Badge {
    Badge::new(verdict_tone(verdict), first_upper(verdict.name()))
}

/// How a run's end is meant. An issue about the run's own input or about the operator's policy is never shown as an outage.
pub(in crate::console) fn status_tone(status: RunStatus, cause: Option<Cause>) -> Tone {
    match (status, cause) {
        (RunStatus::Completed, _) => Tone::Good,
        (_, Some(Cause::Input | Cause::Policy)) | (RunStatus::ErrorOccurred | RunStatus::Incomplete, _) => {
            Tone::Warning
        }
        (RunStatus::ErrorDuringRun | RunStatus::FailedToComplete, _) => Tone::Bad,
    }
}

/// What an issue is about, in words.
pub(in crate::console) fn cause_words(cause: Cause) -> &'static str {
    match cause {
        Cause::Input => "Bad input",
        Cause::Policy => "Refused by policy or settings",
        Cause::Service => "Service or integration",
        Cause::Stopped => "Cancelled or out of time",
    }
}

/// What a list says beside the status of a run that ended with an issue; nothing for others.
pub(in crate::console) fn issue_words(
    status: Option<RunStatus>,
    cause: Option<Cause>,
) -> Option<&'static str> {
    status.filter(|status| status.is_issue())?;
    Some(match cause {
        Some(cause @ (Cause::Input | Cause::Policy)) => cause_words(cause),
        Some(Cause::Service | Cause::Stopped) | None => "Issue Encountered",
    })
}

/// Runs that a chart counts together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::console) struct Kind {
    pub(in crate::console) label: &'static str,
    tone: Tone,
    /// In the deeper shade of the colour: another kind has the same one.
    deep: bool,
    status: Option<RunStatus>,
    cause: Option<Cause>,
}

/// The kind of runs that ended in this way for this cause, or are open.
pub(in crate::console) fn kind(status: Option<RunStatus>, cause: Option<Cause>) -> Kind {
    let Some(status) = status else {
        return Kind { label: "In progress", tone: Tone::Active, deep: false, status: None, cause: None };
    };
    match cause.filter(|_| status.is_issue()) {
        Some(cause @ (Cause::Input | Cause::Policy)) => Kind {
            label: cause_words(cause),
            tone: Tone::Neutral,
            deep: cause == Cause::Policy,
            status: None,
            cause: Some(cause),
        },
        cause => Kind {
            label: status.name(),
            tone: status_tone(status, cause),
            deep: matches!(status, RunStatus::Incomplete | RunStatus::FailedToComplete),
            status: Some(status),
            cause,
        },
    }
}

impl Kind {
    /// A part of a chart.
    pub(in crate::console) fn segment(self, count: u64) -> Segment {
        Segment::new(self.label, count, self.tone).deep(self.deep)
    }

    /// The filters of the list of runs that show exactly these.
    pub(in crate::console) fn filter(self) -> [(&'static str, &'static str); 3] {
        let open = self.status.is_none() && self.cause.is_none();
        [
            ("phase", if open { super::list::OPEN } else { "" }),
            ("status", self.status.map(RunStatus::name).unwrap_or_default()),
            ("cause", self.cause.map(Cause::name).unwrap_or_default()),
        ]
    }
}

/// Where a run is, or how it ended.
pub(in crate::console) fn state_badge(row: &RunRow) -> Badge {
    match row.status {
        Some(status) => status_badge(status, row.cause),
        None => phase_badge(row.phase),
    }
}

/// How a run ended.
pub(in crate::console) fn status_badge(status: RunStatus, cause: Option<Cause>) -> Badge {
    Badge::new(status_tone(status, cause), status.name())
}

/// Where a run is that has not ended.
pub(in crate::console) fn phase_badge(phase: Phase) -> Badge {
    Badge::new(phase_tone(phase), first_upper(phase.name()))
}

/// The head of a column of the table of runs.
pub(in crate::console) struct RunHead {
    pub(in crate::console) title: &'static str,
    /// Where the table is sorted by it; none if it is not.
    pub(in crate::console) path: Option<String>,
    pub(in crate::console) sorted: &'static str,
    pub(in crate::console) number: bool,
}

/// The heads of a table of runs, of which these sort it.
pub(in crate::console) fn run_heads(mut sorting: Vec<Head>) -> Vec<RunHead> {
    let head = |title: &'static str| {
        let place = sorting.iter().position(|head| head.title == title);
        let sorted = place.map(|place| sorting.swap_remove(place));
        RunHead {
            title,
            sorted: sorted.as_ref().map_or("", |head| head.sorted),
            path: sorted.map(|head| head.path),
            number: title == "Objects",
        }
    };
    ["Run", "Requested", "Status", "Objects", "Verdicts", "Started", "Reason"].map(head).into()
}

fn phase_tone(phase: Phase) -> Tone {
    match phase {
        Phase::Running => Tone::Active,
        Phase::Waiting => Tone::Warning,
        Phase::Queued | Phase::Ended => Tone::Neutral,
    }
}

/// Verdicts as a bar; `list` makes the address where those of one kind are listed.
pub(in crate::console) fn verdict_bar(
    label: &str,
    counts: &VerdictCounts,
    list: impl Fn(Verdict) -> Option<String>,
) -> StackedBar {
    let segment = |verdict: &Verdict| {
        let segment = Segment::new(verdict.name(), counts.of(*verdict), verdict_tone(*verdict));
        match list(*verdict) {
            Some(path) => segment.path(path),
            None => segment,
        }
    };
    let some = Verdict::FINAL.iter().filter(|verdict| counts.of(**verdict) > 0);
    StackedBar::new(label, some.map(segment).collect())
}

/// What made a run, in words.
pub(in crate::console) fn origin_words(row: &RunRow) -> String {
    match (row.origin, row.retry_of) {
        (Origin::Schedule, _) => "Schedule".to_owned(),
        (Origin::RunNow, _) => "Run now".to_owned(),
        (Origin::Manual, _) => "Selected objects".to_owned(),
        (Origin::Retry, Some(earlier)) => format!("Retry of run {earlier}"),
        (Origin::Retry, None) => "Retry".to_owned(),
    }
}

/// How long something took, or takes so far.
pub(in crate::console) fn lasted(
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    now: Timestamp,
) -> Option<String> {
    let seconds = to.unwrap_or(now).duration_since(from?);
    Some(duration(seconds.as_millis()))
}

/// A duration in two units at most.
pub(in crate::console) fn duration(milliseconds: i128) -> String {
    let seconds = milliseconds / 1_000;
    match seconds {
        i128::MIN..1 => format!("{} ms", milliseconds.max(0)),
        1..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

/// Characters of a reason in a line of a table; the run's own page has all of it.
const REASON: usize = 90;

fn shortened(text: &str) -> String {
    if text.chars().count() <= REASON {
        return text.to_owned();
    }
    let cut: String = text.chars().take(REASON).collect();
    cut.rsplit_once(' ').map_or(cut.as_str(), |(whole, _)| whole).to_owned() + " …"
}

/// A run as a line of a table.
pub(in crate::console) struct Line {
    pub(in crate::console) id: i64,
    pub(in crate::console) workflow: String,
    pub(in crate::console) workflow_path: Option<String>,
    pub(in crate::console) origin: String,
    pub(in crate::console) requested_by: String,
    pub(in crate::console) dry_run: bool,
    pub(in crate::console) state: Badge,
    /// What the flag beside the state says; none without an issue.
    pub(in crate::console) issue: Option<&'static str>,
    pub(in crate::console) reason: Option<String>,
    pub(in crate::console) objects: Option<u64>,
    pub(in crate::console) bar: Option<StackedBar>,
    pub(in crate::console) asked: Moment,
    pub(in crate::console) started: Option<Moment>,
    pub(in crate::console) duration: Option<String>,
    pub(in crate::console) open: bool,
}

impl Line {
    pub(in crate::console) fn new(frame: &Frame, row: &RunRow) -> Self {
        let bar = (row.counts.decided() > 0).then(|| verdict_bar("Verdicts", &row.counts, |_| None).bare());
        Self {
            id: row.id.0,
            workflow: row.workflow_name.clone(),
            workflow_path: row.workflow.map(|id| format!("/workflows/{id}")),
            origin: origin_words(row),
            requested_by: row.requested_by.clone(),
            dry_run: row.dry_run,
            state: state_badge(row),
            issue: issue_words(row.status, row.cause),
            reason: row.reason.as_deref().map(|reason| shortened(&sentence(reason))),
            objects: row.objects,
            bar,
            asked: frame.moment(&row.created_at),
            started: row.started_at.map(|at| frame.moment(&at)),
            duration: lasted(row.started_at, row.ended_at, frame.now),
            open: row.phase != Phase::Ended,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_two_units_at_most() {
        for (milliseconds, said) in [
            (-5, "0 ms"),
            (0, "0 ms"),
            (999, "999 ms"),
            (59_999, "59 s"),
            (125_000, "2 min 5 s"),
            (7_260_000, "2 h 1 min"),
        ] {
            assert_eq!(duration(milliseconds), said);
        }
    }

    #[test]
    fn no_two_ends_of_a_run_look_the_same_in_a_chart() {
        let mut kinds = vec![kind(None, None)];
        for status in RunStatus::ALL {
            kinds.extend(Cause::ALL.iter().map(|cause| kind(Some(*status), Some(*cause))));
        }
        for (place, one) in kinds.iter().enumerate() {
            for other in &kinds[..place] {
                let same_look = (one.tone, one.deep) == (other.tone, other.deep);
                assert_eq!(same_look, one.label == other.label, "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn bad_input_does_not_look_like_an_outage() {
        for status in RunStatus::ALL.iter().copied().filter(|status| status.is_issue()) {
            for cause in [Cause::Input, Cause::Policy] {
                let kind = kind(Some(status), Some(cause));
                assert_eq!((kind.tone, kind.label), (Tone::Neutral, cause_words(cause)));
                assert_ne!(status_tone(status, Some(cause)), Tone::Bad);
                assert_eq!(issue_words(Some(status), Some(cause)), Some(cause_words(cause)));
                assert_eq!(kind.filter(), [("phase", ""), ("status", ""), ("cause", cause.name())]);
            }
            assert_eq!(issue_words(Some(status), Some(Cause::Service)), Some("Issue Encountered"));
        }
        assert_eq!(issue_words(Some(RunStatus::Completed), None), None);
        assert_eq!(kind(None, None).filter(), [("phase", "open"), ("status", ""), ("cause", "")]);
    }

    #[test]
    fn a_long_reason_is_cut_between_words() {
        assert_eq!(shortened("short"), "short");
        let cut = shortened(&"word ".repeat(40));
        assert!(cut.ends_with("word …") && cut.chars().count() <= REASON + 2, "{cut}");
    }
}
