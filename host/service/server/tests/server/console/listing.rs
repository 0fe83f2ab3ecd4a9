//! All objects of a collection can be seen, found and picked; what cannot be read never becomes a collection of nothing; an upload
//! that is too large is refused in words.

use palisade_orchestrator::Confirmed;
use palisade_store::{CollectionId, ObjectFilter, ObjectOrder, Page, RunId, Wait as _};

use crate::console::support::{Console, leads, post_files, post_form, read};
use crate::harness::{Answer, Client, between};

/// A collection of 120 objects with scores, and a workflow.
async fn furnished() -> (Console, Client) {
    let console = Console::start().await;
    let mut ada = console.administrator().await;
    console.orchestrator.install(&console.signed(), "bundle.zip", Confirmed::default(), "ada").unwrap();
    let object = |number: u32| {
        let kind = if number.is_multiple_of(2) { "FQDN" } else { "URL" };
        let value = if number.is_multiple_of(2) {
            format!("n{number:03}.example")
        } else {
            format!("https://u{number:03}.example/")
        };
        format!(
            r#"{{"id": {number}, "value": "{value}", "type": {{"id": 1, "name": "{kind}"}}, "score": {}}}"#,
            number % 10
        )
    };
    let list = format!("[{}]", (1..=120).map(object).collect::<Vec<_>>().join(","));
    let files: [(&str, &str, &[u8]); 1] = [("files", "list.json", list.as_bytes())];
    let fields = [("name", "All"), ("format", "")];
    let made = post_files(&mut ada, "/collections/new", &fields, &files).await;
    assert_eq!(leads(&made), "/collections/1");
    console.workflow("Nightly", 1, Some(1));
    (console, ada)
}

