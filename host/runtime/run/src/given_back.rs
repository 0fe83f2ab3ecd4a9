//! What an outcome gives back besides its verdict: outputs for those who come after the action, and files to download. Denied by
//! default: a name that occurs twice, more of them than allowed, a document that is not one, files before the verdict is final.

use std::collections::BTreeSet;

use palisade_engine::Violation;
use palisade_engine::contract::{self, Attribute};
use palisade_limits as limits;
use palisade_model::{Moment, OutputValue, Value};

use crate::declared::Declared;

/// Checks what an outcome gives back.
pub(crate) fn check(
    outcome: &contract::Outcome,
    dry_run: bool,
    declared: &Declared,
) -> Result<(), Violation> {
    let key = outcome.key;
    let invalid = |problem: String| Violation::OutputInvalid { key, problem };
    let (count, limit) = (outcome.outputs.len(), limits::OUTCOME_OUTPUTS);
    if count as u64 > limit {
        return Err(invalid(format!("there are {count} outputs, {limit} are allowed")));
    }
    let mut names = BTreeSet::new();
    for Attribute { name, value } in &outcome.outputs {
        if !names.insert(name) {
            return Err(invalid(format!("`{name}` occurs twice")));
        }
        if let Some(problem) = declared.fault_of(name, value) {
            return Err(invalid(problem));
        }
        if let contract::Value::Json(text) = value
            && serde_json::from_str::<serde::de::IgnoredAny>(text).is_err()
        {
            return Err(invalid(format!("`{name}` is not a JSON document")));
        }
    }
    let (count, limit) = (outcome.downloads.len(), limits::OUTCOME_DOWNLOADS);
    if count as u64 > limit {
        return Err(invalid(format!("there are {count} downloads, {limit} are allowed")));
    }
    if let Some(download) =
        outcome.downloads.iter().find(|download| declared.most_bytes(&download.media_type).is_none())
    {
        let media_type = &download.media_type;
        return Err(invalid(format!("a file of the type `{media_type}` is not declared in the manifest")));
    }
    let is_pending = matches!(outcome.verdict, contract::Verdict::Pending(_));
    if count > 0 && (dry_run || is_pending) {
        let place = if dry_run { "in a dry run" } else { "with an outcome that is pending" };
        return Err(invalid(format!("there is a download {place}")));
    }
    Ok(())
}

/// Outputs as they are kept: those that are sensitive without their values.
pub(crate) fn outputs(outputs: Vec<Attribute>, declared: &Declared) -> Vec<OutputValue> {
    let output = |Attribute { name, value }| {
        let output = (!declared.is_sensitive(&name)).then(|| typed(value));
        OutputValue { name, output }
    };
    outputs.into_iter().map(output).collect()
}

/// A value as the domain has it.
pub(crate) fn typed(value: contract::Value) -> Value {
    match value {
        contract::Value::Text(text) => Value::Text(text),
        contract::Value::Integer(number) => Value::Integer(number),
        contract::Value::Decimal(number) => Value::Decimal(number),
        contract::Value::Flag(flag) => Value::Flag(flag),
        contract::Value::At(moment) => Value::At(Moment(moment)),
        contract::Value::Texts(texts) => Value::Texts(texts),
        contract::Value::Json(text) => Value::Json(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(outputs: Vec<(&str, contract::Value)>) -> contract::Outcome {
        let attribute = |(name, value): (&str, contract::Value)| Attribute { name: name.to_owned(), value };
        contract::Outcome {
            key: 1,
            verdict: contract::Verdict::Accepted,
            submissions: Vec::new(),
            outputs: outputs.into_iter().map(attribute).collect(),
            downloads: Vec::new(),
        }
    }

    #[test]
    fn a_name_occurs_once_and_a_document_is_one() {
        let text = |text: &str| contract::Value::Text(text.to_owned());
        let json = |text: &str| contract::Value::Json(text.to_owned());
        let declared = Declared::texts(&["a", "b"], &[]);
        assert_eq!(check(&outcome(vec![("a", text("x")), ("b", text("y"))]), false, &declared), Ok(()));
        let many = (0..=limits::OUTCOME_OUTPUTS).map(|number| (format!("o{number}"), text("x")));
        let many: Vec<(String, contract::Value)> = many.collect();
        for wrong in [
            vec![("a", text("x")), ("a", text("y"))],
            vec![("a", json("[1]"))],
            vec![("c", text("x"))],
            many.iter().map(|(name, value)| (name.as_str(), value.clone())).collect(),
        ] {
            let refused = check(&outcome(wrong), false, &declared);
            assert!(matches!(refused, Err(Violation::OutputInvalid { key: 1, .. })), "{refused:?}");
        }
    }

    #[test]
    fn a_sensitive_output_is_named_without_its_value() {
        let declared = Declared::texts(&["at"], &["key"]);
        let given =
            outcome(vec![("key", contract::Value::Text("x".to_owned())), ("at", contract::Value::At(5))]);
        let kept = outputs(given.outputs, &declared);
        assert_eq!(kept[0], OutputValue { name: "key".to_owned(), output: None });
        assert_eq!(kept[1].output, Some(Value::At(Moment(5))));
    }
}
