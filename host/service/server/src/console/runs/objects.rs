//! What became of a run's objects in one step: filtered, sorted, searched and in pages, by the state and not by the browser.

use askama::Template;
use palisade_limits as limits;
use palisade_model::Verdict;
use palisade_store::{ObjectFilter, ObjectOrder, ObjectRow, Page, Phase, RunRow, StepRow, Wait as _};

use super::heads::{Head, Sorting, heads};
use super::one::{Part, Wanted};
use super::shown::verdict_badge;
use crate::console::wording::{first_upper, sentence};
use crate::view::{Badge, Choice, Empty, Field, Frame, Pager};
use crate::{App, Failure};

/// What stands for objects that have no verdict yet.
const OPEN: &str = "open";

struct Row {
    place: u64,
    path: String,
    value: String,
    subtype: String,
    type_path: String,
    verdict: Option<Badge>,
    code: Option<String>,
    message: Option<String>,
}

pub(super) const SORTING: Sorting<ObjectOrder> = Sorting {
    usual: (ObjectOrder::Place, false),
    columns: &[
        (ObjectOrder::Value, "Value", "A to Z", "Z to A"),
        (ObjectOrder::Place, "No.", "lowest first", "highest first"),
        (ObjectOrder::Type, "Type", "A to Z", "Z to A"),
        (ObjectOrder::Verdict, "Verdict", "A to Z", "Z to A"),
    ],
};

#[derive(Template)]
#[template(path = "pages/runs_objects.html")]
struct Objects {
    path: String,
    filters: Vec<Field>,
    search: String,
    filtered: bool,
    table: Part,
}

/// The table alone: what changes while a run is open.
#[derive(Template)]
#[template(path = "pages/runs_objects_table.html")]
struct ObjectsTable {
    id: i64,
    /// What the form carries if objects can be selected; else empty.
    csrf: String,
    heads: Vec<Head>,
    /// What the form says of the list, so that all objects of it can be selected.
    hidden: Vec<(&'static str, String)>,
    /// Whether something narrows the list.
    filtered: bool,
    /// How many objects are in the list.
    total: u64,
    rows: Vec<Row>,
    pager: Pager,
    empty: Empty,
}

impl ObjectsTable {
    /// Whether all objects of the list can be selected for one run.
    fn is_selectable(&self) -> bool {
        self.total <= limits::SELECTED_OBJECTS
    }
}

/// What the address says, with one of its parameters changed.
fn with<'a>(wanted: &'a Wanted, name: &str, value: &'a str) -> Vec<(&'static str, &'a str)> {
    let all = [
        ("step", wanted.step.as_str()),
        ("verdict", wanted.verdict.as_str()),
        ("type", wanted.subtype.as_str()),
        ("code", wanted.code.as_str()),
        ("search", wanted.search.trim()),
        ("sort", wanted.sort.as_str()),
    ];
    all.into_iter().map(|(key, held)| (key, if key == name { value } else { held })).collect()
}

/// Everything that the address says of the list of objects.
pub(super) fn parameters(wanted: &Wanted) -> Vec<(&'static str, &str)> {
    with(wanted, "", "")
}

/// The page of an object, from which the objects beside it in this list are reached.
pub(super) fn story(run: i64, place: u64, wanted: &Wanted) -> String {
    super::address(&format!("/runs/{run}/objects/{place}"), &parameters(wanted))
}

/// The page of the list that has the object at this position, from 1 on.
pub(super) fn list(run: i64, position: u64, wanted: &Wanted) -> String {
    let page = position.saturating_sub(1) / limits::PAGE_ROWS + 1;
    let page = if page > 1 { page.to_string() } else { String::new() };
    let mut parameters = parameters(wanted);
    parameters.push(("page", &page));
    super::address(&format!("/runs/{run}"), &parameters)
}

/// Which objects an address or a form means.
pub(in crate::console) fn filter_of(verdict: &str, subtype: &str, code: &str, search: &str) -> ObjectFilter {
    let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    ObjectFilter {
        verdict: verdict.parse::<Verdict>().ok(),
        open: verdict == OPEN,
        subtype: given(subtype),
        code: given(code),
        text: given(search),
    }
}

/// What the address asks of the objects.
pub(super) fn filter(wanted: &Wanted) -> ObjectFilter {
    filter_of(&wanted.verdict, &wanted.subtype, &wanted.code, &wanted.search)
}

/// The list with its search.
pub(super) async fn part(
    app: &App,
    frame: &Frame,
    run: &RunRow,
    steps: &[StepRow],
    wanted: &Wanted,
) -> Result<Part, Failure> {
    let (id, step) = (run.id, wanted.step(steps));
    let table = table(app, frame, run, steps, wanted).await?;
    let (reasons, types) = app
        .ask(move |orchestrator| {
            let store = orchestrator.store();
            Ok((store.reasons(id, step).wait()?, store.object_types(id).wait()?))
        })
        .await?;
    let codes: Vec<(String, u64)> = reasons.into_iter().map(|reason| (reason.code, reason.count)).collect();
    Part::of(&Objects {
        path: format!("/runs/{id}"),
        filters: filters(wanted, steps, step, types, codes),
        search: wanted.search.trim().to_owned(),
        filtered: filter(wanted) != ObjectFilter::default(),
        table,
    })
}

