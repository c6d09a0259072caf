//! Extended timestamps, from encoders that repeat them in type 3 chunks and those that do not.

use bytes::Bytes;
use kaibo_proto::media::TrackKind;
use kaibo_proto::rtmp::chunk::{Fields, Header, chunk_message};
use kaibo_proto::rtmp::message::{Message, kind};
use kaibo_proto::rtmp::reader::ChunkReader;
use proptest::prelude::*;

use crate::peer::{self, Server, WIDE, keyframe, sound, times};

/// A message in chunks of 128 bytes, with the extended time left out of type 3 chunks.
fn without_repeats(csid: u8, message: &Message) -> Vec<u8> {
    let fields = Fields::Full {
        timestamp: message.timestamp,
        length: message.payload.len() as u32,
        kind: message.kind,
        stream_id: message.stream_id,
    };
    let mut out = Vec::new();
    Header {
        csid: csid.into(),
        fields,
    }
    .write(&mut out);
    out.extend(
        message
            .payload
            .chunks(128)
            .collect::<Vec<_>>()
            .join(&[0xc0 | csid][..]),
    );
    out
}

fn read_all(mut wire: &[u8]) -> Vec<Message> {
    let mut reader = ChunkReader::new(WIDE);
    let messages = std::iter::from_fn(|| reader.read(&mut wire).unwrap()).collect();
    assert_eq!(wire, b"");
    messages
}

fn message(timestamp: u32, body: Vec<u8>) -> Message {
    Message {
        kind: kind::VIDEO,
        timestamp,
        stream_id: 1,
        payload: Bytes::from(body),
    }
}

#[test]
fn pictures_past_0xffffff_ms_in_both_habits() {
    for repeats in [true, false] {
        let mut server = Server::live();
        server
            .take(&peer::video(0x00ff_fff0, peer::VIDEO_CONFIG))
            .unwrap();
        for step in 0..10 {
            let picture = message(0x00ff_fff0 + step * 7, keyframe(400));
            let wire = if repeats {
                chunk_message(6, &picture, 128).to_vec()
            } else {
                without_repeats(6, &picture)
            };
            server.take(&wire).unwrap();
        }
        let expected: Vec<_> = (0..10)
            .map(|step| (TrackKind::Video, 0x00ff_fff0 + step * 7))
            .collect();
        assert_eq!(times(&server.frames()), expected, "repeats: {repeats}");
        assert!(
            server
                .frames()
                .iter()
                .all(|frame| frame.payload.len() == 404)
        );
    }
}

#[test]
fn the_first_message_past_the_mark_is_whole() {
    for time in [0x00ff_fffe, 0x00ff_ffff, 0x0100_0000, u32::MAX] {
        let sent = message(time, vec![3; 1000]);
        let expected = std::slice::from_ref(&sent);
        assert_eq!(read_all(&chunk_message(6, &sent, 128)), expected);
        assert_eq!(read_all(&without_repeats(6, &sent)), expected);
    }
}

#[test]
fn an_extended_delta_is_repeated_as_delta_or_as_time() {
    // A first message at 1 s, then one 0x1000000 ms later, whose second chunk repeats either.
    for repeated in [0x0100_0000_u32, 0x0100_03e8] {
        let mut wire = chunk_message(6, &message(1000, vec![1; 10]), 128).to_vec();
        let fields = Fields::SameStream {
            delta: 0x0100_0000,
            length: 200,
            kind: kind::VIDEO,
        };
        Header { csid: 6, fields }.write(&mut wire);
        wire.extend([2; 128]);
        wire.push(0xc6);
        wire.extend(repeated.to_be_bytes());
        wire.extend([2; 72]);
        let expected = [
            message(1000, vec![1; 10]),
            message(0x0100_03e8, vec![2; 200]),
        ];
        assert_eq!(read_all(&wire), expected);
    }
}

#[test]
fn a_new_message_of_type_3_repeats_the_extended_delta() {
    let mut wire = Vec::new();
    let delta = 0x0100_0000_u32;
    let fields = Fields::Full {
        timestamp: 0,
        length: 2,
        kind: kind::VIDEO,
        stream_id: 1,
    };
    Header { csid: 6, fields }.write(&mut wire);
    wire.extend(b"aa");
    Header {
        csid: 6,
        fields: Fields::SameLength { delta },
    }
    .write(&mut wire);
    wire.extend(b"bb\xc6");
    wire.extend(delta.to_be_bytes());
    wire.extend(b"cc");
    let expected = [
        message(0, b"aa".into()),
        message(delta, b"bb".into()),
        message(2 * delta, b"cc".into()),
    ];
    assert_eq!(read_all(&wire), expected);
}

