#![no_main]

// The hook of libFuzzer would end the program at a panic that the decoders catch.
libfuzzer_sys::fuzz_target!(init: drop(std::panic::take_hook()), |bytes: &[u8]| plimsoll_fuzz::run("decode_parquet", bytes));
