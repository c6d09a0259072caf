//! What readers of a tag log get.

use super::*;
use kaibo_proto::media::Codec;

fn video_track(mark: u8) -> Track {
    Track::Video(VideoTrack {
        codec: Codec::H264,
        config: Bytes::from(vec![1, 0x42, 0, mark, 0xff, 0xe0, 0]),
        width: 320,
        height: 180,
        nal_length_bytes: 4,
        codec_string: "avc1.42000a".into(),
    })
}

fn audio_track() -> Track {
    Track::Audio(AudioTrack {
        codec: Codec::Aac,
        config: Bytes::from_static(&[0x11, 0x90]),
        sample_rate: 48_000,
        channels: 2,
        codec_string: "mp4a.40.2".into(),
    })
}

fn frame(track: TrackKind, dts_ms: i64, keyframe: bool, size: usize) -> Frame {
    Frame {
        track,
        dts_ms,
        cts_ms: 0,
        keyframe,
        payload: vec![7; size].into(),
    }
}

fn tag(frame: &Frame) -> Bytes {
    flv::tag(&MediaEvent::Frame(frame.clone()), frame.dts_ms as u32)
}

/// What a batch holds, tag by tag, after its head.
fn pieces(batch: &Batch) -> Vec<Bytes> {
    let mut pieces: Vec<_> = batch.head.iter().cloned().collect();
    let mut from = batch.from;
    for block in &batch.blocks {
        for seq in from.seq..block.end() {
            let place = (seq - block.first) as usize;
            let begin = place.checked_sub(1).map_or(0, |n| block.tags[n].end);
            pieces.push(block.bytes.slice(begin..block.tags[place].end));
            from = from.after(block, seq);
        }
    }
    assert_eq!(from.seq, batch.end().seq);
    pieces
}

/// A log whose tags come when their time says.
struct Log {
    tags: TagLog,
    began: Instant,
    now_ms: i64,
}

impl Log {
    fn empty(max_bytes: usize) -> Self {
        let limits = LogLimits {
            lag: ms(3_000),
            max_bytes,
        };
        Self {
            tags: TagLog::new(limits),
            began: Instant::now(),
            now_ms: 0,
        }
    }

    fn now(&self) -> Instant {
        self.began + ms(self.now_ms as u64)
    }

    fn push_track(&mut self, track: &Track) {
        self.tags.push_track(track, self.now());
    }

    fn push_frame(&mut self, frame: Frame) {
        self.now_ms = self.now_ms.max(frame.dts_ms);
        self.tags.push_frame(frame, self.now());
    }

    /// What one call gives.
    fn read(&mut self, cursor: Option<Cursor>) -> Option<Batch> {
        let now = self.now();
        self.tags.read(cursor, now)
    }

    /// Reads so many calls at once.
    fn read_calls(&mut self, cursor: Cursor, calls: usize) -> (Cursor, Vec<Batch>) {
        let mut batches = Vec::new();
        let mut at = cursor;
        while batches.len() < calls
            && let Some(batch) = self.read(Some(at))
        {
            at = batch.end();
            batches.push(batch);
        }
        (at, batches)
    }
}

fn log(max_bytes: usize) -> Log {
    let mut log = Log::empty(max_bytes);
    log.push_track(&video_track(1));
    log.push_track(&audio_track());
    log
}

/// Pushes pictures of 100 ms, a keyframe each second, for `range` (in tenths of a second).
fn push_pictures(log: &mut Log, range: std::ops::Range<i64>) {
    for n in range {
        log.push_frame(frame(TrackKind::Video, n * 100, n % 10 == 0, 50));
    }
}

#[test]
fn nobody_starts_before_a_keyframe() {
    let mut log = log(1 << 20);
    assert!(log.read(None).is_none());
    log.push_frame(frame(TrackKind::Audio, 0, true, 9));
    log.push_frame(frame(TrackKind::Video, 10, false, 9));
    assert!(log.read(None).is_none());
    log.push_frame(frame(TrackKind::Video, 20, true, 9));
    assert!(log.read(None).is_some());
}

#[test]
fn a_new_reader_gets_header_configuration_and_the_newest_keyframe() {
    let mut log = log(1 << 20);
    push_pictures(&mut log, 0..25);
    let batch = log.read(None).unwrap();
    let mut opening = flv::flv_header(true, true).to_vec();
    for track in [video_track(1), audio_track()] {
        opening.extend_from_slice(&flv::tag(&MediaEvent::Track(track), 2_000));
    }
    let tags = pieces(&batch);
    assert_eq!(tags[0], opening);
    assert_eq!(tags[1], tag(&frame(TrackKind::Video, 2_000, true, 50)));
    assert_eq!(tags.len(), 6);
    assert_eq!(batch.skipped, None);
    assert!(log.read(Some(batch.end())).is_none(), "nothing new");
}

