//! Requests that change a list: the array as a whole is judged first, then every item by itself, in order, with one entry in
//! the answer for each (API reference, sections 1 and 3). What refuses the whole request leaves the list as it was.

use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::Value;
use simulator_parts::Refused;

use crate::answer::{Answer, Family, ItemAnswer, TOO_MANY_OBJECTS};
use crate::fault::{Plan, texts};
use crate::identifier::List;
use crate::routes::{Call, Context, Judged};
use crate::settings::{Omitted, Refusal, Settings};
use crate::state::{Lists, State};
use crate::submission::{self, Submission};
use crate::suspicious_list::{Full, Terms};

/// Why a request is refused as a whole.
struct WholeRefusal {
    message: Option<&'static str>,
    reason: &'static str,
}

impl WholeRefusal {
    fn judged(&self, context: &Context<'_>) -> Judged {
        context.refused(StatusCode::BAD_REQUEST, self.message, self.reason)
    }
}

/// The items of a request, or why it is refused as a whole.
fn items(settings: &Settings, call: &Call<'_>, list: List) -> Result<Vec<Value>, WholeRefusal> {
    let rules = &settings.rules;
    let bad = |message, reason| Err(WholeRefusal { message, reason });
    if rules.content_type {
        let content_type =
            call.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case("application/json") {
            return bad(None, "the content type is not application/json");
        }
    }
    let items = match serde_json::from_slice(call.body) {
        Ok(Value::Array(items)) => items,
        Ok(object @ Value::Object(_)) if !rules.bare_array => vec![object],
        Ok(_) => return bad(None, "the body is no array"),
        Err(_) => return bad(None, "the body is no JSON"),
    };
    if items.is_empty() && !rules.empty_array {
        return bad(None, "the array is empty");
    }
    let most = match list {
        List::SuspiciousObjects => settings.limits.suspicious_objects_per_request,
        List::Exceptions => settings.limits.exceptions_per_request,
    };
    if items.len() > most {
        return bad(Some(TOO_MANY_OBJECTS), "the request has too many objects");
    }
    Ok(items)
}

/// Puts entry after entry, each after its fault, if it has one.
struct Entries<'a> {
    plan: &'a Plan,
    numbers: bool,
    answers: Vec<ItemAnswer>,
    refusals: Vec<Refused>,
}

impl<'a> Entries<'a> {
    fn new(plan: &'a Plan, settings: &Settings, count: usize) -> Self {
        let numbers = settings.rules.error_numbers;
        Self { plan, numbers, answers: Vec::with_capacity(count), refusals: Vec::new() }
    }

    /// Whether a fault answers this item; and if so, whether it is to be carried out all the same.
    fn faulty<'v>(
        &mut self,
        state: &mut State,
        values: impl Iterator<Item = &'v str> + Clone,
    ) -> Option<bool> {
        let failure = state.faults.item(self.plan, self.answers.len(), values)?;
        self.refusals.push(Refused { item: Some(self.answers.len()), reason: "a fault was injected" });
        let code = failure.code.as_deref();
        let message = failure.message.as_deref();
        self.answers.push(ItemAnswer::failed(
            Family::ThreatIntelligence,
            failure.status,
            code,
            message,
            self.numbers,
        ));
        Some(failure.applied)
    }

    fn done(&mut self, status: u16) {
        self.answers.push(ItemAnswer::done(status));
    }

    fn refuse(&mut self, status: u16, message: Option<&str>, reason: &'static str) {
        self.refusals.push(Refused { item: Some(self.answers.len()), reason });
        self.answers.push(ItemAnswer::failed(
            Family::ThreatIntelligence,
            status,
            None,
            message,
            self.numbers,
        ));
    }

    fn judged(self) -> Judged {
        Judged { answer: Answer::items(self.answers), refusals: self.refusals }
    }
}

