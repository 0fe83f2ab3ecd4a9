//! The administration calls over HTTP.

use http::Method;
use http_body_util::Full;
use serde_json::json;

use crate::client::*;

#[tokio::test]
async fn faults_settings_clock_and_reset() {
    let service = service(|_| {}).await;
    let faults = json!([{"method": "POST", "path": "/v3.0/*", "times": 1, "effect": {"kind": "status", "status": 500}},
        {"effect": {"kind": "items", "values": ["192.0.2.1"], "status": 404}}]);
    assert_eq!(service.post("/_simulator/faults", &faults).await.status, 200);
    let items = json!([{"ip": "192.0.2.1"}, {"ip": "192.0.2.2"}]);
    assert_eq!(service.post(OBJECTS, &items).await.status, 500);
    assert_eq!(service.post(OBJECTS, &items).await.statuses(), [404, 201]);
    let listed = service.get("/_simulator/faults").await.json();
    assert_eq!((&listed[0]["requests"], &listed[1]["fault"]["effect"]["kind"]), (&json!(2), &json!("items")));
    for bad in [
        json!({"effect": {"kind": "status", "status": 3}}),
        json!({"effect": {"kind": "nothing"}}),
        json!([{}]),
    ] {
        let answer = service.post("/_simulator/faults", &bad).await;
        assert_eq!(answer.status, 400);
        assert!(!answer.json()["error"].as_str().unwrap().is_empty());
    }

    let state = service.get("/_simulator/state").await.json();
    assert_eq!(state["suspiciousObjects"]["byType"]["ip"], 1);
    assert_eq!(state["suspiciousObjects"]["items"][0]["ip"], "192.0.2.2");
    assert_eq!(state["requests"], 2);
    let requests = service.get("/_simulator/requests").await.json();
    assert_eq!((&requests[0]["status"], &requests[1]["body"]), (&json!(500), &items));

    let patch = json!({"rules": {"url_scheme": false}, "keys": [{"value": "new"}]});
    let settings = service.post("/_simulator/settings", &patch).await;
    assert_eq!(settings.json()["rules"]["url_scheme"], false);
    assert!(!String::from_utf8_lossy(&settings.body).contains("new"));
    assert_eq!(service.get(OBJECTS).await.status, 401);
    assert_eq!(service.post("/_simulator/settings", &json!({"rule": {}})).await.status, 400);

    assert_eq!(service.post("/_simulator/clock", &json!({"advance_seconds": 2_592_000})).await.status, 200);
    assert!(service.simulator.suspicious_objects().is_empty());
    assert_eq!(service.post("/_simulator/reset", &json!({})).await.status, 200);
    assert!(service.simulator.received().is_empty() && service.simulator.faults().is_empty());
    let delete = service.request(Method::DELETE, "/_simulator/faults").body(Full::default()).unwrap();
    assert_eq!(service.send(delete).await.unwrap().status, 200);
    assert_eq!(service.get("/_simulator/ca").await.body, service.simulator.ca_pem());
    assert_eq!(service.get("/_simulator/nothing").await.status, 404);
}
