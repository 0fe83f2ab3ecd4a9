//! Reading what the sandbox does and has found: tasks, results, the report as a PDF, the package as a ZIP, suspicious objects.

use std::io::{Cursor, Write as _};

use http::StatusCode;
use serde_json::{Value, json};
use simulator_parts::GeneratedFile;
use time::Duration;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{SandboxRisk, Submitted};
use crate::answer::Answer;
use crate::collection::{FilterSource, Listing, PLAIN, page, texts_of};
use crate::digest;
use crate::files::{self, File};
use crate::page::format_date;
use crate::routes::{Context, Judged};

const TASKS: Listing = Listing {
    filter: FilterSource::Parameter,
    fields: &["id", "status", "action", "sha1", "sha256", "md5"],
    orders: &["createdDateTime", "lastActionDateTime"],
    default_order: "createdDateTime desc",
    dates: &[("startDateTime", "endDateTime", "createdDateTime")],
    date_targets: &["createdDateTime", "lastActionDateTime"],
    texts: Some(texts),
    ..PLAIN
};

const RESULTS: Listing = Listing {
    filter: FilterSource::Parameter,
    fields: &["id", "riskLevel", "type", "sha1", "sha256", "md5"],
    orders: &["analysisCompletionDateTime", "riskLevel"],
    default_order: "analysisCompletionDateTime desc",
    dates: &[("startDateTime", "endDateTime", "analysisCompletionDateTime")],
    texts: Some(texts),
    ..PLAIN
};

/// Digests are inside of another field.
fn texts(item: &Value, field: &str) -> Option<Vec<String>> {
    matches!(field, "sha1" | "sha256" | "md5")
        .then(|| texts_of(item.get("digest").and_then(|digest| digest.get(field))))
}

fn listed(context: &Context<'_>, listing: &Listing, items: Vec<Value>) -> Judged {
    match page(context, listing, items) {
        Ok(page) => Answer::json(StatusCode::OK, &page.body()).into(),
        Err(judged) => *judged,
    }
}

/// `GET /sandbox/tasks`
pub(crate) fn list_tasks(context: &Context<'_>) -> Judged {
    let show = |submitted: &Submitted| submitted.task(context.now, context.call.origin);
    let items = context.shared.state().holdings.sandbox.submitted.iter().map(show).collect();
    listed(context, &TASKS, items)
}

/// `GET /sandbox/tasks/{id}`
pub(crate) fn get_task(context: &Context<'_>) -> Judged {
    match context.shared.state().holdings.sandbox.find(context.parameter(0)) {
        Some(submitted) => {
            Answer::json(StatusCode::OK, &submitted.task(context.now, context.call.origin)).into()
        }
        None => context.missing("there is no such task"),
    }
}

/// `GET /sandbox/analysisResults`
pub(crate) fn list_results(context: &Context<'_>) -> Judged {
    let show = |submitted: &Submitted| submitted.result(context.now);
    let items = context.shared.state().holdings.sandbox.submitted.iter().filter_map(show).collect();
    listed(context, &RESULTS, items)
}

/// Answers from the submission that a call names, if its analysis has succeeded.
fn found(context: &Context<'_>, answer: impl FnOnce(&Submitted, Value) -> Option<Judged>) -> Judged {
    let state = context.shared.state();
    let answer = state.holdings.sandbox.find(context.parameter(0)).and_then(|submitted| {
        let result = submitted.result(context.now)?;
        answer(submitted, result)
    });
    answer.unwrap_or_else(|| context.missing("there is no such result"))
}

/// Answers with a file of so many bytes, or with a real one.
fn file(
    context: &Context<'_>,
    content_type: &'static str,
    bytes: Option<u64>,
    real: impl FnOnce() -> Option<Vec<u8>>,
) -> Option<Judged> {
    let tag = digest::uuid(context.call.path, bytes.unwrap_or_default());
    let file = match bytes {
        Some(bytes) => File::Generated(GeneratedFile::new(bytes, digest::number(context.call.path))),
        None => File::Bytes(real()?.into()),
    };
    Some(files::deliver(context.settings, context.call, content_type, &tag, file))
}

