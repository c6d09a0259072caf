//! What real encoders sent (recordings/README.md), whole and in random pieces.

use kaibo_proto::media::{Frame, Track, TrackKind};
use kaibo_proto::rtmp::Limits;
use kaibo_proto::rtmp::server::{ServerEvent, ServerSession};
use proptest::prelude::*;

use crate::peer::{frames, tracks};

struct Recording {
    name: &'static str,
    bytes: &'static [u8],
    profile: &'static str,
    sample_rate: u32,
    channels: u8,
    b_frames: bool,
    pictures: usize,
    sounds: usize,
}

const RECORDINGS: [Recording; 5] = [
    Recording {
        name: "FFmpeg",
        bytes: include_bytes!("../recordings/ffmpeg.bin"),
        profile: "avc1.42c00c",
        sample_rate: 44_100,
        channels: 1,
        b_frames: false,
        pictures: 45,
        sounds: 131,
    },
    Recording {
        name: "GStreamer rtmp2sink",
        bytes: include_bytes!("../recordings/gstreamer-rtmp2sink.bin"),
        profile: "avc1.42c00c",
        sample_rate: 44_100,
        channels: 1,
        b_frames: false,
        pictures: 45,
        sounds: 131,
    },
    Recording {
        name: "GStreamer rtmpsink",
        bytes: include_bytes!("../recordings/gstreamer-rtmpsink.bin"),
        profile: "avc1.42c00c",
        sample_rate: 44_100,
        channels: 1,
        b_frames: false,
        pictures: 45,
        sounds: 131,
    },
    Recording {
        name: "OBS-shaped",
        bytes: include_bytes!("../recordings/obs-shaped.bin"),
        profile: "avc1.4d400c",
        sample_rate: 48_000,
        channels: 2,
        b_frames: true,
        pictures: 45,
        sounds: 131,
    },
    Recording {
        name: "OBS Studio",
        bytes: include_bytes!("../recordings/obs-studio.bin"),
        profile: "avc1.64000c",
        sample_rate: 48_000,
        channels: 2,
        b_frames: true,
        pictures: 46,
        sounds: 138,
    },
];

/// Plays a recording to a server that says yes, in pieces of the given lengths over and over.
fn play(bytes: &[u8], pieces: &[usize]) -> Vec<ServerEvent> {
    let mut session = ServerSession::new(Limits::default(), [3; 32]);
    let mut events = Vec::new();
    let mut rest = bytes;
    let mut lengths = pieces.iter().cycle();
    while !rest.is_empty() {
        let length = *lengths.next().expect("a cycle of at least one");
        let (piece, after) = rest.split_at(length.min(rest.len()));
        rest = after;
        session.handle_input(piece).unwrap();
        while let Some(event) = session.poll_event() {
            if matches!(event, ServerEvent::PublishRequested(_)) {
                session.accept_publish();
            }
            events.push(event);
        }
        while session.poll_transmit().is_some() {}
    }
    assert!(session.buffered_bytes() < 32);
    events
}

fn of(frames: &[&Frame], track: TrackKind) -> Vec<Frame> {
    frames
        .iter()
        .filter(|frame| frame.track == track)
        .map(|frame| (*frame).clone())
        .collect()
}

#[test]
fn every_encoder_is_taken_from_connect_to_unpublish() {
    for recording in &RECORDINGS {
        let name = recording.name;
        let events = play(recording.bytes, &[1024]);
        let Some(ServerEvent::Connected { app, .. }) = events.first() else {
            panic!("{name}: {:?}", events.first())
        };
        assert_eq!(app, "live", "{name}");
        let Some(ServerEvent::PublishRequested(address)) = events.get(1) else {
            panic!("{name}: {:?}", events.get(1))
        };
        assert_eq!(
            (address.app.as_str(), address.stream.as_str()),
            ("live", "wx0123456789abcdef-1001")
        );
        let key = "txSecret=0123456789abcdef0123456789abcdef&txTime=6a5b4c3d";
        assert_eq!(address.query.as_deref(), Some(key), "{name}");
        let ends = events
            .iter()
            .filter(|event| **event == ServerEvent::Unpublished)
            .count();
        assert_eq!(
            (ends, events.last()),
            (1, Some(&ServerEvent::Unpublished)),
            "{name}"
        );
        assert_eq!(
            events.len(),
            2 + 2 + recording.pictures + recording.sounds + 1,
            "{name}: nothing else happens"
        );
    }
}

