//! FLV tag bodies against literal bytes, what is refused and how, and whole files.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod film;

use bytes::Bytes;
use kaibo_proto::flv::{self, Demuxer, FlvError, MAX_BODY_BYTES, Reader, TagKind};
use kaibo_proto::media::{Codec, Frame, MediaEvent, Track, TrackKind};
use proptest::prelude::*;

/// `AVCDecoderConfigurationRecord` of a 320x180 Baseline stream.
const AVCC: &[u8] = &[
    0x01, 0x42, 0xc0, 0x0c, 0xff, 0xe1, 0x00, 0x17, 0x67, 0x42, 0xc0, 0x0c, 0xda, 0x05, 0x06, 0x7e,
    0x7c, 0x04, 0x40, 0x00, 0x00, 0x03, 0x00, 0x40, 0x00, 0x00, 0x0c, 0x83, 0xc5, 0x0a, 0xa8, 0x01,
    0x00, 0x04, 0x68, 0xce, 0x0f, 0xc8,
];
const ASC: &[u8] = &[0x12, 0x10];

fn body(head: &[u8], rest: &[u8]) -> Bytes {
    [head, rest].concat().into()
}

fn video_config() -> Bytes {
    body(&[0x17, 0, 0, 0, 0], AVCC)
}

fn audio_config() -> Bytes {
    body(&[0xaf, 0], ASC)
}

/// A demuxer that has seen both configurations.
fn ready() -> Demuxer {
    let mut demuxer = Demuxer::new();
    demuxer
        .tag(TagKind::Video, 0, video_config())
        .unwrap()
        .unwrap();
    demuxer
        .tag(TagKind::Audio, 0, audio_config())
        .unwrap()
        .unwrap();
    demuxer
}

fn frame(event: Option<MediaEvent>) -> Frame {
    match event {
        Some(MediaEvent::Frame(frame)) => frame,
        other => panic!("no frame but {other:?}"),
    }
}

fn unsupported(kind: TagKind, body: &[u8]) -> String {
    match Demuxer::new().tag(kind, 0, Bytes::copy_from_slice(body)) {
        Err(FlvError::UnsupportedCodec { name }) => name,
        other => panic!("{other:?}"),
    }
}

#[test]
fn configurations_become_tracks() {
    let mut demuxer = Demuxer::new();
    let Ok(Some(MediaEvent::Track(Track::Video(video)))) =
        demuxer.tag(TagKind::Video, 0, video_config())
    else {
        panic!("no video track");
    };
    assert_eq!(
        (video.codec, video.width, video.height),
        (Codec::H264, 320, 180)
    );
    assert_eq!(video.config, AVCC);
    let Ok(Some(MediaEvent::Track(Track::Audio(audio)))) =
        demuxer.tag(TagKind::Audio, 0, audio_config())
    else {
        panic!("no audio track");
    };
    assert_eq!(
        (audio.codec, audio.sample_rate, audio.channels),
        (Codec::Aac, 44_100, 2)
    );
}

#[test]
fn the_same_configuration_again_is_no_news_and_another_is() {
    let mut demuxer = ready();
    assert_eq!(demuxer.tag(TagKind::Video, 9, video_config()), Ok(None));
    assert_eq!(demuxer.tag(TagKind::Audio, 9, audio_config()), Ok(None));
    let other = demuxer
        .tag(TagKind::Audio, 9, body(&[0xaf, 0], &[0x11, 0x90]))
        .unwrap();
    assert!(
        matches!(other, Some(MediaEvent::Track(Track::Audio(track))) if track.sample_rate == 48_000)
    );
    assert!(
        demuxer
            .tag(TagKind::Audio, 9, audio_config())
            .unwrap()
            .is_some()
    );
}

#[test]
fn frames_before_their_configuration_are_dropped() {
    let mut demuxer = Demuxer::new();
    let picture = body(&[0x17, 1, 0, 0, 0], &[0, 0, 0, 1, 0x65]);
    let sound = body(&[0xaf, 1], &[1, 2, 3]);
    assert_eq!(demuxer.tag(TagKind::Video, 0, picture.clone()), Ok(None));
    assert_eq!(demuxer.tag(TagKind::Audio, 0, sound.clone()), Ok(None));
    demuxer.tag(TagKind::Audio, 0, audio_config()).unwrap();
    assert!(demuxer.tag(TagKind::Audio, 0, sound).unwrap().is_some());
    assert_eq!(demuxer.tag(TagKind::Video, 0, picture), Ok(None));
}

