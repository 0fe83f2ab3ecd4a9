//! The rules of what an action does and gives back. What an action says of itself must not contradict itself: the host acts on it.

use palisade_limits::{ARTEFACT_BYTES, FEED_LEAST_SECONDS, POLL_LEAST_MILLISECONDS, WAIT_SECONDS};

use super::super::fault::FaultKind;
use super::super::{
    Action, ActionChanges, ApprovalAsked, Effect, FeedAsked, Manifest, OutputType, ParameterKind, WaitsAsked,
};
use super::Findings;
use super::actions::{in_form, unknown_parameter};
use crate::nearest;

/// Checks what an action does, how it waits, and what it gives back.
pub(super) fn check(action: &Action, manifest: &Manifest, path: &str, findings: &mut Findings<'_>) {
    changes(action, path, findings);
    reversal(action, manifest, path, findings);
    if let Some(means) = &action.accepted_means {
        findings.shown(format!("{path}.accepted_means"), means);
    }
    if let Some(waits) = &action.waits {
        if action.accepted_means.is_none() {
            contradiction(
                findings,
                format!("{path}.waits"),
                "an action that waits states what `accepted` then proves: give `accepted_means`",
            );
        }
        bounds_of_wait(waits, &format!("{path}.waits"), findings);
    }
    returns(action, path, findings);
    if let Some(asked) = &action.feed {
        feed(asked, action, manifest, path, findings);
    }
    for (index, text) in action.requires.iter().enumerate() {
        findings.shown(format!("{path}.requires[{index}]"), text);
    }
    findings.unique("the requirement", action.requires.iter().map(String::as_str), |index| {
        format!("{path}.requires[{index}]")
    });
    links(action, manifest, path, findings);
}

fn contradiction(findings: &mut Findings<'_>, field: impl Into<String>, message: &'static str) {
    findings.add(field, FaultKind::Contradiction { message });
}

fn changes(action: &Action, path: &str, findings: &mut Findings<'_>) {
    let changes = action.changes;
    if changes == ActionChanges::None && action.effect != Effect::Other {
        contradiction(findings, format!("{path}.changes"), "an action with this `effect` changes something");
    }
    if changes != ActionChanges::None && !action.egress.iter().any(|asked| asked.changes) {
        contradiction(
            findings,
            format!("{path}.changes"),
            "an action that changes something needs a request with `changes: true`",
        );
    }
    if changes == ActionChanges::Lasting && action.approval == Some(ApprovalAsked::Never) {
        contradiction(
            findings,
            format!("{path}.approval"),
            "an action whose changes are `lasting` is approved: write `advised` or `required`",
        );
    }
}

fn reversal(action: &Action, manifest: &Manifest, path: &str, findings: &mut Findings<'_>) {
    let Some(name) = &action.reversible_by else { return };
    let field = format!("{path}.reversible_by");
    if *name == action.id {
        contradiction(findings, &field, "an action cannot reverse itself");
    } else if let Some(other) = manifest.action(name) {
        if other.feed.is_some() {
            contradiction(findings, &field, "a feed cannot reverse anything");
        }
    } else {
        let ids = manifest.actions.iter().map(|action| &action.id);
        let nearest = nearest(name, ids).map(str::to_owned);
        findings.add(&field, FaultKind::UnknownAction { name: name.clone(), nearest });
    }
    if action.changes != ActionChanges::Reversible {
        contradiction(findings, &field, "only an action whose changes are `reversible` has `reversible_by`");
    }
}

fn bounds_of_wait(waits: &WaitsAsked, path: &str, findings: &mut Findings<'_>) {
    let WaitsAsked { usual_seconds, longest_seconds, poll_seconds } = *waits;
    at_most(longest_seconds, WAIT_SECONDS, format!("{path}.longest_seconds"), "seconds", findings);
    let least = POLL_LEAST_MILLISECONDS.div_ceil(1_000);
    at_least(poll_seconds, least, format!("{path}.poll_seconds"), findings);
    in_order(usual_seconds, longest_seconds, format!("{path}.usual_seconds"), findings);
    in_order(poll_seconds, longest_seconds, format!("{path}.poll_seconds"), findings);
}

