//! HTTP/2 where the server offers it, HTTP/1.1 where it does not.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::Full;
use palisade_limits as limits;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::support::{HOST, KEY, Server, get, list, ok};

#[tokio::test]
async fn requests_go_side_by_side_over_one_connection_where_http2_is_offered() {
    let places = limits::CONCURRENT_REQUESTS as usize;
    let together = Arc::new(Barrier::new(places));
    let answer = move |request: Request<Bytes>| {
        let together = Arc::clone(&together);
        async move {
            if request.uri().query() == Some("together") {
                // Nobody is answered before all of them have asked.
                together.wait().await;
            }
            Response::new(Full::from("fine"))
        }
    };
    let server = Server::start(&["h2", "http/1.1"], answer).await;
    let session = server.session();
    assert_eq!(session.send(list()).await.unwrap().version(), Version::HTTP_2);
    let mut sending = JoinSet::new();
    for _ in 0..3 * places {
        let session = session.clone();
        sending.spawn(async move { session.send(get(&format!("https://{HOST}/list?together"))).await });
    }
    while let Some(answer) = sending.join_next().await {
        assert_eq!(answer.unwrap().unwrap().status(), 200);
    }
    assert_eq!(server.connections(), 1);
    let requests = server.requests();
    assert_eq!(requests.len(), 1 + 3 * places);
    assert!(requests.iter().all(|request| request.version() == Version::HTTP_2));
    assert_eq!(requests[0].headers()["authorization"], format!("Bearer {KEY}"));
}

#[tokio::test]
async fn a_server_that_knows_http1_only_is_served_with_it() {
    for protocols in [&["http/1.1"][..], &[]] {
        let server = Server::start(protocols, ok).await;
        assert_eq!(server.session().send(list()).await.unwrap().version(), Version::HTTP_11);
        assert_eq!(server.requests()[0].version(), Version::HTTP_11);
    }
}
