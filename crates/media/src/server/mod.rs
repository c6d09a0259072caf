//! The protocols media speaks.

pub(crate) mod admission;
pub(crate) mod hls;
pub(crate) mod http_flv;
pub(crate) mod rtmp;
pub(crate) mod rtmp_connection;
pub(crate) mod viewing;
