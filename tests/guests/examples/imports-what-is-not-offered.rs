//! Imports an interface that no host has, and calls it.

use palisade_guests::{Attribute, Level, RunError, accept_all, guest, tell};

/// Generated; outside of the project's own rules.
#[allow(unsafe_code, unreachable_pub, missing_docs, rust_2018_idioms, clippy::all, clippy::restriction)]
mod asking {
    wit_bindgen::generate!({
        path: ["../../wit", "wit"],
        world: "palisade-test:guests/asking",
        generate_all,
    });
}

fn run(_configuration: &[Attribute]) -> Result<(), RunError> {
    tell(Level::Warn, &asking::palisade_test::unknown::oracle::ask("what is the key"));
    accept_all();
    Ok(())
}

guest!(run);
