//! Sends 40 requests that are granted one after the other, and keeps each answer without reading it. Every object fails with
//! how many answers there were and with what came of the request after them.

use palisade_guests::bindings::wasi::http::types::Method;
use palisade_guests::{
    Attribute, RunError, SUSPICIOUS_OBJECTS, Verdict, api_region, every_page, guest, headers, outcome,
    reason, record, send,
};

const REQUESTS: usize = 40;

fn run(configuration: &[Attribute]) -> Result<(), RunError> {
    let region = api_region(configuration)?;
    let mut kept = Vec::new();
    let mut refused = String::new();
    for _ in 0..REQUESTS {
        let answer =
            headers().and_then(|headers| send(&Method::Post, region, SUSPICIOUS_OBJECTS, headers, b"[]"));
        match answer {
            Ok(answer) => kept.push(answer),
            Err(error) => {
                refused = format!("{error:?}");
                break;
            }
        }
    }
    let verdict = Verdict::Failed(reason("kept", format!("{} answers, then {refused}", kept.len())));
    every_page().for_each(|page| {
        let outcomes: Vec<_> = page.iter().map(|object| outcome(object.key, verdict.clone())).collect();
        record(&outcomes);
    });
    Ok(())
}

guest!(run);
