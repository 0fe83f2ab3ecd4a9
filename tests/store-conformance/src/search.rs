//! What the search and the page of an object ask of the state.

use jiff::Timestamp;
use palisade_limits as limits;
use palisade_model::Verdict;
use palisade_store::{
    Event, FileWriter, NewCollection, NewFile, NewRun, NewVerdict, ObjectFilter, ObjectOrder, Origin, Page,
    RunEnd, RunId, RunStatus, Store, StoredObject, TaskState, Wait as _, WorkflowId,
};
use serde_json::json;

use crate::Place;
use crate::given::{new_workflow, now};

fn workflow(store: &dyn Store, name: &str) -> WorkflowId {
    store.add_workflow(&new_workflow(name), "ada", now()).wait().unwrap()
}

fn run(store: &dyn Store, workflow: WorkflowId, objects: &[(&str, &str)]) -> RunId {
    let object = |(subtype, value): &(&str, &str)| StoredObject {
        subtype: (*subtype).to_owned(),
        value: (*value).to_owned(),
        platform_id: None,
        file: "list.txt".to_owned(),
        location: "line 1".to_owned(),
        record: json!({}),
    };
    let new = NewRun {
        workflow,
        origin: Origin::RunNow,
        requested_by: "grace".to_owned(),
        tick: None,
        retry_of: None,
        dry_run: false,
        evictions: Some(0),
        collection: "Phishing".to_owned(),
        deadline_at: now(),
        steps: Vec::new(),
        objects: Some(objects.iter().map(object).collect()),
        carried: Vec::new(),
    };
    let run = store.add_run(&new, now()).wait().unwrap().unwrap();
    store.submit_task(run, &run.to_string(), "tenant", Timestamp::MAX, now()).wait().unwrap();
    run
}

fn found(store: &dyn Store, text: &str) -> Vec<(String, u64)> {
    let matches = store.search_run_objects(text, Page { offset: 0, limit: 50 }).wait().unwrap();
    matches.rows.into_iter().map(|row| (row.value, row.runs)).collect()
}

pub fn a_value_is_found_in_every_spelling_and_by_its_beginning(place: &dyn Place) {
    let store = &*place.open();
    let first = workflow(store, "Nightly");
    run(
        store,
        first,
        &[("URL", "hxxp://a[.]example/Path"), ("FQDN", "A.example"), ("FQDN", "other.example")],
    );
    run(store, first, &[("URL", "hxxp://a[.]example/Path"), ("FQDN", "a.example.evil")]);
    for spelling in
        ["hxxp://a[.]example/Path", "http://a.example/Path", "https://A.EXAMPLE/Path/", "a(.)example/Path"]
    {
        assert_eq!(found(store, spelling), [("hxxp://a[.]example/Path".to_owned(), 2)], "{spelling}");
    }
    let all = ["A.example", "a.example.evil", "hxxp://a[.]example/Path"];
    let values: Vec<String> = found(store, "a.exam").into_iter().map(|(value, _)| value).collect();
    assert_eq!(values, all, "the value that is the text comes first, and the others in order");
    for text in ["http://", "", " ", "example", "%", "a_example"] {
        assert_eq!(found(store, text), [], "{text}");
    }
}

pub fn the_values_of_one_key_are_told_apart_by_type(place: &dyn Place) {
    let store = &*place.open();
    let first = workflow(store, "Nightly");
    let last =
        run(store, first, &[("FQDN", "a.example"), ("URL", "http://a.example/"), ("FQDN", "a.example")]);
    let matches = store.search_run_objects("a.example", Page::ALL).wait().unwrap();
    let rows: Vec<_> =
        matches.rows.iter().map(|row| (row.subtype.as_str(), row.runs, row.run, row.place)).collect();
    assert_eq!(rows, [("FQDN", 1, last, 1), ("URL", 1, last, 2)], "a duplicate is not another run");
}