#[test]
fn a_picture_keeps_its_times_and_shares_its_bytes() {
    let whole = body(&[0x27, 1, 0, 0x00, 0x50], &[0, 0, 0, 2, 0x41, 0x9a]);
    let frame = frame(ready().tag(TagKind::Video, -7, whole.clone()).unwrap());
    assert_eq!(
        (frame.track, frame.dts_ms, frame.cts_ms),
        (TrackKind::Video, -7, 80)
    );
    assert!(!frame.keyframe);
    assert_eq!(frame.payload, [0, 0, 0, 2, 0x41, 0x9a][..]);
    assert_eq!(frame.payload.as_ptr(), whole[5..].as_ptr());
}

#[test]
fn composition_times_are_signed() {
    let early = body(&[0x27, 1, 0xff, 0xff, 0xd8], &[0, 0, 0, 1, 0x41]);
    assert_eq!(
        frame(ready().tag(TagKind::Video, 0, early).unwrap()).cts_ms,
        -40
    );
}

#[test]
fn an_idr_picture_is_a_keyframe_whatever_its_mark() {
    let unmarked = body(&[0x27, 1, 0, 0, 0], &[0, 0, 0, 1, 0x65]);
    assert!(frame(ready().tag(TagKind::Video, 0, unmarked).unwrap()).keyframe);
    let recovery_point = body(&[0x17, 1, 0, 0, 0], &[0, 0, 0, 1, 0x41]);
    assert!(frame(ready().tag(TagKind::Video, 0, recovery_point).unwrap()).keyframe);
}

#[test]
fn what_shows_nothing_is_left_out() {
    let mut demuxer = ready();
    for video in [
        &[][..],
        &[0x17, 2, 0, 0, 0],                          // end of sequence
        &[0x57, 0],                                   // command frame
        &[0x17, 1, 0, 0, 0],                          // no NAL unit
        &[0x17, 1, 0, 0, 0, 0, 0, 0, 2, 0x67, 0x42],  // parameter set alone
        &[0x17, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0, 65], // damaged length
    ] {
        assert_eq!(
            demuxer.tag(TagKind::Video, 0, Bytes::from_static(video)),
            Ok(None),
            "{video:?}"
        );
    }
    for audio in [&[][..], &[0xaf, 1], &[0xaf, 2, 1]] {
        assert_eq!(
            demuxer.tag(TagKind::Audio, 0, Bytes::from_static(audio)),
            Ok(None),
            "{audio:?}"
        );
    }
}

#[test]
fn unsupported_pictures_are_named() {
    assert_eq!(unsupported(TagKind::Video, b"\x90hvc1\0\0"), "hvc1 (H.265)");
    assert_eq!(unsupported(TagKind::Video, b"\xa1av01\0"), "av01 (AV1)");
    assert_eq!(unsupported(TagKind::Video, b"\x96\x00vp09"), "vp09 (VP9)");
    assert_eq!(
        unsupported(TagKind::Video, b"\x90avc1"),
        "avc1 (H.264 in Enhanced RTMP)"
    );
    assert_eq!(
        unsupported(TagKind::Video, b"\x90abcd"),
        "abcd (Enhanced RTMP)"
    );
    assert_eq!(
        unsupported(TagKind::Video, b"\x90hv"),
        "Enhanced RTMP video"
    );
    assert_eq!(
        unsupported(TagKind::Video, b"\x90\n\r\0\x7f\0"),
        "Enhanced RTMP video"
    );
    assert_eq!(
        unsupported(TagKind::Video, &[0x1c, 0]),
        "H.265 (codec id 12)"
    );
    assert_eq!(unsupported(TagKind::Video, &[0x12, 0]), "Sorenson H.263");
    assert_eq!(unsupported(TagKind::Video, &[0x14]), "VP6");
    assert_eq!(unsupported(TagKind::Video, &[0x1e]), "FLV video codec 14");
}

#[test]
fn unsupported_sound_is_named() {
    assert_eq!(
        unsupported(TagKind::Audio, b"\x90Opus"),
        "Opus (Opus sound)"
    );
    assert_eq!(
        unsupported(TagKind::Audio, b"\x95\x01fLaC"),
        "fLaC (FLAC sound)"
    );
    for (first, name) in [
        (0x2f, "MP3"),
        (0xb2, "Speex"),
        (0x72, "G.711 A-law"),
        (0x3f, "PCM"),
        (0x1f, "ADPCM"),
    ] {
        assert_eq!(unsupported(TagKind::Audio, &[first, 1]), name);
    }
    assert_eq!(
        unsupported(TagKind::Audio, &[0xaf, 0, 0xb9, 0x90]),
        "AAC object type 23"
    );
}

