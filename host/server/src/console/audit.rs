//! The audit log: who did what to what, and how it was before and after.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use jiff::Timestamp;
use palisade_store::UserId;
use serde_json::{Map, Value};

use crate::routes::Routes;
use crate::security::Administrator;
use crate::security::guard::ADMINISTRATOR;
use crate::view::{Empty, Frame, ListQuery, Moment, Pager, Section, Visit, page};
use crate::{App, Failure};

pub(super) fn routes(routes: Routes) -> Routes {
    routes.get("/audit", ADMINISTRATOR, list)
}

struct Row {
    at: Moment,
    who: String,
    /// The number of the person, which tells namesakes apart.
    user: Option<UserId>,
    what: String,
    subject: String,
    subject_user: Option<UserId>,
    changes: Vec<Change>,
}

/// One member of what was changed.
struct Change {
    key: String,
    before: Option<String>,
    after: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/audit.html")]
struct Audit {
    frame: Frame,
    search: String,
    rows: Vec<Row>,
    pager: Pager,
    empty: Empty,
}

/// What differs, member by member. Where one of both is no object, they are compared whole.
fn changes(before: Option<&Value>, after: Option<&Value>) -> Vec<Change> {
    let nothing = Map::new();
    let (old, new) = match (before, after) {
        (None | Some(Value::Object(_)), None | Some(Value::Object(_))) => (
            before.and_then(Value::as_object).unwrap_or(&nothing),
            after.and_then(Value::as_object).unwrap_or(&nothing),
        ),
        _ => {
            return vec![Change { key: String::new(), before: before.map(shown), after: after.map(shown) }];
        }
    };
    let added = new.keys().filter(|key| !old.contains_key(*key));
    old.keys()
        .chain(added)
        // What was not there before and is nothing now has not changed.
        .filter(|key| old.get(*key).unwrap_or(&Value::Null) != new.get(*key).unwrap_or(&Value::Null))
        .map(|key| Change {
            key: key.replace('_', " "),
            before: old.get(key).map(shown),
            after: new.get(key).map(shown),
        })
        .collect()
}

fn shown(value: &Value) -> String {
    match value {
        // To the second: what a moment has beyond it tells nobody anything.
        Value::String(text) => match text.parse::<Timestamp>() {
            Ok(at) => at.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
            Err(_) => text.clone(),
        },
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Null => "nothing".to_owned(),
        Value::Array(parts) if parts.is_empty() => "nothing".to_owned(),
        Value::Object(members) if members.is_empty() => "nothing".to_owned(),
        Value::Array(parts) if parts.iter().all(is_simple) => {
            parts.iter().map(shown).collect::<Vec<_>>().join(", ")
        }
        Value::Array(parts) => parts.iter().map(shown).collect::<Vec<_>>().join("; "),
        Value::Object(members) => {
            let member = |(key, value): (&String, &Value)| {
                let (key, value) =
                    (key.replace('_', " "), if is_flat(value) { shown(value) } else { value.to_string() });
                format!("{key}: {value}")
            };
            members.iter().filter(|(_, value)| !value.is_null()).map(member).collect::<Vec<_>>().join(", ")
        }
        Value::Number(number) => number.to_string(),
    }
}

/// Neither a list nor an object.
fn is_simple(value: &Value) -> bool {
    !value.is_array() && !value.is_object()
}

/// What can stand within a line of names and values.
fn is_flat(value: &Value) -> bool {
    value.as_array().map_or_else(|| is_simple(value), |parts| parts.iter().all(is_simple))
}

async fn list(
    State(app): State<App>,
    Administrator(_): Administrator,
    Query(query): Query<ListQuery>,
    visit: Visit,
) -> Result<Response, Failure> {
    let frame = visit.frame(&app, "Audit log", Section::Audit);
    crate::people::write_refusals(&app).await?;
    let (text, rows) = (query.text().map(str::to_owned), query.rows());
    let (entries, total) = app.store(move |store| store.audit_log(text.as_deref(), rows)).await?;
    let rows = entries
        .into_iter()
        .map(|entry| Row {
            at: frame.moment(&entry.at),
            changes: changes(entry.before.as_ref(), entry.after.as_ref()),
            who: entry.who,
            user: entry.user,
            what: entry.what,
            subject: entry.subject,
            subject_user: entry.subject_user,
        })
        .collect();
    let text = query.text().unwrap_or_default();
    page(&Audit {
        frame,
        search: text.to_owned(),
        rows,
        pager: Pager::new("/audit", &[("search", text)], query.number(), total, "lines"),
        empty: Empty::new(
            "search",
            "Nothing is like this",
            "No line has these words in who, what or subject.",
        )
        .action("Show everything", "/audit"),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(before: Option<Value>, after: Option<Value>) -> Vec<(String, Option<String>, Option<String>)> {
        let changes = changes(before.as_ref(), after.as_ref());
        changes.into_iter().map(|change| (change.key, change.before, change.after)).collect()
    }

    #[test]
    fn only_what_differs_is_shown() {
        let before = json!({"role": "viewer", "enabled": true});
        let after = json!({"role": "operator", "enabled": true, "max_runs": 3});
        assert_eq!(
            told(Some(before), Some(after)),
            [
                ("role".to_owned(), Some("viewer".to_owned()), Some("operator".to_owned())),
                ("max runs".to_owned(), None, Some("3".to_owned())),
            ]
        );
    }

    #[test]
    fn what_was_not_given_is_no_change() {
        let run = json!({"number": 7, "objects": null});
        assert_eq!(told(None, Some(run)), [("number".to_owned(), None, Some("7".to_owned()))]);
        let cleared = told(Some(json!({"deadline": 5})), Some(json!({"deadline": null})));
        assert_eq!(cleared, [("deadline".to_owned(), Some("5".to_owned()), Some("nothing".to_owned()))]);
    }

    #[test]
    fn lists_and_names_with_values_are_no_json() {
        for (value, said) in [
            (json!(["FQDN", "URL"]), "FQDN, URL"),
            (json!({"kind": "every", "period": "6-hours", "note": null}), "kind: every, period: 6-hours"),
            (json!([{"action": "add"}, {"action": "remove"}]), "action: add; action: remove"),
            (json!({"types": ["FQDN", "URL"], "min_score": 7}), "min score: 7, types: FQDN, URL"),
            (json!({"deep": {"er": 1}}), r#"deep: {"er":1}"#),
            (json!([]), "nothing"),
        ] {
            assert_eq!(shown(&value), said);
        }
    }

    #[test]
    fn what_is_no_object_is_compared_whole() {
        assert_eq!(
            told(Some(json!(["a"])), Some(json!({}))),
            [(String::new(), Some("a".to_owned()), Some("nothing".to_owned()))]
        );
        assert!(told(None, None).is_empty());
    }
}
