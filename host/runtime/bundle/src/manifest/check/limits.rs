//! The limits that are asked for: nothing that would stop every run, nothing beyond the ceilings.

use palisade_limits::{
    MEMORY_CEILING_BYTES, REQUEST_BODY_BYTES, REQUESTS, REQUESTS_PER_MINUTE_CEILING, RESPONSE_BODY_BYTES,
    RUN_CEILING_SECONDS,
};

use super::super::LimitsAsked;
use super::super::fault::FaultKind;
use super::Findings;

/// Bytes of one MiB, the unit in which memory is asked for.
const MIB: u64 = 1024 * 1024;

/// Checks all limits.
pub(super) fn check(limits: &LimitsAsked, findings: &mut Findings<'_>) {
    for (field, asked, ceiling, unit) in [
        ("memory_mib", limits.memory_mib, MEMORY_CEILING_BYTES / MIB, "MiB"),
        ("run_seconds", limits.run_seconds, RUN_CEILING_SECONDS, "seconds"),
        ("requests", limits.requests, REQUESTS, "requests"),
        ("requests_per_minute", limits.requests_per_minute, REQUESTS_PER_MINUTE_CEILING, "requests"),
        ("request_body_bytes", limits.request_body_bytes, REQUEST_BODY_BYTES, "bytes"),
        ("response_body_bytes", limits.response_body_bytes, RESPONSE_BODY_BYTES, "bytes"),
    ] {
        let Some(asked) = asked else { continue };
        if asked == 0 {
            let kind = FaultKind::Malformed { value: "0".to_owned(), expected: "a limit: at least 1" };
            findings.add(format!("limits.{field}"), kind);
        } else if asked > ceiling {
            findings.add(format!("limits.{field}"), FaultKind::LimitBeyondCeiling { asked, ceiling, unit });
        }
    }
}
