//! The dashboard that a project has before anybody designs one, made for its task.

use crate::{
    DataDefinition, Labels, SEGMENT, SeriesQuery, Task,
    dashboard::{Dashboard, Layout, Panel, PanelKind, Tab},
};

/// Points of a whole: no class, no segment.
fn query(metric: &str, field: &str) -> SeriesQuery {
    SeriesQuery {
        metric: metric.to_owned(),
        field: Some(field.to_owned()),
        labels: Labels::new(),
        exact_labels: true,
        ..SeriesQuery::default()
    }
}

/// Points by label: one series a column or class.
fn by_label(metric: &str, field: Option<&str>) -> SeriesQuery {
    SeriesQuery {
        field: field.map(str::to_owned),
        exact_labels: false,
        ..query(metric, "")
    }
}

/// One series a segment.
fn by_segment(metric: &str, field: &str) -> SeriesQuery {
    SeriesQuery {
        labels: Labels::from([(SEGMENT.to_owned(), "*".to_owned())]),
        ..query(metric, field)
    }
}

fn panel(title: &str, kind: PanelKind, w: u8, h: u8, queries: Vec<SeriesQuery>) -> Panel {
    Panel {
        title: title.to_owned(),
        kind,
        layout: Layout { w, h },
        queries,
        text: None,
    }
}

fn counter(title: &str, metric: &str, field: &str) -> Panel {
    panel(title, PanelKind::Counter, 3, 2, vec![query(metric, field)])
}

fn line(title: &str, w: u8, queries: Vec<SeriesQuery>) -> Panel {
    panel(title, PanelKind::Line, w, 4, queries)
}

fn values(ids: &[&str]) -> Vec<SeriesQuery> {
    ids.iter().map(|id| query(id, "value")).collect()
}

/// The series of a metric, and of what is expected of it before its labels have come.
fn with_estimate(mut queries: Vec<SeriesQuery>, metric: &str, field: &str) -> Vec<SeriesQuery> {
    queries.push(query(metric, field));
    queries
}

/// High enough for a row of 22 px a column, between three and ten grid rows of 80 px.
fn drift_map(definition: &DataDefinition) -> Panel {
    let rows = definition.monitored().count();
    let h = ((rows * 22 + 150).div_ceil(80)).clamp(3, 10) as u8;
    panel(
        "Drift of every column",
        PanelKind::DriftMap,
        12,
        h,
        vec![by_label("drift.column", None)],
    )
}

fn has_scores(definition: &DataDefinition) -> bool {
    !definition.scores().is_empty()
}

/// Counters of the model's quality, then its series.
fn quality(definition: &DataDefinition) -> (Vec<Panel>, Vec<Panel>) {
    match &definition.task {
        Some(Task::Regression) => (
            vec![counter("Mean absolute error", "regression.mae", "value")],
            vec![
                line(
                    "Mean absolute error and RMSE",
                    6,
                    with_estimate(
                        values(&["regression.mae", "regression.rmse"]),
                        "regression.estimated",
                        "mae",
                    ),
                ),
                line("Mean error (bias)", 6, values(&["regression.me"])),
                line("Mean absolute percentage error", 6, values(&["regression.mape"])),
                line("R²", 6, values(&["regression.r2"])),
            ],
        ),
        Some(Task::Binary { .. } | Task::Multiclass) => {
            let mut series = vec![line(
                "Precision, recall and F1",
                6,
                values(&["classification.precision", "classification.recall", "classification.f1"]),
            )];
            if has_scores(definition) {
                let mut areas = values(&["classification.roc_auc"]);
                if matches!(definition.task, Some(Task::Binary { .. })) {
                    areas = with_estimate(areas, "classification.estimated", "roc_auc");
                }
                series.push(line("Area under the ROC curve", 6, areas));
                series.push(line("Log loss", 6, values(&["classification.log_loss"])));
            }
            series.push(line("Accuracy", 6, values(&["classification.accuracy"])));
            let first = if has_scores(definition) {
                counter("Area under the ROC curve", "classification.roc_auc", "value")
            } else {
                counter("Accuracy", "classification.accuracy", "value")
            };
            (vec![first], series)
        }
        Some(Task::Ranking { .. }) => (
            vec![counter("NDCG", "ranking.ndcg", "value")],
            vec![
                line(
                    "NDCG, mean average precision, mean reciprocal rank",
                    6,
                    values(&["ranking.ndcg", "ranking.map", "ranking.mrr"]),
                ),
                line(
                    "Precision and recall at k",
                    6,
                    values(&["ranking.precision", "ranking.recall"]),
                ),
                line("Hit rate", 6, values(&["ranking.hit_rate"])),
                line("Personalisation", 6, values(&["ranking.personalization"])),
                line("Novelty", 6, values(&["ranking.novelty"])),
                line(
                    "Coverage of the items",
                    6,
                    vec![query("ranking.popularity_bias", "coverage")],
                ),
            ],
        ),
        None => (Vec::new(), Vec::new()),
    }
}

