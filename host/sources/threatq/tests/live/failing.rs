//! Every way in which a collection cannot be read, told apart.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use palisade_egress::{Client, ClientOptions, Origin, ProxyChoice, Resolve, Resolving, SecretString};
use palisade_threatq::{Connection, LogIn, ThreatQError};
use serde_json::json;
use threatq_simulator::{Effect, Endpoint, Fault};

use crate::support::{Appliance, COLLECTION, connection, fetch};

const MINUTE: Duration = Duration::from_secs(60);

fn at(origin: &str, connection: &Connection) -> Connection {
    Connection { origin: Origin::parse(origin).unwrap(), ..connection.clone() }
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_not_trusted() {
    let appliance = Appliance::start().await;
    let client = appliance.client_to("threatq.example", false);
    let outcome = fetch(&connection(appliance.by_password()), client, MINUTE).await;
    assert_eq!(outcome.error().code(), "tls-failed", "{}", outcome.error());
    assert!(outcome.error().hint().unwrap().contains("authority"));
    assert!(appliance.simulator.received().is_empty(), "the password has not left");
}

#[tokio::test]
async fn a_certificate_for_another_name_is_not_trusted() {
    let appliance = Appliance::start().await;
    let client = appliance.client_to("other.example", true);
    let connection = at("https://other.example", &connection(appliance.by_password()));
    let outcome = fetch(&connection, client, MINUTE).await;
    assert_eq!(outcome.error().code(), "tls-failed", "{}", outcome.error());
    assert!(outcome.error().to_string().contains("other.example"));
    assert!(appliance.simulator.received().is_empty());
}

/// Knows no name, or leads every name to one address.
#[derive(Debug)]
struct Stub(Option<IpAddr>);

impl Resolve for Stub {
    fn resolve<'name>(&'name self, _: &'name str) -> Resolving<'name> {
        let result = self.0.map(|address| vec![address]).ok_or(std::io::Error::other("no such name"));
        Box::pin(async move { result })
    }
}

fn client_with(stub: Stub) -> Client {
    let options =
        ClientOptions { system_certificates: false, proxy: ProxyChoice::None, ..ClientOptions::default() };
    Client::with_resolver(&options, Arc::new(stub)).unwrap()
}

#[tokio::test]
async fn names_and_addresses_that_lead_nowhere_are_told_apart() {
    let connection = connection(LogIn::Token(SecretString::from("some-token")));
    for (stub, code, hint) in [
        (Stub(None), "host-unresolvable", "spelling"),
        (Stub(Some("10.1.2.3".parse().unwrap())), "address-refused", "private networks"),
    ] {
        let outcome = fetch(&connection, client_with(stub), MINUTE).await;
        let error = outcome.error();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.hint().unwrap().contains(hint), "{:?}", error.hint());
    }
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_told() {
    let appliance = Appliance::start().await;
    let (connection, client) = (connection(appliance.by_password()), appliance.client());
    appliance.simulator.stop().await;
    let outcome = fetch(&connection, client, MINUTE).await;
    assert_eq!(outcome.error().code(), "connection-failed", "{}", outcome.error());
    assert!(outcome.error().hint().unwrap().contains("port"));
}

#[tokio::test]
async fn a_collection_that_nobody_knows_is_named() {
    let appliance = Appliance::start().await;
    let other = Connection { collection: "other".parse().unwrap(), ..connection(appliance.by_password()) };
    let outcome = appliance.fetch_within(&other, MINUTE).await;
    let error = outcome.error();
    assert_eq!(error.code(), "threatq-no-such-collection");
    assert_eq!(error.to_string(), "`https://threatq.example` has no data collection `other`");
}

#[tokio::test]
async fn a_collection_that_may_not_be_read_is_named() {
    let appliance = Appliance::start().await;
    appliance.simulator.change_settings(|settings| {
        settings.forbidden.insert(COLLECTION.to_owned());
    });
    let outcome = appliance.fetch(appliance.by_password()).await;
    let error = outcome.error();
    assert_eq!(error.code(), "threatq-not-allowed");
    let message = error.to_string();
    assert!(message.contains(COLLECTION) && message.contains("This action is unauthorized."), "{message}");
    assert_eq!(appliance.pages().len(), 1);
}

#[tokio::test]
async fn a_page_that_is_none_is_not_understood() {
    let body = |value| Effect::Status { status: 200, body: Some(value) };
    for (effect, found) in [
        (
            Effect::Html { status: 200, title: "Maintenance".to_owned() },
            "an HTML page with the title `Maintenance`",
        ),
        (Effect::MalformedJson, "JSON that ends in the middle"),
        (Effect::NextMark { mark: None }, "expected a `nextCursorMark`"),
        (Effect::NextMark { mark: Some("x".repeat(5_000)) }, "5000 bytes"),
        (body(json!({"total": 7})), "a JSON object with `total`"),
        (body(json!({"total": 1, "data": {"id": 1}})), "a single object as `data`"),
        (body(json!("")), "an empty answer"),
    ] {
        let appliance = Appliance::start().await;
        appliance.simulator.inject(Fault::new(effect).on(Endpoint::Page));
        let outcome = appliance.fetch(appliance.by_password()).await;
        let message = outcome.error().to_string();
        assert_eq!(outcome.error().code(), "threatq-not-understood", "{message}");
        assert!(message.contains("a page of the collection") && message.contains(found), "{message}");
        assert!(outcome.records.is_empty() && appliance.pages().len() == 1);
        assert!(outcome.error().hint().unwrap().contains("address"));
    }
}

#[tokio::test]
async fn what_was_read_before_a_page_that_is_none_stays_valid() {
    let appliance = Appliance::start().await;
    appliance.simulator.inject(Fault::new(Effect::MalformedJson).on(Endpoint::Page).after(2));
    let outcome = appliance.fetch(appliance.by_password()).await;
    assert_eq!((outcome.error().code(), outcome.ids()), ("threatq-not-understood", vec![1, 2, 3, 4]));
}

#[tokio::test]
async fn any_other_status_is_told_with_what_the_appliance_says() {
    let fields = json!({"data": {"errors": {"sort": ["The selected sort is invalid."]}}});
    for (effect, found) in [
        (
            Effect::Status { status: 400, body: Some(fields) },
            "status 400: sort: The selected sort is invalid.",
        ),
        (
            Effect::Redirect { location: "https://sso.example/log-in".to_owned() },
            "status 302: a redirection to `https://sso.example/log-in`",
        ),
        (
            Effect::Status { status: 418, body: Some(json!("short and stout")) },
            "status 418: 15 bytes that are not JSON",
        ),
    ] {
        let appliance = Appliance::start().await;
        appliance.simulator.inject(Fault::new(effect).on(Endpoint::Page));
        let outcome = appliance.fetch(appliance.by_password()).await;
        let message = outcome.error().to_string();
        assert_eq!((outcome.error().code(), appliance.pages().len()), ("threatq-refused", 1), "{message}");
        assert!(message.contains(found), "{message}");
    }
}

#[tokio::test]
async fn a_collection_that_is_larger_than_can_be_read_is_refused_at_once() {
    let appliance = Appliance::start().await;
    appliance.simulator.inject(Fault::new(Effect::Total { total: 1_000_001 }).on(Endpoint::Page));
    let outcome = appliance.fetch(appliance.by_password()).await;
    let error = outcome.error();
    assert!(
        matches!(error, ThreatQError::CollectionTooLarge { total: Some(1_000_001), pages: 1, .. }),
        "{error:?}"
    );
    assert!(outcome.records.is_empty() && appliance.pages().len() == 1);
}
