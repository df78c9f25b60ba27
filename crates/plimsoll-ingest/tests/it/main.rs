//! Bodies of every format: what is read, what is rejected, what is odd, and that no bytes break the decoders.

mod infer;
mod json;
mod laws;
mod limits;
mod support;
