//! `wit-bindgen c` and `wit-bindgen go` for the tests of projects in these languages: the generators of the published program, with
//! the options that a project's own build uses. Building the published program takes three minutes of processor time, almost all
//! of it for libraries that the workspace compiles anyway.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::{Args, Parser};
use wit_bindgen_core::{Files, WorldGenerator, wit_parser::Resolve};

/// Generates bindings from WIT
#[derive(Parser)]
#[command(name = "wit-bindgen")]
enum Arguments {
    /// Generates bindings for C
    C {
        #[command(flatten)]
        options: wit_bindgen_c::Opts,
        #[command(flatten)]
        common: Common,
    },
    /// Generates bindings for Go
    Go {
        #[command(flatten)]
        options: wit_bindgen_go::Opts,
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Args)]
struct Common {
    /// The directory of the WIT files
    wit: PathBuf,
    /// The world
    #[arg(long)]
    world: String,
    /// Where the bindings are written
    #[arg(long)]
    out_dir: PathBuf,
}

fn main() -> Result<()> {
    let (mut generator, common): (Box<dyn WorldGenerator>, Common) = match Arguments::parse() {
        Arguments::C { options, common } => (options.build(), common),
        Arguments::Go { options, common } => (options.build(), common),
    };
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(&common.wit)?;
    let world = resolve.select_world(&[package], Some(&common.world))?;
    let mut files = Files::default();
    generator.generate(&mut resolve, world, &mut files)?;
    for (name, content) in files.iter() {
        let path = common.out_dir.join(name);
        let directory = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        directory
            .and_then(|()| std::fs::write(&path, content))
            .with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(())
}
