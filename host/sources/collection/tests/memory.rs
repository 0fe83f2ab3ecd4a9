//! Reading a file 250 times as long takes no more memory: measured in a process of its own for each length.

// In a test, a panic is the answer.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]
#![cfg(target_os = "linux")]

use std::io::{self, Read};
use std::process::Command;

use palisade_collection::{Source, read};
use palisade_model::Format;

/// Set in the measured process: how many lines it reads.
const LINES: &str = "PALISADE_TEST_LINES";

/// Lines of the longer file.
const MANY: u64 = 250_000;

/// The most that the longer file may take more than one of a thousand lines: eight bytes for each line. Both stay near 4 MiB.
const MOST_MORE_KIB: u64 = 2 * 1024;

/// Lines of text that are made while they are read.
struct Generated {
    next: u64,
    end: u64,
    line: Vec<u8>,
}

impl Read for Generated {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.line.is_empty() && self.next < self.end {
            self.line = format!("host-{}[.]com\ta comment\n", self.next).into_bytes();
            self.next += 1;
        }
        let length = self.line.len().min(buffer.len());
        buffer[..length].copy_from_slice(&self.line[..length]);
        self.line.drain(..length);
        Ok(length)
    }
}

/// Peak resident memory of this process in KiB, from the kernel.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Runs the measurement in a process of its own: the peak of this one is that of all tests together.
fn peak_of(lines: u64) -> u64 {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "measured", "--nocapture", "--test-threads=1"])
        .env(LINES, lines.to_string())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let (_, rest) = text.split_once("peak=").expect("the measured process says its peak");
    rest.split_once(';').unwrap().0.parse().unwrap()
}

/// What the measured process does. As an ordinary test it reads ten lines.
#[test]
#[allow(clippy::print_stdout)]
fn measured() {
    let lines = std::env::var(LINES).map_or(10, |lines| lines.parse().unwrap());
    let mut objects = 0_u64;
    let source = Source::reader("generated", Generated { next: 0, end: lines, line: Vec::new() });
    let summary = read(source, None, &mut |_| objects += 1).unwrap();
    assert_eq!((summary.format, summary.objects, objects), (Format::Text, lines, lines));
    println!("peak={};", peak_kib());
}

#[test]
fn many_lines_take_no_more_memory_than_a_thousand() {
    let few = peak_of(1_000);
    let many = peak_of(MANY);
    assert!(many < few + MOST_MORE_KIB, "1,000 lines: {few} KiB, {MANY} lines: {many} KiB");
}
