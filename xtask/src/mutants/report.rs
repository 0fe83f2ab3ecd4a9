//! `docs/mutants.md`: two tables, of which a run replaces the rows of the crates that it tried.

use std::fmt::Write as _;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::accepted::ACCEPTED;
use super::{SUBJECTS, Subject};
use crate::paths;

/// The two tables, each named by the comment in front of it.
const FIGURES: &str = "<!-- figures -->";
const MISSED: &str = "<!-- missed -->";

/// A mutant that no test noticed.
struct Missed {
    file: String,
    function: String,
    change: String,
}

/// What became of the mutants of one crate.
pub(crate) struct Outcomes {
    /// Mutants of the crate, tried or not.
    all: usize,
    caught: usize,
    endless: usize,
    unviable: usize,
    missed: Vec<Missed>,
}

impl Outcomes {
    /// Nothing tried yet, of so many mutants.
    pub(crate) fn new(all: usize) -> Self {
        Self { all, caught: 0, endless: 0, unviable: 0, missed: Vec::new() }
    }

    /// Adds the tool's record of a run, `outcomes.json`.
    pub(crate) fn add(&mut self, record: &[u8]) -> Result<()> {
        let record: Value = serde_json::from_slice(record).context("cannot read `outcomes.json`")?;
        let outcomes =
            record.get("outcomes").and_then(Value::as_array).context("`outcomes.json` has no outcomes")?;
        for outcome in outcomes {
            let Some(mutant) = outcome.pointer("/scenario/Mutant") else { continue };
            match outcome.get("summary").and_then(Value::as_str) {
                Some("CaughtMutant") => self.caught += 1,
                Some("Timeout") => self.endless += 1,
                Some("Unviable") => self.unviable += 1,
                Some("MissedMutant") => self.missed.push(Missed::read(mutant)?),
                other => bail!("unknown outcome {other:?} in `outcomes.json`"),
            }
        }
        Ok(())
    }

    fn viable(&self) -> usize {
        self.caught + self.endless + self.missed.len()
    }

    /// How many of the viable mutants were noticed. A mutant without which a test never ends is noticed.
    pub(crate) fn percentage(&self) -> f64 {
        let noticed = self.caught + self.endless;
        noticed as f64 * 100.0 / self.viable().max(1) as f64
    }

    /// The crate's row of the first table.
    pub(crate) fn row(&self, subject: &Subject, shards: &[String]) -> String {
        let tried = self.viable() + self.unviable;
        let part = if shards.is_empty() { "all".to_owned() } else { shards.join(", ") };
        format!(
            "| `{}` | {tried} of {} | {part} | {} | {} | {} | {} | {:.1} % |",
            subject.directory,
            self.all,
            self.viable(),
            self.caught + self.endless,
            self.endless,
            self.missed.len(),
            self.percentage()
        )
    }

    fn missed_rows(&self, subject: &Subject) -> Vec<String> {
        let rows = self.missed.iter().map(|Missed { file, function, change }| {
            let accepted =
                ACCEPTED.iter().find(|accepted| accepted.file == file && accepted.change == change);
            let reason = accepted.map_or("", |accepted| accepted.reason);
            let change = change.replace('|', "\\|");
            format!("| `{}` | `{file}` | `{function}` | {change} | {reason} |", subject.directory)
        });
        rows.collect()
    }
}

impl Missed {
    fn read(mutant: &Value) -> Result<Self> {
        let text = |pointer| mutant.pointer(pointer).and_then(Value::as_str);
        let file = text("/file").context("a mutant without a file in `outcomes.json`")?;
        let name = text("/name").context("a mutant without a name in `outcomes.json`")?;
        // `file:line:column: change`; the place moves with every edit.
        let change = name.split_once(": ").map_or(name, |(_, change)| change);
        let function = text("/function/function_name").unwrap_or("-");
        Ok(Self { file: file.to_owned(), function: function.to_owned(), change: change.to_owned() })
    }
}

/// Writes the crate's rows into the report.
pub(crate) fn update(subject: &Subject, shards: &[String], outcomes: &Outcomes) -> Result<()> {
    let file = paths::root()?.join("docs/mutants.md");
    let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read `{}`", file.display()))?;
    let text = with_rows(&text, FIGURES, subject.directory, &[outcomes.row(subject, shards)])?;
    let text = with_rows(&text, MISSED, subject.directory, &outcomes.missed_rows(subject))?;
    std::fs::write(&file, text).with_context(|| format!("cannot write `{}`", file.display()))
}

