//! Numbers of the work itself: runs that are open and that ended, their verdicts, workflows that need somebody, entries on the
//! services' lists. Read from the state when they are asked for; nothing in them names an object or a credential.

use std::collections::BTreeMap;

use palisade_orchestrator::{Orchestrator, OrchestratorError, Tallied};
use palisade_printable::printable;
use palisade_store::{HoldingRow, Page, Phase, RunFilter, RunStatus, Wait as _};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct InPhase {
    phase: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WithStatus {
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfVerdict {
    verdict: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, EncodeLabelSet)]
struct OnList {
    service: String,
    list: String,
    entry_type: String,
}

/// What is known at one moment.
pub(crate) struct Work {
    open: BTreeMap<Phase, u64>,
    with_issue: u64,
    tallied: Tallied,
    /// Entries, and how many the service keeps at most. Of several tenants the fullest list.
    lists: BTreeMap<OnList, (u64, Option<u64>)>,
}

impl Work {
    /// Reads it.
    pub(crate) fn of(orchestrator: &Orchestrator) -> Result<Self, OrchestratorError> {
        let store = orchestrator.store();
        let mut open = BTreeMap::new();
        for phase in [Phase::Queued, Phase::Waiting, Phase::Running] {
            let filter = RunFilter { phase: Some(phase), ..RunFilter::default() };
            open.insert(phase, store.runs(&filter, Page { offset: 0, limit: 1 }).wait()?.1);
        }
        let is_issue = |run: &palisade_store::RunRow| run.status.is_some_and(RunStatus::is_issue);
        let with_issue = store.last_runs().wait()?.iter().filter(|run| is_issue(run)).count() as u64;
        let mut lists = BTreeMap::new();
        for row in store.holdings().wait()? {
            let (list, held) = on_list(row);
            let fullest = lists.entry(list).or_insert(held);
            *fullest = held.max(*fullest);
        }
        Ok(Self { open, with_issue, tallied: orchestrator.tallied(), lists })
    }

    pub(super) fn registry(&self) -> Registry {
        let gauge = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let open = Family::<InPhase, Gauge>::default();
        for (phase, count) in &self.open {
            open.get_or_create(&InPhase { phase: phase.name() }).set(gauge(*count));
        }
        let (ended, verdicts) =
            (Family::<WithStatus, Counter>::default(), Family::<OfVerdict, Counter>::default());
        for status in RunStatus::ALL {
            let count = self.tallied.runs.get(status).copied().unwrap_or_default();
            ended.get_or_create(&WithStatus { status: status.name() }).inc_by(count);
        }
        for (verdict, count) in &self.tallied.verdicts {
            verdicts.get_or_create(&OfVerdict { verdict: verdict.name() }).inc_by(*count);
        }
        let (entries, limits) = (Family::<OnList, Gauge>::default(), Family::<OnList, Gauge>::default());
        for (list, (count, limit)) in &self.lists {
            entries.get_or_create(list).set(gauge(*count));
            if let Some(limit) = limit {
                limits.get_or_create(list).set(gauge(*limit));
            }
        }
        let issues = Gauge::<i64>::default();
        issues.set(gauge(self.with_issue));
        let mut registry = Registry::with_prefix("palisade");
        registry.register("runs_open", "Runs that are not over", open);
        registry.register("runs_ended", "Runs that ended since the start of the service", ended);
        registry.register("verdicts", "Verdicts of these runs", verdicts);
        registry.register("workflows_with_issue", "Workflows whose last run ended with an issue", issues);
        registry.register("list_entries", "Entries of a service's list when a run read it last", entries);
        registry.register("list_limit", "What the service keeps of them at most", limits);
        registry
    }
}

fn on_list(row: HoldingRow) -> (OnList, (u64, Option<u64>)) {
    let entry_type = row.holding.field.unwrap_or_else(|| "all".to_owned());
    // Names of a component's choice.
    let list = OnList {
        service: printable(&row.service),
        list: printable(&row.holding.list),
        entry_type: printable(&entry_type),
    };
    (list, (row.holding.entries, row.holding.limit))
}
