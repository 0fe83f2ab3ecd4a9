//! A manual run on objects that somebody picked from a table: of a run, or of a collection. The page shows what was picked and asks
//! for the workflow; what runs is what the run or the collection has of these objects, and never what the form says of them.
//! Nothing is held between the two requests. Denied by default: nothing picked, and an object that is not there any more.

use std::time::Duration;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use palisade_limits as limits;
use palisade_orchestrator::{Orchestrator, OrchestratorError, Request, Search, SelectedObject};
use palisade_store::{CollectionId, ObjectFilter, RunId, StoredObject, Wait as _, WorkflowId, WorkflowRow};

use super::runs::address;
use super::runs::objects::filter_of;
use super::wording::{of_action, sentence};
use crate::routes::Routes;
use crate::security::Operator;
use crate::security::guard::OPERATOR;
use crate::view::{Choice, Empty, Field, Frame, Notice, Section, Visit, number, page, page_with, see_other};
use crate::{App, Failure, Fault};

/// Where a table of objects sends what was picked.
const PATH: &str = "/selection";
/// The field of a picked object.
const OBJECT: &str = "object";

pub(super) fn routes(routes: Routes) -> Routes {
    routes.large_post(PATH, OPERATOR, limits::SELECTION_BYTES, show).large_post(
        "/selection/run",
        OPERATOR,
        limits::SELECTION_BYTES,
        run,
    )
}

/// What the box beside an object of a collection sends: an object has no number there.
pub(super) fn reference(subtype: &str, value: &str) -> String {
    let object = SelectedObject { subtype: Some(subtype.to_owned()), value: value.to_owned() };
    serde_json::to_string(&object).unwrap_or_default()
}

/// What was picked, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Picked {
    /// Of a run, by place.
    OfRun(RunId, Vec<u64>),
    /// Of a collection, by type and value.
    OfCollection(CollectionId, Vec<SelectedObject>),
    /// All objects of a collection that match its filter and a search.
    Matching(CollectionId, Search),
    /// All objects of a run that match a filter in one of its steps.
    MatchingOfRun(RunId, Listed),
}

/// A list of a run's objects, in the words of its address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Listed {
    step: String,
    verdict: String,
    subtype: String,
    code: String,
    search: String,
}

impl Listed {
    fn parameters(&self) -> [(&'static str, &str); 5] {
        [
            ("step", &self.step),
            ("verdict", &self.verdict),
            ("type", &self.subtype),
            ("code", &self.code),
            ("search", &self.search),
        ]
    }

    /// The step; the first if none is named.
    fn place(&self) -> Option<u32> {
        if self.step.is_empty() { Some(1) } else { self.step.parse().ok() }
    }

    fn filter(&self) -> ObjectFilter {
        filter_of(&self.verdict, &self.subtype, &self.code, &self.search)
    }

    /// Whether all of it means something: a filter that is not understood would select everything.
    fn is_understood(&self) -> bool {
        let filter = self.filter();
        self.place().is_some() && (self.verdict.is_empty() || filter.verdict.is_some() || filter.open)
    }
}

impl Picked {
    /// What a form sent; what cannot be meant so is no object of the place.
    fn sent(fields: &[(String, String)]) -> Result<Self, Failure> {
        let one = |name: &str| fields.iter().find(|(sent, _)| sent == name).map(|(_, value)| value.trim());
        let objects = fields.iter().filter(|(name, _)| name == OBJECT).map(|(_, value)| value.as_str());
        let unknown = || {
            Failure::new(StatusCode::BAD_REQUEST, "malformed", "the selection cannot be read")
                .with_hint("go back, reload the page and select the objects again")
        };
        let id = |name: &str| one(name).and_then(|id| id.parse::<i64>().ok());
        let text = |name: &str| one(name).unwrap_or_default().to_owned();
        if let Some(run) = id("run").filter(|_| one("all").is_some()) {
            let listed = Listed {
                step: text("step"),
                verdict: text("verdict"),
                subtype: text("type"),
                code: text("code"),
                search: text("search"),
            };
            return if listed.is_understood() {
                Ok(Self::MatchingOfRun(RunId(run), listed))
            } else {
                Err(unknown())
            };
        }
        if let Some(run) = id("run") {
            let places = objects.map(|place| place.parse().map_err(|_| unknown()));
            return Ok(Self::OfRun(RunId(run), places.collect::<Result<_, _>>()?));
        }
        let collection = id("collection").ok_or_else(unknown)?;
        if one("all").is_some() {
            let search = Search { search: text("search"), subtype: text("type") };
            return Ok(Self::Matching(CollectionId(collection), search));
        }
        let objects = objects.map(|object| serde_json::from_str(object).map_err(|_| unknown()));
        Ok(Self::OfCollection(CollectionId(collection), objects.collect::<Result<_, _>>()?))
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::OfRun(_, places) => places.is_empty(),
            Self::OfCollection(_, objects) => objects.is_empty(),
            Self::Matching(..) | Self::MatchingOfRun(..) => false,
        }
    }

