//! AAC: the decoder configuration, and the ADTS header that MPEG-TS wants before each frame.

use bytes::Bytes;

use crate::bits::BitReader;
use crate::media::{AudioTrack, Codec};

/// `samplingFrequencyIndex` to samples per second (ISO/IEC 14496-3, table 1.18).
const SAMPLE_RATES: [u32; 13] = [
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
    7_350,
];
/// Audio object type of spectral band replication (HE-AAC).
const SBR: u32 = 5;
/// Audio object type of parametric stereo (HE-AAC v2).
const PS: u32 = 29;
/// Longest configuration taken; a usual one has 2 to 5 bytes.
pub const MAX_CONFIG_BYTES: usize = 1024;
/// Longest frame that an ADTS header can announce, without the header.
pub const MAX_ADTS_PAYLOAD: usize = 0x1fff - ADTS_HEADER_BYTES;
/// Bytes of an ADTS header without checksum.
pub const ADTS_HEADER_BYTES: usize = 7;

/// Why a decoder configuration cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AacError {
    /// It ends inside a field.
    #[error(
        "the AAC configuration is cut short; let the encoder send a complete AudioSpecificConfig"
    )]
    Truncated,
    /// It is longer than [`MAX_CONFIG_BYTES`].
    #[error("the AAC configuration is longer than {MAX_CONFIG_BYTES} bytes")]
    TooLong,
    /// A sample rate that is reserved or nonsense.
    #[error("the AAC configuration has an impossible sample rate; use 44100 or 48000")]
    SampleRate,
    /// A kind of AAC that Kaibo does not carry.
    #[error("{0} is not carried; use AAC-LC or HE-AAC with 1 to 8 channels")]
    Unsupported(String),
}

/// A read `AudioSpecificConfig` (ISO/IEC 14496-3, 1.6.2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AacConfig {
    /// Audio object type as signalled: 1 to 4, 5 (SBR) or 29 (SBR and PS).
    pub object_type: u8,
    /// Audio object type of the core coder, 1 to 4; the same unless SBR is signalled.
    pub core_object_type: u8,
    /// Samples per second of the core coder.
    pub core_sample_rate: u32,
    /// Samples per second that come out: twice the core's when SBR is signalled.
    pub sample_rate: u32,
    /// `channelConfiguration`, 1 to 7.
    pub channel_configuration: u8,
    /// Samples per frame at the core's rate: 1024, seldom 960.
    pub core_samples_per_frame: u32,
}

impl AacConfig {
    /// Reads a configuration, with SBR signalled at its start or, backward-compatibly, at its end.
    pub fn parse(config: &[u8]) -> Result<Self, AacError> {
        if config.len() > MAX_CONFIG_BYTES {
            return Err(AacError::TooLong);
        }
        let mut bits = BitReader::new(config);
        let mut object_type = object_type(&mut bits)?;
        let mut core_object_type = object_type;
        let core_sample_rate = sample_rate(&mut bits)?;
        let mut out_rate = core_sample_rate;
        let channels = bits.bits(4).ok_or(AacError::Truncated)?;
        let explicit = matches!(object_type, SBR | PS);
        if explicit {
            out_rate = sample_rate(&mut bits)?;
            core_object_type = self::object_type(&mut bits)?;
        }
        if !(1..=4).contains(&core_object_type) {
            return Err(AacError::Unsupported(format!(
                "AAC object type {core_object_type}"
            )));
        }
        if !(1..=7).contains(&channels) {
            return Err(AacError::Unsupported(format!(
                "AAC channel configuration {channels}"
            )));
        }
        let short_frames = bits.bit().ok_or(AacError::Truncated)?;
        if !explicit && let Some((kind, rate)) = trailing_extension(&mut bits) {
            (object_type, out_rate) = (kind, rate);
        }
        Ok(Self {
            object_type: object_type as u8,
            core_object_type: core_object_type as u8,
            core_sample_rate,
            sample_rate: out_rate,
            channel_configuration: channels as u8,
            core_samples_per_frame: if short_frames { 960 } else { 1024 },
        })
    }

    /// Channels that come out; parametric stereo makes two of one.
    pub fn channels(&self) -> u8 {
        match (self.channel_configuration, u32::from(self.object_type)) {
            (1, PS) => 2,
            (7, _) => 8,
            (channels, _) => channels,
        }
    }

    /// RFC 6381 name, such as `mp4a.40.2`.
    pub fn codec_string(&self) -> String {
        format!("mp4a.40.{}", self.object_type)
    }

    /// The ADTS header (ISO/IEC 14496-3, 1.A.2.2, MPEG-4, no checksum) of a frame of `payload` bytes.
    ///
    /// `None` when the frame is longer than [`MAX_ADTS_PAYLOAD`], or the sample rate has no index.
    pub fn adts_header(&self, payload: usize) -> Option<[u8; ADTS_HEADER_BYTES]> {
        if payload > MAX_ADTS_PAYLOAD {
            return None;
        }
        let rate = SAMPLE_RATES
            .iter()
            .position(|&rate| rate == self.core_sample_rate)? as u8;
        let length = (payload + ADTS_HEADER_BYTES) as u16;
        let channels = self.channel_configuration;
        Some([
            0xff,
            0xf1,
            (self.core_object_type - 1) << 6 | rate << 2 | channels >> 2,
            channels << 6 | (length >> 11) as u8,
            (length >> 3) as u8,
            (length << 5) as u8 | 0x1f,
            0xfc,
        ])
    }
}

/// The track that a decoder configuration announces.
pub fn audio_track(config: Bytes) -> Result<AudioTrack, AacError> {
    let aac = AacConfig::parse(&config)?;
    Ok(AudioTrack {
        codec: Codec::Aac,
        sample_rate: aac.sample_rate,
        channels: aac.channels(),
        codec_string: aac.codec_string(),
        config,
    })
}

/// `GetAudioObjectType()` (ISO/IEC 14496-3, 1.6.2.1).
fn object_type(bits: &mut BitReader<'_>) -> Result<u32, AacError> {
    match bits.bits(5).ok_or(AacError::Truncated)? {
        31 => Ok(32 + bits.bits(6).ok_or(AacError::Truncated)?),
        kind => Ok(kind),
    }
}

/// A sample rate, by index or, at index 15, in full.
fn sample_rate(bits: &mut BitReader<'_>) -> Result<u32, AacError> {
    let rate = match bits.bits(4).ok_or(AacError::Truncated)? {
        15 => bits.bits(24).ok_or(AacError::Truncated)?,
        index => *SAMPLE_RATES
            .get(index as usize)
            .ok_or(AacError::SampleRate)?,
    };
    if (7_350..=96_000).contains(&rate) {
        Ok(rate)
    } else {
        Err(AacError::SampleRate)
    }
}

/// SBR announced after `GASpecificConfig`, which decoders that know only AAC-LC pass over.
///
/// `bits` stands behind `frameLengthFlag`. Gives the object type and the rate that comes out.
fn trailing_extension(bits: &mut BitReader<'_>) -> Option<(u32, u32)> {
    if bits.bit()? {
        bits.skip(14)?;
    }
    if bits.bit()? || bits.bits(11)? != 0x2b7 {
        return None;
    }
    if object_type(bits).ok()? != SBR || !bits.bit()? {
        return None;
    }
    let rate = sample_rate(bits).ok()?;
    let parametric_stereo = bits.bits(11) == Some(0x548) && bits.bit() == Some(true);
    Some((if parametric_stereo { PS } else { SBR }, rate))
}
