//! Response actions: commands for endpoints, messages, accounts and the block list of Response Management.
//!
//! The service accepts a command as a task and finishes it later. [`action`] is the table of the actions, [`command`] makes a command
//! of an object, [`answer`] reads what the service says to a request with commands, [`inventory`] finds the agent behind the name of
//! an endpoint, [`task`] reads a task, [`state`] is what is kept of an object that waits. [`run`] sends commands and [`resume`] asks
//! what became of them; both reach the service through [`service::Service`].

pub mod action;
pub mod answer;
pub mod command;
pub mod inventory;
pub mod resume;
pub mod run;
pub mod service;
pub mod settings;
pub mod state;
pub mod task;
