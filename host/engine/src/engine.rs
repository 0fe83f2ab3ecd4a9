//! The engine: compiler, linker and clock, set up once for any number of components and runs.

use std::path::PathBuf;
use std::time::Duration;

use palisade_limits as limits;
use wasmtime::component::{HasSelf, Linker};
use wasmtime::{CacheConfig, Config};

use crate::bindings::generated::palisade::action;
use crate::component::Component;
use crate::error::{EngineError, LoadError};
use crate::imports;
use crate::state::State;

/// Where compiled components are kept. wasmtime owns its keys and its cleaning; a component from a bundle is never taken
/// as machine code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cache {
    /// Compile every time: 35 ms and more.
    Off,
    /// In this directory, which is made where it is missing.
    Directory(PathBuf),
}

/// Compiler, linker and epoch clock.
#[derive(Clone)]
pub struct Engine {
    engine: wasmtime::Engine,
    linker: Linker<State>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl Engine {
    /// Sets up an engine and the thread that advances its epoch.
    ///
    /// # Errors
    /// Where the cache directory cannot be used or the machine is not supported.
    pub fn new(cache: &Cache) -> Result<Self, EngineError> {
        let mut config = Config::new();
        // WASI 0.2 only: calls are three to five times cheaper and the code of 0.3 cannot be reached.
        config.concurrency_support(false);
        config.epoch_interruption(true);
        // What only debuggers outside of the engine ask for: traps are found and named without. A fifth of what is read and
        // mapped at each start.
        config.generate_address_map(false);
        config.native_unwind_info(cfg!(windows));
        if let Cache::Directory(directory) = cache {
            let mut settings = CacheConfig::new();
            settings.with_directory(directory);
            let cache = wasmtime::Cache::new(settings).map_err(|error| EngineError::Cache {
                directory: directory.display().to_string(),
                cause: format!("{error:#}"),
            })?;
            config.cache(Some(cache));
        }
        let unsupported = |error: wasmtime::Error| EngineError::Unsupported(format!("{error:#}"));
        let engine = wasmtime::Engine::new(&config).map_err(unsupported)?;
        let linker = link(&engine).map_err(unsupported)?;
        advance_epoch(&engine).map_err(|error| EngineError::Unsupported(error.to_string()))?;
        Ok(Self { engine, linker })
    }

    /// Compiles a component and checks that it fits: what it imports is offered, what the contract asks for is
    /// exported, and with the contract's types.
    ///
    /// # Errors
    /// [`LoadError`] with all missing imports at once.
    pub async fn load(&self, bytes: &[u8]) -> Result<Component, LoadError> {
        let (size, limit) = (bytes.len() as u64, limits::COMPONENT_BYTES);
        if size > limit {
            return Err(LoadError::TooLarge { size, limit });
        }
        let engine = self.engine.clone();
        let bytes = bytes.to_vec();
        let wait = Duration::from_secs(limits::COMPILE_SECONDS);
        // Compilation has no time limit of its own; its thread goes on after ours has given up, and the process ends.
        let compilation =
            tokio::task::spawn_blocking(move || wasmtime::component::Component::from_binary(&engine, &bytes));
        let component = tokio::time::timeout(wait, compilation)
            .await
            .map_err(|_| LoadError::CompileTimedOut(wait))?
            .map_err(|error| LoadError::Compile(error.to_string()))?
            .map_err(|error| LoadError::Compile(format!("{error:#}")))?;
        let ty = component.component_type();
        let missing = imports::missing(ty.imports(&self.engine).map(|(name, _)| name));
        if !missing.is_empty() {
            return Err(LoadError::Imports(missing));
        }
        let pre = self
            .linker
            .instantiate_pre(&component)
            .map_err(|error| LoadError::Contract(format!("{error:#}")))?;
        Component::new(self.engine.clone(), pre).await
    }
}

/// Everything that a component can import.
fn link(engine: &wasmtime::Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    action::types::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
    action::collection::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
    action::results::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
    action::log::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
    Ok(linker)
}

/// Advances the epoch until the engine is gone.
fn advance_epoch(engine: &wasmtime::Engine) -> std::io::Result<()> {
    let engine = engine.weak();
    std::thread::Builder::new().name("epoch".to_owned()).spawn(move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(Duration::from_millis(limits::EPOCH_MILLISECONDS));
        }
    })?;
    Ok(())
}
