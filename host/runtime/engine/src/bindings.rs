//! The contract of `wit/` as Rust types, generated.

#[expect(missing_docs, reason = "generated from wit/, where the documentation is")]
pub(crate) mod generated {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "palisade:action/validating-bundle",
        imports: {
            "palisade:action/results.record": trappable,
            "palisade:action/results.evicting": trappable,
            "palisade:action/results.holds": trappable,
            "palisade:action/collection.next": trappable,
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
    pub use super::generated::exports::palisade::action::action::{
        Context, Limits, RunError, Setting, SettingValue, Stop,
    };
    pub use super::generated::palisade::action::types::{
        Attribute, Change, Comparison, Eviction, Field, Holding, Object, Outcome, Problem, Reason,
        Submission, Verdict,
    };
}
