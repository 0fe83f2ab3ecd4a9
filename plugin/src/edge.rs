//! The component's outside: the exported functions, and the loop that does what the session says.
//!
//! Nothing is decided here. The loop ends when the session does.

mod bindings;
mod convert;
mod exchange;
mod respond;

use std::time::Duration;

use time::OffsetDateTime;

use crate::configuration::{self, Configuration, Setting, Unusable};
use crate::contract::{Problem, Stop};
use crate::response::action::ResponseAction;
use crate::response::settings::{self, ResponseSettings};
use crate::session::{Arrival, Circumstances, Session, Step};
use bindings::exports::palisade::action::{action, continuation, validation};
use bindings::palisade::action::{circumstances, collection, log, results};
use bindings::wasi::clocks::{monotonic_clock, wall_clock};
use bindings::wasi::io::poll::poll;
use convert::model;
use exchange::{Exchange, Request, Target};

/// The bundle.
struct Bundle;

/// What the bundle was asked to do.
enum Asked {
    /// To push objects to a list.
    Push(Configuration),
    /// To send commands.
    Respond(&'static ResponseAction, ResponseSettings),
}

impl action::Guest for Bundle {
    fn run(action_id: String, configuration: Vec<model::Attribute>) -> Result<(), action::RunError> {
        let done = match read(&action_id, configuration).map_err(|unusable| refused(action_id, unusable))? {
            Asked::Push(configuration) => run(configuration),
            Asked::Respond(action, settings) => respond::run(action, &settings),
        };
        done.map_err(stopped)
    }
}

impl continuation::Guest for Bundle {
    fn resume(action_id: String, configuration: Vec<model::Attribute>) -> Result<(), action::RunError> {
        match read(&action_id, configuration) {
            Ok(Asked::Respond(action, settings)) => respond::resume(action, &settings).map_err(stopped),
            // An object of a list has its verdict in `run`.
            Ok(Asked::Push(_)) => Ok(()),
            Err(unusable) => Err(refused(action_id, unusable)),
        }
    }
}

impl validation::Guest for Bundle {
    fn validate(action_id: String, configuration: Vec<model::Attribute>) -> Vec<model::Reason> {
        match read(&action_id, configuration) {
            Ok(_) => Vec::new(),
            Err(Unusable::Problems(problems)) => problems.into_iter().map(convert::problem).collect(),
            Err(Unusable::UnknownAction) => {
                let message = format!("the bundle has no action {}", crate::contract::quoted(&action_id));
                vec![convert::problem(Problem::new("unknown-action", message))]
            }
        }
    }
}

fn read(action_id: &str, given: Vec<model::Attribute>) -> Result<Asked, Unusable> {
    let given: Vec<Setting> = given.into_iter().map(convert::setting).collect();
    match ResponseAction::find(action_id) {
        Some(action) => Ok(Asked::Respond(action, settings::read(action, &given)?)),
        None => configuration::read(action_id, &given).map(Asked::Push),
    }
}

fn refused(action_id: String, unusable: Unusable) -> action::RunError {
    match unusable {
        Unusable::UnknownAction => action::RunError::UnknownAction(action_id),
        Unusable::Problems(problems) => {
            action::RunError::InvalidConfiguration(problems.into_iter().map(convert::problem).collect())
        }
    }
}

fn stopped(stop: Stop) -> action::RunError {
    action::RunError::Stopped(convert::stop(stop))
}

fn run(configuration: Configuration) -> Result<(), Stop> {
    let start = monotonic_clock::now();
    let elapsed = || Duration::from_nanos(monotonic_clock::now().saturating_sub(start));
    let target =
        Target { authority: configuration.api_host.clone(), answer_bytes: limit("response-body-bytes") };
    let path = configuration.list.path();
    let mut session = Session::new(configuration, known());
    let mut exchanges: Vec<Exchange> = Vec::new();
    loop {
        let mut launch =
            |session: &mut Session, number, request| match Exchange::start(&target, number, request) {
                Ok(exchange) => exchanges.push(exchange),
                Err(reason) => session.arrived(number, Arrival::Lost(reason), elapsed()),
            };
        match session.step(elapsed()) {
            Step::NextPage(limit) => {
                let page = collection::next(limit);
                session.page(page.into_iter().map(|offered| convert::offered(offered).object).collect());
            }
            Step::Send { number, body } => launch(&mut session, number, Request::Post { path, body }),
            Step::Read { number, path_and_query, filter } => {
                let header = Some(("tmv1-filter", filter));
                launch(&mut session, number, Request::Get { path_and_query, header });
            }
            Step::Evict(entries) => {
                let entries: Vec<_> = entries.into_iter().map(convert::eviction).collect();
                results::evicting(&entries);
            }
            Step::Hold(lists) => {
                let lists: Vec<_> = lists.into_iter().map(convert::holding).collect();
                results::holds(&lists);
            }
            Step::Record(outcomes) => {
                let outcomes: Vec<_> = outcomes.into_iter().map(convert::outcome).collect();
                results::record(&outcomes);
            }
            Step::Tell(message) => {
                let (level, text, fields) = convert::message(message);
                log::emit(level, &text, &fields);
            }
            Step::Wait(until) => {
                let until = until.map(|until| start.saturating_add(nanoseconds(until)));
                wait(&exchanges, until);
                for exchange in std::mem::take(&mut exchanges) {
                    match exchange.advance() {
                        Ok(pending) => exchanges.push(pending),
                        Err((number, arrival)) => session.arrived(number, arrival, elapsed()),
                    }
                }
            }
            Step::End(result) => return result,
        }
    }
}

/// Returns when one of the exchanges can go on, or at the instant `until`.
fn wait(exchanges: &[Exchange], until: Option<u64>) {
    let mut pollables = Vec::with_capacity(exchanges.len() * 2 + 1);
    exchanges.iter().for_each(|exchange| exchange.subscribe(&mut pollables));
    pollables.extend(until.map(monotonic_clock::subscribe_instant));
    if !pollables.is_empty() {
        poll(&pollables.iter().collect::<Vec<_>>());
    }
}

fn known() -> Circumstances {
    Circumstances {
        dry_run: circumstances::dry_run(),
        compare: circumstances::compare(),
        most_evictions: circumstances::most_evictions(),
        started: now(),
        page_objects: u32::try_from(limit("page-objects")).unwrap_or(u32::MAX),
        concurrent_requests: limit("concurrent-requests"),
        request_body_bytes: limit("request-body-bytes"),
        run: Duration::from_millis(circumstances::milliseconds_left()),
    }
}

/// A limit of the host, or the largest number if the host has no such limit.
fn limit(name: &str) -> usize {
    let limit = circumstances::limit(name).and_then(|limit| usize::try_from(limit).ok());
    limit.unwrap_or(usize::MAX)
}

/// The wall clock's time; its beginning, where it has none that can be told.
fn now() -> OffsetDateTime {
    let now = wall_clock::now();
    let seconds = i64::try_from(now.seconds).unwrap_or_default();
    OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
