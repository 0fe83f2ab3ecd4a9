//! Who compiles components: a process of its own with limits, or this one.
//!
//! Compilation has no limits in itself, and a thread cannot be ended. A component of 300 kB can take gigabytes and minutes. So a
//! host starts a program for it, usually itself with other arguments, which calls [`compile`] and can be killed.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use palisade_limits as limits;

use crate::error::LoadError;
use crate::{artefacts, engine};

/// The component in the directory of its compilation.
const INPUT: &str = "component.wasm";
/// What the process says.
const MESSAGES: &str = "messages";

/// Who compiles components.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compiler {
    /// This process. Nothing bounds the memory, and a thread goes on when the time is over: for components that the embedder
    /// trusts.
    InProcess,
    /// A process of its own for each component, with limits of memory and time.
    Program(CompilerProgram),
}

/// A program that calls [`compile`] with its standard input and its last argument, and ends with [`CompileError::status`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompilerProgram {
    program: PathBuf,
    arguments: Vec<OsString>,
}

impl CompilerProgram {
    /// This program, with these arguments before the directory.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>, arguments: impl IntoIterator<Item = OsString>) -> Self {
        Self { program: program.into(), arguments: arguments.into_iter().collect() }
    }

    /// The program that is running, with these arguments before the directory.
    ///
    /// # Errors
    /// If the system does not say which program runs.
    pub fn this_program(arguments: impl IntoIterator<Item = OsString>) -> io::Result<Self> {
        // The link leads to the program also if its file was replaced meanwhile.
        let program = if cfg!(target_os = "linux") {
            PathBuf::from("/proc/self/exe")
        } else {
            std::env::current_exe()?
        };
        Ok(Self::new(program, arguments))
    }

    /// Has a component compiled into this directory, which is empty, and takes a thread for it. Once `abandoned` is set, the
    /// process is ended.
    pub(crate) fn compile(
        &self,
        component: &[u8],
        directory: &Path,
        abandoned: &AtomicBool,
    ) -> Result<(), LoadError> {
        let failed = |error: io::Error| LoadError::Compiler(format!("`{}`: {error}", self.program.display()));
        // Files, not pipes: nobody has to be served while they wait.
        let (input, messages) = (directory.join(INPUT), directory.join(MESSAGES));
        fs::write(&input, component).map_err(failed)?;
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).arg(directory).current_dir(directory);
        // No secret of the environment is its business. More threads than these would need more memory.
        command.env_clear().env("RAYON_NUM_THREADS", limits::COMPILE_THREADS.to_string());
        command.envs(std::env::var_os("SystemRoot").map(|root| ("SystemRoot", root)));
        command.stdin(File::open(&input).map_err(failed)?).stdout(Stdio::null());
        command.stderr(File::create(&messages).map_err(failed)?);
        let mut child = command.spawn().map_err(failed)?;
        let status = wait(&mut child, abandoned).map_err(failed)?;
        let mut said = Vec::new();
        let messages = File::open(&messages).map_err(failed)?;
        messages.take(limits::COMPILER_MESSAGE_BYTES).read_to_end(&mut said).map_err(failed)?;
        match status {
            Some(status) => outcome(status, String::from_utf8_lossy(&said).trim()),
            None => Err(LoadError::CompileTimedOut(Duration::from_secs(limits::COMPILE_SECONDS))),
        }
    }
}

/// Waits for the end of a process; none if it had to be ended. It is gone in any case.
fn wait(child: &mut Child, abandoned: &AtomicBool) -> io::Result<Option<ExitStatus>> {
    let begun = Instant::now();
    let longest = Duration::from_secs(limits::COMPILE_SECONDS);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if begun.elapsed() >= longest || abandoned.load(Ordering::Relaxed) {
            // It may have ended by itself meanwhile.
            let _ = child.kill();
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(limits::COMPILE_POLL_MILLISECONDS));
    }
}

/// Ends the process of a compilation for which nobody waits any more.
#[derive(Debug, Default)]
pub(crate) struct Abandon(pub(crate) Arc<AtomicBool>);

