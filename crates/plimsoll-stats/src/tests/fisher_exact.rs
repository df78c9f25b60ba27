//! Fisher's exact test.

use super::{Direction, InputKind, Outcome, ScoreKind, TestKind, TestOptions, TwoSamples, categorical, finite};
use crate::StatsError;

pub const TEST: TestKind = TestKind {
    id: "fisher_exact",
    title: "Fisher's exact test",
    input: InputKind::Categorical,
    score: ScoreKind::PValue,
    threshold: 0.1,
    direction: Direction::Below,
    run,
    doc: "Two-sided exact test on the 2 × 2 table of counts: the probability, given the totals, of all tables that are at \
          most as likely as the observed one (hypergeometric). For two categories; one category on both sides: p = 1. \
          Source: Fisher, Journal of the Royal Statistical Society 98 (1935); agrees with scipy.stats.fisher_exact. \
          DIFFERENCE: Evidently fails unless both sides have equally many rows, and takes three categories for two if \
          either side has only two of them.",
};

/// Tables within this share of the observed one's probability are as likely as it: their products round differently.
const ALIKE: f64 = 1.0 + 1e-7;

fn run(data: &TwoSamples<'_>, _: &TestOptions) -> Result<Outcome, StatsError> {
    let (r, c) = categorical(data)?;
    let tables: Vec<(u64, u64)> = r.iter().copied().zip(c).filter(|(r, c)| r + c > 0).collect();
    let [first, second] = match *tables.as_slice() {
        [a, b] => [a, b],
        [_] => return Ok(1.0.into()),
        _ => {
            return Err(StatsError::Categories {
                test: "fisher_exact",
                most: 2,
                found: tables.len(),
            });
        }
    };
    let (n, total, of_first) = (
        first.0 + second.0,
        first.0 + first.1 + second.0 + second.1,
        first.0 + first.1,
    );
    let least = (n + of_first).saturating_sub(total);
    let most = n.min(of_first);
    // Weight of x + 1 over that of x.
    let up =
        |x: u64| ((of_first - x) as f64 / (x + 1) as f64) * ((n - x) as f64 / (total + x + 1 - of_first - n) as f64);
    let mode = ((u128::from(n + 1) * u128::from(of_first + 1) / u128::from(total + 2)) as u64).clamp(least, most);
    // Weights relative to the likeliest table, so that nothing overflows; both ways until they vanish.
    let (mut above, mut weight) = (Vec::new(), 1.0);
    for x in mode..most {
        weight *= up(x);
        if weight == 0.0 {
            break;
        }
        above.push(weight);
    }
    let (mut under, mut weight) = (Vec::new(), 1.0);
    for x in (least..mode).rev() {
        weight /= up(x);
        if weight == 0.0 {
            break;
        }
        under.push(weight);
    }
    let at = |x: u64| match x.cmp(&mode) {
        std::cmp::Ordering::Equal => 1.0,
        std::cmp::Ordering::Greater => above.get((x - mode) as usize - 1).copied().unwrap_or(0.0),
        std::cmp::Ordering::Less => under.get((mode - x) as usize - 1).copied().unwrap_or(0.0),
    };
    let limit = at(first.0) * ALIKE;
    // The smallest first, so that the tail keeps its digits.
    let ascending = || above.iter().rev().chain(under.iter().rev());
    let unlikely: f64 = ascending().filter(|w| **w <= limit).sum::<f64>() + f64::from(u8::from(limit >= 1.0));
    let all: f64 = ascending().sum::<f64>() + 1.0;
    finite((unlikely / all).min(1.0))
}

#[cfg(test)]
mod checks {
    use super::*;
    use crate::CategoryCounts;

    /// Fisher's tea tasting: 3 of 4 cups right, p = 34 / 70.
    #[test]
    fn the_lady_tasting_tea() {
        let counts = CategoryCounts {
            reference: &[3, 1],
            current: &[1, 3],
        };
        let p = run(&TwoSamples::Categorical(counts), &TestOptions::default())
            .unwrap()
            .score;
        assert!((p - 34.0 / 70.0).abs() < 1e-15, "{p}");
    }

    #[test]
    fn three_categories_are_too_many() {
        let counts = CategoryCounts {
            reference: &[3, 1, 1],
            current: &[1, 3, 0],
        };
        let error = run(&TwoSamples::Categorical(counts), &TestOptions::default()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "test `fisher_exact` compares at most 2 categories, found 3; `chisquare` takes any number"
        );
    }
}
