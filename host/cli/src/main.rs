//! The binary `palisade`: arguments in, one renderer out. A verb returns an [`answer::Answer`] or a [`failure::Failure`]; it
//! prints nothing itself.

mod answer;
mod arguments;
mod cache;
mod failure;
mod first_run;
mod json;
mod logging;
mod output_file;
mod progress;
mod project;
mod show;
mod terminal;
mod verbs;

use std::process::ExitCode;

use clap::Parser as _;

use crate::arguments::{Arguments, Verb};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let global = arguments.global;
    terminal::choose_colour(global.color);
    logging::start(global.verbose);
    let result = match arguments.verb {
        Verb::Run(verb) => verbs::run::run(*verb, global),
        Verb::Inspect(verb) => verbs::inspect::inspect(&verb),
        Verb::New(verb) => verbs::new::new(&verb),
        Verb::Pack(verb) => verbs::pack::pack(verb),
        Verb::Keygen(verb) => verbs::keygen::keygen(&verb),
        Verb::Verify(verb) => verbs::verify::verify(&verb),
        Verb::Policy(verb) => verbs::policy::policy(&verb),
        Verb::Protect(verb) => verbs::protect::protect(&verb),
        Verb::Collection(verb) => verbs::collection::collection(verb),
        Verb::Validate(verb) => verbs::validate::validate(verb),
        Verb::Generate(verb) => verbs::generate::generate(verb.what),
    };
    terminal::show(result, global.output)
}
