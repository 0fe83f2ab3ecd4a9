//! A process that runs: what a test does to it, and what it leaves. It never outlives its test.

use std::io::{Read, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::outcome::Outcome;

/// Longer than any run of a test takes in a development build on a busy machine: what is not over by then hangs.
const LONGEST: Duration = Duration::from_secs(300);

/// How often the process is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// One call of `palisade` that was started.
pub struct Running {
    process: Process,
    stdout: Reader,
    stderr: Reader,
    directory: TempDir,
    report: Option<PathBuf>,
    most_memory: u64,
}

impl Running {
    pub(crate) fn start(
        mut command: Command,
        input: Option<Vec<u8>>,
        directory: TempDir,
        report: Option<PathBuf>,
    ) -> Self {
        command
            .stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("palisade starts");
        if let (Some(input), Some(mut stdin)) = (input, child.stdin.take()) {
            // A process that ends without reading its input is not this function's business.
            thread::spawn(move || stdin.write_all(&input));
        }
        let stdout = Reader::start(child.stdout.take().expect("standard output"));
        let stderr = Reader::start(child.stderr.take().expect("standard error"));
        Self { process: Process(child), stdout, stderr, directory, report, most_memory: 0 }
    }

    /// Waits until it has said this on standard error.
    pub fn wait_for(&self, words: &str) {
        self.wait_until(words, || self.stderr.text().contains(words));
    }

    /// Waits until something is so that it brings about; `what` names it.
    pub fn wait_until(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        let begun = Instant::now();
        while !is_so() {
            assert!(begun.elapsed() < LONGEST, "waited for `{what}` in vain:\n{}", self.stderr.text());
            thread::sleep(LOOK_EVERY);
        }
    }

    /// Interrupts it, as Ctrl-C does.
    pub fn interrupt(&self) {
        self.signal("-INT");
    }

    /// Asks it to end, as a supervisor does.
    pub fn terminate(&self) {
        self.signal("-TERM");
    }

    /// Ends it at once, as a machine that fails does.
    pub fn kill(&self) {
        self.signal("-KILL");
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        self.process.0.try_wait().expect("the process is ours").is_some()
    }

    /// Tells it that its terminal is gone.
    pub fn hang_up(&self) {
        self.signal("-HUP");
    }

    fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.process.0.id().to_string()]).status();
        assert!(status.expect("`kill` starts").success(), "the process is gone already");
    }

    /// Waits for its end.
    #[must_use]
    pub fn finish(self) -> Outcome {
        self.finish_with_memory().0
    }

    /// Waits for its end; also says how much memory it held at most, in bytes. That is 0 where the system does not tell.
    #[must_use]
    pub fn finish_with_memory(mut self) -> (Outcome, u64) {
        let begun = Instant::now();
        let status = loop {
            self.most_memory = self.most_memory.max(resident_bytes(self.process.0.id()).unwrap_or_default());
            if let Some(status) = self.process.0.try_wait().expect("the process is ours") {
                break status;
            }
            if begun.elapsed() > LONGEST {
                drop(self.process);
                let stderr = self.stderr.finish();
                panic!("it did not end within {LONGEST:?}:\n{}", String::from_utf8_lossy(&stderr));
            }
            thread::sleep(LOOK_EVERY);
        };
        let (stdout, stderr) = (self.stdout.finish(), self.stderr.finish());
        let report = self.report.and_then(|path| std::fs::read(path).ok());
        let outcome = Outcome::new(Output { status, stdout, stderr }, report.as_deref(), self.directory);
        (outcome, self.most_memory)
    }
}

/// Ends with its owner.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // Fails where it has ended by itself, as it should.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Reads a pipe to its end, beside everything else.
struct Reader {
    so_far: Arc<Mutex<Vec<u8>>>,
    thread: JoinHandle<()>,
}

impl Reader {
    fn start(mut pipe: impl Read + Send + 'static) -> Self {
        let so_far = Arc::new(Mutex::new(Vec::new()));
        let written = Arc::clone(&so_far);
        let thread = thread::spawn(move || {
            let mut part = [0; 4096];
            while let Ok(count @ 1..) = pipe.read(&mut part) {
                written.lock().expect("nobody panics with it").extend_from_slice(&part[..count]);
            }
        });
        Self { so_far, thread }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.so_far.lock().expect("nobody panics with it")).into_owned()
    }

    fn finish(self) -> Vec<u8> {
        self.thread.join().expect("the pipe is read");
        std::mem::take(&mut self.so_far.lock().expect("nobody panics with it"))
    }
}

/// The most that a process has held so far, as Linux counts it (`VmHWM` in `proc_pid_status(5)`).
fn resident_bytes(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
