//! Compiles the Rust blocks of the documentation as documentation tests. A page is listed here if a reader is meant to copy
//! its code; `tests/blocks.rs` fails if a page has Rust and is not listed.

#[doc = include_str!("../../../docs/contract.md")]
pub mod contract {}

#[doc = include_str!("../../simulator/README.md")]
pub mod vision_one_simulator {}

#[doc = include_str!("../../threatq-simulator/README.md")]
pub mod threatq_simulator {}
