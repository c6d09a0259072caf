//! TS segments read back by a small reader: tables, counters, time stamps, access units, ADTS frames.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod film;

use bytes::Bytes;
use kaibo_proto::media::{AudioTrack, Frame, MediaEvent, Track, TrackKind, VideoTrack};
use kaibo_proto::mpegts::{AUDIO_PID, Muxer, PACKET_BYTES, PMT_PID, VIDEO_PID};
use kaibo_proto::{aac, h264};
use proptest::prelude::*;

/// One PES packet, read back.
#[derive(Debug, PartialEq, Eq)]
struct Pes {
    pid: u16,
    random_access: bool,
    clock: Option<u64>,
    pts: u64,
    dts: u64,
    data: Vec<u8>,
}

/// A demultiplexer that insists on everything a strict player may insist on.
#[derive(Default)]
struct Reader {
    counters: std::collections::HashMap<u16, u8>,
    streams: Vec<(u8, u16)>,
    clock_pid: u16,
}

impl Reader {
    fn read(&mut self, segment: &[u8]) -> Vec<Pes> {
        assert_eq!(segment.len() % PACKET_BYTES, 0);
        let mut done: Vec<Pes> = Vec::new();
        for (at, packet) in segment.chunks(PACKET_BYTES).enumerate() {
            assert_eq!(packet[0], 0x47);
            let start = packet[1] & 0x40 != 0;
            let pid = u16::from_be_bytes([packet[1] & 0x1f, packet[2]]);
            let counter = packet[3] & 15;
            if let Some(before) = self.counters.insert(pid, counter) {
                assert_eq!(counter, (before + 1) & 15, "continuity of {pid:#x}");
            }
            let (adaptation, payload) = match packet[3] >> 4 & 3 {
                1 => (&[][..], &packet[4..]),
                3 => packet[5..].split_at(usize::from(packet[4])),
                other => panic!("no payload: {other}"),
            };
            match (at, pid) {
                (0, 0) => assert_eq!(section(payload, 0)[..2], [0, 1]),
                (1, PMT_PID) => self.read_map(section(payload, 2)),
                (0 | 1, _) => panic!("a segment begins with its tables"),
                _ if start => done.push(pes(pid, adaptation, payload)),
                _ => done
                    .iter_mut()
                    .rfind(|pes| pes.pid == pid)
                    .unwrap()
                    .data
                    .extend(payload),
            }
        }
        for pes in &done {
            assert!(
                self.streams.iter().any(|stream| stream.1 == pes.pid),
                "not in the map"
            );
            assert_eq!(pes.clock.is_some(), pes.pid == self.clock_pid);
            assert!(
                pes.clock
                    .is_none_or(|clock| clock <= pes.dts && pes.dts <= pes.pts)
            );
        }
        done
    }

    fn read_map(&mut self, map: &[u8]) {
        self.clock_pid = u16::from_be_bytes([map[0] & 0x1f, map[1]]);
        self.streams = map[4..]
            .chunks(5)
            .map(|entry| (entry[0], u16::from_be_bytes([entry[1] & 0x1f, entry[2]])))
            .collect();
    }
}

/// Content of a table section, its length and checksum checked.
fn section(payload: &[u8], table: u8) -> &[u8] {
    assert_eq!((payload[0], payload[1]), (0, table));
    let length = usize::from(payload[3]);
    let section = &payload[1..4 + length];
    // A checksum over data and checksum is zero.
    let mut crc = u32::MAX;
    for bit in section
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1))
    {
        let top = crc >> 31 ^ u32::from(bit);
        crc = crc << 1 ^ if top == 1 { 0x04c1_1db7 } else { 0 };
    }
    assert_eq!(crc, 0, "checksum");
    assert!(payload[4 + length..].iter().all(|&byte| byte == 0xff));
    &section[8..section.len() - 4]
}

fn stamp(bytes: &[u8]) -> u64 {
    assert!(bytes[0] & bytes[2] & bytes[4] & 1 == 1, "marker bits");
    let byte = |at: usize| u64::from(bytes[at]);
    (byte(0) >> 1 & 7) << 30 | byte(1) << 22 | (byte(2) >> 1) << 15 | byte(3) << 7 | byte(4) >> 1
}

fn pes(pid: u16, adaptation: &[u8], payload: &[u8]) -> Pes {
    assert_eq!(payload[..3], [0, 0, 1]);
    assert_eq!(payload[3], if pid == VIDEO_PID { 0xe0 } else { 0xc0 });
    let flags = adaptation.first().copied().unwrap_or(0);
    let clock = (flags & 0x10 != 0).then(|| {
        let base = adaptation[1..5]
            .iter()
            .fold(0u64, |sum, &byte| sum << 8 | u64::from(byte));
        base << 1 | u64::from(adaptation[5] >> 7)
    });
    let head = 9 + usize::from(payload[8]);
    let pts = stamp(&payload[9..14]);
    let dts = if payload[7] == 0xc0 {
        stamp(&payload[14..19])
    } else {
        pts
    };
    Pes {
        pid,
        random_access: flags & 0x40 != 0,
        clock,
        pts,
        dts,
        data: payload[head..].to_vec(),
    }
}

