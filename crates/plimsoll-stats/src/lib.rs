//! Mathematics on slices: two-sample tests, distances, curves.
