//! The engine: compiler, linker and clock, set up once for any number of components and runs.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use palisade_limits as limits;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use wasmtime::component::{HasSelf, Linker};
use wasmtime::{CacheConfig, Config};

use crate::artefacts::Artefacts;
use crate::bindings::generated::palisade::action;
use crate::compiler::{Abandon, Compiler, CompilerProgram};
use crate::component::Component;
use crate::error::{EngineError, LoadError};
use crate::imports;
use crate::screen::screen;
use crate::state::State;

/// Where compiled components are kept. wasmtime owns their format and their cleaning; a component from a bundle is never
/// taken as machine code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cache {
    /// Compile in each process: 35 ms and more.
    Off,
    /// In a private directory below this one, which is created if it is missing.
    Directory(PathBuf),
}

/// Compiler, linker and epoch clock.
#[derive(Clone)]
pub struct Engine {
    engine: wasmtime::Engine,
    linker: Linker<State>,
    compilation: Compilation,
}

/// Where components are compiled.
#[derive(Debug, Clone)]
enum Compilation {
    Here,
    Elsewhere(Arc<Workshop>),
}

/// What it takes to have them compiled by another process. The engine itself cannot compile.
#[derive(Debug)]
struct Workshop {
    program: CompilerProgram,
    artefacts: Artefacts,
    /// One at a time: together they have no more memory than one.
    place: Semaphore,
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
    /// If the cache directory cannot be used, or the machine is not supported.
    pub fn new(cache: &Cache, compiler: Compiler) -> Result<Self, EngineError> {
        let (engine, compilation) = match compiler {
            Compiler::InProcess => {
                let artefacts = match cache {
                    Cache::Off => None,
                    Cache::Directory(directory) => Some(kept(directory)?),
                };
                let directory = artefacts.as_ref().map(Artefacts::directory);
                (engine(true, directory)?, Compilation::Here)
            }
            Compiler::Program(program) => {
                let artefacts = match cache {
                    Cache::Off => {
                        Artefacts::temporary().map_err(|error| unusable(&std::env::temp_dir(), &error))?
                    }
                    Cache::Directory(directory) => kept(directory)?,
                };
                let engine = without_compiler(Some(artefacts.directory()))?;
                let workshop = Workshop { program, artefacts, place: Semaphore::new(1) };
                (engine, Compilation::Elsewhere(Arc::new(workshop)))
            }
        };
        let linker = link(&engine).map_err(|error| EngineError::Unsupported(format!("{error:#}")))?;
        advance_epoch(&engine).map_err(|error| EngineError::Unsupported(error.to_string()))?;
        Ok(Self { engine, linker, compilation })
    }

    /// Compiles a component and checks that it fits.
    ///
    /// # Errors
    /// As [`Loading::ready`].
    pub async fn load(&self, bytes: &Bytes) -> Result<Component, LoadError> {
        self.begin_loading(bytes).ready().await
    }

    /// Compiles a component, so that it is kept for later.
    ///
    /// # Errors
    /// [`LoadError`] for a component that cannot be compiled; whether it fits is not looked at.
    pub async fn compile(&self, bytes: &Bytes) -> Result<(), LoadError> {
        compiled(self.engine.clone(), self.compilation.clone(), bytes.clone()).await.map(|_| ())
    }

    /// Begins to compile a component, on the runtime from which it is called, while the caller does something else.
    #[must_use]
    pub fn begin_loading(&self, bytes: &Bytes) -> Loading {
        let mut compiling = JoinSet::new();
        compiling.spawn(compiled(self.engine.clone(), self.compilation.clone(), bytes.clone()));
        Loading { engine: self.clone(), compiling }
    }
}

/// A component that is being compiled. If it is dropped, a process that compiles is ended.
#[derive(Debug)]
pub struct Loading {
    engine: Engine,
    compiling: JoinSet<Result<wasmtime::component::Component, LoadError>>,
}

impl Loading {
    /// Waits for the end of the compilation and checks that the component fits: what it imports is offered, what the contract
    /// asks for is exported, and with the contract's types.
    ///
    /// # Errors
    /// [`LoadError`] with all missing imports at once.
    pub async fn ready(mut self) -> Result<Component, LoadError> {
        let Engine { engine, linker, .. } = self.engine;
        let component = match self.compiling.join_next().await {
            Some(Ok(compiled)) => compiled?,
            Some(Err(error)) => return Err(LoadError::Compile(error.to_string())),
            None => return Err(LoadError::Compile("it was given up".to_owned())),
        };
        let ty = component.component_type();
        let names =
            ty.imports(&engine).map(|(name, _)| name).chain(ty.exports(&engine).map(|(name, _)| name));
        if let Some(found) = imports::too_old(names) {
            return Err(LoadError::ContractTooOld(found));
        }
        let missing = imports::missing(ty.imports(&engine).map(|(name, _)| name));
        if !missing.is_empty() {
            return Err(LoadError::Imports(missing));
        }
        let pre =
            linker.instantiate_pre(&component).map_err(|error| LoadError::Contract(format!("{error:#}")))?;
        Component::new(engine, pre).await
    }
}

