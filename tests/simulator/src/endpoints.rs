//! Actions on endpoints (API reference, response actions, section 2): isolate, restore, collect a file, terminate a process, run
//! a script, osquery or YARA rules, scan for malware.

use serde_json::{Map, Value, json};

use crate::actions::{self, Fields, ItemError};
use crate::holdings::Holdings;
use crate::inventory::Endpoint;
use crate::queries::knows;
use crate::routes::{Context, Judged};
use crate::settings::TerminateProcess;
use crate::tasks::{Effect, ItemRefusal, Proposal, ProposedPart};

/// The endpoint that an item names: by exactly one of GUID and name. Of several with the same name it is the first by GUID.
fn target<'h>(fields: &mut Fields<'_>, holdings: &'h Holdings) -> Result<&'h Endpoint, ItemError> {
    let guid = fields.text("agentGuid", 36)?;
    let name = fields.text("endpointName", 255)?;
    let mut found: Vec<&Endpoint> = match (guid, name) {
        (Some(_), Some(_)) => return Err(ItemError::Invalid("agentGuid")),
        (None, None) => return Err(ItemError::Missing("agentGuid, endpointName")),
        (Some(guid), None) => {
            let is = |endpoint: &&Endpoint| endpoint.agent_guid.eq_ignore_ascii_case(&guid);
            holdings.endpoints.iter().filter(is).collect()
        }
        (None, Some(name)) => {
            let is = |endpoint: &&Endpoint| endpoint.endpoint_name.eq_ignore_ascii_case(&name);
            holdings.endpoints.iter().filter(is).collect()
        }
    };
    found.sort_by(|left, right| left.agent_guid.cmp(&right.agent_guid));
    found.first().copied().ok_or_else(|| ItemRefusal::TargetNotFound.into())
}

/// The fields by which a task shows its endpoint.
fn shown(endpoint: &Endpoint) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("agentGuid".to_owned(), endpoint.agent_guid.clone().into());
    fields.insert("endpointName".to_owned(), endpoint.endpoint_name.clone().into());
    fields
}

