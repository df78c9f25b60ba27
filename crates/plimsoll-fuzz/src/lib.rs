//! What must hold of any bytes that Plimsoll reads.
//!
//! A [`Target`] is a reader with its laws and some bytes to begin with. `cargo test -p plimsoll-fuzz` runs each over
//! mutations with a fixed seed; `cargo +nightly fuzz run decode_json` (in `fuzz/`, with cargo-fuzz) looks for others, led by
//! the coverage of the code.

mod bodies;
mod logs;
mod mutate;

pub use mutate::Mutations;

/// A reader of bytes.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Name, as `cargo fuzz run` takes it.
    pub name: &'static str,
    /// Reads the bytes and panics if a law does not hold.
    pub run: fn(&[u8]),
    /// Bytes that are read in full, to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// Every target, by name.
pub static TARGETS: &[Target] = &[
    bodies::ARROW_FILE,
    bodies::ARROW_STREAM,
    bodies::BATCH,
    bodies::CSV,
    bodies::JSON,
    bodies::NDJSON,
    bodies::PARQUET,
    bodies::DECOMPRESS,
    logs::LOG,
];

/// Runs the target of a name.
///
/// # Panics
/// If there is none, or a law does not hold.
pub fn run(name: &str, bytes: &[u8]) {
    let target = TARGETS.iter().find(|t| t.name == name);
    (target.expect("a name of `TARGETS`").run)(bytes);
}