/// The component as machine code: kept from an earlier time, or compiled.
async fn compiled(
    engine: wasmtime::Engine,
    compilation: Compilation,
    bytes: Bytes,
) -> Result<wasmtime::component::Component, LoadError> {
    let (size, limit) = (bytes.len() as u64, limits::COMPONENT_BYTES);
    if size > limit {
        return Err(LoadError::TooLarge { size, limit });
    }
    let workshop = match compilation {
        Compilation::Here => {
            let wait = Duration::from_secs(limits::COMPILE_SECONDS);
            let here = on_a_thread(move || {
                screen(&bytes)?;
                from_binary(&engine, &bytes)
            });
            // Its thread goes on after this has given up, until the process ends.
            return tokio::time::timeout(wait, here).await.map_err(|_| LoadError::CompileTimedOut(wait))?;
        }
        Compilation::Elsewhere(workshop) => workshop,
    };
    // An engine without a compiler takes what is kept, and has an error for everything else.
    let known = || {
        let (engine, bytes) = (engine.clone(), bytes.clone());
        on_a_thread(move || from_binary(&engine, &bytes))
    };
    if let Ok(component) = known().await {
        return Ok(component);
    }
    let _place = workshop.place.acquire().await.map_err(|error| LoadError::Compiler(error.to_string()))?;
    // Whoever had the place may have compiled the same component.
    if let Ok(component) = known().await {
        return Ok(component);
    }
    let screened = bytes.clone();
    on_a_thread(move || screen(&screened)).await?;
    let file = |error: io::Error| LoadError::Compiler(error.to_string());
    let directory = workshop.artefacts.empty().map_err(file)?;
    // Where this is dropped, nobody waits for the process.
    let abandon = Abandon::default();
    let (abandoned, busy, component) = (Arc::clone(&abandon.0), Arc::clone(&workshop), bytes.clone());
    on_a_thread(move || {
        busy.program.compile(&component, directory.path(), &abandoned)?;
        busy.artefacts.adopt(directory.path()).map_err(file)
    })
    .await?;
    known().await.map_err(|error| LoadError::Compiler(format!("what it wrote cannot be used: {error}")))
}

fn from_binary(engine: &wasmtime::Engine, bytes: &[u8]) -> Result<wasmtime::component::Component, LoadError> {
    wasmtime::component::Component::from_binary(engine, bytes)
        .map_err(|error| LoadError::Compile(format!("{error:#}")))
}

async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, LoadError> + Send + 'static,
) -> Result<T, LoadError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| LoadError::Compile(error.to_string()))?
}

fn kept(directory: &Path) -> Result<Artefacts, EngineError> {
    Artefacts::below(directory).map_err(|error| unusable(directory, &error))
}

fn unusable(directory: &Path, cause: &dyn std::fmt::Display) -> EngineError {
    EngineError::Cache { directory: directory.display().to_string(), cause: cause.to_string() }
}

/// An engine that writes what it compiles into this directory.
pub(crate) fn compiling_into(directory: &Path) -> Result<wasmtime::Engine, EngineError> {
    engine(true, Some(directory))
}

/// An engine that compiles nothing, and takes what is in this directory.
pub(crate) fn without_compiler(directory: Option<&Path>) -> Result<wasmtime::Engine, EngineError> {
    engine(false, directory)
}

fn engine(compiles: bool, directory: Option<&Path>) -> Result<wasmtime::Engine, EngineError> {
    let mut config = Config::new();
    config.enable_compiler(compiles);
    // WASI 0.2 only: calls are three to five times cheaper and the code of 0.3 cannot be reached.
    config.concurrency_support(false);
    config.epoch_interruption(true);
    // What only debuggers outside of the engine ask for: traps are found and named without. A fifth of what is read and
    // mapped at each start.
    config.generate_address_map(false);
    config.native_unwind_info(cfg!(windows));
    if let Some(directory) = directory {
        let mut settings = CacheConfig::new();
        settings.with_directory(directory);
        // Half a millisecond of every start less than with the default of 3, for a tenth more on the disk: less to unpack
        // from, and a window of a quarter.
        settings.with_baseline_compression_level(1).with_optimized_compression_level(1);
        let cache =
            wasmtime::Cache::new(settings).map_err(|error| unusable(directory, &format!("{error:#}")))?;
        config.cache(Some(cache));
    }
    wasmtime::Engine::new(&config).map_err(|error| EngineError::Unsupported(format!("{error:#}")))
}

/// Everything that a component can import.
fn link(engine: &wasmtime::Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    action::circumstances::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
    action::model::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
    action::artefacts::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
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
