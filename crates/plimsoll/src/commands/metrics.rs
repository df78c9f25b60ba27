//! `plimsoll metrics`.

use std::process::ExitCode;

use plimsoll_engine::{METRICS, PRESETS, find_metric};
use plimsoll_model::near;

use crate::output::{CommandError, Outcome, print};

/// Lists the metrics, tests and presets, or explains one
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Metric id, drift test or preset, such as drift.column, psi or data_quality
    id: Option<String>,
}

fn description(schema: &serde_json::Value) -> &str {
    schema["description"].as_str().unwrap_or_default()
}

fn catalogue() -> String {
    let mut text = String::from("METRICS\n");
    for metric in METRICS {
        let schema = (metric.schema)().to_value();
        let first = description(&schema).lines().next().unwrap_or_default();
        text.push_str(&format!("  {:<36} {first}\n", metric.id));
    }
    text.push_str("\nDRIFT TESTS (`test` of drift.column)\n");
    for test in plimsoll_engine::drift_tests() {
        text.push_str(&format!(
            "  {:<36} {}, threshold {}\n",
            test.id, test.title, test.threshold
        ));
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

fn parameters(schema: &serde_json::Value) -> String {
    let mut text = String::new();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let required = schema["required"]
            .as_array()
            .is_some_and(|r| r.iter().any(|v| v == name));
        let default = property
            .get("default")
            .filter(|d| !d.is_null())
            .map_or_else(String::new, |d| format!(" [default: {d}]"));
        let needed = if required { " (required)" } else { "" };
        text.push_str(&format!("  {name}{needed}: {}{default}\n", description(property)));
    }
    text
}

/// Runs the command.
pub fn run(args: &Args) -> Outcome {
    let Some(id) = &args.id else {
        print(&catalogue());
        return Ok(ExitCode::SUCCESS);
    };
    if let Ok(metric) = find_metric(id) {
        let schema = (metric.schema)().to_value();
        let mut text = format!(
            "{id}\n\n{}\n\nFields: {}\n",
            description(&schema),
            metric.fields.join(", ")
        );
        let parameters = parameters(&schema);
        if !parameters.is_empty() {
            text.push_str(&format!("Parameters:\n{parameters}"));
        }
        print(&text);
    } else if let Some(test) = plimsoll_engine::drift_tests().iter().find(|t| t.id == id) {
        print(&format!(
            "{id}: {}\n\n{}\nThreshold: {}\n",
            test.title, test.doc, test.threshold
        ));
    } else if let Some(preset) = PRESETS.iter().find(|p| p.name == id) {
        print(&format!("{id}: {}\n", preset.doc));
    } else {
        let names = METRICS.iter().map(|m| m.id).chain(PRESETS.iter().map(|p| p.name));
        let near = near(id, names.chain(plimsoll_engine::drift_tests().iter().map(|t| t.id)));
        let hint = if near.is_empty() {
            String::new()
        } else {
            format!("; did you mean `{}`?", near.join("` or `"))
        };
        return Err(CommandError::Message(format!("no metric, test or preset `{id}`{hint}")));
    }
    Ok(ExitCode::SUCCESS)
}
