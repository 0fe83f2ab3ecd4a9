//! Lists page by page: links, filters, order and strictness.

use serde_json::{Value, json};

use crate::client::*;

/// The path and query of an answer's next link, whose origin must be the service's own.
fn next(page: &Value) -> Option<String> {
    let link = page.get("nextLink")?.as_str().unwrap();
    Some(link.strip_prefix(&format!("https://{HOST}")).unwrap().to_owned())
}

#[tokio::test]
async fn links_lead_through_the_whole_list() {
    let mut service = service(|_| {}).await;
    service.post(OBJECTS, &addresses(0, 230).into()).await;
    for (http2, start, pages) in [
        (true, OBJECTS.to_owned(), 3),
        (
            false,
            format!("{OBJECTS}?top=50&orderBy=expiredDateTime%20desc&startDateTime=2020-01-01T00:00:00Z"),
            5,
        ),
    ] {
        service.http2 = http2;
        let mut seen = Vec::new();
        let mut target = Some(start);
        let mut count = 0;
        while let Some(this) = target {
            let page = service.get(&this).await.json();
            seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["ip"].to_string()));
            target = next(&page);
            if let Some(target) = &target {
                assert!(target.starts_with(&format!("{OBJECTS}?")) && target.contains("skipToken="));
                assert_eq!(this.contains("top="), target.contains("top="));
            }
            count += 1;
        }
        seen.sort_unstable();
        seen.dedup();
        assert_eq!((seen.len(), count), (230, pages));
    }
}

#[tokio::test]
async fn a_filter_holds_on_every_page() {
    let service = service(|_| {}).await;
    service.post(OBJECTS, &addresses(0, 120).into()).await;
    service.post(OBJECTS, &json!([{"domain": "a.example", "riskLevel": "low"}])).await;
    let filter = "type eq 'ip' AND riskLevel eq 'high'";
    let page = service.get_filtered(&format!("{OBJECTS}?top=50"), filter).await.json();
    let target = next(&page).unwrap();
    assert_eq!(service.get_filtered(&target, filter).await.json()["items"].as_array().unwrap().len(), 50);
    assert_eq!(service.get(&target).await.status, 200);
    assert_eq!(service.get_filtered(OBJECTS, "type = 'ip'").await.status, 400);
    let only = service.get_filtered(OBJECTS, "not (type eq 'ip')").await.json();
    assert_eq!(only["items"][0]["domain"], "a.example");
    service.simulator.change_settings(|settings| settings.paging.same_filter = true);
    assert_eq!(service.get(&target).await.status, 400);
    assert_eq!(service.get_filtered(&target, "type eq 'ip'").await.status, 400);
    assert_eq!(service.get_filtered(&target, filter).await.status, 200);
}

#[tokio::test]
async fn sizes_and_tokens_are_as_strict_as_the_switches_say() {
    let service = service(|_| {}).await;
    service.post(EXCEPTIONS, &addresses(0, 100).into()).await;
    let page = service.get(&format!("{EXCEPTIONS}?top=1")).await.json();
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    let target = next(&page).unwrap();
    assert_eq!(service.get(&format!("{EXCEPTIONS}?orderBy=riskLevel")).await.status, 400);

    service.simulator.change_settings(|settings| settings.paging.token_seconds = Some(60));
    assert_eq!(service.get(&target).await.status, 200);
    service.simulator.advance_clock(60);
    assert_eq!(service.get(&target).await.json()["error"]["number"], 1_010_550);

    service.simulator.change_settings(|settings| {
        settings.paging.strict_top = true;
        settings.paging.stale_path = true;
    });
    assert_eq!(service.get(&format!("{EXCEPTIONS}?top=1")).await.status, 400);
    let page = service.get(&format!("{EXCEPTIONS}?top=50")).await.json();
    let target = next(&page).unwrap();
    assert!(target.starts_with("/v3.0/xdr/threatintel/suspiciousObjectExceptions?"));
    assert_eq!(service.get(&target).await.json()["items"].as_array().unwrap().len(), 50);
}

#[tokio::test]
async fn dates_select() {
    let service = service(|_| {}).await;
    service.post(OBJECTS, &addresses(0, 1).into()).await;
    service.simulator.advance_clock(1000);
    service.post(OBJECTS, &addresses(1, 1).into()).await;
    let changed = service.simulator.suspicious_objects()[1].last_modified - time::Duration::seconds(500);
    let date = changed.format(&time::format_description::well_known::Rfc3339).unwrap();
    for (parameter, expected) in [("startDateTime", "10.0.0.1"), ("endDateTime", "10.0.0.0")] {
        let page = service.get(&format!("{OBJECTS}?{parameter}={date}")).await.json();
        assert_eq!(page["items"].as_array().unwrap().len(), 1);
        assert_eq!(page["items"][0]["ip"], expected);
    }
}
