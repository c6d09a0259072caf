//! Playlists as a player reads them, the files they name, and how long those stay.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod film;

use std::collections::BTreeSet;

use bytes::Bytes;
use kaibo_proto::hls::{Packager, PackagerConfig, Playlist};
use kaibo_proto::media::{Frame, MediaEvent, Track, TrackKind};
use quick_m3u8::config::ParsingOptionsBuilder;
use quick_m3u8::tag::KnownTag;
use quick_m3u8::tag::hls::Tag;
use quick_m3u8::{HlsLine, Reader};

const START_MS: i64 = 1_795_366_800_000;
const LOOP_MS: i64 = 32_000;

/// One segment as a player sees it.
#[derive(Clone, Debug, Default, PartialEq)]
struct Seen {
    uri: String,
    map: Option<String>,
    seconds: f64,
    discontinuity: bool,
    gap: bool,
    date: String,
}

/// A media playlist as a player sees it.
#[derive(Debug, Default)]
struct MediaList {
    version: u64,
    target: u64,
    sequence: u64,
    discontinuities: u64,
    independent: bool,
    ended: bool,
    segments: Vec<Seen>,
}

fn tags(text: &str, mut each: impl FnMut(Result<Tag<'_>, &str>)) {
    let options = ParsingOptionsBuilder::new()
        .with_parsing_for_all_tags()
        .build();
    let mut reader = Reader::from_str(text, options);
    while let Some(line) = reader.read_line().expect("a valid line") {
        match line {
            HlsLine::KnownTag(KnownTag::Hls(tag)) => each(Ok(tag)),
            HlsLine::Uri(uri) => each(Err(&uri)),
            other => panic!("{other:?}"),
        }
    }
}

fn media_list(text: &str) -> MediaList {
    let mut list = MediaList::default();
    let mut next = Seen::default();
    let mut map = None;
    tags(text, |line| match line {
        Ok(Tag::M3u(_)) => {}
        Ok(Tag::Version(tag)) => list.version = tag.version(),
        Ok(Tag::Targetduration(tag)) => list.target = tag.target_duration(),
        Ok(Tag::MediaSequence(tag)) => list.sequence = tag.media_sequence(),
        Ok(Tag::DiscontinuitySequence(tag)) => list.discontinuities = tag.discontinuity_sequence(),
        Ok(Tag::IndependentSegments(_)) => list.independent = true,
        Ok(Tag::Endlist(_)) => list.ended = true,
        Ok(Tag::Discontinuity(_)) => next.discontinuity = true,
        Ok(Tag::Gap(_)) => next.gap = true,
        Ok(Tag::Map(tag)) => map = Some(tag.uri().to_owned()),
        Ok(Tag::ProgramDateTime(tag)) => next.date = format!("{:?}", tag.program_date_time()),
        Ok(Tag::Inf(tag)) => next.seconds = tag.duration(),
        Ok(other) => panic!("{other:?}"),
        Err(uri) => {
            let seen = std::mem::take(&mut next);
            list.segments.push(Seen {
                uri: uri.to_owned(),
                map: map.clone(),
                ..seen
            });
        }
    });
    for segment in &list.segments {
        assert!(segment.seconds.round() as u64 <= list.target, "{segment:?}");
    }
    list
}

/// Pushes the film `rounds` times, one loop after the other.
fn play(packager: &mut Packager, rounds: std::ops::Range<i64>, want: fn(&Frame) -> bool) {
    for round in rounds {
        for event in film::events() {
            let event = match event {
                MediaEvent::Frame(frame) if want(&frame) => MediaEvent::Frame(Frame {
                    dts_ms: frame.dts_ms + round * LOOP_MS,
                    ..frame
                }),
                MediaEvent::Frame(_) => continue,
                track @ MediaEvent::Track(_) => track,
            };
            let now = if let MediaEvent::Frame(frame) = &event {
                START_MS + frame.dts_ms
            } else {
                START_MS
            };
            packager.push(&event, now);
        }
    }
}

fn packager() -> Packager {
    Packager::new(PackagerConfig::default(), 0xab)
}

fn list(packager: &Packager, playlist: Playlist) -> MediaList {
    media_list(&packager.playlist(playlist, "").unwrap())
}

#[test]
fn there_is_no_playlist_before_the_first_segment() {
    let mut packager = packager();
    let mut changes = 0;
    for event in film::events() {
        let before = packager.playlist(Playlist::Index, "").is_some();
        assert_eq!(before, changes > 0);
        changes += i32::from(packager.push(&event, START_MS));
    }
    assert_eq!(changes, 15);
}

#[test]
fn the_index_names_codecs_size_and_sound() {
    let mut packager = packager();
    play(&mut packager, 0..1, |_| true);
    let mut seen = Vec::new();
    tags(
        &packager.playlist(Playlist::Index, "").unwrap(),
        |line| match line {
            Ok(Tag::M3u(_) | Tag::Version(_)) => {}
            Ok(Tag::Media(tag)) => {
                assert_eq!((tag.group_id(), tag.uri()), ("sound", Some("audio.m3u8")));
                assert!(tag.default() && tag.autoselect());
                seen.push("media".to_owned());
            }
            Ok(Tag::StreamInf(tag)) => {
                assert_eq!(tag.codecs(), Some("avc1.4d401f,mp4a.40.2"));
                let size = tag.resolution().unwrap();
                assert_eq!((size.width, size.height), (540, 960));
                assert_eq!(tag.audio(), Some("sound"));
                assert!(tag.average_bandwidth().unwrap() <= tag.bandwidth());
                // The film has about 141 kbit/s.
                assert!(
                    (100_000..250_000).contains(&tag.bandwidth()),
                    "{}",
                    tag.bandwidth()
                );
            }
            Ok(other) => panic!("{other:?}"),
            Err(uri) => seen.push(uri.to_owned()),
        },
    );
    assert_eq!(seen, ["media", "video.m3u8"]);
}

#[test]
fn a_track_alone_has_the_index_to_itself() {
    let mut packager = packager();
    for event in film::events().into_iter().filter(|event| match event {
        MediaEvent::Track(track) => matches!(track, Track::Audio(_)),
        MediaEvent::Frame(frame) => frame.track == TrackKind::Audio,
    }) {
        packager.push(&event, START_MS);
    }
    let index = packager.playlist(Playlist::Index, "").unwrap();
    assert!(
        index.contains("CODECS=\"mp4a.40.2\"\naudio.m3u8\n"),
        "{index}"
    );
    assert!(!index.contains("EXT-X-MEDIA:") && !index.contains("RESOLUTION"));
    assert_eq!(packager.playlist(Playlist::Video, ""), None);
    assert_eq!(list(&packager, Playlist::Audio).segments.len(), 6);
    assert_eq!(list(&packager, Playlist::Ts).segments.len(), 6);
}

#[test]
fn the_window_moves_and_every_file_in_it_is_there() {
    let mut packager = packager();
    play(&mut packager, 0..1, |_| true);
    for playlist in [Playlist::Video, Playlist::Audio, Playlist::Ts] {
        let list = list(&packager, playlist);
        assert_eq!((list.sequence, list.target, list.segments.len()), (9, 2, 6));
        assert!(list.independent && !list.ended && list.discontinuities == 0);
        for segment in &list.segments {
            assert!((segment.seconds - 2.0).abs() < 1e-9);
            assert!(!packager.file(&segment.uri).unwrap().bytes.is_empty());
            assert_eq!(segment.map.is_some(), playlist != Playlist::Ts);
            if let Some(map) = &segment.map {
                assert_eq!(packager.file(map).unwrap().bytes[4..8], *b"ftyp");
            }
        }
        let names: BTreeSet<_> = list.segments.iter().map(|segment| &segment.uri).collect();
        assert_eq!(names.len(), 6);
    }
    let video = list(&packager, Playlist::Video);
    assert_eq!(
        (&video.segments[0].uri[..], video.version),
        ("ab-v9.m4s", 6)
    );
    assert_eq!(list(&packager, Playlist::Ts).version, 3);
}

#[test]
fn as_many_older_segments_can_still_be_fetched() {
    let mut packager = packager();
    play(&mut packager, 0..1, |_| true);
    assert_eq!(packager.file("ab-v2.m4s"), None);
    let kept: Vec<_> = (3..15)
        .filter(|at| packager.file(&format!("ab-t{at}.ts")).is_some())
        .collect();
    assert_eq!(kept.len(), 12);
    assert_eq!(packager.file("ab-v15.m4s"), None);
}

#[test]
fn files_have_their_media_types_and_only_their_own_names() {
    let mut packager = packager();
    play(&mut packager, 0..1, |_| true);
    let kind = |name: &str| packager.file(name).map(|file| file.content_type);
    assert_eq!(kind("ab-v9.m4s"), Some("video/mp4"));
    assert_eq!(kind("ab-a9.m4s"), Some("audio/mp4"));
    assert_eq!(kind("ab-t9.ts"), Some("video/mp2t"));
    assert_eq!(kind("ab-v0-init.mp4"), Some("video/mp4"));
    assert_eq!(kind("ab-a0-init.mp4"), Some("audio/mp4"));
    for name in [
        "",
        "-",
        "ab",
        "ab-",
        "ab-.",
        "ab-v.m4s",
        "v9.m4s",
        "ac-v9.m4s",
        "ab-v09.m4s",
        "ab-v+9.m4s",
        "ab-v9.ts",
        "ab-t9.m4s",
        "ab-x9.m4s",
        "ab-v1-init.mp4",
        "ab-v99999999999999999999.m4s",
        "ab-开9.m4s",
        "ab-v9.m4s.m4s",
    ] {
        assert_eq!(kind(name), None, "{name}");
    }
    assert_eq!(Playlist::by_name("index.m3u8"), Some(Playlist::Index));
    assert_eq!(Playlist::by_name("Index.m3u8"), None);
}

#[test]
fn dates_follow_each_other_by_the_segments_lengths() {
    let mut packager = packager();
    play(&mut packager, 0..1, |_| true);
    let text = packager.playlist(Playlist::Video, "").unwrap();
    let dates: Vec<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix("#EXT-X-PROGRAM-DATE-TIME:"))
        .collect();
    // Segment 9 begins 18 s after the first picture, which is at 21 ms.
    assert_eq!(dates[0], "2026-11-22T17:00:18.021Z");
    assert_eq!(dates[5], "2026-11-22T17:00:28.021Z");
}

