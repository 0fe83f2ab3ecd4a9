//! `palisade generate`: what is made from the command line's and the manifest's own definitions, so that it cannot differ
//! from them.

use std::io;
use std::path::Path;

use clap::CommandFactory as _;

use crate::answer::Answer;
use crate::arguments::{Arguments, Generated, SchemaOf};
use crate::failure::Failure;
use crate::{show, verbs};

/// A text as it is.
struct Text(String);

impl Answer for Text {
    fn text(&self) -> String {
        self.0.clone()
    }

    fn json(&self, out: &mut dyn io::Write) -> io::Result<()> {
        serde_json::to_writer(out, &self.0).map_err(io::Error::from)
    }
}

pub(crate) fn generate(what: Generated) -> Result<Box<dyn Answer>, Failure> {
    let text = match what {
        Generated::Adapter { file } => adapter(&file)?,
        Generated::Completions { shell } => {
            let mut out = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "palisade", &mut out);
            String::from_utf8_lossy(&out).into_owned()
        }
        Generated::Man { directory } => man(&directory)?,
        Generated::CommandReference => clap_markdown::help_markdown_command_custom(
            &Arguments::command(),
            &clap_markdown::MarkdownOptions::new().show_footer(false).title("Command reference".to_owned()),
        ),
        Generated::ConfigurationReference { manifest } => {
            show::reference::configuration(&verbs::manifest(&manifest)?)
        }
        Generated::Limits => show::reference::limits(),
        Generated::Wit { directory } => wit(&directory)?,
        Generated::Schema { document } => match document {
            SchemaOf::Manifest => palisade_bundle::manifest_schema(),
            SchemaOf::Policy => palisade_policy::policy_schema(),
            SchemaOf::Report => format!("{:#}\n", palisade_run::report_schema()),
        },
    };
    Ok(Box::new(Text(text)))
}

/// Writes the adapter of the WASI implementation that this host runs components on.
fn adapter(file: &Path) -> Result<String, Failure> {
    let content = wasi_preview1_component_adapter_provider::WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER;
    std::fs::write(file, content)
        .map_err(|error| Failure::file("adapter-not-written", "cannot write", file, &error))?;
    Ok(format!("wrote `{}`\n", file.display()))
}

fn man(directory: &Path) -> Result<String, Failure> {
    let fail =
        |error: io::Error| Failure::file("man-not-written", "cannot write man pages to", directory, &error);
    std::fs::create_dir_all(directory).map_err(fail)?;
    clap_mangen::generate_to(Arguments::command(), directory).map_err(fail)?;
    Ok(format!("man pages are in {}\n", directory.display()))
}

fn wit(directory: &Path) -> Result<String, Failure> {
    let mut count = 0;
    for (path, content) in crate::project::contract() {
        let file = directory.join(path);
        let written = file.parent().map_or(Ok(()), std::fs::create_dir_all);
        written
            .and_then(|()| std::fs::write(&file, content))
            .map_err(|error| Failure::file("wit-not-written", "cannot write", &file, &error))?;
        count += 1;
    }
    Ok(format!("wrote {} to `{}`\n", show::count(count, "file"), directory.display()))
}
