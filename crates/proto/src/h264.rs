//! H.264: decoder configuration, picture size, and NAL units from length-prefixed to Annex B.

use bytes::Bytes;

use crate::bits::BitReader;
use crate::media::{Codec, VideoTrack};

/// NAL unit type of a slice of an ordinary picture.
const SLICE: u8 = 1;
/// NAL unit type of a slice of an IDR picture.
const IDR_SLICE: u8 = 5;
/// NAL unit type of a sequence parameter set.
const SPS: u8 = 7;
/// NAL unit type of a picture parameter set.
const PPS: u8 = 8;
/// NAL unit type of an access unit delimiter.
const DELIMITER: u8 = 9;
/// Widest and highest picture taken; level 6.2 allows 16 888 along one side.
const MAX_SIDE: u32 = 16_888;
/// Longest `AVCDecoderConfigurationRecord` taken; a usual one has about 40 bytes.
pub const MAX_CONFIG_BYTES: usize = 16 * 1024;

/// Why a decoder configuration cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum H264Error {
    /// It ends inside a field.
    #[error("the H.264 configuration is cut short; let the encoder send a complete avcC record")]
    Truncated,
    /// It is longer than [`MAX_CONFIG_BYTES`].
    #[error("the H.264 configuration is longer than {MAX_CONFIG_BYTES} bytes")]
    TooLong,
    /// `configurationVersion` is not 1.
    #[error("the H.264 configuration has version {0}; only version 1 exists")]
    Version(u8),
    /// `lengthSizeMinusOne` is 2, which the standard forbids.
    #[error("the H.264 configuration asks for NAL unit lengths of 3 bytes; use 1, 2 or 4")]
    NalLength,
    /// No sequence or no picture parameter set.
    #[error("the H.264 configuration lacks an SPS or a PPS; let the encoder send both")]
    NoParameterSets,
    /// The sequence parameter set cannot be read.
    #[error("the H.264 sequence parameter set is damaged")]
    BadSps,
}

/// A read `AVCDecoderConfigurationRecord` (ISO/IEC 14496-15, 5.3.3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AvcConfig {
    /// `AVCProfileIndication`.
    pub profile: u8,
    /// `profile_compatibility`, the constraint flags.
    pub constraints: u8,
    /// `AVCLevelIndication`, ten times the level.
    pub level: u8,
    /// Bytes of each NAL unit's length field: 1, 2 or 4.
    pub nal_length_bytes: u8,
    /// Sequence parameter sets (at least one) with their NAL unit header.
    pub sps: Vec<Bytes>,
    /// Picture parameter sets (at least one) with their NAL unit header.
    pub pps: Vec<Bytes>,
}

impl AvcConfig {
    /// Reads a record. The parameter sets share the record's memory; at most 31 + 255 of them.
    pub fn parse(record: &Bytes) -> Result<Self, H264Error> {
        if record.len() > MAX_CONFIG_BYTES {
            return Err(H264Error::TooLong);
        }
        let &[version, profile, constraints, level, length, sps_count, ..] = &record[..] else {
            return Err(H264Error::Truncated);
        };
        if version != 1 {
            return Err(H264Error::Version(version));
        }
        let nal_length_bytes = (length & 3) + 1;
        if nal_length_bytes == 3 {
            return Err(H264Error::NalLength);
        }
        let mut at = 6;
        let sps = parameter_sets(record, &mut at, sps_count & 31)?;
        let pps_count = *record.get(at).ok_or(H264Error::Truncated)?;
        at += 1;
        let pps = parameter_sets(record, &mut at, pps_count)?;
        if sps.is_empty() || pps.is_empty() {
            return Err(H264Error::NoParameterSets);
        }
        Ok(Self {
            profile,
            constraints,
            level,
            nal_length_bytes,
            sps,
            pps,
        })
    }

    /// RFC 6381 name, such as `avc1.64001f`.
    pub fn codec_string(&self) -> String {
        format!(
            "avc1.{:02x}{:02x}{:02x}",
            self.profile, self.constraints, self.level
        )
    }

    /// Width and height in pixels, cropping done, of the first sequence parameter set.
    pub fn dimensions(&self) -> Result<(u16, u16), H264Error> {
        let sps = self.sps.first().ok_or(H264Error::NoParameterSets)?;
        sps_dimensions(sps).ok_or(H264Error::BadSps)
    }
}

