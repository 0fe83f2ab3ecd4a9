//! How many entries lists hold: the latest report counts.

use jiff::SignedDuration;
use palisade_store::{
    Activation, Lists, NewHolding, NewRun, NewWorkflow, Origin, RunId, Store, StoreError, Wait as _,
    WorkflowId,
};

use crate::Place;
use crate::given::{new_workflow, now};

fn workflow(store: &dyn Store, name: &str) -> WorkflowId {
    let new = NewWorkflow { evictions: None, ..new_workflow(name) };
    store.add_workflow(&new, "ada", now()).wait().unwrap()
}

/// A run that is worked on.
fn active(store: &dyn Store, workflow: WorkflowId) -> Activation {
    let deadline_at = now() + SignedDuration::from_hours(1);
    let new = NewRun {
        workflow,
        origin: Origin::RunNow,
        requested_by: "ada".to_owned(),
        tick: None,
        retry_of: None,
        dry_run: false,
        evictions: None,
        collection: String::new(),
        deadline_at,
        steps: Vec::new(),
        objects: None,
        carried: Vec::new(),
    };
    let run = store.add_run(&new, now()).wait().unwrap().unwrap();
    store.submit_task(run, &run.to_string(), "tenant", deadline_at, now()).wait().unwrap();
    store.claim_task(now()).wait().unwrap().unwrap().activation()
}

fn holding(field: &str, entries: u64) -> NewHolding {
    let field = (!field.is_empty()).then(|| field.to_owned());
    NewHolding { list: "block list".to_owned(), field, entries, limit: Some(10_000) }
}

fn lists(tenant: &str) -> Lists {
    Lists {
        tenant: tenant.to_string(),
        bundle: "example".to_owned(),
        service: "https://api.example.com".to_owned(),
    }
}

fn held(store: &dyn Store) -> Vec<(String, Option<String>, u64, RunId)> {
    let rows = store.holdings().wait().unwrap().into_iter();
    rows.map(|row| (row.tenant, row.holding.field, row.holding.entries, row.run)).collect()
}

pub fn the_latest_word_about_a_list_counts_for_each_tenant_and_type(place: &dyn Place) {
    let store = &*place.open();
    let (one, other) = (workflow(store, "one"), workflow(store, "other"));
    let first = active(store, one);
    store.record_holdings(first, 1, &lists("a"), &[holding("ip", 1), holding("", 9)], now()).wait().unwrap();
    let second = active(store, other);
    store.record_holdings(second, 1, &lists("b"), &[holding("ip", 5)], now()).wait().unwrap();
    store.record_holdings(second, 2, &lists("a"), &[holding("ip", 3)], now()).wait().unwrap();
    let (ip, all) = (Some("ip".to_owned()), None);
    let text = str::to_owned;
    assert_eq!(
        held(store),
        [
            (text("a"), all.clone(), 9, first.run),
            (text("a"), ip.clone(), 3, second.run),
            (text("b"), ip.clone(), 5, second.run),
        ]
    );
    let row = store.holdings().wait().unwrap().remove(0);
    assert_eq!((row.title.as_str(), row.workflow_name.as_str(), row.at), ("example", "one", now()));
    assert_eq!(row.holding.limit, Some(10_000));
    // The second workflow's first step uses another connection now.
    let third = active(store, other);
    store.record_holdings(third, 1, &lists("c"), &[holding("ip", 6)], now()).wait().unwrap();
    assert_eq!(held(store)[2..], [(text("c"), ip, 6, third.run)]);
}

pub fn only_the_last_activation_writes_and_the_word_goes_with_its_run(place: &dyn Place) {
    let store = &*place.open();
    let run = active(store, workflow(store, "one"));
    let stale = Activation { epoch: run.epoch - 1, ..run };
    let refused = store.record_holdings(stale, 1, &lists("a"), &[holding("ip", 1)], now()).wait();
    assert!(matches!(refused, Err(StoreError::Fenced(_))));
    store.record_holdings(run, 1, &lists("a"), &[holding("ip", 1)], now()).wait().unwrap();
    assert_eq!(held(store).len(), 1);
    let end = palisade_store::RunEnd::of(palisade_store::RunStatus::Completed);
    store.end_run(run, &end, now()).wait().unwrap();
    store.prune_runs(now() + SignedDuration::from_hours(1), 10).wait().unwrap();
    assert_eq!(held(store), []);
}
