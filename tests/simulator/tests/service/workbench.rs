//! The workbench with its notes, and the searches.

use http::Method;
use http_body_util::Full;
use serde_json::{Value, json};
use vision_one_simulator::{Alert, Seed};

use crate::client::*;

const ALERTS: &str = "/v3.0/workbench/alerts";

fn alert(id: &str, severity: &str, day: u8) -> Alert {
    let created = format!("2026-01-{day:02}T00:00:00Z");
    let alert = json!({
        "id": id,
        "status": "Open",
        "investigationResult": "No Findings",
        "severity": severity,
        "model": "Credential Dumping",
        "createdDateTime": created,
        "updatedDateTime": created,
        "impactScope": {"entities": [{"entityType": "host", "entityValue": {"name": format!("host-{id}"), "ips": []}}]},
        "indicators": [{"id": 1, "value": "198.51.100.1"}],
    });
    serde_json::from_value(json!({ "alert": alert })).unwrap()
}

async fn tenant() -> Service {
    let service = service(|_| {}).await;
    let alerts = (1..=12)
        .map(|number| alert(&format!("WB-{number}"), if number > 9 { "high" } else { "low" }, number));
    service.simulator.seed(Seed { alerts: alerts.collect(), ..Seed::default() }).unwrap();
    service
}

async fn patch(service: &Service, path: &str, tag: Option<&str>, body: &Value) -> Answer {
    let mut request = service.request(Method::PATCH, path);
    if let Some(tag) = tag {
        request = request.header("if-match", tag);
    }
    service.send(request.body(Full::from(body.to_string())).unwrap()).await.unwrap()
}

fn tag(answer: &Answer) -> String {
    answer.headers["etag"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn alerts_are_listed_by_ten_with_counts_and_filters() {
    let service = tenant().await;
    let ids = |page: &Value| {
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|alert| alert["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let page = service.get(ALERTS).await.json();
    assert_eq!(
        (&page["count"], &page["totalCount"], ids(&page)[0].as_str()),
        (&json!(10), &json!(12), "WB-12")
    );
    let next = page["nextLink"].as_str().unwrap().strip_prefix(&format!("https://{HOST}")).unwrap();
    let last = service.get(next).await.json();
    assert_eq!((ids(&last), last.get("nextLink")), (vec!["WB-2".to_owned(), "WB-1".to_owned()], None));
    let found = async |filter: &str| ids(&service.get_filtered(ALERTS, filter).await.json());
    assert_eq!(found("severity eq 'high'").await, ["WB-12", "WB-11", "WB-10"]);
    assert_eq!(found("impactScopeEntityValue eq 'HOST-WB-3'").await, ["WB-3"]);
    assert_eq!(found("model contains 'dumping' and id eq 'WB-7'").await, ["WB-7"]);
    assert_eq!(found("indicatorValue eq '198.51.100.2'").await, [] as [&str; 0]);
    let range = format!(
        "{ALERTS}?startDateTime=2026-01-03T00:00:00Z&endDateTime=2026-01-04T00:00:00Z&orderBy=id%20asc"
    );
    assert_eq!(ids(&service.get(&range).await.json()), ["WB-3", "WB-4"]);
    for query in ["startDateTime=yesterday", "orderBy=description", "dateTimeTarget=never"] {
        let answer = service.get(&format!("{ALERTS}?{query}")).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["error"]["number"]),
            (400, &json!(3_090_003)),
            "{query}"
        );
    }
}

#[tokio::test]
async fn an_alert_changes_under_its_current_tag_only() {
    let service = tenant().await;
    let path = format!("{ALERTS}/WB-1");
    let first = tag(&service.get(&path).await);
    assert!(first.starts_with('"'), "{first}");
    let change = json!({"status": "In Progress", "investigationResult": "True Positive"});
    for bad in [json!({}), json!({"status": "Done"}), json!({"severity": "low"}), json!([])] {
        assert_eq!(patch(&service, &path, Some(&first), &bad).await.status, 400, "{bad}");
    }
    assert_eq!(patch(&service, &path, None, &change).await.status, 400);
    // Quotes may be missing.
    let answer = patch(&service, &path, Some(first.trim_matches('"')), &change).await;
    assert_eq!((answer.status.as_u16(), answer.body.len()), (204, 0));
    let changed = service.get(&path).await;
    let shown = changed.json();
    assert_eq!(
        (&shown["status"], &shown["investigationResult"]),
        (&json!("In Progress"), &json!("True Positive"))
    );
    assert!(
        shown["firstInvestigatedDateTime"].is_string()
            && shown["updatedDateTime"] != shown["createdDateTime"]
    );
    assert_ne!(tag(&changed), first);
    let answer = patch(&service, &path, Some(&first), &json!({"status": "Closed"})).await;
    let error = json!({"code": "ConditionNotMet", "message": "Condition not met", "number": 3_090_018});
    assert_eq!((answer.status.as_u16(), answer.json()), (412, json!({ "error": error })));
    let answer = patch(&service, &format!("{ALERTS}/none"), Some(&first), &change).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["error"]["number"]), (404, &json!(3_090_007)));
    service.simulator.change_settings(|settings| settings.rules.quoted_etags = false);
    assert!(!tag(&service.get(&path).await).contains('"'));
}