/// What the overview tells of all rows, by segment.
fn segments(definition: &DataDefinition) -> Tab {
    let main = match &definition.task {
        Some(Task::Regression) => Some(("Mean absolute error", "regression.mae")),
        Some(Task::Binary { .. }) if has_scores(definition) => {
            Some(("Area under the ROC curve", "classification.roc_auc"))
        }
        Some(Task::Binary { .. } | Task::Multiclass) => Some(("Accuracy", "classification.accuracy")),
        Some(Task::Ranking { .. }) => Some(("NDCG", "ranking.ndcg")),
        None => None,
    };
    let quality =
        main.map(|(title, metric)| line(&format!("{title} by segment"), 12, vec![by_segment(metric, "value")]));
    let data = [
        ("Share of drifted columns by segment", "drift.dataset", "share"),
        ("Rows by segment", "dataset.rows", "count"),
        ("Share of missing cells by segment", "dataset.missing_cells", "share"),
    ];
    let data = data.map(|(title, metric, field)| line(title, 12, vec![by_segment(metric, field)]));
    Tab {
        title: "Segments".to_owned(),
        panels: quality.into_iter().chain(data).collect(),
    }
}

/// Tabs made for the task: overview, model quality if there is a model, drift, data quality, segments if there are
/// any, tests.
pub(super) fn dashboard(definition: &DataDefinition) -> Dashboard {
    let (mut counters, series) = quality(definition);
    counters.push(counter("Drifted columns", "drift.dataset", "share"));
    counters.push(counter("Missing cells", "dataset.missing_cells", "share"));
    counters.push(counter("Rows", "dataset.rows", "count"));
    let width = (12 / counters.len()) as u8;
    for counter in &mut counters {
        counter.layout.w = width;
    }
    let mut overview = counters;
    overview.push(panel("Health", PanelKind::HealthStrip, 12, 2, Vec::new()));
    overview.extend(series.iter().take(2).cloned());
    overview.push(drift_map(definition));
    overview.push(line(
        "Share of drifted columns",
        6,
        vec![query("drift.dataset", "share")],
    ));
    overview.push(panel(
        "Columns that moved most",
        PanelKind::TopMovers,
        6,
        4,
        vec![by_label("drift.column", None)],
    ));
    let mut tabs = vec![Tab {
        title: "Overview".to_owned(),
        panels: overview,
    }];
    if !series.is_empty() {
        tabs.push(Tab {
            title: "Model quality".to_owned(),
            panels: series,
        });
    }
    tabs.push(Tab {
        title: "Drift".to_owned(),
        panels: vec![
            line("Share of drifted columns", 12, vec![query("drift.dataset", "share")]),
            drift_map(definition),
            panel(
                "Columns that moved most",
                PanelKind::TopMovers,
                12,
                4,
                vec![by_label("drift.column", None)],
            ),
        ],
    });
    let quality_table: Vec<SeriesQuery> = [
        ("column.missing", "share"),
        ("column.distinct", "count"),
        ("column.mean", "value"),
        ("column.std", "value"),
        ("column.min", "value"),
        ("column.max", "value"),
    ]
    .into_iter()
    .map(|(metric, field)| by_label(metric, Some(field)))
    .collect();
    tabs.push(Tab {
        title: "Data quality".to_owned(),
        panels: vec![
            panel("Rows", PanelKind::Bar, 6, 4, vec![query("dataset.rows", "count")]),
            line(
                "Share of missing cells",
                6,
                vec![query("dataset.missing_cells", "share")],
            ),
            panel("Columns", PanelKind::QualityTable, 12, 8, quality_table),
        ],
    });
    if !definition.segments.is_empty() {
        tabs.push(segments(definition));
    }
    tabs.push(Tab {
        title: "Tests".to_owned(),
        panels: vec![
            panel("Health", PanelKind::HealthStrip, 12, 2, Vec::new()),
            panel("Tests by window", PanelKind::TestStrip, 12, 10, Vec::new()),
        ],
    });
    Dashboard { tabs }
}
