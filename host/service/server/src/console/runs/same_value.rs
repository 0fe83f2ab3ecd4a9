//! What the runs before and after a run did with the value of one of its objects, the latest first, with the run itself between
//! them.

use palisade_model::Verdict;
use palisade_store::{RunRow, SameValue, SightedVerdict};

use super::shown::{status_badge, verdict_badge};
use crate::console::wording::sentence;
use crate::view::{Badge, Frame, Moment};

/// One verdict there.
pub(super) struct Step {
    /// The title of its action; none if the run has one step only.
    pub(super) title: Option<String>,
    pub(super) verdict: Badge,
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
}

/// One run that had the value.
pub(super) struct Row {
    pub(super) run: i64,
    /// The story of the object there; none for the run whose page this is.
    pub(super) path: Option<String>,
    pub(super) workflow: String,
    pub(super) dry_run: bool,
    pub(super) requested: Moment,
    pub(super) status: Option<Badge>,
    pub(super) steps: Vec<Step>,
}

/// The rows of the table; none if no other run had the value. `own` are the verdicts of this run.
pub(super) fn rows(
    frame: &Frame,
    run: &RunRow,
    own: Vec<SightedVerdict>,
    (before, after): (Vec<SameValue>, Vec<SameValue>),
) -> Vec<Row> {
    if before.is_empty() && after.is_empty() {
        return Vec::new();
    }
    let this = SameValue {
        run: run.id,
        place: 0,
        workflow_name: run.workflow_name.clone(),
        dry_run: run.dry_run,
        created_at: run.created_at,
        status: run.status,
        cause: run.cause,
        verdicts: own,
    };
    let all = after.into_iter().rev().chain([this]).chain(before);
    all.map(|one| row(frame, one, run)).collect()
}

fn row(frame: &Frame, one: SameValue, run: &RunRow) -> Row {
    let several = one.verdicts.len() > 1;
    let step = |verdict: SightedVerdict| Step {
        title: several.then_some(verdict.title),
        verdict: verdict_badge(verdict.verdict),
        // An accepted object needs no reason.
        code: verdict.code.filter(|_| verdict.verdict != Verdict::Accepted),
        message: verdict.message.as_deref().map(sentence),
    };
    Row {
        run: one.run.0,
        path: (one.run != run.id).then(|| format!("/runs/{}/objects/{}", one.run, one.place)),
        workflow: one.workflow_name,
        dry_run: one.dry_run,
        requested: frame.moment(&one.created_at),
        status: one.status.map(|status| status_badge(status, one.cause)),
        steps: one.verdicts.into_iter().map(step).collect(),
    }
}
