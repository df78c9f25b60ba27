//! Sources, event time and the Profile as an aggregate, on files made for each test.

mod files;
mod profiles;
mod support;
