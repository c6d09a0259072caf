//! Decoder configurations and the units of pictures: H.264 and AAC.

use bytes::Bytes;
use kaibo_proto::aac::{AacConfig, MAX_ADTS_PAYLOAD, audio_track};
use kaibo_proto::flv::{Demuxer, body};
use kaibo_proto::fmp4::init_segment;
use kaibo_proto::h264::{AvcConfig, append_annex_b, inspect, nal_units, video_track};
use kaibo_proto::media::{MediaEvent, Track};

use super::film;
use crate::engine::Target;
use crate::mutation;

/// See the module.
pub const TARGET: Target = Target {
    name: "codec_configs",
    check,
    seeds,
    mutate: |random, pool| mutation::mutate(random, pool, WORDS, 1),
};

/// Object types, sync words of extensions, parameter set headers.
const WORDS: &[&[u8]] = &[
    b"\x12\x10\x56\xe5\x00",
    b"\x2b\x11\x88",
    b"\xeb\x8a\x08",
    b"\xf8\xe6",
    b"\x01\x64\x00\x28\xff\xe1",
    b"\x67\x64\x00\x1f",
    b"\x67\xf4\x00\x1f",
    b"\x00\x00\x03",
    b"\x01\x00\x04\x68\xee\x3c\x80",
    b"\x00\x00\x00\x02\x65\x88",
    b"\x00\x00\x00\x01\x09",
];

/// The first byte says which: 0 a picture's configuration, 1 a sound's, 2 a picture.
fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = vec![
        b"\x01\x12\x10".to_vec(),
        b"\x01\x12\x10\x56\xe5\x00".to_vec(),
        b"\x01\x2b\x11\x88\x00".to_vec(),
        b"\x01\xeb\x8a\x08\x00".to_vec(),
        b"\x01\x17\x80\x5d\xc0\x10\x00".to_vec(),
        // High 4:4:4 with a scaling matrix, and cropping.
        b"\x00\x01\xf4\x00\x1f\xff\xe1\x00\x10\x67\xf4\x00\x1f\x91\x9b\x28\x0a\x00\xb7\x60\x20\x20\x00\x00\x03\x00\x01\x00\x04\x68\xee\x3c\x80".to_vec(),
        b"\x00\x01\x42\xc0\x0c\xff\xe1\x00\x0a\x67\x42\xc0\x0c\xda\x05\x06\x7e\x7c\x04\x01\x00\x04\x68\xce\x0f\xc8".to_vec(),
    ];
    let mut pictures = 0;
    for event in film() {
        match event {
            MediaEvent::Track(Track::Video(track)) => {
                seeds.push([&[0], &track.config[..]].concat());
            }
            MediaEvent::Track(Track::Audio(track)) => {
                seeds.push([&[1], &track.config[..]].concat());
            }
            MediaEvent::Frame(frame) if pictures < 4 && frame.payload.len() < 4096 => {
                pictures += 1;
                seeds.push([&[2], &frame.payload[..]].concat());
            }
            MediaEvent::Frame(_) => {}
        }
    }
    seeds
}

fn check(input: &[u8]) {
    let Some((which, rest)) = input.split_first() else {
        return;
    };
    match which % 3 {
        0 => check_video(rest),
        1 => check_audio(rest),
        _ => check_picture(rest),
    }
}

fn check_video(bytes: &[u8]) {
    let Ok(track) = video_track(Bytes::copy_from_slice(bytes)) else {
        return;
    };
    assert!(track.width > 0 && track.height > 0);
    assert!([1, 2, 4].contains(&track.nal_length_bytes));
    let config = AvcConfig::parse(&track.config).expect("a track has a good configuration");
    let sets = config.sps.iter().chain(&config.pps).map(Bytes::len);
    assert!(
        sets.sum::<usize>() <= bytes.len(),
        "sets are parts of the record"
    );
    let payload = b"\0\0\0\x02\x65\x88\0\x02\x41\x9a\x01\x41";
    let mut out = Vec::new();
    append_annex_b(&mut out, payload, true, &config);
    assert!(out.starts_with(&[0, 0, 0, 1, 9]));
    check_track(Track::Video(track));
}

fn check_audio(bytes: &[u8]) {
    let Ok(track) = audio_track(Bytes::copy_from_slice(bytes)) else {
        return;
    };
    let config = AacConfig::parse(bytes).expect("a track has a good configuration");
    assert!((1..=8).contains(&track.channels));
    assert!((7_350..=96_000).contains(&track.sample_rate));
    assert!(config.adts_header(MAX_ADTS_PAYLOAD + 1).is_none());
    if let Some(header) = config.adts_header(MAX_ADTS_PAYLOAD) {
        assert_eq!((header[0], header[1] & 0xf6), (0xff, 0xf0), "the sync word");
    }
    check_track(Track::Audio(track));
}

/// What we write of a track is read as the same track.
fn check_track(track: Track) {
    assert!(!init_segment(&track).is_empty());
    let event = MediaEvent::Track(track);
    let (kind, body) = body(&event);
    assert_eq!(Demuxer::new().tag(kind, 0, body), Ok(Some(event)));
}

fn check_picture(payload: &[u8]) {
    for width in 0..6 {
        let units: Vec<&[u8]> = nal_units(payload, width).collect();
        let held: usize = units
            .iter()
            .map(|unit| unit.len() + usize::from(width))
            .sum();
        assert!(held <= payload.len() && units.iter().all(|unit| !unit.is_empty()));
        let unit = inspect(payload, width);
        assert!(unit.picture || !unit.idr, "an IDR picture is a picture");
        let config = AvcConfig {
            nal_length_bytes: width,
            ..AvcConfig::parse(&Bytes::from_static(PLAIN)).expect("a real encoder's")
        };
        let mut out = Vec::new();
        append_annex_b(&mut out, payload, false, &config);
        assert!(out.len() <= 6 + 5 * payload.len(), "{} bytes", out.len());
    }
}

/// A configuration of x264, baseline, 320x180.
const PLAIN: &[u8] =
    b"\x01\x42\xc0\x0c\xff\xe1\x00\x0a\x67\x42\xc0\x0c\xda\x05\x06\x7e\x7c\x04\x01\x00\x04\x68\xce\x0f\xc8";