pub fn a_search_counts_no_further_than_its_limit_and_pages_to_it(place: &dyn Place) {
    let store = &*place.open();
    let first = workflow(store, "Nightly");
    let values: Vec<String> =
        (0..limits::SEARCH_COUNTED + 5).map(|number| format!("host-{number:05}.example")).collect();
    let objects: Vec<(&str, &str)> = values.iter().map(|value| ("FQDN", value.as_str())).collect();
    run(store, first, &objects);
    let matches = store
        .search_run_objects("host-", Page { offset: limits::SEARCH_COUNTED - 1, limit: 50 })
        .wait()
        .unwrap();
    assert_eq!((matches.total, matches.more, matches.rows.len()), (limits::SEARCH_COUNTED, true, 1));
    let matches = store.search_run_objects("host-0000", Page { offset: 4, limit: 3 }).wait().unwrap();
    assert_eq!(
        (matches.total, matches.more, matches.rows[0].value.as_str()),
        (10, false, "host-00004.example")
    );
}

pub fn the_objects_of_uploaded_files_are_found_until_they_are_replaced(place: &dyn Place) {
    let store = &*place.open();
    let (source, filter) = (json!({ "kind": "files" }), json!({}));
    let new = NewCollection { name: "Phishing".to_owned(), description: String::new(), source, filter };
    let id = store.add_collection(&new, "ada", now()).wait().unwrap();
    let upload = |value: &str| {
        let file = NewFile {
            name: "list.txt".to_owned(),
            digest: "digest".to_owned(),
            content: FileWriter::default(),
            objects: vec![("FQDN".to_owned(), value.to_owned())],
        };
        store.replace_files(id, vec![file], None, None, now()).wait().unwrap();
    };
    upload("evil[.]example");
    let matches = store.search_file_objects("EVIL.example", Page::ALL).wait().unwrap();
    assert_eq!((matches.total, matches.rows[0].collection_name.as_str()), (1, "Phishing"));
    upload("worse.example");
    assert_eq!(store.search_file_objects("evil.example", Page::ALL).wait().unwrap().total, 0);
    store.remove_collection(id).wait().unwrap();
    assert_eq!(store.search_file_objects("worse.example", Page::ALL).wait().unwrap().total, 0);
}

pub fn names_are_found_by_any_part_and_a_run_by_its_number(place: &dyn Place) {
    let store = &*place.open();
    let nightly = workflow(store, "Block 100% nightly");
    workflow(store, "Weekly");
    let first = run(store, nightly, &[]);
    let second = run(store, nightly, &[]);
    let names = |text: &str| -> Vec<String> {
        let matches = store.search_workflows(text, Page::ALL).wait().unwrap();
        matches.rows.into_iter().map(|row| row.name).collect()
    };
    assert_eq!(names("100% NIGHT"), ["Block 100% nightly"]);
    assert_eq!(names("%"), ["Block 100% nightly"], "a percent sign is itself");
    assert_eq!(names(""), [] as [&str; 0]);
    let runs = |text: &str| -> Vec<RunId> {
        store.search_runs(text, Page::ALL).wait().unwrap().rows.into_iter().map(|row| row.id).collect()
    };
    assert_eq!(runs("nightly"), [second, first]);
    assert_eq!(runs("grace"), [second, first]);
    assert_eq!(runs(&format!("run {first}")), [first]);
    assert_eq!(runs("run 99"), []);
}