/// `GET /sandbox/analysisResults/{id}`
pub(crate) fn get_result(context: &Context<'_>) -> Judged {
    found(context, |_, result| Some(Answer::json(StatusCode::OK, &result).into()))
}

/// `GET /sandbox/analysisResults/{id}/suspiciousObjects`, of a high risk only.
pub(crate) fn suspicious_objects(context: &Context<'_>) -> Judged {
    found(context, |submitted, _| {
        if submitted.analysis.risk_level != SandboxRisk::High {
            return None;
        }
        let completed = submitted.finished();
        let items = submitted.analysis.suspicious_objects.iter().map(|object| {
            let mut shown = json!({
                "riskLevel": object.risk_level,
                "analysisCompletionDateTime": format_date(completed),
                "expiredDateTime": format_date(completed.saturating_add(Duration::days(30))),
                "rootSha1": submitted.digests.sha1,
            });
            if let Some(fields) = shown.as_object_mut() {
                fields.insert(object.kind.name().to_owned(), object.value.clone().into());
            }
            shown
        });
        Some(Answer::json(StatusCode::OK, &json!({"items": items.collect::<Vec<_>>()})).into())
    })
}

/// `GET /sandbox/analysisResults/{id}/report`
pub(crate) fn report(context: &Context<'_>) -> Judged {
    found(context, |submitted, _| {
        let title = format!("Analysis of {}", submitted.object);
        file(context, "application/pdf", submitted.analysis.report_bytes, || Some(pdf(&title)))
    })
}

/// `GET /sandbox/analysisResults/{id}/investigationPackage`
pub(crate) fn package(context: &Context<'_>) -> Judged {
    found(context, |submitted, result| {
        let real = || zipped("result.json", result.to_string().as_bytes());
        file(context, "application/zip", submitted.analysis.package_bytes, real)
    })
}

/// An archive with one file.
fn zipped(name: &str, content: &[u8]) -> Option<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file(name, SimpleFileOptions::default()).ok()?;
    writer.write_all(content).ok()?;
    Some(writer.finish().ok()?.into_inner())
}

/// A document of one page with one line.
fn pdf(line: &str) -> Vec<u8> {
    // In a text, these need a backslash; what is not ASCII has no place in the standard encoding.
    let escaped: String = line
        .chars()
        .map(|letter| if letter.is_ascii() && !letter.is_ascii_control() { letter } else { '?' })
        .flat_map(|letter| "()\\".contains(letter).then_some('\\').into_iter().chain([letter]))
        .collect();
    let text = format!("BT /F1 12 Tf 72 720 Td ({escaped}) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 4 0 R >> >> /Contents 5 0 R >>"
            .to_owned(),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
        format!("<< /Length {} >>\nstream\n{text}\nendstream", text.len()),
    ];
    let mut document = "%PDF-1.4\n".to_owned();
    let mut table = "0000000000 65535 f \n".to_owned();
    for (number, object) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", document.len()));
        document.push_str(&format!("{} 0 obj\n{object}\nendobj\n", number + 1));
    }
    let (begin, count) = (document.len(), objects.len() + 1);
    document.push_str(&format!(
        "xref\n0 {count}\n{table}trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{begin}\n%%EOF\n"
    ));
    document.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_is_a_document_whose_table_is_right() {
        let document = String::from_utf8(pdf("a (b) \u{e9}")).unwrap();
        assert!(document.starts_with("%PDF-1.4") && document.contains("(a \\(b\\) ?) Tj"));
        let begin: usize = document.lines().rev().nth(1).unwrap().parse().unwrap();
        assert!(document[begin..].starts_with("xref\n0 6\n"));
        for (number, entry) in document[begin..].lines().skip(3).take(5).enumerate() {
            let place: usize = entry[..10].parse().unwrap();
            assert!(document[place..].starts_with(&format!("{} 0 obj", number + 1)));
        }
    }
}