/// The NAL units of an Annex B access unit that has start codes of four bytes only.
fn annex_b(data: &[u8]) -> Vec<&[u8]> {
    assert_eq!(data[..4], [0, 0, 0, 1]);
    let starts: Vec<_> = (0..data.len())
        .filter(|&at| data[at..].starts_with(&[0, 0, 0, 1]))
        .collect();
    let ends = starts.iter().skip(1).copied().chain([data.len()]);
    starts
        .iter()
        .zip(ends)
        .map(|(start, end)| &data[start + 4..end])
        .collect()
}

/// The frames of ADTS data, headers off.
fn adts(mut data: &[u8]) -> Vec<&[u8]> {
    let mut frames = Vec::new();
    while !data.is_empty() {
        assert_eq!(data[..2], [0xff, 0xf1]);
        let length =
            usize::from(data[3] & 3) << 11 | usize::from(data[4]) << 3 | usize::from(data[5] >> 5);
        frames.push(&data[7..length]);
        data = &data[length..];
    }
    frames
}

fn video_track() -> VideoTrack {
    let config = [
        1, 0x42, 0xc0, 0x0c, 0xff, 0xe1, 0, 23, 0x67, 0x42, 0xc0, 0x0c, 0xda, 5, 6, 0x7e, 0x7c, 4,
        0x40, 0, 0, 3, 0, 0x40, 0, 0, 0x0c, 0x83, 0xc5, 0x0a, 0xa8, 1, 0, 4, 0x68, 0xce, 0x0f,
        0xc8,
    ];
    h264::video_track(Bytes::copy_from_slice(&config)).unwrap()
}

fn audio_track() -> AudioTrack {
    aac::audio_track(Bytes::from_static(&[0x11, 0x90])).unwrap()
}

fn picture(dts_ms: i64, cts_ms: i32, keyframe: bool, size: usize) -> Frame {
    let mut payload = (size as u32 + 1).to_be_bytes().to_vec();
    payload.push(if keyframe { 0x65 } else { 0x41 });
    payload.resize(size + 5, 0xab);
    Frame {
        track: TrackKind::Video,
        dts_ms,
        cts_ms,
        keyframe,
        payload: payload.into(),
    }
}

fn sound(dts_ms: i64, size: usize) -> Frame {
    let payload = Bytes::from(vec![0x21; size]);
    Frame {
        track: TrackKind::Audio,
        dts_ms,
        cts_ms: 0,
        keyframe: true,
        payload,
    }
}

fn mux(muxer: &mut Muxer, frames: &[Frame]) -> Vec<u8> {
    let mut out = Vec::new();
    muxer.start_segment(&mut out);
    for frame in frames {
        muxer.push(&mut out, frame);
    }
    muxer.finish_segment(&mut out);
    out
}

#[test]
fn the_film_comes_back_whole() {
    let mut muxer = Muxer::new(None, None).unwrap();
    let (mut video, mut audio) = (None, None);
    let mut frames = Vec::new();
    for event in film::events() {
        match event {
            MediaEvent::Track(Track::Video(track)) => video = Some(track),
            MediaEvent::Track(Track::Audio(track)) => audio = Some(track),
            MediaEvent::Frame(frame) => frames.push(frame),
        }
    }
    muxer.set_tracks(video.as_ref(), audio.as_ref()).unwrap();
    let mut reader = Reader::default();
    let mut read = Vec::new();
    for part in frames.chunks(500) {
        read.extend(reader.read(&mux(&mut muxer, part)));
    }
    assert_eq!(reader.streams, [(0x1b, VIDEO_PID), (0x0f, AUDIO_PID)]);

    let sent = |kind| frames.iter().filter(move |frame| frame.track == kind);
    let pictures: Vec<_> = read.iter().filter(|pes| pes.pid == VIDEO_PID).collect();
    assert_eq!(pictures.len(), sent(TrackKind::Video).count());
    for (pes, frame) in pictures.iter().zip(sent(TrackKind::Video)) {
        assert_eq!(pes.random_access, frame.keyframe);
        assert_eq!(pes.dts, frame.dts_ms as u64 * 90 + 63_000);
        let wanted: Vec<_> = h264::nal_units(&frame.payload, 4).collect();
        assert!(annex_b(&pes.data).ends_with(&wanted));
    }
    let heard: Vec<_> = read
        .iter()
        .filter(|pes| pes.pid == AUDIO_PID)
        .flat_map(|pes| adts(&pes.data))
        .collect();
    let wanted: Vec<_> = sent(TrackKind::Audio)
        .map(|frame| &frame.payload[..])
        .collect();
    assert_eq!(heard, wanted);
}

#[test]
fn a_keyframe_brings_delimiter_and_parameter_sets() {
    let mut muxer = Muxer::new(Some(&video_track()), None).unwrap();
    let read = Reader::default().read(&mux(
        &mut muxer,
        &[picture(0, 0, true, 9), picture(40, 0, false, 9)],
    ));
    let kinds = |pes: &Pes| {
        annex_b(&pes.data)
            .iter()
            .map(|nal| nal[0] & 31)
            .collect::<Vec<_>>()
    };
    assert_eq!(kinds(&read[0]), [9, 7, 8, 5]);
    assert_eq!(kinds(&read[1]), [9, 1]);
}

