//! `plimsoll inspect`.

use std::{path::Path, process::ExitCode};

use plimsoll_model::{ColumnKind, InferredColumn, Role};
use plimsoll_query::{Inspection, Source};

use crate::output::{Outcome, print};

/// Infers kinds and roles of a file's columns and prints them as YAML to paste
#[derive(Debug, clap::Args)]
pub struct Args {
    /// File, directory or glob
    source: String,
}

/// Runs the command.
pub async fn run(args: Args) -> Outcome {
    let source = Source::open(&args.source, Path::new("")).await?;
    print(&yaml(&args.source, &source.inspect().await?));
    Ok(ExitCode::SUCCESS)
}

/// A scalar as YAML writes it: plain where that is safe, else in double quotes.
fn scalar(text: &str) -> String {
    let plain = text
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'))
        && text
            .chars()
            .next()
            .is_some_and(|c| c.is_alphabetic() || c == '/' || c == '_')
        && !matches!(
            text.to_lowercase().as_str(),
            "yes" | "no" | "true" | "false" | "null" | "on" | "off" | "y" | "n"
        );
    if plain {
        text.to_owned()
    } else {
        serde_json::Value::from(text).to_string()
    }
}

fn yaml(source: &str, found: &Inspection) -> String {
    let first = |role: &Role| found.columns.iter().find(|c| c.role.as_ref() == Some(role));
    let key = |name: &str, column: Option<&InferredColumn>, hint: &str| match column {
        Some(column) => format!("  {name}: {}\n", scalar(&column.name)),
        None => format!("  # {name}: {hint}\n"),
    };
    let (target, prediction, score) = (
        first(&Role::Target),
        first(&Role::Prediction),
        first(&Role::Score(None)),
    );
    let numeric = target.is_some_and(|t| t.kind == ColumnKind::Numeric && t.distinct > 20);
    let task = match (target, numeric) {
        (Some(_), true) => "  task: regression\n".to_owned(),
        (Some(_), false) if score.is_some() => {
            "  task: binary\n  positive: \"1\"   # label of the positive class\n".to_owned()
        }
        (Some(_), false) => "  task: multiclass\n".to_owned(),
        (None, _) => "  # task: regression, binary or multiclass\n".to_owned(),
    };
    let mut text = format!(
        "# {} columns, {} rows looked at\ndata:\n  source: {}\n",
        found.columns.len(),
        found.rows,
        scalar(source)
    );
    text.push_str(&key(
        "timestamp",
        first(&Role::Timestamp),
        "the column with the time of each row",
    ));
    text.push_str(&key("id", first(&Role::Id), "the column that identifies a prediction"));
    text.push_str(&task);
    text.push_str(&key("target", target, "the column with the truth"));
    text.push_str(&key("prediction", prediction, "the column with the model's decision"));
    if score.is_some() {
        text.push_str(&key("score", score, ""));
    }
    text.push_str("  columns:\n");
    for column in &found.columns {
        let example = column
            .example
            .as_deref()
            .map_or_else(String::new, |e| format!(", such as {}", e.replace('\n', " ")));
        let nulls = if column.nulls > 0 {
            format!(", {} missing", column.nulls)
        } else {
            String::new()
        };
        let kind = match found.markers.get(&column.name) {
            Some(marker) => format!(
                "{{kind: {}, missing_values: [{}]}}",
                column.kind.as_str(),
                scalar(marker)
            ),
            None => column.kind.as_str().to_owned(),
        };
        text.push_str(&format!(
            "    {}: {kind}   # {}, {} different{nulls}{example}\n",
            scalar(&column.name),
            column.data_type,
            column.distinct
        ));
    }
    text
}