/// An action on an endpoint that shows these further fields.
fn proposal(
    action: &'static str,
    endpoint: &Endpoint,
    more: impl IntoIterator<Item = (&'static str, Value)>,
    effect: Effect,
    description: Option<String>,
) -> Proposal {
    let mut fields = shown(endpoint);
    fields.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
    let target = endpoint.agent_guid.to_lowercase();
    let names = vec![endpoint.agent_guid.clone(), endpoint.endpoint_name.clone()];
    Proposal { names, description, ..Proposal::single(action, target, fields, effect) }
}

fn isolation(
    context: &Context<'_>,
    holdings: &Holdings,
    item: &Value,
    action: &'static str,
    isolated: bool,
) -> Result<Proposal, ItemError> {
    let mut fields = Fields::of(item, &context.settings.rules)?;
    let endpoint = target(&mut fields, holdings)?;
    let description = fields.description()?;
    fields.end()?;
    let effect = Effect::Isolation { agent_guid: endpoint.agent_guid.clone(), isolated };
    Ok(proposal(action, endpoint, [], effect, description))
}

/// Isolates.
pub(crate) fn isolate(
    context: &Context<'_>,
    holdings: &Holdings,
    item: &Value,
) -> Result<Proposal, ItemError> {
    isolation(context, holdings, item, "isolate", true)
}

/// Connects again.
pub(crate) fn restore(
    context: &Context<'_>,
    holdings: &Holdings,
    item: &Value,
) -> Result<Proposal, ItemError> {
    isolation(context, holdings, item, "restoreIsolate", false)
}

/// Collects a file.
pub(crate) fn collect_file(
    context: &Context<'_>,
    holdings: &Holdings,
    item: &Value,
) -> Result<Proposal, ItemError> {
    let mut fields = Fields::of(item, &context.settings.rules)?;
    let path = fields.required("filePath", 1024)?;
    let endpoint = target(&mut fields, holdings)?;
    let description = fields.description()?;
    fields.end()?;
    let more = [("filePath", path.into())];
    let proposal = proposal("collectFile", endpoint, more, Effect::None, description);
    Ok(Proposal { has_archive: true, ..proposal })
}

/// Terminates a process, in the newer form with `processId`, in the older with `fileSha1`, or both.
pub(crate) fn terminate_process(
    context: &Context<'_>,
    holdings: &Holdings,
    item: &Value,
) -> Result<Proposal, ItemError> {
    let mut fields = Fields::of(item, &context.settings.rules)?;
    let process = match fields.value("processId") {
        None => None,
        Some(value) => {
            let number = value.as_f64().filter(|number| *number > 0.0);
            Some(number.map(|_| value).ok_or(ItemError::Invalid("processId"))?)
        }
    };
    let sha1 = fields.text("fileSha1", 160)?;
    let name = fields.text("fileName", 255)?;
    let form = context.settings.rules.terminate_process;
    match (&process, &sha1, &name) {
        (Some(_), _, _) if form == TerminateProcess::FileSha1 => return Err(ItemError::Invalid("processId")),
        (Some(_), None, None) => return Err(ItemError::Missing("fileName, fileSha1")),
        (None, _, _) if form == TerminateProcess::ProcessId => return Err(ItemError::Missing("processId")),
        (None, None, _) => return Err(ItemError::Missing("fileSha1")),
        _ => {}
    }
    let endpoint = target(&mut fields, holdings)?;
    let description = fields.description()?;
    fields.end()?;
    if !endpoint.os_name.eq_ignore_ascii_case("windows") {
        return Err(ItemRefusal::NotSupported.into());
    }
    let more =
        [("processId", process), ("fileSha1", sha1.map(Value::from)), ("fileName", name.map(Value::from))];
    let more = more.into_iter().filter_map(|(name, value)| Some((name, value?)));
    Ok(proposal("terminateProcess", endpoint, more, Effect::None, description))
}

/// Runs a custom script, which is named by its file.
pub(crate) fn run_script(
    context: &Context<'_>,
    holdings: &Holdings,
    item: &Value,
) -> Result<Proposal, ItemError> {
    let mut fields = Fields::of(item, &context.settings.rules)?;
    let name = fields.required("fileName", 255)?;
    let parameter = fields.text("parameter", 8000)?;
    let endpoint = target(&mut fields, holdings)?;
    let description = fields.description()?;
    fields.end()?;
    if !holdings.scripts.iter().any(|script| script.file_name == name) {
        return Err(ItemRefusal::NotFound.into());
    }
    let more = [("fileName", Some(name)), ("parameter", parameter)];
    let more = more.into_iter().filter_map(|(name, value)| Some((name, value?.into())));
    let proposal = proposal("runCustomScript", endpoint, more, Effect::None, description);
    Ok(Proposal { has_archive: true, ..proposal })
}

/// Exactly one of two texts.
fn one_of(
    fields: &mut Fields<'_>,
    allowed: &[(&'static str, usize)],
) -> Result<(&'static str, Value), ItemError> {
    let mut found = None;
    for (name, most) in allowed {
        if let Some(text) = fields.text(name, *most)? {
            if found.is_some() {
                return Err(ItemError::Invalid(name));
            }
            found = Some((*name, text.into()));
        }
    }
    found.ok_or(ItemError::Missing(allowed.first().map_or("", |(name, _)| *name)))
}

/// Runs a query.
pub(crate) fn run_osquery(
    context: &Context<'_>,
    holdings: &Holdings,
    item: &Value,
) -> Result<Proposal, ItemError> {
    let mut fields = Fields::of(item, &context.settings.rules)?;
    let statement = one_of(&mut fields, &[("statement", 4096), ("statementId", 160)])?;
    let endpoint = target(&mut fields, holdings)?;
    let description = fields.description()?;
    fields.end()?;
    if statement.0 == "statementId" && !knows(&holdings.osquery_statements, "id", &statement.1) {
        return Err(ItemRefusal::NotFound.into());
    }
    let proposal = proposal("runOsquery", endpoint, [statement], Effect::None, description);
    Ok(Proposal { has_archive: true, ..proposal })
}

/// Runs YARA rules.
pub(crate) fn run_yara(
    context: &Context<'_>,
    holdings: &Holdings,
    item: &Value,
) -> Result<Proposal, ItemError> {
    let mut fields = Fields::of(item, &context.settings.rules)?;
    let rules = [("yaraRuleFileContent", 2048), ("yaraRuleFileId", 36), ("yaraRuleFileName", 255)];
    let rule = one_of(&mut fields, &rules)?;
    let stored = match rule.0 {
        "yaraRuleFileId" => Some("id"),
        "yaraRuleFileName" => Some("name"),
        _ => None,
    };
    if stored.is_some_and(|field| !knows(&holdings.yara_rule_files, field, &rule.1)) {
        return Err(ItemRefusal::NotFound.into());
    }
    let kind = fields.required("target", 16)?;
    let mut more = vec![rule, ("target", kind.clone().into())];
    let optional: &[(&'static str, usize)] = match kind.as_str() {
        "File" => {
            more.push(("targetFileLocation", fields.required("targetFileLocation", 1024)?.into()));
            &[("targetFileSize", 2), ("targetFileOption", 8)]
        }
        "Process" => &[("targetProcessName", 255)],
        _ => return Err(ItemError::Invalid("target")),
    };
    for (name, most) in optional {
        more.extend(fields.text(name, *most)?.map(|text| (*name, text.into())));
    }
    let endpoint = target(&mut fields, holdings)?;
    let description = fields.description()?;
    fields.end()?;
    let proposal = proposal("runYaraRules", endpoint, more, Effect::None, description);
    Ok(Proposal { has_archive: true, ..proposal })
}

/// Scans endpoints for malware: one task for the whole request, with a part for each endpoint.
pub(crate) fn scan_for_malware(context: &Context<'_>) -> Judged {
    let proposal = scan(context, &context.shared.state().holdings);
    actions::whole(context, proposal)
}

fn scan(context: &Context<'_>, holdings: &Holdings) -> Result<Proposal, ItemError> {
    let body: Value = serde_json::from_slice(context.call.body).map_err(|_| ItemError::NotAnObject)?;
    let mut fields = Fields::of(&body, &context.settings.rules)?;
    let Some(Value::Array(items)) = fields.value("endpoints") else {
        return Err(ItemError::Missing("endpoints"));
    };
    fields.end()?;
    let mut names = Vec::new();
    let mut parts = Vec::new();
    let mut description = None;
    for item in &items {
        let mut fields = Fields::of(item, &context.settings.rules)?;
        let endpoint = target(&mut fields, holdings)?;
        description = fields.description()?.or(description);
        fields.end()?;
        let mut fields = shown(endpoint);
        let report = json!({"virusMalwareCount": 0, "spywareGraywareCount": 0, "scannedFileCount": 0, "scanProgress": 0});
        fields.insert("scanReport".to_owned(), report);
        names.push(endpoint.agent_guid.to_lowercase());
        parts.push(ProposedPart {
            fields,
            effect: Effect::None,
            place: Some(endpoint.endpoint_name.clone()),
        });
    }
    if parts.is_empty() {
        return Err(ItemError::Missing("endpoints"));
    }
    Ok(Proposal {
        action: "malwareScanForMultiple",
        target: names.join(" "),
        names,
        parts,
        is_divided: true,
        has_archive: false,
        description,
    })
}