/// The values in the table, in its order.
fn values(page: &Answer) -> Vec<String> {
    let rows = page.body.split(r#"<code class="wrap">"#).skip(1);
    rows.map(|row| row.split("</code>").next().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn every_object_of_a_collection_is_on_a_page_that_can_be_searched_and_sorted() {
    let (_console, mut ada) = furnished().await;
    let mut seen = Vec::new();
    for page in 1..=3 {
        let page = ada.get(&format!("/collections/1?page={page}")).send().await;
        assert!(read(&page).contains("of 120 objects"), "{}", read(&page));
        seen.extend(values(&page));
    }
    assert_eq!(
        (seen.len(), seen[0].as_str(), seen[119].as_str()),
        (120, "https://u001.example/", "n120.example")
    );
    let found = ada.get("/collections/1?search=N11&type=FQDN").send().await;
    assert_eq!(
        values(&found),
        ["n110.example", "n112.example", "n114.example", "n116.example", "n118.example"]
    );
    assert!(read(&found).contains("5 objects found"), "{}", read(&found));
    let sorted = ada.get("/collections/1?sort=-score").send().await;
    assert_eq!(values(&sorted)[0], "https://u009.example/", "the highest score first");
    assert!(sorted.body.contains(r#"aria-sort="descending""#) && read(&sorted).contains("Page 1 of 3"));
    let last = ada.get("/collections/1?sort=-score&page=3").send().await;
    assert!(values(&last).contains(&"n120.example".to_owned()), "the lowest score last: {:?}", values(&last));
    let none = ada.get("/collections/1?search=nowhere").send().await;
    assert!(read(&none).contains("No matching objects"), "{}", read(&none));
    // The same for programs.
    let listed =
        ada.get("/api/v1/collections/1/objects?search=n11&type=FQDN&sort=value&descending=true").send().await;
    assert_eq!(
        (listed.json()["total"].as_u64(), listed.json()["items"][0]["value"].as_str()),
        (Some(5), Some("n118.example"))
    );
}

#[tokio::test]
async fn all_that_match_are_selected_at_once() {
    let (console, mut ada) = furnished().await;
    let page = ada.get("/collections/1?type=URL").send().await;
    assert!(read(&page).contains("Run a workflow on all 60 found"), "{}", read(&page));
    let all = [("collection", "1"), ("all", "on"), ("type", "URL"), ("search", "")];
    let chosen = post_form(&mut ada, "/selection", &all).await;
    let text = read(&chosen);
    assert!(text.contains("60 objects of All") && text.contains("and 10 more"), "{text}");
    let run = [&all[..], &[("workflow", "1"), ("dry_run", "on")]].concat();
    assert_eq!(leads(&post_form(&mut ada, "/selection/run", &run).await), "/runs/1");
    let (rows, total) = console
        .store
        .run_objects(RunId(1), 1, &ObjectFilter::default(), ObjectOrder::Place, false, Page::ALL)
        .wait()
        .unwrap();
    assert!(total == 60 && rows.iter().all(|row| row.object.subtype == "URL"));
    let nothing =
        post_form(&mut ada, "/selection", &[("collection", "1"), ("all", "on"), ("search", "nowhere")]).await;
    assert_eq!(leads(&nothing), "/collections/1");
    let body = r#"{"dry_run": true, "of_collection": {"collection": 1, "matching": {"type": "FQDN"}}}"#;
    let made = ada.call("POST", "/api/v1/workflows/1/run").json(body).send().await;
    assert_eq!(made.status, 201, "{}", made.body);
}

#[tokio::test]
async fn the_list_of_collections_counts_what_each_had_when_it_was_read() {
    let (console, mut ada) = furnished().await;
    let objects =
        |page: &Answer| between(&page.body, r#"data-label="Objects" class="number">"#, "</td>").to_owned();
    let list = ada.get("/collections").send().await;
    assert!(objects(&list).starts_with("<span>120<"), "{}", objects(&list));
    leads(&post_form(&mut ada, "/collections/1/filter", &[("types", "URL"), ("exclude_text", "u001")]).await);
    let list = ada.get("/collections").send().await;
    assert!(objects(&list).contains("not read yet"), "the count was of another filter: {}", objects(&list));
    let page = ada.get("/collections/1").send().await;
    assert!(
        read(&page).contains("without “u001”")
            && !values(&page).contains(&"https://u001.example/".to_owned())
    );
    let list = ada.get("/collections").send().await;
    assert!(objects(&list).starts_with("<span>59 of 120<"), "{}", objects(&list));
    assert!(console.store.collection(CollectionId(1)).wait().unwrap().counted.is_some());
}

#[tokio::test]
async fn a_file_of_another_encoding_does_not_become_a_collection_of_nothing() {
    let console = Console::start().await;
    let mut ada = console.administrator().await;
    // UTF-16: every reader sees control characters. No object in it can be read.
    let list: Vec<u8> =
        "evil.example\r\nworse.example\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let files: [(&str, &str, &[u8]); 1] = [("files", "list.txt", &list)];
    let page =
        post_files(&mut ada, "/collections/new", &[("name", "List"), ("format", "text")], &files).await;
    let unread = console.store.collections().wait().unwrap();
    if page.status == 422 {
        assert!(page.body.contains(r#"id="files-fault""#) && unread.is_empty(), "{}", read(&page));
    } else {
        assert!(unread[0].counted.unwrap().objects > 0, "what is accepted has objects");
    }
    // Records that no reader understands, in a format that was chosen.
    let nonsense: [(&str, &str, &[u8]); 1] = [("files", "list.txt", b"not a value at all\n\xe9t\xe9 1\n")];
    let page =
        post_files(&mut ada, "/collections/new", &[("name", "Other"), ("format", "text")], &nonsense).await;
    assert_eq!(page.status, 422, "{}", read(&page));
    assert!(page.body.contains(r#"id="files-fault""#), "{}", read(&page));
    // A list that is empty on purpose is one, and says so.
    let empty: [(&str, &str, &[u8]); 1] = [("files", "list.txt", b"# nothing at the moment\n")];
    let made =
        post_files(&mut ada, "/collections/new", &[("name", "Empty"), ("format", "text")], &empty).await;
    let place = leads(&made);
    let text = read(&ada.get(&place).send().await);
    assert!(text.contains("It has no objects: its files are empty."), "{text}");
}

#[tokio::test]
async fn an_upload_that_is_too_large_is_refused_with_its_limit() {
    let console = Console::start().await;
    let mut ada = console.administrator().await;
    let zip = vec![0; usize::try_from(palisade_limits::BUNDLE_BYTES).unwrap() + 1_000_000];
    let page = post_files(&mut ada, "/integrations/new", &[], &[("bundle", "large.zip", &zip)]).await;
    assert_eq!(page.status, 413);
    assert!(read(&page).contains("The request is larger than the limit of 64 MiB"), "{}", read(&page));
    let token = ada.token(palisade_server::Role::Administrator, 1).await;
    let call = ada.call("POST", "/api/v1/integrations").bearer(&token).body("application/zip", &zip);
    let problem = call.send().await;
    assert_eq!(problem.status, 413);
    assert!(problem.body.contains("larger than the limit of 64 MiB"), "{}", problem.body);
    let new = ada.get("/integrations/new").send().await;
    assert!(read(&new).contains("At most 64 MiB.") && new.body.contains("data-most="), "{}", read(&new));
}
