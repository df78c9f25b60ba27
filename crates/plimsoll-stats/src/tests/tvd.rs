//! Total variation distance.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use statrs::function::gamma::ln_gamma;

use super::{Direction, InputKind, Outcome, ScoreKind, TestKind, TestOptions, TwoSamples, categorical, seed_for};
use crate::StatsError;

pub const TEST: TestKind = TestKind {
    id: "tvd",
    title: "Permutation test of the total variation distance",
    input: InputKind::Categorical,
    score: ScoreKind::PValue,
    threshold: 0.1,
    direction: Direction::Below,
    run,
    doc: "The distance ½ Σ |r − c| of the shares, and how often it is reached when rows are dealt to the two sides at \
          random: p = (1 + b) / (1 + 1,000), b of 1,000 deals at least as far apart. Deals are drawn as counts \
          (multivariate hypergeometric), so that the cost does not grow with the rows; beyond 2,000 categories there are \
          fewer deals, and a note says how many. The same seed and data give the same value. Source: Good, Permutation Tests \
          (2000); Phipson and Smyth, Statistical Applications in Genetics and Molecular Biology 9 (2010). DIFFERENCE: \
          Evidently takes b / 1,000, which can be 0, and loses deals that tie with the observed distance to rounding.",
};

/// Deals of rows to the two sides.
const DEALS: usize = 1_000;

/// Rows of a category up to which they are dealt one by one.
const FEW: u64 = 16;

/// Draws of a category's count, over all deals.
const DRAWS: usize = 2_000_000;

fn run(data: &TwoSamples<'_>, options: &TestOptions) -> Result<Outcome, StatsError> {
    let (r, c) = categorical(data)?;
    let (n, m) = (r.iter().sum::<u64>(), c.iter().sum::<u64>());
    // The smaller side is dealt, categories by size: neither the order of the sides nor of the labels matters.
    let (side, mut cells) = if n <= m {
        (n, r.iter().zip(&c).map(|(r, c)| (r + c, *r)).collect::<Vec<_>>())
    } else {
        (m, r.iter().zip(&c).map(|(r, c)| (r + c, *c)).collect())
    };
    cells.retain(|(total, _)| *total > 0);
    cells.sort_unstable_by(|a, b| b.cmp(a));
    let all = n + m;
    // |own / side − other / rest| in units of 1 / (side · rest): whole numbers, so that ties are ties.
    let apart =
        |total: u64, own: u64| (u128::from(own) * u128::from(all)).abs_diff(u128::from(total) * u128::from(side));
    let observed: u128 = cells.iter().map(|(total, own)| apart(*total, *own)).sum();
    if observed == 0 || cells.len() < 2 {
        return Ok(1.0.into());
    }
    let deals = (DRAWS / cells.len()).clamp(19, DEALS);
    let seed = seed_for(options, cells.iter().map(|(total, _)| *total));
    let mut chance = Pcg64::seed_from_u64(seed);
    let mut reached = 0_usize;
    for _ in 0..deals {
        let (mut rows, mut open, mut distance) = (all, side, 0_u128);
        for (total, _) in &cells {
            // All that is left belongs to the side, or nothing does, or this is the last category.
            let own = if open == 0 || *total == rows {
                open
            } else if *total <= FEW {
                // Row by row is cheaper than the setting up of an urn.
                (0..*total).fold(0, |own, done| {
                    own + u64::from(chance.random::<f64>() * ((rows - done) as f64) < (open - own) as f64)
                })
            } else {
                hypergeometric(rows, *total, open, chance.random())
            };
            distance += apart(*total, own);
            rows -= total;
            open -= own;
        }
        reached += usize::from(distance >= observed);
    }
    let mut outcome = Outcome::from((1 + reached) as f64 / (1 + deals) as f64);
    if deals < DEALS {
        outcome.notes.push(format!(
            "from {deals} instead of {DEALS} random deals, for {} categories",
            cells.len()
        ));
    }
    Ok(outcome)
}

/// Number of marked rows among `drawn` of `rows` rows, `marked` of which are marked.
///
/// Inversion from the mode outwards, in about as many steps as the standard deviation; `chance` is uniform on [0, 1).
fn hypergeometric(rows: u64, marked: u64, drawn: u64, mut chance: f64) -> u64 {
    let least = (drawn + marked).saturating_sub(rows);
    let most = drawn.min(marked);
    let mode = u128::from(drawn + 1) * u128::from(marked + 1) / u128::from(rows + 2);
    let mode = (mode as u64).clamp(least, most);
    let ln_choose = |n: u64, k: u64| {
        let ln_factorial = |n: u64| ln_gamma(n as f64 + 1.0);
        ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k)
    };
    // Probability of x + 1 over that of x.
    let up =
        |x: u64| ((marked - x) as f64 / (x + 1) as f64) * ((drawn - x) as f64 / (rows + x + 1 - marked - drawn) as f64);
    let at_mode = (ln_choose(marked, mode) + ln_choose(rows - marked, drawn - mode) - ln_choose(rows, drawn)).exp();
    let (mut low, mut p_low, mut high, mut p_high) = (mode, at_mode, mode, at_mode);
    chance -= at_mode;
    // What is left further out is less than rounding.
    while chance >= 0.0 && (low > least || high < most) && p_low.max(p_high) > 1e-17 {
        if high < most {
            p_high *= up(high);
            high += 1;
            chance -= p_high;
            if chance < 0.0 {
                return high;
            }
        }
        if low > least {
            low -= 1;
            p_low /= up(low);
            chance -= p_low;
            if chance < 0.0 {
                return low;
            }
        }
    }
    // The mode; or what rounding leaves of the sum of all.
    mode
}

#[cfg(test)]
mod checks {
    use super::*;

    #[test]
    fn draws_have_the_probabilities_of_the_urn() {
        // 10 rows, 4 marked, 3 drawn: C(4, x) C(6, 3 − x) / 120.
        let weights = [20_u32, 60, 36, 4];
        let mut seen = [0_u32; 4];
        for i in 0..120 {
            seen[hypergeometric(10, 4, 3, (f64::from(i) + 0.5) / 120.0) as usize] += 1;
        }
        assert_eq!(seen, weights);
    }

    #[test]
    fn draws_from_large_and_narrow_urns_stay_within_them() {
        for (rows, marked, drawn) in [
            (1 << 33, 1 << 32, 1 << 32),
            (1_000_000, 1, 999_999),
            (5, 5, 3),
            (9, 4, 8),
        ] {
            for chance in [0.0, 0.3, 0.999, 1.0 - f64::EPSILON] {
                let found = hypergeometric(rows, marked, drawn, chance);
                assert!(found <= marked.min(drawn) && found >= (drawn + marked).saturating_sub(rows));
            }
        }
    }
}
