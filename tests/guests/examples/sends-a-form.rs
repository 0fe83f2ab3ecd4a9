//! Sends a form for each object that is a file: a text, and the file, which it never holds.

use palisade_guests::bindings::palisade::action::artefacts::{self, Content, Part};
use palisade_guests::{Attribute, RunError, Verdict, confirmed, every_page, guest, outcome, reason, record};

fn run(_configuration: &[Attribute]) -> Result<(), RunError> {
    for page in every_page() {
        for offered in &page {
            let id = offered.object.id.clone().unwrap_or_default();
            let form = [
                part("comment", None, Content::Text("for \"analysis\"".to_owned())),
                part("file", Some(&offered.object.value), Content::Artefact(id)),
            ];
            let answer = artefacts::send_form("https://api.xdr.trendmicro.com/forms", &[], &form);
            let verdict = match answer {
                Ok(answer) if answer.status == 202 => confirmed(),
                Ok(answer) => Verdict::Rejected(reason("refused", format!("status {}", answer.status))),
                Err(code) => Verdict::Failed(reason("not-sent", format!("{code:?}"))),
            };
            record(&[outcome(offered.key, verdict)]);
        }
    }
    Ok(())
}

fn part(name: &str, file_name: Option<&str>, content: Content) -> Part {
    let media_type = file_name.map(|_| "application/octet-stream".to_owned());
    Part { name: name.to_owned(), file_name: file_name.map(str::to_owned), media_type, content }
}

guest!(run);