#[test]
fn a_reader_that_keeps_up_misses_nothing() {
    let mut log = log(1 << 20);
    push_pictures(&mut log, 0..1);
    let mut cursor = log.read(None).unwrap().end();
    for n in 1..100 {
        push_pictures(&mut log, n..n + 1);
        let batch = log.read(Some(cursor)).unwrap();
        assert_eq!(
            pieces(&batch),
            [tag(&frame(TrackKind::Video, n * 100, n % 10 == 0, 50))]
        );
        cursor = batch.end();
    }
}

#[test]
fn a_reader_too_far_behind_goes_on_at_the_newest_keyframe() {
    let mut log = log(1 << 20);
    push_pictures(&mut log, 0..1);
    let cursor = log.read(None).unwrap().end();
    push_pictures(&mut log, 1..30);
    assert!(
        log.read(Some(cursor)).unwrap().skipped.is_none(),
        "2.9 s behind is fine"
    );
    push_pictures(&mut log, 30..58);
    let batch = log.read(Some(cursor)).unwrap();
    assert_eq!(batch.skipped, Some(ms(5_000)));
    assert_eq!(
        pieces(&batch)[0],
        tag(&frame(TrackKind::Video, 5_000, true, 50)),
        "no header again"
    );
}

#[test]
fn a_skip_over_a_new_configuration_brings_it_along() {
    let mut log = log(1 << 20);
    push_pictures(&mut log, 0..1);
    let cursor = log.read(None).unwrap().end();
    push_pictures(&mut log, 1..10);
    log.push_track(&video_track(2));
    push_pictures(&mut log, 10..58);
    let batch = log.read(Some(cursor)).unwrap();
    let new = flv::tag(&MediaEvent::Track(video_track(2)), 5_000);
    assert!(batch.skipped.is_some() && pieces(&batch)[0].starts_with(&new));
}

#[test]
fn memory_is_bounded_by_time_and_by_bytes() {
    let mut log = log(1 << 20);
    push_pictures(&mut log, 0..10_000);
    let held = |log: &Log| log.tags.next() - log.tags.first();
    assert!(held(&log) <= 61, "lag, two GOPs, a block: {}", held(&log));

    let mut endless = self::log(100_000);
    for n in 0..10_000 {
        endless.push_frame(frame(TrackKind::Video, n * 40, n == 0, 1));
        assert!(endless.tags.bytes <= 100_000);
    }
    assert!(endless.read(None).is_none(), "its only keyframe is gone");
    let blocks = endless.tags.blocks.iter();
    let cost = |block: &Arc<Block>| block.bytes.len() + block.tags.len() * TAG_COST_BYTES;
    assert_eq!(blocks.map(cost).sum::<usize>(), endless.tags.bytes);
}

#[test]
fn a_reader_that_fell_off_the_log_waits_for_a_keyframe() {
    let mut log = log(20_000);
    push_pictures(&mut log, 0..1);
    let cursor = log.read(None).unwrap().end();
    for n in 1..500 {
        log.push_frame(frame(TrackKind::Video, n * 2, false, 50));
    }
    assert!(log.read(Some(cursor)).is_none());
    log.push_frame(frame(TrackKind::Video, 1_100, true, 50));
    let batch = log.read(Some(cursor)).unwrap();
    assert_eq!(batch.skipped, Some(ms(1_100)));
    assert_eq!(
        pieces(&batch),
        [tag(&frame(TrackKind::Video, 1_100, true, 50))]
    );
}

#[test]
fn sound_alone_can_be_joined_anywhere() {
    let mut log = Log::empty(1 << 20);
    log.push_track(&audio_track());
    for n in 0..200 {
        log.push_frame(frame(TrackKind::Audio, n * 20, true, 30));
    }
    let batch = log.read(None).unwrap();
    assert!(pieces(&batch)[0].starts_with(&flv::flv_header(false, true)));
    assert!(
        (2..=52).contains(&pieces(&batch).len()),
        "{} tags",
        pieces(&batch).len()
    );
}

/// Pictures of 100 ms and 10 KB each, a keyframe each ten seconds: as OBS sends unless told otherwise.
fn push_long_gops(log: &mut Log, range: std::ops::Range<i64>) {
    for n in range {
        log.push_frame(frame(TrackKind::Video, n * 100, n % 100 == 0, 10_000));
    }
}

