//! Where compiled components are kept: where the operator says, else in the user's cache directory, else nowhere. They are
//! compiled by this program, started once more.

use etcetera::BaseStrategy as _;
use palisade_engine::{Cache, Compiler, CompilerProgram, Engine, EngineError};

use crate::arguments::{COMPILE_COMPONENT, CacheArguments};

/// An engine with the cache that the arguments ask for. The user's own cache directory may be missing or read-only, as in
/// a container: then the component is compiled each time. A directory that was named must work.
pub(crate) fn engine(arguments: &CacheArguments) -> Result<Engine, EngineError> {
    let compiler = CompilerProgram::this_program([COMPILE_COMPONENT.into()])
        .map(Compiler::Program)
        .map_err(|error| EngineError::Unsupported(format!("the compiler cannot be found: {error}")))?;
    if arguments.no_cache {
        return Engine::new(&Cache::Off, compiler);
    }
    if let Some(directory) = &arguments.cache_dir {
        return Engine::new(&Cache::Directory(directory.clone()), compiler);
    }
    let Ok(strategy) = etcetera::choose_base_strategy() else { return Engine::new(&Cache::Off, compiler) };
    let directory = Cache::Directory(strategy.cache_dir().join("palisade"));
    Engine::new(&directory, compiler.clone()).or_else(|error| {
        tracing::debug!(%error, "compiled components are not kept");
        Engine::new(&Cache::Off, compiler)
    })
}
