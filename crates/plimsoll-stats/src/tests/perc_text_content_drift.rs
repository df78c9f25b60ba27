//! A classifier of texts against what chance would give.

use super::{Direction, InputKind, ScoreKind, TestKind, content};

pub const TEST: TestKind = TestKind {
    id: "perc_text_content_drift",
    title: "Classifier that tells reference from current texts, against chance",
    input: InputKind::Text,
    score: ScoreKind::Area,
    threshold: 0.95,
    direction: Direction::Above,
    run: |data, options| content::area("perc_text_content_drift", data, options),
    doc: content::page!(
        "The texts have drifted if the area is above the quantile, at the threshold, of the areas that a classifier has which \
         guesses: normal with mean 1/2 and variance (m + n + 1) / (12 m n), with m and n scored texts of the sides. \
         DIFFERENCE: Evidently draws 1,000 guesses."
    ),
};