#[test]
fn damaged_tags_are_refused_and_the_next_is_read() {
    let mut demuxer = ready();
    let refused = demuxer.tag(TagKind::Video, 0, Bytes::from_static(&[0x17, 1, 0, 0]));
    assert_eq!(refused, Err(FlvError::Truncated));
    assert_eq!(
        demuxer.tag(TagKind::Audio, 0, Bytes::from_static(&[0xaf])),
        Err(FlvError::Truncated)
    );
    let refused = demuxer.tag(TagKind::Video, 0, body(&[0x17, 0, 0, 0, 0], &[1, 2]));
    assert!(matches!(refused, Err(FlvError::VideoConfig(_))));
    let refused = demuxer.tag(TagKind::Audio, 0, body(&[0xaf, 0], &[0x11]));
    assert!(matches!(refused, Err(FlvError::AudioConfig(_))));
    assert!(
        demuxer
            .tag(TagKind::Audio, 0, body(&[0xaf, 1], &[1]))
            .unwrap()
            .is_some()
    );
}

#[test]
fn a_body_beyond_the_cap_is_refused() {
    let long = Bytes::from(vec![0xaf; MAX_BODY_BYTES + 1]);
    assert_eq!(
        ready().tag(TagKind::Audio, 0, long.clone()),
        Err(FlvError::TooLong(MAX_BODY_BYTES + 1))
    );
    assert!(ready().tag(TagKind::Audio, 0, long.slice(1..)).is_ok());
}

#[test]
fn a_tag_is_one_piece_with_its_size_behind_it() {
    let event = MediaEvent::Frame(Frame {
        track: TrackKind::Video,
        dts_ms: 0,
        cts_ms: -2,
        keyframe: true,
        payload: Bytes::from_static(&[0, 0, 0, 1, 0x65]),
    });
    let expected = [
        9, 0, 0, 10, 0x02, 0x03, 0x04, 0x01, 0, 0, 0, // header: 10 bytes at 0x01020304 ms
        0x17, 1, 0xff, 0xff, 0xfe, 0, 0, 0, 1, 0x65, // body
        0, 0, 0, 21,
    ];
    assert_eq!(flv::tag(&event, 0x0102_0304), expected[..]);
    let (kind, body) = flv::body(&event);
    assert_eq!((kind, &body[..]), (TagKind::Video, &expected[11..21]));
}

#[test]
fn configuration_bodies_are_as_on_the_wire() {
    let events = [video_config(), audio_config()];
    let mut demuxer = Demuxer::new();
    let tracks = [TagKind::Video, TagKind::Audio]
        .into_iter()
        .zip(events.clone());
    for (kind, body) in tracks {
        let event = demuxer.tag(kind, 0, body.clone()).unwrap().unwrap();
        assert_eq!(flv::body(&event), (kind, body.clone()));
        match event {
            MediaEvent::Track(Track::Video(track)) => {
                assert_eq!(flv::video_config_body(&track), body);
            }
            MediaEvent::Track(Track::Audio(track)) => {
                assert_eq!(flv::audio_config_body(&track), body);
            }
            MediaEvent::Frame(_) => panic!("a frame"),
        }
    }
}

#[test]
fn the_file_header_says_which_tracks_there_are() {
    assert_eq!(
        flv::flv_header(true, true),
        b"FLV\x01\x05\0\0\0\x09\0\0\0\0"[..]
    );
    assert_eq!(flv::flv_header(true, false)[4], 1);
    assert_eq!(flv::flv_header(false, true)[4], 4);
}

#[test]
fn the_film_reads_whole_and_loops_every_32_seconds() {
    let events = film::events();
    let frames = |kind| {
        events.iter().filter_map(move |event| match event {
            MediaEvent::Frame(frame) if frame.track == kind => Some(frame),
            _ => None,
        })
    };
    assert_eq!(frames(TrackKind::Video).count(), 480);
    assert_eq!(frames(TrackKind::Audio).count(), 1500);
    assert_eq!(
        frames(TrackKind::Video)
            .filter(|frame| frame.keyframe)
            .count(),
        16
    );
    assert!(
        frames(TrackKind::Video).all(|frame| frame.cts_ms == 0),
        "no B-frames"
    );
    let first = frames(TrackKind::Video).next().unwrap();
    let last = frames(TrackKind::Video).last().unwrap();
    assert!(first.keyframe);
    assert!((last.dts_ms - first.dts_ms + 1000 / 15 - 32_000).abs() <= 1);
    let Some(MediaEvent::Track(Track::Video(track))) = events.first() else {
        panic!("the picture's configuration is not first");
    };
    assert_eq!(
        (track.width, track.height, &track.codec_string[..]),
        (540, 960, "avc1.4d401f")
    );
}

