//! Bytes to values and back. No IO, no clock, no async; never panics on any input.

pub mod aac;
mod bits;
pub mod flv;
pub mod h264;
pub mod media;
