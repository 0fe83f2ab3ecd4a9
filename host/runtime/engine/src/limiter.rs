//! What a component may take of the machine. A request for more ends the run and says which limit it was.

use std::time::Duration;

use palisade_limits as limits;
use wasmtime::{ResourceLimiter, Result, bail};

/// The limits of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SandboxLimits {
    /// Bytes of all linear memories together.
    pub memory_bytes: u64,
    /// Wall clock from the start of the component to its end.
    pub run: Duration,
    /// Objects that one call of `collection.next` returns at most.
    pub page_objects: u64,
    /// Bytes of everything that the component reports.
    pub output_bytes: u64,
}

impl Default for SandboxLimits {
    fn default() -> Self {
        Self {
            memory_bytes: limits::MEMORY_BYTES,
            run: Duration::from_secs(limits::RUN_SECONDS),
            page_objects: limits::PAGE_OBJECTS,
            output_bytes: limits::OUTPUT_BYTES,
        }
    }
}

/// Counts what all memories and tables of a store take together.
#[derive(Debug)]
pub(crate) struct Limiter {
    memory_limit: u64,
    memory: u64,
    table_elements: u64,
    /// What was refused, for the message: the trap itself does not say it.
    pub(crate) exceeded: Option<String>,
}

impl Limiter {
    pub(crate) fn new(memory_limit: u64) -> Self {
        Self { memory_limit, memory: 0, table_elements: 0, exceeded: None }
    }

    fn exceed<T>(&mut self, what: String) -> Result<T> {
        self.exceeded = Some(what.clone());
        bail!(what)
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool> {
        let grown = self.memory + (desired.saturating_sub(current) as u64);
        if grown > self.memory_limit {
            return self.exceed(format!("it asked for more than {} MiB of memory", self.memory_limit >> 20));
        }
        self.memory = grown;
        Ok(true)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool> {
        let grown = self.table_elements + (desired.saturating_sub(current) as u64);
        if grown > limits::TABLE_ELEMENTS {
            return self.exceed(format!("it asked for more than {} table elements", limits::TABLE_ELEMENTS));
        }
        self.table_elements = grown;
        Ok(true)
    }

    fn instances(&self) -> usize {
        limits::INSTANCES as usize
    }

    fn tables(&self) -> usize {
        limits::TABLES as usize
    }

    fn memories(&self) -> usize {
        limits::MEMORIES as usize
    }
}
