//! Compilation by another process. The test binary starts itself as that process.

use std::io::Write as _;

use bytes::Bytes;

use super::*;
use crate::{Cache, Engine};

/// The smallest component.
const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

/// The process that compiles: `compile` with the working directory, which is the last argument as well.
#[test]
#[ignore = "started by the other tests"]
fn the_compiler() {
    let status = match compile(io::stdin().lock(), &std::env::current_dir().unwrap()) {
        Ok(()) => 0,
        Err(error) => {
            writeln!(io::stderr(), "{error}").unwrap();
            error.status()
        }
    };
    std::process::exit(status.into());
}

/// The test that compiles.
const COMPILER: &str = "compiler::tests::the_compiler";

fn this_test(name: &str) -> CompilerProgram {
    let name = format!("compiler::tests::{name}");
    let arguments = [&name, "--exact", "--ignored", "--nocapture"];
    CompilerProgram::new(std::env::current_exe().unwrap(), arguments.map(OsString::from))
}

fn shell(script: &str) -> CompilerProgram {
    CompilerProgram::new("/bin/sh", ["-c", script].map(OsString::from))
}

fn engine(directory: &Path, program: CompilerProgram) -> Engine {
    Engine::new(&Cache::Directory(directory.to_owned()), Compiler::Program(program)).unwrap()
}

/// A number as WebAssembly writes it.
fn leb(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(number & 0x7f).unwrap();
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

fn section(id: u8, content: &[u8]) -> Vec<u8> {
    [&[id], leb(content.len()).as_slice(), content].concat()
}

/// A component with one function: loops inside of loops, each of which sets a variable, and branches to one around it.
fn loops(variables: usize, count: usize) -> Bytes {
    let mut body = [leb(1), leb(variables), vec![0x7e]].concat();
    let mut random = 7_usize;
    let mut next = |below: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % below
    };
    for depth in 1..=count {
        let [one, other, set] = std::array::from_fn(|_| leb(next(variables)));
        body.extend([&[0x03, 0x40, 0x20], one.as_slice(), &[0x20], &other, &[0x7c, 0x21], &set].concat());
        body.extend([&[0x20], one.as_slice(), &[0xa7, 0x0d], &leb(next(depth))].concat());
    }
    body.extend(vec![0x0b; count + 1]);
    let code = [leb(1), leb(body.len()), body].concat();
    let module =
        [b"\0asm\x01\0\0\0".to_vec(), section(1, &[1, 0x60, 0, 0]), section(3, &[1, 0]), section(10, &code)];
    [EMPTY, section(1, &module.concat()).as_slice()].concat().into()
}

#[tokio::test]
async fn a_component_is_compiled_once_and_found_by_an_engine_that_cannot_compile() {
    let directory = tempfile::tempdir().unwrap();
    let component = loops(10, 10);
    engine(directory.path(), this_test("the_compiler")).compile(&component).await.unwrap();
    let missing = CompilerProgram::new(directory.path().join("missing"), []);
    let later = engine(directory.path(), missing);
    later.compile(&component).await.unwrap();
    let error = later.compile(&loops(10, 11)).await.unwrap_err();
    assert_eq!(error.code(), "compiler-failed", "{error}");
    let rest: Vec<_> =
        fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(rest, ["compiled"], "nothing else is left");
    // Without a directory it is kept as long as the engine.
    let engine = Engine::new(&Cache::Off, Compiler::Program(this_test("the_compiler"))).unwrap();
    engine.compile(&component).await.unwrap();
}

#[tokio::test]
async fn a_damaged_artefact_is_compiled_again() {
    let directory = tempfile::tempdir().unwrap();
    let component = Bytes::from_static(EMPTY);
    engine(directory.path(), this_test("the_compiler")).compile(&component).await.unwrap();
    let modules = directory.path().join("compiled/modules");
    let version = fs::read_dir(modules).unwrap().next().unwrap().unwrap().path();
    let artefacts = || fs::read_dir(&version).unwrap().map(|entry| entry.unwrap().path());
    let artefact = artefacts().find(|path| path.extension().is_none()).unwrap();
    fs::write(&artefact, b"damaged").unwrap();
    engine(directory.path(), this_test("the_compiler")).compile(&component).await.unwrap();
    assert!(fs::metadata(&artefact).unwrap().len() > 7);
}

