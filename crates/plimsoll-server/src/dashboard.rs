//! What a project's page shows, from the project file.

use plimsoll_model::{
    DataDefinition,
    config::{ProjectConfig, default_dashboard},
    dashboard::Dashboard,
};
use serde::Deserialize;

/// The dashboard of a project: as its file says, else the default for the task.
pub(crate) fn of_project(config: Option<&str>, definition: &DataDefinition) -> Dashboard {
    match config.map(ProjectConfig::parse) {
        Some(Ok(config)) => config.dashboard_for(definition),
        Some(Err(e)) => {
            tracing::warn!("the default dashboard is shown, because the project file cannot be read: {e}");
            default_dashboard(definition)
        }
        None => default_dashboard(definition),
    }
}

/// What a list shows of a project file, also of one that cannot be used.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Head {
    /// Heading.
    pub(crate) title: Option<String>,
    #[serde(default)]
    data: DataHead,
}

#[derive(Debug, Default, Deserialize)]
struct DataHead {
    source: Option<String>,
    timezone: Option<String>,
}

impl Head {
    /// Reads the head of a project file; nothing is known of a file that is no YAML.
    pub(crate) fn of(config: &str) -> Self {
        serde_saphyr::from_str(config).unwrap_or_default()
    }

    /// IANA name of the time zone, if the file names one.
    pub(crate) fn timezone(&self) -> Option<&str> {
        self.data.timezone.as_deref()
    }

    /// Where the rows come from, if the file says it.
    pub(crate) fn source(&self) -> Option<&str> {
        self.data.source.as_deref()
    }
}
