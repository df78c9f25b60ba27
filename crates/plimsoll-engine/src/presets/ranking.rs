//! `ranking`.

use plimsoll_model::{DataDefinition, MetricSpec, Role, TestSpec};

use super::{Preset, test};

pub(super) const PRESET: Preset = Preset {
    name: "ranking",
    doc: "Quality of recommendations at k, and with items how personal, novel and popular they are",
    report: Some(report),
    compared: None,
    tests: Some(tests),
};

fn report(definition: &DataDefinition) -> Vec<MetricSpec> {
    let mut ids = vec![
        "ranking.precision",
        "ranking.recall",
        "ranking.f_beta",
        "ranking.map",
        "ranking.mar",
        "ranking.ndcg",
        "ranking.mrr",
        "ranking.hit_rate",
    ];
    if definition.scores().contains_key(&None) {
        ids.push("ranking.score_entropy");
    }
    if definition.with_role(&Role::Item).is_some() {
        ids.extend(["ranking.personalization", "ranking.novelty", "ranking.popularity_bias"]);
    }
    ids.into_iter().map(MetricSpec::new).collect()
}

fn tests(_: &DataDefinition) -> Vec<TestSpec> {
    let ids = [
        "ranking.precision",
        "ranking.recall",
        "ranking.map",
        "ranking.ndcg",
        "ranking.hit_rate",
    ];
    ids.into_iter().map(|id| test(MetricSpec::new(id), None)).collect()
}
