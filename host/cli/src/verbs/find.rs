//! Workflows and runs of a service as people name them. A name goes before a number: a workflow may be called `7`.

use serde_json::Value;

use crate::failure::Failure;
use crate::service_client::Service;

/// The most rows of one page of the API.
const ROWS: usize = palisade_limits::API_PAGE_ROWS as usize;

/// The number of a user who is named by their name.
pub(crate) fn user(service: &Service, name: &str) -> Result<i64, Failure> {
    by_name(service, "users", name)?.ok_or_else(|| {
        let message = format!("user `{name}` not found");
        let hint = Some("`palisade users list` shows all users".to_owned());
        Failure { hint, ..Failure::new("not-found", message) }
    })
}

/// The number of a workflow that is named by its name or by its number.
pub(crate) fn workflow(service: &Service, named: &str) -> Result<i64, Failure> {
    by_name(service, "workflows", named)?.or_else(|| named.parse().ok()).ok_or_else(|| {
        let message = format!("there is no workflow `{named}`");
        let hint = Some("`palisade workflow list` shows names and numbers".to_owned());
        Failure { hint, ..Failure::new("not-found", message) }
    })
}

/// The number of a run that is named by its number or by its workflow, whose latest run it is then.
pub(crate) fn run(service: &Service, named: &str) -> Result<i64, Failure> {
    let Some(workflow) = by_name(service, "workflows", named)? else {
        return named.parse().map_err(|_| {
            let message = format!("`{named}` is neither the number of a run nor the name of a workflow");
            let hint = Some("`palisade runs list --workflow NAME` shows the runs of a workflow".to_owned());
            Failure { hint, ..Failure::new("not-found", message) }
        });
    };
    let latest = service.get(&format!("/runs?per_page=1&workflow={workflow}"))?;
    items(&latest)
        .first()
        .and_then(number)
        .ok_or_else(|| Failure::new("not-found", format!("the workflow `{named}` has no runs yet")))
}

/// The number of what has this name, among all of a kind.
fn by_name(service: &Service, kind: &str, name: &str) -> Result<Option<i64>, Failure> {
    for page in 1.. {
        let answer = service.get(&format!("/{kind}?per_page={ROWS}&page={page}"))?;
        let rows = items(&answer);
        let is_named = |row: &&Value| row.get("name").and_then(Value::as_str) == Some(name);
        if let Some(found) = rows.iter().find(is_named) {
            return Ok(number(found));
        }
        if rows.len() < ROWS {
            break;
        }
    }
    Ok(None)
}

fn items(page: &Value) -> &[Value] {
    page.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn number(row: &Value) -> Option<i64> {
    row.get("id").and_then(Value::as_i64)
}
