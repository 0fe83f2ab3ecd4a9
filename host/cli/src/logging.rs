//! Logs on standard error: nothing by default, more with each `-v`. `PALISADE_LOG` takes directives of tracing's
//! `EnvFilter` for those who want one part only. A service may export traces beside its log.

pub(crate) mod traces;

use std::io::IsTerminal as _;

use palisade_printable::{LineForm, Lines};
use tracing_subscriber::filter::{FilterExt as _, LevelFilter, filter_fn};
use tracing_subscriber::fmt::time::{SystemTime, uptime};
use tracing_subscriber::layer::{Filter, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::arguments::{Global, LogFormat};

/// Starts logging at the level of the number of `-v`. A service says one line for each thing that happens also without.
pub(crate) fn start(global: Global, service: bool) {
    let directives = match global.verbose {
        0 if service => "warn,palisade=info,palisade_orchestrator=info,palisade_server=info",
        0 => "warn",
        1 => "warn,palisade=info",
        2 => {
            "info,palisade=debug,palisade_collection=debug,palisade_egress=debug,palisade_engine=debug,palisade_run=debug,palisade_orchestrator=debug,palisade_server=debug,palisade_threatq=debug"
        }
        // Not everything: the HTTP libraries print header values at their lowest level, and WASI prints whatever a component
        // writes.
        _ => {
            "debug,palisade=trace,palisade_collection=trace,palisade_egress=trace,palisade_engine=trace,palisade_run=trace,palisade_orchestrator=trace,palisade_server=trace,palisade_threatq=trace,h2=info,hyper=info,hyper_util=info,rustls=info,wasmtime_wasi=info,wasmtime_wasi_http=info"
        }
    };
    let (filter, unusable) = match std::env::var("PALISADE_LOG").map(EnvFilter::try_new) {
        Ok(Ok(filter)) => (filter, None),
        Ok(Err(error)) => (EnvFilter::new(directives), Some(error)),
        Err(_) => (EnvFilter::new(directives), None),
    };
    let colours = match anstream::ColorChoice::global() {
        anstream::ColorChoice::Auto => {
            std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none()
        }
        choice => choice != anstream::ColorChoice::Never,
    };
    let form = match global.log_format {
        LogFormat::Json => LineForm::Json,
        LogFormat::Text => LineForm::Text,
    };
    let writer = move || Lines::new(std::io::stderr(), form);
    let log = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(colours);
    let log = match global.log_format {
        LogFormat::Json => log.with_ansi(false).with_timer(SystemTime).json().flatten_event(true).boxed(),
        LogFormat::Text if service => log.with_timer(SystemTime).boxed(),
        LogFormat::Text => log.with_timer(uptime()).boxed(),
    };
    let log = log.with_filter(shown(filter));
    let (traces, unusable_traces) = match if service { traces::layer() } else { Ok(None) } {
        Ok(traces) => (traces, None),
        Err(why) => (None, Some(why)),
    };
    tracing_subscriber::registry().with(log).with(traces).init();
    if let Some(error) = unusable {
        tracing::warn!("PALISADE_LOG is not used, it cannot be read: {error}");
    }
    if let Some(why) = unusable_traces {
        tracing::warn!("no traces are exported: {why}");
    }
}

/// What the log shows. The hint keeps the level of `filter` for all: without one, every message of every library would be made
/// and thrown away, which is a tenth of a run's time.
fn shown<S: tracing::Subscriber>(filter: EnvFilter) -> impl Filter<S> {
    filter.and(filter_fn(traces::is_for_log).with_max_level_hint(LevelFilter::TRACE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_below_the_level_of_the_log_are_not_made() {
        let filter: &dyn Filter<tracing_subscriber::Registry> = &shown(EnvFilter::new("warn,palisade=info"));
        assert_eq!(filter.max_level_hint(), Some(LevelFilter::INFO));
    }
}
