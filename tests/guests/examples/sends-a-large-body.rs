//! Sends a request that is granted with a body of 2 MiB, twice what the host allows. Every object fails with what came of
//! it, unless the request went through: then the objects are confirmed, and the host has failed.

use palisade_guests::bindings::wasi::http::types::Method;
use palisade_guests::{
    Attribute, Outcome, RunError, SUSPICIOUS_OBJECTS, Verdict, api_region, confirmed, every_page, guest,
    headers, outcome, reason, record, request,
};

const BODY_BYTES: usize = 2 * 1024 * 1024;

fn run(configuration: &[Attribute]) -> Result<(), RunError> {
    let region = api_region(configuration)?;
    let body = vec![b' '; BODY_BYTES];
    let result =
        headers().and_then(|headers| request(&Method::Post, region, SUSPICIOUS_OBJECTS, headers, &body));
    let verdict = match result {
        Ok(_) => confirmed(),
        Err(error) => Verdict::Failed(reason("not-sent", format!("{error:?}"))),
    };
    every_page().for_each(|page| {
        let outcomes: Vec<Outcome> = page.iter().map(|object| outcome(object.key, verdict.clone())).collect();
        record(&outcomes);
    });
    Ok(())
}

guest!(run);
