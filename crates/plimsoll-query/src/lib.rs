//! DataFusion: data sources, the window plan and the Profile as an aggregate function.