#[test]
fn a_short_time_ends_the_extension() {
    let mut wire = chunk_message(6, &message(0x0100_0000, vec![1; 200]), 128).to_vec();
    let fields = Fields::SameStream {
        delta: 40,
        length: 200,
        kind: kind::VIDEO,
    };
    Header { csid: 6, fields }.write(&mut wire);
    // Were the time still taken as extended, this payload would be taken for it.
    let mut body = vec![2; 128];
    body.extend(0x0100_0028_u32.to_be_bytes());
    body.resize(200, 2);
    wire.extend(&body[..128]);
    wire.push(0xc6);
    wire.extend(&body[128..]);
    let expected = [
        message(0x0100_0000, vec![1; 200]),
        message(0x0100_0028, body),
    ];
    assert_eq!(read_all(&wire), expected);
}

#[test]
fn payload_that_begins_like_the_time_is_kept_payload() {
    // Three of four bytes agree: no repeat. The encoder leaves the time out.
    let time = 0x0102_0304_u32;
    let mut body = vec![9; 128];
    body.extend([1, 2, 3, 9, 9]);
    let sent = message(time, body);
    let wire = without_repeats(6, &sent);
    assert_eq!(read_all(&wire), std::slice::from_ref(&sent));
    let mut reader = ChunkReader::new(WIDE);
    let (mut seen, mut carry) = (Vec::new(), Vec::new());
    for byte in wire {
        carry.push(byte);
        let mut input = &carry[..];
        seen.extend(reader.read(&mut input).unwrap());
        carry = input.to_vec();
    }
    assert_eq!(seen, [sent]);
}

#[test]
fn time_goes_on_over_the_32_bit_wrap() {
    let mut server = Server::live();
    server
        .take(&peer::audio(u32::MAX - 20, peer::AUDIO_CONFIG))
        .unwrap();
    for step in 0..4_u32 {
        let time = (u32::MAX - 20).wrapping_add(step * 23);
        server.take(&peer::audio(time, &sound(20))).unwrap();
    }
    let start = i64::from(u32::MAX) - 20;
    let expected: Vec<_> = (0..4)
        .map(|step| (TrackKind::Audio, start + step * 23))
        .collect();
    assert_eq!(times(&server.frames()), expected);
}

#[test]
fn sound_and_picture_wrap_together() {
    let mut server = Server::live();
    server
        .take(&peer::audio(u32::MAX - 5, peer::AUDIO_CONFIG))
        .unwrap();
    server
        .take(&peer::video(u32::MAX - 5, peer::VIDEO_CONFIG))
        .unwrap();
    server.take(&peer::video(4, &keyframe(10))).unwrap();
    server.take(&peer::audio(u32::MAX, &sound(10))).unwrap();
    server.take(&peer::audio(22, &sound(10))).unwrap();
    let wrap = 1_i64 << 32;
    assert_eq!(
        times(&server.frames()),
        [
            (TrackKind::Video, wrap + 4),
            (TrackKind::Audio, wrap - 1),
            (TrackKind::Audio, wrap + 22),
        ]
    );
}

proptest! {
    #[test]
    fn both_habits_read_alike_at_any_time_and_length(
        time in prop_oneof![0x00ff_ff00_u32..0x0100_0100, any::<u32>()],
        length in 0_usize..700,
        fill in any::<u8>(),
    ) {
        // A payload made of one byte can look like the time only if the time is made of it too.
        prop_assume!(time != u32::from_be_bytes([fill; 4]));
        let sent = message(time, vec![fill; length]);
        let again = message(1, b"next".to_vec());
        let next = chunk_message(6, &again, 128);
        let repeats = [&chunk_message(6, &sent, 128)[..], &next].concat();
        prop_assert_eq!(read_all(&repeats), [sent.clone(), again.clone()]);
        let silent = [&without_repeats(6, &sent)[..], &next].concat();
        prop_assert_eq!(read_all(&silent), [sent, again]);
    }
}
