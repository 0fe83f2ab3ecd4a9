//! Probes, numbers, host names, panics and the log.

use axum::extract::Path;
use palisade_server::{Access, Failure};

use crate::harness::{Service, Start};

#[tokio::test]
async fn probes_answer_by_any_name_and_pages_by_ours_alone() {
    let service =
        Service::start_with(Start { names: vec!["palisade.example".to_owned()], ..Start::default() }).await;
    let mut client = service.client();
    for path in ["/healthz", "/readyz"] {
        assert_eq!(client.get(path).header("Host", "10.1.2.3").send().await.status, 200, "{path}");
    }
    let port = service.address.port();
    for host in ["localhost", "palisade.example", &format!("PALISADE.example:{port}"), "[::1]:1"] {
        assert_eq!(client.get("/log-in").header("Host", host).send().await.status, 200, "{host}");
    }
    for (host, status) in [("attacker.example", 421), ("10.1.2.3", 421), ("", 400)] {
        let answer = client.get("/log-in").header("Host", host).send().await;
        assert_eq!(answer.status, status, "{host}");
    }
    let twice = client.get("/log-in").also("Host", "localhost").send().await;
    assert_eq!(twice.status, 400);
    let none = client.get("/log-in").without("Host").send().await;
    assert_eq!(none.status, 400);
    let absolute = client.get("http://attacker.example/log-in").send().await;
    assert_eq!(absolute.status, 400, "the address names another host than the header");
}

#[tokio::test]
async fn numbers_count_patterns_and_not_what_strangers_send() {
    let service = Service::start().await;
    let mut client = service.client();
    for number in 0..5 {
        client.get(&format!("/stranger/{number}")).send().await;
        client.get(&format!("/welcome/secret-{number}")).send().await;
    }
    client.call("FROBNICATE", "/log-in").send().await;
    let answer = client.get("/metrics").send().await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-type").starts_with("application/openmetrics-text"));
    let text = answer.body;
    assert!(
        text.contains(
            r#"palisade_http_requests_total{method="GET",route="/welcome/{token}",status="410"} 5"#
        ),
        "{text}"
    );
    assert!(
        text.contains(r#"palisade_http_requests_total{method="GET",route="none",status="404"} 5"#),
        "{text}"
    );
    assert!(
        !text.contains("stranger") && !text.contains("secret-") && !text.contains("FROBNICATE"),
        "{text}"
    );
    assert!(text.contains("palisade_http_request_seconds_bucket") && text.trim_end().ends_with("# EOF"));
}

#[tokio::test]
async fn numbers_are_for_this_machine_and_for_tokens_and_not_for_what_a_proxy_passes_on() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    let token = ada.token(palisade_server::Role::Viewer, 1).await;
    let mut client = service.client();
    assert_eq!(client.get("/metrics").send().await.status, 200, "from this machine");
    for header in ["Forwarded", "X-Forwarded-For", "x-real-ip"] {
        let answer = client.get("/metrics").header(header, "203.0.113.7").send().await;
        assert_eq!(answer.status, 401, "{header}");
        assert!(!answer.body.contains("palisade_http_requests_total"), "{}", answer.body);
        let answer = client.get("/metrics").header(header, "203.0.113.7").bearer(&token).send().await;
        assert_eq!(answer.status, 200, "{header} with a token");
        let answer =
            client.get("/metrics").header(header, "203.0.113.7").bearer("palisade_wrong").send().await;
        assert_eq!(answer.status, 401, "{header} with a wrong token");
    }
}

#[tokio::test]
async fn a_panic_is_one_failed_request() {
    let routes = |routes: palisade_server::Routes| {
        routes.get(
            "/panic/{what}",
            Access::Anybody,
            async |Path(what): Path<String>| -> Result<&'static str, Failure> {
                assert!(what != "now", "the secret is 1234");
                Ok("fine")
            },
        )
    };
    let service = Service::start_with(Start { routes: Some(routes), ..Start::default() }).await;
    let mut client = service.client();
    let answer = client.get("/panic/now").send().await;
    assert_eq!(answer.status, 500);
    assert!(!answer.body.contains("1234"), "{}", answer.body);
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(client.get("/panic/later").send().await.status, 200);
}
