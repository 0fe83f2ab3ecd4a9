//! Fuzzes the target `bundle`; its properties stand in `tests/fuzz-targets`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| palisade_fuzz_targets::run("bundle", bytes));
