//! Bodies of every format: what is read, what is rejected, what is odd, and that no bytes break the decoders.

mod json;
mod support;
