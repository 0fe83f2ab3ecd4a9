//! Tries every way of setting the header that belongs to the host, and sends what it could set. Every object is rejected
//! with what came of each way, unless a request went through: then the objects are confirmed, and the host has failed.

use palisade_guests::bindings::wasi::http::types::{Fields, HeaderError, Method};
use palisade_guests::{
    Attribute, Outcome, RunError, SUSPICIOUS_OBJECTS, Verdict, api_region, confirmed, every_page, guest,
    outcome, reason, record, request,
};

const NAME: &str = "Authorization";
const VALUE: &[u8] = b"Bearer of-the-guest";

fn run(configuration: &[Attribute]) -> Result<(), RunError> {
    let region = api_region(configuration)?;
    let mut gone_through = false;
    let mut tries = Vec::new();
    for (way, fields) in [("from-list", from_list()), ("append", append()), ("set", set())] {
        let came_of_it = match fields {
            Err(refused) => format!("{refused:?}"),
            Ok(fields) => match request(&Method::Post, region, SUSPICIOUS_OBJECTS, fields, b"[]") {
                Err(refused) => format!("{refused:?}"),
                Ok(answer) => {
                    gone_through = true;
                    format!("status {}", answer.status)
                }
            },
        };
        tries.push(format!("{way}: {came_of_it}"));
    }
    let verdict = if gone_through {
        confirmed()
    } else {
        Verdict::Rejected(reason("header-refused", tries.join("; ")))
    };
    every_page().for_each(|page| {
        let outcomes: Vec<Outcome> = page.iter().map(|object| outcome(object.key, verdict.clone())).collect();
        record(&outcomes);
    });
    Ok(())
}

fn from_list() -> Result<Fields, HeaderError> {
    Fields::from_list(&[(NAME.to_owned(), VALUE.to_vec())])
}

fn append() -> Result<Fields, HeaderError> {
    let fields = Fields::new();
    fields.append(NAME, VALUE).map(|()| fields)
}

fn set() -> Result<Fields, HeaderError> {
    let fields = Fields::new();
    fields.set(NAME, &[VALUE.to_vec()]).map(|()| fields)
}

guest!(run);
