//! A run's evidence as files: a table for spreadsheets, and one HTTP Archive of all its recordings.

use std::collections::BTreeSet;

use palisade_orchestrator::OrchestratorError;
use palisade_printable::cell;
use palisade_store::{ObjectFilter, ObjectOrder, Page, RunId, Store, Wait as _};
use serde_json::{Value, json};

use crate::recordings::{unpacked, unreadable};

/// What became of a run's objects, a line for each object and step.
pub(crate) fn table(store: &dyn Store, run: RunId) -> Result<Vec<u8>, OrchestratorError> {
    store.run(run).wait()?;
    let mut table =
        b"step,action,place,type,value,platform_id,file,location,verdict,code,message,decided_at,comparison,also_on\r\n"
            .to_vec();
    for step in store.run_steps(run).wait()? {
        let (rows, _) = store
            .run_objects(run, step.place, &ObjectFilter::default(), ObjectOrder::Place, false, Page::ALL)
            .wait()?;
        for row in rows {
            let verdict = row.verdict.as_ref();
            let cells = [
                step.place.to_string(),
                step.action.clone(),
                row.place.to_string(),
                row.object.subtype,
                row.object.value,
                row.object.platform_id.unwrap_or_default(),
                row.object.file,
                row.object.location,
                verdict.map(|verdict| verdict.verdict.to_string()).unwrap_or_default(),
                verdict.and_then(|verdict| verdict.code.clone()).unwrap_or_default(),
                verdict.and_then(|verdict| verdict.message.clone()).unwrap_or_default(),
                verdict.map(|verdict| verdict.decided_at.to_string()).unwrap_or_default(),
                verdict.map(|verdict| compared(&verdict.submissions)).unwrap_or_default(),
                verdict.map(|verdict| also_on(&verdict.submissions)).unwrap_or_default(),
            ];
            table.extend(cells.map(|text| cell(&text)).join(",").into_bytes());
            table.extend(b"\r\n");
        }
    }
    Ok(table)
}

fn comparisons(submissions: &Value) -> impl Iterator<Item = &Value> {
    let submissions = submissions.as_array().into_iter().flatten();
    submissions.filter_map(|submission| submission.get("comparison")).filter(|found| found.is_object())
}

/// What a comparison found for each submission of an object: `added`, `refreshed` or `unchanged`; each word once.
fn compared(submissions: &Value) -> String {
    let word = |comparison: &Value| {
        let held = comparison.get("held").is_some_and(Value::is_object);
        let changes =
            comparison.get("changes").and_then(Value::as_array).is_some_and(|changes| !changes.is_empty());
        match (held, changes) {
            (false, _) => "added",
            (true, true) => "refreshed",
            (true, false) => "unchanged",
        }
    };
    comparisons(submissions).map(word).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(" ")
}

/// The other lists that have a submission of an object as well.
fn also_on(submissions: &Value) -> String {
    let lists = comparisons(submissions)
        .filter_map(|comparison| comparison.get("also_on").and_then(Value::as_array))
        .flatten()
        .filter_map(Value::as_str);
    lists.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join("; ")
}

/// All recordings of a run as one archive, in the order of their requests.
pub(crate) fn recording(store: &dyn Store, run: RunId) -> Result<Value, OrchestratorError> {
    store.run(run).wait()?;
    let mut whole: Option<Value> = None;
    // What a replay answers are the requests of the steps.
    for row in store.recordings(run).wait()?.iter().filter(|row| row.step > 0) {
        let part: Value = serde_json::from_str(&unpacked(&row.har)?).map_err(unreadable)?;
        match &mut whole {
            None => whole = Some(part),
            Some(whole) => {
                let entries =
                    part.pointer("/log/entries").and_then(Value::as_array).cloned().unwrap_or_default();
                if let Some(all) = whole.pointer_mut("/log/entries").and_then(Value::as_array_mut) {
                    all.extend(entries);
                }
            }
        }
    }
    Ok(whole.unwrap_or_else(|| {
        let creator = json!({ "name": "palisade", "version": env!("CARGO_PKG_VERSION") });
        json!({ "log": { "version": "1.2", "creator": creator, "entries": [] } })
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{also_on, compared};

    #[test]
    fn a_comparison_has_a_word_for_each_object() {
        let comparison = |held: bool, changes: usize| {
            let held = held.then(|| json!({ "riskLevel": "high" }));
            let changes = vec![json!({ "name": "riskLevel", "before": "low", "after": "high" }); changes];
            json!({ "comparison": { "held": held, "changes": changes, "also_on": ["exception list"] } })
        };
        for (submissions, word) in [
            (json!([comparison(false, 0)]), "added"),
            (json!([comparison(true, 2)]), "refreshed"),
            (json!([comparison(true, 0), comparison(true, 0)]), "unchanged"),
            (json!([comparison(true, 0), comparison(false, 0)]), "added unchanged"),
        ] {
            assert_eq!(
                (compared(&submissions).as_str(), also_on(&submissions).as_str()),
                (word, "exception list")
            );
        }
        for none in [json!([]), json!([{ "field": "domain", "comparison": null }]), json!(null)] {
            assert_eq!((compared(&none), also_on(&none)), (String::new(), String::new()));
        }
    }
}
