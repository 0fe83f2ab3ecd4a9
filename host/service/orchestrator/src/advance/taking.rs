//! The choice of a run's objects: its workflow's collection, as it is now, through the filter and in the collection's order.

use std::io::Write as _;

use jiff::Timestamp;
use palisade_bundle::{Effect, Parameter, ParameterKind, Purpose};
use palisade_store::{Activation, Event, RunRow, StepRow, StoreError, StoredValue, Takes};
use palisade_threatq::{LoggedRequest, RequestLog};
use serde_json::{Value, json};

use super::becomes;
use crate::choose::{Chooser, Cursor};
use crate::collections::{filter_of, read};
use crate::executor::{Advanced, Stopping};
use crate::judged::Judged;
use crate::{Orchestrator, OrchestratorError};

/// The place of the choice of the objects among the recordings of a run: before the first step.
const CHOICE: u32 = 0;

/// Requests for a live collection as a compressed HTTP Archive without bodies.
fn archive(requests: &[LoggedRequest]) -> Result<Vec<u8>, OrchestratorError> {
    let entry = |request: &LoggedRequest| {
        let at = Timestamp::try_from(request.at).unwrap_or(Timestamp::UNIX_EPOCH);
        let error = request.outcome.as_ref().err().map(|code| json!({ "code": code }));
        json!({
            "startedDateTime": at.to_string(),
            "time": request.elapsed.as_secs_f64() * 1_000.0,
            "comment": request.purpose,
            "_attempt": request.attempts.max(1),
            "request": { "method": request.method, "url": request.url },
            "response": { "status": request.outcome.as_ref().copied().unwrap_or(0) },
            "_error": error,
        })
    };
    let archive =
        json!({ "log": { "version": "1.2", "entries": requests.iter().map(entry).collect::<Vec<_>>() } });
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let failed = |error: std::io::Error| OrchestratorError::Internal(error.to_string());
    packed.write_all(archive.to_string().as_bytes()).map_err(failed)?;
    packed.finish().map_err(failed)
}

impl Orchestrator {
    /// Takes the run's objects from its collection.
    pub(super) async fn take_objects(
        &self,
        activation: Activation,
        run: &RunRow,
        steps: &[StepRow],
        stopping: Stopping,
    ) -> Result<Advanced, OrchestratorError> {
        let log = RequestLog::default();
        let chosen = tokio::select! {
            chosen = self.chosen(run, steps, &log) => chosen,
            () = becomes(stopping, Option::is_some) => return Ok(Advanced::More),
        };
        let requests = log.take();
        if !requests.is_empty() {
            self.store().add_recording(activation, CHOICE, &archive(&requests)?).await?;
        }
        match chosen {
            Ok((objects, not_offered, selection)) => {
                self.store().offer_objects(activation, &objects, not_offered, &selection).await?;
                let told = format!("{} objects taken, {not_offered} left for later runs", objects.len());
                self.store().add_event(run.id, &Event::new(self.now(), "objects-taken", &told)).await?;
                self.changed(run.id);
                Ok(Advanced::More)
            }
            Err(OrchestratorError::Store(error @ StoreError::Database { .. })) => Err(error.into()),
            Err(error) => self.conclude(activation, run, &Judged::not_started(&error)),
        }
    }

    async fn chosen(
        &self,
        run: &RunRow,
        steps: &[StepRow],
        log: &RequestLog,
    ) -> Result<(Vec<palisade_store::StoredObject>, u64, Value), OrchestratorError> {
        let gone = || OrchestratorError::Conflict {
            code: "collection-gone",
            message: format!("the collection `{}` of this run is gone", run.collection),
        };
        let workflow = self.store().workflow(run.workflow.ok_or_else(gone)?).await?;
        let collection = self.store().collection(workflow.collection.ok_or_else(gone)?).await?;
        let filter = filter_of(&collection)?;
        let most = steps.iter().filter_map(|step| self.objects_per_run(step)).min();
        // Nothing is written where a run reached the end of its collection.
        let cursor = workflow.cursor.as_ref().filter(|cursor| !cursor.is_null());
        let cursor: Option<Cursor> = cursor.map(|cursor| read("cursor", cursor)).transpose()?;
        let marks = match workflow.takes {
            Takes::All => None,
            Takes::Changed => Some(self.store().marks(workflow.id).await?),
        };
        let chooser = Chooser::new(most, marks, self.deed(steps), cursor, self.blocks(steps));
        let now = self.now();
        let look = move |chooser: &mut Chooser, record, file: &str| {
            if filter.admits(&record, now) {
                chooser.look_at(&record, file);
            } else {
                chooser.filtered();
            }
        };
        let (chooser, warnings) = self.read_collection_logged(&collection, chooser, log, look).await?;
        let chosen = chooser.finish();
        let selection = json!({
            "takes": workflow.takes,
            "objects_per_run": most,
            "unchanged": chosen.unchanged,
            "repeated": chosen.repeated,
            "filtered": chosen.filtered,
            "left_out": chosen.left_out,
            "warnings": warnings,
            "cursor": chosen.cursor,
        });
        Ok((chosen.objects, chosen.not_offered, selection))
    }

    /// Whether an action of these steps blocks what it gets; so it does where its bundle is gone.
    fn blocks(&self, steps: &[StepRow]) -> bool {
        steps.iter().any(|step| {
            let manifest = step.bundle.and_then(|bundle| self.manifest(bundle).ok());
            manifest
                .and_then(|manifest| Some(manifest.action(&step.action)?.effect))
                .is_none_or(|effect| effect == Effect::Blocks)
        })
    }

    /// How many objects an action takes in one run.
    fn objects_per_run(&self, step: &StepRow) -> Option<u64> {
        match step.configuration.get(&self.parameter_of_purpose(step, Purpose::ObjectsPerRun)?)? {
            StoredValue::Value(value) => value.as_u64(),
            StoredValue::Secret { .. } => None,
        }
    }

    /// The parameter of an action that has this purpose; none where there is none, or the bundle is gone.
    pub(super) fn parameter_of_purpose(&self, step: &StepRow, wanted: Purpose) -> Option<String> {
        let manifest = self.manifest(step.bundle?).ok()?;
        let has_it = |parameter: &&Parameter| matches!(parameter.kind, ParameterKind::Integer { purpose: Some(purpose), .. } if purpose == wanted);
        Some(manifest.action(&step.action)?.parameters(&manifest).find(has_it)?.name.clone())
    }
}