/// Reads `count` sets, each behind a 16-bit length; empty ones are left out.
fn parameter_sets(record: &Bytes, at: &mut usize, count: u8) -> Result<Vec<Bytes>, H264Error> {
    let mut sets = Vec::new();
    for _ in 0..count {
        let Some(&[high, low]) = record.get(*at..*at + 2) else {
            return Err(H264Error::Truncated);
        };
        let start = *at + 2;
        let end = start + usize::from(u16::from_be_bytes([high, low]));
        if end > record.len() {
            return Err(H264Error::Truncated);
        }
        if end > start {
            sets.push(record.slice(start..end));
        }
        *at = end;
    }
    Ok(sets)
}

/// The track that a decoder configuration announces.
pub fn video_track(config: Bytes) -> Result<VideoTrack, H264Error> {
    let avc = AvcConfig::parse(&config)?;
    let (width, height) = avc.dimensions()?;
    Ok(VideoTrack {
        codec: Codec::H264,
        codec_string: avc.codec_string(),
        nal_length_bytes: avc.nal_length_bytes,
        config,
        width,
        height,
    })
}

/// Reads a sequence parameter set (ISO/IEC 14496-10, 7.3.2.1.1) as far as the cropping.
fn sps_dimensions(nal: &[u8]) -> Option<(u16, u16)> {
    if nal.first()? & 31 != SPS {
        return None;
    }
    let raw = without_emulation_prevention(nal);
    let mut bits = BitReader::new(&raw);
    bits.skip(8)?;
    let profile = bits.bits(8)?;
    bits.skip(16)?;
    bits.unsigned_golomb()?;
    let (chroma, separate_planes) = if has_chroma_fields(profile) {
        chroma_fields(&mut bits)?
    } else {
        (1, false)
    };
    bits.unsigned_golomb()?;
    match bits.unsigned_golomb()? {
        0 => {
            bits.unsigned_golomb()?;
        }
        1 => {
            bits.skip(1)?;
            bits.signed_golomb()?;
            bits.signed_golomb()?;
            for _ in 0..bits.unsigned_golomb()?.min(256) {
                bits.signed_golomb()?;
            }
        }
        _ => {}
    }
    bits.unsigned_golomb()?;
    bits.skip(1)?;
    let width = picture_side(bits.unsigned_golomb()?, 16)?;
    let height_units = bits.unsigned_golomb()?;
    let frame_only = bits.bit()?;
    let height = picture_side(height_units, if frame_only { 16 } else { 32 })?;
    if !frame_only {
        bits.skip(1)?;
    }
    bits.skip(1)?;
    if !bits.bit()? {
        return Some((width as u16, height as u16));
    }
    let [left, right, top, bottom] = [(); 4].map(|()| bits.unsigned_golomb());
    let (unit_x, unit_y) = match if separate_planes { 0 } else { chroma } {
        1 => (2, 2),
        2 => (2, 1),
        _ => (1, 1),
    };
    let unit_y = if frame_only { unit_y } else { unit_y * 2 };
    let width = cropped(width, unit_x, left?, right?)?;
    let height = cropped(height, unit_y, top?, bottom?)?;
    Some((width, height))
}

/// A side in pixels from `…_minus1` in `unit`s; `None` above [`MAX_SIDE`].
fn picture_side(units_minus1: u32, unit: u32) -> Option<u32> {
    let side = units_minus1.checked_add(1)?.checked_mul(unit)?;
    (side <= MAX_SIDE).then_some(side)
}

/// `side` less both offsets; `None` when nothing is left.
fn cropped(side: u32, unit: u32, before: u32, after: u32) -> Option<u16> {
    let cut = before.checked_add(after)?.checked_mul(unit)?;
    let left = side.checked_sub(cut)?;
    (left > 0).then_some(left as u16)
}

/// Whether the profile's parameter set has the fields about chroma and scaling.
fn has_chroma_fields(profile: u32) -> bool {
    matches!(
        profile,
        44 | 83 | 86 | 100 | 110 | 118 | 122 | 128 | 134 | 135 | 138 | 139 | 244
    )
}

