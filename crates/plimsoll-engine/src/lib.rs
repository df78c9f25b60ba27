//! Statistics on Arrow arrays, the Profile, metrics, tests, presets and their evaluation.
