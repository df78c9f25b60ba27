//! `plimsoll metrics`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use plimsoll_engine::{DESCRIPTORS, METRICS, PRESETS, Preset, SpecError, expand_report, find_descriptor, find_metric};
use plimsoll_model::{DataDefinition, ReportItem, TestItem, config::ProjectConfig, near};

use crate::{
    catalogue::{Parameter, description, pages, parameters, summary},
    output::{CommandError, Outcome, print, read, write},
};

/// Lists the metrics, tests, descriptors and presets, or explains one
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Metric id, drift test, descriptor or preset, such as drift.column, psi, text.length or data_quality
    id: Option<String>,
    /// Project file: shows what a preset stands for on its data
    #[arg(long, value_name = "PROJECT.yaml", requires = "id")]
    config: Option<PathBuf>,
    /// Folder into which the whole catalogue is written as Markdown
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["id", "config"])]
    write: Option<PathBuf>,
}

fn catalogue() -> String {
    let mut text = String::from("METRICS\n");
    for metric in METRICS {
        text.push_str(&format!("  {:<36} {}\n", metric.id, summary(metric.schema)));
    }
    text.push_str("\nDRIFT TESTS (`test` of drift.column)\n");
    for test in plimsoll_engine::drift_tests() {
        text.push_str(&format!(
            "  {:<36} {}, threshold {}\n",
            test.id, test.title, test.threshold
        ));
    }
    text.push_str("\nDESCRIPTORS (columns derived from texts, under `data.descriptors`)\n");
    for descriptor in DESCRIPTORS {
        text.push_str(&format!("  {:<36} {}\n", descriptor.id, summary(descriptor.schema)));
    }
    text.push_str("\nPRESETS\n");
    for preset in PRESETS {
        let of = match (preset.report, preset.tests) {
            (Some(_), Some(_)) => "report, tests",
            (Some(_), None) => "report",
            _ => "tests",
        };
        text.push_str(&format!("  {:<36} {} ({of})\n", preset.name, preset.doc));
    }
    text.push_str("\n`plimsoll metrics ID` explains one.\n");
    text
}

/// The entries that a preset stands for, as they could stand in a project file.
fn expanded(preset: &Preset, definition: &DataDefinition, has_reference: bool) -> Result<String, SpecError> {
    let mut text = String::new();
    let line = |id: &str, body: &serde_json::Value| match body.as_object() {
        Some(body) if !body.is_empty() => format!("  - {id}: {}\n", serde_json::Value::from(body.clone())),
        _ => format!("  - {id}\n"),
    };
    if preset.report.is_some() {
        text.push_str("report:\n");
        let name = ReportItem::Name(preset.name.to_owned());
        for spec in expand_report(&[name], definition, has_reference)? {
            text.push_str(&line(&spec.id, &serde_json::json!(spec.params)));
        }
    }
    if let Some(expand) = preset.tests {
        text.push_str("tests:\n");
        for test in expand(definition) {
            let target = match &test.field {
                Some(field) => format!("{}.{field}", test.metric.id),
                None => test.metric.id.clone(),
            };
            let item = TestItem::Test {
                target: target.clone(),
                params: test.metric.params,
                labels: test.labels,
                bound: test.bound,
                severity: test.severity,
            };
            let body = serde_json::to_value(&item).unwrap_or_default();
            text.push_str(&line(&target, &body[&target]));
        }
    }
    Ok(text)
}

/// What the columns of a project are, and whether it has a reference.
async fn definition(path: &Path) -> Result<(DataDefinition, bool), CommandError> {
    let named = |source| CommandError::Config {
        path: path.display().to_string(),
        source,
    };
    let config = ProjectConfig::parse(&read(path)?).map_err(named)?;
    let base = path.parent().unwrap_or(Path::new(""));
    let definition = plimsoll_monitor::definition(&config, base).await?;
    Ok((definition, config.reference.is_some()))
}

/// Parameters, a line each.
fn told(parameters: &[Parameter]) -> String {
    let mut text = String::new();
    if !parameters.is_empty() {
        text.push_str("Parameters:\n");
    }
    for (name, required, default, meaning) in parameters {
        let needed = if *required { " (required)" } else { "" };
        let default = default
            .as_ref()
            .map_or_else(String::new, |d| format!(" [default: {d}]"));
        text.push_str(&format!("  {name}{needed}: {meaning}{default}\n"));
    }
    text
}

/// Runs the command.
pub async fn run(args: Args) -> Outcome {
    if let Some(folder) = &args.write {
        let pages = pages();
        for (name, page) in &pages {
            write(&folder.join(name), page.as_bytes())?;
        }
        eprintln!("wrote {} pages into {}", pages.len(), folder.display());
        return Ok(ExitCode::SUCCESS);
    }
    let Some(id) = &args.id else {
        print(&catalogue());
        return Ok(ExitCode::SUCCESS);
    };
    let preset = PRESETS.iter().find(|p| p.name == id);
    if let Some(config) = &args.config {
        let Some(preset) = preset else {
            let problem = format!("`{id}` is no preset; `--config` shows what a preset stands for");
            return Err(CommandError::Message(problem));
        };
        let (definition, has_reference) = definition(config).await?;
        let text = expanded(preset, &definition, has_reference).map_err(|e| CommandError::Message(e.to_string()))?;
        print(&text);
    } else if let Ok(metric) = find_metric(id) {
        let schema = (metric.schema)().to_value();
        let mut text = format!(
            "{id}\n\n{}\n\nFields: {}\n",
            description(&schema),
            metric.fields.join(", ")
        );
        text.push_str(&told(&parameters(&schema)));
        print(&text);
    } else if let Ok(descriptor) = find_descriptor(id) {
        let schema = (descriptor.schema)().to_value();
        print(&format!(
            "{id}\n\n{}\n\nKind: {}\n{}",
            description(&schema),
            descriptor.kind.as_str(),
            told(&parameters(&schema))
        ));
    } else if let Some(test) = plimsoll_engine::drift_tests().iter().find(|t| t.id == id) {
        print(&format!(
            "{id}: {}\n\n{}\nThreshold: {}\n",
            test.title, test.doc, test.threshold
        ));
    } else if let Some(preset) = preset {
        print(&format!("{id}: {}\n", preset.doc));
    } else {
        let names = METRICS.iter().map(|m| m.id).chain(PRESETS.iter().map(|p| p.name));
        let names = names.chain(DESCRIPTORS.iter().map(|d| d.id));
        let near = near(id, names.chain(plimsoll_engine::drift_tests().iter().map(|t| t.id)));
        let hint = if near.is_empty() {
            String::new()
        } else {
            format!("; did you mean `{}`?", near.join("` or `"))
        };
        return Err(CommandError::Message(format!(
            "no metric, test, descriptor or preset `{id}`{hint}"
        )));
    }
    Ok(ExitCode::SUCCESS)
}