    /// The page that it was picked on.
    fn back(&self) -> String {
        match self {
            Self::OfRun(run, _) => format!("/runs/{run}"),
            Self::MatchingOfRun(run, listed) => address(&format!("/runs/{run}"), &listed.parameters()),
            Self::OfCollection(collection, _) | Self::Matching(collection, _) => {
                format!("/collections/{collection}")
            }
        }
    }

    /// The fields with which a form says again what was picked, beside the boxes of the objects.
    fn hidden(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::OfRun(run, _) => vec![("run", run.to_string())],
            Self::MatchingOfRun(run, listed) => {
                let said = listed.parameters().map(|(name, value)| (name, value.to_owned()));
                [("run", run.to_string()), ("all", "on".to_owned())].into_iter().chain(said).collect()
            }
            Self::OfCollection(collection, _) => vec![("collection", collection.to_string())],
            Self::Matching(collection, search) => vec![
                ("collection", collection.to_string()),
                ("all", "on".to_owned()),
                ("search", search.search.clone()),
                ("type", search.subtype.clone()),
            ],
        }
    }

    /// The objects with all that is known of them.
    async fn objects(&self, app: &App) -> Result<Vec<StoredObject>, Failure> {
        match self.clone() {
            Self::OfRun(run, places) => {
                app.ask(move |orchestrator| orchestrator.objects_of_run(run, &places)).await
            }
            Self::MatchingOfRun(run, listed) => {
                app.ask(move |orchestrator| {
                    orchestrator.objects_of_run_matching(run, listed.place().unwrap_or(1), &listed.filter())
                })
                .await
            }
            picked @ (Self::OfCollection(..) | Self::Matching(..)) => {
                let reading = async {
                    match &picked {
                        Self::Matching(collection, search) => {
                            app.orchestrator().objects_matching(*collection, search).await
                        }
                        Self::OfCollection(collection, objects) => {
                            app.orchestrator().objects_of_collection(*collection, objects).await
                        }
                        Self::OfRun(..) | Self::MatchingOfRun(..) => Ok(Vec::new()),
                    }
                };
                match tokio::time::timeout(Duration::from_secs(limits::PREVIEW_SECONDS), reading).await {
                    Ok(read) => Ok(read?),
                    Err(_) => {
                        let message = format!(
                            "reading the collection took longer than {} seconds",
                            limits::PREVIEW_SECONDS
                        );
                        Err(Failure::new(StatusCode::GATEWAY_TIMEOUT, "collection-too-slow", message)
                            .with_hint("run the workflow on the whole collection, or use a smaller one"))
                    }
                }
            }
        }
    }
}

struct Row {
    place: usize,
    reference: String,
    subtype: String,
    value: String,
}