#[test]
fn presentation_times_come_after_decoding_times() {
    let mut muxer = Muxer::new(Some(&video_track()), None).unwrap();
    let read = Reader::default().read(&mux(
        &mut muxer,
        &[picture(1000, 80, true, 9), picture(1040, 0, false, 9)],
    ));
    assert_eq!(
        (read[0].clock, read[0].dts, read[0].pts),
        (Some(90_000), 153_000, 160_200)
    );
    assert_eq!((read[1].dts, read[1].pts), (156_600, 156_600));
}

#[test]
fn sound_alone_carries_the_clock() {
    let mut muxer = Muxer::new(None, Some(&audio_track())).unwrap();
    let frames: Vec<_> = (0..10).map(|at| sound(at * 21, 200)).collect();
    let mut reader = Reader::default();
    let read = reader.read(&mux(&mut muxer, &frames));
    assert_eq!(reader.streams, [(0x0f, AUDIO_PID)]);
    let counts: Vec<_> = read.iter().map(|pes| adts(&pes.data).len()).collect();
    assert_eq!(counts, [4, 4, 2]);
    assert_eq!(read[1].clock, Some(4 * 21 * 90));
    assert!(read.iter().all(|pes| pes.random_access));
}

#[test]
fn counters_go_on_over_a_change_of_tracks() {
    let mut muxer = Muxer::new(Some(&video_track()), Some(&audio_track())).unwrap();
    let mut reader = Reader::default();
    let both = [picture(0, 0, true, 500), sound(5, 100)];
    assert_eq!(reader.read(&mux(&mut muxer, &both)).len(), 2);
    muxer.set_tracks(Some(&video_track()), None).unwrap();
    let read = reader.read(&mux(&mut muxer, &both));
    assert_eq!(reader.streams, [(0x1b, VIDEO_PID)]);
    assert_eq!(read.len(), 1, "sound without a track is left out");
}

#[test]
fn time_stamps_wrap_at_33_bits() {
    let mut muxer = Muxer::new(Some(&video_track()), None).unwrap();
    let wrap_ms = (1i64 << 33) / 90 + 1;
    let mut out = Vec::new();
    muxer.start_segment(&mut out);
    muxer.push(&mut out, &picture(wrap_ms, 0, true, 1));
    let read = Reader::default().read(&out);
    assert_eq!(read[0].dts, (wrap_ms * 90 + 63_000) as u64 % (1 << 33));
    // Nonsense times are nonsense, but no panic.
    muxer.push(&mut out, &picture(i64::MAX, i32::MIN, true, 1));
    muxer.push(&mut out, &picture(i64::MIN, i32::MAX, true, 1));
}

#[test]
fn a_frame_too_long_for_adts_is_left_out() {
    let mut muxer = Muxer::new(None, Some(&audio_track())).unwrap();
    let frames = [sound(0, 8184), sound(21, 8185), sound(42, 8184)];
    let read = Reader::default().read(&mux(&mut muxer, &frames));
    assert_eq!(adts(&read[0].data).len(), 2);
}

#[test]
fn configurations_that_cannot_be_read_are_refused() {
    let mut video = video_track();
    video.config = Bytes::from_static(&[1, 2]);
    assert!(Muxer::new(Some(&video), None).is_err());
    let mut audio = audio_track();
    audio.config = Bytes::new();
    assert!(Muxer::new(None, Some(&audio)).is_err());
}

proptest! {
    // Every length of a last packet's stuffing, with and without a clock in front.
    #[test]
    fn every_size_comes_back(sizes in proptest::collection::vec((0usize..700, any::<bool>()), 1..12)) {
        let mut muxer = Muxer::new(Some(&video_track()), Some(&audio_track())).unwrap();
        let frames: Vec<_> = sizes
            .iter()
            .enumerate()
            .map(|(at, &(size, is_sound))| {
                let time = at as i64 * 20;
                if is_sound { sound(time, size) } else { picture(time, 0, at % 5 == 0, size) }
            })
            .collect();
        let read = Reader::default().read(&mux(&mut muxer, &frames));
        let pictures: Vec<_> = read.iter().filter(|pes| pes.pid == VIDEO_PID).collect();
        let sent: Vec<_> = frames.iter().filter(|frame| frame.track == TrackKind::Video).collect();
        prop_assert_eq!(pictures.len(), sent.len());
        for (pes, frame) in pictures.iter().zip(sent) {
            prop_assert_eq!(*annex_b(&pes.data).last().unwrap(), &frame.payload[4..]);
        }
        let heard = read.iter().filter(|pes| pes.pid == AUDIO_PID).flat_map(|pes| adts(&pes.data));
        let wanted = frames.iter().filter(|frame| frame.track == TrackKind::Audio);
        prop_assert!(heard.eq(wanted.map(|frame| &frame.payload[..])));
    }
}