/// `chroma_format_idc` and `separate_colour_plane_flag`; passes over the scaling lists.
fn chroma_fields(bits: &mut BitReader<'_>) -> Option<(u32, bool)> {
    let chroma = bits.unsigned_golomb()?;
    if chroma > 3 {
        return None;
    }
    let separate_planes = chroma == 3 && bits.bit()?;
    bits.unsigned_golomb()?;
    bits.unsigned_golomb()?;
    bits.skip(1)?;
    if bits.bit()? {
        for list in 0..if chroma == 3 { 12 } else { 8 } {
            if bits.bit()? {
                skip_scaling_list(bits, if list < 6 { 16 } else { 64 })?;
            }
        }
    }
    Some((chroma, separate_planes))
}

/// Passes over one `scaling_list()` (ISO/IEC 14496-10, 7.3.2.1.1.1).
fn skip_scaling_list(bits: &mut BitReader<'_>, size: u32) -> Option<()> {
    let (mut last, mut next) = (8i32, 8i32);
    for _ in 0..size {
        if next != 0 {
            next = last.wrapping_add(bits.signed_golomb()?) & 0xff;
        }
        if next != 0 {
            last = next;
        }
    }
    Some(())
}

/// The NAL unit without the `03` bytes that keep start codes out of it; at most as long as `nal`.
fn without_emulation_prevention(nal: &[u8]) -> Vec<u8> {
    let mut raw = Vec::with_capacity(nal.len());
    let mut zeros = 0;
    for &byte in nal {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        raw.push(byte);
    }
    raw
}

/// The non-empty NAL units of a length-prefixed access unit; ends at the first damaged length.
///
/// None at all for lengths of 0 bytes, or of more than 4, which no configuration gives.
pub fn nal_units(payload: &[u8], nal_length_bytes: u8) -> impl Iterator<Item = &[u8]> {
    let prefix = usize::from(nal_length_bytes);
    let mut rest = if (1..=4).contains(&prefix) {
        payload
    } else {
        &[]
    };
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let (length, tail) = rest.split_at_checked(prefix)?;
            let length = length
                .iter()
                .fold(0usize, |sum, &byte| sum << 8 | usize::from(byte));
            let (nal, tail) = tail.split_at_checked(length)?;
            rest = tail;
            if !nal.is_empty() {
                return Some(nal);
            }
        }
        None
    })
}

/// What an access unit holds, for whoever has to decide where decoding can start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccessUnit {
    /// It has at least one slice, so a picture comes out of it.
    pub picture: bool,
    /// It has a slice of an IDR picture: nothing before it is needed.
    pub idr: bool,
}

/// Looks through the NAL unit headers of a length-prefixed access unit.
pub fn inspect(payload: &[u8], nal_length_bytes: u8) -> AccessUnit {
    let mut unit = AccessUnit::default();
    for nal in nal_units(payload, nal_length_bytes) {
        let kind = nal[0] & 31;
        unit.picture |= (SLICE..=IDR_SLICE).contains(&kind);
        unit.idr |= kind == IDR_SLICE;
    }
    unit
}

/// Appends a length-prefixed access unit to `out` in Annex B form, as MPEG-TS wants it.
///
/// An access unit delimiter comes first. Before a `keyframe`, where a player may start, come the parameter sets of
/// `config`, unless the access unit brings its own: also when it is no IDR picture but a recovery point. Appends at most four times the payload's length (1-byte lengths around 1-byte units)
/// plus the parameter sets.
pub fn append_annex_b(out: &mut Vec<u8>, payload: &[u8], keyframe: bool, config: &AvcConfig) {
    push_nal(out, &[DELIMITER, 0xf0]);
    let nals =
        || nal_units(payload, config.nal_length_bytes).filter(|nal| nal[0] & 31 != DELIMITER);
    let has = |kind: u8| nals().any(|nal| nal[0] & 31 == kind);
    if keyframe {
        if !has(SPS) {
            config.sps.iter().for_each(|set| push_nal(out, set));
        }
        if !has(PPS) {
            config.pps.iter().for_each(|set| push_nal(out, set));
        }
    }
    nals().for_each(|nal| push_nal(out, nal));
}

/// Appends one NAL unit behind a start code.
fn push_nal(out: &mut Vec<u8>, nal: &[u8]) {
    out.extend_from_slice(&[0, 0, 0, 1]);
    out.extend_from_slice(nal);
}