fn returns(action: &Action, path: &str, findings: &mut Findings<'_>) {
    let path = format!("{path}.returns");
    let returns = &action.returns;
    findings.unique("the kind", returns.objects.iter().map(|one| one.kind.as_str()), |index| {
        format!("{path}.objects[{index}].kind")
    });
    for (index, objects) in returns.objects.iter().enumerate() {
        let path = format!("{path}.objects[{index}]");
        findings.shown(format!("{path}.kind"), &objects.kind);
        findings.unique("the subtype", objects.subtypes.iter().map(String::as_str), |index| {
            format!("{path}.subtypes[{index}]")
        });
        for (index, subtype) in objects.subtypes.iter().enumerate() {
            findings.shown(format!("{path}.subtypes[{index}]"), subtype);
        }
    }
    findings.unique("the output", returns.outputs.iter().map(|one| one.name.as_str()), |index| {
        format!("{path}.outputs[{index}].name")
    });
    for (index, output) in returns.outputs.iter().enumerate() {
        let path = format!("{path}.outputs[{index}]");
        let first = output.name.starts_with(|one: char| one.is_ascii_alphabetic());
        if !first || !output.name.chars().all(|one| one.is_ascii_alphanumeric() || one == '_') {
            let expected = "the name of an output: letters, digits and `_`, beginning with a letter";
            let kind = FaultKind::Malformed { value: output.name.escape_debug().to_string(), expected };
            findings.add(format!("{path}.name"), kind);
        }
        // A short value such as `true` could not be redacted without harm.
        if output.sensitive && output.r#type != OutputType::Text {
            contradiction(
                findings,
                format!("{path}.sensitive"),
                "only an output of type `text` can be sensitive",
            );
        }
    }
    findings.unique("the media type", returns.artefacts.iter().map(|one| one.media_type.as_str()), |index| {
        format!("{path}.artefacts[{index}].media_type")
    });
    for (index, artefact) in returns.artefacts.iter().enumerate() {
        let path = format!("{path}.artefacts[{index}]");
        let token = |text: &str| {
            !text.is_empty()
                && text.chars().all(|one| one.is_ascii_alphanumeric() || "!#$&-^_.+".contains(one))
        };
        if !artefact.media_type.split_once('/').is_some_and(|(kind, subtype)| token(kind) && token(subtype)) {
            let value = artefact.media_type.escape_debug().to_string();
            let expected = "a media type, for example `application/zip`";
            findings.add(format!("{path}.media_type"), FaultKind::Malformed { value, expected });
        }
        at_least(artefact.most_bytes, 1, format!("{path}.most_bytes"), findings);
        at_most(artefact.most_bytes, ARTEFACT_BYTES, format!("{path}.most_bytes"), "bytes", findings);
    }
}