#[tokio::test]
async fn what_is_wrong_with_a_component_is_said_by_the_process() {
    let directory = tempfile::tempdir().unwrap();
    let error = engine(directory.path(), this_test("the_compiler"))
        .compile(&Bytes::from_static(b"no component"))
        .await;
    let error = error.unwrap_err();
    assert_eq!(error.code(), "component-invalid");
    assert!(error.to_string().contains("magic"), "{error}");
}

#[test]
fn a_compile_bomb_is_refused_before_it_is_compiled() {
    let begun = Instant::now();
    let error = crate::screen::screen(&loops(2_000, 9_000)).unwrap_err();
    assert_eq!(error.code(), "component-too-complex", "{error}");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    crate::screen::screen(&loops(100, 1_000)).unwrap();
}

/// Says on standard error which limits it has set for itself.
#[test]
#[ignore = "started by the other tests"]
fn the_limited() {
    limit_this_process().unwrap();
    writeln!(io::stderr(), "{}", fs::read_to_string("/proc/self/limits").unwrap()).unwrap();
    std::process::exit(INVALID);
}

#[test]
fn a_compile_bomb_meets_the_limits_of_its_process() {
    let directory = tempfile::tempdir().unwrap();
    let error =
        this_test("the_limited").compile(EMPTY, directory.path(), &AtomicBool::new(false)).unwrap_err();
    let said = error.to_string();
    for (name, limit) in [
        ("Max data size", limits::COMPILE_MEMORY_BYTES),
        ("Max cpu time", limits::COMPILE_SECONDS),
        ("Max file size", limits::COMPILED_BYTES),
        ("Max core file size", 0),
    ] {
        let line = said.lines().find(|line| line.starts_with(name)).unwrap();
        let words: Vec<&str> = line.trim_start_matches(name).split_whitespace().collect();
        assert_eq!(words[..2], [limit.to_string(), limit.to_string()], "{line}");
    }
    // With a fifth of the memory, so that it takes seconds, and one that an administrator has set.
    let this = std::env::current_exe().unwrap();
    let small =
        shell(&format!("ulimit -d 200000; exec {} {COMPILER} --exact --ignored --nocapture", this.display()));
    let error = small.compile(&loops(1_000, 1_000), directory.path(), &AtomicBool::new(false)).unwrap_err();
    assert_eq!(error.code(), "component-compile-limits", "{error}");
}

#[test]
fn a_process_that_is_ended_by_a_signal_met_a_limit_and_another_status_is_a_failure() {
    let directory = tempfile::tempdir().unwrap();
    let code = |script: &str| {
        let result = shell(script).compile(EMPTY, directory.path(), &AtomicBool::new(false));
        result.map_err(|error| error.code())
    };
    assert_eq!(code("kill -XCPU $$"), Err("component-compile-limits"));
    assert_eq!(code("kill -ABRT $$"), Err("component-compile-limits"));
    assert_eq!(code("exit 4"), Err("component-compile-limits"));
    assert_eq!(code("exit 101"), Err("compiler-failed"));
    assert_eq!(code("exit 0"), Ok(()));
    let error =
        shell("echo unexpected end >&2; exit 3").compile(EMPTY, directory.path(), &AtomicBool::new(false));
    assert_eq!(error.unwrap_err().to_string(), "the component cannot be compiled: unexpected end");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_for_which_nobody_waits_any_more_is_ended() {
    let directory = tempfile::tempdir().unwrap();
    let pid = directory.path().join("pid");
    let loading =
        engine(directory.path(), shell("echo $$ > ../pid.new; mv ../pid.new ../pid; exec sleep 600"))
            .begin_loading(&Bytes::from_static(EMPTY));
    let deadline = Instant::now() + Duration::from_secs(30);
    while !pid.exists() {
        assert!(Instant::now() < deadline, "it was not started");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let process = Path::new("/proc").join(fs::read_to_string(&pid).unwrap().trim());
    assert!(process.exists());
    drop(loading);
    while process.exists() {
        assert!(Instant::now() < deadline, "it goes on");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
