//! Bytes to values and back. No IO, no clock, no async; never panics on any input.

pub mod aac;
pub mod amf0;
mod bits;
pub mod flv;
pub mod fmp4;
pub mod h264;
pub mod hls;
pub mod media;
pub mod mpegts;
pub mod rtmp;
