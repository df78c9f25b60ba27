//! The nouns of Plimsoll: data definition, metric and test specifications, snapshot, series, dashboard, project configuration.
