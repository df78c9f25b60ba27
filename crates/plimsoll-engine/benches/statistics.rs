//! Rows a second that each statistic, and a whole profile, takes in.

use std::sync::{Arc, OnceLock};

use arrow::array::{ArrayRef, Float64Array, StringArray};
use divan::{Bencher, counter::ItemsCount};
use plimsoll_engine::{Batch, LabelSource, Profile, ProfileOptions, ProfilePlan, StatisticSpec};

/// Rows that a round reads.
const ROWS: usize = 1_000_000;
/// Rows of a batch, as the query engine cuts them.
const BATCH: usize = 8_192;
/// Columns of the whole profile.
const NUMERIC: usize = 27;
const CATEGORICAL: usize = 3;

fn main() {
    divan::main();
}

/// Named columns, cut into batches.
struct Rows {
    names: Vec<String>,
    batches: Vec<Vec<ArrayRef>>,
}

/// A reproducible number between 0 and 1 for a cell.
fn noise(column: usize, row: usize) -> f64 {
    let mut x =
        (row as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (column as u64).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    for _ in 0..2 {
        x = (x ^ (x >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    }
    ((x ^ (x >> 32)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// About a hundredth of the cells is null.
fn present(column: usize, row: usize) -> bool {
    noise(column + 1_000, row) > 0.01
}

fn rows() -> &'static Rows {
    static ROWS_ONCE: OnceLock<Rows> = OnceLock::new();
    ROWS_ONCE.get_or_init(|| {
        const LABELS: [&str; 3] = ["a", "b", "c"];
        let numbers = |column: usize, range: std::ops::Range<usize>| -> ArrayRef {
            let values = range.map(|row| present(column, row).then(|| 100.0 * noise(column, row) - 50.0));
            Arc::new(values.collect::<Float64Array>())
        };
        let scores = |column: usize, range: std::ops::Range<usize>| -> ArrayRef {
            Arc::new(range.map(|row| Some(noise(column, row))).collect::<Float64Array>())
        };
        let labels = |column: usize, range: std::ops::Range<usize>| -> ArrayRef {
            let values = range.map(|row| present(column, row).then(|| LABELS[(3.0 * noise(column, row)) as usize]));
            Arc::new(values.collect::<StringArray>())
        };
        let categories = |column: usize, range: std::ops::Range<usize>| -> ArrayRef {
            let values = range.map(|row| format!("category {}", (100.0 * noise(column, row).powi(2)) as usize));
            Arc::new(StringArray::from_iter_values(values))
        };
        let mut names: Vec<String> = (0..NUMERIC).map(|at| format!("n{at:02}")).collect();
        names.extend((0..CATEGORICAL).map(|at| format!("c{at}")));
        names.extend(["target", "predicted", "s0", "s1", "s2"].map(str::to_owned));
        let batches = (0..ROWS).step_by(BATCH).map(|start| {
            let range = || start..ROWS.min(start + BATCH);
            let mut arrays: Vec<ArrayRef> = (0..NUMERIC).map(|column| numbers(column, range())).collect();
            arrays.extend((0..CATEGORICAL).map(|at| categories(100 + at, range())));
            arrays.extend([200, 201].map(|column| labels(column, range())));
            arrays.extend([300, 301, 302].map(|column| scores(column, range())));
            arrays
        });
        Rows {
            batches: batches.collect(),
            names,
        }
    })
}

/// Reads all rows into a profile of the requests, to the finished state.
fn read(bencher: Bencher<'_, '_>, specs: impl IntoIterator<Item = StatisticSpec>) {
    let rows = rows();
    let plan = Arc::new(ProfilePlan::new(specs, ProfileOptions::default()));
    bencher.counter(ItemsCount::new(ROWS)).bench_local(|| {
        let mut profile = Profile::empty(&plan);
        for arrays in &rows.batches {
            profile.update(&Batch::new(&rows.names, arrays));
        }
        profile.finish();
        profile
    });
}

fn text(name: &str) -> String {
    name.to_owned()
}

fn scores() -> Vec<(String, String)> {
    [("a", "s0"), ("b", "s1"), ("c", "s2")]
        .map(|(class, score)| (text(class), text(score)))
        .to_vec()
}

/// One bench a statistic.
#[divan::bench_group(sample_count = 5, sample_size = 1)]
mod statistic {
    use super::{Bencher, LabelSource, StatisticSpec, read, scores, text};

    #[divan::bench(args = ["n00", "c0"])]
    fn count(bencher: Bencher<'_, '_>, column: &str) {
        read(bencher, [StatisticSpec::Count { column: text(column) }]);
    }

    #[divan::bench]
    fn moments(bencher: Bencher<'_, '_>) {
        read(bencher, [StatisticSpec::Moments { column: text("n00") }]);
    }

    #[divan::bench]
    fn distribution(bencher: Bencher<'_, '_>) {
        read(bencher, [StatisticSpec::Distribution { column: text("n00") }]);
    }

    /// All that a report asks of a numeric column; items are cells.
    #[divan::bench]
    fn numeric_column(bencher: Bencher<'_, '_>) {
        let column = || text("n00");
        let all = [
            StatisticSpec::Count { column: column() },
            StatisticSpec::Moments { column: column() },
            StatisticSpec::Distribution { column: column() },
        ];
        read(bencher, all);
    }

    #[divan::bench]
    fn categories(bencher: Bencher<'_, '_>) {
        read(bencher, [StatisticSpec::Categories { column: text("c0") }]);
    }

    #[divan::bench(args = ["n00", "c0"])]
    fn distinct(bencher: Bencher<'_, '_>, column: &str) {
        read(bencher, [StatisticSpec::Distinct { column: text(column) }]);
    }

    #[divan::bench]
    fn co_moments(bencher: Bencher<'_, '_>) {
        let columns = ["n00", "n01", "n02", "n03"].map(text).to_vec();
        read(bencher, [StatisticSpec::CoMoments { columns }]);
    }

    #[divan::bench]
    fn errors(bencher: Bencher<'_, '_>) {
        let (target, prediction) = (text("n00"), text("n01"));
        read(bencher, [StatisticSpec::Errors { target, prediction }]);
    }

    #[divan::bench]
    fn scores_of_one_class(bencher: Bencher<'_, '_>) {
        let (target, class, score) = (text("target"), text("a"), text("s0"));
        read(bencher, [StatisticSpec::Scores { target, class, score }]);
    }

    #[divan::bench]
    fn log_loss(bencher: Bencher<'_, '_>) {
        let (target, scores) = (text("target"), scores());
        read(bencher, [StatisticSpec::LogLoss { target, scores }]);
    }

    #[divan::bench]
    fn confusion_of_labels(bencher: Bencher<'_, '_>) {
        let (target, predicted) = (text("target"), LabelSource::Column(text("predicted")));
        read(bencher, [StatisticSpec::Confusion { target, predicted }]);
    }

    #[divan::bench]
    fn confusion_of_scores(bencher: Bencher<'_, '_>) {
        let (target, predicted) = (text("target"), LabelSource::ArgMax { scores: scores() });
        read(bencher, [StatisticSpec::Confusion { target, predicted }]);
    }

    #[divan::bench]
    fn row_sample(bencher: Bencher<'_, '_>) {
        let (columns, size, seed) = (["n00", "n01", "c0"].map(text).to_vec(), 1_000, 7);
        read(bencher, [StatisticSpec::RowSample { columns, size, seed }]);
    }

    #[divan::bench]
    fn rows(bencher: Bencher<'_, '_>) {
        let columns = ["n00", "n01", "c0"].map(text).to_vec();
        read(bencher, [StatisticSpec::Rows { columns }]);
    }
}

/// What monitoring reads: counts, moments, values and different values of 30 columns.
fn monitored() -> Vec<StatisticSpec> {
    let numeric = (0..NUMERIC).map(|at| format!("n{at:02}")).flat_map(|column| {
        [
            StatisticSpec::Count { column: column.clone() },
            StatisticSpec::Moments { column: column.clone() },
            StatisticSpec::Distinct { column: column.clone() },
            StatisticSpec::Distribution { column },
        ]
    });
    let categorical = (0..CATEGORICAL).map(|at| format!("c{at}")).flat_map(|column| {
        [
            StatisticSpec::Count { column: column.clone() },
            StatisticSpec::Distinct { column: column.clone() },
            StatisticSpec::Categories { column },
        ]
    });
    numeric.chain(categorical).collect()
}

/// All statistics of monitoring on all rows, to the finished state.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn whole_profile(bencher: Bencher<'_, '_>) {
    read(bencher, monitored());
}

/// What happens to a whole profile after its rows were read; a tenth of the rows, as a window of a day has.
#[divan::bench_group(sample_count = 5, sample_size = 1)]
mod profile {
    use super::{Arc, BATCH, Batch, Bencher, Profile, ProfileOptions, ProfilePlan, ROWS, monitored, rows};

    /// Batches of a part.
    const PART: usize = ROWS / 10 / BATCH;

    /// The profile of every other batch from a start, not finished.
    fn part(start: usize) -> Profile {
        let rows = rows();
        let plan = Arc::new(ProfilePlan::new(monitored(), ProfileOptions::default()));
        let mut profile = Profile::empty(&plan);
        for arrays in rows.batches.iter().skip(start).step_by(2).take(PART) {
            profile.update(&Batch::new(&rows.names, arrays));
        }
        profile
    }

    fn finished(start: usize) -> Profile {
        let mut profile = part(start);
        profile.finish();
        profile
    }

    #[divan::bench]
    fn finish(bencher: Bencher<'_, '_>) {
        bencher.with_inputs(|| part(0)).bench_local_values(|mut profile| {
            profile.finish();
            profile
        });
    }

    #[divan::bench]
    fn merge(bencher: Bencher<'_, '_>) {
        let inputs = || (finished(0), finished(1));
        bencher.with_inputs(inputs).bench_local_values(|(mut left, right)| {
            // Both come from one plan.
            let _ = left.merge(right);
            left.finish();
            left
        });
    }

    #[divan::bench]
    fn to_bytes(bencher: Bencher<'_, '_>) {
        let profile = finished(0);
        bencher.bench_local(|| profile.to_bytes());
    }

    #[divan::bench]
    fn from_bytes(bencher: Bencher<'_, '_>) {
        let profile = finished(0);
        let (plan, bytes) = (Arc::clone(profile.plan()), profile.to_bytes());
        bencher.bench_local(|| Profile::from_bytes(&plan, &bytes).is_ok());
    }

    #[divan::bench]
    fn to_stored(bencher: Bencher<'_, '_>) {
        bencher.with_inputs(|| finished(0)).bench_local_values(|mut profile| {
            profile.compact();
            profile.to_stored()
        });
    }
}
