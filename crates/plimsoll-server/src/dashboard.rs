//! What a project's page shows, from the project file.

use plimsoll_model::{DataDefinition, dashboard::Dashboard};
use serde::Deserialize;

/// The dashboard of a project: as its file says, else the default for the task.
pub(crate) fn of_project(_config: Option<&str>, _definition: &DataDefinition) -> Dashboard {
    Dashboard::default()
}

/// The title in the project file, if it has one and can be read.
pub(crate) fn title(config: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Head {
        title: Option<String>,
    }
    serde_saphyr::from_str::<Head>(config).ok()?.title
}
