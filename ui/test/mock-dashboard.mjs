// The dashboards of the mock server's projects: the server's default for the task, and a tab with the other kinds of panels.

const panel = (title, kind, w, h, queries, text) => ({ title, kind, layout: { w, h }, ...(queries ? { queries } : {}), ...(text ? { text } : {}) });
const whole = (metric, field = "value") => ({ metric, field, exact_labels: true });
const byLabel = (metric, field) => ({ metric, ...(field ? { field } : {}) });
const counter = (title, metric, field) => panel(title, "counter", 3, 2, [whole(metric, field)]);
const line = (title, w, ...metrics) => panel(title, "line", w, 4, metrics.map((m) => whole(m)));
const driftMap = (h) => panel("Drift of every column", "drift_map", 12, h, [byLabel("drift.column")]);
const driftShare = (w) => panel("Share of drifted columns", "line", w, 4, [whole("drift.dataset", "share")]);
const movers = (w) => panel("Columns that moved most", "top_movers", w, 4, [byLabel("drift.column")]);

export function dashboardOf(project) {
  const regression = project.task.kind === "regression";
  const first = regression ? counter("Mean absolute error", "regression.mae", "value") : counter("Area under the ROC curve", "classification.roc_auc", "value");
  const quality = regression
    ? [line("Mean absolute error and RMSE", 6, "regression.mae", "regression.rmse"), line("Mean error (bias)", 6, "regression.me"), line("Mean absolute percentage error", 6, "regression.mape"), line("R²", 6, "regression.r2")]
    : [line("Precision, recall and F1", 6, "classification.precision", "classification.recall", "classification.f1"), line("Area under the ROC curve", 6, "classification.roc_auc"), line("Log loss", 6, "classification.log_loss"), line("Accuracy", 6, "classification.accuracy")];
  const table = [["column.missing", "share"], ["column.distinct", "count"], ["column.mean", "value"], ["column.std", "value"], ["column.min", "value"], ["column.max", "value"]].map(([m, f]) => byLabel(m, f));
  return {
    tabs: [
      {
        title: "Overview",
        panels: [
          first, counter("Drifted columns", "drift.dataset", "share"), counter("Missing cells", "dataset.missing_cells", "share"), counter("Rows", "dataset.rows", "count"),
          panel("Health", "health_strip", 12, 1), ...quality.slice(0, 2), driftMap(6), driftShare(6), movers(6),
        ],
      },
      { title: "Model quality", panels: quality },
      { title: "Drift", panels: [driftShare(12), driftMap(8), movers(12)] },
      {
        title: "Data quality",
        panels: [panel("Rows", "bar", 6, 4, [whole("dataset.rows", "count")]), panel("Share of missing cells", "line", 6, 4, [whole("dataset.missing_cells", "share")]), panel("Columns", "quality_table", 12, 8, table)],
      },
      { title: "Tests", panels: [panel("Health", "health_strip", 12, 2), panel("Tests by window", "test_strip", 12, 10)] },
      {
        title: "More",
        panels: [
          panel("Drift of the numbers", "line", 12, 4, [{ metric: "drift.column", field: "score", params: { test: "wasserstein" } }]),
          panel("Missing cells", "area", 6, 3, [whole("dataset.missing_cells", "count"), whole("dataset.duplicated_rows", "count")]),
          panel("About", "text", 6, 3, undefined, "Bounds are **load lines**: see `tests:` in the project file.\n\n- one row a test\n- one bar a window\n\n[Projects](/)"),
          panel("Nothing asked", "line", 6, 3, [whole("ranking.ndcg")]),
        ],
      },
    ],
  };
}
