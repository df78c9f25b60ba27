//! Dashboards: tabs of panels, each panel a set of series queries and a way to draw them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::SeriesQuery;

/// Where a panel stands on the grid of 12 columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// Width in columns, 1–12.
    pub w: u8,
    /// Height in rows of 80 px.
    pub h: u8,
}

/// How a panel draws its series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PanelKind {
    /// Latest value with sparkline and change against the previous window.
    Counter,
    /// Lines over time with load lines.
    Line,
    /// Bars over time.
    Bar,
    /// Stacked areas over time.
    Area,
    /// Rows are columns of the data, columns are windows, colour is score ÷ threshold.
    DriftMap,
    /// Tests × windows.
    TestStrip,
    /// One bar a window, coloured by its worst test.
    HealthStrip,
    /// Columns whose score changed most.
    TopMovers,
    /// One row a column: missing, distinct, mean … with sparklines.
    QualityTable,
    /// Markdown.
    Text,
}

/// One panel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Panel {
    /// Heading.
    pub title: String,
    /// How it is drawn.
    pub kind: PanelKind,
    /// Size on the grid.
    pub layout: Layout,
    /// What it shows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queries: Vec<SeriesQuery>,
    /// Markdown of a text panel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// A page of panels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tab {
    /// Heading.
    pub title: String,
    /// Panels in reading order.
    pub panels: Vec<Panel>,
}

/// The design of a project's page.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dashboard {
    /// Tabs in order.
    pub tabs: Vec<Tab>,
}
