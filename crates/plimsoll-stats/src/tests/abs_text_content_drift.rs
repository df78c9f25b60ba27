//! A classifier of texts against a fixed bound.

use super::{Direction, InputKind, ScoreKind, TestKind, content};

pub const TEST: TestKind = TestKind {
    id: "abs_text_content_drift",
    title: "Classifier that tells reference from current texts",
    input: InputKind::Text,
    score: ScoreKind::Area,
    threshold: 0.55,
    direction: Direction::Above,
    run: |data, options| {
        let mut outcome = content::area("abs_text_content_drift", data, options)?;
        outcome.chance = None;
        Ok(outcome)
    },
    doc: content::page!("The texts have drifted if the area is above the threshold."),
};
