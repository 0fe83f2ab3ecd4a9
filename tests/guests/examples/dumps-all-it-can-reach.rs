//! Looks everywhere for what a component must not know, and shouts all of it: environment, arguments, standard input,
//! files, sockets, configuration, the answer to a granted request, and its own memory. What it found stands in messages
//! of the level `warn` and, piece by piece, in the outcomes of the objects.
//!
//! Bytes are escaped as in Rust's byte strings, so that none is lost, and pieces overlap, so that a text of up to
//! [`OVERLAP_BYTES`] stands whole in one of them.

use std::hint::black_box;
use std::io::Read as _;
use std::net::{TcpStream, ToSocketAddrs as _, UdpSocket};

use palisade_guests::bindings::palisade::action::circumstances;
use palisade_guests::bindings::wasi::http::types::Method;
use palisade_guests::{
    Answer, Attribute, Level, Outcome, RunError, SUSPICIOUS_OBJECTS, Verdict, api_region, every_page, guest,
    headers, outcome, reason, record, request, tell,
};

/// Generated; outside of the project's own rules.
#[allow(unsafe_code, unreachable_pub, missing_docs, rust_2018_idioms, clippy::all, clippy::restriction)]
mod dumping {
    wit_bindgen::generate!({
        path: ["../../wit", "wit"],
        world: "palisade-test:guests/dumping",
        generate_all,
    });
}

/// Below the 4 KiB at which hosts cut a text.
const PIECE_BYTES: usize = 4_000;

/// Longer than any key: Vision One's have less than 2 KiB.
const OVERLAP_BYTES: usize = 2_048;

/// Bytes shown on each side of what was found in memory.
const AROUND_BYTES: usize = 64;

/// Bytes of one page of linear memory, as WebAssembly fixes it.
const MEMORY_PAGE_BYTES: usize = 65_536;

fn run(configuration: &[Attribute]) -> Result<(), RunError> {
    let region = api_region(configuration)?;
    let mut dump = Dump::default();
    dump.add("circumstances", known().as_bytes());
    dump.add("configuration", format!("{configuration:?}").as_bytes());
    process(&mut dump);
    files(&mut dump);
    sockets(&mut dump);
    let answer =
        headers().and_then(|headers| request(&Method::Post, region, SUSPICIOUS_OBJECTS, headers, b"[]"));
    match answer {
        Ok(answer) => exchange(&mut dump, &answer),
        Err(error) => dump.add("no answer", format!("{error:?}").as_bytes()),
    }
    // The first page is in memory while it is searched.
    let mut pages = every_page().peekable();
    let _ = pages.peek();
    memory(&mut dump);

    let pieces = dump.pieces();
    pieces.iter().for_each(|piece| tell(Level::Warn, piece));
    let mut messages = pieces.iter().cycle();
    pages.for_each(|page| {
        let outcomes: Vec<Outcome> = page
            .iter()
            .zip(&mut messages)
            .map(|(object, message)| outcome(object.key, Verdict::Rejected(reason("dumped", message))))
            .collect();
        record(&outcomes);
    });
    Ok(())
}

/// What the host says about this activation.
fn known() -> String {
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?}",
        circumstances::run_id(),
        circumstances::dry_run(),
        circumstances::compare(),
        circumstances::most_evictions(),
        circumstances::mark(),
        circumstances::cursor(),
    )
}

/// What was found so far, in ASCII.
#[derive(Default)]
struct Dump(String);

impl Dump {
    fn add(&mut self, source: &str, found: &[u8]) {
        self.0.push_str(&format!("[{source}] {}\n", found.escape_ascii()));
    }

    fn add_result<T: std::fmt::Debug>(&mut self, source: &str, result: std::io::Result<T>) {
        match result {
            Ok(found) => self.add(source, format!("{found:?}").as_bytes()),
            Err(error) => self.add(source, format!("error: {error}").as_bytes()),
        }
    }

