//! The rows of a project: files, or the tables of its prediction store.

use std::{
    collections::{BTreeSet, HashMap},
    path::Path,
    sync::Arc,
};

use jiff::tz::TimeZone;
use plimsoll_engine::{Profile, ProfilePlan, define};
use plimsoll_model::{
    ColumnKind, DataDefinition, InferredColumn, Window,
    config::{ConfigError, ProjectConfig, ReferenceKind},
};
use plimsoll_query::{Implicit, LateLabels, QueryError, Source};
use plimsoll_store::Workspace;
use serde_json::Value;

use crate::{
    MonitorError,
    collector::tables::Tables,
    maturity::LabelRules,
    reference::{Data, LabelTable},
};

/// Rows, labels, and what their columns are.
#[derive(Debug)]
pub(crate) struct Input {
    pub source: Source,
    pub labels: Option<Source>,
    pub definition: DataDefinition,
}

/// Kinds of the columns of a project whose rows are collected: as described, as the reference file has them, as the first
/// rows showed them.
pub(crate) async fn described(
    config: &ProjectConfig,
    base: &Path,
    learned: &[(String, ColumnKind)],
) -> Result<Vec<InferredColumn>, MonitorError> {
    let mut columns: Vec<InferredColumn> = Vec::new();
    let timezone = config.data.timezone()?;
    if let Some(ReferenceKind::Source(spec)) = config.reference.as_ref().map(|r| r.settle(&timezone)).transpose()? {
        columns = Source::open(&spec, base)
            .await?
            .kinds(&config.data.preparation()?)
            .await?;
    }
    let mut add = |name: &str, kind: ColumnKind| {
        // What is derived is not sent.
        let is_known = columns.iter().any(|c| c.name == name) || config.data.descriptors.contains_key(name);
        if !is_known {
            columns.push(InferredColumn::new(name, kind));
        }
    };
    for (name, column) in &config.data.columns {
        add(name, column.kind());
    }
    for (name, kind) in learned {
        add(name, *kind);
    }
    let data = &config.data;
    let number = matches!(
        data.task,
        Some(plimsoll_model::config::TaskName::Regression | plimsoll_model::config::TaskName::Ranking)
    );
    let value = if number {
        ColumnKind::Numeric
    } else {
        ColumnKind::Categorical
    };
    let roles = [
        (&data.timestamp, ColumnKind::Datetime),
        (&data.id, ColumnKind::Text),
        (&data.target, value),
        (&data.prediction, value),
        (&data.score, ColumnKind::Numeric),
        (&data.weight, ColumnKind::Numeric),
        (&data.user, ColumnKind::Categorical),
        (&data.item, ColumnKind::Categorical),
    ];
    for (name, kind) in roles {
        if let Some(name) = name {
            add(name, kind);
        }
    }
    for name in data.scores.values() {
        add(name, ColumnKind::Numeric);
    }
    Ok(columns)
}

/// What the columns of a project are: as its files and its project file say.
///
/// # Errors
/// [`MonitorError`] if a file cannot be read or the project file does not fit it.
pub async fn definition(config: &ProjectConfig, base: &Path) -> Result<DataDefinition, MonitorError> {
    if config.is_collected() {
        return Ok(define(&config.data, &described(config, base, &[]).await?)?);
    }
    Ok(Input::of_files(config, base).await?.definition)
}

impl Input {
    /// Opens the files or the prediction store that a project file names.
    pub async fn open(config: &ProjectConfig, base: &Path, workspace: &Workspace) -> Result<Self, MonitorError> {
        if config.is_collected() {
            let tables = Tables::open(config, workspace).await?;
            let columns = described(config, base, &tables.learned()?).await?;
            return tables.input(define(&config.data, &columns)?);
        }
        Self::of_files(config, base).await
    }

    /// Opens the files that a project file names.
    async fn of_files(config: &ProjectConfig, base: &Path) -> Result<Self, MonitorError> {
        let source = Source::open(config.data.source.as_deref().unwrap_or_default(), base).await?;
        let preparation = config.data.preparation()?;
        let mut columns = source.kinds(&preparation).await?;
        let mut labels = None;
        if let Some(spec) = &config.data.labels {
            if config.data.id.is_none() {
                let problem = "is needed to join `data.labels`, expected the column that both files have".to_owned();
                let key = "data.id".to_owned();
                return Err(ConfigError::Invalid { key, problem }.into());
            }
            let table = Source::open(&spec.source, base).await?;
            let known: Vec<String> = columns.iter().map(|c| c.name.clone()).collect();
            let others = table.kinds(&preparation).await?;
            columns.extend(others.into_iter().filter(|c| !known.contains(&c.name)));
            labels = Some(table);
        }
        Ok(Self {
            source,
            labels,
            definition: define(&config.data, &columns)?,
        })
    }

    /// What windows are held against, if labels come late. `now` is the moment that counts as the present.
    pub fn rules(&self, config: &ProjectConfig, now: i64, open: BTreeSet<i64>) -> Option<LabelRules> {
        if !config.is_collected() {
            return None;
        }
        LabelRules::new(
            &self.definition,
            config.collector().labels.final_after.micros(),
            now,
            open,
        )
    }

    /// The Profiles of windows, by start in microseconds since the Unix epoch; windows without rows are left out.
    pub async fn profiles(
        &self,
        config: &ProjectConfig,
        plan: &Arc<ProfilePlan>,
        windows: &[Window],
    ) -> Result<HashMap<i64, Profile>, MonitorError> {
        let timezone = config.data.timezone()?;
        let rules = self.rules(config, 0, BTreeSet::new());
        let micros = |w: &Window| (w.start.as_microsecond(), w.end.as_microsecond());
        let mut found = HashMap::new();
        self.data(config, &timezone, rules.as_ref())
            .windows(windows.iter().map(micros).collect())
            .profile(
                plan,
                |_| (),
                |profiles| {
                    found.extend(profiles.into_iter().map(|p| (micros(&windows[p.window]).0, p.profile)));
                    Ok::<(), QueryError>(())
                },
            )
            .await?;
        Ok(found)
    }

    /// The rows with their labels and the column of their time.
    pub fn data<'a>(
        &'a self,
        config: &'a ProjectConfig,
        timezone: &'a TimeZone,
        rules: Option<&'a LabelRules>,
    ) -> Data<'a> {
        let id = config.data.id.as_deref();
        let labels = match (id, rules, &self.labels) {
            (Some(id), Some(rules), labels) => {
                let implicit = config.collector().implicit_label.map(|implicit| Implicit {
                    value: match implicit.value {
                        Value::String(text) => text,
                        other => other.to_string(),
                    },
                    before: rules.now().saturating_sub(implicit.after.micros()),
                });
                LabelTable::Late(LateLabels {
                    source: labels.as_ref(),
                    id,
                    target: rules.target(),
                    implicit,
                    judged: rules.judged(),
                })
            }
            (Some(id), None, Some(labels)) => LabelTable::File(labels, id),
            _ => LabelTable::None,
        };
        Data {
            source: &self.source,
            labels,
            timestamp: config.data.timestamp.as_deref().unwrap_or_default(),
            timezone,
        }
    }
}