#[test]
fn a_written_file_reads_back_the_same() {
    let events = film::events();
    let mut file = flv::flv_header(true, true).to_vec();
    for event in &events {
        let time = if let MediaEvent::Frame(frame) = event {
            frame.dts_ms as u32
        } else {
            0
        };
        file.extend(flv::tag(event, time));
    }
    let read: Vec<_> = Reader::new(file.into())
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(read, events);
}

#[test]
fn a_file_cut_short_gives_what_it_has_and_one_error() {
    let mut file = flv::flv_header(true, false).to_vec();
    file.extend(flv::tag(&ready_event(), 5));
    let whole = file.len();
    file.extend(flv::tag(&ready_event(), 6));
    for length in whole + 1..file.len() {
        let read: Vec<_> = Reader::new(Bytes::copy_from_slice(&file[..length]))
            .unwrap()
            .collect();
        assert!(read[0].is_ok());
        assert_eq!(read[1..], [Err(FlvError::Truncated)], "{length}");
    }
}

fn ready_event() -> MediaEvent {
    Demuxer::new()
        .tag(TagKind::Video, 0, video_config())
        .unwrap()
        .unwrap()
}

#[test]
fn other_files_are_refused() {
    for file in [
        &b""[..],
        b"FLV",
        b"FLV\x02\x05\0\0\0\x09\0\0\0\0",
        b"FLV\x01\x05\0\0\0\x01\0\0\0\0",
    ] {
        assert_eq!(
            Reader::new(Bytes::from_static(file)).map(drop),
            Err(FlvError::NotFlv)
        );
    }
    let far = Bytes::from_static(b"FLV\x01\x05\xff\xff\xff\xff\0\0\0\0");
    assert_eq!(Reader::new(far).map(drop), Err(FlvError::NotFlv));
    let strange =
        Bytes::from_static(b"FLV\x01\x05\0\0\0\x09\0\0\0\0\x07\0\0\0\0\0\0\0\0\0\0\0\0\0\x0b");
    assert_eq!(
        Reader::new(strange).unwrap().collect::<Vec<_>>(),
        [Err(FlvError::NotFlv)]
    );
}

#[test]
fn times_past_24_bits_are_read() {
    let mut file = flv::flv_header(true, false).to_vec();
    file.extend(flv::tag(&ready_event(), 0));
    let picture = frame(
        ready()
            .tag(
                TagKind::Video,
                0,
                body(&[0x17, 1, 0, 0, 0], &[0, 0, 0, 1, 0x65]),
            )
            .unwrap(),
    );
    file.extend(flv::tag(&MediaEvent::Frame(picture), 0xfedc_ba98));
    let last = Reader::new(file.into()).unwrap().last().unwrap().unwrap();
    assert!(matches!(last, MediaEvent::Frame(frame) if frame.dts_ms == 0xfedc_ba98));
}

proptest! {
    #[test]
    fn any_frame_survives_a_tag(
        dts in 0i64..=u32::MAX as i64,
        cts in -0x80_0000..0x80_0000i32,
        keyframe: bool,
        rest in proptest::collection::vec(any::<u8>(), 0..100),
        sound: bool,
    ) {
        let payload = if sound { [&[1][..], &rest].concat() } else { [&[0, 0, 0, 1, 0x41][..], &rest].concat() };
        // Random bytes behind the slice may look like an IDR slice, which makes a keyframe.
        let keyframe = sound || keyframe || kaibo_proto::h264::inspect(&payload, 4).idr;
        let sent = Frame {
            track: if sound { TrackKind::Audio } else { TrackKind::Video },
            dts_ms: dts,
            cts_ms: if sound { 0 } else { cts },
            keyframe,
            payload: payload.into(),
        };
        let (kind, body) = flv::body(&MediaEvent::Frame(sent.clone()));
        let direct = if sound { flv::audio_body(&sent) } else { flv::video_body(&sent) };
        prop_assert_eq!(&direct, &body);
        prop_assert_eq!(frame(ready().tag(kind, dts, body).unwrap()), sent);
    }

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), time: i64) {
        let mut demuxer = ready();
        let _ = demuxer.tag(TagKind::Video, time, bytes.clone().into());
        let _ = demuxer.tag(TagKind::Audio, time, bytes.clone().into());
        let _ = demuxer.tag(TagKind::Video, time, body(&[0x17, 0, 0, 0, 0], &bytes));
        let file = [&b"FLV\x01\x05\0\0\0\x09\0\0\0\0"[..], &bytes].concat();
        prop_assert!(Reader::new(file.into()).unwrap().count() <= bytes.len() / 15 + 1);
        if let Ok(reader) = Reader::new(bytes.into()) {
            let _ = reader.count();
        }
    }
}
