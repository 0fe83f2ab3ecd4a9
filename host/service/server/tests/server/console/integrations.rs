//! A bundle as an administrator meets it: upload, review, confirmations, configuration, uninstall.

use palisade_bundle::SigningKey;
use palisade_server::Role;
use palisade_store::{StoredValue, Wait as _};

use crate::console::support::{Console, leads, post_files, post_form, read, value};
use crate::harness::Client;

const BLOCKLIST: &str = "/integrations/1/actions/add-to-blocklist";

async fn upload(client: &mut Client, zip: &[u8]) -> String {
    let answer = post_files(client, "/integrations/new", &[], &[("bundle", "vision-one.zip", zip)]).await;
    leads(&answer)
}

async fn install(client: &mut Client, zip: &[u8]) -> String {
    let review = upload(client, zip).await;
    let answer = [("answer", "install"), ("replace", "on"), ("overwrite", "on")];
    leads(&post_form(client, &review, &answer).await)
}

#[tokio::test]
async fn an_empty_list_says_what_to_do() {
    let console = Console::start().await;
    let mut ada = console.administrator().await;
    let page = ada.get("/integrations").send().await;
    assert!(read(&page).contains("No integration yet") && page.body.contains(r#"href="/integrations/new""#));
    let mut linus = console.person(&mut ada, "linus", Role::Viewer).await;
    let page = linus.get("/integrations").send().await;
    assert!(read(&page).contains("No integration yet") && !page.body.contains("/integrations/new"));
}

#[tokio::test]
async fn a_bundle_is_reviewed_before_it_is_installed() {
    let console = Console::start().await;
    let mut ada = console.administrator().await;
    let review = upload(&mut ada, &console.signed()).await;
    assert!(review.starts_with("/integrations/review/"), "{review}");
    let page = ada.get(&review).send().await;
    let text = read(&page);
    for told in [
        "Review Trend Micro Vision One",
        "Signed by Test press",
        "Trusted comment trend-vision-one 0.1.0",
        "https://{api_region}/v3.0/threatintel/suspiciousObjects",
        "Adds the objects of the collection to the suspicious object list.",
        "IPv6 Address",
        "vision-one.zip",
        "This integration is new.",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert!(!page.body.contains(r#"name="replace""#) && !page.body.contains(r#"name="overwrite""#));
    assert!(console.store.bundles().wait().unwrap().is_empty(), "a review installs nothing");

    assert_eq!(leads(&post_form(&mut ada, &review, &[("answer", "install")]).await), "/integrations/1");
    let text = read(&ada.get("/integrations/1").send().await);
    assert!(text.contains("Trend Micro Vision One 0.1.0 installed.") && text.contains("Current"), "{text}");
    let text = read(&ada.get("/integrations").send().await);
    assert!(text.contains("Trend Micro Vision One - Add to Exception List"), "{text}");
    assert!(text.contains("installed") && text.contains("by ada; no workflow uses it yet"), "{text}");
    assert_eq!(ada.get(&review).send().await.status, 410, "what is installed waits no longer");
}

#[tokio::test]
async fn an_upload_that_is_cancelled_is_gone() {
    let console = Console::start().await;
    let mut ada = console.administrator().await;
    let review = upload(&mut ada, &console.signed()).await;
    assert_eq!(leads(&post_form(&mut ada, &review, &[("answer", "cancel")]).await), "/integrations");
    let answer = ada.get(&review).send().await;
    assert!(answer.status == 410 && answer.body.contains("upload-gone"), "{answer:?}");
    assert_eq!(post_form(&mut ada, &review, &[("answer", "install")]).await.status, 410);
    assert!(console.store.bundles().wait().unwrap().is_empty());
}

#[tokio::test]
async fn an_upload_is_nobody_elses() {
    let console = Console::start().await;
    let mut ada = console.administrator().await;
    let mut grace = console.person(&mut ada, "grace", Role::Administrator).await;
    let review = upload(&mut ada, &console.signed()).await;
    assert_eq!(grace.get(&review).send().await.status, 410);
    assert_eq!(post_form(&mut grace, &review, &[("answer", "install")]).await.status, 410);
    assert_eq!(ada.get(&review).send().await.status, 200);
}

#[tokio::test]
async fn both_confirmations_are_needed_and_each_is_named() {
    let console = Console::start().await;
    let mut ada = console.administrator().await;
    install(&mut ada, &console.signed()).await;
    let save = [("setting-api_region", "api.eu.xdr.trendmicro.com"), ("setting-objects_per_run", "77")];
    leads(&post_form(&mut ada, BLOCKLIST, &save).await);
    let workflow = console.workflow("Block what is bad", 1, None);

    let review = upload(&mut ada, &console.later()).await;
    let text = read(&ada.get(&review).send().await);
    for told in [
        "is already installed : version 0.1.0",
        "Replace version 0.1.0 with version 0.2.0",
        "Version 0.2.0 changes the configuration.",
        "Changed Objects Per Run",
        "existing workflows keep their own copies",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    for (given, missing) in [
        (&[("answer", "install")][..], &["replace", "overwrite"][..]),
        (&[("answer", "install"), ("replace", "on")], &["overwrite"]),
        (&[("answer", "install"), ("overwrite", "on")], &["replace"]),
    ] {
        let answer = post_form(&mut ada, &review, given).await;
        assert_eq!(answer.status, 422, "{given:?}");
        for field in ["replace", "overwrite"] {
            let named = answer.body.contains(&format!("id=\"{field}-fault\""));
            assert_eq!(named, missing.contains(&field), "{given:?} {field}");
        }
        assert_eq!(console.store.bundles().wait().unwrap().len(), 1, "{given:?}");
    }
    let both = [("answer", "install"), ("replace", "on"), ("overwrite", "on")];
    assert_eq!(leads(&post_form(&mut ada, &review, &both).await), "/integrations/2");

    let page = ada.get("/integrations/2/actions/add-to-blocklist").send().await;
    assert_eq!(value(&page, "setting-objects_per_run"), "5000", "its saved default is overwritten");
    assert!(
        page.body.contains(r#"<option value="api.eu.xdr.trendmicro.com" selected>"#),
        "the other one is kept"
    );
    let row = console.store.workflow(palisade_store::WorkflowId(workflow)).wait().unwrap();
    assert_eq!(
        row.steps[0].configuration["objects_per_run"],
        StoredValue::Value(77.into()),
        "it keeps its copy"
    );
    let text = read(&ada.get("/integrations/1").send().await);
    assert!(text.contains("This is an earlier version.") && text.contains("Block what is bad"), "{text}");
    let earlier = post_form(&mut ada, BLOCKLIST, &save).await;
    assert!(earlier.status == 409 && earlier.body.contains("earlier-version"), "{earlier:?}");
}

#[tokio::test]
async fn the_same_zip_again_says_so() {
    let console = Console::start().await;
    let mut ada = console.administrator().await;
    install(&mut ada, &console.signed()).await;
    let review = upload(&mut ada, &console.signed()).await;
    let page = ada.get(&review).send().await;
    assert!(read(&page).contains("It is the same zip.") && !page.body.contains(r#"name="overwrite""#));
}

#[tokio::test]
async fn a_zip_that_is_refused_says_why_and_what_to_do() {
    let console = Console::start().await;
    let mut ada = console.administrator().await;
    let stranger = SigningKey::generate(None).unwrap();
    let mut damaged = console.signed();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0xff;
    for (zip, code) in [
        (console.bundle(|manifest| manifest, None), "bundle-unsigned"),
        (console.bundle(|manifest| manifest, Some(&stranger)), "signature-key-unknown"),
        (damaged, ""),
        (b"<b>no zip</b>".to_vec(), ""),
    ] {
        let answer =
            post_files(&mut ada, "/integrations/new", &[], &[("bundle", "../../<b>.zip", &zip)]).await;
        assert_eq!(answer.status, 422, "{answer:?}");
        let text = read(&answer);
        assert!(text.contains("This zip cannot be installed."), "{text}");
        assert!(answer.body.contains(code), "{code}: {text}");
        assert!(!answer.body.contains("<b>") && !answer.body.contains("../"), "{}", answer.body);
        assert!(answer.body.contains(r#"type="file""#), "another one can be chosen at once");
    }
    let answer = post_files(&mut ada, "/integrations/new", &[], &[("bundle", "", b"")]).await;
    assert!(answer.status == 422 && answer.body.contains("bundle-fault"), "{answer:?}");
    assert!(console.store.bundles().wait().unwrap().is_empty());
}

#[tokio::test]
async fn uninstalling_what_is_used_names_the_workflows() {
    let console = Console::start().await;
    let mut ada = console.administrator().await;
    install(&mut ada, &console.signed()).await;
    let workflow = console.workflow("Block <i>what</i> is bad", 1, None);
    for answer in [
        ada.get("/integrations/1/uninstall").send().await,
        post_form(&mut ada, "/integrations/1/uninstall", &[]).await,
    ] {
        assert!(answer.body.contains(&format!(r#"href="/workflows/{workflow}""#)), "{answer:?}");
        assert!(answer.body.contains("Block ") && !answer.body.contains("<i>"), "{answer:?}");
        assert!(!answer.body.contains(r#"action="/integrations/1/uninstall""#));
    }
    assert_eq!(console.store.bundles().wait().unwrap().len(), 1);

    console.orchestrator.remove_workflow(palisade_store::WorkflowId(workflow), "test").unwrap();
    let page = ada.get("/integrations/1/uninstall").send().await;
    assert!(page.body.contains(r#"action="/integrations/1/uninstall""#));
    assert_eq!(leads(&post_form(&mut ada, "/integrations/1/uninstall", &[]).await), "/integrations");
    assert!(read(&ada.get("/integrations").send().await).contains("uninstalled."));
    assert_eq!(ada.get("/integrations/1").send().await.status, 404);
}

#[tokio::test]
async fn an_actions_page_has_the_guides_words() {
    let console = Console::start().await;
    let mut ada = console.administrator().await;
    install(&mut ada, &console.signed()).await;
    let text = read(&ada.get(BLOCKLIST).send().await);
    for told in [
        "Additional Information",
        "Integration Type Action",
        "Version 0.1.0",
        "Action ID add-to-blocklist",
        "Accepted Data Types Indicators FQDN IP Address URL Email Address SHA-1 SHA-256",
        "Connection Settings",
        "Blocklist Settings",
        "Workflow Settings",
        "After 30 Days",
        "This key must be from a SOAR role. Not set.",
        "Existing workflows keep their own copies",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert_eq!(ada.get("/integrations/1/actions/nothing").send().await.status, 404);
}

#[tokio::test]
async fn a_secret_is_kept_and_in_no_page() {
    let console = Console::start().await;
    let mut ada = console.administrator().await;
    install(&mut ada, &console.signed()).await;
    let key = "TOP-SECRET-KEY-1";
    let save = [("setting-api_key", key), ("setting-risk_level", "high")];
    leads(&post_form(&mut ada, BLOCKLIST, &save).await);
    let held = console.held("trend-vision-one", "add-to-blocklist");
    let StoredValue::Secret { secret } = held["api_key"] else { panic!("{held:?}") };

    // An empty field keeps it, a wrong form does not show it, and saving something else does not lose it.
    leads(&post_form(&mut ada, BLOCKLIST, &[("setting-api_key", ""), ("setting-risk_level", "low")]).await);
    let held = console.held("trend-vision-one", "add-to-blocklist");
    assert_eq!(held["api_key"], StoredValue::Secret { secret });
    assert_eq!(held["risk_level"], StoredValue::Value("low".into()));
    let wrong = [("setting-api_key", key), ("setting-objects_per_run", "many")];
    let answer = post_form(&mut ada, BLOCKLIST, &wrong).await;
    assert_eq!(answer.status, 422);
    assert!(!answer.body.contains(key));
    for path in [
        BLOCKLIST,
        "/integrations",
        "/integrations/1",
        "/audit",
        "/api/v1/integrations/1/actions/add-to-blocklist",
    ] {
        let page = ada.get(path).send().await;
        assert_eq!(page.status, 200, "{path}");
        assert!(!page.body.contains(key), "{path}");
    }
    assert!(read(&ada.get(BLOCKLIST).send().await).contains("A value is set. Leave empty to keep it."));
}

#[tokio::test]
async fn a_secret_that_is_kept_can_be_taken_away() {
    let console = Console::start().await;
    let mut ada = console.administrator().await;
    install(&mut ada, &console.signed()).await;
    assert!(!ada.get(BLOCKLIST).send().await.body.contains("setting-api_key.remove"), "there is none yet");
    leads(&post_form(&mut ada, BLOCKLIST, &[("setting-api_key", "FIRST-KEY")]).await);
    assert!(ada.get(BLOCKLIST).send().await.body.contains(r#"name="setting-api_key.remove""#));
    let held = || console.held("trend-vision-one", "add-to-blocklist");
    let StoredValue::Secret { secret: first } = held()["api_key"] else { panic!("{:?}", held()) };
    // Who enters a new one means the new one.
    let both = [("setting-api_key", "SECOND-KEY"), ("setting-api_key.remove", "on")];
    leads(&post_form(&mut ada, BLOCKLIST, &both).await);
    let StoredValue::Secret { secret: second } = held()["api_key"] else { panic!("{:?}", held()) };
    assert!(second.0 > first.0);
    leads(
        &post_form(&mut ada, BLOCKLIST, &[("setting-api_key", ""), ("setting-api_key.remove", "on")]).await,
    );
    assert!(!held().contains_key("api_key"), "{:?}", held());
    assert!(read(&ada.get(BLOCKLIST).send().await).contains("Not set."));
    // A program takes it away with nothing.
    let path = "/api/v1/integrations/1/actions/add-to-blocklist";
    for nothing in ["null", r#""""#] {
        let set = ada.call("PUT", path).json(r#"{"configuration": {"api_key": "THIRD-KEY"}}"#).send().await;
        assert!(set.status == 200 && held().contains_key("api_key"), "{}", set.body);
        let body = format!(r#"{{"configuration": {{"api_key": {nothing}}}}}"#);
        let cleared = ada.call("PUT", path).json(&body).send().await;
        assert!(cleared.status == 200 && !held().contains_key("api_key"), "{}", cleared.body);
    }
}

#[tokio::test]
async fn a_form_without_its_file_says_so_on_top_and_at_the_field() {
    let console = Console::start().await;
    let mut ada = console.administrator().await;
    let answer = post_files(&mut ada, "/integrations/new", &[], &[("bundle", "", b"")]).await;
    assert_eq!(answer.status, 422);
    assert!(
        answer.body.contains(r##"<a href="#bundle">Choose the zip file of an integration.</a>"##),
        "{}",
        answer.body
    );
    assert!(answer.body.contains(r#"id="bundle-fault""#) && answer.body.contains("Not saved."));
}

#[tokio::test]
async fn what_is_wrong_stands_beside_its_field_and_what_was_entered_stays() {
    let console = Console::start().await;
    let mut ada = console.administrator().await;
    install(&mut ada, &console.signed()).await;
    let wrong = [
        ("setting-objects_per_run", "0"),
        ("setting-risk_level", "<none>"),
        ("setting-ioc_expiration", "90"),
        ("csrf_token", "no parameter"),
    ];
    let answer = post_form(&mut ada, BLOCKLIST, &wrong).await;
    assert_eq!(answer.status, 422, "{}", answer.body);
    for field in ["objects_per_run", "risk_level"] {
        assert!(answer.body.contains(&format!("id=\"setting-{field}-fault\"")), "{field}: {}", answer.body);
        assert!(answer.body.contains(&format!("href=\"#setting-{field}\"")), "{field}");
    }
    assert_eq!(value(&answer, "setting-objects_per_run"), "0");
    assert!(answer.body.contains(r#"<option value="90" selected>"#), "{}", answer.body);
    assert!(!answer.body.contains("<none>"));
    assert!(console.held("trend-vision-one", "add-to-blocklist").is_empty());
}

#[tokio::test]
async fn others_than_administrators_see_and_change_nothing() {
    let console = Console::start().await;
    let mut ada = console.administrator().await;
    install(&mut ada, &console.signed()).await;
    for role in [Role::Viewer, Role::Operator] {
        let mut person = console.person(&mut ada, role.name(), role).await;
        for path in ["/integrations", "/integrations/1", BLOCKLIST] {
            let page = person.get(path).send().await;
            assert_eq!(page.status, 200, "{path}");
            for button in ["/integrations/new", "/uninstall", ">Save<"] {
                assert!(!page.body.contains(button), "{role} {path} {button}");
            }
        }
        assert!(person.get(BLOCKLIST).send().await.body.contains("<fieldset disabled>"));
        for path in ["/integrations/new", "/integrations/1/uninstall", "/integrations/review/x"] {
            assert_eq!(person.get(path).send().await.status, 403, "{role} {path}");
        }
        let zip = console.signed();
        let answer = post_files(&mut person, "/integrations/new", &[], &[("bundle", "a.zip", &zip)]).await;
        assert_eq!(answer.status, 403, "{role}");
        for path in ["/integrations/review/x", "/integrations/1/uninstall", BLOCKLIST] {
            assert_eq!(post_form(&mut person, path, &[]).await.status, 403, "{role} {path}");
        }
    }
}
