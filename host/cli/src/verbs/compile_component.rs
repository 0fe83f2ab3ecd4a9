//! `palisade compile-component`: the process of its own in which a component is compiled. Whoever starts it reads its status and
//! its standard error.

use std::process::ExitCode;

use palisade_engine::compile;

use crate::arguments::CompileComponent;
use crate::terminal;

pub(crate) fn compile_component(arguments: &CompileComponent) -> ExitCode {
    match compile(std::io::stdin().lock(), &arguments.directory) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::tell(&format!("{error}\n"));
            ExitCode::from(error.status())
        }
    }
}
