//! Whole FLV files, and what their frames become: FLV again, and HLS.

use bytes::Bytes;
use kaibo_proto::flv::{Reader, flv_header, tag};
use kaibo_proto::hls::{Cutting, Packager, PackagerConfig, Playlist};
use kaibo_proto::media::MediaEvent;

use super::film;
use crate::engine::Target;
use crate::mutation;
use crate::random::Random;

/// See the module.
pub const TARGET: Target = Target {
    name: "flv",
    check,
    seeds,
    mutate,
};

/// Starts of tag bodies: each codec by its number, the enhanced ones by name.
const WORDS: &[&[u8]] = &[
    b"\x17\x01\x00\x00\x00",
    b"\x27\x01\xff\xff\xff",
    b"\x17\x02\x00\x00\x00",
    b"\x90hvc1",
    b"\x57",
    b"\xaf\x01",
    b"\xaf\x00\x12\x10",
    b"\x2f",
    b"\x90mp4a",
];
/// Bytes of a tag's header.
const HEADER: usize = 11;

/// The film's first tags, the same with one track only, and short frames without sense.
fn seeds() -> Vec<Vec<u8>> {
    let events = film();
    let file = |wanted: &dyn Fn(usize, &MediaEvent) -> bool| {
        let mut out = flv_header(true, true).to_vec();
        for (index, event) in events.iter().enumerate() {
            if wanted(index, event) {
                out.extend_from_slice(&tag(event, time(event, index)));
            }
        }
        out
    };
    let small = |event: &MediaEvent| match event {
        MediaEvent::Frame(frame) => frame.payload.len() < 600,
        MediaEvent::Track(_) => true,
    };
    vec![
        file(&|index, _| index < 12),
        file(&|_, event| small(event)),
        file(&|index, event| small(event) && index % 2 == 0),
    ]
}

fn time(event: &MediaEvent, index: usize) -> u32 {
    match event {
        MediaEvent::Frame(frame) => frame.dts_ms as u32,
        MediaEvent::Track(_) => index as u32,
    }
}

/// The file header, then its tags with their sizes behind; what is no whole tag comes last.
fn tags(file: &[u8]) -> Vec<Vec<u8>> {
    let (header, mut rest) = file.split_at(file.len().min(13));
    let mut tags = vec![header.to_vec()];
    while let Some([_, a, b, c]) = rest.first_chunk::<4>() {
        let length = HEADER + 4 + u32::from_be_bytes([0, *a, *b, *c]) as usize;
        let Some((tag, after)) = rest.split_at_checked(length) else {
            break;
        };
        tags.push(tag.to_vec());
        rest = after;
    }
    tags.push(rest.to_vec());
    tags
}

fn mutate(random: &mut Random, pool: &[Vec<u8>]) -> Vec<u8> {
    let mut tags = tags(random.pick::<Vec<u8>>(pool));
    for _ in 0..mutation::changes(random) {
        let at = random.below(tags.len());
        let other = random.below(tags.len());
        match random.below(10) {
            0 => tags.swap(at, other),
            1 if tags.len() < 80 => tags.insert(at, tags[other].clone()),
            2 if tags.len() > 2 => drop(tags.remove(at)),
            3 | 4 if tags[at].len() > HEADER + 4 => {
                let word = WORDS[random.below(WORDS.len())];
                let end = tags[at].len().min(HEADER + word.len());
                tags[at][HEADER..end].copy_from_slice(&word[..end - HEADER]);
            }
            5 | 6 if tags[at].len() >= HEADER => {
                let time = mutation::number(random).to_be_bytes();
                tags[at][4..8].copy_from_slice(&time);
            }
            7 if tags[at].len() > HEADER + 5 => {
                let place = HEADER + random.below(6);
                tags[at][place] = random.bits() as u8;
            }
            8 => resize(random, &mut tags[at]),
            _ => mutation::change(random, &mut tags[at], pool, WORDS),
        }
    }
    let mut file = tags.concat();
    file.truncate(128 * 1024);
    file
}

/// Makes a tag's body shorter or longer and its header agree.
fn resize(random: &mut Random, tag: &mut Vec<u8>) {
    if tag.len() < HEADER + 4 {
        return;
    }
    let length = random.small(tag.len());
    tag.truncate(HEADER);
    tag.resize(HEADER + length, 0x41);
    tag[1..4].copy_from_slice(&(length as u32).to_be_bytes()[1..]);
    tag.extend_from_slice(&[0; 4]);
}

fn check(input: &[u8]) {
    let Ok(mut reader) = Reader::new(Bytes::copy_from_slice(input)) else {
        return;
    };
    let mut events = Vec::new();
    for event in &mut reader {
        match event {
            Ok(event) => events.push(event),
            Err(_) => break,
        }
    }
    assert!(events.len() <= input.len() / (HEADER + 4));
    check_again(&events);
    check_hls(&events, Random::of(input).one_in(2));
}

/// Demux of mux of the events gives them again.
fn check_again(events: &[MediaEvent]) {
    let mut file = flv_header(true, true).to_vec();
    for event in events {
        file.extend_from_slice(&tag(event, time(event, 0)));
    }
    let again: Result<Vec<_>, _> = Reader::new(file.into()).expect("our header").collect();
    assert!(
        again.as_deref() == Ok(events),
        "written and read is not the same"
    );
}

/// A packager takes whatever a demuxer gives, within its bound of memory.
fn check_hls(events: &[MediaEvent], mpegts: bool) {
    let config = PackagerConfig {
        cutting: Cutting {
            target_ms: 500,
            max_ms: 2_000,
            max_bytes: 20_000,
        },
        window: 3,
        max_bytes: 100_000,
        mpegts,
    };
    let mut packager = Packager::new(config, 1);
    for event in events {
        packager.push(event, 1_700_000_000_000);
    }
    packager.end();
    for playlist in [
        Playlist::Index,
        Playlist::Video,
        Playlist::Audio,
        Playlist::Ts,
    ] {
        let Some(text) = packager.playlist(playlist, "") else {
            continue;
        };
        assert!(text.starts_with("#EXTM3U\n"));
        if playlist == Playlist::Index {
            continue;
        }
        let mut is_gap = false;
        for line in text.lines() {
            if line.starts_with('#') {
                is_gap |= line == "#EXT-X-GAP";
            } else {
                // What was not sent for a while has no file.
                let listed = packager.file(line).is_some();
                assert_eq!(listed, !is_gap, "{line} is listed");
                is_gap = false;
            }
        }
    }
}
