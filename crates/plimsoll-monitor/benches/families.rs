//! What each entry of the catalogue costs as a job of its own: the examples by family, a metric or preset at a time, from the
//! bundled files to the snapshots.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use divan::Bencher;
use plimsoll_model::{ReportItem, config::ProjectConfig};
use plimsoll_monitor::{JobEvent, JobOptions, run};
use plimsoll_store::Workspace;

fn main() {
    divan::main();
}

/// The examples, from which their paths begin.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/catalogue")
}

/// The project of an example with one metric or preset.
struct Entry {
    family: String,
    item: ReportItem,
    config: ProjectConfig,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let item = serde_json::to_string(&self.item).map_err(|_| fmt::Error)?;
        write!(f, "{} {}", self.family, item.trim_matches('"'))
    }
}

/// Every entry of every example.
fn entries() -> Vec<Entry> {
    let files = folder().read_dir().expect("the examples are there");
    let mut files: Vec<PathBuf> = files.map(|file| file.expect("the folder can be read").path()).collect();
    files.sort();
    let mut entries = Vec::new();
    for file in files {
        let yaml = std::fs::read_to_string(&file).expect("an example can be read");
        let config = ProjectConfig::parse(&yaml).expect("an example is valid");
        let family = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        for (at, item) in config
            .monitors
            .iter()
            .enumerate()
            .flat_map(|(at, m)| m.report.iter().map(move |item| (at, item)))
        {
            let mut own = config.clone();
            own.monitors = vec![config.monitors[at].clone()];
            own.monitors[0].report = vec![item.clone()];
            own.monitors[0].tests.clear();
            entries.push(Entry {
                family: family.clone(),
                item: item.clone(),
                config: own,
            });
        }
    }
    entries
}

#[divan::bench(args = entries(), sample_count = 5, sample_size = 1)]
fn job(bencher: Bencher<'_, '_>, entry: &Entry) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be made");
    let dir = tempfile::tempdir().expect("a folder can be made");
    let workspace = Workspace::create(dir.path()).expect("a workspace can be made");
    let options = JobOptions {
        force: true,
        kept: true,
        ..JobOptions::default()
    };
    let base = folder();
    bencher.bench_local(|| {
        let mut ignore = |_: JobEvent<'_>| ();
        let job = run(&entry.config, "", &base, &workspace, &options, &mut ignore);
        runtime.block_on(job).expect("an example can be computed")
    });
}