fn feed(
    asked: &FeedAsked,
    action: &Action,
    manifest: &Manifest,
    of_action: &str,
    findings: &mut Findings<'_>,
) {
    let path = format!("{of_action}.feed");
    at_least(asked.least_seconds, FEED_LEAST_SECONDS, format!("{path}.least_seconds"), findings);
    in_order(asked.least_seconds, asked.usual_seconds, format!("{path}.least_seconds"), findings);
    if let Some(first) = &asked.first
        && crate::duration::seconds(first).is_none()
    {
        let kind = FaultKind::Malformed { value: first.clone(), expected: crate::duration::EXPECTED };
        findings.add(format!("{path}.first"), kind);
    }
    for parameter in action.parameters(manifest).filter(|parameter| parameter.from.is_some()) {
        let kind = FaultKind::FromObjectInFeed { name: parameter.name.clone() };
        findings.add(format!("{of_action}.sections"), kind);
    }
    if !action.accepts.is_empty() {
        contradiction(
            findings,
            format!("{of_action}.accepts"),
            "a feed accepts no objects: write `accepts: []`",
        );
    }
    if action.returns.objects.is_empty() {
        contradiction(findings, &path, "a feed returns objects: list them in `returns.objects`");
    }
    if action.changes != ActionChanges::None {
        contradiction(
            findings,
            format!("{of_action}.changes"),
            "a feed changes nothing: write `changes: none`",
        );
    }
    if action.approval.is_some_and(|approval| approval != ApprovalAsked::Never) {
        contradiction(
            findings,
            format!("{of_action}.approval"),
            "a feed runs automatically: nobody can approve it",
        );
    }
    if action.waits.is_some() {
        contradiction(findings, format!("{of_action}.waits"), "a feed has no objects that could wait");
    }
    if !action.returns.outputs.is_empty() {
        let field = format!("{of_action}.returns.outputs");
        contradiction(
            findings,
            field,
            "outputs belong to an object that the action was given: a feed has none",
        );
    }
}

fn links(action: &Action, manifest: &Manifest, path: &str, findings: &mut Findings<'_>) {
    if !action.links.is_empty() && action.returns.artefacts.is_empty() {
        let message = "links lead to artefacts: list them in `returns.artefacts`";
        contradiction(findings, format!("{path}.links"), message);
    }
    for (index, link) in action.links.iter().enumerate() {
        let path = format!("{path}.links[{index}]");
        findings.shown(format!("{path}.reason"), &link.reason);
        findings.filled(format!("{path}.hosts"), &link.hosts);
        findings.unique("the host", link.hosts.iter().map(String::as_str), |index| {
            format!("{path}.hosts[{index}]")
        });
        for (index, host) in link.hosts.iter().enumerate() {
            one_host(host, action, manifest, &format!("{path}.hosts[{index}]"), findings);
        }
    }
}

/// A host that a link may lead to.
fn one_host(host: &str, action: &Action, manifest: &Manifest, path: &str, findings: &mut Findings<'_>) {
    if let Some(name) = host.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        return match manifest.parameter(name) {
            None => findings.add(path, unknown_parameter(name, manifest)),
            Some(parameter) if !matches!(parameter.kind, ParameterKind::Select { .. }) => {
                let kind = parameter.kind.type_name();
                findings.add(path, FaultKind::OriginNotSelect { name: name.to_owned(), kind });
            }
            Some(_) if !in_form(action, name) => {
                let kind = FaultKind::NotInForm { name: name.to_owned(), action: action.id.clone() };
                findings.add(path, kind);
            }
            Some(_) => {}
        };
    }
    // `*.com` would be everybody.
    let name = host.strip_prefix("*.").unwrap_or(host);
    let labels = name.split('.').count();
    let canonical = palisade_grant::Origin::canonical(&format!("https://{name}")).is_ok();
    let is_name = name.contains(|one: char| one.is_ascii_alphabetic()) && !name.contains(':');
    if labels < 2 || !canonical || !is_name {
        let expected = "a host name, `*.` and a domain of at least two labels, or the name of a `select` parameter in braces";
        findings.add(path, FaultKind::Malformed { value: host.escape_debug().to_string(), expected });
    }
}

fn at_least(found: u64, least: u64, field: String, findings: &mut Findings<'_>) {
    if found < least {
        findings.add(field, FaultKind::BelowLeast { found, least });
    }
}

fn at_most(asked: u64, ceiling: u64, field: String, unit: &'static str, findings: &mut Findings<'_>) {
    if asked > ceiling {
        findings.add(field, FaultKind::LimitBeyondCeiling { asked, ceiling, unit });
    }
}

fn in_order(low: u64, high: u64, field: String, findings: &mut Findings<'_>) {
    if low > high {
        findings.add(field, FaultKind::BoundsCrossed { low: low.into(), high: high.into() });
    }
}
