//! CMAF segments walked box by box.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod film;

use bytes::Bytes;
use kaibo_proto::fmp4::{FragmentWriter, Sample, init_segment, segment, timescale};
use kaibo_proto::media::{Frame, MediaEvent, Track, TrackKind};
use kaibo_proto::{aac, h264};

const AVCC: &[u8] = &[
    1, 0x42, 0xc0, 0x0c, 0xff, 0xe1, 0, 23, 0x67, 0x42, 0xc0, 0x0c, 0xda, 5, 6, 0x7e, 0x7c, 4,
    0x40, 0, 0, 3, 0, 0x40, 0, 0, 0x0c, 0x83, 0xc5, 0x0a, 0xa8, 1, 0, 4, 0x68, 0xce, 0x0f, 0xc8,
];

/// The boxes side by side in `data`: name and content.
fn boxes(mut data: &[u8]) -> Vec<(&str, &[u8])> {
    let mut found = Vec::new();
    while !data.is_empty() {
        let size = number(&data[..4]) as usize;
        found.push((std::str::from_utf8(&data[4..8]).unwrap(), &data[8..size]));
        data = &data[size..];
    }
    found
}

/// Content of the box at `path`, the first of each name.
fn at<'a>(data: &'a [u8], path: &str) -> &'a [u8] {
    path.split('/').fold(data, |data, name| {
        let inside = boxes(data);
        inside
            .iter()
            .find(|found| found.0 == name)
            .unwrap_or_else(|| panic!("no {name} in {inside:?}"))
            .1
    })
}

fn number(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |sum, &byte| sum << 8 | u64::from(byte))
}

/// A media segment read back.
#[derive(Debug, PartialEq, Eq)]
struct Read {
    sequence: u64,
    base: u64,
    /// Duration, size, flags, composition offset.
    samples: Vec<(u32, u32, u32, i32)>,
    payload: Vec<u8>,
}

fn read(segment: &[u8]) -> Read {
    let names: Vec<_> = boxes(segment).iter().map(|found| found.0).collect();
    assert_eq!(names, ["styp", "moof", "mdat"]);
    let header = at(segment, "moof/traf/tfhd");
    assert_eq!(
        number(&header[..4]),
        0x02_0000,
        "offsets count from the moof"
    );
    assert_eq!(number(&header[4..8]), 1);
    let time = at(segment, "moof/traf/tfdt");
    assert_eq!((time[0], time.len()), (1, 12), "64 bits");

    let run = at(segment, "moof/traf/trun");
    let flags = number(&run[1..4]);
    assert_eq!(flags & 0x7ff, 0x701, "offset, durations, sizes, flags");
    let fields = if flags & 0x800 == 0 { 3 } else { 4 };
    let count = number(&run[4..8]) as usize;
    let samples: Vec<_> = run[12..]
        .chunks(fields * 4)
        .map(|sample| {
            let field = |at: usize| {
                sample
                    .get(at * 4..at * 4 + 4)
                    .map_or(0, |bytes| number(bytes) as u32)
            };
            (field(0), field(1), field(2), field(3) as i32)
        })
        .collect();
    assert_eq!(samples.len(), count);

    let styp = 8 + at(segment, "styp").len();
    let offset = number(&run[8..12]) as usize + styp;
    let payload = segment[offset..].to_vec();
    assert_eq!(
        payload,
        at(segment, "mdat"),
        "the data offset points at the payload"
    );
    let total: u32 = samples.iter().map(|sample| sample.1).sum();
    assert_eq!(total as usize, payload.len());
    Read {
        sequence: number(&at(segment, "moof/mfhd")[4..8]),
        base: number(&time[4..]),
        samples,
        payload,
    }
}

fn video_track() -> Track {
    Track::Video(h264::video_track(Bytes::from_static(AVCC)).unwrap())
}

fn audio_track(config: &'static [u8]) -> Track {
    Track::Audio(aac::audio_track(Bytes::from_static(config)).unwrap())
}

fn frame(track: TrackKind, dts_ms: i64, cts_ms: i32, keyframe: bool) -> Frame {
    Frame {
        track,
        dts_ms,
        cts_ms,
        keyframe,
        payload: Bytes::from(dts_ms.to_be_bytes().to_vec()),
    }
}

#[test]
fn a_video_init_segment_describes_the_track() {
    let init = init_segment(&video_track());
    let names: Vec<_> = boxes(&init).iter().map(|found| found.0).collect();
    assert_eq!(names, ["ftyp", "moov"]);
    assert_eq!(&at(&init, "ftyp")[8..], b"iso6cmfcmp41");
    let media = at(&init, "moov/trak/mdia");
    assert_eq!(&at(media, "hdlr")[8..12], b"vide");
    let header = at(media, "mdhd");
    assert_eq!(number(&header[12..16]), 90_000);
    let size = &at(&init, "moov/trak/tkhd")[76..];
    assert_eq!(
        (number(&size[..4]), number(&size[4..8])),
        (320 << 16, 180 << 16)
    );
    assert_eq!(number(&at(&init, "moov/mvex/trex")[4..8]), 1);
    let entry = &at(media, "minf/stbl/stsd")[8..];
    let avc1 = at(entry, "avc1");
    assert_eq!((number(&avc1[24..26]), number(&avc1[26..28])), (320, 180));
    assert_eq!(at(&avc1[78..], "avcC"), AVCC, "byte for byte");
    for (name, length) in [("stts", 8), ("stsc", 8), ("stsz", 12), ("stco", 8)] {
        assert_eq!(
            at(media, &format!("minf/stbl/{name}")),
            &vec![0; length][..],
            "no samples"
        );
    }
}

