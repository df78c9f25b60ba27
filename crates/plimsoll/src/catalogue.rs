//! The catalogue as pages: everything that the registries hold, in Markdown.

use std::{collections::BTreeMap, fmt::Write};

use plimsoll_engine::{DESCRIPTORS, METRICS, PRESETS, drift_tests};
use schemars::Schema;
use serde_json::Value;

/// A family's title and an example that runs.
struct Family {
    /// What ids begin with.
    prefix: &'static str,
    title: &'static str,
    example: &'static str,
}

/// Families in the order of the pages. Metrics of no other family are on the last page.
const FAMILIES: &[Family] = &[
    Family {
        prefix: "classification",
        title: "Classification",
        example: include_str!("../../../examples/catalogue/classification.yaml"),
    },
    Family {
        prefix: "column",
        title: "Columns",
        example: include_str!("../../../examples/catalogue/column.yaml"),
    },
    Family {
        prefix: "dataset",
        title: "Data sets",
        example: include_str!("../../../examples/catalogue/dataset.yaml"),
    },
    Family {
        prefix: "drift",
        title: "Drift",
        example: include_str!("../../../examples/catalogue/drift.yaml"),
    },
    Family {
        prefix: "fairness",
        title: "Fairness",
        example: include_str!("../../../examples/catalogue/fairness.yaml"),
    },
    Family {
        prefix: "ranking",
        title: "Ranking",
        example: include_str!("../../../examples/catalogue/ranking.yaml"),
    },
    Family {
        prefix: "regression",
        title: "Regression",
        example: include_str!("../../../examples/catalogue/regression.yaml"),
    },
    Family {
        prefix: "more",
        title: "Correlation, explanation, SQL",
        example: include_str!("../../../examples/catalogue/more.yaml"),
    },
];

fn family(id: &str) -> &'static Family {
    let prefix = id.split('.').next().unwrap_or_default();
    let own = FAMILIES.iter().find(|f| f.prefix == prefix);
    own.unwrap_or(&FAMILIES[FAMILIES.len() - 1])
}

/// The doc comment of a schema.
pub fn description(schema: &Value) -> &str {
    schema["description"].as_str().unwrap_or_default()
}

/// First line of a doc comment.
pub fn summary(schema: fn() -> Schema) -> String {
    let schema = schema().to_value();
    description(&schema).lines().next().unwrap_or_default().to_owned()
}

/// Name of a parameter, whether it is required, its default and its doc comment.
pub type Parameter = (String, bool, Option<String>, String);

/// The parameters of a schema.
pub fn parameters(schema: &Value) -> Vec<Parameter> {
    let required = schema["required"].as_array();
    let is_required = |name: &str| required.is_some_and(|r| r.iter().any(|v| v == name));
    let own = schema["properties"].as_object().into_iter().flatten();
    own.map(|(name, property)| {
        let default = property.get("default").filter(|d| !d.is_null()).map(Value::to_string);
        (
            name.clone(),
            is_required(name),
            default,
            description(property).to_owned(),
        )
    })
    .collect()
}

/// One cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// `made`: what an entry makes, under a heading of its own.
fn entry(page: &mut String, id: &str, schema: fn() -> Schema, made: (&str, &str)) {
    let schema = schema().to_value();
    // Sections of the comment are headings below the entry's own.
    let text: String = description(&schema)
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(section) => format!("### {section}\n"),
            None => format!("{line}\n"),
        })
        .collect();
    let _ = write!(page, "\n## `{id}`\n\n{text}\n### {}\n\n{}\n", made.0, made.1);
    let parameters = parameters(&schema);
    if !parameters.is_empty() {
        page.push_str("\n### Parameters\n\n| Name | Default | Meaning |\n|---|---|---|\n");
        for (name, required, default, meaning) in parameters {
            let default = match (required, default) {
                (true, _) => "required".to_owned(),
                (false, Some(default)) => format!("`{}`", cell(&default)),
                (false, None) => String::new(),
            };
            let _ = writeln!(page, "| `{name}` | {default} | {} |", cell(&meaning));
        }
    }
}