#[test]
fn a_query_goes_onto_every_address() {
    let mut packager = packager();
    play(&mut packager, 0..1, |_| true);
    for playlist in [
        Playlist::Index,
        Playlist::Video,
        Playlist::Audio,
        Playlist::Ts,
    ] {
        let text = packager.playlist(playlist, "token=a-1").unwrap();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            assert!(line.ends_with("?token=a-1"), "{line}");
        }
        assert_eq!(
            text.matches("URI=").count(),
            text.matches("?token=a-1\"").count()
        );
        assert_eq!(
            packager.playlist(playlist, "a\"\n#EXT"),
            packager.playlist(playlist, "")
        );
    }
}

#[test]
fn a_publisher_that_comes_back_goes_on_behind_a_discontinuity() {
    let mut packager = packager();
    play(&mut packager, 0..1, |_| true);
    assert!(packager.discontinuity());
    let before = list(&packager, Playlist::Video);
    play(&mut packager, 10..11, |frame| frame.dts_ms < 6_500);
    let after = list(&packager, Playlist::Video);
    assert_eq!(after.sequence, before.sequence + 3);
    let marks: Vec<_> = after
        .segments
        .iter()
        .map(|segment| segment.discontinuity)
        .collect();
    assert_eq!(marks, [false, false, false, true, false, false]);
    assert!(
        after
            .segments
            .iter()
            .all(|segment| segment.map.as_deref() == Some("ab-v0-init.mp4"))
    );
    // Both playlists break at the same place.
    for other in [Playlist::Audio, Playlist::Ts] {
        let other = list(&packager, other);
        assert_eq!(
            other
                .segments
                .iter()
                .map(|segment| segment.discontinuity)
                .collect::<Vec<_>>(),
            marks
        );
    }
    // Once the mark itself has left, the count says so.
    assert_eq!(after.discontinuities, 0);
    play(&mut packager, 11..12, |frame| frame.dts_ms < 5_000);
    assert_eq!(
        list(&packager, Playlist::Video).discontinuities,
        0,
        "the mark is the first segment's"
    );
    play(&mut packager, 12..13, |frame| frame.dts_ms < 7_000);
    assert_eq!(list(&packager, Playlist::Video).discontinuities, 1);
}

