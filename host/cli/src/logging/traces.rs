//! Traces by OpenTelemetry, sent over OTLP/HTTP to the collector that the standard `OTEL_…` variables name. Denied by default: any
//! trace at all while no variable names a collector; and in traces what is not a span of ours with fields that we chose. Log
//! lines, headers, bodies, paths and queries do not get into them.

use std::fmt;
use std::future::Future;
use std::io::Read as _;
use std::path::Path;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{Bytes, HeaderExtractor, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use palisade_limits as limits;
use tracing::Subscriber;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::registry::LookupSpan;
use ureq::Agent;
use ureq::http::{HeaderMap, header};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// The target of the spans that are exported, or the beginning of it.
const EXPORTED: &str = "palisade::trace";

/// The target of those that are no part of the log's context: it says the same in its own words.
const EXPORTED_ONLY: &str = "palisade::trace::http";

/// A process has one log and one collector.
static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();

/// Whether the log shows what happens within spans like this.
pub(super) fn is_for_log(metadata: &tracing::Metadata<'_>) -> bool {
    metadata.target() != EXPORTED_ONLY
}

/// What takes spans to the collector; none where no variable names one.
///
/// # Errors
/// A sentence that says which variable cannot be used. The service is worth more than its traces: it goes on without.
pub(super) fn layer<S>() -> Result<Option<impl Layer<S>>, String>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let Some(timeout) = wanted(&variable)? else { return Ok(None) };
    let client = Collector::new(timeout, &variable)?;
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(client)
        .build()
        .map_err(|error| error.to_string())?;
    let name = variable("OTEL_SERVICE_NAME").is_none()
        && variable("OTEL_RESOURCE_ATTRIBUTES").is_none_or(|all| !all.contains("service.name="));
    let mut resource = Resource::builder()
        .with_attribute(opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    if name {
        resource = resource.with_service_name("palisade");
    }
    let provider =
        SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource.build()).build();
    let tracer = provider.tracer("palisade");
    if PROVIDER.set(provider).is_err() {
        return Err("traces are exported already".to_owned());
    }
    let layer = tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_context_activation(false)
        .with_level(false)
        .with_location(false)
        .with_target(false)
        .with_threads(false)
        .with_tracked_inactivity(false);
    let ours = filter_fn(|metadata| metadata.is_span() && metadata.target().starts_with(EXPORTED))
        .with_max_level_hint(LevelFilter::INFO);
    Ok(Some(layer.with_filter(ours)))
}

/// Lets a span continue the trace that a request names in its `traceparent`.
pub(crate) fn join(headers: &HeaderMap, span: &tracing::Span) {
    if span.is_disabled() {
        return;
    }
    let context = TraceContextPropagator::new().extract(&HeaderExtractor(headers));
    // Refused only where nobody exports the span.
    let _ = span.set_parent(context);
}

/// Sends what is left, if it can be done soon.
pub(crate) fn finish() {
    let Some(provider) = PROVIDER.get() else { return };
    if provider.shutdown_with_timeout(Duration::from_secs(limits::TRACES_FLUSH_SECONDS)).is_err() {
        tracing::warn!("the last traces have not reached the collector");
    }
}

/// Whether traces are wanted, and how long one transfer may take.
fn wanted(variable: &dyn Fn(&str) -> Option<String>) -> Result<Option<Duration>, String> {
    let first = |names: [&'static str; 2]| names.into_iter().find_map(|name| Some((name, variable(name)?)));
    let endpoint = first(["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"]);
    let disabled = variable("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let exporter = variable("OTEL_TRACES_EXPORTER").unwrap_or_else(|| "otlp".to_owned());
    if endpoint.is_none() || disabled || exporter == "none" {
        return Ok(None);
    }
    if exporter != "otlp" {
        return Err(format!("`OTEL_TRACES_EXPORTER` is `{exporter}`, and only `otlp` and `none` are known"));
    }
    let protocol = first(["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"]);
    if let Some((name, value)) = protocol.filter(|(_, value)| value != "http/protobuf") {
        return Err(format!("`{name}` is `{value}`, and only `http/protobuf` is known"));
    }
    let compression = first(["OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"]);
    if let Some((name, value)) = compression.filter(|(_, value)| value != "none") {
        return Err(format!("`{name}` is `{value}`, and only `none` is known"));
    }
    let timeout = first(["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"]);
    let milliseconds = match timeout {
        Some((name, value)) => value
            .parse()
            .map_err(|_| format!("`{name}` is `{value}`, which is not a number of milliseconds"))?,
        None => limits::TRACES_EXPORT_SECONDS * 1_000,
    };
    Ok(Some(Duration::from_millis(milliseconds)))
}

/// The client that carries spans to the collector, on the exporter's own thread.
struct Collector {
    agent: Agent,
    /// Whether it did not take the last spans: that is said once.
    failing: AtomicBool,
}

impl fmt::Debug for Collector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Collector").finish_non_exhaustive()
    }
}

