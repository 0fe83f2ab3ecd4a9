//! Objects that somebody picks from a table, of a run or of a collection, and the manual run on them: as a browser without scripts
//! does it, and as a program.

use palisade_orchestrator::{Confirmed, Request};
use palisade_server::Role;
use palisade_store::{ObjectFilter, ObjectOrder, Page, RunId, RunRow, StoredObject, Wait as _, WorkflowId};
use serde_json::json;

use crate::console::support::{Console, leads, post_files, post_form, read};
use crate::harness::{Answer, Client};

const LIST: &[u8] = br#"[
    {"id": 1, "value": "one.example", "type": {"id": 8, "name": "FQDN"}, "score": 9, "tags": [{"id": 7, "name": "loader"}]},
    {"id": 2, "value": "two.example", "type": {"id": 8, "name": "FQDN"}, "score": 4},
    {"id": 3, "value": "https://three.example/\"a\"&b", "type": {"id": 21, "name": "URL"}, "score": 7}
]"#;

/// A service with a workflow, a collection that it takes, and nobody who works on its runs.
async fn furnished() -> (Console, Client) {
    let console = Console::start().await;
    let mut ada = console.administrator().await;
    console.orchestrator.install(&console.signed(), "bundle.zip", Confirmed::default(), "ada").unwrap();
    let made = post_files(
        &mut ada,
        "/collections/new",
        &[("name", "All"), ("format", "")],
        &[("files", "list.json", LIST)],
    )
    .await;
    assert_eq!(leads(&made), "/collections/1", "{}", made.body);
    console.workflow("Other", 1, None);
    console.workflow("Nightly", 1, Some(1));
    (console, ada)
}