#[test]
fn a_reader_of_the_streams_pace_never_skips_however_long_the_gop() {
    let mut log = log(32 << 20);
    push_long_gops(&mut log, 0..99);
    let first = log.read(None).unwrap();
    let mut taken = pieces(&first).len() - 1;
    let mut cursor = first.end();
    // One picture in 100 ms: it stays the 9.8 s behind that its keyframe was old.
    for n in 99..1_000 {
        push_long_gops(&mut log, n..n + 1);
        while taken <= (n - 99) as usize {
            let batch = log.read(Some(cursor)).unwrap();
            assert_eq!(batch.skipped, None, "at {n}");
            taken += pieces(&batch).len();
            cursor = batch.end();
        }
    }
    assert!(taken > 900, "{taken}");
}

#[test]
fn a_reader_slower_than_the_stream_skips_with_long_gops_too() {
    let mut log = log(32 << 20);
    push_long_gops(&mut log, 0..99);
    let mut cursor = log.read(None).unwrap().end();
    let mut skips = 0;
    // At most seven pictures in two seconds.
    for n in 99..1_000 {
        push_long_gops(&mut log, n..n + 1);
        if n % 20 == 0 {
            let (at, batches) = log.read_calls(cursor, 1);
            cursor = at;
            skips += batches.iter().filter(|b| b.skipped.is_some()).count();
        }
    }
    assert!((3..=9).contains(&skips), "{skips}");
}

#[test]
fn a_burst_of_the_publisher_makes_no_reader_skip() {
    let mut log = log(32 << 20);
    push_pictures(&mut log, 0..10);
    let mut cursor = log.read(None).unwrap().end();
    // The publisher's network hung; 8 s of media come at once.
    log.now_ms = 9_000;
    push_pictures(&mut log, 10..90);
    log.now_ms += 2_500;
    push_pictures(&mut log, 90..91);
    let (at, batches) = log.read_calls(cursor, usize::MAX);
    cursor = at;
    assert!(batches.iter().all(|batch| batch.skipped.is_none()));
    assert!(log.read(Some(cursor)).is_none(), "all was read");
}

#[test]
fn a_batch_is_small_however_much_is_ready() {
    let mut log = log(32 << 20);
    push_long_gops(&mut log, 0..99);
    let first = log.read(None).unwrap();
    let (cursor, batches) = log.read_calls(first.end(), usize::MAX);
    let mut pictures = 0;
    for batch in std::iter::once(&first).chain(&batches) {
        let bytes: usize = pieces(batch).iter().map(Bytes::len).sum();
        assert!(bytes <= BATCH_BYTES + 11_000, "{bytes}");
        pictures += pieces(batch).len();
    }
    assert_eq!(pictures, 1 + 99, "opening and every picture once");
    assert!(log.read(Some(cursor)).is_none());
}

#[test]
fn a_picture_that_stays_away_leaves_the_sound_to_be_joined() {
    let mut log = log(1 << 20);
    push_pictures(&mut log, 0..10);
    // A phone in the background: sound only, for ten minutes.
    for n in 50..30_000 {
        log.push_frame(frame(TrackKind::Audio, n * 20, true, 100));
    }
    let first = log.read(None).expect("there is sound");
    let (_, batches) = log.read_calls(first.end(), usize::MAX);
    let tags: usize = batches.iter().map(|batch| pieces(batch).len()).sum();
    assert!(
        pieces(&first).len() + tags <= 52,
        "a second of it, not minutes"
    );
    assert!(pieces(&first)[0].starts_with(&flv::flv_header(true, true)));
    log.push_frame(frame(TrackKind::Video, 600_100, true, 50));
    log.push_frame(frame(TrackKind::Audio, 602_000, true, 100));
    let picture = tag(&frame(TrackKind::Video, 600_100, true, 50));
    assert_eq!(
        pieces(&log.read(None).unwrap())[1],
        picture,
        "again a keyframe"
    );
}

#[test]
fn a_header_names_a_track_that_was_announced_after_the_keyframe() {
    let mut log = Log::empty(1 << 20);
    log.push_track(&video_track(1));
    push_pictures(&mut log, 0..1);
    log.push_track(&audio_track());
    push_pictures(&mut log, 1..5);
    let batch = log.read(None).unwrap();
    assert!(pieces(&batch)[0].starts_with(&flv::flv_header(true, true)));
}
