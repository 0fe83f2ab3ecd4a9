//! The bindings that are generated from the contract; generated code is outside of the project's own rules.
#![allow(unsafe_code, unreachable_pub, missing_docs, rust_2018_idioms, clippy::all, clippy::restriction)]

wit_bindgen::generate!({
    path: "../../wit",
    world: "palisade:action/bundle",
    generate_all,
    pub_export_macro: true,
    export_macro_name: "export_bundle",
});
