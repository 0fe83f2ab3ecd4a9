//! Collections as an operator meets them: files of every format, a live connection, the filter, the way out.

use palisade_store::Wait as _;
use std::path::Path;

use palisade_server::Role;
use serde_json::json;
use threatq_simulator::{HOST, Settings, Simulator};

use crate::console::support::{Console, leads, post_files, post_form, read, value};
use crate::harness::{Answer, Client};

const LIST: &[u8] = b"evil.example\nworse.example\n198.51.100.7\nhttps://worst.example/a\n";

async fn upload(client: &mut Client, name: &str, file: &str, content: &[u8]) -> Answer {
    post_files(client, "/collections/new", &[("name", name), ("format", "")], &[("files", file, content)])
        .await
}

fn example(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../examples/collections").join(name))
        .unwrap()
}

/// The number of objects, as the page says it.
fn objects(page: &Answer) -> u64 {
    let text = read(page);
    let rest = text.split_once("Objects Settings").map_or("", |(_, rest)| rest);
    let number =
        rest.split_once(" Objects ").map_or("", |(_, rest)| rest).split(' ').next().unwrap_or_default();
    number.replace(',', "").parse().unwrap_or_else(|_| panic!("{text}"))
}

#[tokio::test]
async fn an_empty_list_says_what_to_do() {
    let console = Console::start().await;
    let mut ada = console.administrator().await;
    let page = ada.get("/collections").send().await;
    assert!(read(&page).contains("No collection yet") && page.body.contains(r#"href="/collections/new""#));
    let mut linus = console.person(&mut ada, "linus", Role::Viewer).await;
    assert!(!linus.get("/collections").send().await.body.contains("/collections/new"));
}

#[tokio::test]
async fn a_file_of_every_format_is_taken() {
    let console = Console::start().await;
    let mut ada = console.administrator().await;
    for (number, (file, format)) in [
        ("indicators.threatq.json", "threatq"),
        ("campaign.stix.json", "stix"),
        ("report.misp.json", "misp"),
        ("known-good.csv", "csv"),
        ("notes.txt", "text"),
    ]
    .into_iter()
    .enumerate()
    {
        let content = example(file);
        let found = leads(&upload(&mut ada, &format!("Found {format}"), file, &content).await);
        let fields = [("name", &*format!("Told {format}")), ("format", format)];
        let answer = post_files(&mut ada, "/collections/new", &fields, &[("files", file, &content)]).await;
        let told = leads(&answer);
        assert_eq!(told, format!("/collections/{}", 2 * number + 2));
        let (found, told) = (ada.get(&found).send().await, ada.get(&told).send().await);
        assert!(objects(&found) > 5, "{format}");
        assert_eq!(objects(&found), objects(&told), "{format}");
        assert!(found.body.contains(r#"class="stacked""#) && found.body.contains("<tbody>"), "{format}");
        assert!(read(&told).contains(&format!("read as {format}")), "{format}");
    }
    let text = read(&ada.get("/collections").send().await);
    assert!(
        text.contains("Found misp") && text.contains("known-good.csv") && text.contains("all objects"),
        "{text}"
    );
}

#[tokio::test]
async fn several_files_are_one_collection() {
    let console = Console::start().await;
    let mut ada = console.administrator().await;
    let files: [(&str, &str, &[u8]); 2] =
        [("files", "a.txt", b"a.example\n"), ("files", "b.csv", b"Value,Type\nb.example,FQDN\n")];
    let place = leads(&post_files(&mut ada, "/collections/new", &[("name", "Both")], &files).await);
    let page = ada.get(&place).send().await;
    assert_eq!(objects(&page), 2);
    assert!(read(&page).contains("Files 2 files (a.txt, b.csv)"), "{}", read(&page));
}

#[tokio::test]
async fn what_is_wrong_with_an_upload_stands_beside_its_field() {
    let console = Console::start().await;
    let mut ada = console.administrator().await;
    leads(&upload(&mut ada, "Taken", "a.txt", LIST).await);
    let broken = br#"{"type": "bundle", "objects": [}"#;
    for (name, format, files, field) in [
        ("", "", &[("files", "a.txt", LIST)][..], "name"),
        ("Taken", "", &[("files", "a.txt", LIST)], "name"),
        ("New", "", &[], "files"),
        ("New", "", &[("files", "", b"")], "files"),
        ("New", "stix", &[("files", "b.json", broken)], "files"),
        ("New", "xml", &[("files", "a.txt", LIST)], "format"),
    ] {
        let answer =
            post_files(&mut ada, "/collections/new", &[("name", name), ("format", format)], files).await;
        assert_eq!(answer.status, 422, "{name} {format}: {}", answer.body);
        assert!(answer.body.contains(&format!("id=\"{field}-fault\"")), "{name} {format}: {}", answer.body);
        if field == "files" {
            assert_eq!(value(&answer, "name"), name, "what was entered stays");
        }
    }
    assert_eq!(console.store.collections().wait().unwrap().len(), 1, "nothing is left of what was refused");
}

#[tokio::test]
async fn a_name_that_climbs_is_only_a_name() {
    let console = Console::start().await;
    let mut ada = console.administrator().await;
    let place = leads(&upload(&mut ada, "Climbs", "../../../etc/<img src=x>.txt", LIST).await);
    assert_eq!(
        console.orchestrator.files(palisade_store::CollectionId(1)).unwrap()[0].name,
        "<img src=x>.txt"
    );
    for path in [place.clone(), format!("{place}/settings"), "/collections".to_owned()] {
        let page = ada.get(&path).send().await;
        assert!(!page.body.contains("../") && !page.body.contains("<img src=x"), "{path}: {}", page.body);
    }
    let hostile = leads(
        &upload(
            &mut ada,
            "<script>alert(1)</script>",
            "a.csv",
            b"Value,Type,Tags\nx.example,<b>T</b>,<i>t</i>\n",
        )
        .await,
    );
    for path in [&*hostile, "/collections"] {
        let page = ada.get(path).send().await;
        assert!(
            !["<script>", "<b>", "<i>"].iter().any(|tag| page.body.contains(tag)),
            "{path}: {}",
            page.body
        );
    }
}

#[tokio::test]
async fn a_filter_changes_what_is_shown() {
    let console = Console::start().await;
    let mut ada = console.administrator().await;
    let csv = b"Value,Type,Status,Score,Tags\n\
        a.example,FQDN,Active,9,loader\n\
        b.example,FQDN,Review,3,loader\n\
        198.51.100.7,IP Address,Active,7,other\n\
        c.example,Hostname X,Active,5,other\n";
    let place = leads(&upload(&mut ada, "List", "list.csv", csv).await);
    let all = objects(&ada.get(&place).send().await);
    assert_eq!(all, 4, "{}", read(&ada.get(&place).send().await));
    let filter = format!("{place}/filter");
    for (form, left, shown) in [
        (&[("types", "FQDN")][..], 2, "FQDN"),
        (&[("types", "FQDN"), ("types", "IP Address")], 3, "FQDN or IP Address"),
        (&[("other_types", "hostname x")], 1, "hostname x"),
        (&[("statuses", "Active"), ("types", "FQDN")], 1, "Active"),
        (&[("text", "B.EXAMPLE")], 1, "with “B.EXAMPLE”"),
        (&[("updated_since", "2026-11-22T08:00")], 0, "updated since 2026-11-22 08:00"),
    ] {
        let answer = post_form(&mut ada, &filter, form).await;
        assert_eq!(leads(&answer), place, "{form:?}");
        let page = ada.get(&place).send().await;
        let text = read(&page);
        assert_eq!(objects(&page), left, "{form:?}: {text}");
        assert!(text.contains(&format!("Filtered out {}", all - left)), "{form:?}: {text}");
        assert!(text.contains(shown), "{form:?}: {text}");
        assert!(read(&ada.get("/collections").send().await).contains(shown), "{form:?}");
    }
    assert!(read(&ada.get(&place).send().await).contains("No object matches the filter"));
    leads(&post_form(&mut ada, &filter, &[("answer", "clear"), ("types", "URL")]).await);
    assert_eq!(objects(&ada.get(&place).send().await), all);

    for (form, field) in [
        (&[("score_from", "much")][..], "score_from"),
        (&[("score_from", "9"), ("score_to", "2")], "score_to"),
        (&[("updated_since", "yesterday")], "updated_since"),
    ] {
        let answer = post_form(&mut ada, &filter, form).await;
        assert_eq!(answer.status, 422, "{form:?}");
        assert!(answer.body.contains(&format!("id=\"{field}-fault\"")), "{form:?}: {}", answer.body);
    }
    assert_eq!(objects(&ada.get(&place).send().await), all, "a filter that means nothing is not kept");
}

#[tokio::test]
async fn settings_rename_replace_and_delete() {
    let console = Console::start().await;
    let mut ada = console.administrator().await;
    let place = leads(&upload(&mut ada, "Old", "old.txt", LIST).await);
    leads(&upload(&mut ada, "Other", "other.txt", LIST).await);
    leads(&post_form(&mut ada, &format!("{place}/filter"), &[("types", "FQDN")]).await);
    let settings = format!("{place}/settings");
    let answer = post_form(&mut ada, &settings, &[("name", "New"), ("description", "For the gateway")]).await;
    assert_eq!(leads(&answer), settings);
    let answer = post_form(&mut ada, &settings, &[("name", "Other")]).await;
    assert!(answer.status == 422 && answer.body.contains("name-fault"), "{}", answer.body);
    let page = ada.get(&place).send().await;
    assert!(read(&page).contains("For the gateway") && page.body.contains("<h1>New</h1>"));
    assert_eq!(objects(&page), 2, "the filter is kept");

    let files = format!("{place}/files");
    let answer = post_files(&mut ada, &files, &[], &[("files", "new.txt", b"n.example\n")]).await;
    assert_eq!(leads(&answer), settings);
    let text = read(&ada.get(&settings).send().await);
    assert!(
        text.contains("Files replaced.") && text.contains("new.txt") && !text.contains("old.txt"),
        "{text}"
    );
    let answer = post_files(&mut ada, &files, &[], &[("files", "", b"")]).await;
    assert!(answer.status == 422 && answer.body.contains("files-fault"), "{}", answer.body);
    assert_eq!(objects(&ada.get(&place).send().await), 1, "the old ones stay");

    let zip = console.signed();
    let review = leads(&post_files(&mut ada, "/integrations/new", &[], &[("bundle", "b.zip", &zip)]).await);
    leads(&post_form(&mut ada, &review, &[("answer", "install")]).await);
    let workflow = console.workflow("Block it", 1, Some(1));
    let delete = format!("{place}/delete");
    for answer in [ada.get(&delete).send().await, post_form(&mut ada, &delete, &[]).await] {
        assert!(answer.body.contains(&format!(r#"href="/workflows/{workflow}""#)), "{answer:?}");
        assert!(
            read(&answer).contains("Block it") && !answer.body.contains(&format!(r#"action="{delete}""#))
        );
    }
    assert!(read(&ada.get("/collections").send().await).contains("Block it"));
    console.orchestrator.remove_workflow(palisade_store::WorkflowId(workflow), "test").unwrap();
    assert!(ada.get(&delete).send().await.body.contains(&format!(r#"action="{delete}""#)));
    assert_eq!(leads(&post_form(&mut ada, &delete, &[]).await), "/collections");
    assert_eq!(ada.get(&place).send().await.status, 404);
}

/// A service that reaches a simulated appliance, with one collection on it.
async fn with_appliance() -> (Console, Simulator) {
    let simulator = Simulator::start(Settings::default()).await.unwrap();
    let object = |id: u64| {
        json!({ "id": id, "class": "network", "value": format!("h{id}.example"), "type": { "name": "FQDN" },
            "status": { "name": "Active" }, "score": 7 })
    };
    simulator.set_collection("a3f1c0de", json!((1..=60).map(object).collect::<Vec<_>>())).unwrap();
    let console = Console::start_with(|options, directory| {
        let authority = directory.join("authority.pem");
        std::fs::write(&authority, simulator.ca_pem()).unwrap();
        options.ca_certificates = vec![authority];
        options.connect_to = vec![simulator.connect_to(HOST).parse().unwrap()];
    })
    .await;
    (console, simulator)
}

#[tokio::test]
async fn a_live_collection_is_connected_tested_and_shown() {
    let (console, simulator) = with_appliance().await;
    let mut ada = console.administrator().await;
    let client = simulator.client();
    let origin = format!("https://{HOST}");
    let mut form = vec![
        ("name", "Live"),
        ("origin", &*origin),
        ("collection", "a3f1c0de"),
        ("grant", "client-credentials"),
        ("client_id", &*client.id),
        ("secret", &*client.secret),
    ];
    let place = leads(&post_form(&mut ada, "/collections/new/threatq", &form).await);
    let page = ada.get(&place).send().await;
    assert!(page.body.contains(&format!(r#"hx-get="{place}/preview""#)), "{}", page.body);
    assert!(page.body.contains("?preview=now"), "without a script somebody asks for it");
    assert!(simulator.received().is_empty(), "the page itself does not wait for the appliance");
    assert_eq!(leads(&post_form(&mut ada, &format!("{place}/test"), &[]).await), place);
    assert!(
        read(&ada.get(&place).send().await).contains("The connection works: the collection has 60 objects.")
    );
    let page = ada.get(&format!("{place}?preview=now")).send().await;
    assert_eq!(objects(&page), 60);
    assert!(read(&page).contains("1–50 of 60 objects"), "{}", read(&page));
    let part = ada.get(&format!("{place}/preview")).send().await;
    assert!(part.body.contains("h1.example") && !part.body.contains("<html"), "{}", part.body);

    let settings = format!("{place}/settings");
    for path in [&*place, &*settings, "/collections", "/audit", "/api/v1/collections/1"] {
        let page = ada.get(path).send().await;
        assert!(page.status == 200 && !page.body.contains(&*client.secret), "{path}");
    }
    // The secret stays where the host does, and is wanted anew for another.
    form.remove(0);
    form.pop();
    let connection = format!("{place}/connection");
    assert_eq!(leads(&post_form(&mut ada, &connection, &form).await), settings);
    assert_eq!(leads(&post_form(&mut ada, &format!("{place}/test"), &[]).await), place);
    form[0] = ("origin", "https://other.example");
    let answer = post_form(&mut ada, &connection, &form).await;
    assert!(answer.status == 422 && answer.body.contains("secret-fault"), "{}", answer.body);
    assert_eq!(value(&answer, "origin"), "https://other.example");
}

#[tokio::test]
async fn a_live_collection_that_cannot_be_read_says_why_inside_its_page() {
    let (console, _simulator) = with_appliance().await;
    let mut ada = console.administrator().await;
    let origin = format!("https://{HOST}");
    let secret = "WRONG-SECRET-7";
    let form = [
        ("name", "Live"),
        ("origin", &*origin),
        ("collection", "a3f1c0de"),
        ("grant", "client-credentials"),
        ("client_id", "nobody"),
        ("secret", secret),
    ];
    let place = leads(&post_form(&mut ada, "/collections/new/threatq", &form).await);
    for path in [format!("{place}?preview=now"), format!("{place}/preview")] {
        let page = ada.get(&path).send().await;
        assert_eq!(page.status, 200, "{path}");
        assert!(read(&page).contains("Could not read this collection."), "{path}: {}", read(&page));
        assert!(page.body.contains("refuses") && !page.body.contains(secret), "{path}: {}", page.body);
    }
    let answer = post_form(&mut ada, &format!("{place}/test"), &[]).await;
    assert_eq!(answer.status, 422);
    assert!(read(&answer).contains("The connection does not work."), "{}", read(&answer));
    assert!(!answer.body.contains(secret));

    let mut wrong = form;
    for (place, value, field) in [
        (1, "threatq.example", "origin"),
        (2, "../secret", "collection"),
        (3, "magic", "grant"),
        (5, "", "secret"),
    ] {
        let right = wrong[place].1;
        wrong[place].1 = value;
        wrong[0].1 = "Another";
        let answer = post_form(&mut ada, "/collections/new/threatq", &wrong).await;
        assert!(
            answer.status == 422 && answer.body.contains(&format!("id=\"{field}-fault\"")),
            "{field}: {}",
            answer.body
        );
        assert!(!answer.body.contains(secret), "{field}");
        wrong[place].1 = right;
    }
    assert_eq!(console.store.collections().wait().unwrap().len(), 1);
}

#[tokio::test]
async fn an_empty_connection_is_told_all_that_it_lacks_at_once() {
    let console = Console::start().await;
    let mut ada = console.administrator().await;
    for (grant, fields) in [
        ("password", &["name", "origin", "collection", "email", "client_id", "secret"][..]),
        ("client-credentials", &["name", "origin", "collection", "client_id", "secret"]),
        ("token", &["name", "origin", "collection", "secret"]),
    ] {
        let answer = post_form(&mut ada, "/collections/new/threatq", &[("grant", grant)]).await;
        assert_eq!(answer.status, 422);
        for field in ["name", "origin", "collection", "email", "client_id", "secret"] {
            let told = answer.body.contains(&format!(r#"id="{field}-fault""#));
            assert_eq!(told, fields.contains(&field), "{grant} {field}: {}", answer.body);
        }
        assert!(
            read(&answer).contains(&format!("Fix these {} problems first", fields.len())),
            "{}",
            read(&answer)
        );
    }
    assert!(
        console.store.collections().wait().unwrap().is_empty()
            && !console.store.has_secrets().wait().unwrap()
    );
}

#[tokio::test]
async fn the_filter_offers_the_types_that_the_collection_has() {
    let console = Console::start().await;
    let mut ada = console.administrator().await;
    let place = leads(&upload(&mut ada, "List", "list.txt", LIST).await);
    let offered = |page: &Answer, name: &str| page.body.contains(&format!(r#"name="types" value="{name}""#));
    let page = ada.get(&place).send().await;
    assert!(offered(&page, "FQDN") && offered(&page, "URL") && !offered(&page, "SHA-256"), "{}", page.body);
    // A type that the filter does not mean is there all the same.
    leads(&post_form(&mut ada, &format!("{place}/filter"), &[("types", "URL")]).await);
    let page = ada.get(&place).send().await;
    assert!(offered(&page, "FQDN") && offered(&page, "URL"), "{}", page.body);
    assert!(!page.body.contains("optional"), "a filter's fields need not say that they may be left empty");
}

#[tokio::test]
async fn a_viewer_sees_and_changes_nothing() {
    let console = Console::start().await;
    let mut ada = console.administrator().await;
    let place = leads(&upload(&mut ada, "List", "list.txt", LIST).await);
    let mut linus = console.person(&mut ada, "linus", Role::Viewer).await;
    let mut grace = console.person(&mut ada, "grace", Role::Operator).await;
    for path in [place.clone(), format!("{place}/settings"), "/collections".to_owned()] {
        let page = linus.get(&path).send().await;
        assert_eq!(page.status, 200, "{path}");
        for button in ["/collections/new", "/delete", "/files\"", "Save", "/test\""] {
            assert!(!page.body.contains(button), "{path} {button}");
        }
    }
    assert!(linus.get(&place).send().await.body.contains("evil.example"));
    for path in ["/collections/new", "/collections/new/threatq", &format!("{place}/delete")] {
        assert_eq!(linus.get(path).send().await.status, 403, "{path}");
        assert_eq!(grace.get(path).send().await.status, 200, "{path}");
    }
    for path in ["filter", "test", "settings", "connection", "delete"] {
        assert_eq!(post_form(&mut linus, &format!("{place}/{path}"), &[]).await.status, 403, "{path}");
    }
    for path in ["/collections/new".to_owned(), format!("{place}/files")] {
        let answer = post_files(&mut linus, &path, &[("name", "x")], &[("files", "a.txt", LIST)]).await;
        assert_eq!(answer.status, 403, "{path}");
    }
    leads(&upload(&mut grace, "Hers", "list.txt", LIST).await);
}

/// Hashes beside the addresses of their servers: by default the hashes are read, and the addresses are not.
const C2: &[u8] = b"sha256,c2 address,seen\n\
    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,198.51.100.7,monday\n\
    bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb,198.51.100.8,tuesday\n\
    cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc,198.51.100.9,friday\n";

#[tokio::test]
async fn columns_that_hold_values_and_are_not_read_are_shown_chosen_and_kept() {
    let console = Console::start().await;
    let mut ada = console.administrator().await;
    let path = leads(&upload(&mut ada, "C2", "c2.csv", C2).await);
    let page = ada.get(&path).send().await;
    let text = read(&page);
    assert!(text.contains("How the files are read c2.csv: csv"), "{text}");
    assert!(text.contains("sha256 Value 0 c2 address Attribute 3 seen Attribute 0"), "{text}");
    assert_eq!(objects(&page), 3);

    // A preview of another choice shows what it finds, and saves nothing.
    let choice = [("reading", "on"), ("format", "csv"), ("value-column", "c2 address")];
    let preview = [&choice[..], &[("do", "preview")]].concat();
    let shown = leads(&post_form(&mut ada, &format!("{path}/reading"), &preview).await);
    let shown = shown.split('#').next().unwrap().to_owned();
    let tried = ada.get(&shown).send().await;
    let text = read(&tried);
    assert!(
        text.contains("It is not saved") && text.contains("sha256 Attribute 3 c2 address Value 0"),
        "{text}"
    );
    assert!(tried.body.contains("198.51.100.9") && !tried.body.contains(r#"action="/selection""#), "{text}");
    assert!(tried.body.contains(r#"value-column=c2+address"#), "links keep the choice: {}", tried.body);
    assert!(!ada.get(&path).send().await.body.contains("<code class=\"wrap\">198.51.100.9"));

    // Saved, it is used by the page, the API and renewed files.
    let version = value(&page, "version");
    let save = [&choice[..], &[("do", "save"), ("version", &version)]].concat();
    assert_eq!(leads(&post_form(&mut ada, &format!("{path}/reading"), &save).await), path);
    assert!(ada.get(&path).send().await.body.contains("<code class=\"wrap\">198.51.100.9"));
    let stale = post_form(&mut ada, &format!("{path}/reading"), &save[..4]).await;
    assert_eq!(leads(&stale), path, "the same again changes nothing");
    let told = ada.get("/api/v1/collections/1").send().await.json();
    assert_eq!(
        (&told["format"], &told["columns"]["values"]),
        (&json!("csv"), &json!(["c2 address"])),
        "{told}"
    );
    let renewed = String::from_utf8_lossy(C2).replace("198.51.100.9", "203.0.113.9");
    let files = [("files", "c2-new.csv", renewed.as_bytes())];
    let answer = ada.call("PUT", "/api/v1/collections/1/files");
    let body = "--x\r\nContent-Disposition: form-data; name=\"files\"; filename=\"c2-new.csv\"\r\n\r\n"
        .to_owned()
        + std::str::from_utf8(files[0].2).unwrap()
        + "\r\n--x--\r\n";
    let answer = answer.body("multipart/form-data; boundary=x", body.as_bytes()).send().await;
    assert_eq!(answer.status, 204, "{}", answer.body);
    assert!(ada.get(&path).send().await.body.contains("<code class=\"wrap\">203.0.113.9"));
    // A file without the column is refused, and the old files stay.
    let fields = [("version", "")];
    let other =
        [("files", "other.csv", &b"sha1,seen\n3395856ce81f2b7382dee72602f798b642f14140,monday\n"[..])];
    let refused = post_files(&mut ada, &format!("{path}/files"), &fields, &other).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(ada.get(&path).send().await.body.contains("<code class=\"wrap\">203.0.113.9"));
    // With another choice in the same form it is taken, and the choice is kept.
    let fields = [("format", "csv"), ("value-columns", "sha1\n"), ("type-column", "")];
    leads(&post_files(&mut ada, &format!("{path}/files"), &fields, &other).await);
    let told = ada.get("/api/v1/collections/1").send().await.json();
    assert_eq!(told["columns"]["values"], json!(["sha1"]), "{told}");
    leads(&post_form(&mut ada, &format!("{path}/reading"), &[("do", "automatic")]).await);
    let told = ada.get("/api/v1/collections/1").send().await.json();
    assert_eq!((&told["format"], &told["columns"]["values"]), (&json!(""), &json!([])), "{told}");
}

#[tokio::test]
async fn an_upload_with_several_columns_of_values_names_them_and_takes_a_choice() {
    let console = Console::start().await;
    let mut ada = console.administrator().await;
    let file = [("files", "both.csv", &b"url,domain\nhttps://a.bad.example/x,b.bad.example\n"[..])];
    let fields = [("name", "Both"), ("format", "")];
    let refused = post_files(&mut ada, "/collections/new", &fields, &file).await;
    let text = read(&refused);
    assert!(refused.status == 422 && text.contains("url") && text.contains("domain"), "{text}");
    let fields = [("name", "Both"), ("format", ""), ("value-columns", "url\r\ndomain"), ("type-column", "")];
    let path = leads(&post_files(&mut ada, "/collections/new", &fields, &file).await);
    assert_eq!(objects(&ada.get(&path).send().await), 2);
    assert!(read(&ada.get(&path).send().await).contains("columns url, domain"));
    // The API takes them as the command line writes them, and refuses what is no assignment.
    for (columns, status) in [("value=domain", 201), ("domain", 422)] {
        let fields = [("name", "Api"), ("columns", columns)];
        let answer = post_files(&mut ada, "/api/v1/collections/upload", &fields, &file).await;
        assert_eq!(answer.status, status, "{columns}: {}", answer.body);
    }
    for (body, status) in [
        (json!({"name": "Both", "columns": {"values": ["domain"], "type": null}}), 204),
        (json!({"name": "Both", "columns": {"values": ["nowhere"]}}), 422),
        (json!({"name": "Both", "format": "text", "columns": {"values": ["domain"]}}), 422),
        (json!({"name": "Both", "format": "xml"}), 422),
    ] {
        let answer = ada.call("PUT", "/api/v1/collections/1").json(&body.to_string()).send().await;
        assert_eq!(answer.status, status, "{body}: {}", answer.body);
    }
    let told = ada.get("/api/v1/collections/1").send().await.json();
    assert_eq!(told["columns"]["values"], json!(["domain"]), "{told}");
    let preview = ada.get("/api/v1/collections/1/preview").send().await.json();
    assert_eq!(
        (&preview["objects"], &preview["files"][0]["columns"][0]["unread"]),
        (&json!(1), &json!(1)),
        "{preview}"
    );
}

#[tokio::test]
async fn objects_that_their_source_excludes_are_not_counted_among_the_objects() {
    let console = Console::start().await;
    let mut ada = console.administrator().await;
    let list = b"value,to_ids\nevil.bad.example,1\nharmless.bad.example,0\nworse.bad.example,1\n";
    let path = leads(&upload(&mut ada, "Marked", "marked.csv", list).await);
    let page = ada.get(&path).send().await;
    let text = read(&page);
    assert_eq!(objects(&page), 2, "{text}");
    assert!(text.contains("Excluded by source 1"), "{text}");
    assert!(!page.body.contains("harmless.bad.example"), "{text}");
    let preview = ada.get("/api/v1/collections/1/preview").send().await.json();
    assert_eq!((&preview["objects"], &preview["left_out"]), (&json!(2), &json!(1)), "{preview}");
}
