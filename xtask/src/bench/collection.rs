//! The collections that are pushed: lists of IOCs of five types, each value of them once.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::net::Ipv6Addr;
use std::path::{Path, PathBuf};

use anyhow::Result;

/// Writes a list of so many objects, one a line, and gives its path. A fifth each are domains, addresses, URLs and both
/// lengths of file hashes.
///
/// Addresses are of the block that the AS112 project answers for (RFC 7535): public, so that nothing protects them, and
/// nobody's.
pub(super) fn write(directory: &Path, objects: u32) -> Result<PathBuf> {
    let path = directory.join(format!("{objects}.txt"));
    let mut out = BufWriter::new(File::create(&path)?);
    for number in 0..objects {
        match number % 5 {
            0 => writeln!(out, "host-{number}.example")?,
            1 => {
                let [high, low] = [number >> 16, number & 0xffff].map(|half| half as u16);
                writeln!(out, "{}", Ipv6Addr::new(0x2620, 0x4f, 0x8000, 1, 0, 0, high, low))?;
            }
            2 => writeln!(out, "http://host-{number}.example/path/{number}")?,
            3 => writeln!(out, "{number:064x}")?,
            _ => writeln!(out, "{number:040x}")?,
        }
    }
    out.flush()?;
    Ok(path)
}
