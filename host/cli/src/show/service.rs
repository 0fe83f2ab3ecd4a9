//! What a service said, as text: lists as columns, one thing as lines.

use serde_json::Value;

use super::{Table, number, one_line};

/// A made thing's number.
pub(crate) fn id(made: &Value) -> String {
    made.get("id").map(Value::to_string).unwrap_or_default()
}

pub(crate) fn installed(review: &Value, made: &Value) -> String {
    let mut text = format!(
        "installed {} {} as integration {}\n  publisher  {}\n",
        word(review, "title"),
        word(review, "version"),
        id(made),
        word(review, "publisher")
    );
    let signature = match word(review.get("authenticity").unwrap_or(&Value::Null), "by") {
        nobody if nobody.is_empty() => "nobody that is trusted".to_owned(),
        by => by,
    };
    text.push_str(&format!("  signed by  {signature}\n"));
    for action in list(review, "actions") {
        text.push_str(&format!("  {}\n", word(action, "title")));
        for request in list(action, "requests") {
            text.push_str(&format!("    may send {}\n", plain(request)));
        }
    }
    for change in list(review, "changes") {
        text.push_str(&format!(
            "  {}: {} ({})\n",
            word(change, "how"),
            word(change, "label"),
            word(change, "action")
        ));
    }
    text
}

pub(crate) fn users(page: &Value) -> String {
    let mut table = Table::new().right(0);
    for user in list(page, "items") {
        let log_in = match user.get("last_log_in").filter(|log_in| log_in.is_object()) {
            Some(log_in) => format!("last login {} from {}", word(log_in, "at"), word(log_in, "address")),
            None => "never logged in".to_owned(),
        };
        table.row([id(user), word(user, "name"), word(user, "role"), word(user, "state"), log_in]);
    }
    or_none(&table, "no users\n")
}

pub(crate) fn sessions(page: &Value) -> String {
    let mut table = Table::new().right(0);
    for session in list(page, "items") {
        table.row([
            id(session),
            format!("started {}", word(session, "created_at")),
            format!("last used {}", word(session, "used_at")),
            word(session, "address"),
            word(session, "client"),
        ]);
    }
    or_none(&table, "no sessions\n")
}

pub(crate) fn workflows(page: &Value) -> String {
    let mut table = Table::new();
    for workflow in list(page, "items") {
        table.row([
            id(workflow),
            word(workflow, "name"),
            if workflow.get("enabled") == Some(&Value::Bool(true)) { "enabled" } else { "disabled" }
                .to_owned(),
            word(workflow, "schedule_in_words"),
        ]);
    }
    or_none(&table, "no workflows\n")
}

pub(crate) fn workflow(workflow: &Value) -> String {
    let mut text = format!("{}\n", word(workflow, "name"));
    let mut table = Table::new();
    for (label, field) in
        [("description", "description"), ("schedule", "schedule_in_words"), ("takes", "takes")]
    {
        table.row([label.to_owned(), word(workflow, field)]);
    }
    for next in list(workflow, "upcoming") {
        table.row(["next".to_owned(), plain(next)]);
    }
    for action in list(workflow, "actions") {
        table.row(["action".to_owned(), word(action, "action")]);
    }
    text.push_str(&table.text());
    text
}

/// What the comparison of a dry run found: `added 3, refreshed 1, unchanged 7, also on exception list 2`.
fn compared(step: &Value) -> String {
    let Some(comparison) = step.get("comparison").filter(|found| found.is_object()) else {
        return String::new();
    };
    let fact = |name: &str, count: &Value| Some(format!("{name} {}", number(count.as_u64()?)));
    let counts = ["added", "refreshed", "unchanged"].map(|name| fact(name, comparison.get(name)?));
    let lists = comparison.get("also_on").and_then(Value::as_object).into_iter().flatten();
    let also = lists.map(|(list, count)| fact(&format!("also on {}", one_line(list)), count));
    let facts: Vec<String> = counts.into_iter().chain(also).flatten().collect();
    format!("    compared: {}\n", facts.join(", "))
}

pub(crate) fn runs(page: &Value) -> String {
    let mut table = Table::new().right(0).right(4).right(5);
    for run in list(page, "items") {
        table.row([
            id(run),
            word(run, "workflow_name"),
            status(run),
            word(run, "created_at"),
            count(run, "accepted"),
            count(run, "failed"),
        ]);
    }
    or_none(&table, "no runs\n")
}

