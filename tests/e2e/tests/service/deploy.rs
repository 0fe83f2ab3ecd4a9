//! What `deploy/` says, as far as it can be tried without a supervisor and without a container: the unit as systemd reads it, the
//! arguments of both with the real binary, and what the container's build takes from where.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use palisade_e2e::{binary, policy, root, say_skipped};

/// The most exposure that systemd may find, in tenths: what is left is the network, and memory that is written and executed.
const EXPOSURE: u32 = 14;

fn deployed(name: &str) -> String {
    std::fs::read_to_string(root().join("deploy").join(name)).unwrap()
}

/// The command of the unit.
fn unit_command() -> Vec<String> {
    let unit = deployed("palisade.service");
    let line = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    line.split_whitespace().map(str::to_owned).collect()
}

/// Instructions of the Containerfile, with continued lines in one.
fn instructions() -> Vec<(String, String)> {
    let text = deployed("Containerfile").replace("\\\n", " ");
    let lines = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' '));
    lines.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect()
}

fn values(name: &str) -> Vec<String> {
    instructions().into_iter().filter(|(known, _)| known == name).map(|(_, value)| value).collect()
}

/// Serves with these arguments on a directory of its own, and another address, until it says where it is.
fn starts(arguments: &[String]) {
    let directory = tempfile::tempdir().unwrap();
    let place = |name: &str| directory.path().join(name).display().to_string();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    std::fs::write(place("tls.crt"), made.cert.pem()).unwrap();
    std::fs::write(place("tls.key"), made.signing_key.serialize_pem()).unwrap();
    let replaced = |argument: &String| match argument.as_str() {
        "/var/lib/palisade" => place("data"),
        "/etc/palisade/palisade.toml" => policy().display().to_string(),
        "/etc/palisade/tls/tls.crt" => place("tls.crt"),
        "/etc/palisade/tls/tls.key" => place("tls.key"),
        "0.0.0.0:8443" => "127.0.0.1:0".to_owned(),
        _ => argument.clone(),
    };
    let mut arguments: Vec<String> = arguments.iter().map(replaced).collect();
    if !arguments.iter().any(|argument| argument == "--listen") {
        arguments.extend(["--listen".to_owned(), "127.0.0.1:0".to_owned()]);
    }
    let mut service = Command::new(binary())
        .args(&arguments)
        .env("PALISADE_CACHE_DIR", place("cache"))
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Ends with the service, or when that says where it is.
    let (mut said, mut is_there) = (Vec::new(), false);
    for line in BufReader::new(service.stderr.take().unwrap()).lines().map_while(Result::ok) {
        is_there = line.starts_with("palisade is at ");
        said.push(line);
        if is_there {
            break;
        }
    }
    service.kill().unwrap();
    service.wait().unwrap();
    assert!(is_there, "{arguments:?}: {said:?}");
}

#[test]
fn systemd_takes_the_unit_and_finds_little_to_be_exposed() {
    let known = Command::new("systemd-analyze").arg("--version").output();
    if !known.is_ok_and(|output| output.status.success()) {
        say_skipped("there is no systemd-analyze");
        return;
    }
    // It looks for the program.
    let directory = tempfile::tempdir().unwrap();
    let unit = directory.path().join("palisade.service");
    let program = &unit_command()[0];
    let text = deployed("palisade.service").replace(program, &binary().display().to_string());
    std::fs::write(&unit, text).unwrap();
    let analyse = |arguments: &[&str]| {
        let output = Command::new("systemd-analyze").args(arguments).arg(&unit).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&said).into_owned())
    };
    let (taken, said) = analyse(&["verify", "--man=no"]);
    assert!(taken && said.is_empty(), "{said}");
    let threshold = format!("--threshold={EXPOSURE}");
    let (tight, said) = analyse(&["security", "--offline=true", "--no-pager", &threshold]);
    assert!(tight, "{said}");
}

#[test]
fn the_unit_starts_what_there_is() {
    starts(&unit_command()[1..]);
}

#[test]
fn the_container_starts_what_there_is() {
    let command: Vec<String> = serde_json::from_str(&values("CMD")[0]).unwrap();
    starts(&command);
    let exposed = &values("EXPOSE")[0];
    assert!(command.iter().any(|argument| argument.ends_with(&format!(":{exposed}"))), "{command:?}");
    assert!(command.contains(&values("VOLUME")[0]), "{command:?}");
}

#[test]
fn the_container_is_built_of_what_there_is() {
    let toolchain = std::fs::read_to_string(root().join("rust-toolchain.toml")).unwrap();
    let channel =
        toolchain.lines().find_map(|line| line.strip_prefix("channel = ")).unwrap().trim_matches('"');
    let images = values("FROM");
    assert!(images[0].contains(&format!("/rust:{channel}-")), "{images:?}");

    let program: Vec<String> = serde_json::from_str(&values("ENTRYPOINT")[0]).unwrap();
    let copies = values("COPY");
    let built = "--from=build /source/target/release/palisade ";
    let installed = copies.iter().find_map(|copy| copy.strip_prefix(built)).unwrap();
    assert_eq!(installed, program[0]);
    let package =
        values("RUN").iter().any(|run| run.contains("cargo build --locked --release --package palisade"));
    assert!(package, "the copied binary is built");
    // Who serves must own where it writes.
    let volume = &values("VOLUME")[0];
    let owned = copies.iter().any(|copy| copy.contains("--chown=nonroot:nonroot") && copy.ends_with(volume));
    assert!(owned, "{copies:?}");
    let cache = values("ENV")[0].split_once('=').unwrap().1.to_owned();
    assert!(Path::new(&cache).starts_with(volume), "{cache}");

    let ignored = std::fs::read_to_string(root().join(".dockerignore")).unwrap();
    let ignored: BTreeSet<&str> = ignored.lines().collect();
    for large in [".git", "**/target"] {
        assert!(ignored.contains(large), "{large} is copied into the build");
    }
}

#[test]
fn the_binary_needs_no_library_that_the_container_has_not() {
    let output = Command::new("readelf").args(["--dynamic", "--wide"]).arg(binary()).output();
    let Ok(output) = output else {
        say_skipped("there is no readelf");
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let needed: BTreeSet<&str> = text
        .lines()
        .filter(|line| line.contains("(NEEDED)"))
        .filter_map(|line| line.split_once('[')?.1.split(']').next())
        .collect();
    // What `cc-debian12` has: glibc and GCC's own.
    let has = ["ld-linux-aarch64.so.1", "ld-linux-x86-64.so.2", "libc.so.6", "libgcc_s.so.1", "libm.so.6"];
    let lacking: Vec<&&str> = needed.iter().filter(|name| !has.contains(name)).collect();
    assert!(!needed.is_empty() && lacking.is_empty(), "{needed:?}");
}