#[derive(Template)]
#[template(path = "pages/selection.html")]
struct Selection {
    frame: Frame,
    faults: Vec<Fault>,
    hidden: Vec<(&'static str, String)>,
    /// How many objects were picked; the page shows the first of them if all that match were.
    count: u64,
    /// How many of them are not shown.
    more: u64,
    /// Whether single objects can be taken out.
    boxes: bool,
    /// What the place is called.
    from_title: String,
    back: String,
    of_collection: bool,
    rows: Vec<Row>,
    fields: Vec<Field>,
    /// Instead of the form, where there is nothing to run.
    empty: Option<Empty>,
}

/// What the page needs of the state.
struct Known {
    title: String,
    rows: Vec<Row>,
    workflows: Vec<WorkflowRow>,
    /// The workflow that is most likely meant.
    likely: Option<WorkflowId>,
}

fn known(
    orchestrator: &Orchestrator,
    picked: &Picked,
    matching: &[StoredObject],
) -> Result<Known, OrchestratorError> {
    let store = orchestrator.store();
    let workflows = store.workflows().wait()?;
    let (title, likely, objects): (_, _, Vec<(String, String, String)>) = match picked {
        Picked::OfRun(run, places) => {
            let row = store.run(*run).wait()?;
            let objects = store.objects_at(*run, places).wait()?;
            let named =
                |(place, object): (u64, StoredObject)| (place.to_string(), object.subtype, object.value);
            (format!("Run {run}"), row.workflow, objects.into_iter().map(named).collect())
        }
        Picked::OfCollection(collection, objects) => {
            let row = store.collection(*collection).wait()?;
            let uses = workflows.iter().find(|workflow| workflow.collection == Some(row.id));
            let named = |object: &SelectedObject| {
                let subtype = object.subtype.clone().unwrap_or_default();
                (reference(&subtype, &object.value), subtype, object.value.clone())
            };
            (row.name, uses.map(|workflow| workflow.id), objects.iter().map(named).collect())
        }
        Picked::Matching(collection, _) => {
            let row = store.collection(*collection).wait()?;
            let uses = workflows.iter().find(|workflow| workflow.collection == Some(row.id));
            (row.name, uses.map(|workflow| workflow.id), first_of(matching))
        }
        Picked::MatchingOfRun(run, _) => {
            (format!("Run {run}"), store.run(*run).wait()?.workflow, first_of(matching))
        }
    };
    let row = |((reference, subtype, value), place)| Row { place, reference, subtype, value };
    Ok(Known { title, rows: objects.into_iter().zip(1..).map(row).collect(), workflows, likely })
}

/// The first of the matching objects, to be shown.
fn first_of(matching: &[StoredObject]) -> Vec<(String, String, String)> {
    let first = matching.iter().take(limits::PAGE_ROWS as usize);
    first.map(|object| (String::new(), object.subtype.clone(), object.value.clone())).collect()
}

/// The page, with what was chosen on it so far.
async fn shown(
    app: &App,
    visit: Visit,
    picked: &Picked,
    chosen: Option<&str>,
    dry_run: bool,
    faults: Vec<Fault>,
) -> Result<Selection, Failure> {
    let wanted = picked.clone();
    let matching = match picked {
        Picked::Matching(..) | Picked::MatchingOfRun(..) => picked.objects(app).await?,
        Picked::OfRun(..) | Picked::OfCollection(..) => Vec::new(),
    };
    let matched = matching.len() as u64;
    let Known { title, rows, workflows, likely } =
        app.ask(move |orchestrator| known(orchestrator, &wanted, &matching)).await?;
    let boxes = matches!(picked, Picked::OfRun(..) | Picked::OfCollection(..));
    let (section, above, path) = match picked {
        Picked::OfRun(..) | Picked::MatchingOfRun(..) => (Section::Runs, "Runs", "/runs"),
        Picked::OfCollection(..) | Picked::Matching(..) => {
            (Section::Collections, "Collections", "/collections")
        }
    };
    let frame = visit
        .frame(app, "Run a workflow on selected objects", section)
        .under(above, path)
        .under(&title, picked.back());
    let empty = workflows.is_empty().then(|| {
        Empty::new(
            "workflows",
            "No workflow yet",
            "A workflow defines which actions process the objects, and with which settings.",
        )
        .action("Build a workflow", "/workflows/new")
    });
    let choices = workflows.into_iter().map(|row| Choice::new(row.id.to_string(), row.name));
    let chosen = chosen.map_or_else(|| likely.map(|id| id.to_string()).unwrap_or_default(), str::to_owned);
    let fields = vec![
        Field::select("workflow", "Workflow", choices.collect())
            .required()
            .value(chosen)
            .help("Its actions run with their configuration. The objects replace its collection; it need not be enabled.")
            .faults(&faults),
        Field::check("dry_run", "Dry run", dry_run).help("Nothing is changed. Compares with what the service holds."),
    ];
    Ok(Selection {
        hidden: picked.hidden(),
        count: if boxes { rows.len() as u64 } else { matched },
        more: matched.saturating_sub(rows.len() as u64),
        boxes,
        from_title: title,
        back: picked.back(),
        of_collection: section == Section::Collections,
        rows,
        fields,
        empty,
        faults,
        frame,
    })
}

async fn show(
    State(app): State<App>,
    Operator(who): Operator,
    visit: Visit,
    Form(sent): Form<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let picked = Picked::sent(&sent)?;
    if picked.is_empty() {
        app.notify(&who, Notice::warning("No objects selected. Select the objects to run a workflow on."));
        return Ok(see_other(&picked.back()));
    }
    match shown(&app, visit, &picked, None, false, Vec::new()).await {
        Ok(selection) => page(&selection),
        // More than a run can have, or none any more: the list says how to narrow it.
        Err(failure) if failure.status() == StatusCode::UNPROCESSABLE_ENTITY => {
            let told =
                failure.faults().first().map_or_else(|| failure.to_string(), |fault| fault.message.clone());
            app.notify(&who, Notice::warning(sentence(&told)));
            Ok(see_other(&picked.back()))
        }
        Err(failure) => Err(failure),
    }
}

async fn run(
    State(app): State<App>,
    Operator(who): Operator,
    visit: Visit,
    Form(sent): Form<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let picked = Picked::sent(&sent)?;
    let chosen = sent.iter().find(|(name, _)| name == "workflow").map_or("", |(_, value)| value.as_str());
    let dry_run = sent.iter().any(|(name, _)| name == "dry_run");
    let Ok(workflow) = chosen.parse::<i64>() else {
        let faults = vec![Fault::new("workflow", "Choose the workflow.")];
        let again = shown(&app, visit, &picked, Some(chosen), dry_run, faults).await?;
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &again);
    };
    let made = match picked.objects(&app).await {
        Ok(objects) => {
            let (count, actor) = (objects.len() as u64, who.actor());
            let made = app.ask(move |orchestrator| {
                orchestrator.request_run(WorkflowId(workflow), Request::Selected(objects), dry_run, &actor)
            });
            made.await.map(|run| (run, count))
        }
        Err(failure) => Err(failure),
    };
    match made {
        Ok((run, count)) => {
            let what = if dry_run { "Dry run" } else { "Run" };
            let objects = if count == 1 { "object" } else { "objects" };
            let text = format!("{what} on {} selected {objects} requested.", number(&count));
            app.notify(&who, Notice::done(text));
            Ok(see_other(&run.map_or_else(|| "/runs".to_owned(), |run| format!("/runs/{run}"))))
        }
        Err(failure) if failure.status() == StatusCode::UNPROCESSABLE_ENTITY => {
            let told = |fault: &Fault| match of_action(fault) {
                Some(lacks) => Fault::new("workflow", lacks),
                None => {
                    let field = if fault.field == "workflow" { "workflow" } else { "objects" };
                    Fault::new(field, sentence(&fault.message))
                }
            };
            let mut faults: Vec<Fault> = failure.faults().iter().map(told).collect();
            if faults.is_empty() {
                faults.push(Fault::new("objects", sentence(&failure.to_string())));
            }
            let again = shown(&app, visit, &picked, Some(chosen), dry_run, faults).await?;
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &again)
        }
        Err(failure) => Err(failure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(pairs: &[(&str, &str)]) -> Result<Picked, Failure> {
        let pairs: Vec<_> =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Picked::sent(&pairs)
    }

    #[test]
    fn what_was_picked_is_known_by_place_or_by_type_and_value() {
        let of_run = sent(&[("csrf", "x"), ("run", "7"), ("object", "3"), ("object", "12")]).unwrap();
        assert_eq!(of_run, Picked::OfRun(RunId(7), vec![3, 12]));
        let object = reference("FQDN", "a\"b.example");
        let of_collection = sent(&[("collection", "4"), ("object", &object)]).unwrap();
        let selected = SelectedObject { subtype: Some("FQDN".to_owned()), value: "a\"b.example".to_owned() };
        assert_eq!(of_collection, Picked::OfCollection(CollectionId(4), vec![selected]));
        assert!(sent(&[("collection", "4")]).unwrap().is_empty());
        let all =
            [("collection", "4"), ("all", "on"), ("search", "evil"), ("type", "FQDN"), ("object", &object)];
        let search = Search { search: "evil".to_owned(), subtype: "FQDN".to_owned() };
        assert_eq!(sent(&all).unwrap(), Picked::Matching(CollectionId(4), search));
        let of_run =
            sent(&[("run", "7"), ("all", "on"), ("object", "3"), ("verdict", "open"), ("search", "a&b")])
                .unwrap();
        let listed = Listed { verdict: "open".to_owned(), search: "a&b".to_owned(), ..Listed::default() };
        assert_eq!(of_run, Picked::MatchingOfRun(RunId(7), listed));
        assert_eq!(of_run.back(), "/runs/7?verdict=open&search=a%26b");
        let again: Vec<(&str, String)> = of_run.hidden();
        let again: Vec<(&str, &str)> = again.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(sent(&again).unwrap(), of_run, "the second form means the same");
    }

    #[test]
    fn a_form_that_nobody_made_is_refused() {
        for form in [
            &[][..],
            &[("object", "1")],
            &[("run", "x"), ("object", "1")],
            &[("run", "7"), ("all", "on"), ("verdict", "nonsense")],
            &[("run", "7"), ("all", "on"), ("step", "one")],
            &[("run", "7"), ("object", "-1")],
            &[("run", "7"), ("object", "{}")],
            &[("collection", "4"), ("object", "evil.example")],
            &[("collection", "4"), ("object", r#"{"type":"FQDN","value":"a","score":1}"#)],
        ] {
            assert_eq!(sent(form).unwrap_err().code(), "malformed", "{form:?}");
        }
    }
}
