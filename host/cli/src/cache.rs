//! Where compiled components are kept: where the operator says, else in the user's cache directory, else nowhere.

use etcetera::BaseStrategy as _;
use palisade_engine::{Cache, Engine, EngineError};

use crate::arguments::CacheArguments;

/// An engine with the cache that the arguments ask for. The user's own cache directory may be missing or read-only, as in
/// a container: then the component is compiled each time. A directory that was named must work.
pub(crate) fn engine(arguments: &CacheArguments) -> Result<Engine, EngineError> {
    if arguments.no_cache {
        return Engine::new(&Cache::Off);
    }
    if let Some(directory) = &arguments.cache_dir {
        // wasmtime wants an absolute path.
        let directory = std::path::absolute(directory).unwrap_or_else(|_| directory.clone());
        return Engine::new(&Cache::Directory(directory));
    }
    let Ok(strategy) = etcetera::choose_base_strategy() else { return Engine::new(&Cache::Off) };
    Engine::new(&Cache::Directory(strategy.cache_dir().join("palisade"))).or_else(|error| {
        tracing::debug!(%error, "compiled components are not kept");
        Engine::new(&Cache::Off)
    })
}
