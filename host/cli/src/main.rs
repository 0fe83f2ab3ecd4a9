//! The binary `palisade`: arguments in, one renderer out. A verb returns an [`answer::Answer`] or a [`failure::Failure`]; it
//! prints nothing itself.

mod answer;
mod arguments;
mod cache;
mod environment;
mod failure;
mod files_named;
mod first_run;
mod json;
mod logging;
mod output_file;
mod progress;
mod project;
mod prompt;
mod service_client;
mod show;
mod terminal;
mod usage;
mod verbs;
mod words;

use std::process::ExitCode;

use crate::arguments::Verb;

fn main() -> ExitCode {
    let arguments = match usage::arguments() {
        Ok(arguments) => arguments,
        Err(status) => return status,
    };
    let global = arguments.global;
    terminal::choose_colour(global.color);
    logging::start(global, matches!(arguments.verb, Verb::Serve(_)));
    let result = match arguments.verb {
        Verb::Run(verb) => verbs::run::run(*verb, global),
        Verb::Resume(verb) => verbs::resume::resume(*verb, global),
        Verb::Inspect(verb) => verbs::inspect::inspect(&verb),
        Verb::New(verb) => verbs::new::new(&verb),
        Verb::Dev(verb) => verbs::dev::dev(&verb),
        Verb::Pack(verb) => verbs::pack::pack(verb, global.output),
        Verb::Keygen(verb) => verbs::keygen::keygen(&verb),
        Verb::Verify(verb) => verbs::verify::verify(&verb),
        Verb::Policy(verb) => verbs::policy::policy(&verb),
        Verb::Protect(verb) => verbs::protect::protect(&verb, global.output),
        Verb::Collection(verb) => verbs::collection::collection(verb),
        Verb::Validate(verb) => verbs::validate::validate(verb),
        Verb::Serve(verb) => verbs::serve::serve(*verb, global.log_format),
        Verb::Install(verb) => verbs::service::install(&verb),
        Verb::Workflow(verb) => verbs::service::workflow(&verb),
        Verb::Runs(verb) => verbs::service::runs(&verb),
        Verb::Collections(verb) => verbs::service::collections(&verb),
        Verb::Backup(verb) => verbs::state::backup(verb),
        Verb::Restore(verb) => verbs::state::restore(verb),
        Verb::Audit(verb) => verbs::service::audit(&verb),
        Verb::Users(verb) => verbs::users::users(&verb.what),
        Verb::Secrets(verb) => verbs::state::secrets(verb.what),
        Verb::Generate(verb) => verbs::generate::generate(verb.what),
        // Read by the program that started it: there is no answer to render.
        Verb::CompileComponent(verb) => return verbs::compile_component::compile_component(&verb),
    };
    terminal::show(result, global.output)
}
