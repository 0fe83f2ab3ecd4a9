//! Traces: what the collector gets of requests and of a run, how it hangs together, and that no secret is in it.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value as AnyValue};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use palisade_e2e::{Collector, REGION, Service, Tenant, Transfer, domains};
use prost::Message as _;
use serde_json::json;
use vision_one_simulator::KeyStatus;

#[derive(Debug, Clone)]
struct Span {
    name: String,
    trace: String,
    id: String,
    parent: String,
    kind: i32,
    /// Whether its status is an error.
    failed: bool,
    attributes: BTreeMap<String, String>,
    events: usize,
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn attributes(pairs: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |pair: &KeyValue| match pair.value.as_ref().unwrap().value.as_ref().unwrap() {
        AnyValue::StringValue(text) => text.clone(),
        AnyValue::IntValue(number) => number.to_string(),
        AnyValue::BoolValue(flag) => flag.to_string(),
        other => format!("{other:?}"),
    };
    pairs.iter().map(|pair| (pair.key.clone(), text(pair))).collect()
}

/// All spans, and the attributes of what sent them.
fn spans(transfers: &[Transfer]) -> (Vec<Span>, BTreeMap<String, String>) {
    let (mut spans, mut resource) = (Vec::new(), BTreeMap::new());
    for transfer in transfers {
        let request = ExportTraceServiceRequest::decode(transfer.body.as_slice()).unwrap();
        for group in request.resource_spans {
            resource = attributes(&group.resource.unwrap().attributes);
            for span in group.scope_spans.into_iter().flat_map(|scope| scope.spans) {
                spans.push(Span {
                    trace: hexadecimal(&span.trace_id),
                    id: hexadecimal(&span.span_id),
                    parent: hexadecimal(&span.parent_span_id),
                    kind: span.kind,
                    failed: span.status.is_some_and(|status| status.code == 2),
                    attributes: attributes(&span.attributes),
                    events: span.events.len(),
                    name: span.name,
                });
            }
        }
    }
    (spans, resource)
}

#[test]
fn a_run_and_the_requests_around_it_are_traced_without_a_secret() {
    let (tenant, collector) = (Tenant::start(), Collector::start());
    let environment = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.address()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=blue".to_owned()),
        ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test".to_owned()),
    ];
    let mut service = Service::start_in(&tenant, &["-vvv"], &environment);
    let integration = service.install();
    let collection = service.collection("All", "list.txt", domains(3).as_bytes());
    let workflow = service.workflow("Block", integration, collection, &json!({}));
    let run = service.over(service.run(workflow));
    tenant.change_settings(|settings| settings.keys[0].status = KeyStatus::Disabled);
    let refused = service.over(service.run(workflow));
    let (trace, caller) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
    let joined = service.get_with(
        "/api/v1/runs?search=what-is-looked-for",
        &[("traceparent", &format!("00-{trace}-{caller}-01"))],
    );
    assert_eq!(joined.status, 200);
    assert_eq!(service.get("/api/v1/runs/4711").status, 404);
    let _ = service.get("/healthz");
    service.stop();

    let transfers = collector.transfers();
    assert!(transfers.iter().all(|transfer| transfer.head.starts_with("post /v1/traces ")));
    assert!(transfers.iter().all(|transfer| transfer.head.contains("x-tenant: blue")));
    let (spans, resource) = spans(&transfers);
    assert_eq!(resource["service.name"], "palisade");
    assert_eq!(resource["deployment.environment.name"], "test");
    let named = |name: &str| -> Vec<&Span> { spans.iter().filter(|span| span.name == name).collect() };
    let one = |name: &str| -> &Span {
        let found = named(name);
        assert_eq!(found.len(), 1, "{name}: {spans:#?}");
        found[0]
    };

    let server = SpanKind::Server as i32;
    let asked = named("POST /api/v1/workflows/{id}/run");
    assert_eq!(asked.len(), 2);
    assert!(
        asked.iter().all(|span| span.kind == server && span.attributes["http.response.status_code"] == "201")
    );
    let joined = one("GET /api/v1/runs");
    assert_eq!((joined.trace.as_str(), joined.parent.as_str()), (trace, caller));
    let missing = named("GET /api/v1/runs/{id}")
        .into_iter()
        .find(|span| span.attributes["http.response.status_code"] == "404");
    assert_eq!(missing.unwrap().attributes["error.type"], "not-found");
    assert!(named("GET /healthz").is_empty());

    let runs = named("run");
    assert_eq!(runs.len(), 2);
    for (report, accepted) in [(&run, true), (&refused, false)] {
        let id = report["id"].to_string();
        let run = runs.iter().find(|span| span.attributes["run.id"] == id).unwrap();
        let within = |parent: &Span| -> Vec<&Span> {
            spans.iter().filter(|span| span.trace == parent.trace && span.parent == parent.id).collect()
        };
        assert_eq!((run.parent.as_str(), run.failed), ("", !accepted), "{run:?}");
        let parts: Vec<&str> = within(run).iter().map(|span| span.name.as_str()).collect();
        assert_eq!(parts, ["take objects", "step"], "{run:?}");
        let step = within(run)[1];
        assert_eq!(step.attributes["action.id"], "add-to-blocklist");
        assert_eq!(step.failed, !accepted, "{step:?}");
        let requests = within(step);
        assert!(!requests.is_empty(), "{spans:#?}");
        for request in &requests {
            assert_eq!(request.kind, SpanKind::Client as i32);
            assert_eq!(request.attributes["server.address"], REGION);
            assert_eq!(request.failed, !accepted, "{request:?}");
        }
        let pushed = requests.iter().find(|span| span.name == "POST /v3.0/threatintel/suspiciousObjects");
        let status = if accepted { "207" } else { "401" };
        assert_eq!(pushed.unwrap().attributes["http.response.status_code"], status);
    }
    assert!(spans.iter().all(|span| span.events == 0), "log lines are no part of traces");

    let said = service.said();
    let link = said.lines().find_map(|line| line.rsplit_once("/welcome/")).unwrap().1;
    let session = service.session().split_once('=').unwrap().1;
    for secret in [service.key(), service.token(), link, session, "what-is-looked-for", "list.txt"] {
        assert!(!secret.is_empty());
        for transfer in &transfers {
            let holds = transfer.body.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!holds, "a trace has `{secret}`");
        }
    }
}

#[test]
fn a_collector_that_does_not_answer_delays_nothing_but_the_end_and_that_a_little() {
    let tenant = Tenant::start();
    // Takes connections and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", silent.local_addr().unwrap());
    let mut service = Service::start_in(
        &tenant,
        &[],
        &[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", format!("{address}/v1/traces"))],
    );
    assert_eq!(service.get("/api/v1/runs").status, 200);
    let begun = std::time::Instant::now();
    service.stop();
    assert!(begun.elapsed() < std::time::Duration::from_secs(15), "{:?}", begun.elapsed());
    assert!(service.said().contains("stopped; open runs continue at the next start"), "{}", service.said());
}