    /// All of it in pieces that overlap.
    fn pieces(&self) -> Vec<String> {
        let bytes = self.0.as_bytes();
        let starts = (0..bytes.len()).step_by(PIECE_BYTES - OVERLAP_BYTES);
        starts
            .map(|start| bytes.iter().skip(start).take(PIECE_BYTES).map(|&byte| char::from(byte)).collect())
            .collect()
    }
}

fn process(dump: &mut Dump) {
    for (name, value) in std::env::vars_os() {
        dump.add("environment", &[name.as_encoded_bytes(), b"=", value.as_encoded_bytes()].concat());
    }
    for argument in std::env::args_os() {
        dump.add("argument", argument.as_encoded_bytes());
    }
    dump.add_result("current directory", std::env::current_dir());
    let mut input = Vec::new();
    let read = std::io::stdin().lock().read_to_end(&mut input);
    dump.add_result("standard input", read.map(|_| input));
}

fn files(dump: &mut Dump) {
    for (_, path) in dumping::wasi::filesystem::preopens::get_directories() {
        dump.add("preopened directory", path.as_bytes());
        directory(dump, &path);
    }
    for path in [".", "/", "..", "/tmp"] {
        directory(dump, path);
    }
    for path in ["/etc/passwd", "/proc/self/environ", "manifest.yaml"] {
        dump.add_result(path, std::fs::read(path).map(|bytes| bytes.escape_ascii().to_string()));
    }
}

fn directory(dump: &mut Dump, path: &str) {
    let entries = std::fs::read_dir(path)
        .map(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect::<Vec<_>>());
    dump.add_result(path, entries);
}

fn sockets(dump: &mut Dump) {
    for port in [80, 443] {
        dump.add_result("TCP", TcpStream::connect(("127.0.0.1", port)));
    }
    dump.add_result("UDP", UdpSocket::bind(("127.0.0.1", 0)));
    dump.add_result("name", ("localhost", 443).to_socket_addrs().map(Iterator::collect::<Vec<_>>));
}

fn exchange(dump: &mut Dump, answer: &Answer) {
    dump.add("answer's status", answer.status.to_string().as_bytes());
    for (name, value) in &answer.headers {
        dump.add(&format!("answer's header {name}"), value);
    }
    dump.add("answer's body", &answer.body);
}

/// Searches the whole linear memory for what precedes a key in a header.
fn memory(dump: &mut Dump) {
    // `Bearer `, each letter one further: put together at run time, so that the program's own constant is not what is
    // found.
    let needle: Vec<u8> = black_box(b"Cfbsfs!").iter().map(|byte| byte - 1).collect();
    let end = core::arch::wasm32::memory_size(0).saturating_mul(MEMORY_PAGE_BYTES);
    // Only places are kept while searching: copies would be found again.
    let own = needle.as_ptr().addr();
    let found: Vec<usize> = (1..end.saturating_sub(needle.len()))
        .filter(|&start| start != own && needle.iter().zip(start..).all(|(&byte, at)| byte_at(at) == byte))
        .collect();
    dump.add("memory", format!("{end} bytes searched, found {} times", found.len()).as_bytes());
    for place in found {
        let from = place.saturating_sub(AROUND_BYTES).max(1);
        let to = place.saturating_add(needle.len() + AROUND_BYTES).min(end);
        let around: Vec<u8> = (from..to).map(byte_at).collect();
        dump.add(&format!("memory at {place}"), &around);
    }
}

/// One byte of linear memory; the caller keeps to what there is, above nought.
fn byte_at(address: usize) -> u8 {
    #[expect(
        unsafe_code,
        reason = "no safe way leads to memory that is not the program's own, and that is where it looks"
    )]
    // SAFETY: linear memory is one range of readable bytes from nought to its size, and it never shrinks; a volatile read
    // takes whatever stands there.
    unsafe {
        core::ptr::with_exposed_provenance::<u8>(address).read_volatile()
    }
}

guest!(run);
