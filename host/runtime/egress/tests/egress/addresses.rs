//! Where a request goes: exactly the addresses that were checked, whatever a resolver says later.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use palisade_egress::{Client, ClientOptions, Origin, Resolve, Resolving, SessionLimits};
use tokio::net::TcpListener;

use crate::support::{Forbidden, HOST, Server, get, list, ok, options, session, session_to};

/// A resolver that gives one answer after the other, and the last one for ever.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    answers: Mutex<VecDeque<Vec<IpAddr>>>,
    asked: AtomicUsize,
}

impl Answers {
    pub(crate) fn new(answers: &[&[&str]]) -> Arc<Self> {
        let read = |answer: &&[&str]| answer.iter().map(|text| text.parse().unwrap()).collect();
        Arc::new(Self { answers: Mutex::new(answers.iter().map(read).collect()), asked: AtomicUsize::new(0) })
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Resolve for Answers {
    fn resolve<'name>(&'name self, _: &'name str) -> Resolving<'name> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
        Box::pin(async move { Ok(answer.unwrap_or_default()) })
    }
}

async fn ok_once(_: Request<Bytes>) -> Response<Full<Bytes>> {
    Response::builder().header("connection", "close").body(Full::from("fine")).unwrap()
}

#[tokio::test]
async fn exactly_the_checked_address_is_dialled_and_a_rebound_name_is_refused() {
    // Both listen on the same port: only the address tells them apart.
    let victim = Forbidden::listen(Ipv4Addr::LOCALHOST);
    let listener = TcpListener::bind(("127.0.0.2", victim.port())).await.unwrap();
    let server = Server::start_on(listener, &["http/1.1"], ok_once);
    let options = ClientOptions { private_networks: vec!["127.0.0.2/32".parse().unwrap()], ..options() };
    let resolver = Answers::new(&[&["127.0.0.2"], &["127.0.0.1"]]);
    let client = Client::with_resolver(&options, Arc::clone(&resolver) as _).unwrap();
    let authority = format!("{HOST}:{}", victim.port());
    let session = session_to(client, &authority, SessionLimits::default());
    let url = format!("https://{authority}/list");

    assert_eq!(session.send(get(&url)).await.unwrap().status(), 200);
    // A second look-up between check and connection would have had the other answer.
    assert_eq!((resolver.asked(), server.connections()), (1, 1));
    let error = session.send(get(&url)).await.unwrap_err();
    assert_eq!((error.code(), resolver.asked(), server.connections()), ("address-refused", 2, 1));
    victim.assert_untouched();
}

#[tokio::test]
async fn a_mapping_is_for_its_host_and_its_port_only() {
    let server = Server::start(&["http/1.1"], ok).await;
    for authority in [&format!("{HOST}:8443"), "other.example"] {
        let client = Client::with_resolver(&server.options(), Answers::new(&[&["10.0.0.1"]]) as _).unwrap();
        let session = session_to(client, authority, SessionLimits::default());
        let error = session.send(get(&format!("https://{authority}/list"))).await.unwrap_err();
        assert_eq!((error.code(), server.connections()), ("address-refused", 0), "{authority}");
    }
}

#[tokio::test]
async fn of_a_mixed_answer_the_private_address_is_not_even_the_second_choice() {
    let victim = Forbidden::listen(Ipv4Addr::LOCALHOST);
    // Nobody listens at the first address, and the second one is not allowed.
    let options = ClientOptions { private_networks: vec!["127.0.0.3/32".parse().unwrap()], ..options() };
    let client = Client::with_resolver(&options, Answers::new(&[&["127.0.0.3", "127.0.0.1"]]) as _).unwrap();
    let authority = format!("{HOST}:{}", victim.port());
    let session = session_to(client, &authority, SessionLimits::default());
    let error = session.send(get(&format!("https://{authority}/list"))).await.unwrap_err();
    assert_eq!(error.code(), "connection-failed");
    assert!(error.to_string().contains("127.0.0.3") && !error.to_string().contains("127.0.0.1"), "{error}");
    victim.assert_untouched();
}

#[tokio::test]
async fn a_connection_is_used_again_without_another_look_up() {
    let server = Server::start(&["http/1.1"], ok).await;
    let options = ClientOptions { private_networks: vec!["127.0.0.1/32".parse().unwrap()], ..options() };
    let resolver = Answers::new(&[&["127.0.0.1"]]);
    let client = Client::with_resolver(&options, Arc::clone(&resolver) as _).unwrap();
    let authority = format!("{HOST}:{}", server.address.port());
    let session = session_to(client, &authority, SessionLimits::default());
    for _ in 0..3 {
        session.send(get(&format!("https://{authority}/list"))).await.unwrap();
    }
    assert_eq!((resolver.asked(), server.connections()), (1, 1));
}

#[tokio::test]
async fn an_operators_mapping_asks_no_resolver() {
    let server = Server::start(&["http/1.1"], ok).await;
    let resolver = Answers::new(&[]);
    let client = Client::with_resolver(&server.options(), Arc::clone(&resolver) as _).unwrap();
    assert_eq!(session(client).send(list()).await.unwrap().status(), 200);
    assert_eq!(resolver.asked(), 0);
}

#[tokio::test]
async fn a_literal_of_a_private_address_is_never_dialled() {
    let victims = [
        Forbidden::listen(Ipv4Addr::LOCALHOST),
        Forbidden::listen(Ipv6Addr::LOCALHOST),
        Forbidden::listen(Ipv4Addr::LOCALHOST),
        Forbidden::listen(Ipv4Addr::LOCALHOST),
    ];
    let resolver = Answers::new(&[]);
    for (host, victim) in ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"].iter().zip(&victims)
    {
        let client = Client::with_resolver(&options(), Arc::clone(&resolver) as _).unwrap();
        let authority = format!("{host}:{}", victim.port());
        // Granted, and refused all the same.
        let session = session_to(client, &authority, SessionLimits::default());
        let error = session.send(get(&format!("https://{authority}/list"))).await.unwrap_err();
        assert_eq!(error.code(), "address-refused", "{host}");
        assert!(error.to_string().contains("loopback"), "{error}");
        victim.assert_untouched();
    }
    assert_eq!(resolver.asked(), 0);
}

#[tokio::test]
async fn a_name_that_resolves_to_the_loopback_is_refused_by_the_systems_resolver_too() {
    let victim = Forbidden::listen(Ipv4Addr::LOCALHOST);
    let authority = format!("localhost:{}", victim.port());
    let session = session_to(Client::new(&options()).unwrap(), &authority, SessionLimits::default());
    let error = session.send(get(&format!("https://{authority}/list"))).await.unwrap_err();
    assert_eq!(error.code(), "address-refused");
    victim.assert_untouched();
}

#[tokio::test]
async fn an_address_in_another_spelling_is_neither_granted_nor_resolved() {
    let resolver = Answers::new(&[&["127.0.0.1"]]);
    let options = ClientOptions { private_networks: vec!["127.0.0.0/8".parse().unwrap()], ..options() };
    let client = Client::with_resolver(&options, Arc::clone(&resolver) as _).unwrap();
    let session = session_to(client, "127.0.0.1", SessionLimits::default());
    for host in [
        "2130706433",
        "0177.0.0.1",
        "017700000001",
        "0x7f.0.0.1",
        "0x7f000001",
        "127.1",
        "127.0.1",
        "127.0.0.1.",
        "[::127.0.0.1]",
        "user@127.0.0.1",
        "127.0.0.1:0443",
        "127.0.0.1:+443",
        "127.0.0.1:8443",
        "127.0.0.1:",
    ] {
        let error = session.send(get(&format!("https://{host}/list"))).await.unwrap_err();
        assert_eq!(error.code(), "request-not-granted", "{host}");
    }
    for host in ["2130706433", "0177.0.0.1", "0x7f.1", "127.1", "127.0.0.1.", "api.example.com."] {
        assert_eq!(Origin::parse(&format!("https://{host}")).unwrap_err().code(), "origin-invalid", "{host}");
    }
    assert_eq!(resolver.asked(), 0);
}
