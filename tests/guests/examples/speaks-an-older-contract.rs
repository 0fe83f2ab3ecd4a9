//! Imports and exports the interfaces of the contract's first version.

/// Generated; outside of the project's own rules.
#[allow(unsafe_code, unreachable_pub, missing_docs, rust_2018_idioms, clippy::all, clippy::restriction)]
mod older_contract {
    wit_bindgen::generate!({
        path: "wit/older-contract",
        world: "palisade:action/bundle",
    });

    use super::Component;
    export!(Component);
}

use older_contract::exports::palisade::action::action::Guest;
use older_contract::palisade::action::collection;

struct Component;

impl Guest for Component {
    fn run(_action_id: String) -> Result<(), ()> {
        while !collection::next(u32::MAX).is_empty() {}
        Ok(())
    }
}
