//! Default bounds that several metrics share.

use plimsoll_model::{Approx, Bound, Threshold};

/// How far a data metric may lie from the reference's value where a test gives no bound: 10 %.
pub(super) const TOLERANCE: f64 = 0.1;

fn number(value: f64) -> Threshold {
    Threshold::Number(value)
}

/// A value with a relative tolerance of 10 %.
fn about(value: f64) -> Threshold {
    Threshold::Approx {
        approx: Approx {
            value,
            relative: TOLERANCE,
            absolute: 1e-12,
        },
    }
}

/// Exactly this value.
pub(super) fn equal(value: f64) -> Bound {
    Bound {
        eq: Some(number(value)),
        ..Bound::default()
    }
}

/// More than this value.
pub(super) fn above(value: f64) -> Bound {
    Bound {
        gt: Some(number(value)),
        ..Bound::default()
    }
}

/// Less than this value.
pub(super) fn below(value: f64) -> Bound {
    Bound {
        lt: Some(number(value)),
        ..Bound::default()
    }
}

/// This value or less.
pub(super) fn at_most(value: f64) -> Bound {
    Bound {
        lte: Some(number(value)),
        ..Bound::default()
    }
}

/// This value or more.
pub(super) fn at_least(value: f64) -> Bound {
    Bound {
        gte: Some(number(value)),
        ..Bound::default()
    }
}

/// Within 10 % of this value.
pub(super) fn near(value: f64) -> Bound {
    Bound {
        eq: Some(about(value)),
        ..Bound::default()
    }
}

/// At most 10 % above this value.
pub(super) fn at_most_about(value: f64) -> Bound {
    Bound {
        lte: Some(about(value)),
        ..Bound::default()
    }
}
