//! Media as a whole, with a gate of the tests' own.

mod hls_out;
mod house;
mod rtmp_in;
mod stream_life;
mod viewers;
