//! What each two-sample test costs on as many values a side.

use divan::Bencher;
use plimsoll_stats::{
    CategoryCounts, InputKind, Sample, TESTS, TestKind, TestOptions, TextSamples, TwoSamples, find_test,
};

/// Values a side. Times that grow in proportion show a test that does not compare every value with every other.
const VALUES: [usize; 3] = [1_000, 10_000, 100_000];
/// Categories of each side.
const CATEGORIES: usize = 100;

fn main() {
    divan::main();
}

/// A reproducible number between 0 and 1.
fn noise(seed: u64, at: usize) -> f64 {
    let mut x = (at as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ seed.wrapping_mul(0xD6E8_FEB8_6659_FD93);
    for _ in 0..2 {
        x = (x ^ (x >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    }
    (x >> 11) as f64 / (1_u64 << 53) as f64
}

fn ids_of(takes: impl Fn(&TestKind) -> bool) -> impl Iterator<Item = &'static str> {
    TESTS.iter().filter(move |test| takes(test)).map(|test| test.id)
}

fn run(bencher: Bencher<'_, '_>, id: &str, data: TwoSamples<'_>) {
    let test = find_test(id).expect("the registry has its own ids");
    bencher.bench_local(|| (test.run)(&data, &TestOptions::default()).expect("the data fit"));
}

#[divan::bench(args = ids_of(|t| matches!(t.input, InputKind::Numeric | InputKind::Both)), consts = VALUES, sample_count = 5)]
fn numeric<const N: usize>(bencher: Bencher<'_, '_>, id: &str) {
    let sorted = |seed: u64, shift: f64| {
        let mut values: Vec<f64> = (0..N).map(|at| noise(seed, at) + shift).collect();
        values.sort_unstable_by(f64::total_cmp);
        values
    };
    let (reference, current) = (sorted(1, 0.0), sorted(2, 0.02));
    let data = TwoSamples::Numeric {
        reference: Sample::from_sorted(&reference),
        current: Sample::from_sorted(&current),
    };
    run(bencher, id, data);
}

#[divan::bench(args = ids_of(|t| t.input == InputKind::Categorical), sample_count = 5)]
fn categorical(bencher: Bencher<'_, '_>, id: &str) {
    // Some tests take two categories only.
    let two = ["fisher_exact", "z"].contains(&id);
    let size = if two { 2 } else { CATEGORIES };
    let counts = |seed: u64| -> Vec<u64> { (0..size).map(|at| 50 + (50.0 * noise(seed, at)) as u64).collect() };
    let (reference, current) = (counts(1), counts(2));
    let data = TwoSamples::Categorical(CategoryCounts {
        reference: &reference,
        current: &current,
    });
    run(bencher, id, data);
}

#[divan::bench(args = ids_of(|t| t.input == InputKind::Text), sample_count = 5, sample_size = 1)]
fn text(bencher: Bencher<'_, '_>, id: &str) {
    let texts = |seed: u64| -> Vec<String> {
        let word = |text: usize, at: usize| format!("word{}", (200.0 * noise(seed + 100 * at as u64, text)) as u32);
        (0..1_000)
            .map(|text| (0..20).map(|at| word(text, at)).collect::<Vec<_>>().join(" "))
            .collect()
    };
    let (reference, current) = (texts(1), texts(2));
    let data = TwoSamples::Text(TextSamples {
        reference: &reference,
        current: &current,
    });
    run(bencher, id, data);
}
