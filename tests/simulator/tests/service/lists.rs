//! What the lists take, hold and give back.

use serde_json::{Value, json};
use time::Duration;
use vision_one_simulator::settings::{NeverExpires, Refusal};
use vision_one_simulator::{Kind, RiskLevel, ScanAction};

use crate::client::*;

const TOO_MANY: &str = "The number of objects exceeds the maximum limit";

#[tokio::test]
async fn every_type_and_field_is_held_as_it_was_sent() {
    let service = service(|_| {}).await;
    let sha1 = "AB".repeat(20);
    let sha256 = "cd".repeat(32);
    let answer = service
        .post(
            OBJECTS,
            &json!([
                {"url": "http://example.com/a", "scanAction": "log", "riskLevel": "medium", "daysToExpiration": -1},
                {"domain": "example.com", "description": "d", "daysToExpiration": 7},
                {"ip": "2001:db8::1", "riskLevel": "low"},
                {"senderMailAddress": "a@example.com"},
                {"fileSha1": sha1},
                {"fileSha256": sha256},
            ]),
        )
        .await;
    assert_eq!(
        answer.json(),
        json!([{"status": 201}, {"status": 201}, {"status": 201}, {"status": 201},
        {"status": 201}, {"status": 201}])
    );
    let objects = service.simulator.suspicious_objects();
    let kinds: Vec<Kind> = objects.iter().map(|object| object.kind).collect();
    assert_eq!(kinds, Kind::ALL);
    let url = &objects[0];
    assert_eq!((url.scan_action, url.risk_level, url.expires), (ScanAction::Log, RiskLevel::Medium, None));
    let domain = &objects[1];
    assert_eq!((domain.scan_action, domain.risk_level), (ScanAction::Block, RiskLevel::High));
    assert_eq!(domain.expires, Some(domain.last_modified + Duration::days(7)));
    assert_eq!(domain.description.as_deref(), Some("d"));
    assert_eq!(objects[2].expires, Some(objects[2].last_modified + Duration::days(30)));
    assert_eq!(objects[4].value, sha1);

    let listed = service.get(OBJECTS).await.json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 6);
    assert!(listed.get("nextLink").is_none() && listed.get("totalCount").is_none());
    let first = &listed["items"][5];
    assert_eq!((&first["type"], &first["url"]), (&json!("url"), &json!("http://example.com/a")));
    assert_eq!(first["expiredDateTime"], "9999-12-31T23:59:59Z");
    assert_eq!(first["inExceptionList"], false);
    for (never_expires, expected) in [(NeverExpires::Empty, json!("")), (NeverExpires::Omitted, Value::Null)]
    {
        service.simulator.change_settings(|settings| settings.paging.never_expires = never_expires);
        assert_eq!(service.get(OBJECTS).await.json()["items"][5]["expiredDateTime"], expected);
    }
}

#[tokio::test]
async fn items_are_answered_in_order_and_say_no_values() {
    let service = service(|_| {}).await;
    let answer = service
        .post(
            OBJECTS,
            &json!([{"ip": "192.0.2.1"}, {"ip": "no address"}, {"url": "example.com/x"}, {"domain": "*.example.com"},
                {"ip": "192.0.2.2", "daysToExpiration": "15"}, {"ip": "192.0.2.3"}, 7]),
        )
        .await;
    assert_eq!(answer.statuses(), [201, 400, 400, 400, 400, 201, 400]);
    let expected = json!({"status": 400,
        "body": {"error": {"code": "BadRequest", "message": "Bad request", "number": 4000102}}});
    assert_eq!(answer.json()[1], expected);
    assert!(!String::from_utf8_lossy(&answer.body).contains("192.0.2"));
    let refusals = &service.simulator.received()[0].refusals;
    assert_eq!(refusals.iter().map(|refused| refused.item).collect::<Vec<_>>(), [1, 2, 3, 4, 6].map(Some));
    service.simulator.change_settings(|settings| settings.rules.url_scheme = false);
    assert_eq!(service.post(OBJECTS, &json!([{"url": "example.com/x"}])).await.statuses(), [201]);
}

#[tokio::test]
async fn adding_again_updates_and_deleting_finds_by_any_case() {
    let service = service(|_| {}).await;
    for (path, delete) in [(OBJECTS, OBJECTS_DELETE), (EXCEPTIONS, EXCEPTIONS_DELETE)] {
        let items = json!([{"domain": "example.com"}, {"url": "http://example.com/A"}]);
        assert_eq!(service.post(path, &items).await.statuses(), [201, 201]);
        let items =
            json!([{"domain": "EXAMPLE.com", "description": "again"}, {"url": "http://example.com/a"}]);
        assert_eq!(service.post(path, &items).await.statuses(), [201, 201]);
        assert_eq!(service.get(path).await.json()["items"].as_array().unwrap().len(), 3);
        let items = json!([{"domain": "Example.Com", "description": "x", "scanAction": "y"},
            {"url": "http://example.com/B"}, {"domain": "example.com"}, {}]);
        let answer = service.post(delete, &items).await;
        assert_eq!(answer.statuses(), [204, 404, 404, 400]);
        let expected =
            json!({"status": 404, "body": {"error": {"code": "NotFound", "message": "Not found"}}});
        assert_eq!(answer.json()[1], expected);
        assert_eq!(service.get(path).await.json()["items"].as_array().unwrap().len(), 2);
    }
}