/// The text with other rows for a crate in the table after `marker`. Rows are in the order of the crates.
fn with_rows(text: &str, marker: &str, directory: &str, rows: &[String]) -> Result<String> {
    let (before, table) =
        text.split_once(marker).with_context(|| format!("`docs/mutants.md` has no `{marker}`"))?;
    let (head, after_head) =
        table.split_once("---|\n").with_context(|| format!("no table after `{marker}`"))?;
    // A table ends with its last row; one without rows ends with its head.
    let end = after_head.split_inclusive('\n').take_while(|line| line.starts_with('|')).map(str::len).sum();
    let (old, after) = after_head.split_at_checked(end).unwrap_or((after_head, ""));
    let mut new = String::new();
    for subject in &SUBJECTS {
        if subject.directory == directory {
            rows.iter().try_for_each(|row| writeln!(new, "{row}"))?;
        } else {
            let start = format!("| `{}` |", subject.directory);
            old.lines().filter(|line| line.starts_with(&start)).try_for_each(|row| writeln!(new, "{row}"))?;
        }
    }
    Ok([before, marker, head, "---|\n", &new, after].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# T\n\n<!-- figures -->\n| crate | n |\n|---|---|\n| `plugin` | 1 |\n| `host/runtime/bundle` | 2 |\n\ntext\n\n\
        <!-- missed -->\n| crate | f |\n|---|---|\n| `plugin` | a |\n| `plugin` | b |\n";

    #[test]
    fn a_run_replaces_the_rows_of_its_crate_only() {
        let rows = ["| `host/runtime/egress` | 3 |".to_owned()];
        let page = with_rows(PAGE, FIGURES, "host/runtime/egress", &rows).unwrap();
        let expected =
            "| `plugin` | 1 |\n| `host/runtime/egress` | 3 |\n| `host/runtime/bundle` | 2 |\n\ntext\n";
        assert!(page.contains(expected), "{page}");
        let page = with_rows(&page, MISSED, "plugin", &["| `plugin` | c |".to_owned()]).unwrap();
        assert!(page.ends_with("|---|---|\n| `plugin` | c |\n") && page.contains(expected), "{page}");
        let empty = "<!-- figures -->\n| crate |\n|---|\n\n## After\n\nmore\n";
        let page = with_rows(empty, FIGURES, "plugin", &["| `plugin` | 1 |".to_owned()]).unwrap();
        assert_eq!(page, "<!-- figures -->\n| crate |\n|---|\n| `plugin` | 1 |\n\n## After\n\nmore\n");
        assert!(with_rows("", FIGURES, "plugin", &[]).is_err());
    }

    #[test]
    fn what_does_not_compile_is_not_counted_and_what_never_ends_is_noticed() {
        let mutant = r#"{"Mutant":{"file":"a.rs","name":"a.rs:1:2: replace a || b","function":{"function_name":"f"}}}"#;
        let outcome = |summary: &str| format!(r#"{{"scenario":{mutant},"summary":"{summary}"}}"#);
        let all =
            ["CaughtMutant", "CaughtMutant", "Timeout", "Unviable", "MissedMutant"].map(outcome).join(",");
        let record = format!(r#"{{"outcomes":[{{"scenario":"Baseline","summary":"Success"}},{all}]}}"#);
        let mut outcomes = Outcomes::new(40);
        outcomes.add(record.as_bytes()).unwrap();
        let row = outcomes.row(&SUBJECTS[0], &["0/8".to_owned()]);
        assert_eq!(row, "| `plugin` | 5 of 40 | 0/8 | 4 | 3 | 1 | 1 | 75.0 % |");
        assert_eq!(
            outcomes.missed_rows(&SUBJECTS[0]),
            ["| `plugin` | `a.rs` | `f` | replace a \\|\\| b |  |"]
        );
        assert!(outcomes.add(br#"{"outcomes":[{"scenario":{"Mutant":{}},"summary":"?"}]}"#).is_err());
    }
}
