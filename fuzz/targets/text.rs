//! Fuzzes the target `text`; its properties stand in `tests/fuzz-targets`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| palisade_fuzz_targets::run("text", bytes));
