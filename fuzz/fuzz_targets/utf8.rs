#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sansocket::fuzzing::utf8(data));