impl Drop for Abandon {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn outcome(status: ExitStatus, said: &str) -> Result<(), LoadError> {
    let limits = || LoadError::CompileLimits {
        memory_mib: limits::COMPILE_MEMORY_BYTES / (1024 * 1024),
        seconds: limits::COMPILE_SECONDS,
    };
    match status.code() {
        Some(0) => Ok(()),
        Some(INVALID) => Err(LoadError::Compile(said.to_owned())),
        Some(LIMITS) => Err(limits()),
        Some(_) => Err(LoadError::Compiler(format!("it ended with {status}"))),
        // A signal: memory could not be had, or the processor's time is used up.
        None => Err(limits()),
    }
}

/// Status of the process if the component cannot be compiled.
const INVALID: i32 = 3;
/// Status of the process if a limit is too small for the component.
const LIMITS: i32 = 4;
/// Status of the process if something else is wrong.
const OTHER: i32 = 5;

/// Why a component was not compiled.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// The process cannot be limited.
    #[error("the limits of the process cannot be set: {0}")]
    Limits(io::Error),
    /// The component cannot be read from standard input, or what was compiled cannot be written.
    #[error("{0}")]
    File(#[from] io::Error),
    /// No engine.
    #[error("{0}")]
    Engine(#[from] crate::EngineError),
    /// The component.
    #[error("{0}")]
    Component(String),
    /// The limits are too small for the component.
    #[error("{0}")]
    TooExpensive(String),
}

impl CompileError {
    /// The status with which the process has to end.
    #[must_use]
    pub fn status(&self) -> u8 {
        let status = match self {
            Self::Component(_) => INVALID,
            Self::TooExpensive(_) => LIMITS,
            Self::Limits(_) | Self::File(_) | Self::Engine(_) => OTHER,
        };
        u8::try_from(status).unwrap_or(u8::MAX)
    }
}

/// Limits this process, and compiles the component that `input` gives into `directory`, which is empty. The process has nothing
/// else to do, and ends with [`CompileError::status`] or 0.
///
/// # Errors
/// [`CompileError`], whose text belongs on standard error. A process that needs more than its limits may end by a signal instead.
pub fn compile(input: impl Read, directory: &Path) -> Result<(), CompileError> {
    limit_this_process().map_err(CompileError::Limits)?;
    let mut component = Vec::new();
    input.take(limits::COMPONENT_BYTES + 1).read_to_end(&mut component)?;
    let (writer, reader) =
        (engine::compiling_into(&artefacts::written(directory))?, engine::without_compiler(None)?);
    match wasmtime::component::Component::from_binary(&writer, &component) {
        Ok(_) => Ok(artefacts::rename(directory, &reader, &component)?),
        Err(error) => {
            let out_of_memory = error
                .chain()
                .filter_map(|cause| cause.downcast_ref::<io::Error>())
                .any(|cause| cause.kind() == io::ErrorKind::OutOfMemory);
            let said = format!("{error:#}");
            Err(if out_of_memory { CompileError::TooExpensive(said) } else { CompileError::Component(said) })
        }
    }
}

/// Memory, processor time, size of files, and no picture of the memory if it is ended.
#[cfg(unix)]
fn limit_this_process() -> io::Result<()> {
    use rlimit::Resource;

    // Data is what a process has of private memory on Linux; other systems limit less by it, and have the bound of time.
    for (resource, most) in [
        (Resource::DATA, limits::COMPILE_MEMORY_BYTES),
        (Resource::CPU, limits::COMPILE_SECONDS),
        (Resource::FSIZE, limits::COMPILED_BYTES),
        (Resource::CORE, 0),
    ] {
        // An administrator may have set a smaller one, which cannot be raised.
        let most = resource.get_hard()?.min(most);
        resource.set(most, most)?;
    }
    Ok(())
}

/// Other systems have no such limits: there the time alone is bounded.
#[cfg(not(unix))]
fn limit_this_process() -> io::Result<()> {
    Ok(())
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests;
