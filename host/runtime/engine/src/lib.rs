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
//! Components are compiled once, by a process with limits of memory and time ([`CompilerProgram`]); what it wrote is kept in a
//! private directory, and an engine that cannot compile reads it from there.
//!
//! A run ends by the component's own return, or early: by a trap, a limit, a broken rule of the contract, a request that
//! was not granted, its operator, or the deadline, which holds for computing (epochs) as well as for waiting (wall clock).
//! Operator and deadline end it in steps: nothing more is sent, the answers in flight reach the component, it reports, and
//! only then it is gone.

#![warn(missing_docs)]

mod artefacts;
mod bindings;
mod border;
mod circumstances;
mod compiler;
mod component;
mod engine;
mod error;
mod http;
mod imports;
mod limiter;
mod output;
mod run;
mod screen;
mod state;
mod stopping;
mod text;

pub use bindings::contract;
pub use circumstances::Circumstances;
pub use compiler::{CompileError, Compiler, CompilerProgram, compile};
pub use component::Component;
pub use engine::{Cache, Engine, Loading};
pub use error::{Early, Ended, EngineError, LoadError};
pub use limiter::SandboxLimits;
pub use run::{Entry, RunEnd, RunRequest};
pub use state::{CallError, Host, LogLevel, Violation};
pub use stopping::{Stopper, Stopping};
pub use text::cut;
