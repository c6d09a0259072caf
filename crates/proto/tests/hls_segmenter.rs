//! Where streams are cut: keyframes, time, bytes, tracks that come and go.

mod film;

use bytes::Bytes;
use kaibo_proto::hls::{Cutting, Segment, Segmenter};
use kaibo_proto::media::{AudioTrack, Codec, Frame, MediaEvent, Track, TrackKind, VideoTrack};
use proptest::prelude::*;

fn video_track(name: &str) -> MediaEvent {
    MediaEvent::Track(Track::Video(VideoTrack {
        codec: Codec::H264,
        config: Bytes::new(),
        width: 540,
        height: 960,
        nal_length_bytes: 4,
        codec_string: name.to_owned(),
    }))
}

fn audio_track(rate: u32) -> MediaEvent {
    MediaEvent::Track(Track::Audio(AudioTrack {
        codec: Codec::Aac,
        config: Bytes::new(),
        sample_rate: rate,
        channels: 2,
        codec_string: "mp4a.40.2".to_owned(),
    }))
}

fn frame(track: TrackKind, dts_ms: i64, keyframe: bool) -> MediaEvent {
    MediaEvent::Frame(Frame {
        track,
        dts_ms,
        cts_ms: 0,
        keyframe,
        payload: Bytes::from_static(&[7; 100]),
    })
}

/// Pictures every 40 ms with a keyframe every `group_ms`, and sound every 20 ms, interleaved.
fn stream(from_ms: i64, to_ms: i64, group_ms: i64, sound: bool) -> Vec<MediaEvent> {
    (from_ms..to_ms)
        .step_by(20)
        .flat_map(|ms| {
            let picture = (ms % 40 == 0).then(|| frame(TrackKind::Video, ms, ms % group_ms == 0));
            let sound = sound.then(|| frame(TrackKind::Audio, ms, true));
            picture.into_iter().chain(sound)
        })
        .collect()
}

fn run(segmenter: &mut Segmenter, events: &[MediaEvent]) -> Vec<Segment> {
    events
        .iter()
        .filter_map(|event| segmenter.push(event))
        .collect()
}

fn spans(segments: &[Segment]) -> Vec<(i64, i64)> {
    segments
        .iter()
        .map(|segment| (segment.start_ms, segment.end_ms))
        .collect()
}

/// A segmenter that has both tracks.
fn both() -> Segmenter {
    let mut segmenter = Segmenter::new(Cutting::default());
    assert_eq!(
        run(&mut segmenter, &[video_track("a"), audio_track(48_000)]),
        []
    );
    segmenter
}

#[test]
fn cuts_come_at_the_first_keyframe_after_the_target() {
    for (group_ms, length) in [(2_000, 2_000), (1_000, 2_000), (800, 2_400), (4_000, 4_000)] {
        let segments = run(&mut both(), &stream(0, 12_100, group_ms, true));
        let expected: Vec<_> = (0..12_000 / length)
            .map(|at| (at * length, (at + 1) * length))
            .collect();
        assert_eq!(spans(&segments), expected, "groups of {group_ms} ms");
        assert!(
            segments
                .iter()
                .all(|segment| segment.independent && segment.pictures[0].keyframe)
        );
    }
}

#[test]
fn a_keyframe_a_frame_early_still_cuts() {
    let mut events = stream(0, 1_960, 1_960, false);
    events.extend(stream(1_960, 4_000, 1_960, false));
    let mut segmenter = Segmenter::new(Cutting::default());
    segmenter.push(&video_track("a"));
    assert_eq!(
        spans(&run(&mut segmenter, &events)),
        [(0, 1_960), (1_960, 3_920)]
    );
}

#[test]
fn sound_begins_alone_when_the_picture_stays_away() {
    let sounds: Vec<_> = (0..1_500)
        .map(|n| frame(TrackKind::Audio, n * 20, true))
        .collect();
    let segments = run(&mut both(), &sounds);
    assert_eq!(spans(&segments), [(5_000, 17_000), (17_000, 29_000)]);
    assert!(segments.iter().all(|segment| segment.pictures.is_empty()));
    // Pictures that nobody can decode yet are no reason.
    let undecodable: Vec<_> = (0..1_500)
        .map(|n| {
            frame(
                [TrackKind::Audio, TrackKind::Video][n % 2],
                n as i64 * 20,
                n % 2 == 0,
            )
        })
        .collect();
    assert_eq!(run(&mut both(), &undecodable), []);
}

#[test]
fn both_tracks_are_cut_at_the_same_instant() {
    let segments = run(&mut both(), &stream(0, 6_100, 2_000, true));
    for segment in &segments {
        assert_eq!(segment.pictures[0].dts_ms, segment.start_ms);
        assert_eq!(segment.sound[0].dts_ms, segment.start_ms);
        assert_eq!(segment.sound.last().unwrap().dts_ms, segment.end_ms - 20);
        assert_eq!((segment.pictures.len(), segment.sound.len()), (50, 100));
    }
}