#[tokio::test]
async fn ten_thousand_of_a_type_are_held_and_the_earliest_to_expire_leave() {
    let service = service(|_| {}).await;
    let with_days = |first, count, days: i64| -> Value {
        let mut items = addresses(first, count);
        items.iter_mut().for_each(|item| item["daysToExpiration"] = days.into());
        items.into()
    };
    for batch in 0..9 {
        let answer = service.post(OBJECTS, &with_days(batch * 1000, 1000, 30)).await;
        assert!(answer.statuses().iter().all(|status| *status == 201));
    }
    service.post(OBJECTS, &with_days(9_000, 500, -1)).await;
    service.post(OBJECTS, &with_days(9_500, 500, 5)).await;
    assert_eq!(service.simulator.suspicious_objects().len(), 10_000);
    // The 500 that expire in five days give way first, then the oldest of the others; the ones without end stay.
    let answer = service.post(OBJECTS, &with_days(20_000, 600, 60)).await;
    assert!(answer.statuses().iter().all(|status| *status == 201));
    let objects = service.simulator.suspicious_objects();
    assert_eq!(objects.len(), 10_000);
    assert_eq!(objects.iter().filter(|object| object.expires.is_none()).count(), 500);
    let left_for = |days| {
        objects
            .iter()
            .filter(|object| object.expires == Some(object.last_modified + Duration::days(days)))
            .count()
    };
    assert_eq!((left_for(5), left_for(30), left_for(60)), (0, 8_900, 600));
}

#[tokio::test]
async fn a_list_of_objects_that_never_expire_is_full() {
    let service = service(|settings| settings.limits.suspicious_objects_per_type = 2).await;
    let never: Vec<Value> =
        ["a.e", "b.e", "c.e"].map(|domain| json!({"domain": domain, "daysToExpiration": -1})).into();
    for (refusal, statuses, held) in [
        (Refusal::Request, None, 0),
        (Refusal::Item, Some([201, 201, 400]), 2),
        (Refusal::Ignore, Some([201, 201, 201]), 3),
    ] {
        service.simulator.reset();
        service.simulator.change_settings(|settings| settings.rules.suspicious_full = refusal);
        let answer = service.post(OBJECTS, &never.clone().into()).await;
        match statuses {
            None => assert_eq!(
                (answer.status.as_u16(), &answer.json()["error"]["message"]),
                (400, &TOO_MANY.into())
            ),
            Some(statuses) => assert_eq!(answer.statuses(), statuses),
        }
        assert_eq!(service.simulator.suspicious_objects().len(), held);
    }
}

#[tokio::test]
async fn five_thousand_exceptions_are_held() {
    let service = service(|_| {}).await;
    for batch in 0..50 {
        service.post(EXCEPTIONS, &addresses(batch * 100, 100).into()).await;
    }
    let answer = service.post(EXCEPTIONS, &json!([{"ip": "10.0.0.1"}, {"ip": "192.0.2.1"}])).await;
    assert_eq!(answer.statuses(), [201, 400]);
    assert_eq!(answer.json()[1]["body"]["error"]["message"], TOO_MANY);
    assert_eq!(service.simulator.exceptions().len(), 5_000);
    service.simulator.change_settings(|settings| settings.rules.exceptions_full = Refusal::Request);
    let answer = service.post(EXCEPTIONS, &json!([{"ip": "192.0.2.1"}])).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["error"]["message"]), (400, &TOO_MANY.into()));
}

#[tokio::test]
async fn objects_know_whether_an_exception_covers_them() {
    let service = service(|_| {}).await;
    let items = json!([{"domain": "www.example.com"}, {"domain": "example.com"}, {"url": "https://a.example.com/p/q"},
        {"ip": "192.0.2.1"}]);
    service.post(OBJECTS, &items).await;
    let items =
        json!([{"domain": "*.example.com"}, {"url": "https://*.example.com/p/*"}, {"ip": "192.0.2.1"}]);
    assert_eq!(service.post(EXCEPTIONS, &items).await.statuses(), [201; 3]);
    let listed = service.get(OBJECTS).await.json();
    let covered: Vec<bool> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["inExceptionList"].as_bool().unwrap())
        .collect();
    assert_eq!(covered, [true, true, false, true]);
    let exception = &service.get(EXCEPTIONS).await.json()["items"][0];
    let fields: Vec<&String> = exception.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["ip", "lastModifiedDateTime", "type"]);
}

#[tokio::test]
async fn objects_expire_with_the_clock() {
    let service = service(|_| {}).await;
    let items = json!([{"ip": "192.0.2.1", "daysToExpiration": 1}, {"ip": "192.0.2.2"},
        {"ip": "192.0.2.3", "daysToExpiration": 0}]);
    assert_eq!(service.post(OBJECTS, &items).await.statuses(), [201; 3]);
    assert_eq!(service.simulator.suspicious_objects().len(), 2);
    service.simulator.advance_clock(86_400);
    assert_eq!(service.simulator.suspicious_objects().len(), 1);
}
