//! The limits that a policy can set, and what comes of them: the least of what is asked for, what the policy allows and what
//! the host can give. Nothing that a bundle asks for goes past a ceiling.

use palisade_limits as table;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Bytes of one MiB, the unit in which memory is asked for.
const MIB: u64 = 1024 * 1024;

/// Values for some or all limits: those that a bundle asks for, or a policy's ceilings. `None` where nobody names one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// Linear memory of one run, in MiB.
    #[serde(default)]
    pub memory_mib: Option<u64>,
    /// Wall clock of one run, in seconds.
    #[serde(default)]
    pub run_seconds: Option<u64>,
    /// Requests of one run, repeats included.
    #[serde(default)]
    pub requests: Option<u64>,
    /// Requests in flight at once.
    #[serde(default)]
    pub concurrent_requests: Option<u64>,
    /// Bytes of one request body.
    #[serde(default)]
    pub request_body_bytes: Option<u64>,
    /// Bytes of one response body.
    #[serde(default)]
    pub response_body_bytes: Option<u64>,
    /// Wall clock of one whole exchange of request and response, in seconds.
    #[serde(default)]
    pub exchange_seconds: Option<u64>,
}

/// What applies to a run: a value for each limit, within every ceiling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct EffectiveLimits {
    /// Linear memory of one run, in bytes.
    pub memory_bytes: u64,
    /// Wall clock of one run, in seconds.
    pub run_seconds: u64,
    /// Requests of one run, repeats included.
    pub requests: u64,
    /// Requests in flight at once.
    pub concurrent_requests: u64,
    /// Bytes of one request body.
    pub request_body_bytes: u64,
    /// Bytes of one response body.
    pub response_body_bytes: u64,
    /// Wall clock of one whole exchange of request and response, in seconds.
    pub exchange_seconds: u64,
}

/// One of the limits that a policy can set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Linear memory of one run, in MiB.
    Memory,
    /// Wall clock of one run, in seconds.
    Run,
    /// Requests of one run, repeats included.
    Requests,
    /// Requests in flight at once.
    ConcurrentRequests,
    /// Bytes of one request body.
    RequestBody,
    /// Bytes of one response body.
    ResponseBody,
    /// Wall clock of one whole exchange, in seconds.
    Exchange,
}

impl Limit {
    /// All of them, in the order of the file.
    pub const ALL: [Self; 7] = [
        Self::Memory,
        Self::Run,
        Self::Requests,
        Self::ConcurrentRequests,
        Self::RequestBody,
        Self::ResponseBody,
        Self::Exchange,
    ];

    /// The key in the policy's `[ceilings]`.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Memory => "memory-mib",
            Self::Run => "run-seconds",
            Self::Requests => "requests",
            Self::ConcurrentRequests => "concurrent-requests",
            Self::RequestBody => "request-body-bytes",
            Self::ResponseBody => "response-body-bytes",
            Self::Exchange => "exchange-seconds",
        }
    }

    /// What the value counts.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::Memory => "MiB",
            Self::Run | Self::Exchange => "seconds",
            Self::Requests | Self::ConcurrentRequests => "requests",
            Self::RequestBody | Self::ResponseBody => "bytes",
        }
    }

    /// The host's own value where nobody asks for another, within no policy.
    #[must_use]
    pub fn usual(self) -> u64 {
        match self {
            Self::Memory => table::MEMORY_BYTES / MIB,
            Self::Run => table::RUN_SECONDS,
            _ => self.host_ceiling(),
        }
    }

    /// The most that the host gives, whatever bundle and policy say.
    #[must_use]
    pub fn host_ceiling(self) -> u64 {
        match self {
            Self::Memory => table::MEMORY_CEILING_BYTES / MIB,
            Self::Run => table::RUN_CEILING_SECONDS,
            Self::Requests => table::REQUESTS,
            Self::ConcurrentRequests => table::CONCURRENT_REQUESTS,
            Self::RequestBody => table::REQUEST_BODY_BYTES,
            Self::ResponseBody => table::RESPONSE_BODY_BYTES,
            Self::Exchange => table::EXCHANGE_SECONDS,
        }
    }
}

impl Limits {
    /// The value of one limit, if there is one.
    #[must_use]
    pub fn get(&self, limit: Limit) -> Option<u64> {
        match limit {
            Limit::Memory => self.memory_mib,
            Limit::Run => self.run_seconds,
            Limit::Requests => self.requests,
            Limit::ConcurrentRequests => self.concurrent_requests,
            Limit::RequestBody => self.request_body_bytes,
            Limit::ResponseBody => self.response_body_bytes,
            Limit::Exchange => self.exchange_seconds,
        }
    }

    /// What applies of one limit where these are the ceilings: what is asked for, or else the host's usual value, but no
    /// more than the ceiling here and the host's own.
    #[must_use]
    pub fn effective(&self, limit: Limit, asked: Option<u64>) -> u64 {
        let ceiling = self.get(limit).unwrap_or(u64::MAX).min(limit.host_ceiling());
        asked.unwrap_or(limit.usual()).min(ceiling)
    }

    /// What applies of all limits where these are the ceilings.
    #[must_use]
    pub fn effective_all(&self, asked: &Self) -> EffectiveLimits {
        let of = |limit| self.effective(limit, asked.get(limit));
        EffectiveLimits {
            memory_bytes: of(Limit::Memory).saturating_mul(MIB),
            run_seconds: of(Limit::Run),
            requests: of(Limit::Requests),
            concurrent_requests: of(Limit::ConcurrentRequests),
            request_body_bytes: of(Limit::RequestBody),
            response_body_bytes: of(Limit::ResponseBody),
            exchange_seconds: of(Limit::Exchange),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn without_a_policy_the_hosts_usual_values_apply() {
        let limits = Limits::default().effective_all(&Limits::default());
        assert_eq!(limits.memory_bytes, table::MEMORY_BYTES);
        assert_eq!(limits.run_seconds, table::RUN_SECONDS);
        assert_eq!(limits.exchange_seconds, table::EXCHANGE_SECONDS);
    }

    #[test]
    fn a_ceiling_lowers_what_nobody_asked_for_and_raises_nothing() {
        let ceilings = Limits { memory_mib: Some(64), run_seconds: Some(3600), ..Limits::default() };
        assert_eq!(ceilings.effective(Limit::Memory, None), 64);
        assert_eq!(ceilings.effective(Limit::Run, None), table::RUN_SECONDS);
        assert_eq!(ceilings.effective(Limit::Run, Some(7200)), 3600);
    }

    proptest! {
        #[test]
        fn nothing_goes_past_a_ceiling(index in 0..7_usize, ceiling: Option<u64>, asked: Option<u64>) {
            let limit = Limit::ALL[index];
            let ceilings = Limits {
                memory_mib: ceiling,
                run_seconds: ceiling,
                requests: ceiling,
                concurrent_requests: ceiling,
                request_body_bytes: ceiling,
                response_body_bytes: ceiling,
                exchange_seconds: ceiling,
            };
            let effective = ceilings.effective(limit, asked);
            prop_assert!(effective <= limit.host_ceiling());
            prop_assert!(ceiling.is_none_or(|ceiling| effective <= ceiling));
            prop_assert!(asked.is_none_or(|asked| effective <= asked));
        }
    }
}