#[test]
fn sound_that_lags_is_waited_for() {
    // Sound arrives 200 ms after the pictures of the same time.
    let mut events = stream(0, 5_000, 2_000, false);
    events.extend(
        (0..4_800)
            .step_by(20)
            .map(|ms| frame(TrackKind::Audio, ms, true)),
    );
    events.sort_by_key(|event| match event {
        MediaEvent::Frame(frame) if frame.track == TrackKind::Audio => frame.dts_ms + 200,
        MediaEvent::Frame(frame) => frame.dts_ms,
        MediaEvent::Track(_) => 0,
    });
    let segments = run(&mut both(), &events);
    assert_eq!(spans(&segments), [(0, 2_000), (2_000, 4_000)]);
    assert!(segments.iter().all(|segment| segment.sound.len() == 100));
}

#[test]
fn sound_that_stays_away_holds_a_cut_for_300_ms_only() {
    let mut segmenter = both();
    for event in stream(0, 2_300, 2_000, false) {
        assert_eq!(segmenter.push(&event), None);
    }
    let segment = segmenter
        .push(&frame(TrackKind::Video, 2_300, false))
        .unwrap();
    assert_eq!(
        (segment.end_ms, segment.pictures.len(), segment.sound.len()),
        (2_000, 50, 0)
    );
}

#[test]
fn sound_alone_is_cut_by_time() {
    let mut segmenter = Segmenter::new(Cutting::default());
    segmenter.push(&audio_track(48_000));
    let events: Vec<_> = (0..400)
        .map(|at| frame(TrackKind::Audio, 1_000 + at * 1_024 / 48, true))
        .collect();
    let segments = run(&mut segmenter, &events);
    assert_eq!(segments.len(), 4);
    for segment in &segments {
        assert!((1_900..=2_050).contains(&(segment.end_ms - segment.start_ms)));
        assert!(segment.independent && segment.pictures.is_empty());
    }
    assert!(
        segments
            .windows(2)
            .all(|pair| pair[0].end_ms == pair[1].start_ms)
    );
}

#[test]
fn everything_before_the_first_keyframe_is_dropped() {
    let segments = run(&mut both(), &stream(700, 4_100, 2_000, true));
    assert_eq!(spans(&segments), [(2_000, 4_000)]);
    assert_eq!(segments[0].sound[0].dts_ms, 2_000);
}

#[test]
fn frames_without_a_track_are_dropped() {
    let mut segmenter = Segmenter::new(Cutting::default());
    assert_eq!(run(&mut segmenter, &stream(0, 5_000, 2_000, true)), []);
    assert_eq!(segmenter.discontinuity(), None);
}

#[test]
fn a_track_a_moment_later_makes_no_false_start() {
    let mut segmenter = Segmenter::new(Cutting::default());
    segmenter.push(&audio_track(48_000));
    assert_eq!(
        run(
            &mut segmenter,
            &[frame(TrackKind::Audio, 0, true), video_track("a")]
        ),
        []
    );
    let segments = run(&mut segmenter, &stream(40, 4_100, 2_000, true));
    assert_eq!(spans(&segments), [(2_000, 4_000)]);
    assert!(segments[0].video.is_some() && segments[0].audio.is_some());
    assert!(!segments[0].discontinuity);
}

#[test]
fn a_new_configuration_cuts_at_once_and_is_a_discontinuity() {
    let mut segmenter = both();
    let mut segments = run(&mut segmenter, &stream(0, 3_000, 2_000, true));
    segments.extend(segmenter.push(&video_track("b")));
    assert_eq!(spans(&segments), [(0, 2_000), (2_000, 3_000)]);
    assert!(segments.iter().all(|segment| !segment.discontinuity));
    let after = run(&mut segmenter, &stream(3_000, 8_100, 2_000, true));
    assert_eq!(spans(&after), [(4_000, 6_000), (6_000, 8_000)]);
    assert_eq!(
        after
            .iter()
            .map(|segment| segment.discontinuity)
            .collect::<Vec<_>>(),
        [true, false]
    );
    assert_eq!(after[0].video.as_ref().unwrap().codec_string, "b");
}

#[test]
fn the_same_configuration_again_changes_nothing() {
    let mut segmenter = both();
    run(&mut segmenter, &stream(0, 1_000, 2_000, true));
    assert_eq!(
        run(&mut segmenter, &[video_track("a"), audio_track(48_000)]),
        []
    );
    assert_eq!(
        spans(&run(&mut segmenter, &stream(1_000, 2_100, 2_000, true))),
        [(0, 2_000)]
    );
}

