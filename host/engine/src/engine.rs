//! The engine: compiler, linker and clock, set up once for any number of components and runs.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use palisade_limits as limits;
use tokio::task::JoinHandle;
use tokio::time::Instant;
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
            // Half a millisecond of every start less than with the default of 3, for a tenth more on the disk: less to unpack
            // from, and a window of a quarter.
            settings.with_baseline_compression_level(1).with_optimized_compression_level(1);
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

    /// Compiles a component and checks that it fits.
    ///
    /// # Errors
    /// As [`Loading::ready`].
    pub async fn load(&self, bytes: &Bytes) -> Result<Component, LoadError> {
        self.begin_loading(bytes).ready().await
    }

    /// Begins to compile a component, on a thread of the runtime from which it is called, while the caller does something
    /// else.
    #[must_use]
    pub fn begin_loading(&self, bytes: &Bytes) -> Loading {
        let (engine, bytes) = (self.engine.clone(), bytes.clone());
        let compilation = tokio::task::spawn_blocking(move || {
            let (size, limit) = (bytes.len() as u64, limits::COMPONENT_BYTES);
            if size > limit {
                return Err(LoadError::TooLarge { size, limit });
            }
            wasmtime::component::Component::from_binary(&engine, &bytes)
                .map_err(|error| LoadError::Compile(format!("{error:#}")))
        });
        Loading { engine: self.clone(), compilation, begun: Instant::now() }
    }
}

/// A component that is being compiled.
#[derive(Debug)]
pub struct Loading {
    engine: Engine,
    compilation: JoinHandle<Result<wasmtime::component::Component, LoadError>>,
    begun: Instant,
}

impl Loading {
    /// Waits for the end of the compilation and checks that the component fits: what it imports is offered, what the contract
    /// asks for is exported, and with the contract's types.
    ///
    /// # Errors
    /// [`LoadError`] with all missing imports at once.
    pub async fn ready(self) -> Result<Component, LoadError> {
        let Engine { engine, linker } = self.engine;
        let wait = Duration::from_secs(limits::COMPILE_SECONDS);
        // Compilation has no time limit of its own; its thread goes on after ours has given up, and the process ends.
        let component = tokio::time::timeout_at(self.begun + wait, self.compilation)
            .await
            .map_err(|_| LoadError::CompileTimedOut(wait))?
            .map_err(|error| LoadError::Compile(error.to_string()))??;
        let ty = component.component_type();
        let missing = imports::missing(ty.imports(&engine).map(|(name, _)| name));
        if !missing.is_empty() {
            return Err(LoadError::Imports(missing));
        }
        let pre =
            linker.instantiate_pre(&component).map_err(|error| LoadError::Contract(format!("{error:#}")))?;
        Component::new(engine, pre).await
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
