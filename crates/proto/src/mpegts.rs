//! MPEG-TS: H.264 and AAC frames into the segments of a TS playlist (ISO/IEC 13818-1).

use crate::aac::{AacConfig, AacError};
use crate::h264::{self, AvcConfig, H264Error};
use crate::media::{AudioTrack, Frame, TrackKind, VideoTrack};

/// Bytes of a transport packet.
pub const PACKET_BYTES: usize = 188;
/// Packet identifier of the programme map.
pub const PMT_PID: u16 = 0x1000;
/// Packet identifier of the picture.
pub const VIDEO_PID: u16 = 0x100;
/// Packet identifier of the sound.
pub const AUDIO_PID: u16 = 0x101;
/// Bytes of a packet behind its 4-byte header.
const ROOM: usize = PACKET_BYTES - 4;
/// Lead of every time stamp over the clock reference, in 90 kHz ticks (0.7 s): time to fill a decoder's buffer.
const LEAD_TICKS: i64 = 63_000;
/// AAC frames put into one PES packet, so that half-empty transport packets stay few.
const FRAMES_PER_PES: usize = 4;
/// Payload above which a PES packet of sound takes no further frame; its 16-bit length then still fits.
const MAX_SOUND_BYTES: usize = 48 * 1024;
/// Time stamps and clock references have 33 bits.
const CLOCK_MASK: i64 = (1 << 33) - 1;

