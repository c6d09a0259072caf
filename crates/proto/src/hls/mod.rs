//! HLS: where a stream is cut, what is kept of it, and the playlists that say so (RFC 8216bis).
//!
//! [`Packager`] is the whole: media events in, playlists and files out. [`Segmenter`] only decides the cuts,
//! [`playlist`] only writes text. None of them has a clock: the caller says what time it is.

mod packager;
pub mod playlist;
mod segmenter;

pub use self::packager::{File, Packager, PackagerConfig, Playlist};
pub use self::segmenter::{Cutting, Segment, Segmenter};
