//! The stored osquery statements and YARA rules, which actions on endpoints can name (API reference, response actions, section 6).

use http::StatusCode;
use serde_json::Value;

use crate::answer::Answer;
use crate::collection::{FilterSource, Listing, PLAIN, page};
use crate::routes::{Context, Judged};

const STATEMENTS: Listing = Listing {
    filter: FilterSource::Parameter,
    filter_characters: 2048,
    fields: &["id", "statement"],
    ..PLAIN
};

const RULES: Listing = Listing {
    filter: FilterSource::Parameter,
    filter_characters: 2048,
    fields: &["name"],
    tops: &[],
    ..PLAIN
};

/// `GET /response/osqueryStatements`
pub(crate) fn statements(context: &Context<'_>) -> Judged {
    let items = context.shared.state().holdings.osquery_statements.clone();
    match page(context, &STATEMENTS, items) {
        Ok(page) => Answer::json(StatusCode::OK, &page.counted()).into(),
        Err(judged) => *judged,
    }
}

/// `GET /response/yaraRuleFiles`
pub(crate) fn rules(context: &Context<'_>) -> Judged {
    let items = context.shared.state().holdings.yara_rule_files.clone();
    match page(context, &RULES, items) {
        Ok(page) => Answer::json(StatusCode::OK, &page.counted()).into(),
        Err(judged) => *judged,
    }
}

/// Whether one of these has this value in a field.
pub(crate) fn knows(items: &[Value], field: &str, value: &Value) -> bool {
    items.iter().any(|item| item.get(field) == Some(value))
}
