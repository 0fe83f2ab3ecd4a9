//! The search over everything.

use axum::extract::State;
use jiff::Timestamp;
use palisade_limits as limits;
use palisade_model::Verdict;
use palisade_store::{Page, Phase, RunStatus};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::{Json, PageQuery, Params, Problems, schemas};
use crate::routes::Routes;
use crate::search::{self, Kind};
use crate::security::Viewer;
use crate::security::guard::VIEWER;
use crate::{App, Failure, Fault};

pub(super) fn routes(routes: Routes) -> Routes {
    routes.api(VIEWER, routes!(everything))
}

/// What to search for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// A value in any spelling or the beginning of one, a part of a name, or the number of a run.
    #[param(max_length = 2048, example = "hxxp://evil[.]example")]
    #[serde(default)]
    q: String,
    /// One kind of matches, in pages; by default the first matches of all kinds.
    #[param(schema_with = schemas::search_kind)]
    kind: Option<String>,
}

/// What a search found, by kind.
#[derive(Serialize, ToSchema)]
#[schema(as = SearchResults)]
struct Found {
    /// The kinds, in a fixed order; a kind without a match has no items.
    groups: Vec<Group>,
}

/// The matches of one kind.
#[derive(Serialize, ToSchema)]
#[schema(as = SearchGroup)]
struct Group {
    /// `objects`, `file-objects`, `workflows`, `runs`, `collections` or `integrations`.
    #[schema(schema_with = schemas::search_kind)]
    kind: &'static str,
    /// One page of the matches.
    items: Vec<Match>,
    /// The number of matches on all pages. A page of `objects` has one row for each type of a value.
    total: u64,
    /// Whether there are more than `total`: a search stops counting at 1,000.
    more: bool,
}

/// One match.
#[derive(Serialize, ToSchema)]
#[schema(as = SearchMatch)]
struct Match {
    /// The value or the name.
    name: String,
    /// Another line about it.
    text: String,
    /// The path of its page in the console.
    page: String,
    /// The path of its resource in the API; for a value in a file, the path of its collection.
    resource: String,
    /// The number of runs with the value, among its latest 200 occurrences.
    runs: Option<u64>,
    /// The last verdict on a value.
    #[schema(schema_with = schemas::verdict_or_none)]
    verdict: Option<Verdict>,
    /// The phase of a run.
    #[schema(schema_with = schemas::phase_or_none)]
    phase: Option<Phase>,
    /// The final status of a run.
    #[schema(schema_with = schemas::status_or_none)]
    status: Option<RunStatus>,
    /// When the run, or the last run with the value, was requested.
    at: Option<Timestamp>,
}

impl From<search::Group> for Group {
    fn from(group: search::Group) -> Self {
        let one = |hit: search::Hit| {
            let search::Hit { name, text, path, resource, runs, verdict, phase, status, cause: _, at } = hit;
            Match { name, text, page: path, resource, runs, verdict, phase, status, at }
        };
        let search::Group { kind, hits, total, more } = group;
        Self { kind: kind.name(), items: hits.into_iter().map(one).collect(), total, more }
    }
}

/// Search values of runs and uploaded files, workflows, runs, collections and integrations.
#[utoipa::path(get, path = "/api/v1/search", tag = "search", operation_id = "search", params(PageQuery, Wanted),
    responses((status = 200, description = "The matches.", body = Found), Problems))]
async fn everything(
    State(app): State<App>,
    Viewer(_): Viewer,
    Params(query): Params<PageQuery>,
    Params(wanted): Params<Wanted>,
) -> Result<Json<Found>, Failure> {
    let rows = query.rows()?;
    if let Some(fault) = search::fault(&wanted.q) {
        return Err(Failure::invalid(vec![fault]));
    }
    let (kinds, page) = match wanted.kind.as_deref() {
        None => (Kind::ALL.to_vec(), Page { offset: 0, limit: limits::SEARCH_SHOWN }),
        Some(name) => match Kind::named(name) {
            Some(kind) => (vec![kind], rows),
            None => {
                let names = Kind::ALL.map(|kind| format!("`{}`", kind.name())).join(", ");
                let fault = Fault::new("kind", format!("Expected one of {names}."));
                return Err(Failure::invalid(vec![fault]));
            }
        },
    };
    let groups = app
        .ask(move |orchestrator| Ok(search::found(orchestrator.store(), &wanted.q, &kinds, page)?))
        .await?;
    Ok(Json(Found { groups: groups.into_iter().map(Group::from).collect() }))
}