#[test]
fn tracks_are_what_the_encoder_was_set_to() {
    for recording in &RECORDINGS {
        let name = recording.name;
        let events = play(recording.bytes, &[1024]);
        let (mut video, mut audio) = (None, None);
        for track in tracks(&events) {
            match track {
                Track::Video(track) => video = Some(track),
                Track::Audio(track) => audio = Some(track),
            }
        }
        let (video, audio) = (video.unwrap(), audio.unwrap());
        assert_eq!((video.width, video.height), (320, 180), "{name}");
        assert_eq!(video.codec_string, recording.profile, "{name}");
        assert_eq!(audio.sample_rate, recording.sample_rate, "{name}");
        assert_eq!(audio.channels, recording.channels, "{name}");
        assert_eq!(audio.codec_string, "mp4a.40.2", "{name}");
    }
}

#[test]
fn frames_are_complete_and_in_order() {
    for recording in &RECORDINGS {
        let name = recording.name;
        let events = play(recording.bytes, &[1024]);
        let frames = frames(&events);
        let (video, audio) = (of(&frames, TrackKind::Video), of(&frames, TrackKind::Audio));
        let counts = (recording.pictures, recording.sounds);
        assert_eq!((video.len(), audio.len()), counts, "{name}");
        assert!(
            video[0].keyframe,
            "{name}: the first picture starts a decoder"
        );
        assert!(
            video.iter().filter(|frame| frame.keyframe).count() < 5,
            "{name}"
        );
        for track in [&video, &audio] {
            assert!(track.is_sorted_by_key(|frame| frame.dts_ms), "{name}");
            let length = track[track.len() - 1].dts_ms - track[0].dts_ms;
            assert!((2700..3100).contains(&length), "{name}: {length} ms");
            assert!(
                track.iter().all(|frame| !frame.payload.is_empty()),
                "{name}"
            );
        }
        assert_eq!(
            video.iter().any(|frame| frame.cts_ms > 0),
            recording.b_frames,
            "{name}"
        );
        // 1024 samples a frame, but for a few that GStreamer's muxer stamps late at the start.
        let step = i64::from(1024 * 1000 / recording.sample_rate);
        let gaps = audio.windows(2).map(|pair| pair[1].dts_ms - pair[0].dts_ms);
        let even = gaps.filter(|gap| (step..=step + 1).contains(gap)).count();
        assert!(
            even + 5 >= recording.sounds,
            "{name}: only {even} gaps of sound are even"
        );
    }
}

#[test]
fn obs_sound_begins_after_its_picture_and_keeps_its_own_time() {
    let obs = RECORDINGS.last().expect("OBS Studio");
    let events = play(obs.bytes, &[1024]);
    let frames = frames(&events);
    let (video, audio) = (of(&frames, TrackKind::Video), of(&frames, TrackKind::Audio));
    assert_eq!((video[0].dts_ms, video[0].cts_ms), (0, 133));
    assert_eq!((video[45].dts_ms, audio[137].dts_ms), (2999, 3055));
    assert_eq!(audio[0].dts_ms, 133);
    // Both tracks share one chunk stream, and so the time that the next delta is added to.
    assert!(frames.is_sorted_by_key(|frame| frame.dts_ms));
}

#[test]
fn pictures_are_whole_nal_units() {
    for recording in &RECORDINGS {
        let events = play(recording.bytes, &[1024]);
        for frame in frames(&events)
            .iter()
            .filter(|frame| frame.track == TrackKind::Video)
        {
            let mut rest = &frame.payload[..];
            while let Some((length, after)) = rest.split_first_chunk::<4>() {
                rest = &after[u32::from_be_bytes(*length) as usize..];
            }
            assert_eq!(rest, b"", "{}", recording.name);
        }
    }
}

#[test]
fn byte_by_byte_is_the_same_as_all_at_once() {
    for recording in &RECORDINGS {
        let expected = play(recording.bytes, &[recording.bytes.len()]);
        assert_eq!(play(recording.bytes, &[1]), expected, "{}", recording.name);
    }
}

#[test]
fn every_truncation_gives_a_beginning_of_the_whole() {
    let recording = RECORDINGS[0].bytes;
    let whole = play(recording, &[512]);
    for end in (0..recording.len()).step_by(1009) {
        let mut session = ServerSession::new(Limits::default(), [3; 32]);
        let mut events = Vec::new();
        for piece in recording[..end].chunks(512) {
            session.handle_input(piece).unwrap();
            while let Some(event) = session.poll_event() {
                if matches!(event, ServerEvent::PublishRequested(_)) {
                    session.accept_publish();
                }
                events.push(event);
            }
            while session.poll_transmit().is_some() {}
        }
        assert_eq!(events[..], whole[..events.len()], "cut at {end}");
        assert!(session.buffered_bytes() < 64 * 1024);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_split_gives_the_same_events(
        which in 0_usize..RECORDINGS.len(),
        pieces in prop::collection::vec(1_usize..700, 1..20),
    ) {
        let recording = RECORDINGS[which].bytes;
        prop_assert_eq!(play(recording, &pieces), play(recording, &[512]));
    }
}
