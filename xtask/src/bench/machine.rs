//! What the figures were measured on, as Linux tells it.

use std::fs;
use std::thread;

/// The machine in one line.
pub(super) fn machine() -> String {
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let model = line("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".to_owned());
    let memory = line("/proc/meminfo", "MemTotal")
        .and_then(|text| text.strip_suffix("kB")?.trim().parse::<u64>().ok())
        .map_or_else(
            || "unknown".to_owned(),
            |kibibytes| format!("{:.1} GiB", kibibytes as f64 / 1_048_576.0),
        );
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{cores} cores of {model}, {memory} of memory, {} {}", std::env::consts::OS, kernel.trim())
}

/// The value of the first line that begins with `name` and a colon.
fn line(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix(':'))?;
    Some(value.trim().to_owned())
}
