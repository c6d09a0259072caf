//! CMAF: initialisation and media segments, one track per file (ISO/IEC 23000-19, ISO/IEC 14496-12).

mod clock;
mod fragment;
mod init;

pub use self::clock::{AudioClock, TOLERANCE_MS};
pub use self::fragment::{FragmentWriter, Sample, segment};
pub use self::init::init_segment;
use crate::aac::AacConfig;
use crate::media::{AudioTrack, Track};

/// Ticks per second of a picture's track.
pub const VIDEO_TIMESCALE: u32 = 90_000;
/// The only track of each file.
const TRACK_ID: u32 = 1;
/// Why encoding cannot fail.
const OURS: &str =
    "a box with fields of our own making and configurations below 16 KiB always encodes";

/// Ticks per second of a track: 90 000 for pictures, the core coder's sample rate for sound.
pub fn timescale(track: &Track) -> u32 {
    match track {
        Track::Video(_) => VIDEO_TIMESCALE,
        Track::Audio(track) => core_coder(track).0,
    }
}

/// Sample rate and samples per frame of the core coder, which count the frames of HE-AAC too.
fn core_coder(track: &AudioTrack) -> (u32, u32) {
    AacConfig::parse(&track.config).map_or((track.sample_rate.max(1), 1024), |aac| {
        (aac.core_sample_rate, aac.core_samples_per_frame)
    })
}
