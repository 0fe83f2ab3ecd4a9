//! `cargo xtask languages --measure`: what each language costs an author and their operators, by the same action in each: the
//! one that `palisade new` writes. Prints the table of `docs/authors.md`; decides nothing.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::cargo::run_within;
use crate::{build, paths};

/// The languages of `palisade new`.
const LANGUAGES: [&str; 5] = ["rust", "python", "javascript", "go", "c"];
/// The project's name.
const NAME: &str = "measured";
/// Installing the tools and building; the first build compiles everything.
const BUILD: Duration = Duration::from_secs(900);
/// Objects of the longer run: one full collection.
const OBJECTS: usize = 10_000;
/// Runs of which the median counts, where the component is compiled each time.
const COLD_ROUNDS: usize = 3;
/// Runs of which the median counts, where it is not.
const WARM_ROUNDS: usize = 15;
/// How often a process is looked at.
const LOOK_EVERY: Duration = Duration::from_micros(500);

/// One run of the product.
struct Cost {
    time: Duration,
    /// The most memory that it held, in bytes; 0 where the system does not tell.
    memory: u64,
}

/// Prints the table.
pub(crate) fn measure() -> Result<()> {
    let palisade = build::release_binary("palisade")?;
    let directory = paths::products()?.join("languages/measure");
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    fs::create_dir_all(&directory)?;
    let (one, many) = (directory.join("one.txt"), directory.join("many.txt"));
    fs::write(&one, "host.example\n")?;
    let mut text = String::new();
    for number in 0..OBJECTS {
        writeln!(text, "host-{number}.example")?;
    }
    fs::write(&many, text)?;
    println!("{}", machine());
    println!(
        "| language | component | zip | start without cache | start with cache | memory | 10,000 objects | memory |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for language in LANGUAGES {
        let project = directory.join(language);
        let mut new = Command::new(&palisade);
        new.args(["new", NAME, "--language", language, "--directory"]).arg(&project);
        // What these say is not part of the table.
        run_within(new.stdout(Stdio::null()), BUILD)?;
        let readme = fs::read_to_string(project.join("README.md"))?;
        for section in ["Build", "Pack"] {
            let script = script(&readme, section).with_context(|| format!("no section `{section}`"))?;
            let mut shell = Command::new("sh");
            shell.args(["-eu", "-c", &script]).current_dir(&project).env("PATH", path_with(&palisade)?);
            // The project's own target directory, as an author has it.
            run_within(shell.env_remove("CARGO_TARGET_DIR").stdout(Stdio::null()), BUILD)?;
        }
        let zip = project.join("build").join(format!("{NAME}.zip"));
        let component = match language {
            "rust" => project.join(format!("target/wasm32-wasip2/release/{NAME}.wasm")),
            _ => project.join("build/component.wasm"),
        };
        let run = |collection: &Path, cached: bool| {
            let mut run = Command::new(&palisade);
            run.args(["run", "--action", "send", "--dry-run", "--allow-unsigned"]);
            run.args(["--set", "service=https://service.example", "--bundle"]).arg(&zip);
            run.arg("--collection").arg(collection);
            if cached {
                run.arg("--cache-dir").arg(project.join("cache"));
            } else {
                run.arg("--no-cache");
            }
            run
        };
        let cold = median(COLD_ROUNDS, || run(&one, false))?;
        let warm = median(WARM_ROUNDS, || run(&one, true))?;
        let long = median(COLD_ROUNDS, || run(&many, true))?;
        println!(
            "| {language} | {} | {} | {} | {} | {} | {} | {} |",
            megabytes(size(&component)?),
            megabytes(size(&zip)?),
            milliseconds(cold.time),
            milliseconds(warm.time),
            megabytes(warm.memory),
            milliseconds(long.time),
            megabytes(long.memory),
        );
    }
    Ok(())
}

/// The shell commands of a section of a README.
fn script(readme: &str, section: &str) -> Option<String> {
    let (_, rest) = readme.split_once(&format!("\n## {section}\n"))?;
    let (_, rest) = rest.split_once("```sh\n")?;
    rest.split_once("```").map(|(script, _)| script.to_owned())
}

/// The search path with the product's own directory before all others.
fn path_with(palisade: &Path) -> Result<OsString> {
    let own = palisade.parent().map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    Ok(std::env::join_paths(own.into_iter().chain(std::env::split_paths(&path)))?)
}

/// Runs it once to warm up, then `rounds` times: the median time, and the most memory of all.
fn median(rounds: usize, command: impl Fn() -> Command) -> Result<Cost> {
    let mut costs = Vec::new();
    for _ in 0..=rounds {
        costs.push(cost(command())?);
    }
    costs.remove(0);
    costs.sort_by_key(|cost| cost.time);
    let memory = costs.iter().map(|cost| cost.memory).max().unwrap_or_default();
    let time = costs.get(costs.len() / 2).context("no round was run")?.time;
    Ok(Cost { time, memory })
}

fn cost(mut command: Command) -> Result<Cost> {
    let begun = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot start")?;
    let mut memory = 0;
    let status = loop {
        memory = memory.max(resident_bytes(child.id()).unwrap_or_default());
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if begun.elapsed() > BUILD {
            child.kill()?;
            bail!("a run took longer than {BUILD:?}");
        }
        thread::sleep(LOOK_EVERY);
    };
    let time = begun.elapsed();
    if !status.success() {
        bail!("a run ended with {status}");
    }
    Ok(Cost { time, memory })
}

/// The most that a process has held so far, as Linux counts it (`VmHWM` in `proc_pid_status(5)`).
fn resident_bytes(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

fn size(path: &Path) -> Result<u64> {
    Ok(fs::metadata(path).with_context(|| format!("`{}` is missing", path.display()))?.len())
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

fn milliseconds(time: Duration) -> String {
    format!("{:.0} ms", time.as_secs_f64() * 1e3)
}

/// The processor, and how many of its cores there are.
fn machine() -> String {
    let information = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = information.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("unknown processor", |(_, model)| model);
    let cores = thread::available_parallelism().map_or(0, usize::from);
    format!("{cores} cores of {model}, {}\n", std::env::consts::OS)
}