/// The list alone.
pub(super) async fn table(
    app: &App,
    frame: &Frame,
    run: &RunRow,
    steps: &[StepRow],
    wanted: &Wanted,
) -> Result<Part, Failure> {
    let (id, step, number) = (run.id, wanted.step(steps), wanted.number());
    let filter = filter(wanted);
    let filtered = filter != ObjectFilter::default();
    let (by, descending) = SORTING.read(&wanted.sort);
    let rows = Page { offset: (number - 1) * limits::PAGE_ROWS, limit: limits::PAGE_ROWS };
    let (found, total) = app
        .ask(move |orchestrator| {
            Ok(orchestrator.store().run_objects(id, step, &filter, by, descending, rows).wait()?)
        })
        .await?;
    let path = format!("/runs/{id}");
    let row = |row: ObjectRow| {
        let verdict = row.verdict.as_ref();
        Row {
            place: row.place,
            path: story(id.0, row.place, wanted),
            type_path: super::address(&path, &with(wanted, "type", &row.object.subtype)),
            verdict: verdict.map(|held| verdict_badge(held.verdict)),
            code: verdict.and_then(|held| held.code.clone()),
            message: verdict.and_then(|held| held.message.as_deref()).map(sentence),
            value: row.object.value,
            subtype: row.object.subtype,
        }
    };
    let empty = if filtered {
        Empty::new(
            "filter",
            "No object is like this",
            "No object of this step has this verdict, type, reason and text.",
        )
        .action("Show all objects", path.clone())
    } else if run.phase == Phase::Ended && run.objects.is_none() {
        Empty::new("stop", "It took no objects", "It ended before they were chosen, and sent nothing.")
    } else if run.phase == Phase::Ended {
        Empty::new(
            "collections",
            "It took no objects",
            "Its collection had none for it: they were filtered out, or have not changed since the last success.",
        )
    } else {
        Empty::new(
            "clock",
            "Its objects are not chosen yet",
            "That is the first thing that a run does, once it has begun.",
        )
    };
    let mut keep = with(wanted, "", "");
    keep.retain(|(_, value)| !value.is_empty());
    Part::of(&ObjectsTable {
        id: id.0,
        csrf: if frame.operator() { frame.csrf().to_owned() } else { String::new() },
        heads: heads(&SORTING, &wanted.sort, |sort| super::address(&path, &with(wanted, "sort", sort))),
        hidden: keep.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
        filtered,
        total,
        rows: found.into_iter().map(row).collect(),
        pager: Pager::new(&path, &keep, number, total, "objects"),
        empty,
    })
}

fn filters(
    wanted: &Wanted,
    steps: &[StepRow],
    step: u32,
    types: Vec<(String, u64)>,
    codes: Vec<(String, u64)>,
) -> Vec<Field> {
    let mut fields = Vec::new();
    if steps.len() > 1 {
        let choice =
            |step: &StepRow| Choice::new(step.place.to_string(), format!("{}. {}", step.place, step.title));
        fields
            .push(Field::select("step", "Step", steps.iter().map(choice).collect()).value(step.to_string()));
    }
    let mut verdicts = vec![Choice::new("", "Any verdict")];
    verdicts.extend(
        Verdict::FINAL.iter().map(|verdict| Choice::new(verdict.name(), first_upper(verdict.name()))),
    );
    verdicts.push(Choice::new(OPEN, "None yet"));
    fields.push(Field::select("verdict", "Verdict", verdicts).value(&wanted.verdict));
    let known = types.iter().any(|(name, _)| *name == wanted.subtype);
    // An address may ask for a type that the run does not have: then no object is like this, and the form says why.
    let other = (!known && !wanted.subtype.is_empty()).then(|| (wanted.subtype.clone(), 0));
    let counted = |(name, count): (String, u64)| Choice::new(name.clone(), format!("{name} ({count})"));
    let choices = types.into_iter().chain(other).map(counted);
    let choices = std::iter::once(Choice::new("", "Any type")).chain(choices).collect();
    fields.push(Field::select("type", "Type", choices).value(&wanted.subtype));
    let mut reasons = vec![Choice::new("", "Any reason")];
    reasons.extend(
        codes.into_iter().map(|(code, count)| Choice::new(code.clone(), format!("{code} ({count})"))),
    );
    fields.push(Field::select("code", "Reason", reasons).value(&wanted.code));
    fields.push(Field::select("sort", "Sort by", SORTING.choices()).value(SORTING.written(&wanted.sort)));
    fields.into_iter().map(Field::unmarked).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_keeps_what_was_searched_for() {
        let wanted = Wanted { sort: "value".to_owned(), verdict: "failed".to_owned(), ..Wanted::default() };
        let heads = heads(&SORTING, &wanted.sort, |sort| {
            super::super::address("/runs/7", &with(&wanted, "sort", sort))
        });
        assert_eq!(heads[0].path, "/runs/7?verdict=failed&sort=-value");
        assert_eq!((heads[0].sorted, heads[1].sorted), ("ascending", ""));
        assert_eq!(heads[1].path, "/runs/7?verdict=failed");
    }
}
