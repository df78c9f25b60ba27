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

/// The title in the project file, if it has one and can be read.
pub(crate) fn title(config: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Head {
        title: Option<String>,
    }
    serde_saphyr::from_str::<Head>(config).ok()?.title
}
