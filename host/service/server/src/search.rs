//! The search over everything, for the page and for the API: values of runs and of uploaded files, workflows, runs, collections
//! and integrations. Everything here is visible to viewers, so that a role changes nothing.

use jiff::Timestamp;
use palisade_limits as limits;
use palisade_model::Verdict;
use palisade_store::{
    Cause, FoundInFiles, FoundInRuns, Matches, Page, Phase, RunRow, RunStatus, Searched, Store, StoreError,
    Wait as _,
};

use crate::Fault;

/// What is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Values of the objects of runs.
    Objects,
    /// Values of the objects in uploaded files.
    FileObjects,
    Workflows,
    Runs,
    Collections,
    Integrations,
}

impl Kind {
    /// All kinds, in the order of the page.
    pub(crate) const ALL: [Self; 6] = [
        Self::Objects,
        Self::FileObjects,
        Self::Workflows,
        Self::Runs,
        Self::Collections,
        Self::Integrations,
    ];

    /// Its name in addresses and in the API.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Objects => "objects",
            Self::FileObjects => "file-objects",
            Self::Workflows => "workflows",
            Self::Runs => "runs",
            Self::Collections => "collections",
            Self::Integrations => "integrations",
        }
    }

    /// The kind with this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// One match.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Hit {
    /// The value or the name.
    pub(crate) name: String,
    /// Another line about it: a type, a description.
    pub(crate) text: String,
    /// Its page.
    pub(crate) path: String,
    /// Its resource of the API.
    pub(crate) resource: String,
    /// In how many runs a value is; the latest are counted.
    pub(crate) runs: Option<u64>,
    /// The last verdict on a value.
    pub(crate) verdict: Option<Verdict>,
    /// Where a run is.
    pub(crate) phase: Option<Phase>,
    /// How a run ended.
    pub(crate) status: Option<RunStatus>,
    /// What the issue of a run is about.
    pub(crate) cause: Option<Cause>,
    /// When the run, or the last run of a value, was requested.
    pub(crate) at: Option<Timestamp>,
}

impl Hit {
    fn new(name: String, text: String, path: String) -> Self {
        let resource = format!("/api/v1{path}");
        Self {
            name,
            text,
            path,
            resource,
            runs: None,
            verdict: None,
            phase: None,
            status: None,
            cause: None,
            at: None,
        }
    }
}

/// The matches of one kind.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Group {
    pub(crate) kind: Kind,
    pub(crate) hits: Vec<Hit>,
    /// How many there are on all pages.
    pub(crate) total: u64,
    /// Whether there are more that were not counted.
    pub(crate) more: bool,
}

/// What is wrong with a text to search for.
pub(crate) fn fault(text: &str) -> Option<Fault> {
    let most = limits::SEARCH_CHARACTERS;
    let message = format!("Enter at most {most} characters.");
    (text.chars().count() as u64 > most).then(|| Fault::new("q", message))
}

/// One page of what is found of each of these kinds.
pub(crate) fn found(
    store: &dyn Store,
    text: &str,
    kinds: &[Kind],
    page: Page,
) -> Result<Vec<Group>, StoreError> {
    kinds.iter().map(|kind| group(store, text, *kind, page)).collect()
}

fn group(store: &dyn Store, text: &str, kind: Kind, page: Page) -> Result<Group, StoreError> {
    let named = |matches, path: &'static str| {
        of(kind, matches, |one: Searched| Hit::new(one.name, one.text, format!("{path}/{}", one.id)))
    };
    Ok(match kind {
        Kind::Objects => of(kind, store.search_run_objects(text, page).wait()?, object),
        Kind::FileObjects => of(kind, store.search_file_objects(text, page).wait()?, file_object),
        Kind::Workflows => named(store.search_workflows(text, page).wait()?, "/workflows"),
        Kind::Runs => of(kind, store.search_runs(text, page).wait()?, run),
        Kind::Collections => named(store.search_collections(text, page).wait()?, "/collections"),
        Kind::Integrations => named(store.search_bundles(text, page).wait()?, "/integrations"),
    })
}

fn of<T>(kind: Kind, matches: Matches<T>, hit: impl Fn(T) -> Hit) -> Group {
    let Matches { rows, total, more } = matches;
    Group { kind, hits: rows.into_iter().map(hit).collect(), total, more }
}

fn object(found: FoundInRuns) -> Hit {
    let FoundInRuns { subtype, value, runs, run, place, workflow_name, at, verdict } = found;
    Hit {
        runs: Some(runs),
        verdict,
        at: Some(at),
        ..Hit::new(
            value,
            format!("{subtype}, last in run {run} of {workflow_name}"),
            format!("/runs/{run}/objects/{place}"),
        )
    }
}

fn file_object(found: FoundInFiles) -> Hit {
    let FoundInFiles { subtype, value, collection, collection_name, file } = found;
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("search", &value).finish();
    let path = format!("/collections/{collection}");
    Hit {
        path: format!("{path}?{query}#objects"),
        ..Hit::new(value, format!("{subtype}, in {file} of {collection_name}"), path)
    }
}

fn run(row: RunRow) -> Hit {
    let reason = row.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
    Hit {
        phase: Some(row.phase),
        status: row.status,
        cause: row.cause,
        at: Some(row.created_at),
        ..Hit::new(
            format!("Run {}", row.id),
            format!("{}{reason}", row.workflow_name),
            format!("/runs/{}", row.id),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_bounded() {
        let most = usize::try_from(limits::SEARCH_CHARACTERS).unwrap();
        assert!(fault(&"ü".repeat(most)).is_none());
        assert_eq!(fault(&"ü".repeat(most + 1)).unwrap().field, "q");
    }

    #[test]
    fn every_kind_has_a_name_of_its_own() {
        for kind in Kind::ALL {
            assert_eq!(Kind::named(kind.name()), Some(kind));
        }
        assert_eq!(Kind::named("everything"), None);
    }
}