#[test]
fn a_publisher_that_comes_back_starts_a_discontinuity_on_its_own_clock() {
    let mut segmenter = both();
    run(&mut segmenter, &stream(90_000, 91_000, 2_000, true));
    assert_eq!(
        segmenter
            .discontinuity()
            .map(|rest| (rest.start_ms, rest.end_ms)),
        Some((90_000, 91_000))
    );
    assert_eq!(segmenter.discontinuity(), None, "nothing is left");
    assert_eq!(
        run(&mut segmenter, &stream(0, 3_000, 2_000, true)),
        [],
        "its tracks are unknown"
    );
    run(&mut segmenter, &[audio_track(48_000), video_track("a")]);
    let segments = run(&mut segmenter, &stream(0, 4_100, 2_000, true));
    assert_eq!(spans(&segments), [(0, 2_000), (2_000, 4_000)]);
    assert!(segments[0].discontinuity && !segments[1].discontinuity);
}

#[test]
fn rare_keyframes_are_cut_by_length() {
    let cutting = Cutting {
        max_ms: 5_000,
        ..Cutting::default()
    };
    let mut segmenter = Segmenter::new(cutting);
    segmenter.push(&video_track("a"));
    let segments = run(&mut segmenter, &stream(0, 12_000, 60_000, false));
    assert_eq!(spans(&segments), [(0, 5_000), (5_000, 10_000)]);
    assert_eq!(
        segments
            .iter()
            .map(|segment| segment.independent)
            .collect::<Vec<_>>(),
        [true, false]
    );
}

#[test]
fn a_picture_that_freezes_does_not_collect_sound_for_ever() {
    let mut segmenter = both();
    run(&mut segmenter, &stream(0, 100, 2_000, true));
    let sound: Vec<_> = (100..30_000)
        .step_by(20)
        .map(|ms| frame(TrackKind::Audio, ms, true))
        .collect();
    let segments = run(&mut segmenter, &sound);
    assert_eq!(spans(&segments), [(0, 12_000), (12_000, 24_000)]);
    assert!(segments[1].pictures.is_empty());
}

#[test]
fn bytes_are_bounded_whatever_the_length() {
    let cutting = Cutting {
        max_bytes: 1_000,
        ..Cutting::default()
    };
    let mut segmenter = Segmenter::new(cutting);
    run(&mut segmenter, &[video_track("a"), audio_track(48_000)]);
    let segments = run(&mut segmenter, &stream(0, 2_000, 60_000, true));
    assert!(segments.len() > 10);
    for segment in &segments {
        assert!((segment.pictures.len() + segment.sound.len()) * 100 <= 1_200);
    }
}

#[test]
fn the_film_cuts_into_its_groups() {
    let mut segmenter = Segmenter::new(Cutting::default());
    let segments = run(&mut segmenter, &film::events());
    assert_eq!(segments.len(), 15);
    assert!(segments.iter().all(|segment| segment.pictures.len() == 30));
    assert!(
        segments
            .iter()
            .all(|segment| segment.end_ms - segment.start_ms == 2_000)
    );
    assert_eq!(segmenter.discontinuity().unwrap().pictures.len(), 30);
}

proptest! {
    #[test]
    fn no_frame_is_lost_or_given_twice(
        steps in proptest::collection::vec((any::<bool>(), -200i64..400, any::<bool>(), 0u8..40), 1..400),
    ) {
        let mut segmenter = Segmenter::new(Cutting { max_bytes: 2_000, ..Cutting::default() });
        run(&mut segmenter, &[video_track("a"), audio_track(48_000)]);
        let first = frame(TrackKind::Video, 0, true);
        let mut sent = vec![first.clone()];
        let mut given: Vec<Segment> = segmenter.push(&first).into_iter().collect();
        let mut time = 0;
        for (picture, step, keyframe, odd) in steps {
            // Mostly forward, now and then a jump far ahead.
            time += if odd == 0 { 20_000 } else { step };
            let kind = if picture { TrackKind::Video } else { TrackKind::Audio };
            sent.push(frame(kind, time, keyframe));
            given.extend(segmenter.push(sent.last().unwrap()));
        }
        given.extend(segmenter.discontinuity());
        let count = given.iter().map(|segment| segment.pictures.len() + segment.sound.len()).sum::<usize>();
        prop_assert_eq!(count, sent.len());
        prop_assert!(given.windows(2).all(|pair| pair[0].end_ms <= pair[1].start_ms.max(pair[0].end_ms)));
        prop_assert!(given.iter().all(|segment| segment.start_ms <= segment.end_ms));
    }

    #[test]
    fn nonsense_times_never_panic(times in proptest::collection::vec((any::<i64>(), any::<bool>()), 0..60)) {
        let mut segmenter = both();
        for (time, picture) in times {
            let kind = if picture { TrackKind::Video } else { TrackKind::Audio };
            segmenter.push(&frame(kind, time, true));
        }
        segmenter.discontinuity();
    }
}
