// The default dashboards of the mock server's projects.

const panel = (title, kind, w, h, queries, text) => ({ title, kind, layout: { w, h }, ...(queries ? { queries } : {}), ...(text ? { text } : {}) });
const q = (metric, field, labels, params) => ({ metric, ...(field ? { field } : {}), ...(labels ? { labels } : {}), ...(params ? { params } : {}) });

export function dashboardOf(project) {
  const regression = project.task.kind === "regression";
  const quality = regression
    ? [
        panel("Mean absolute error", "line", 8, 4, [q("regression.mae", "value")]),
        panel("R²", "line", 4, 4, [q("regression.r2", "value")]),
        panel("Mean error", "bar", 6, 3, [q("regression.me", "value")]),
        panel("MAPE", "line", 6, 3, [q("regression.mape", "value")]),
      ]
    : [
        panel("Accuracy and F1", "line", 6, 4, [q("classification.accuracy", "value"), q("classification.f1", "value")]),
        panel("ROC AUC", "line", 6, 4, [q("classification.roc_auc", "value")]),
        panel("Log loss", "line", 6, 3, [q("classification.log_loss", "value")]),
        panel("Precision and recall", "line", 6, 3, [q("classification.precision", "value"), q("classification.recall", "value")]),
      ];
  const lead = regression
    ? [panel("MAE", "counter", 3, 2, [q("regression.mae", "value")]), panel("R²", "counter", 3, 2, [q("regression.r2", "value")])]
    : [panel("Accuracy", "counter", 3, 2, [q("classification.accuracy", "value")]), panel("ROC AUC", "counter", 3, 2, [q("classification.roc_auc", "value")])];
  return {
    tabs: [
      {
        title: "Overview",
        panels: [
          ...lead,
          panel("Drifted columns", "counter", 3, 2, [q("drift.dataset", "share")]),
          panel("Rows", "counter", 3, 2, [q("dataset.rows", "count")]),
          panel("Health", "health_strip", 12, 2),
          quality[0],
          panel("Top movers", "top_movers", 4, 4, [q("drift.column", "score")]),
          panel("Drift map", "drift_map", 12, 5, [q("drift.column", "score")]),
        ],
      },
      { title: "Quality", panels: quality },
      {
        title: "Drift",
        panels: [
          panel("Drift map", "drift_map", 12, 5, [q("drift.column", "score")]),
          panel("Share of drifted columns", "line", 6, 4, [q("drift.dataset", "share")]),
          panel("Top movers", "top_movers", 6, 4, [q("drift.column")]),
          panel("Drift of the features", "line", 12, 4, [q("drift.column", "score", undefined, { test: "wasserstein" })]),
        ],
      },
      {
        title: "Data",
        panels: [
          panel("Rows", "bar", 6, 3, [q("dataset.rows", "count")]),
          panel("Missing cells", "area", 6, 3, [q("dataset.missing_cells", "share")]),
          panel("Columns", "quality_table", 12, 6, [q("column.missing", "share"), q("column.distinct", "count"), q("column.mean", "value"), q("column.std", "value")]),
        ],
      },
      {
        title: "Tests",
        panels: [
          panel("Tests by window", "test_strip", 12, 6),
          panel("About", "text", 6, 2, undefined, "Bounds are **load lines**: see `tests:` in the project file.\n\n- one row a test\n- one bar a window"),
          panel("Nothing asked", "line", 6, 3, [q("ranking.ndcg", "value")]),
        ],
      },
    ],
  };
}
