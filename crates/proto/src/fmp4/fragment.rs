//! Media segments: the samples between two cuts, with their times.

use bytes::{BufMut, Bytes, BytesMut};
use shiguredo_mp4::boxes::{MfhdBox, MoofBox, TfdtBox, TfhdBox, TrafBox, TrunBox, TrunSample};
use shiguredo_mp4::{Encode, SampleFlags};

use super::{AudioClock, OURS, TRACK_ID, VIDEO_TIMESCALE, core_coder};
use crate::media::{Frame, Track, TrackKind};

/// Segment type box: a media segment that is a CMAF segment.
const STYP: &[u8; 24] = b"\0\0\0\x18stypmsdh\0\0\0\0msdhcmfs";

/// One sample of a media segment; times in the track's timescale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Time until the next sample is decoded.
    pub duration: u32,
    /// Presentation time less decoding time.
    pub composition_offset: i32,
    /// Decoding can start here.
    pub keyframe: bool,
    /// The frame as it is in [`Frame::payload`].
    pub payload: Bytes,
}

/// A media segment: `styp`, `moof` and `mdat`.
///
/// `base_decode_time` is the first sample's, in the track's timescale, in 64 bits. Allocates the payloads' length and
/// 16 bytes per sample besides about 130. The payloads together stay below 4 GiB, or this panics.
pub fn segment(sequence: u32, base_decode_time: u64, samples: &[Sample]) -> Bytes {
    let reordered = samples.iter().any(|sample| sample.composition_offset != 0);
    let runs = samples
        .iter()
        .map(|sample| TrunSample {
            duration: Some(sample.duration),
            size: Some(sample.payload.len() as u32),
            flags: Some(sample_flags(sample.keyframe)),
            composition_time_offset: reordered.then_some(i64::from(sample.composition_offset)),
        })
        .collect();
    let mut fragment = MoofBox {
        mfhd_box: MfhdBox {
            sequence_number: sequence,
        },
        traf_boxes: vec![TrafBox {
            tfhd_box: TfhdBox {
                track_id: TRACK_ID,
                base_data_offset: None,
                sample_description_index: None,
                default_sample_duration: None,
                default_sample_size: None,
                default_sample_flags: None,
                duration_is_empty: false,
                default_base_is_moof: true,
            },
            tfdt_box: Some(TfdtBox {
                version: 1,
                base_media_decode_time: base_decode_time,
            }),
            trun_boxes: vec![TrunBox {
                data_offset: Some(0),
                first_sample_flags: None,
                samples: runs,
            }],
            unknown_boxes: Vec::new(),
        }],
        unknown_boxes: Vec::new(),
    };
    let size = fragment.encode_to_vec().expect(OURS).len();
    fragment.traf_boxes[0].trun_boxes[0].data_offset = Some(size as i32 + 8);
    let fragment = fragment.encode_to_vec().expect(OURS);

    let payload: usize = samples.iter().map(|sample| sample.payload.len()).sum();
    let data_size = u32::try_from(payload + 8).expect("a segment's payloads stay below 4 GiB");
    let mut out = BytesMut::with_capacity(STYP.len() + fragment.len() + 8 + payload);
    out.put_slice(STYP);
    out.put_slice(&fragment);
    out.put_u32(data_size);
    out.put_slice(b"mdat");
    for sample in samples {
        out.put_slice(&sample.payload);
    }
    out.freeze()
}

/// Depends on no other sample, or depends on others and is no sync sample (ISO/IEC 14496-12, 8.8.3.1).
fn sample_flags(keyframe: bool) -> SampleFlags {
    let depends_on = if keyframe { 2 } else { 1 };
    SampleFlags::from_fields(0, depends_on, 0, 0, 0, !keyframe, 0)
}

/// Turns one track's frames, stamped in milliseconds, into media segments.
#[derive(Clone, Debug)]
pub struct FragmentWriter {
    kind: TrackKind,
    clock: AudioClock,
    samples_per_frame: u32,
}

impl FragmentWriter {
    /// A writer for one track from one discontinuity to the next.
    pub fn new(track: &Track) -> Self {
        let (kind, (rate, samples_per_frame)) = match track {
            Track::Video(_) => (TrackKind::Video, (VIDEO_TIMESCALE, 0)),
            Track::Audio(audio) => (TrackKind::Audio, core_coder(audio)),
        };
        Self {
            kind,
            clock: AudioClock::new(rate, samples_per_frame),
            samples_per_frame,
        }
    }

    /// A media segment of `frames`, which are of this track and in decoding order; `None` when there are none.
    ///
    /// `end_ms` is when the next segment's pictures begin: the last picture is shown until then.
    pub fn segment(&mut self, sequence: u32, frames: &[Frame], end_ms: i64) -> Option<Bytes> {
        let mut times = Vec::with_capacity(frames.len() + 1);
        for frame in frames {
            times.push(match self.kind {
                TrackKind::Video => video_ticks(frame.dts_ms),
                TrackKind::Audio => self.clock.frame(frame.dts_ms),
            });
        }
        let &last = times.last()?;
        times.push(match self.kind {
            TrackKind::Video => video_ticks(end_ms),
            TrackKind::Audio => last + u64::from(self.samples_per_frame),
        });
        let samples: Vec<_> = frames
            .iter()
            .zip(times.windows(2))
            .map(|(frame, pair)| Sample {
                duration: u32::try_from(pair[1].saturating_sub(pair[0])).unwrap_or(u32::MAX),
                composition_offset: match self.kind {
                    TrackKind::Video => {
                        frame.cts_ms.saturating_mul((VIDEO_TIMESCALE / 1000) as i32)
                    }
                    TrackKind::Audio => 0,
                },
                keyframe: frame.keyframe,
                payload: frame.payload.clone(),
            })
            .collect();
        Some(segment(sequence, times[0], &samples))
    }
}

/// Milliseconds in 90 kHz ticks; times before zero count as zero.
fn video_ticks(dts_ms: i64) -> u64 {
    (dts_ms.max(0) as u64).saturating_mul(u64::from(VIDEO_TIMESCALE / 1000))
}
