//! A collection from end to end: every object once, in every shape, and what is missing is told.

use palisade_model::{Location, Record};
use palisade_threatq::check;
use serde_json::json;
use threatq_simulator::{Change, Effect, Endpoint, Fault, ScoreShape};
use tokio::time::Instant;

use crate::support::{Appliance, COLLECTION, connection, fields, object, objects};

#[tokio::test]
async fn every_object_comes_once_and_the_report_is_what_the_appliance_saw() {
    let appliance = Appliance::start().await;
    let outcome = appliance.fetch(appliance.by_password()).await;
    let fetched = outcome.fetched();
    assert_eq!(outcome.ids(), [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!((fetched.pages, fetched.total, fetched.repeated, fetched.log_ins), (5, Some(7), 0, 1));
    assert_eq!((fetched.summary.objects, fetched.summary.seen(), fetched.summary.missing()), (7, 7, 0));
    assert_eq!(fetched.warnings(), Vec::<String>::new());
    assert_eq!(fetched.summary.name, format!("https://threatq.example, collection {COLLECTION}"));

    let received = appliance.simulator.received();
    assert_eq!(fetched.traffic.requests, received.len() as u64);
    assert_eq!((appliance.log_ins().len(), appliance.pages().len()), (1, 5));
    assert!(received.iter().all(|request| request.status == Some(200) && request.host == "threatq.example"));
    // Each mark is asked for once and as it was given, with its `+` and `/`.
    let marks = appliance.marks();
    assert_eq!(marks[0], "*");
    assert!(marks[1..].iter().all(|mark| mark.starts_with("+/+/")), "{marks:?}");
    for page in appliance.pages() {
        let query = fields(page.query.as_bytes());
        assert_eq!((query["sort"].as_str(), query["limit"].as_str()), ("updated_at", "500"));
        assert_eq!(page.header("accept"), Some("application/json"));
    }
}

#[tokio::test]
async fn an_object_has_all_that_its_page_says() {
    let appliance = Appliance::start().await;
    let outcome = appliance.fetch(appliance.by_token()).await;
    let objects = outcome.objects();
    let third = objects[2];
    assert_eq!(
        (third.subtype.as_str(), third.value.as_str(), third.score),
        ("FQDN", "host-3.example", Some(3.0))
    );
    assert_eq!(third.status.as_deref(), Some("Active"));
    assert_eq!(third.updated_at.unwrap().to_string(), "2024-03-05 0:03:00.0 +00:00:00");
    assert_eq!(third.location, Location::Path("page 2, $.data[0]".to_owned()));
}

#[tokio::test]
async fn a_collection_of_several_full_pages_is_read_whole() {
    let appliance = Appliance::with(objects(1203), 10_000).await;
    let outcome = appliance.fetch(appliance.by_client_credentials()).await;
    let mut ids = outcome.ids();
    ids.sort_unstable();
    assert_eq!(ids, (1..=1203).collect::<Vec<_>>());
    assert_eq!((outcome.fetched().pages, appliance.pages().len()), (4, 4));
}

#[tokio::test]
async fn an_empty_collection_is_no_error() {
    let appliance = Appliance::with(objects(0), 2).await;
    let outcome = appliance.fetch(appliance.by_password()).await;
    assert_eq!((outcome.fetched().total, outcome.records.len(), appliance.pages().len()), (Some(0), 0, 1));
}

#[tokio::test]
async fn scores_are_the_same_in_both_shapes() {
    let manual = json!({"generated_score": "2.00", "manual_score": 9});
    let generated = json!({"generated_score": "6.50", "manual_score": null});
    let scored = |id, score| {
        let mut object = object(id);
        object["score"] = score;
        object
    };
    let objects =
        json!({"data": [scored(1, json!(7)), scored(2, manual), scored(3, generated), scored(4, json!(0))]});
    let appliance = Appliance::with(objects, 10).await;
    for shape in [ScoreShape::AsGiven, ScoreShape::Number, ScoreShape::Object] {
        appliance.simulator.change_settings(|settings| settings.score = shape);
        let outcome = appliance.fetch(appliance.by_token()).await;
        let scores: Vec<_> = outcome.objects().iter().map(|object| object.score).collect();
        assert_eq!(scores, [Some(7.0), Some(9.0), Some(6.5), Some(0.0)], "{shape:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_handed_over_as_such() {
    let objects = json!([object(1), {"id": 2, "value": "x.example", "type_id": 8}, object(3)]);
    let appliance = Appliance::with(objects, 10).await;
    let outcome = appliance.fetch(appliance.by_token()).await;
    let fetched = outcome.fetched();
    assert_eq!((fetched.summary.objects, fetched.summary.unreadable, fetched.summary.missing()), (2, 1, 0));
    let unreadable = outcome.records.iter().find_map(|record| match record {
        Record::Unreadable(unreadable) => Some(unreadable),
        _ => None,
    });
    assert_eq!(unreadable.unwrap().location.to_string(), "page 1, $.data[0]");
    assert!(unreadable.unwrap().message.contains("type.name"));
}

#[tokio::test]
async fn a_field_that_is_not_used_is_told_once_for_all_pages() {
    let mut bad: Vec<_> = (1..=3).map(object).collect();
    bad[0]["score"] = json!("high");
    bad[2]["score"] = json!("low");
    let appliance = Appliance::with(json!(bad), 1).await;
    let outcome = appliance.fetch(appliance.by_token()).await;
    let warnings = outcome.fetched().warnings();
    assert!(warnings.len() == 1 && warnings[0].contains("2 records hold a `score`"), "{warnings:?}");
}

#[tokio::test]
async fn an_object_that_changes_meanwhile_is_handed_over_once() {
    let appliance = Appliance::start().await;
    appliance.simulator.inject(
        Fault::new(Effect::Change(Change {
            collection: COLLECTION.to_owned(),
            touch: vec![1, 3],
            updated_at: "2025-01-01 00:00:00".to_owned(),
            remove: vec![5],
            add: vec![object(9)],
        }))
        .on(Endpoint::Page)
        .after(1)
        .times(1),
    );
    let outcome = appliance.fetch(appliance.by_password()).await;
    let fetched = outcome.fetched();
    assert_eq!(outcome.ids(), [1, 2, 4, 6, 7, 9, 3]);
    assert_eq!((fetched.repeated, fetched.total, fetched.summary.missing()), (1, Some(7), 0));
}

#[tokio::test]
async fn what_is_taken_out_of_the_collection_meanwhile_is_not_missing() {
    let appliance = Appliance::start().await;
    let change = Change { collection: COLLECTION.to_owned(), remove: vec![1, 5, 6], ..Change::default() };
    appliance.simulator.inject(Fault::new(Effect::Change(change)).on(Endpoint::Page).after(1).times(1));
    let outcome = appliance.fetch(appliance.by_password()).await;
    let fetched = outcome.fetched();
    assert_eq!(outcome.ids(), [1, 2, 3, 4, 7]);
    assert_eq!((fetched.total, fetched.summary.missing(), fetched.warnings().len()), (Some(4), 0, 0));
}

#[tokio::test]
async fn objects_that_were_announced_and_did_not_come_are_told_and_no_error() {
    let appliance = Appliance::start().await;
    appliance.simulator.inject(Fault::new(Effect::Total { total: 10 }));
    let outcome = appliance.fetch(appliance.by_password()).await;
    let fetched = outcome.fetched();
    assert_eq!((fetched.summary.objects, fetched.summary.missing()), (7, 3));
    let warnings = fetched.warnings();
    assert!(warnings.len() == 1 && warnings[0].contains("announces 10 objects, and 3"), "{warnings:?}");
}

#[tokio::test]
async fn a_repeated_mark_is_the_end() {
    for effect in [
        Effect::RepeatedMark,
        Effect::NextMark { mark: Some("*".to_owned()) },
        Effect::NextMark { mark: None },
    ] {
        let appliance = Appliance::start().await;
        appliance.simulator.inject(Fault::new(effect.clone()).on(Endpoint::Page).after(1));
        let outcome = appliance.fetch(appliance.by_password()).await;
        assert_eq!(outcome.ids(), [1, 2, 3, 4], "{effect:?}");
        assert_eq!((outcome.fetched().pages, appliance.pages().len()), (2, 2), "{effect:?}");
        assert_eq!(outcome.fetched().summary.missing(), 3, "{effect:?}");
    }
}

#[tokio::test]
async fn a_page_that_is_too_large_is_asked_for_again_with_fewer_objects() {
    let large = |id| {
        let mut object = object(id);
        object["description"] = json!("x".repeat(150_000));
        object
    };
    let appliance = Appliance::with((1..=240).map(large).collect(), 10_000).await;
    let outcome = appliance.fetch(appliance.by_password()).await;
    assert_eq!(outcome.ids(), (1..=240).collect::<Vec<_>>());
    let limits: Vec<_> =
        appliance.pages().iter().map(|page| fields(page.query.as_bytes())["limit"].clone()).collect();
    assert_eq!(limits, ["500", "250", "125", "125", "125"]);
    assert_eq!(outcome.fetched().traffic.requests, appliance.simulator.received().len() as u64);
}

#[tokio::test]
async fn a_connection_is_tried_with_one_object() {
    let appliance = Appliance::start().await;
    let soon = || Instant::now() + std::time::Duration::from_secs(30);
    let total = check(&connection(appliance.by_password()), appliance.client(), soon()).await.unwrap();
    assert_eq!(total, 7);
    assert_eq!((appliance.log_ins().len(), appliance.pages().len()), (1, 1));
    assert!(appliance.pages()[0].query.contains("limit=1&"));

    appliance.simulator.inject(
        Fault::new(Effect::Status { status: 200, body: Some(json!({"data": []})) }).on(Endpoint::Page),
    );
    let error = check(&connection(appliance.by_token()), appliance.client(), soon()).await.unwrap_err();
    assert!(error.code() == "threatq-not-understood" && error.to_string().contains("`total`"), "{error}");
}
