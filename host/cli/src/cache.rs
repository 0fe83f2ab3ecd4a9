//! Where compiled components are kept: where the operator says, else in the user's cache directory, else nowhere. They are
//! compiled by this program, started once more.

use etcetera::BaseStrategy as _;
use palisade_engine::{Cache, Compiler, CompilerProgram, Engine, EngineError};

use crate::arguments::{COMPILE_COMPONENT, CacheArguments};
use crate::environment;
use crate::failure::Failure;

/// An engine with the cache that the arguments ask for. The user's own cache directory may be missing or read-only, as in
/// a container: then the component is compiled each time. A directory that was named must work.
pub(crate) fn engine(arguments: &CacheArguments) -> Result<Engine, Failure> {
    let compiler = CompilerProgram::this_program([COMPILE_COMPONENT.into()])
        .map(Compiler::Program)
        .map_err(|error| EngineError::Unsupported(format!("the compiler cannot be found: {error}")))?;
    if arguments.no_cache {
        return Ok(Engine::new(&Cache::Off, compiler)?);
    }
    let named = match &arguments.cache_dir {
        Some(directory) => Some(directory.clone()),
        None => environment::path(environment::CACHE_DIRECTORY)?,
    };
    if let Some(directory) = named {
        return Ok(Engine::new(&Cache::Directory(directory), compiler)?);
    }
    let Ok(strategy) = etcetera::choose_base_strategy() else {
        return Ok(Engine::new(&Cache::Off, compiler)?);
    };
    let directory = Cache::Directory(strategy.cache_dir().join("palisade"));
    let engine = Engine::new(&directory, compiler.clone()).or_else(|error| {
        tracing::debug!(%error, "compiled components are not kept");
        Engine::new(&Cache::Off, compiler)
    })?;
    Ok(engine)
}
