//! The service and the newest numbers of its projects for Prometheus.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use plimsoll_model::{Labels, Snapshot, SnapshotFilter, SnapshotKind};
use plimsoll_monitor::Status;
use plimsoll_store::Workspace;
use prometheus_client::{
    encoding::text::encode,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::{Registry, Unit},
};

use super::data::lag_seconds;
use crate::{AppState, Problem};

/// Names and values of the labels of a sample.
type Names = Vec<(String, String)>;
type Numbers = Family<Names, Gauge<f64, std::sync::atomic::AtomicU64>>;
type Counts = Family<Names, Counter>;

/// Most values of metrics of one project.
const MAX_VALUES: usize = 1_000;

/// Media type of what [`encode`] writes.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What the collectors did, and the newest value of every metric.
pub(super) async fn metrics(State(state): State<AppState>) -> Result<Response, Problem> {
    let collectors = state.live().collectors.clone();
    let text = state.blocking(move |workspace| {
        let mut registry = Registry::with_prefix("plimsoll");
        let ingest = Ingest::register(&mut registry);
        for (project, collector) in collectors.iter().flat_map(plimsoll_monitor::Collectors::running) {
            ingest.add(&project, &collector.status(), Timestamp::now());
        }
        let values = Numbers::default();
        let help = "Newest value of a metric";
        registry.register("metric_value", help, values.clone());
        for project in workspace.projects()? {
            for (names, value) in newest(workspace, &project)?.into_iter().take(MAX_VALUES) {
                values.get_or_create(&names).set(value);
            }
        }
        let mut text = String::new();
        encode(&mut text, &registry).map_err(|e| {
            tracing::error!("the metrics cannot be written: {e}");
            Problem::internal()
        })?;
        Ok(text)
    });
    let text = text.await?;
    Ok(([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response())
}

/// What is said of collectors.
struct Ingest {
    records: Counts,
    recomputed: Counts,
    dead: Counts,
    lag: Numbers,
    buffered: Numbers,
    log: Numbers,
    waiting: Numbers,
    open: Numbers,
}

impl Ingest {
    fn register(registry: &mut Registry) -> Self {
        let this = Self {
            records: Family::default(),
            recomputed: Family::default(),
            dead: Family::default(),
            lag: Family::default(),
            buffered: Family::default(),
            log: Family::default(),
            waiting: Family::default(),
            open: Family::default(),
        };
        registry.register(
            "ingest_records",
            "Rows and labels by what became of them",
            this.records.clone(),
        );
        registry.register(
            "recompute_windows",
            "Windows computed again from stored rows since the start",
            this.recomputed.clone(),
        );
        let help = "Messages of a broker that could not be read, since the start";
        registry.register("dead_letters", help, this.dead.clone());
        let help = "Age of the oldest row that no window has taken in";
        registry.register_with_unit("ingest_lag", help, Unit::Seconds, this.lag.clone());
        registry.register(
            "buffered_rows",
            "Rows that are not yet in the prediction store",
            this.buffered.clone(),
        );
        registry.register_with_unit("log", "Size of the log on disk", Unit::Bytes, this.log.clone());
        registry.register(
            "labels_waiting",
            "Labels whose prediction has not come",
            this.waiting.clone(),
        );
        registry.register("open_windows", "Windows that still take rows", this.open.clone());
        this
    }

    fn add(&self, project: &str, status: &Status, now: Timestamp) {
        let names = vec![("project".to_owned(), project.to_owned())];
        let totals = status.activity.totals;
        for (result, count) in [
            ("accepted", totals.accepted),
            ("rejected", totals.rejected),
            ("duplicate", totals.duplicates),
            ("late", totals.late),
            ("label", totals.labels),
            ("label_expired", totals.labels_expired),
            ("label_too_late", totals.labels_too_late),
        ] {
            let mut names = names.clone();
            names.push(("result".to_owned(), result.to_owned()));
            self.records.get_or_create(&names).inc_by(count);
        }
        self.recomputed.get_or_create(&names).inc_by(status.restated);
        self.dead.get_or_create(&names).inc_by(status.dead_letters);
        let set = |family: &Numbers, value: f64| {
            family.get_or_create(&names).set(value);
        };
        set(&self.lag, lag_seconds(status, now).unwrap_or(0.0));
        set(&self.buffered, status.buffered_rows as f64);
        set(&self.log, status.log_bytes as f64);
        set(&self.waiting, status.labels_waiting as f64);
        set(&self.open, status.open_windows as f64);
    }
}

/// The values of the newest report of each monitor.
fn newest(workspace: &Workspace, project: &str) -> Result<Vec<(Names, f64)>, Problem> {
    let mut values = Vec::new();
    for monitor in workspace.metrics().project_facts(project)?.monitors {
        let filter = SnapshotFilter {
            kind: Some(SnapshotKind::Report),
            monitor: Some(monitor.name),
            ..SnapshotFilter::default()
        };
        let page = workspace.metrics().snapshots(project, &filter, None, 1)?;
        for meta in page.items {
            values.extend(points(&workspace.read_snapshot(project, &meta.id)?));
        }
    }
    Ok(values)
}

fn points(snapshot: &Snapshot) -> Vec<(Names, f64)> {
    let name = |field: &str, id: &str, labels: &Labels| {
        let mut names = vec![
            ("project".to_owned(), snapshot.project.clone()),
            ("monitor".to_owned(), snapshot.monitor.clone()),
            ("metric".to_owned(), id.to_owned()),
            ("field".to_owned(), field.to_owned()),
        ];
        let known = |key: &str| names.iter().any(|(name, _)| name == key);
        let labels: Names = labels
            .iter()
            .filter(|(key, _)| !known(key))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        names.extend(labels);
        names
    };
    snapshot
        .measurements
        .iter()
        .flat_map(|m| m.points.iter().map(move |p| (m, p)))
        .filter_map(|(m, p)| Some((name(&p.field, &m.id, &p.labels), p.value?)))
        .collect()
}
