//! The endpoints that have a name: an endpoint is addressed by its agent, because several may have the same name.

use serde::Deserialize;

use super::service::{Service, ServiceRequest};
use crate::answer;
use crate::contract::{Problem, Stop, Verdict, quoted};
use crate::limits;
use crate::listing::next_query;
use crate::session::Arrival;

/// One endpoint of the inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// GUID of its agent.
    pub guid: String,
    /// Its name.
    pub name: String,
}

const PATH: &str = "/v3.0/eiqs/endpoints";

#[derive(Debug, Deserialize)]
struct Document {
    items: Vec<Item>,
    #[serde(default, rename = "nextLink")]
    next_link: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    agent_guid: String,
    endpoint_name: Name,
}

#[derive(Debug, Deserialize)]
struct Name {
    value: String,
}

/// Reads the endpoints with these names.
///
/// # Errors
///
/// Why the run cannot continue: the inventory cannot be read.
pub fn find(service: &mut impl Service, names: &[String]) -> Result<Vec<Agent>, Stop> {
    let mut found = Vec::new();
    for query in queries(names) {
        let mut page = Some(format!("top={}", limits::LIST_PAGE_OBJECTS));
        let mut pages = 0;
        while let Some(parameters) = page.take() {
            pages += 1;
            if pages > limits::INVENTORY_PAGES {
                return Err(unreadable("it has more pages than names"));
            }
            let request = ServiceRequest::Get {
                path_and_query: format!("{PATH}?{parameters}"),
                header: Some(("tmv1-query", query.clone())),
            };
            let document = read(service.ask(request))?;
            let agents = document.items.into_iter();
            found.extend(agents.map(|item| Agent { guid: item.agent_guid, name: item.endpoint_name.value }));
            if let Some(link) = document.next_link.filter(|link| !link.is_empty()) {
                let next = next_query(&link).map(str::to_owned);
                page = Some(next.ok_or_else(|| unreadable("its next page has no address"))?);
            }
        }
    }
    Ok(found)
}

/// The agent behind a name. Names differ in case between systems.
///
/// # Errors
///
/// The verdict of an object whose name no endpoint has, or several have.
pub fn resolve<'a>(name: &str, agents: &'a [Agent]) -> Result<&'a str, Verdict> {
    let mut named: Vec<_> = agents.iter().filter(|agent| agent.name.eq_ignore_ascii_case(name)).collect();
    named.sort_unstable_by(|one, other| one.guid.cmp(&other.guid));
    named.dedup_by(|one, other| one.guid == other.guid);
    match named.as_slice() {
        [agent] => Ok(&agent.guid),
        [] => Err(Verdict::Rejected(Problem::new(
            "target-not-found",
            format!("the endpoint inventory has no endpoint with the name {}", quoted(name)),
        ))),
        several => {
            let shown = several.iter().take(limits::CANDIDATES_NAMED).map(|agent| agent.guid.as_str());
            let shown = shown.collect::<Vec<_>>().join(", ");
            let more = several.len().saturating_sub(limits::CANDIDATES_NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            Err(Verdict::Rejected(Problem::new(
                "ambiguous",
                format!(
                    "{} endpoints have the name {}, with the agents {shown}{more}",
                    several.len(),
                    quoted(name)
                ),
            )))
        }
    }
}

/// Queries for all names, each within the length that the service takes.
fn queries(names: &[String]) -> Vec<String> {
    let mut queries: Vec<String> = Vec::new();
    for name in names {
        let term = format!("endpointName eq '{name}'");
        match queries.last_mut() {
            Some(query) if query.len() + " or ".len() + term.len() <= limits::INVENTORY_QUERY_BYTES => {
                query.push_str(" or ");
                query.push_str(&term);
            }
            _ => queries.push(term),
        }
    }
    queries
}

fn read(arrival: Arrival) -> Result<Document, Stop> {
    match arrival {
        Arrival::Answer { status: 200, body } => serde_json::from_slice(&body)
            .map_err(|error| unreadable(&format!("its answer is not the documented JSON: {error}"))),
        Arrival::Answer { status, body } => {
            let hint = "the key's role needs `View` under Endpoint Inventory, because endpoints are given by name; or give the GUIDs of the agents";
            Err(answer::refusal(status, &body, hint)
                .unwrap_or_else(|| unreadable(&answer::said(status, &body))))
        }
        Arrival::Lost(reason) => Err(unreadable(&reason)),
        Arrival::Held => Err(unreadable("the service asked for a pause that outlasts the run")),
        Arrival::Abandoned | Arrival::Refused => Err(unreadable("the host ends the run")),
    }
}

fn unreadable(reason: &str) -> Stop {
    Stop {
        problem: Problem::new(
            "inventory-unreadable",
            format!("the endpoint inventory could not be read: {reason}"),
        ),
        hint: "nothing was sent for endpoints that are given by name; run again once the service answers"
            .into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent(guid: &str, name: &str) -> Agent {
        Agent { guid: guid.to_owned(), name: name.to_owned() }
    }

    #[test]
    fn a_name_of_one_endpoint_is_its_agent_whatever_its_case() {
        assert_eq!(resolve("CLIENT1", &[agent("a", "client1"), agent("b", "client2")]), Ok("a"));
    }

    #[test]
    fn a_name_of_several_endpoints_is_ambiguous_and_names_the_candidates() {
        let agents = [agent("b", "client1"), agent("a", "Client1"), agent("a", "client1")];
        let Err(Verdict::Rejected(problem)) = resolve("client1", &agents) else { panic!("not rejected") };
        assert_eq!(problem.code, "ambiguous");
        assert!(
            problem.message.contains("2 endpoints") && problem.message.contains("a, b"),
            "{}",
            problem.message
        );
    }

    #[test]
    fn queries_keep_the_length_that_the_service_takes() {
        let names: Vec<_> = (0..500).map(|number| format!("endpoint-{number}")).collect();
        let queries = queries(&names);
        assert!(queries.iter().all(|query| query.len() <= limits::INVENTORY_QUERY_BYTES));
        assert_eq!(queries.iter().map(|query| query.matches(" eq ").count()).sum::<usize>(), 500);
    }
}
