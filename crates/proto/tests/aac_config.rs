//! AAC configurations as encoders send them, and ADTS headers.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use bytes::Bytes;
use kaibo_proto::aac::{AacConfig, AacError, MAX_ADTS_PAYLOAD, audio_track};
use proptest::prelude::*;

/// What a track says: rate, channels, name.
fn track(config: &'static [u8]) -> (u32, u8, String) {
    let track = audio_track(Bytes::from_static(config)).unwrap();
    assert_eq!(track.config, config);
    (track.sample_rate, track.channels, track.codec_string)
}

#[test]
fn plain_configurations_give_rate_and_channels() {
    assert_eq!(track(&[0x11, 0x90]), (48_000, 2, "mp4a.40.2".into()));
    assert_eq!(track(&[0x12, 0x10]), (44_100, 2, "mp4a.40.2".into()));
    assert_eq!(track(&[0x12, 0x08]), (44_100, 1, "mp4a.40.2".into()));
    assert_eq!(track(&[0x15, 0x88]), (8_000, 1, "mp4a.40.2".into()));
    assert_eq!(track(&[0x11, 0xb8]), (48_000, 8, "mp4a.40.2".into()));
}

#[test]
fn a_rate_in_full_is_read() {
    // Object type 2, index 15, 44 100 in 24 bits, 2 channels.
    let bits = 0x2f_u64 << 31 | 44_100 << 7 | 2 << 3;
    let bytes = (bits << 24).to_be_bytes();
    let config = AacConfig::parse(&bytes[..5]).unwrap();
    assert_eq!(
        (config.sample_rate, config.channel_configuration),
        (44_100, 2)
    );
}

#[test]
fn signalled_sbr_doubles_the_rate_that_comes_out() {
    for (config, name) in [
        (&[0x2b, 0x11, 0x88, 0x00][..], "mp4a.40.5"),
        (&[0x13, 0x10, 0x56, 0xe5, 0x98][..], "mp4a.40.5"),
        (
            &[0x13, 0x08, 0x56, 0xe5, 0x9d, 0x48, 0x80][..],
            "mp4a.40.29",
        ),
        (&[0xeb, 0x09, 0x88, 0x00][..], "mp4a.40.29"),
    ] {
        let config = AacConfig::parse(config).unwrap();
        assert_eq!(config.codec_string(), name);
        assert_eq!(
            (config.core_sample_rate, config.sample_rate),
            (24_000, 48_000),
            "{name}"
        );
        assert_eq!(config.core_object_type, 2);
        assert_eq!(config.channels(), 2);
    }
}

#[test]
fn sbr_announced_as_absent_changes_nothing() {
    let config = AacConfig::parse(&[0x11, 0x90, 0x56, 0xe5, 0x00]).unwrap();
    assert_eq!((config.object_type, config.sample_rate), (2, 48_000));
}

#[test]
fn short_frames_are_known() {
    assert_eq!(
        AacConfig::parse(&[0x11, 0x90])
            .unwrap()
            .core_samples_per_frame,
        1024
    );
    assert_eq!(
        AacConfig::parse(&[0x11, 0x94])
            .unwrap()
            .core_samples_per_frame,
        960
    );
}

#[test]
fn what_is_not_carried_is_named() {
    let name = |config: &[u8]| match AacConfig::parse(config) {
        Err(AacError::Unsupported(name)) => name,
        other => panic!("{other:?}"),
    };
    assert_eq!(name(&[0xb9, 0x90]), "AAC object type 23");
    assert_eq!(name(&[0xf9, 0x46, 0x40, 0x00]), "AAC object type 42");
    assert_eq!(name(&[0x11, 0x80]), "AAC channel configuration 0");
}

#[test]
fn damaged_configurations_are_refused() {
    assert_eq!(AacConfig::parse(&[]), Err(AacError::Truncated));
    assert_eq!(AacConfig::parse(&[0x11]), Err(AacError::Truncated));
    assert_eq!(AacConfig::parse(&[0x16, 0x90]), Err(AacError::SampleRate));
    assert_eq!(
        AacConfig::parse(&[0x17, 0x80, 0, 0, 0x10]),
        Err(AacError::SampleRate)
    );
    assert_eq!(AacConfig::parse(&[0x11; 2000]), Err(AacError::TooLong));
}

#[test]
fn adts_headers_match_the_standard() {
    let stereo = AacConfig::parse(&[0x11, 0x90]).unwrap();
    assert_eq!(
        stereo.adts_header(100),
        Some([0xff, 0xf1, 0x4c, 0x80, 0x0d, 0x7f, 0xfc])
    );
    // SBR stays out of the header: it tells the core coder.
    let he = AacConfig::parse(&[0x2b, 0x11, 0x88, 0x00]).unwrap();
    assert_eq!(
        he.adts_header(0),
        Some([0xff, 0xf1, 0x58, 0x80, 0x00, 0xff, 0xfc])
    );
    let seven_one = AacConfig::parse(&[0x11, 0xb8]).unwrap();
    assert_eq!(
        seven_one.adts_header(8184),
        Some([0xff, 0xf1, 0x4d, 0xc3, 0xff, 0xff, 0xfc])
    );
    assert_eq!(stereo.adts_header(MAX_ADTS_PAYLOAD + 1), None);
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..40), length in 0usize..10_000) {
        if let Ok(config) = AacConfig::parse(&bytes) {
            prop_assert!((1..=8).contains(&config.channels()));
            let _ = config.adts_header(length);
        }
    }
}
