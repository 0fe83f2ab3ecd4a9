//! `palisade dev`: builds a project, packs and validates its bundle, tests it and runs it once without sending anything. Each
//! step is a command that is shown before it runs, so that an author can repeat it alone.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use palisade_limits as limits;

use crate::answer::Answer;
use crate::arguments::Dev;
use crate::failure::Failure;
use crate::project::steps::{FILE_NAME, Steps};
use crate::{terminal, verbs};

/// Nothing more to show: each step has shown its own output.
struct Done;

impl Answer for Done {
    fn text(&self) -> String {
        String::new()
    }

    fn json(&self, out: &mut dyn std::io::Write) -> std::io::Result<()> {
        serde_json::to_writer(out, &serde_json::json!({ "done": true })).map_err(std::io::Error::from)
    }
}

pub(crate) fn dev(arguments: &Dev) -> Result<Box<dyn Answer>, Failure> {
    let project = Project::open(arguments.directory.as_deref().unwrap_or(Path::new(".")))?;
    for command in &project.steps.build {
        project.shell(command)?;
    }
    project.palisade(project.pack())?;
    project.palisade(["validate".into(), "--allow-unsigned".into(), project.bundle.clone().into()])?;
    if !arguments.no_test {
        for command in &project.steps.test {
            project.shell(command)?;
        }
    }
    if !arguments.no_run {
        project.palisade(project.run())?;
    }
    Ok(Box::new(Done))
}

/// A project on disk.
struct Project {
    directory: PathBuf,
    steps: Steps,
    /// The packed bundle, relative to the project.
    bundle: PathBuf,
    /// This program.
    palisade: PathBuf,
}

impl Project {
    fn open(directory: &Path) -> Result<Self, Failure> {
        let path = directory.join(FILE_NAME);
        let text = palisade_files::read_text(&path, limits::CONFIGURATION_BYTES).map_err(|fault| Failure {
            hint: Some(format!(
                "run this in a project that `palisade new` created, or write a `{FILE_NAME}`: see docs/authors.md"
            )),
            ..Failure::file("project-unreadable", "cannot read", &path, &fault.into())
        })?;
        let steps = Steps::parse(&text)
            .map_err(|error| Failure::new("project-invalid", format!("`{}`: {error}", path.display())))?;
        let id = verbs::manifest(&directory.join("manifest.yaml"))?.id;
        let palisade = std::env::current_exe().map_err(|error| {
            Failure::new("step-not-started", format!("cannot find this program: {error}"))
        })?;
        let build = directory.join("build");
        std::fs::create_dir_all(&build)
            .map_err(|error| Failure::file("project-not-written", "cannot create", &build, &error))?;
        let bundle = PathBuf::from("build").join(format!("{id}.zip"));
        Ok(Self { directory: directory.to_owned(), steps, bundle, palisade })
    }

    /// The arguments that pack the bundle, unsigned.
    fn pack(&self) -> Vec<OsString> {
        let files = [
            ("--manifest", "manifest.yaml"),
            ("--readme", "README.md"),
            ("--changelog", "CHANGELOG.md"),
            ("--license", "LICENSE"),
            ("--icon", "icon.svg"),
            ("--sbom", "sbom.cdx.json"),
        ];
        let mut arguments: Vec<OsString> = vec!["pack".into(), "--component".into()];
        arguments.push(self.steps.component.clone().into());
        arguments.extend(files.into_iter().flat_map(|(option, file)| [option.into(), file.into()]));
        arguments.extend(["--out".into(), self.bundle.clone().into()]);
        arguments
    }

    /// The arguments of the dry run.
    fn run(&self) -> Vec<OsString> {
        let run = &self.steps.run;
        let mut arguments: Vec<OsString> = vec!["run".into(), "--bundle".into(), self.bundle.clone().into()];
        arguments.extend(["--action".into(), run.action.clone().into(), "--collection".into()]);
        arguments.extend(run.collection.iter().map(|file| file.clone().into()));
        for (name, value) in &run.set {
            arguments.extend(["--set".into(), format!("{name}={value}").into()]);
        }
        arguments.extend(["--dry-run".into(), "--allow-unsigned".into()]);
        arguments
    }

    /// Runs this program with other arguments.
    fn palisade(&self, arguments: impl IntoIterator<Item = OsString>) -> Result<(), Failure> {
        let arguments: Vec<OsString> = arguments.into_iter().collect();
        let shown: Vec<_> = arguments.iter().map(|one| one.to_string_lossy()).collect();
        let shown = format!("palisade {}", shown.join(" "));
        self.step(&shown, Command::new(&self.palisade).args(&arguments))
    }

    fn shell(&self, script: &str) -> Result<(), Failure> {
        self.step(script, Command::new("sh").args(["-eu", "-c", script]))
    }

    /// Runs one command in the project. It finds this program as `palisade` on its path and in the variable `PALISADE`.
    fn step(&self, shown: &str, command: &mut Command) -> Result<(), Failure> {
        terminal::tell(&format!("$ {shown}\n"));
        let path = std::env::var_os("PATH").unwrap_or_default();
        let own = self.palisade.parent().map(Path::to_owned);
        let path = std::env::join_paths(own.into_iter().chain(std::env::split_paths(&path)));
        if let Ok(path) = path {
            command.env("PATH", path);
        }
        let status = command.env("PALISADE", &self.palisade).current_dir(&self.directory).status();
        let status = status
            .map_err(|error| Failure::new("step-not-started", format!("cannot start `{shown}`: {error}")))?;
        if status.success() {
            return Ok(());
        }
        Err(Failure::new("step-failed", format!("`{shown}` failed: {status}")))
    }
}
