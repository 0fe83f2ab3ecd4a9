//! What refuses a request as a whole, and in which shape.

use bytes::Bytes;
use http::{Method, Version};
use http_body_util::Full;
use serde_json::{Value, json};
use vision_one_simulator::settings::{Rate, Refusal};
use vision_one_simulator::{ApiKey, HOSTS, KeyStatus, Permission, Settings, Simulator};

use crate::client::*;

fn full(message: &str) -> Value {
    json!({"error": {"code": "BadRequest", "message": message, "number": 4000102}})
}

const TOO_MANY: &str = "The number of objects exceeds the maximum limit";

#[tokio::test]
async fn every_regional_host_has_a_certificate_and_both_protocols_are_spoken() {
    let mut service = service(|_| {}).await;
    for host in HOSTS.into_iter().chain(["localhost"]) {
        service.host = host.to_owned();
        service.http2 = !service.http2;
        let answer = service.get(CONNECTIVITY).await;
        assert_eq!(answer.json(), json!({"status": "available"}));
        assert_eq!(answer.version, if service.http2 { Version::HTTP_2 } else { Version::HTTP_11 });
    }
    let received = service.simulator.received();
    let hosts: Vec<&str> = received.iter().map(|request| request.host.as_str()).collect();
    assert_eq!(hosts[..HOSTS.len()], HOSTS);
    assert!(received.iter().all(|request| request.tls && request.status == Some(200)));
    assert_eq!(received[0].header("authorization"), Some(format!("Bearer {KEY}").as_str()));
}

#[tokio::test]
async fn keys_and_roles() {
    let mut service = service(|settings| {
        settings.keys.extend([
            ApiKey::new("viewer").with([Permission::ViewSuspiciousObjects]),
            ApiKey::new("configurer").with([Permission::ManageSuspiciousObjects]),
            ApiKey { status: KeyStatus::Expired, ..ApiKey::new("expired") },
            ApiKey { hosts: vec!["api.xdr.trendmicro.com".to_owned()], ..ApiKey::new("american") },
        ]);
    })
    .await;
    for (key, connectivity, list, add) in [
        (KEY, 200, 200, 207),
        ("viewer", 200, 200, 403),
        ("configurer", 200, 403, 403),
        ("expired", 401, 401, 401),
        ("american", 401, 401, 401),
        ("unknown", 401, 401, 401),
    ] {
        service.key = key.to_owned();
        let items = json!([{"ip": "192.0.2.1"}]);
        assert_eq!(service.get(CONNECTIVITY).await.status, connectivity, "{key}");
        assert_eq!(service.get(EXCEPTIONS).await.status, list, "{key}");
        assert_eq!(service.post(OBJECTS, &items).await.status, add, "{key}");
    }
    let answer = service.get(OBJECTS).await;
    assert_eq!(
        answer.json(),
        json!({"error": {"code": "InvalidCredentials",
            "message": "Invalid token, Authorization token invaild for header",
            "innererror": {"code": "InvalidToken", "service": "svp"}}})
    );
    service.key = "viewer".to_owned();
    let answer = service.post(OBJECTS_DELETE, &json!([])).await;
    assert_eq!(
        answer.json(),
        json!({"error": {"code": "AccessDenied", "message": "Access denied", "number": 4030102}})
    );
    let request = http::Request::builder().uri(OBJECTS).body(Full::default()).unwrap();
    assert_eq!(service.send(request).await.unwrap().status, 401);
}

#[tokio::test]
async fn unknown_paths_are_answered_by_the_gateway() {
    let service = service(|_| {}).await;
    for (method, path) in [
        (Method::GET, "/"),
        (Method::GET, "/v3.0/threatintel/unknown"),
        (Method::DELETE, OBJECTS),
        (Method::POST, "/v3.0/threatintel/suspiciousObjects/"),
        (Method::GET, "/v3.0/xdr/threatintel/suspiciousObjects"),
    ] {
        let answer =
            service.send(service.request(method, path).body(Full::default()).unwrap()).await.unwrap();
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.json()["error"]["innererror"], json!({"code": "NotFound", "service": "svp"}));
    }
}

#[tokio::test]
async fn a_body_must_be_an_array_of_a_limited_number() {
    let service = service(|_| {}).await;
    for body in ["", "{", "{}", "3", "[{}", r#"{"data": []}"#] {
        let request = service.request(Method::POST, OBJECTS).body(Full::from(body)).unwrap();
        let answer = service.send(request).await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.json()), (400, full("Bad request")), "{body}");
    }
    for (path, cap) in [(OBJECTS, 1000), (OBJECTS_DELETE, 1000), (EXCEPTIONS, 100), (EXCEPTIONS_DELETE, 100)]
    {
        let answer = service.post(path, &addresses(0, cap).into()).await;
        assert_eq!(answer.statuses().len(), cap as usize, "{path}");
        let answer = service.post(path, &addresses(0, cap + 1).into()).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (400, full(TOO_MANY)), "{path}");
    }
    service.simulator.change_settings(|settings| {
        settings.rules.bare_array = false;
        settings.rules.empty_array = false;
        settings.limits.exceptions_per_request = 2;
    });
    assert_eq!(service.post(OBJECTS, &json!({"ip": "192.0.2.1"})).await.statuses(), [201]);
    assert_eq!(service.post(OBJECTS, &json!([])).await.status, 400);
    assert_eq!(service.post(EXCEPTIONS, &addresses(0, 3).into()).await.status, 400);
}