/// What the boxes of a table send.
fn boxes(answer: &Answer) -> Vec<String> {
    let inputs = answer.body.split("<input").filter(|input| input.contains(r#"name="object""#));
    let value = |input: &str| {
        let value = input.split_once("value=\"").unwrap().1.split_once('"').unwrap().0;
        value
            .replace("&#34;", "\"")
            .replace("&quot;", "\"")
            .replace("&#38;", "&")
            .replace("&amp;", "&")
            .replace("&#39;", "'")
    };
    inputs.map(value).collect()
}

fn objects(console: &Console, run: RunId) -> Vec<StoredObject> {
    let (rows, _) = console
        .store
        .run_objects(run, 1, &ObjectFilter::default(), ObjectOrder::Place, false, Page::ALL)
        .wait()
        .unwrap();
    rows.into_iter().map(|row| row.object).collect()
}

fn last(console: &Console) -> RunRow {
    console.store.runs(&palisade_store::RunFilter::default(), Page::ALL).wait().unwrap().0.remove(0)
}

#[tokio::test]
async fn objects_of_a_collection_are_picked_and_run_with_all_that_it_has_of_them() {
    let (console, mut ada) = furnished().await;
    let page = ada.get("/collections/1").send().await;
    assert!(page.body.contains("Run a workflow on the selected objects"), "{}", page.body);
    let boxes = boxes(&page);
    assert_eq!(boxes.len(), 3, "{boxes:?}");
    let picked = [("collection", "1"), ("object", boxes[0].as_str()), ("object", boxes[2].as_str())];
    let chosen = post_form(&mut ada, "/selection", &picked).await;
    let text = read(&chosen);
    assert_eq!(chosen.status, 200, "{text}");
    for told in
        ["2 objects of", "one.example", r#"https://three.example/"a"&b"#, "Nightly", "Other", "Dry run"]
    {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert!(!text.contains("two.example"), "{text}");
    assert!(
        chosen.body.contains(r#"<option value="2" selected>Nightly"#),
        "the workflow that takes this collection"
    );
    assert_eq!(self::boxes(&chosen), [boxes[0].as_str(), boxes[2].as_str()]);
    assert_eq!(
        console.store.runs(&palisade_store::RunFilter::default(), Page::ALL).wait().unwrap().1,
        0,
        "only shown so far"
    );

    let mut all = picked.to_vec();
    all.extend([("workflow", "1"), ("dry_run", "on")]);
    let started = post_form(&mut ada, "/selection/run", &all).await;
    assert_eq!(leads(&started), "/runs/1");
    let run = last(&console);
    assert_eq!((run.origin.name(), run.dry_run, run.workflow), ("manual", true, Some(WorkflowId(1))));
    let objects = objects(&console, run.id);
    assert_eq!(objects.len(), 2);
    assert_eq!((objects[0].value.as_str(), &objects[0].record["tags"]), ("one.example", &json!(["loader"])));
    assert_eq!(objects[0].record["score"], 9.0);
    let told = read(&ada.get("/runs/1").send().await);
    assert!(told.contains("Dry run on 2 selected objects requested."), "{told}");
}

#[tokio::test]
async fn objects_of_a_run_are_picked_by_their_places() {
    let (console, mut ada) = furnished().await;
    let selected =
        console.orchestrator.objects_from_text("one.example\ntwo.example\nthree.example\n").unwrap();
    console.orchestrator.request_run(WorkflowId(2), Request::Selected(selected), false, "ada").unwrap();
    let page = ada.get("/runs/1").send().await;
    assert_eq!(boxes(&page), ["1", "2", "3"]);
    assert!(page.body.contains("FQDN (3)"), "types are those that the run has: {}", page.body);
    assert!(!page.body.contains("SHA-256"), "and no others: {}", page.body);
    let chosen = post_form(&mut ada, "/selection", &[("run", "1"), ("object", "3"), ("object", "1")]).await;
    assert!(chosen.body.contains(r#"<option value="2" selected>Nightly"#), "{}", chosen.body);
    let form = [("run", "1"), ("object", "3"), ("object", "1"), ("workflow", "2")];
    assert_eq!(leads(&post_form(&mut ada, "/selection/run", &form).await), "/runs/2");
    let run = last(&console);
    let values: Vec<String> = objects(&console, run.id).into_iter().map(|object| object.value).collect();
    assert_eq!((values, run.dry_run), (vec!["one.example".to_owned(), "three.example".to_owned()], false));
}

#[tokio::test]
async fn what_cannot_be_run_is_said_on_the_page() {
    let (console, mut ada) = furnished().await;
    let nothing = post_form(&mut ada, "/selection", &[("collection", "1")]).await;
    assert_eq!(leads(&nothing), "/collections/1");
    let told = read(&ada.get("/collections/1").send().await);
    assert!(told.contains("No objects selected"), "{told}");
    let gone = r#"{"type":"FQDN","value":"gone.example"}"#;
    let none =
        post_form(&mut ada, "/selection/run", &[("collection", "1"), ("object", gone), ("workflow", "1")])
            .await;
    assert_eq!(none.status, 422);
    assert!(
        none.body.contains("<code>gone.example</code> is not in the collection any more."),
        "{}",
        none.body
    );
    let unchosen = post_form(&mut ada, "/selection/run", &[("collection", "1"), ("object", gone)]).await;
    assert_eq!(unchosen.status, 422);
    assert!(read(&unchosen).contains("Choose the workflow."), "{}", unchosen.body);
    for (form, status) in [
        (&[("run", "9"), ("object", "1")][..], 404),
        (&[("collection", "9"), ("object", gone)], 404),
        (&[("object", gone)], 400),
    ] {
        assert_eq!(post_form(&mut ada, "/selection", form).await.status, status, "{form:?}");
    }
    assert_eq!(console.store.runs(&palisade_store::RunFilter::default(), Page::ALL).wait().unwrap().1, 0);
}

#[tokio::test]
async fn who_only_looks_is_not_offered_to_pick() {
    let (console, mut ada) = furnished().await;
    let mut vera = console.person(&mut ada, "vera", Role::Viewer).await;
    let page = vera.get("/collections/1").send().await;
    assert!(boxes(&page).is_empty() && !page.body.contains("/selection"), "{}", page.body);
    for path in ["/selection", "/selection/run"] {
        assert_eq!(post_form(&mut vera, path, &[("collection", "1")]).await.status, 403, "{path}");
    }
}

#[tokio::test]
async fn many_pasted_objects_have_room_and_too_many_are_told() {
    let (console, mut ada) = furnished().await;
    let line = |number: usize| format!("https://object-{number}.example/{}\n", "x".repeat(150));
    let text: String = (0..10_000).map(line).collect();
    assert!(text.len() > 1_500_000, "more than a form has otherwise");
    let started = post_form(&mut ada, "/workflows/1/selected", &[("objects", &text)]).await;
    assert_eq!(leads(&started), "/runs/1", "{}", started.body);
    assert_eq!(last(&console).objects, Some(10_000));
    let more = post_form(&mut ada, "/workflows/1/selected", &[("objects", &(text + &line(10_000)))]).await;
    assert_eq!(more.status, 422);
    assert!(read(&more).contains("At most 10000 objects can be selected"), "{}", more.status);
    let large = "x".repeat(9 * 1_024 * 1_024);
    assert_eq!(post_form(&mut ada, "/workflows/1/selected", &[("objects", &large)]).await.status, 413);
}

#[tokio::test]
async fn a_program_picks_from_a_run_and_from_a_collection() {
    let (console, mut ada) = furnished().await;
    let token = ada.token(Role::Operator, 1).await;
    let body = json!({ "dry_run": true, "of_collection": { "collection": 1, "objects": [{ "type": "FQDN", "value": "two.example" }] } });
    let path = "/api/v1/workflows/2/run";
    let answer = ada.post(path).bearer(&token).json(&body.to_string()).send().await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let body = json!({ "of_run": { "run": 1, "places": [1] }, "objects": [{ "type": "FQDN", "value": "typed.example" }] });
    let answer = ada.post(path).bearer(&token).json(&body.to_string()).send().await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let found = objects(&console, last(&console).id);
    let values: Vec<&str> = found.iter().map(|object| object.value.as_str()).collect();
    assert_eq!(values, ["typed.example", "two.example"]);
    assert_eq!(found[1].record["score"], 4.0, "with all that the run knew");
    for (body, status) in [
        (json!({ "of_run": { "run": 1, "places": [7] } }), 422),
        (json!({ "of_run": { "run": 9, "places": [1] } }), 404),
        (json!({ "of_run": { "run": 1, "places": [] } }), 422),
        (
            json!({ "of_collection": { "collection": 1, "objects": [{ "type": "URL", "value": "two.example" }] } }),
            422,
        ),
    ] {
        let answer = ada.post(path).bearer(&token).json(&body.to_string()).send().await;
        assert_eq!(answer.status, status, "{body}: {}", answer.body);
    }
}
