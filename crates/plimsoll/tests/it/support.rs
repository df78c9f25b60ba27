//! Runs the binary and reads what it says.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// The data that is bundled with the project.
pub fn data(name: &str) -> String {
    format!("{}/../../data/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// What a run printed, and its exit code.
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

pub fn plimsoll(dir: &Path, args: &[&str]) -> Said {
    let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .current_dir(dir)
        .args(args)
        .output()
        .unwrap();
    Said {
        code: status.code().unwrap_or(-1),
        out: String::from_utf8(stdout).unwrap(),
        err: String::from_utf8(stderr).unwrap(),
    }
}

/// A project over hourly rows of two weeks, `target` = `temp`, `prediction` = 1 above.
pub fn rides(dir: &Path, rows: impl Fn(u32) -> Option<String>) -> PathBuf {
    let mut csv = "ts,temp,kind,target,prediction\n".to_owned();
    for i in 0..14 * 24 {
        if let Some(row) = rows(i) {
            csv.push_str(&row);
            csv.push('\n');
        }
    }
    fs::write(dir.join("rides.csv"), csv).unwrap();
    let path = dir.join("project.yaml");
    fs::write(&path, PROJECT).unwrap();
    path
}

/// The row of an hour.
pub fn row(i: u32) -> String {
    let (day, hour) = (1 + i / 24, i % 24);
    let temp = f64::from(i % 24) + f64::from(i % 7) / 10.0;
    let kind = ["a", "b"][(i % 2) as usize];
    format!("2024-01-{day:02} {hour:02}:00:00,{temp},{kind},{temp},{}", temp + 1.0)
}

pub const PROJECT: &str = "
project: rides
data: {source: rides.csv, timestamp: ts, task: regression, target: target, prediction: prediction}
reference: {from: 2024-01-01, to: 2024-01-08}
monitors:
  - name: daily
    every: 1d
    report: [data_drift, data_quality, regression]
    tests: [data_stability, regression, {regression.mae: {lt: 2}}]
";

/// Every snapshot of a kind, by id.
pub fn snapshots(dir: &Path, kind: &str) -> Vec<serde_json::Value> {
    fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else {
                found.push(path);
            }
        }
    }
    let mut files = Vec::new();
    walk(&dir.join("workspace/projects"), &mut files);
    let kind = format!("-{kind}-");
    files.retain(|p| {
        let path = p.to_string_lossy();
        path.contains("/snapshots/") && path.contains(&kind)
    });
    files.sort();
    files
        .iter()
        .map(|p| serde_json::from_slice(&fs::read(p).unwrap()).unwrap())
        .collect()
}

/// The value of a point of a snapshot.
pub fn value(snapshot: &serde_json::Value, id: &str, field: &str) -> Option<f64> {
    let measurement = snapshot["measurements"].as_array()?.iter().find(|m| m["id"] == id)?;
    measurement["points"].as_array()?.iter().find(|p| p["field"] == field)?["value"].as_f64()
}
