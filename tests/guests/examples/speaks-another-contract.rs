//! Exports the contract's interface by name, with another error than the contract's.

/// Generated; outside of the project's own rules.
#[allow(unsafe_code, unreachable_pub, missing_docs, rust_2018_idioms, clippy::all, clippy::restriction)]
mod another_contract {
    wit_bindgen::generate!({
        path: "wit/another-contract",
        world: "palisade:action/bundle",
    });

    use super::Component;
    export!(Component);
}

use another_contract::exports::palisade::action::action::{Attribute, Guest, RunError};

struct Component;

impl Guest for Component {
    fn run(_action_id: String, _configuration: Vec<Attribute>) -> Result<(), RunError> {
        Ok(())
    }
}