#[test]
fn a_new_configuration_has_a_new_init_segment_and_the_old_one_stays_while_needed() {
    let mut packager = packager();
    play(&mut packager, 0..1, |_| true);
    let new = film::events().into_iter().find_map(|event| match event {
        MediaEvent::Track(Track::Audio(mut track)) => {
            track.config = Bytes::from_static(&[0x12, 0x10]);
            Some(MediaEvent::Track(Track::Audio(track)))
        }
        _ => None,
    });
    assert!(packager.push(&new.unwrap(), START_MS));
    play_frames(&mut packager, 1, 8_500);
    let sound = list(&packager, Playlist::Audio);
    let maps: BTreeSet<_> = sound
        .segments
        .iter()
        .filter_map(|segment| segment.map.clone())
        .collect();
    assert_eq!(
        maps.iter().map(String::as_str).collect::<Vec<_>>(),
        ["ab-a0-init.mp4", "ab-a1-init.mp4"]
    );
    let [old, new] = [0, 1].map(|at| packager.file(&format!("ab-a{at}-init.mp4")).unwrap().bytes);
    assert_ne!(old, new);
    assert_eq!(
        sound
            .segments
            .iter()
            .filter(|segment| segment.discontinuity)
            .count(),
        1
    );
    play_frames(&mut packager, 2, LOOP_MS);
    assert_eq!(packager.file("ab-a0-init.mp4"), None);
    assert!(packager.file("ab-a1-init.mp4").is_some());
}