pub(crate) fn run(run: &Value) -> String {
    let mut text = format!("run {} of {}: {}\n", id(run), word(run, "workflow_name"), status(run));
    let mut table = Table::new();
    for field in ["reason", "hint", "origin", "requested_by", "started_at", "ended_at"] {
        let value = word(run, field);
        if !value.is_empty() {
            table.row([field.replace('_', " "), value]);
        }
    }
    text.push_str(&table.text());
    let mut counts = Table::new().right(1);
    counts.row([
        "objects".to_owned(),
        run.get("objects").and_then(Value::as_u64).map(number).unwrap_or_default(),
    ]);
    for verdict in ["accepted", "planned", "skipped", "rejected", "failed"] {
        counts.row([verdict.to_owned(), count(run, verdict)]);
    }
    text.push_str(&counts.text());
    for (step, place) in list(run, "steps").iter().zip(1..) {
        let ended = match (word(step, "ended"), word(step, "message")) {
            (open, _) if open.is_empty() => "open".to_owned(),
            (ended, message) if message.is_empty() => ended,
            (ended, message) => format!("{ended}: {message}"),
        };
        text.push_str(&format!("  step {place}, {}: {ended}\n", word(step, "title")));
        let counted = ["accepted", "planned", "skipped", "rejected", "failed"]
            .map(|verdict| (verdict, count(step, verdict)));
        let counted = counted.iter().filter(|(_, count)| count != "0");
        let facts: Vec<String> = counted.map(|(verdict, count)| format!("{verdict} {count}")).collect();
        text.push_str(&format!("    {}\n", facts.join(", ")));
        text.push_str(&compared(step));
    }
    text
}

pub(crate) fn report(report: &Value) -> String {
    let mut table = Table::new();
    for object in list(report, "objects_by_step").iter().filter_map(Value::as_array).flatten() {
        let decided = object.get("decided").unwrap_or(&Value::Null);
        table.row([
            word(decided, "verdict"),
            word(object, "type"),
            word(object, "value"),
            word(decided, "code"),
            word(decided, "message"),
        ]);
    }
    format!("{}{}", run(report.get("run").unwrap_or(&Value::Null)), table.text())
}

pub(crate) fn collections(page: &Value) -> String {
    let mut table = Table::new();
    for collection in list(page, "items") {
        let source = collection.get("source").unwrap_or(&Value::Null);
        let from = match source.get("kind").and_then(Value::as_str) {
            Some("threatq") => word(source, "origin"),
            _ => {
                list(collection, "files").iter().map(|file| word(file, "name")).collect::<Vec<_>>().join(", ")
            }
        };
        table.row([id(collection), word(collection, "name"), from]);
    }
    or_none(&table, "no collections\n")
}

pub(crate) fn preview(preview: &Value) -> String {
    let mut table = Table::new().right(1);
    for field in ["objects", "filtered", "unreadable", "left_out"] {
        let value = preview.get(field).and_then(Value::as_u64).map(number).unwrap_or_default();
        table.row([field.replace('_', " "), value]);
    }
    for (subtype, count) in preview.get("by_type").and_then(Value::as_object).into_iter().flatten() {
        table.row([format!("  {subtype}"), count.as_u64().map(number).unwrap_or_default()]);
    }
    let warnings: String =
        list(preview, "warnings").iter().map(|warning| format!("{}\n", plain(warning))).collect();
    table.text() + &warnings
}

fn status(run: &Value) -> String {
    let ended = word(run, "status");
    if ended.is_empty() { word(run, "phase") } else { ended }
}

fn count(run: &Value, verdict: &str) -> String {
    let verdicts = run.get("verdicts").and_then(|verdicts| verdicts.get(verdict));
    verdicts.and_then(Value::as_u64).map(number).unwrap_or_default()
}

fn word(value: &Value, field: &str) -> String {
    value.get(field).map(plain).unwrap_or_default()
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => one_line(text),
        Value::Null => String::new(),
        other => one_line(&other.to_string()),
    }
}

fn list<'value>(value: &'value Value, field: &str) -> &'value [Value] {
    value.get(field).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn or_none(table: &Table, none: &str) -> String {
    if table.is_empty() { none.to_owned() } else { table.text() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_service_says_cannot_steer_the_terminal() {
        let hostile = "a\u{1b}]0;x\u{7}\r\nrun 7: clean\u{202e}\0";
        let shown = run(&serde_json::json!({
            "id": 1, "workflow_name": hostile, "status": hostile, "reason": hostile, "hint": hostile,
            "steps": [{"title": hostile, "ended": hostile, "message": hostile}],
        }));
        let left: Vec<char> = shown.chars().filter(|one| palisade_printable::disguises(*one)).collect();
        assert!(left.iter().all(|one| *one == '\n'), "{left:?}");
        assert!(!shown.lines().any(|line| line.starts_with("run 7")), "{shown}");
    }
}