#[tokio::test]
async fn bodies_over_the_limit_are_too_large_in_both_protocols() {
    let mut service = service(|_| {}).await;
    for http2 in [true, false] {
        service.http2 = http2;
        let mut body = br#"[{"ip": "192.0.2.1"}]"#.to_vec();
        body.resize(1_000_000, b' ');
        for (bytes, status) in [(0, 207), (1, 413), (5_000_000, 413), (40_000_000, 413)] {
            let mut body = body.clone();
            body.resize(body.len() + bytes, b' ');
            let request = service.request(Method::POST, OBJECTS).body(Full::from(Bytes::from(body))).unwrap();
            match service.send(request).await {
                Ok(answer) => {
                    assert_eq!(answer.status, status, "{bytes}");
                    if status == 413 {
                        assert_eq!(answer.json()["error"]["code"], "RequestEntityTooLarge");
                    }
                }
                // Nobody reads so much: the connection may break while the client still writes.
                Err(error) => assert_eq!(bytes, 40_000_000, "{error}"),
            }
        }
    }
    service.simulator.change_settings(|settings| {
        settings.limits.body_bytes = 10;
        settings.rules.too_large_is_json = false;
    });
    let answer = service.post(OBJECTS, &json!([{"ip": "192.0.2.1"}])).await;
    assert_eq!(answer.status, 413);
    assert_eq!(answer.headers["content-type"], "text/html");
}

#[tokio::test]
async fn the_rate_budget_is_per_key_and_says_how_long_to_wait() {
    let mut service = service(|settings| {
        settings.keys.push(ApiKey::new("other"));
        settings.rate = Some(Rate { requests: 2, window_seconds: 60, retry_after: true });
    })
    .await;
    assert_eq!(service.get(OBJECTS).await.status, 200);
    assert_eq!(service.get(OBJECTS).await.status, 200);
    let answer = service.get(OBJECTS).await;
    assert_eq!(answer.status, 429);
    let seconds: u32 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
    assert_eq!(answer.headers["ratelimit-limit"], "2");
    let expected =
        json!({"error": {"code": "TooManyRequests", "message": "Too many requests", "number": 4290102}});
    assert_eq!(answer.json(), expected);
    service.key = "other".to_owned();
    assert_eq!(service.get(OBJECTS).await.status, 200);
    service.key = KEY.to_owned();
    service.simulator.advance_clock(seconds);
    assert_eq!(service.get(OBJECTS).await.status, 200);
}

#[tokio::test]
async fn switches_make_item_faults_cost_the_request() {
    let service = service(|_| {}).await;
    let good = json!({"domain": "good.example"});
    for (path, bad) in [
        (OBJECTS, json!({"domain": "bad.example", "unknown": 1})),
        (OBJECTS, json!({"domain": "bad.example", "riskLevel": ""})),
        (EXCEPTIONS, json!({"domain": "bad.example", "riskLevel": "high"})),
    ] {
        service.simulator.reset();
        for (refusal, statuses) in
            [(Refusal::Request, None), (Refusal::Item, Some([201, 400])), (Refusal::Ignore, Some([201, 201]))]
        {
            service.simulator.change_settings(|settings| {
                settings.rules.unknown_field = refusal;
                settings.rules.empty_risk_level = refusal;
                settings.rules.exception_field = refusal;
            });
            let answer = service.post(path, &json!([good, bad])).await;
            match statuses {
                Some(statuses) => assert_eq!(answer.statuses(), statuses),
                None => {
                    assert_eq!(answer.json(), full("Bad request"));
                    assert!(service.simulator.suspicious_objects().is_empty());
                    assert!(service.simulator.exceptions().is_empty());
                }
            }
        }
    }
}

#[tokio::test]
async fn it_listens_on_loopback_addresses_only_and_ends_when_stopped() {
    let settings = Settings { listen: "0.0.0.0:0".parse().unwrap(), ..Settings::default() };
    let error = Simulator::start(settings).await.err().unwrap();
    assert_eq!(error.code(), "address-not-loopback");

    let service = service(|_| {}).await;
    let address = service.simulator.address();
    service.simulator.stop().await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err());

    let simulator = Simulator::start(Settings::default()).await.unwrap();
    assert_eq!(simulator.api_key().split('.').count(), 3);
    assert_eq!(simulator.connect_to(HOST), format!("{HOST}:443:127.0.0.1:{}", simulator.address().port()));
}