#[tokio::test]
async fn notes_are_added_changed_and_deleted() {
    let service = tenant().await;
    let notes = format!("{ALERTS}/WB-1/notes");
    for number in 1..=2 {
        let answer = service.post(&notes, &json!({"content": format!("note {number}")})).await;
        assert_eq!((answer.status.as_u16(), answer.body.len()), (201, 0));
        assert_eq!(answer.headers["location"], format!("https://{HOST}{notes}/{number}"));
    }
    assert_eq!(service.post(&notes, &json!({"content": ""})).await.status, 400);
    let path = format!("{notes}/1");
    let note = service.get(&path).await;
    assert_eq!(note.json()["content"], "note 1");
    assert_eq!(patch(&service, &path, Some(&tag(&note)), &json!({"content": "changed"})).await.status, 204);
    assert_eq!(patch(&service, &path, Some(&tag(&note)), &json!({"content": "again"})).await.status, 412);
    let listed = service.get_filtered(&notes, "id eq '1'").await.json();
    assert_eq!(
        (&listed["items"][0]["content"], listed["items"].as_array().unwrap().len()),
        (&json!("changed"), 1)
    );
    let delete = format!("{notes}/delete");
    service.simulator.change_settings(|settings| settings.rules.text_note_ids = false);
    assert_eq!(service.post(&delete, &json!([{"id": "1"}])).await.status, 400);
    service.simulator.change_settings(|settings| settings.rules.text_note_ids = true);
    assert_eq!(service.post(&delete, &json!([{"id": "1"}, {"id": 9}])).await.status, 404);
    assert_eq!(service.post(&delete, &json!([{"id": "1"}, {"id": 2}])).await.status, 204);
    assert_eq!(service.get(&path).await.status, 404);
    assert_eq!(service.simulator.alerts()[0].notes, []);
}

#[tokio::test]
async fn searches_find_activities_and_count_them() {
    let service = service(|_| {}).await;
    let activity = |number: u16| {
        json!({"endpointHostName": format!("host-{number}"), "dpt": 443, "eventTimeDT": "2026-01-01T00:00:00Z",
            "processCmd": "cmd.exe /c whoami"})
    };
    let detection = json!({"uuid": "1", "detectedDateTime": "2026-01-02T00:00:00Z", "endpoint": {"endpointName": "host-1"},
        "filters": [{"name": "Dump", "riskLevel": "high", "mitreTechniqueIds": ["T1003"]}]});
    let seed = Seed {
        endpoint_activities: (0..60).map(activity).collect(),
        email_activities: vec![json!({"mailMsgSubject": "Invoice", "mailbox": "a@example.com"})],
        detections: vec![detection],
        ..Seed::default()
    };
    service.simulator.seed(seed).unwrap();
    let search = async |target: &str, query: &str| {
        let request = service.request(Method::GET, target).header("TMV1-Query", query);
        service.send(request.body(Full::default()).unwrap()).await.unwrap()
    };
    let path = "/v3.0/search/endpointActivities";
    assert_eq!(service.get(path).await.status, 400);
    let page =
        search(&format!("{path}?top=50&select=endpointHostName"), "dpt:443 and processCmd:\"*whoami\"")
            .await
            .json();
    assert_eq!((page["items"].as_array().unwrap().len(), &page["progressRate"]), (50, &json!(100)));
    assert_eq!(page["items"][0], json!({"endpointHostName": "host-0"}));
    assert!(page["nextLink"].is_string());
    let count = search(&format!("{path}?mode=countOnly"), "endpointHostName:host-1*").await.json();
    assert_eq!(count, json!({"totalCount": 11}));
    assert_eq!(search(&format!("{path}?mode=fast"), "dpt:443").await.status, 400);
    assert_eq!(search(path, "dpt eq '443'").await.status, 400);
    let mail = search("/v3.0/search/emailActivities", "mailMsgSubject:\"invoice\"").await.json();
    assert_eq!(mail["items"][0]["mailbox"], "a@example.com");

    let oat = "/v3.0/oat/detections";
    for (query, filter, count) in [
        ("", "riskLevel eq 'high' and filterMitreTechniqueId eq 'T1003'", 1),
        ("", "endpointName eq 'host-2'", 0),
        ("?detectedStartDateTime=2026-01-03T00:00:00Z", "riskLevel eq 'high'", 0),
    ] {
        let page = service.get_filtered(&format!("{oat}{query}"), filter).await.json();
        assert_eq!((&page["count"], &page["totalCount"]), (&json!(count), &json!(count)), "{filter}");
    }
}
