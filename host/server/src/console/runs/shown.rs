//! How runs look wherever they stand: words, colours, bars, and the line of a table.

use jiff::Timestamp;
use palisade_store::{Counts, Origin, Phase, RunRow, RunStatus, Verdict};

use crate::console::wording::{first_upper, sentence};
use crate::view::{Badge, Frame, Moment, Segment, StackedBar, Tone};

/// How a verdict is meant.
pub(in crate::console) fn verdict_tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Accepted => Tone::Good,
        Verdict::Planned => Tone::Active,
        Verdict::Skipped => Tone::Neutral,
        Verdict::Rejected => Tone::Warning,
        Verdict::Failed => Tone::Bad,
    }
}

/// A verdict as a word.
pub(in crate::console) fn verdict_badge(verdict: Verdict) -> Badge {
    Badge::new(verdict_tone(verdict), first_upper(verdict.name()))
}

/// How a run's end is meant.
pub(in crate::console) fn status_tone(status: RunStatus) -> Tone {
    match status {
        RunStatus::Completed => Tone::Good,
        RunStatus::ErrorOccurred | RunStatus::Incomplete => Tone::Warning,
        RunStatus::ErrorDuringRun | RunStatus::FailedToComplete => Tone::Bad,
    }
}

/// Whether a chart shows this end in the deeper shade of its colour: two others have the same.
pub(in crate::console) fn is_deep(status: RunStatus) -> bool {
    matches!(status, RunStatus::Incomplete | RunStatus::FailedToComplete)
}

/// Where a run is, or how it ended.
pub(in crate::console) fn state_badge(row: &RunRow) -> Badge {
    match row.status {
        Some(status) => status_badge(status),
        None => phase_badge(row.phase),
    }
}

/// How a run ended.
pub(in crate::console) fn status_badge(status: RunStatus) -> Badge {
    Badge::new(status_tone(status), status.name())
}

/// Where a run is that has not ended.
pub(in crate::console) fn phase_badge(phase: Phase) -> Badge {
    Badge::new(phase_tone(phase), first_upper(phase.name()))
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
    counts: &Counts,
    list: impl Fn(Verdict) -> Option<String>,
) -> StackedBar {
    let segment = |verdict: &Verdict| {
        let segment = Segment::new(verdict.name(), counts.of(*verdict), verdict_tone(*verdict));
        match list(*verdict) {
            Some(path) => segment.path(path),
            None => segment,
        }
    };
    let some = Verdict::ALL.iter().filter(|verdict| counts.of(**verdict) > 0);
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
    pub(in crate::console) issue: bool,
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
            issue: row.status.is_some_and(RunStatus::is_issue),
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
        let looks: Vec<_> =
            RunStatus::ALL.iter().map(|status| (status_tone(*status).class(), is_deep(*status))).collect();
        for (place, look) in looks.iter().enumerate() {
            assert!(!looks[..place].contains(look), "{look:?}");
        }
    }

    #[test]
    fn a_long_reason_is_cut_between_words() {
        assert_eq!(shortened("short"), "short");
        let cut = shortened(&"word ".repeat(40));
        assert!(cut.ends_with("word …") && cut.chars().count() <= REASON + 2, "{cut}");
    }
}