/// One round of the film without announcing its tracks.
fn play_frames(packager: &mut Packager, round: i64, until_ms: i64) {
    for event in film::events() {
        if let MediaEvent::Frame(frame) = event
            && frame.dts_ms < until_ms
        {
            let dts_ms = frame.dts_ms + round * LOOP_MS;
            packager.push(
                &MediaEvent::Frame(Frame { dts_ms, ..frame }),
                START_MS + dts_ms,
            );
        }
    }
}

#[test]
fn sound_that_falls_silent_becomes_a_gap() {
    let mut packager = packager();
    play(&mut packager, 0..1, |frame| {
        frame.track == TrackKind::Video || frame.dts_ms < 28_000
    });
    let sound = list(&packager, Playlist::Audio);
    let gaps: Vec<_> = sound.segments.iter().map(|segment| segment.gap).collect();
    assert_eq!(gaps[..4], [false; 4]);
    assert!(gaps.ends_with(&[true]), "{gaps:?}");
    assert_eq!(sound.version, 8);
    assert!(
        list(&packager, Playlist::Video)
            .segments
            .iter()
            .all(|segment| !segment.gap)
    );
}

#[test]
fn rare_keyframes_lift_the_target_for_good() {
    let mut packager = packager();
    let events: Vec<_> = film::events()
        .into_iter()
        .filter(|event| !matches!(event, MediaEvent::Track(Track::Audio(_))))
        .map(|event| match event {
            MediaEvent::Frame(frame) => {
                let keyframe = frame.keyframe && !(4_500..10_500).contains(&frame.dts_ms);
                MediaEvent::Frame(Frame { keyframe, ..frame })
            }
            track @ MediaEvent::Track(_) => track,
        })
        .collect();
    for event in &events {
        packager.push(event, START_MS);
    }
    let list = list(&packager, Playlist::Video);
    assert!(
        list.segments.iter().all(|segment| segment.seconds < 2.1),
        "the long one has left"
    );
    assert_eq!(list.target, 8);
}

#[test]
fn the_end_is_written_and_nothing_is_lost() {
    let mut packager = packager();
    play(&mut packager, 0..1, |_| true);
    packager.end();
    let list = list(&packager, Playlist::Video);
    assert!(list.ended);
    assert_eq!(
        list.sequence + list.segments.len() as u64,
        16,
        "the last, unfinished group is there"
    );
}

#[test]
fn kept_bytes_stay_below_the_cap() {
    let config = PackagerConfig {
        max_bytes: 300_000,
        ..PackagerConfig::default()
    };
    let mut packager = Packager::new(config, 1);
    for event in film::events() {
        packager.push(&event, START_MS);
        assert!(packager.kept_bytes() <= 300_000);
    }
    assert!((1..6).contains(&list(&packager, Playlist::Video).segments.len()));
    let tiny = PackagerConfig {
        max_bytes: 1,
        ..config
    };
    let mut packager = Packager::new(tiny, 1);
    play(&mut packager, 0..1, |_| true);
    assert_eq!(list(&packager, Playlist::Video).segments.len(), 1);
}

#[test]
fn runs_do_not_share_names_and_mpegts_can_be_left_out() {
    let config = PackagerConfig {
        mpegts: false,
        ..PackagerConfig::default()
    };
    let mut other = Packager::new(config, 1);
    play(&mut other, 0..1, |_| true);
    assert_eq!(other.playlist(Playlist::Ts, ""), None);
    assert_eq!(list(&other, Playlist::Video).segments[0].uri, "1-v9.m4s");
    assert_eq!(other.file("ab-v9.m4s"), None);
}
