//! Kaibo's media server: streams, RTMP in, HTTP-FLV and HLS out. Knows streams, not rooms.

pub mod gate;
