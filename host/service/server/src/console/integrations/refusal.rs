//! What was refused or could not be done, inside of a page: sentence, what to do about it, and the code for who looks it up.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::Failure;
use crate::console::wording::{hint, sentence};

/// Why something was not done. Prints itself.
#[derive(Debug, Clone, Template)]
#[template(path = "pages/integrations_refusal.html")]
pub(in crate::console) struct Refusal {
    title: String,
    message: String,
    hint: Option<String>,
    code: String,
}

impl HtmlSafe for Refusal {}

impl Refusal {
    pub(in crate::console) fn new(title: impl Into<String>, failure: &Failure) -> Self {
        let faults =
            failure.faults().iter().map(|fault| sentence(&format!("{}: {}", fault.field, fault.message)));
        let faults: Vec<String> = faults.collect();
        Self {
            title: title.into(),
            message: if faults.is_empty() { sentence(&failure.to_string()) } else { faults.join(" ") },
            hint: hint(failure),
            code: failure.code().to_owned(),
        }
    }
}
