//! The host as a response action sees it: one request at a time.

use std::time::Duration;

use time::OffsetDateTime;

use super::bindings::palisade::action::{circumstances, collection, results};
use super::bindings::wasi::clocks::monotonic_clock;
use super::convert;
use super::exchange::{Exchange, Request, Target};
use super::{limit, nanoseconds, now, wait};
use crate::contract::{Offered, Outcome, Stop};
use crate::limits;
use crate::response::action::ResponseAction;
use crate::response::resume;
use crate::response::run::{self, ResponseCircumstances};
use crate::response::service::{Service, ServiceRequest};
use crate::response::settings::ResponseSettings;
use crate::session::{Arrival, RequestNumber};

/// Sends the commands of an action.
pub(super) fn run(action: &'static ResponseAction, settings: &ResponseSettings) -> Result<(), Stop> {
    let circumstances = ResponseCircumstances {
        dry_run: circumstances::dry_run(),
        mark: circumstances::mark(),
        request_body_bytes: limit("request-body-bytes"),
    };
    run::run(action, settings, &circumstances, &mut WasmService::new(settings))
}

/// Asks what became of objects that wait.
pub(super) fn resume(action: &'static ResponseAction, settings: &ResponseSettings) -> Result<(), Stop> {
    resume::resume(action, &mut WasmService::new(settings))
}

struct WasmService {
    target: Target,
    page_objects: u32,
    /// The instant at which the host ends the activation.
    end: u64,
}

impl WasmService {
    fn new(settings: &ResponseSettings) -> Self {
        let left = Duration::from_millis(circumstances::milliseconds_left());
        Self {
            target: Target {
                authority: settings.api_host.clone(),
                answer_bytes: limit("response-body-bytes"),
            },
            page_objects: u32::try_from(limit("page-objects").min(limits::RESPONSE_PAGE_OBJECTS))
                .unwrap_or(u32::MAX),
            end: monotonic_clock::now().saturating_add(nanoseconds(left)),
        }
    }
}

impl Service for WasmService {
    fn next(&mut self) -> Vec<Offered> {
        collection::next(self.page_objects).into_iter().map(convert::offered).collect()
    }

    fn record(&mut self, outcomes: Vec<Outcome>) {
        results::record(&outcomes.into_iter().map(convert::outcome).collect::<Vec<_>>());
    }

    fn ask(&mut self, request: ServiceRequest) -> Arrival {
        let request = match request {
            ServiceRequest::Post { path, body } => Request::Post { path, body },
            ServiceRequest::Get { path_and_query, header } => Request::Get { path_and_query, header },
        };
        let mut exchange = match Exchange::start(&self.target, RequestNumber::default(), request) {
            Ok(exchange) => exchange,
            Err(reason) => return Arrival::Lost(reason),
        };
        loop {
            exchange = match exchange.advance() {
                Ok(exchange) => exchange,
                Err((_, arrival)) => return arrival,
            };
            wait(std::slice::from_ref(&exchange), None);
        }
    }

    fn rest(&mut self, pause: Duration) -> bool {
        let until = monotonic_clock::now().saturating_add(nanoseconds(pause));
        let is_time_left = until.saturating_add(nanoseconds(limits::RUN_RESERVE)) < self.end;
        if is_time_left {
            wait(&[], Some(until));
        }
        is_time_left
    }

    fn now(&self) -> OffsetDateTime {
        now()
    }
}
