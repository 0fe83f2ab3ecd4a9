//! Objects that somebody selected for a manual run, which take the place of the workflow's collection: typed, sent by a program, or
//! picked from an earlier run or from a collection. Denied by default: none at all, more than a run is meant for, and one that is
//! not there any more.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use palisade_collection::Source;
use palisade_limits as limits;
use palisade_model::{Location, Object, Record};
use palisade_store::{CollectionId, ObjectFilter, ObjectOrder, Page, RunId, StoredObject, Wait as _};
use serde::{Deserialize, Serialize};

use crate::objects::{stored, stored_record};
use crate::{Orchestrator, OrchestratorError};

/// An object that somebody selected.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SelectedObject {
    /// Its type by ThreatQ's name; none where it is to be found from the value.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub subtype: Option<String>,
    /// Its value.
    pub value: String,
}

impl Orchestrator {
    /// Reads objects that somebody typed or pasted: one per line, as in a text file.
    ///
    /// # Errors
    /// [`OrchestratorError::Read`], or too many of them.
    pub fn objects_from_text(&self, text: &str) -> Result<Vec<StoredObject>, OrchestratorError> {
        let mut objects = Vec::new();
        let source = Source::reader("selected", std::io::Cursor::new(text.to_owned().into_bytes()));
        palisade_collection::read(source, Some(palisade_model::Format::Text), &mut |record| {
            objects.extend(stored_record(&record, "selected"));
        })?;
        bounded(objects.len())?;
        Ok(objects)
    }

    /// Objects that a program selected. One without a type is read as a line of text is.
    ///
    /// # Errors
    /// Too many of them, one without a value, or one whose value is more than a line.
    pub fn objects_selected(
        &self,
        selected: &[SelectedObject],
    ) -> Result<Vec<StoredObject>, OrchestratorError> {
        bounded(selected.len())?;
        let mut objects = Vec::with_capacity(selected.len());
        for (object, place) in selected.iter().zip(1..) {
            let wrong = |message: &str| OrchestratorError::field(format!("objects.{place}"), message);
            let (subtype, value) = (object.subtype.as_deref().map(str::trim), object.value.trim());
            if subtype == Some("") {
                return Err(wrong("expected a type, or none to find it from the value"));
            }
            if value.is_empty() {
                return Err(wrong("expected a value"));
            }
            let location = Location::Line(place);
            match subtype {
                Some(subtype) => {
                    objects.push(stored(&Object::indicator(subtype, value, location), "selected"));
                }
                None => {
                    let found = self.objects_from_text(value).map_err(|_| wrong("expected one value"))?;
                    let [found] = <[StoredObject; 1]>::try_from(found)
                        .map_err(|found| wrong(&format!("expected one value, found {}", found.len())))?;
                    objects.push(StoredObject { location: location.to_string(), ..found });
                }
            }
        }
        Ok(objects)
    }

    /// Objects of an earlier run by their places, with all that it knew of them, in the order of that run.
    ///
    /// # Errors
    /// Too many of them, no such run, or no object at one of the places.
    pub fn objects_of_run(&self, run: RunId, places: &[u64]) -> Result<Vec<StoredObject>, OrchestratorError> {
        let places: Vec<u64> = places.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
        bounded(places.len())?;
        let found: BTreeMap<u64, StoredObject> =
            self.store().objects_at(run, &places).wait()?.into_iter().collect();
        match places.iter().find(|place| !found.contains_key(place)) {
            Some(place) => {
                Err(OrchestratorError::field("objects", format!("run {run} has no object {place}")))
            }
            None => Ok(found.into_values().collect()),
        }
    }

    /// All objects of an earlier run that match a filter in one of its steps, in the order of that run.
    ///
    /// # Errors
    /// Too many of them, none, or no such run.
    pub fn objects_of_run_matching(
        &self,
        run: RunId,
        step: u32,
        filter: &ObjectFilter,
    ) -> Result<Vec<StoredObject>, OrchestratorError> {
        self.store().run(run).wait()?;
        let first = Page { offset: 0, limit: limits::SELECTED_OBJECTS };
        let (rows, matching) =
            self.store().run_objects(run, step, filter, ObjectOrder::Place, false, first).wait()?;
        bounded(usize::try_from(matching).unwrap_or(usize::MAX))?;
        Ok(rows.into_iter().map(|row| row.object).collect())
    }

    /// Objects of a collection, as it has them now, in its order. Its filter has no part in it: somebody has picked them.
    ///
    /// # Errors
    /// Too many of them, no such collection, one that cannot be read, or an object that is not in it any more.
    pub async fn objects_of_collection(
        &self,
        collection: CollectionId,
        selected: &[SelectedObject],
    ) -> Result<Vec<StoredObject>, OrchestratorError> {
        bounded(selected.len())?;
        let row = self.store().collection(collection).await?;
        let missing: HashSet<(Option<String>, String)> =
            selected.iter().map(|one| (one.subtype.clone(), one.value.clone())).collect();
        let ((missing, found), _) = self
            .read_collection(&row, (missing, Vec::new()), |(missing, found), record, file| {
                let Record::Object(object) = &record else { return };
                // What is in it twice is taken once, as it is met first.
                let named = missing.remove(&(Some(object.subtype.clone()), object.value.clone()));
                if missing.remove(&(None, object.value.clone())) || named {
                    found.push(stored(object, file));
                }
            })
            .await?;
        let gone: BTreeSet<&str> = missing.iter().map(|(_, value)| value.as_str()).collect();
        match gone.first() {
            None => Ok(found),
            Some(value) => {
                let others = match gone.len() - 1 {
                    0 => String::new(),
                    others => format!(", and {others} others are not either"),
                };
                let message = format!("`{value}` is not in the collection any more{others}");
                Err(OrchestratorError::field("objects", message))
            }
        }
    }
}

/// Whether a run can be asked for with so many.
pub(crate) fn bounded(objects: usize) -> Result<(), OrchestratorError> {
    let most = limits::SELECTED_OBJECTS;
    if objects as u64 > most {
        let message = format!("at most {most} objects can be selected, {objects} were");
        return Err(OrchestratorError::field("objects", message));
    }
    if objects == 0 {
        return Err(OrchestratorError::field("objects", "select at least one object"));
    }
    Ok(())
}
