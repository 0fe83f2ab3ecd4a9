//! The contract of `wit/` as Rust types, generated.

#[expect(missing_docs, reason = "generated from wit/, where the documentation is")]
pub(crate) mod generated {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "palisade:action/whole-bundle",
        imports: {
            "palisade:action/circumstances": trappable,
            "palisade:action/collection": trappable,
            "palisade:action/results": trappable,
            "palisade:action/artefacts.store": trappable,
            default: async | trappable,
        },
        exports: { default: async },
        with: {
            "wasi:clocks": wasmtime_wasi::p2::bindings::clocks,
            "wasi:io": wasmtime_wasi::p2::bindings::io,
            "wasi:http": wasmtime_wasi_http::p2::bindings::http,
        },
        additional_derives: [PartialEq],
        require_store_data_send: true,
    });
}

/// The contract's types, as `wit/` documents them.
pub mod contract {
    pub use super::generated::exports::palisade::action::action::{RunError, Stop};
    pub use super::generated::palisade::action::model::{
        Attribute, Batch, Change, Comparison, Download, Eviction, Field, Found, Holding, Object, Offered,
        Outcome, Pending, Reason, Reference, Relation, Submission, Value, Verdict,
    };
}
