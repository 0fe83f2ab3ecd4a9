//! How many entries the lists of services held when a run read them last.

use axum::extract::State;
use jiff::Timestamp;
use palisade_store::{HoldingRow, Wait as _};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::{Json, Listed, PageQuery, Params, Problems};
use crate::routes::Routes;
use crate::security::Viewer;
use crate::security::guard::VIEWER;
use crate::{App, Failure};

pub(super) fn routes(routes: Routes) -> Routes {
    routes.api(VIEWER, routes!(list))
}

/// The latest known number of entries of one type on a list.
#[derive(Serialize, ToSchema)]
struct Holding {
    /// The bundle's id.
    #[schema(example = "trend-vision-one")]
    bundle: String,
    /// The bundle's name.
    title: String,
    /// The connection that reads the list; null if it was deleted.
    connection: Option<i64>,
    /// The host of the service.
    #[schema(example = "https://api.xdr.trendmicro.com")]
    service: String,
    /// The list.
    #[schema(example = "block list")]
    list: String,
    /// The service's name for the type; missing if all types are counted together.
    #[schema(example = "domain")]
    field: Option<String>,
    /// The number of entries.
    #[schema(example = 5310)]
    entries: u64,
    /// The limit of the service; missing if it is not known.
    #[schema(example = 10000)]
    limit: Option<u64>,
    /// The run that read it.
    #[schema(example = 1)]
    run: i64,
    /// The name of that run's workflow.
    workflow_name: String,
    /// When the list was read.
    at: Timestamp,
}

impl From<HoldingRow> for Holding {
    fn from(row: HoldingRow) -> Self {
        Self {
            bundle: row.bundle,
            title: row.title,
            connection: row.connection.map(|(id, _)| id.0),
            service: row.service,
            list: row.holding.list,
            field: row.holding.field,
            entries: row.holding.entries,
            limit: row.holding.limit,
            run: row.run.0,
            workflow_name: row.workflow_name,
            at: row.at,
        }
    }
}

/// Number of entries on the lists of services, as shown in the overview: the latest numbers of a run that has read the list.
#[utoipa::path(get, path = "/api/v1/holdings", tag = "runs", operation_id = "list_holdings", params(PageQuery),
    responses((status = 200, description = "One page of the lists.", body = Listed<Holding>), Problems))]
async fn list(
    State(app): State<App>,
    Viewer(_): Viewer,
    Params(query): Params<PageQuery>,
) -> Result<Json<Listed<Holding>>, Failure> {
    let rows = app.ask(|orchestrator| Ok(orchestrator.store().holdings().wait()?)).await?;
    Ok(Json(Listed::cut(rows.into_iter().map(Holding::from).collect(), query)?))
}
