//! Faults: what goes wrong, for which requests, and how often. Without a fault nothing goes wrong.
//!
//! A fault counts the requests that it matches, from 1, and is spent after `skip + times` of them. Pauses, changes of a
//! collection and expired tokens work together with any other; of the others the first that is not spent wins.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use vision_one_simulator::RetryAfter;

/// A fault and the requests that it is for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What goes wrong.
    pub effect: Effect,
    /// The requests that it is for; all if missing.
    #[serde(default)]
    pub endpoint: Option<Endpoint>,
    /// How many of them are spared at first.
    #[serde(default)]
    pub skip: u64,
    /// How many it is for after that; all if missing.
    #[serde(default)]
    pub times: Option<u64>,
}

/// Which call a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Endpoint {
    /// The log-in.
    Token,
    /// A page of a collection.
    Page,
    /// One object.
    Object,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Effect {
    /// Every token that was given out has expired by now.
    ExpireTokens,
    /// A status.
    Status {
        /// The status, from 200 to 599.
        status: u16,
        /// The body: a string is sent as it is, anything else as JSON; the appliance's own if missing.
        #[serde(default)]
        body: Option<Value>,
    },
    /// 429.
    TooManyRequests {
        /// What `Retry-After` says.
        retry_after: RetryAfter,
    },
    /// An HTML page, such as a log-in page or a proxy's error.
    Html {
        /// Its status.
        status: u16,
        /// Its title.
        title: String,
    },
    /// A redirection.
    Redirect {
        /// Where to.
        location: String,
    },
    /// The answer breaks off in the middle, and the connection with it.
    Truncated,
    /// The answer is complete for HTTP, and its JSON ends in the middle.
    MalformedJson,
    /// The page names the mark by which it was asked for as the next one.
    RepeatedMark,
    /// The page names another mark as the next one; none at all if missing.
    NextMark {
        /// The mark.
        #[serde(default)]
        mark: Option<String>,
    },
    /// Every page is the first, and names a mark that has not been named before.
    EndlessMarks,
    /// The page announces another number of objects.
    Total {
        /// The number.
        total: u64,
    },
    /// The collection changes before the request is answered.
    Change(Change),
    /// A pause before the answer.
    Slow {
        /// How long, in milliseconds.
        milliseconds: u64,
    },
}

/// How a collection changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The collection.
    pub collection: String,
    /// Objects that are taken out, by number.
    #[serde(default)]
    pub remove: Vec<u64>,
    /// Objects that change, by number.
    #[serde(default)]
    pub touch: Vec<u64>,
    /// The time of that change.
    #[serde(default)]
    pub updated_at: String,
    /// Objects that come in.
    #[serde(default)]
    pub add: Vec<Value>,
}

impl Fault {
    /// A fault for every request.
    #[must_use]
    pub fn new(effect: Effect) -> Self {
        Self { effect, endpoint: None, skip: 0, times: None }
    }

    /// This fault, for one call only.
    #[must_use]
    pub fn on(mut self, endpoint: Endpoint) -> Self {
        self.endpoint = Some(endpoint);
        self
    }

    /// This fault, sparing the first `skip` requests.
    #[must_use]
    pub fn after(mut self, skip: u64) -> Self {
        self.skip = skip;
        self
    }

    /// This fault, `times` times.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }
}

/// The faults, in the order in which they were injected, each with its count.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<(Fault, u64)>);

/// What is to happen to one request.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Plan {
    pub(crate) pause_milliseconds: u64,
    pub(crate) expire_tokens: bool,
    pub(crate) changes: Vec<Change>,
    /// The effect on the answer.
    pub(crate) effect: Option<Effect>,
}

impl Faults {
    pub(crate) fn inject(&mut self, fault: Fault) {
        self.0.push((fault, 0));
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn list(&self) -> impl Iterator<Item = &(Fault, u64)> {
        self.0.iter()
    }

    /// Counts a request, and says what is to happen to it.
    pub(crate) fn plan(&mut self, endpoint: Option<Endpoint>) -> Plan {
        let mut plan = Plan::default();
        for (fault, count) in &mut self.0 {
            let matches = fault.endpoint.is_none() || fault.endpoint == endpoint;
            let spent = fault.times.is_some_and(|times| *count >= fault.skip.saturating_add(times));
            if !matches || spent {
                continue;
            }
            let works_alone =
                !matches!(fault.effect, Effect::ExpireTokens | Effect::Change(_) | Effect::Slow { .. });
            if works_alone && plan.effect.is_some() {
                continue;
            }
            *count += 1;
            if *count <= fault.skip {
                continue;
            }
            match &fault.effect {
                Effect::ExpireTokens => plan.expire_tokens = true,
                Effect::Change(change) => plan.changes.push(change.clone()),
                Effect::Slow { milliseconds } => plan.pause_milliseconds += milliseconds,
                effect => plan.effect = Some(effect.clone()),
            }
        }
        plan
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_spares_then_strikes_and_is_spent() {
        let mut faults = Faults::default();
        faults.inject(Fault::new(Effect::RepeatedMark).on(Endpoint::Page).after(1).times(2));
        faults.inject(Fault::new(Effect::MalformedJson).on(Endpoint::Page).times(2));
        faults.inject(Fault::new(Effect::ExpireTokens).after(3));
        assert_eq!(faults.plan(Some(Endpoint::Token)), Plan::default());
        let struck: Vec<_> = (0..4).map(|_| faults.plan(Some(Endpoint::Page))).collect();
        let effects: Vec<_> = struck.iter().map(|plan| plan.effect.clone()).collect();
        let (malformed, repeated) = (Some(Effect::MalformedJson), Some(Effect::RepeatedMark));
        assert_eq!(effects, [malformed.clone(), repeated.clone(), repeated, malformed]);
        assert_eq!(
            struck.iter().map(|plan| plan.expire_tokens).collect::<Vec<_>>(),
            [false, false, true, true]
        );
        let counts: Vec<u64> = faults.list().map(|(_, count)| *count).collect();
        assert_eq!(counts, [3, 2, 5]);
    }

    #[test]
    fn a_fault_is_written_as_it_is_read() {
        for text in [
            r#"{"effect":{"kind":"too-many-requests","retry_after":{"seconds":3}},"endpoint":"page","skip":1,"times":1}"#,
            r#"{"effect":{"kind":"change","collection":"a","remove":[1],"touch":[2],"updated_at":"x","add":[{"id":3}]},"endpoint":null,"skip":0,"times":null}"#,
        ] {
            let fault: Fault = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&fault).unwrap(), text);
        }
        assert!(serde_json::from_str::<Fault>(r#"{"effect":{"kind":"unknown"}}"#).is_err());
    }
}
