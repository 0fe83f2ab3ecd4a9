//! The audit log: who did what to what, and how it was before and after.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use jiff::Timestamp;
use palisade_store::{AuditFilter, StoreError, UserId, Wait as _};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::runs::address;
use super::wording::first_upper;
use crate::routes::Routes;
use crate::security::Administrator;
use crate::security::guard::ADMINISTRATOR;
use crate::view::{Choice, Empty, Field, Frame, ListQuery, Moment, Pager, Section, Span, Typed, Visit, page};
use crate::{App, Failure};

pub(super) fn routes(routes: Routes) -> Routes {
    routes.list::<Wanted, _, _>("/audit", ADMINISTRATOR, list)
}

/// What the address says.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Wanted {
    search: String,
    who: String,
    what: String,
    address: String,
    period: String,
    from: String,
    to: String,
    zone: String,
    page: Option<u64>,
}

impl Wanted {
    fn span(&self, frame: &Frame) -> Span {
        let typed = Typed { period: &self.period, from: &self.from, to: &self.to, zone: &self.zone };
        Span::of(typed, frame.now, &frame.zone)
    }

    fn filter(&self, span: &Span) -> AuditFilter {
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        AuditFilter {
            from: span.from,
            to: span.to,
            who: given(&self.who),
            what: given(&self.what),
            address: given(&self.address),
            text: given(&self.search),
        }
    }

    fn texts(&self) -> [(&'static str, String); 4] {
        let text = |text: &str| text.trim().to_owned();
        [
            ("search", text(&self.search)),
            ("who", text(&self.who)),
            ("what", text(&self.what)),
            ("address", text(&self.address)),
        ]
    }
}

struct Row {
    at: Moment,
    who: String,
    /// The number of the person, which tells namesakes apart.
    user: Option<UserId>,
    what: String,
    subject: String,
    subject_user: Option<UserId>,
    address: String,
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
    filters: Vec<Field>,
    further: Vec<Field>,
    is_further: bool,
    filtered: bool,
    /// The same entries as a file.
    export: String,
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
    Query(wanted): Query<Wanted>,
    visit: Visit,
) -> Result<Response, Failure> {
    let frame = visit.frame(&app, "Audit log", Section::Audit);
    crate::people::write_refusals(&app).await?;
    let span = wanted.span(&frame);
    let filter = wanted.filter(&span);
    let filtered = filter.is_narrow() || !span.faults.is_empty();
    let list = ListQuery { search: String::new(), page: wanted.page };
    let rows = list.rows();
    let ((entries, total), (kinds, people)) = app
        .store(move |store| {
            Ok::<_, StoreError>((store.audit_log(&filter, rows).wait()?, store.audit_names().wait()?))
        })
        .await?;
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
            address: entry.address.unwrap_or_default(),
        })
        .collect();
    let kept: Vec<(&str, String)> = wanted.texts().into_iter().chain(span.parameters()).collect();
    let kept: Vec<(&str, &str)> = kept.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let [from, to] = span.moment_fields();
    let is_typed = span.is_typed();
    page(&Audit {
        search: wanted.search.trim().to_owned(),
        filters: vec![
            Field::select("who", "User", people_choices(people, &wanted.who))
                .value(wanted.who.trim())
                .unmarked(),
            Field::select("what", "Kind", kind_choices(kinds, &wanted.what))
                .value(wanted.what.trim())
                .unmarked(),
            span.period_field("When"),
        ],
        further: vec![
            from,
            to,
            Field::text("address", "Address")
                .value(wanted.address.trim())
                .attribute("placeholder", "192.0.2.1 or 192.0.2.")
                .attribute("autocomplete", "off")
                .unmarked(),
        ],
        is_further: is_typed || !wanted.address.trim().is_empty(),
        filtered,
        export: exported(&wanted, &span),
        pager: Pager::new("/audit", &kept, list.number(), total, "lines"),
        rows,
        empty: Empty::new("search", "No matching entries", "Change the search, or remove a filter.")
            .action("Show everything", "/audit"),
        frame,
    })
}

/// Where the same entries are a file. A period is a moment there.
fn exported(wanted: &Wanted, span: &Span) -> String {
    let at = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    let said: Vec<(&str, String)> =
        wanted.texts().into_iter().chain([("from", at(span.from)), ("to", at(span.to))]).collect();
    let said: Vec<(&str, &str)> = said.iter().map(|(name, value)| (*name, value.as_str())).collect();
    address("/api/v1/audit.jsonl", &said)
}

fn people_choices(people: Vec<String>, chosen: &str) -> Vec<Choice> {
    let mut choices = vec![Choice::new("", "Anyone")];
    choices.extend(people.into_iter().map(|name| Choice::new(name.clone(), name)));
    with_chosen(choices, chosen)
}

/// Kinds in groups, each with a choice for the whole group.
fn kind_choices(kinds: Vec<String>, chosen: &str) -> Vec<Choice> {
    let mut choices = vec![Choice::new("", "Any kind")];
    let group = |kind: &str| kind.split_once('.').map(|(group, _)| group.to_owned());
    for alike in kinds.chunk_by(|one, other| group(one) == group(other)) {
        let name = alike.first().and_then(|kind| group(kind)).unwrap_or_default();
        let title = first_upper(&name.replace('-', " "));
        if alike.len() > 1 && !name.is_empty() {
            choices.push(Choice::new(format!("{name}."), format!("{title}: all")).of(&title));
        }
        choices.extend(alike.iter().map(|kind| Choice::new(kind, kind).of(&title)));
    }
    with_chosen(choices, chosen)
}

/// An address may ask for what no entry has: the form says so.
fn with_chosen(mut choices: Vec<Choice>, chosen: &str) -> Vec<Choice> {
    let chosen = chosen.trim();
    if choices.iter().all(|choice| choice.value != chosen) {
        choices.push(Choice::new(chosen, chosen));
    }
    choices
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
    fn kinds_are_chosen_alone_or_as_a_group() {
        let kinds = ["run.cancelled", "run.requested", "user.invited"].map(str::to_owned).to_vec();
        let choices = kind_choices(kinds, "token.revoked");
        let values: Vec<&str> = choices.iter().map(|choice| choice.value.as_str()).collect();
        assert_eq!(values, ["", "run.", "run.cancelled", "run.requested", "user.invited", "token.revoked"]);
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
