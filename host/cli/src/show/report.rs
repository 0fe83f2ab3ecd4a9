//! The report of a run for people: the counts, the reasons, and the first few of each kind of problem. The whole of it is
//! what `--report` writes.

use std::collections::{BTreeMap, BTreeSet};

use palisade_model::Verdict;
use palisade_run::{CollectionReport, EndedHow, HoldingReport, ObjectReport, ReasonCount, Report, Status};

use super::style::{BAD, DIM, GOOD, HEADING, MARK};
use super::{Table, bytes, count, lines, number, one_line, plan};

/// Objects shown of each kind of problem.
const SHOWN: usize = 5;
/// Warnings shown.
const WARNINGS_SHOWN: usize = 20;

/// The report as text.
pub(crate) fn text(report: &Report) -> String {
    let parts = [
        title(report),
        verdicts(report),
        plan::text(report),
        left(&report.collection),
        traffic(report) + &held(report) + &found(report),
        problems(report),
        outputs(report),
        artefacts(report),
        warnings(report),
        ending(report),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Whether everything in the collection was offered and nothing was warned of.
pub(crate) fn is_complete(report: &Report) -> bool {
    passed_over(report).is_empty()
}

/// What `--strict` counts as a problem, on a line of its own; nothing if there is none.
pub(crate) fn strict(report: &Report) -> String {
    match passed_over(report).as_slice() {
        [] => String::new(),
        counts => format!("{MARK}strict{MARK:#}: {}\n", counts.join(", ")),
    }
}

fn passed_over(report: &Report) -> Vec<String> {
    let left_out = report.collection.left_out.iter().map(|left_out| left_out.count).sum();
    let warnings = report.warnings.len() as u64 + report.warnings_not_listed;
    let not_offered = report.collection.not_offered.count;
    let counts = [
        (left_out, count(left_out, "record") + " left out"),
        (not_offered, count(not_offered, "object") + " not offered"),
        (warnings, count(warnings, "warning")),
    ];
    counts.into_iter().filter(|(number, _)| *number > 0).map(|(_, text)| text).collect()
}

fn title(report: &Report) -> String {
    let kind = match (report.run.replay, report.run.dry_run, report.run.compared) {
        (true, false, _) => ", replay: the responses come from a recording, nothing was sent",
        (true, true, _) => ", replay of a dry run: the responses come from a recording, nothing was sent",
        (false, true, false) => ", dry run: nothing was sent",
        (false, true, true) => ", dry run: the service was only read",
        (false, false, _) => "",
    };
    let replay = if report.run.replay { "Replay of " } else { "" };
    let mut text = format!(
        "{HEADING}{replay}{}{HEADING:#} {DIM}({} {}, run {}{kind}){DIM:#}\n",
        one_line(&report.action.title),
        one_line(&report.bundle.id),
        one_line(&report.bundle.version),
        report.run.id
    );
    let mut table = Table::new();
    for file in &report.collection.files {
        let mut facts = vec![count(file.objects, "object")];
        if file.unreadable > 0 {
            facts.push(format!("{} unreadable", number(file.unreadable)));
        }
        table.row(["from", &file.name, &format!("{} ({})", facts.join(", "), file.format)]);
    }
    text.push_str(&table.text());
    text
}

fn verdicts(report: &Report) -> String {
    let totals = &report.totals;
    let mut table = Table::new().right(1);
    table.row(["offered".to_owned(), number(totals.offered), String::new()]);
    let rows = [
        (Verdict::Accepted, "accepted", totals.accepted),
        (Verdict::Planned, "planned", totals.planned),
        (Verdict::Skipped, "skipped", totals.skipped),
        (Verdict::Rejected, "rejected", totals.rejected),
        (Verdict::Failed, "failed", totals.failed),
        (Verdict::Pending, "pending", totals.pending),
    ];
    // What a run is after, and what only the other kind of run comes to.
    let (wanted, other) = if report.run.dry_run {
        (Verdict::Planned, Verdict::Accepted)
    } else {
        (Verdict::Accepted, Verdict::Planned)
    };
    for (verdict, name, total) in rows {
        if (verdict == other || verdict == Verdict::Pending) && total == 0 {
            continue;
        }
        let mut facts = if verdict == wanted { duplicates(report) } else { reasons(report, verdict) };
        if report.run.replay && verdict == Verdict::Accepted {
            facts = ["in the recording", &facts]
                .into_iter()
                .filter(|fact| !fact.is_empty())
                .collect::<Vec<_>>()
                .join(", ");
        }
        table.row([name.to_owned(), number(total), facts]);
    }
    table.text()
}

/// How many of the objects became the same as an earlier one.
fn duplicates(report: &Report) -> String {
    let is_duplicate =
        |object: &&ObjectReport| object.outcome.submissions.iter().any(|one| one.duplicate_of.is_some());
    match report.objects.iter().filter(is_duplicate).count() {
        0 => String::new(),
        count => format!("of these {} the same as an earlier one", number(count as u64)),
    }
}

/// `type-not-accepted 47, url-without-scheme 3`
fn reasons(report: &Report, verdict: Verdict) -> String {
    let of_verdict = report.reasons.iter().filter(|reason| reason.verdict == verdict);
    let texts: Vec<String> =
        of_verdict.map(|reason| format!("{} {}", reason.code, number(reason.count))).collect();
    texts.join(", ")
}

/// What was not offered, and why.
fn left(collection: &CollectionReport) -> String {
    let mut text = String::new();
    let beyond = &collection.not_offered;
    if beyond.count > 0 {
        let types: Vec<String> = beyond
            .by_subtype
            .iter()
            .map(|(name, number_of)| format!("{} {}", one_line(name), number(*number_of)))
            .collect();
        text.push_str(&format!(
            "  {MARK}not offered{MARK:#}  {}: beyond Objects Per Run ({}): {}\n",
            count(beyond.count, "object"),
            collection.objects_per_run.map(number).unwrap_or_default(),
            types.join(", ")
        ));
    }
    for left_out in &collection.left_out {
        text.push_str(&format!(
            "  {DIM}excluded     {}: {} ({}){DIM:#}\n",
            count(left_out.count, "record"),
            left_out.code,
            one_line(&left_out.message)
        ));
    }
    text
}

fn traffic(report: &Report) -> String {
    let traffic = &report.traffic;
    if traffic.requests == 0 {
        return String::new();
    }
    let (requests, sent) = if report.run.replay {
        (format!("{} answered from the recording", count(traffic.requests, "request")), "in requests")
    } else {
        (count(traffic.requests, "request"), "sent")
    };
    let mut facts = vec![
        requests,
        format!("{} {sent}", bytes(traffic.bytes_sent)),
        format!("{} received", bytes(traffic.bytes_received)),
    ];
    if traffic.comparison_requests > 0 {
        facts.push(format!("{} of them for the comparison", number(traffic.comparison_requests)));
    }
    if traffic.repeats > 0 {
        facts.push(format!("{} of them repeated", number(traffic.repeats)));
    }
    if traffic.throttled > 0 {
        facts.push(format!("rate-limited {} times", number(traffic.throttled)));
    }
    if traffic.lost > 0 {
        facts.push(format!("{} without a response", number(traffic.lost)));
    }
    if traffic.waited_seconds > 0.0 {
        facts.push(format!("{:.1} s of waiting", traffic.waited_seconds));
    }
    format!("  {}\n", facts.join(", "))
}

/// What the lists of the service hold at the end, a line for each list: `block list holds domain 1,204, ip 7 (of 10,000 each)`.
/// A replay has not asked them.
fn held(report: &Report) -> String {
    let mut by_list: BTreeMap<&str, Vec<&HoldingReport>> = BTreeMap::new();
    for holding in &report.holdings {
        by_list.entry(&holding.list).or_default().push(holding);
    }
    let holds = if report.run.replay { "held, when it was recorded," } else { "holds" };
    by_list
        .into_iter()
        .map(|(list, held)| format!("  {} {holds} {}\n", one_line(list), entries(&held)))
        .collect()
}

fn entries(held: &[&HoldingReport]) -> String {
    let limits: BTreeSet<_> = held.iter().map(|holding| holding.limit).collect();
    let shared = limits.first().copied().flatten().filter(|_| limits.len() == 1 && held.len() > 1);
    let fact = |holding: &&HoldingReport| {
        let field = holding.field.as_ref().map(|field| format!("{} ", one_line(field))).unwrap_or_default();
        let limit = holding.limit.filter(|_| shared.is_none());
        let limit = limit.map(|limit| format!(" of {}", number(limit))).unwrap_or_default();
        format!("{field}{}{limit}", number(holding.entries))
    };
    let facts: Vec<String> = held.iter().map(fact).collect();
    let each = shared.map(|limit| format!(" (of {} each)", number(limit))).unwrap_or_default();
    format!("{}{each}", facts.join(", "))
}

/// What the action has found, by number.
fn found(report: &Report) -> String {
    let found = &report.found;
    if found.batches == 0 {
        return String::new();
    }
    let gone = if found.gone > 0 { format!(", {} gone", number(found.gone)) } else { String::new() };
    format!("  found {}{gone}\n", count(found.objects, "object"))
}

/// The first few objects of each kind of problem, the most frequent kind first; what is protected is one, because somebody
/// wanted to block it.
fn problems(report: &Report) -> String {
    let is_problem = |reason: &&ReasonCount| match reason.verdict {
        Verdict::Rejected | Verdict::Failed => true,
        Verdict::Skipped => reason.code == "protected",
        Verdict::Accepted | Verdict::Planned | Verdict::Pending => false,
    };
    report
        .reasons
        .iter()
        .filter(is_problem)
        .map(|reason| problem(report, reason))
        .collect::<Vec<_>>()
        .join("\n")
}

fn problem(report: &Report, reason: &ReasonCount) -> String {
    let style = if reason.verdict == Verdict::Skipped { MARK } else { BAD };
    let heading = format!("{} {}", reason.verdict, one_line(&reason.code));
    let mut text = format!("{style}{heading}{style:#} ({})\n", number(reason.count));
    let of_kind = |object: &&ObjectReport| {
        object.outcome.verdict == reason.verdict && object.outcome.code.as_deref() == Some(&reason.code)
    };
    let mut table = Table::new();
    for object in report.objects.iter().filter(of_kind).take(SHOWN) {
        let place = if report.collection.files.len() > 1 {
            let file = std::path::Path::new(&object.file).file_name().unwrap_or_default();
            format!("{} {}", file.to_string_lossy(), object.location)
        } else {
            object.location.clone()
        };
        table.row([shorten(&object.value), place, object.outcome.message.clone().unwrap_or_default()]);
    }
    text.push_str(&table.text());
    if reason.count > SHOWN as u64 {
        text.push_str(&format!("  {DIM}and {} more{DIM:#}\n", number(reason.count - SHOWN as u64)));
    }
    text
}

/// A value that leaves room for what is said about it.
fn shorten(value: &str) -> String {
    const WIDTH: usize = 64;
    if value.chars().count() <= WIDTH {
        return value.to_owned();
    }
    let mut short: String = value.chars().take(WIDTH - 1).collect();
    short.push('…');
    short
}

/// What the action gave back for the first few objects: names and values, without those that are sensitive.
fn outputs(report: &Report) -> String {
    let with_outputs = || report.objects.iter().filter(|object| !object.outcome.outputs.is_empty());
    let total = with_outputs().count();
    if total == 0 {
        return String::new();
    }
    let mut text = format!("{HEADING}outputs{HEADING:#} ({})\n", count(total as u64, "object"));
    let mut table = Table::new();
    for object in with_outputs().take(SHOWN) {
        let shown = object.outcome.outputs.iter().map(|output| match &output.output {
            Some(value) => format!("{}={}", one_line(&output.name), shorten(&one_line(&value.to_string()))),
            None => format!("{} (sensitive)", one_line(&output.name)),
        });
        table.row([shorten(&object.value), shown.collect::<Vec<_>>().join(", ")]);
    }
    text.push_str(&table.text());
    if total > SHOWN {
        text.push_str(&format!(
            "  {DIM}and {} more; --report lists all of them{DIM:#}\n",
            number((total - SHOWN) as u64)
        ));
    }
    text
}

/// The files that were downloaded for the first few objects.
fn artefacts(report: &Report) -> String {
    let all = || {
        report.objects.iter().flat_map(|object| object.outcome.artefacts.iter().map(move |one| (object, one)))
    };
    let total = all().count();
    if total == 0 {
        return String::new();
    }
    let mut text = format!("{HEADING}files{HEADING:#} ({})\n", number(total as u64));
    let mut table = Table::new();
    for (object, artefact) in all().take(SHOWN) {
        let name = format!("{} ({})", one_line(&artefact.name), bytes(artefact.size));
        table.row([shorten(&object.value), name, artefact.file.clone()]);
    }
    text.push_str(&table.text());
    if total > SHOWN {
        text.push_str(&format!(
            "  {DIM}and {} more; --report lists all of them{DIM:#}\n",
            number((total - SHOWN) as u64)
        ));
    }
    text
}

/// How a run with objects that are pending is continued.
pub(crate) fn pending(report: &Report, file: &std::path::Path) -> String {
    if report.totals.pending == 0 {
        return String::new();
    }
    let objects = count(report.totals.pending, "object");
    let verb = if report.totals.pending == 1 { "is" } else { "are" };
    format!(
        "{MARK}pending{MARK:#}: {objects} {verb} not finished by the service; continue with `palisade resume {}`\n",
        one_line(&file.display().to_string())
    )
}

fn warnings(report: &Report) -> String {
    let mut text = String::new();
    for warning in report.warnings.iter().take(WARNINGS_SHOWN) {
        // A hint is the host's own word; what an action calls so is one of its facts.
        let is_hint = |name: &str| name == "hint" && warning.source == "host";
        let facts = warning.fields.iter().filter(|(name, _)| !is_hint(name));
        let facts: Vec<String> =
            facts.map(|(name, value)| format!("{}={}", one_line(name), one_line(value))).collect();
        let facts = if facts.is_empty() { String::new() } else { format!(" ({})", facts.join(", ")) };
        text.push_str(&format!("{MARK}warning{MARK:#}: {}{facts}\n", one_line(&warning.message)));
        for (_, hint) in warning.fields.iter().filter(|(name, _)| is_hint(name)) {
            text.push_str(&format!("{MARK}hint{MARK:#}: {}\n", lines(hint)));
        }
    }
    let hidden = report.warnings.len().saturating_sub(WARNINGS_SHOWN) as u64 + report.warnings_not_listed;
    if hidden > 0 {
        text.push_str(&format!("{MARK}warning{MARK:#}: and {} more\n", number(hidden)));
    }
    text
}

fn ending(report: &Report) -> String {
    let run = &report.run;
    let seconds = if run.seconds < 1.0 {
        format!("{:.0} ms", run.seconds * 1e3)
    } else {
        format!("{:.1} s", run.seconds)
    };
    let finished = if run.replay { "replayed" } else { "finished" };
    match (run.status, run.ended) {
        (Status::Clean, _) => format!("{GOOD}{finished}{GOOD:#} in {seconds}\n"),
        (Status::WithProblems, _) => {
            format!(
                "{MARK}{finished} with problems{MARK:#} in {seconds}: see above, or --report for every object\n"
            )
        }
        (Status::Waiting, _) => format!("{MARK}not finished{MARK:#} after {seconds}\n"),
        (Status::EndedEarly, how) => {
            let what = match how {
                EndedHow::Stopped => "stopped",
                EndedHow::Completed | EndedHow::Early => "ended early",
            };
            let code = one_line(run.code.as_deref().unwrap_or_default());
            let message = one_line(run.message.as_deref().unwrap_or_default());
            let mut text = format!("{BAD}{what}[{code}]{BAD:#} after {seconds}: {message}\n");
            if let Some(hint) = &run.hint {
                text.push_str(&format!("{MARK}hint{MARK:#}: {}\n", lines(hint)));
            }
            text
        }
    }
}