/// Why tracks cannot be carried.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TsError {
    /// The picture's configuration cannot be used.
    #[error(transparent)]
    Video(#[from] H264Error),
    /// The sound's configuration cannot be used.
    #[error(transparent)]
    Audio(#[from] AacError),
}

/// The elementary streams and tables, each with a continuity counter of its own.
#[derive(Clone, Copy, Debug)]
enum Stream {
    Association,
    Map,
    Video,
    Audio,
}

impl Stream {
    fn pid(self) -> u16 {
        match self {
            Self::Association => 0,
            Self::Map => PMT_PID,
            Self::Video => VIDEO_PID,
            Self::Audio => AUDIO_PID,
        }
    }
}

/// AAC frames that wait to share a PES packet; at most [`MAX_SOUND_BYTES`] and one frame.
#[derive(Debug, Default)]
struct PendingSound {
    frames: usize,
    dts_ms: i64,
    adts: Vec<u8>,
}

/// Writes frames into transport packets; the continuity counters go on from segment to segment.
///
/// Holds no segment: every call appends to the caller's buffer, about 1.03 times the payload's length and 376 bytes.
#[derive(Debug)]
pub struct Muxer {
    video: Option<AvcConfig>,
    audio: Option<AacConfig>,
    counters: [u8; 4],
    sound: PendingSound,
    pes: Vec<u8>,
}

impl Muxer {
    /// A muxer for one or both tracks.
    pub fn new(video: Option<&VideoTrack>, audio: Option<&AudioTrack>) -> Result<Self, TsError> {
        let mut muxer = Self {
            video: None,
            audio: None,
            counters: [0; 4],
            sound: PendingSound::default(),
            pes: Vec::new(),
        };
        muxer.set_tracks(video, audio)?;
        Ok(muxer)
    }

    /// Replaces the tracks. Call between two segments; the playlist says discontinuity there.
    pub fn set_tracks(
        &mut self,
        video: Option<&VideoTrack>,
        audio: Option<&AudioTrack>,
    ) -> Result<(), TsError> {
        self.video = video
            .map(|track| AvcConfig::parse(&track.config))
            .transpose()?;
        self.audio = audio
            .map(|track| AacConfig::parse(&track.config))
            .transpose()?;
        self.sound = PendingSound::default();
        Ok(())
    }

    /// Begins a segment with the tables that every segment needs.
    pub fn start_segment(&mut self, out: &mut Vec<u8>) {
        let mut association = vec![0, 1];
        association.extend_from_slice(&(0xe000 | PMT_PID).to_be_bytes());
        self.put_table(out, Stream::Association, 0, &association);

        let clock_pid = if self.video.is_some() {
            VIDEO_PID
        } else {
            AUDIO_PID
        };
        let mut map = (0xe000 | clock_pid).to_be_bytes().to_vec();
        map.extend_from_slice(&[0xf0, 0]);
        let mut stream = |kind: u8, pid: u16| {
            map.push(kind);
            map.extend_from_slice(&(0xe000 | pid).to_be_bytes());
            map.extend_from_slice(&[0xf0, 0]);
        };
        if self.video.is_some() {
            stream(0x1b, VIDEO_PID);
        }
        if self.audio.is_some() {
            stream(0x0f, AUDIO_PID);
        }
        self.put_table(out, Stream::Map, 2, &map);
    }

    /// Appends one frame. Frames of a track that was not set are left out, as are AAC frames too long for ADTS.
    pub fn push(&mut self, out: &mut Vec<u8>, frame: &Frame) {
        match frame.track {
            TrackKind::Video => self.push_picture(out, frame),
            TrackKind::Audio => self.push_sound(out, frame),
        }
    }

    /// Ends a segment: writes the sound that still waits for company.
    pub fn finish_segment(&mut self, out: &mut Vec<u8>) {
        if self.sound.frames == 0 {
            return;
        }
        let sound = std::mem::take(&mut self.sound);
        let ticks = sound.dts_ms.wrapping_mul(90);
        self.pes.clear();
        put_pes_header(&mut self.pes, 0xc0, Some(sound.adts.len()), ticks, ticks);
        self.pes.extend_from_slice(&sound.adts);
        let clock = self.video.is_none().then_some(ticks);
        self.put_pes(out, Stream::Audio, clock, self.video.is_none());
    }

    fn push_picture(&mut self, out: &mut Vec<u8>, frame: &Frame) {
        let Some(config) = &self.video else {
            return;
        };
        let dts = frame.dts_ms.wrapping_mul(90);
        let pts = dts.wrapping_add(i64::from(frame.cts_ms) * 90);
        self.pes.clear();
        put_pes_header(&mut self.pes, 0xe0, None, pts, dts);
        h264::append_annex_b(&mut self.pes, &frame.payload, frame.keyframe, config);
        self.put_pes(out, Stream::Video, Some(dts), frame.keyframe);
    }

    fn push_sound(&mut self, out: &mut Vec<u8>, frame: &Frame) {
        let Some(header) = self
            .audio
            .as_ref()
            .and_then(|aac| aac.adts_header(frame.payload.len()))
        else {
            return;
        };
        if self.sound.frames == 0 {
            self.sound.dts_ms = frame.dts_ms;
        }
        self.sound.frames += 1;
        self.sound.adts.extend_from_slice(&header);
        self.sound.adts.extend_from_slice(&frame.payload);
        if self.sound.frames >= FRAMES_PER_PES || self.sound.adts.len() > MAX_SOUND_BYTES {
            self.finish_segment(out);
        }
    }

    /// One packet with one table section (ISO/IEC 13818-1, 2.4.4).
    fn put_table(&mut self, out: &mut Vec<u8>, stream: Stream, table_id: u8, content: &[u8]) {
        // Section length: five bytes of header, the content, four of checksum.
        let length = (content.len() + 9) as u8;
        let mut section = vec![table_id, 0xb0, length, 0, 1, 0xc1, 0, 0];
        section.extend_from_slice(content);
        let checksum = crc32(&section);
        section.extend_from_slice(&checksum.to_be_bytes());

        let end = out.len() + PACKET_BYTES;
        self.put_packet_header(out, stream, true, 0b01);
        out.push(0);
        out.extend_from_slice(&section);
        out.resize(end, 0xff);
    }

    /// Cuts the PES packet in `self.pes` into transport packets.
    fn put_pes(
        &mut self,
        out: &mut Vec<u8>,
        stream: Stream,
        clock: Option<i64>,
        random_access: bool,
    ) {
        let pes = std::mem::take(&mut self.pes);
        out.reserve((pes.len() / ROOM + 2) * PACKET_BYTES);
        let mut rest = &pes[..];
        let mut start = true;
        while !rest.is_empty() {
            let mut fields = [0u8; 8];
            let fields = if start {
                adaptation(&mut fields, clock, random_access)
            } else {
                &[]
            };
            let room = ROOM - fields.len();
            let (piece, tail) = rest.split_at(rest.len().min(room));
            let stuffing = room - piece.len();
            let adapted = fields.len() + stuffing > 0;
            self.put_packet_header(out, stream, start, if adapted { 0b11 } else { 0b01 });
            put_adaptation(out, fields, stuffing);
            out.extend_from_slice(piece);
            rest = tail;
            start = false;
        }
        self.pes = pes;
    }

    fn put_packet_header(&mut self, out: &mut Vec<u8>, stream: Stream, start: bool, control: u8) {
        let counter = &mut self.counters[stream as usize];
        let [high, low] = (u16::from(start) << 14 | stream.pid()).to_be_bytes();
        out.extend_from_slice(&[0x47, high, low, control << 4 | *counter]);
        *counter = (*counter + 1) & 15;
    }
}

/// The adaptation field of a PES packet's first transport packet: a zero for its length, flags, clock reference.
fn adaptation(fields: &mut [u8; 8], clock: Option<i64>, random_access: bool) -> &[u8] {
    let flags = u8::from(random_access) << 6 | u8::from(clock.is_some()) << 4;
    fields[1] = flags;
    let Some(ticks) = clock else {
        return if random_access { &fields[..2] } else { &[] };
    };
    let base = (ticks & CLOCK_MASK) as u64;
    // 33 bits of base, six reserved ones, nine bits of extension.
    let reference = (base << 15 | 0x3f << 9).to_be_bytes();
    fields[2..].copy_from_slice(&reference[2..]);
    &fields[..]
}

/// Writes `fields` and as many stuffing bytes as asked for, with the length in front.
fn put_adaptation(out: &mut Vec<u8>, fields: &[u8], stuffing: usize) {
    let total = fields.len() + stuffing;
    if total == 0 {
        return;
    }
    out.push((total - 1) as u8);
    let end = out.len() + total - 1;
    if let Some(fields) = fields.get(1..) {
        out.extend_from_slice(fields);
    } else if total > 1 {
        out.push(0);
    }
    out.resize(end, 0xff);
}

/// Header of a PES packet (ISO/IEC 13818-1, 2.4.3.6); `length` `None` is unbounded, which only pictures may be.
fn put_pes_header(pes: &mut Vec<u8>, stream_id: u8, length: Option<usize>, pts: i64, dts: i64) {
    let both = pts != dts;
    let stamps = if both { 10 } else { 5 };
    let length = length.map_or(0, |payload| (payload + 3 + stamps) as u16);
    pes.extend_from_slice(&[0, 0, 1, stream_id]);
    pes.extend_from_slice(&length.to_be_bytes());
    pes.extend_from_slice(&[0x84, if both { 0xc0 } else { 0x80 }, stamps as u8]);
    put_time_stamp(pes, if both { 3 } else { 2 }, pts);
    if both {
        put_time_stamp(pes, 1, dts);
    }
}

/// A 33-bit time stamp in five bytes, each part followed by a marker bit.
fn put_time_stamp(pes: &mut Vec<u8>, prefix: u8, ticks: i64) {
    let ticks = ticks.wrapping_add(LEAD_TICKS) & CLOCK_MASK;
    pes.extend_from_slice(&[
        prefix << 4 | ((ticks >> 29) as u8 & 0x0e) | 1,
        (ticks >> 22) as u8,
        (ticks >> 14) as u8 | 1,
        (ticks >> 7) as u8,
        (ticks << 1) as u8 | 1,
    ]);
}

/// The checksum of table sections (ISO/IEC 13818-1, annex A); sections are short, so no table of its own.
fn crc32(data: &[u8]) -> u32 {
    data.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte) << 24, |crc, _| {
            crc << 1 ^ if crc >> 31 == 1 { 0x04c1_1db7 } else { 0 }
        })
    })
}
