//! The prompt for a secret at a real terminal: however it ends, the terminal shows again what is typed.

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use palisade_e2e::{binary, bundle, policy};

const LONGEST: Duration = Duration::from_secs(120);

/// A shell at a pseudo terminal of its own, made by `script` (util-linux).
struct Terminal {
    child: Child,
    said: Receiver<Vec<u8>>,
    text: String,
    _directory: tempfile::TempDir,
}

impl Terminal {
    fn start(line: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("list.txt"), "evil.example.com\n").unwrap();
        let mut child = Command::new("script")
            .args(["--quiet", "--flush", "--return", "--command", line, "/dev/null"])
            .current_dir(directory.path())
            .env("HOME", directory.path())
            .env("PALISADE_POLICY", policy())
            .env("SHELL", "/bin/sh")
            .env_remove("PALISADE_CACHE_DIR")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("`script` starts");
        let mut out = child.stdout.take().unwrap();
        let (say, said) = channel();
        std::thread::spawn(move || {
            let mut part = [0; 4096];
            while let Ok(count @ 1..) = out.read(&mut part) {
                if say.send(part[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self { child, said, text: String::new(), _directory: directory }
    }

    fn wait_for(&mut self, words: &str) {
        let begun = Instant::now();
        while !self.text.contains(words) {
            let left = LONGEST.checked_sub(begun.elapsed()).unwrap_or_default();
            let part = self.said.recv_timeout(left);
            let part = part.unwrap_or_else(|_| panic!("waited for `{words}`:\n{}", self.text));
            self.text.push_str(&String::from_utf8_lossy(&part));
        }
    }

    fn type_in(&mut self, bytes: &[u8]) {
        self.child.stdin.as_mut().unwrap().write_all(bytes).unwrap();
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run() -> String {
    format!(
        "{} run --bundle {} --action add-to-blocklist --collection list.txt --set api_region=api.xdr.trendmicro.com",
        binary().display(),
        bundle().display()
    )
}

/// The words of `stty -a` behind the prompt.
fn assert_echoes(terminal: &mut Terminal) {
    terminal.wait_for("behind-it");
    let modes = terminal.text.split("modes:").nth(1).unwrap().to_owned();
    let has = |mode: &str| modes.split_whitespace().any(|word| word == mode);
    for mode in ["echo", "icanon", "isig"] {
        assert!(has(mode), "{mode}: {modes}");
    }
}

#[test]
fn an_interrupt_at_the_prompt_restores_the_terminal() {
    for line in [run(), format!("{} keygen new.key", binary().display())] {
        let mut terminal = Terminal::start(&format!(
            "trap : INT; {line}; echo status=$?; echo modes:; stty -a; echo behind-$((0))it | tr -d 0"
        ));
        terminal.wait_for(": ");
        terminal.type_in(b"sec\x03");
        assert_echoes(&mut terminal);
        assert!(terminal.text.contains("status=130"), "{}", terminal.text);
        assert!(!terminal.text.contains("sec\r"), "{}", terminal.text);
    }
}

#[test]
fn a_signal_at_the_prompt_restores_the_terminal() {
    for (signal, status) in [("-TERM", 143), ("-HUP", 129), ("-INT", 130), ("-QUIT", 131)] {
        let mut terminal = Terminal::start(&format!(
            "sh -c 'echo process=$$.; exec {}'; echo status=$?; echo modes:; stty -a; echo behind-$((0))it | tr -d 0",
            run()
        ));
        terminal.wait_for(": ");
        let process = terminal.text.split("process=").nth(1).unwrap().split('.').next().unwrap().to_owned();
        assert!(Command::new("kill").args([signal, &process]).status().unwrap().success());
        assert_echoes(&mut terminal);
        assert!(terminal.text.contains(&format!("status={status}")), "{signal}: {}", terminal.text);
    }
}
