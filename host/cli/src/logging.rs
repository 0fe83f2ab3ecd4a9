//! Logs on standard error: nothing by default, more with each `-v`. `PALISADE_LOG` takes directives of tracing's
//! `EnvFilter` for those who want one part only.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::time::{SystemTime, uptime};

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
    let log =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours);
    match global.log_format {
        LogFormat::Json => log.with_ansi(false).with_timer(SystemTime).json().flatten_event(true).init(),
        LogFormat::Text if service => log.with_timer(SystemTime).init(),
        LogFormat::Text => log.with_timer(uptime()).init(),
    }
    if let Some(error) = unusable {
        tracing::warn!("PALISADE_LOG is not used, it cannot be read: {error}");
    }
}
