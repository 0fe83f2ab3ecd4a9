//! The sandbox: runs one action of one component against one collection. The only crate that names wasmtime.
//!
//! What a component gets is what this crate links and nothing else: the contract of `wit/`, clocks, random numbers, and
//! requests through [`palisade_egress::Session`]. There is no environment, no argument, no directory and no socket; standard output
//! and standard error are captured for the log. Each run has a fresh store that is discarded after it.
//!
//! ```text
//! Engine::new ─▶ Engine::load (compile, check imports, exports and types) ─▶ Component::run (one store) ─▶ Ended
//! ```
//!
//! A run ends by the component's own return, or early: by a trap, a limit, a broken rule of the contract, a request that
//! was not granted, or the deadline, which holds for computing (epochs) as well as for waiting (wall clock).

mod bindings;
mod component;
mod engine;
mod error;
mod http;
mod imports;
mod limiter;
mod output;
mod state;
mod text;

pub use bindings::contract;
pub use component::{Component, RunRequest};
pub use engine::{Cache, Engine, Loading};
pub use error::{Early, Ended, EngineError, LoadError};
pub use limiter::SandboxLimits;
pub use state::{Host, LogLevel, Violation};
pub use text::cut;
