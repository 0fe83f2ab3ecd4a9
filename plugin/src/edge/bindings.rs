//! The bindings that are generated from the contract; generated code is outside of the project's own rules.
#![allow(unsafe_code, unreachable_pub, missing_docs, rust_2018_idioms, clippy::all, clippy::restriction)]

use super::Bundle;

wit_bindgen::generate!({
    path: "../wit",
    world: "palisade:action/whole-bundle",
    generate_all,
    pub_export_macro: true,
});

// The expansion holds the exported functions; it stays here so that the rest of the crate keeps its lints.
export!(Bundle with_types_in self);