/// Adds or updates.
pub(crate) fn add(context: &Context<'_>, list: List) -> Judged {
    let (settings, plan, now) = (context.settings, context.plan, context.now);
    let items = match items(settings, context.call, list) {
        Ok(items) => items,
        Err(refusal) => return refusal.judged(context),
    };
    let rules = &settings.rules;
    let has_item_faults = !plan.items.is_empty();
    let mut submissions = Vec::with_capacity(items.len());
    for item in items {
        let values: Vec<String> =
            if has_item_faults { texts(&item).map(str::to_owned).collect() } else { Vec::new() };
        match submission::parse(item, list, rules) {
            Err(problem) if problem.whole_request => {
                return WholeRefusal { message: None, reason: problem.reason }.judged(context);
            }
            parsed => submissions.push((values, parsed)),
        }
    }

    let full = match list {
        List::SuspiciousObjects => rules.suspicious_full,
        List::Exceptions => rules.exceptions_full,
    };
    let mut state = context.shared.state();
    let state = &mut *state;
    // Where a full list refuses the whole request, all is tried first and undone when it does not fit.
    let before = (full == Refusal::Request || plan.dry).then(|| state.lists.clone());
    let mut entries = Entries::new(plan, settings, submissions.len());
    for (values, parsed) in submissions {
        let values = values.iter().map(String::as_str);
        let fault = if has_item_faults { entries.faulty(state, values) } else { None };
        match (fault, parsed) {
            (Some(false), _) | (Some(true), Err(_)) => {}
            (Some(true), Ok(submission)) => {
                // The fault has answered already; a list that is full as well adds nothing to that.
                let _ = hold(&mut state.lists, settings, list, submission, now);
            }
            (None, Err(problem)) => entries.refuse(400, None, problem.reason),
            (None, Ok(submission)) => match hold(&mut state.lists, settings, list, submission, now) {
                Ok(()) => entries.done(201),
                Err(Full) => {
                    if full == Refusal::Request {
                        if let Some(before) = before {
                            state.lists = before;
                        }
                        let refusal =
                            WholeRefusal { message: Some(TOO_MANY_OBJECTS), reason: "the list is full" };
                        return refusal.judged(context);
                    }
                    entries.refuse(400, Some(TOO_MANY_OBJECTS), "the list is full");
                }
            },
        }
    }
    if let Some(before) = before.filter(|_| plan.dry) {
        state.lists = before;
    }
    entries.judged()
}

fn hold(
    lists: &mut Lists,
    settings: &Settings,
    list: List,
    submission: Submission,
    now: time::OffsetDateTime,
) -> Result<(), Full> {
    let (rules, limits) = (&settings.rules, &settings.limits);
    match list {
        List::SuspiciousObjects => {
            // Beyond the capacity is allowed only where nothing can give way; everything else gives way as always.
            let terms =
                |capacity| Terms { tenant: &settings.tenant, omitted: rules.omitted_on_update, capacity };
            let capacity = Some(limits.suspicious_objects_per_type);
            if rules.suspicious_full == Refusal::Ignore {
                let again = submission.clone();
                return lists
                    .suspicious
                    .add(submission, now, terms(capacity))
                    .or_else(|Full| lists.suspicious.add(again, now, terms(None)));
            }
            lists.suspicious.add(submission, now, terms(capacity))
        }
        List::Exceptions => {
            let capacity = (rules.exceptions_full != Refusal::Ignore).then_some(limits.exceptions);
            lists.exceptions.add(submission, now, rules.omitted_on_update == Omitted::Keep, capacity)
        }
    }
}

/// Deletes.
pub(crate) fn delete(context: &Context<'_>, list: List) -> Judged {
    let (settings, plan, now) = (context.settings, context.plan, context.now);
    let items = match items(settings, context.call, list) {
        Ok(items) => items,
        Err(refusal) => return refusal.judged(context),
    };
    let mut state = context.shared.state();
    let state = &mut *state;
    let before = plan.dry.then(|| state.lists.clone());
    let mut entries = Entries::new(plan, settings, items.len());
    for item in items {
        let fault = entries.faulty(state, texts(&item));
        let parsed = submission::parse_deletion(item, &settings.rules);
        if fault == Some(false) {
            continue;
        }
        let outcome = parsed.map(|(kind, value)| match list {
            List::SuspiciousObjects => state.lists.suspicious.delete(kind, &value, now),
            List::Exceptions => state.lists.exceptions.delete(kind, &value),
        });
        match (fault, outcome) {
            (Some(_), _) => {}
            (None, Ok(true)) => entries.done(204),
            (None, Ok(false)) => entries.refuse(404, None, "there is no such object"),
            (None, Err(problem)) => entries.refuse(400, None, problem.reason),
        }
    }
    if let Some(before) = before {
        state.lists = before;
    }
    entries.judged()
}
