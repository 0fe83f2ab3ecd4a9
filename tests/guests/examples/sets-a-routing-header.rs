//! Asks for a granted path with a header that some servers take for the path.

use palisade_guests::bindings::wasi::http::types::{Fields, Method};
use palisade_guests::{
    Attribute, Level, RunError, SUSPICIOUS_OBJECTS, accept_all, api_region, guest, request, tell,
};

fn run(configuration: &[Attribute]) -> Result<(), RunError> {
    let region = api_region(configuration)?;
    let fields = Fields::new();
    // Of the two, the host knows the first one; no list knows all.
    let known = fields.append("x-override-url", b"/v3.0/iam/apiKeys");
    let other = fields.append("x-waws-unencoded-url", b"/v3.0/iam/apiKeys");
    tell(Level::Warn, &format!("{known:?}, {other:?}"));
    let answer = request(&Method::Post, region, SUSPICIOUS_OBJECTS, fields, b"[]");
    tell(Level::Warn, &format!("the request went through: {answer:?}"));
    accept_all();
    Ok(())
}

guest!(run);
