//! The same job without WebAssembly, for the benchmark: reads a collection, decides with the plugin's own code compiled for
//! this machine, sends over TLS, and writes one entry for each object. It has no sandbox, no grants, no repeats and no
//! limits: what the product takes longer than this is the price of those.

use std::fs::File;
use std::future::Future;
use std::io::{BufWriter, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use clap::Parser;
use http::{Request, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use palisade_collection::Source;
use palisade_model::{Object, Record};
use palisade_vision_one::configuration::{self, Setting, Value};
use palisade_vision_one::contract::{Object as Offered, Outcome};
use palisade_vision_one::session::{Arrival, Circumstances, RequestNumber, Session, Step};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use time::OffsetDateTime;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Pushes a collection to Vision One without WebAssembly
#[derive(Parser)]
struct Arguments {
    /// add-to-blocklist or add-to-exception-list
    #[arg(long)]
    action: String,
    /// The collection
    #[arg(long)]
    collection: PathBuf,
    /// Where the service is
    #[arg(long)]
    address: SocketAddr,
    /// Its authority
    #[arg(long)]
    ca_cert: PathBuf,
    /// Where one entry for each object is written
    #[arg(long)]
    report: PathBuf,
}

/// The region's host name, as in the manifest's default.
const HOST: &str = "api.xdr.trendmicro.com";
/// Where the key is.
const KEY_VARIABLE: &str = "VISION_ONE_API_KEY";
/// Objects in a page, as the product's host hands them out.
const PAGE: u32 = 1_000;
/// Requests in flight, as the product's host allows them.
const CONCURRENT: usize = 8;

type Pool = Client<HttpsConnector<Dial>, Full<Bytes>>;

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(push(&arguments))
}

async fn push(arguments: &Arguments) -> Result<()> {
    let objects = read(&arguments.collection)?;
    let key = std::env::var(KEY_VARIABLE).with_context(|| format!("{KEY_VARIABLE} is not set"))?;
    let client = client(arguments)?;
    let settings = settings(&arguments.action);
    let configuration = match configuration::read(&arguments.action, &settings) {
        Ok(configuration) => configuration,
        Err(unusable) => bail!("{unusable:?}"),
    };
    let url: Uri = format!("https://{HOST}{}", configuration.list.path()).parse()?;
    let circumstances = Circumstances {
        dry_run: false,
        compare: false,
        // As the product does by default: it looks at the lists, and stops where something would be removed.
        most_evictions: Some(0),
        started: OffsetDateTime::now_utc(),
        page_objects: PAGE,
        concurrent_requests: CONCURRENT,
        request_body_bytes: 1 << 20,
        run: Duration::from_secs(900),
    };
    let mut session = Session::new(configuration, circumstances);
    let begun = Instant::now();
    let mut pages = objects.chunks(PAGE as usize);
    let mut key_number = 0;
    let mut flights: JoinSet<(RequestNumber, Arrival)> = JoinSet::new();
    let mut outcomes: Vec<Outcome> = Vec::with_capacity(objects.len());
    loop {
        match session.step(begun.elapsed()) {
            Step::NextPage(_) => {
                let page = pages.next().unwrap_or_default();
                session.page(page.iter().map(|object| offer(object, &mut key_number)).collect());
            }
            Step::Send { number, body } => {
                let request = Request::post(url.clone())
                    .header("authorization", format!("Bearer {key}"))
                    .header("content-type", "application/json;charset=utf-8")
                    .body(Full::new(Bytes::from(body)))?;
                let client = client.clone();
                flights.spawn(async move { (number, exchange(&client, request).await) });
            }
            Step::Read { number, path_and_query, filter } => {
                let request = Request::get(format!("https://{HOST}{path_and_query}"))
                    .header("authorization", format!("Bearer {key}"))
                    .header("tmv1-filter", filter)
                    .body(Full::default())?;
                let client = client.clone();
                flights.spawn(async move { (number, exchange(&client, request).await) });
            }
            Step::Evict(_) | Step::Hold(_) => {}
            Step::Record(recorded) => outcomes.extend(recorded),
            Step::Tell(_) => {}
            Step::Wait(_) => {
                if let Some(arrived) = flights.join_next().await {
                    let (number, arrival) = arrived?;
                    session.arrived(number, arrival, begun.elapsed());
                }
            }
            Step::End(result) => {
                if let Err(stop) = result {
                    bail!("{}", stop.problem.message);
                }
                break;
            }
        }
    }
    write(&arguments.report, &objects, &outcomes)
}

fn read(path: &Path) -> Result<Vec<Object>> {
    let mut objects = Vec::new();
    palisade_collection::read(Source::path(path), None, &mut |record| {
        if let Record::Object(object) = record {
            objects.push(object);
        }
    })?;
    Ok(objects)
}

fn settings(action: &str) -> Vec<Setting> {
    let choice =
        |name: &str, value: &str| Setting { name: name.to_owned(), value: Value::Text(value.to_owned()) };
    let mut settings = vec![choice("api_region", HOST), choice("url_scheme", "http")];
    if action == "add-to-blocklist" {
        settings.push(choice("scan_action", "block"));
        settings.push(choice("risk_level", "threatq-score"));
        settings.push(choice("ioc_expiration", "30"));
    }
    settings
}

fn offer(object: &Object, key: &mut u64) -> Offered {
    *key += 1;
    Offered {
        key: *key,
        kind: object.kind.clone(),
        subtype: object.subtype.clone(),
        value: object.value.clone(),
        score: object.score,
        status: object.status.clone(),
        description: object.description.clone(),
        id: object.platform_id.clone(),
    }
}

async fn exchange(client: &Pool, request: Request<Full<Bytes>>) -> Arrival {
    let answer = async {
        let response = client.request(request).await?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await?.to_bytes().to_vec();
        Ok::<Arrival, anyhow::Error>(Arrival::Answer { status, body })
    };
    answer.await.unwrap_or_else(|error| Arrival::Lost(format!("{error:#}")))
}

/// One line of JSON for each object.
fn write(path: &Path, objects: &[Object], outcomes: &[Outcome]) -> Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    for outcome in outcomes {
        let index = usize::try_from(outcome.key.saturating_sub(1))?;
        let object = objects.get(index).context("an outcome for an object that was not offered")?;
        let submissions: Vec<serde_json::Value> = outcome
            .submissions
            .iter()
            .map(|submission| serde_json::json!({ "field": submission.field, "value": &*submission.value, "status": submission.status }))
            .collect();
        let entry = serde_json::json!({
            "key": outcome.key,
            "subtype": object.subtype,
            "value": object.value,
            "verdict": format!("{:?}", outcome.verdict),
            "submissions": submissions,
        });
        serde_json::to_writer(&mut out, &entry)?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(())
}

fn client(arguments: &Arguments) -> Result<Pool> {
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(&arguments.ca_cert)? {
        roots.add(certificate?)?;
    }
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = hyper_rustls::HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_only()
        .enable_all_versions()
        .wrap_connector(Dial { address: arguments.address });
    Ok(Client::builder(TokioExecutor::new()).build(connector))
}

/// Dials one address, whatever the host.
#[derive(Clone)]
struct Dial {
    address: SocketAddr,
}

impl tower_service::Service<Uri> for Dial {
    type Response = TokioIo<TcpStream>;
    type Error = std::io::Error;
    type Future = Pin<Box<dyn Future<Output = std::io::Result<TokioIo<TcpStream>>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let address = self.address;
        Box::pin(async move {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            Ok(TokioIo::new(stream))
        })
    }
}