pub fn the_neighbours_of_an_object_are_those_of_the_list_in_every_order_and_filter(place: &dyn Place) {
    let store = &*place.open();
    let first = workflow(store, "Nightly");
    let values = ["c.example", "a.example", "b.example", "a.example", "d.example"];
    let objects: Vec<(&str, &str)> = values.iter().map(|value| ("FQDN", *value)).collect();
    let id = run(store, first, &objects);
    let task = store.claim_task(now()).wait().unwrap().unwrap();
    let verdict =
        |place, verdict| NewVerdict { place, verdict, code: None, message: None, submissions: json!([]) };
    let verdicts = [
        verdict(1, Verdict::Failed),
        verdict(2, Verdict::Accepted),
        verdict(3, Verdict::Failed),
        verdict(4, Verdict::Failed),
    ];
    store.record_verdicts(task.activation(), 1, &verdicts, now()).wait().unwrap();
    let failed = ObjectFilter { verdict: Some(Verdict::Failed), ..ObjectFilter::default() };
    let open = ObjectFilter { open: true, ..ObjectFilter::default() };
    let text = ObjectFilter { text: Some("a.ex".to_owned()), ..ObjectFilter::default() };
    for filter in [ObjectFilter::default(), failed.clone(), open, text] {
        for order in ObjectOrder::ALL {
            for descending in [false, true] {
                let (rows, total) =
                    store.run_objects(id, 1, &filter, *order, descending, Page::ALL).wait().unwrap();
                let places: Vec<u64> = rows.iter().map(|row| row.place).collect();
                for (index, place) in places.iter().enumerate() {
                    let beside =
                        store.neighbours(id, 1, &filter, *order, descending, *place).wait().unwrap().unwrap();
                    assert_eq!(
                        (beside.position, beside.total),
                        (index as u64 + 1, total),
                        "{filter:?} {order}"
                    );
                    let before = index.checked_sub(1).map(|index| places[index]);
                    assert_eq!((beside.previous, beside.next), (before, places.get(index + 1).copied()));
                }
            }
        }
    }
    assert_eq!(store.neighbours(id, 1, &failed, ObjectOrder::Place, false, 2).wait().unwrap(), None);
}

pub fn the_runs_before_and_after_are_those_of_the_same_workflow_and_value(place: &dyn Place) {
    let store = &*place.open();
    let (nightly, weekly) = (workflow(store, "Nightly"), workflow(store, "Weekly"));
    let first = run(store, nightly, &[("FQDN", "b.example"), ("FQDN", "a.example")]);
    run(store, nightly, &[("FQDN", "b.example")]);
    let third = run(store, nightly, &[("FQDN", "a.example"), ("FQDN", "a.example")]);
    run(store, weekly, &[("FQDN", "a.example")]);
    let fifth = run(store, nightly, &[("URL", "a.example"), ("FQDN", "a.example")]);
    let (before, after) = store.same_value(third, 1, 10).wait().unwrap();
    let places = |rows: &[palisade_store::SameValue]| -> Vec<(RunId, u64)> {
        rows.iter().map(|row| (row.run, row.place)).collect()
    };
    assert_eq!((places(&before), places(&after)), (vec![(first, 2)], vec![(fifth, 2)]));
    let (before, after) = store.same_value(fifth, 2, 1).wait().unwrap();
    assert_eq!((places(&before), places(&after)), (vec![(third, 1)], vec![]), "the nearest first");
}

pub fn a_run_that_is_taken_back_says_so_in_its_timeline(place: &dyn Place) {
    let store = &*place.open();
    let first = workflow(store, "Nightly");
    let (under_way, queued) = (run(store, first, &[]), run(store, first, &[]));
    let task = store.claim_task(now()).wait().unwrap().unwrap();
    assert_eq!(task.run, under_way);
    let later: Timestamp = "2026-11-22T08:05:00Z".parse().unwrap();
    let event = Event::new(later, "restarted", "the service ended");
    assert_eq!(store.take_back_tasks(Timestamp::MAX, &event).wait().unwrap(), 1);
    assert_eq!(store.task(under_way).wait().unwrap().unwrap().state, TaskState::Ready);
    assert_eq!(store.events(under_way).wait().unwrap().last(), Some(&event));
    assert_eq!(store.events(queued).wait().unwrap().len(), 1, "nobody worked on it");
    let again = store.claim_task(later).wait().unwrap().unwrap();
    store.end_run(again.activation(), &RunEnd::of(RunStatus::Completed), later).wait().unwrap();
    assert_eq!(store.take_back_tasks(Timestamp::MAX, &event).wait().unwrap(), 0);
}
