//! The harness of the end-to-end tests: the built binary, the built zip, a tenant to talk to, and what must hold after
//! every run. `cargo xtask test` builds what is needed; the harness only looks for it.
//!
//! A test compares what the product *says* ([`Outcome`]) with what the simulator *received* ([`Tenant`]).

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a harness of tests: what goes wrong here is a failed test"
)]

mod collection;
mod collector;
mod command;
mod compile_bomb;
mod guest;
mod moments;
mod outcome;
mod product;
mod project;
mod receiver;
mod running;
mod schema;
mod service;
mod task_service;
mod tenant;

pub use collection::{domains, threatq, threatq_page};
pub use collector::{Collector, Transfer};
pub use command::Palisade;
pub use compile_bomb::compile_bomb;
pub use guest::{bundle_of, guest_bundle, guest_bundle_with};
pub use moments::moments;
pub use outcome::{Object, Outcome};
pub use product::{
    binary, bundle, component, guest, in_language, policy, root, say_skipped, shared_data, signing_key,
    target,
};
pub use project::{Tools, documented_commands, project_tools, run_commands};
pub use receiver::{Delivery, Receiver, WEBHOOK_HOST};
pub use running::Running;
pub use service::{Answer, Service, counts, form};
pub use task_service::{Command, TaskService, TaskSettings, manifest_for_tasks};
pub use tenant::{REGION, Tenant};