#[test]
fn an_audio_init_segment_describes_the_track() {
    let init = init_segment(&audio_track(&[0x11, 0x90]));
    let media = at(&init, "moov/trak/mdia");
    assert_eq!(&at(media, "hdlr")[8..12], b"soun");
    assert_eq!(number(&at(media, "mdhd")[12..16]), 48_000);
    let entry = &at(media, "minf/stbl/stsd")[8..];
    let mp4a = at(entry, "mp4a");
    assert_eq!(
        (number(&mp4a[16..18]), number(&mp4a[24..28])),
        (2, 48_000 << 16)
    );
    let descriptor = at(&mp4a[28..], "esds");
    assert!(descriptor.windows(2).any(|pair| pair == [0x11, 0x90]));
}

#[test]
fn he_aac_counts_the_core_coders_samples() {
    let he = audio_track(&[0x2b, 0x11, 0x88, 0x00]);
    assert_eq!(timescale(&he), 24_000);
    let mut writer = FragmentWriter::new(&he);
    let frames: Vec<_> = (0..4)
        .map(|at| frame(TrackKind::Audio, at * 1024 * 1000 / 24_000, 0, true))
        .collect();
    let read = read(&writer.segment(1, &frames, 0).unwrap());
    assert!(read.samples.iter().all(|sample| sample.0 == 1024));
    // The highest rates do not fit the entry's field.
    let fast = init_segment(&audio_track(&[0x10, 0x10]));
    let entry = &at(&fast, "moov/trak/mdia/minf/stbl/stsd")[8..];
    assert_eq!(number(&at(entry, "mp4a")[24..28]), 0);
    assert_eq!(number(&at(&fast, "moov/trak/mdia/mdhd")[12..16]), 96_000);
}

#[test]
fn pictures_last_until_the_next_and_the_last_until_the_cut() {
    let mut writer = FragmentWriter::new(&video_track());
    let frames = [
        frame(TrackKind::Video, 10_000, 80, true),
        frame(TrackKind::Video, 10_040, -40, false),
        frame(TrackKind::Video, 10_100, 0, false),
    ];
    let read = read(&writer.segment(7, &frames, 10_200).unwrap());
    assert_eq!((read.sequence, read.base), (7, 900_000));
    assert_eq!(
        read.samples,
        [
            (3_600, 8, 0x0200_0000, 7_200),
            (5_400, 8, 0x0101_0000, -3_600),
            (9_000, 8, 0x0101_0000, 0),
        ]
    );
}

#[test]
fn offsets_are_left_out_without_b_frames() {
    let mut writer = FragmentWriter::new(&video_track());
    let bytes = writer
        .segment(1, &[frame(TrackKind::Video, 0, 0, true)], 40)
        .unwrap();
    assert_eq!(number(&at(&bytes, "moof/traf/trun")[1..4]), 0x701);
}

#[test]
fn times_that_go_back_or_lie_before_zero_do_not_wrap() {
    let mut writer = FragmentWriter::new(&video_track());
    let times = [-50, 100, 60, 100];
    let frames = times.map(|dts| frame(TrackKind::Video, dts, i32::MIN, true));
    let read = read(&writer.segment(1, &frames, 0).unwrap());
    assert_eq!(read.base, 0);
    let durations: Vec<_> = read.samples.iter().map(|sample| sample.0).collect();
    assert_eq!(durations, [9_000, 0, 3_600, 0]);
}

#[test]
fn decode_times_have_64_bits() {
    let sample = Sample {
        duration: 3_000,
        composition_offset: 0,
        keyframe: true,
        payload: Bytes::from_static(b"picture"),
    };
    let base = u64::from(u32::MAX) * 1_000;
    let read = read(&segment(9, base, &[sample]));
    assert_eq!((read.base, &read.payload[..]), (base, &b"picture"[..]));
}

#[test]
fn nothing_gives_no_segment() {
    assert_eq!(FragmentWriter::new(&video_track()).segment(1, &[], 5), None);
}

#[test]
fn the_films_tracks_follow_without_gap_or_overlap() {
    let events = film::events();
    for kind in [TrackKind::Video, TrackKind::Audio] {
        let track = events.iter().find_map(|event| match (event, kind) {
            (MediaEvent::Track(track @ Track::Video(_)), TrackKind::Video)
            | (MediaEvent::Track(track @ Track::Audio(_)), TrackKind::Audio) => Some(track),
            _ => None,
        });
        let frames: Vec<_> = events
            .iter()
            .filter_map(|event| match event {
                MediaEvent::Frame(frame) if frame.track == kind => Some(frame.clone()),
                _ => None,
            })
            .collect();
        let mut writer = FragmentWriter::new(track.unwrap());
        let mut expected = None;
        let mut payload = Vec::new();
        for (at, part) in frames.chunks(30).enumerate() {
            let next = frames
                .get(at * 30 + 30)
                .map_or(part[part.len() - 1].dts_ms + 67, |next| next.dts_ms);
            let read = read(&writer.segment(at as u32, part, next).unwrap());
            assert_eq!(read.base, expected.unwrap_or(read.base));
            expected = Some(
                read.base
                    + read
                        .samples
                        .iter()
                        .map(|sample| u64::from(sample.0))
                        .sum::<u64>(),
            );
            assert!(kind == TrackKind::Video || read.samples.iter().all(|sample| sample.0 == 1024));
            payload.extend(read.payload);
        }
        assert_eq!(
            payload,
            frames
                .iter()
                .flat_map(|frame| frame.payload.to_vec())
                .collect::<Vec<_>>()
        );
    }
}