/// Every page by file name.
pub fn pages() -> BTreeMap<String, String> {
    let mut pages = BTreeMap::new();
    let mut index = String::from(
        "# Catalogue\n\nWritten by `plimsoll metrics --write docs/metrics` from the registries; a test compares. Every metric can \
         stand under `report:` and, with a bound or the default one, under `tests:`.\n\n| Metric | Meaning |\n|---|---|\n",
    );
    for metric in METRICS {
        let anchor = metric.id.replace('.', "");
        let page = family(metric.id).prefix;
        let _ = writeln!(
            index,
            "| [`{}`]({page}.md#{anchor}) | {} |",
            metric.id,
            cell(&summary(metric.schema))
        );
    }
    index.push_str(
        "\nSee also [descriptors](descriptors.md), [drift tests](drift_tests.md) and [presets](presets.md).\n",
    );
    for family in FAMILIES {
        let mut page = format!(
            "# {}\n\nAn example that runs, on data of this repository:\n\n```yaml\n{}```\n",
            family.title, family.example
        );
        for metric in METRICS.iter().filter(|m| self::family(m.id).prefix == family.prefix) {
            let fields: Vec<String> = metric.fields.iter().map(|f| format!("`{f}`")).collect();
            entry(&mut page, metric.id, metric.schema, ("Fields", &fields.join(", ")));
        }
        pages.insert(format!("{}.md", family.prefix), page);
    }
    let mut tests = String::from("# Drift tests\n\nThe `test` of `drift.column` and `drift.dataset`.\n");
    for test in drift_tests() {
        let _ = write!(
            tests,
            "\n## `{}`\n\n{}. Default threshold: {}.\n\n{}\n",
            test.id,
            test.title,
            test.threshold,
            test.doc.trim()
        );
    }
    let mut descriptors = String::from(
        "# Descriptors\n\nColumns that are derived from texts as rows are read, under `data.descriptors`; metrics, tests and segments \
         use them like any other column.\n\n```yaml\ndata:\n  descriptors:\n    review_length: {text.length: {column: review}}\n    \
         has_link: {text.regex: {column: review, pattern: 'https?://'}}\n```\n",
    );
    for descriptor in DESCRIPTORS {
        let kind = descriptor.kind.as_str();
        entry(&mut descriptors, descriptor.id, descriptor.schema, ("Kind", kind));
    }
    let mut presets = String::from(
        "# Presets\n\n`plimsoll metrics NAME --config PROJECT.yaml` shows what one stands for on given data.\n\n| Preset | Report | \
         Tests | Meaning |\n|---|---|---|---|\n",
    );
    for preset in PRESETS {
        let tick = |is: bool| if is { "yes" } else { "" };
        let (report, tests) = (tick(preset.report.is_some()), tick(preset.tests.is_some()));
        let _ = writeln!(
            presets,
            "| `{}` | {report} | {tests} | {} |",
            preset.name,
            cell(preset.doc)
        );
    }
    pages.insert("README.md".to_owned(), index);
    pages.insert("descriptors.md".to_owned(), descriptors);
    pages.insert("drift_tests.md".to_owned(), tests);
    pages.insert("presets.md".to_owned(), presets);
    pages
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_written_catalogue_is_that_of_the_registries() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/metrics");
        let pages = pages();
        for (name, page) in &pages {
            let written = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
            assert!(
                written == *page,
                "docs/metrics/{name} differs; run `plimsoll metrics --write docs/metrics` and commit"
            );
        }
        let files = std::fs::read_dir(&folder).expect("the catalogue").flatten();
        let strangers: Vec<String> = files
            .map(|file| file.file_name().to_string_lossy().into_owned())
            .filter(|name| !pages.contains_key(name))
            .collect();
        assert!(strangers.is_empty(), "docs/metrics has pages of nothing: {strangers:?}");
    }
}
