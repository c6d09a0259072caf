//! Every parser that reads strangers' bytes, as functions with their invariants asserted, and the
//! engine that feeds them mutated recordings. Needs neither a nightly compiler nor a sanitizer.

pub mod chunk;
pub mod engine;
pub mod mutation;
pub mod random;
pub mod script;
pub mod targets;
