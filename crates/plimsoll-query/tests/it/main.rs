//! Sources, event time and the Profile as an aggregate, on files made for each test.

mod files;
mod formats;
mod labels;
mod late_labels;
mod mistakes;
mod profiles;
mod runs;
mod samples;
mod sql;
mod support;
mod times;
