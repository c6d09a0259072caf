//! Bytes to values and back. No IO, no clock, no async; never panics on any input.

pub mod media;