impl Collector {
    fn new(timeout: Duration, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, String> {
        let mut tls = TlsConfig::builder();
        let authority = ["OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"];
        if let Some((name, path)) = authority.into_iter().find_map(|name| Some((name, variable(name)?))) {
            let unusable = |error: &dyn fmt::Display| format!("`{name}` names `{path}`: {error}");
            let pem = palisade_files::read(Path::new(&path), limits::CERTIFICATES_BYTES)
                .map_err(|error| unusable(&error))?;
            let authority = Certificate::from_pem(&pem).map_err(|error| unusable(&error))?;
            tls = tls.root_certs(RootCerts::Specific(Arc::new(vec![authority])));
        }
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(timeout))
            .tls_config(tls.build())
            .build();
        Ok(Self { agent: agent.into(), failing: AtomicBool::new(false) })
    }

    fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ureq::Error> {
        let (parts, body) = request.into_parts();
        let response = self.agent.run(Request::from_parts(parts, body.as_ref()))?;
        let (parts, body) = response.into_parts();
        let mut bytes = Vec::new();
        body.into_reader().take(limits::TRACES_ANSWER_BYTES).read_to_end(&mut bytes)?;
        Ok(Response::from_parts(parts, Bytes::from(bytes)))
    }

    /// Says when the collector stops taking spans, and when it takes them again.
    fn tell(&self, problem: Option<&str>) {
        match (problem, self.failing.swap(problem.is_some(), Ordering::Relaxed)) {
            (Some(problem), false) => tracing::warn!("traces do not reach the collector: {problem}"),
            (None, true) => tracing::info!("traces reach the collector again"),
            _ => {}
        }
    }
}

impl HttpClient for Collector {
    fn send_bytes<'client, 'answer>(
        &'client self,
        mut request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'answer>>
    where
        'client: 'answer,
        Self: 'answer,
    {
        let agent = concat!("palisade/", env!("CARGO_PKG_VERSION"));
        request.headers_mut().insert(header::USER_AGENT, header::HeaderValue::from_static(agent));
        Box::pin(async move {
            let result = self.send(request);
            let status = result.as_ref().ok().map(Response::status).filter(|status| !status.is_success());
            match (&result, status) {
                (Err(error), _) => self.tell(Some(&error.to_string())),
                (Ok(_), Some(status)) => self.tell(Some(&format!("it answers {status}"))),
                (Ok(_), None) => self.tell(None),
            }
            Ok(result?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(variables: &'static [(&str, &str)]) -> Result<Option<Duration>, String> {
        wanted(&|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn nothing_is_exported_unless_a_collector_is_named() {
        assert_eq!(given(&[]), Ok(None));
        assert_eq!(given(&[("OTEL_SERVICE_NAME", "palisade")]), Ok(None));
        assert_eq!(given(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "x")]), Ok(Some(Duration::from_secs(10))));
        assert_eq!(given(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "x")]), Ok(Some(Duration::from_secs(10))));
        assert_eq!(given(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "x"), ("OTEL_SDK_DISABLED", "TRUE")]), Ok(None));
        assert_eq!(
            given(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "x"), ("OTEL_TRACES_EXPORTER", "none")]),
            Ok(None)
        );
    }

    #[test]
    fn what_is_not_supported_is_said_and_not_passed_over() {
        for (name, value) in [
            ("OTEL_TRACES_EXPORTER", "zipkin"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "gzip"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s"),
        ] {
            let result = wanted(&|asked| match asked {
                "OTEL_EXPORTER_OTLP_ENDPOINT" => Some("http://127.0.0.1:4318".to_owned()),
                asked => (asked == name).then(|| value.to_owned()),
            });
            assert!(result.clone().is_err_and(|why| why.contains(name) && why.contains(value)), "{result:?}");
        }
    }

    #[test]
    fn the_narrower_variable_counts() {
        let both = given(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "x"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "1"),
            ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "250"),
        ]);
        assert_eq!(both, Ok(Some(Duration::from_millis(250))));
    }
}
