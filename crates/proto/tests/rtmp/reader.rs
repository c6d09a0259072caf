//! The chunk reader alone: header forms, limits, aborts, memory, every split.

use bytes::Bytes;
use kaibo_proto::rtmp::chunk::{Fields, Header, chunk_message};
use kaibo_proto::rtmp::message::{Message, kind};
use kaibo_proto::rtmp::reader::{ChunkError, ChunkLimits, ChunkReader};
use proptest::prelude::*;

use crate::peer::WIDE;

/// Everything these bytes hold, and what was left of them.
fn read_all(reader: &mut ChunkReader, mut input: &[u8]) -> (Vec<Message>, usize) {
    let mut messages = Vec::new();
    while let Some(message) = reader.read(&mut input).unwrap() {
        messages.push(message);
    }
    (messages, input.len())
}

fn message(kind: u8, timestamp: u32, payload: &[u8]) -> Message {
    Message {
        kind,
        timestamp,
        stream_id: 1,
        payload: Bytes::copy_from_slice(payload),
    }
}

fn header(csid: u32, fields: Fields) -> Vec<u8> {
    let mut out = Vec::new();
    Header { csid, fields }.write(&mut out);
    out
}

fn full(timestamp: u32, length: u32, kind: u8) -> Fields {
    Fields::Full {
        timestamp,
        length,
        kind,
        stream_id: 1,
    }
}

#[test]
fn each_header_form_takes_the_rest_from_before() {
    let wire = [
        &header(4, full(1000, 2, 8))[..],
        b"ab",
        &header(
            4,
            Fields::SameStream {
                delta: 23,
                length: 3,
                kind: 9,
            },
        ),
        b"cde",
        &header(4, Fields::SameLength { delta: 20 }),
        b"fgh",
        &header(4, Fields::Same),
        b"ijk",
    ]
    .concat();
    let (messages, left) = read_all(&mut ChunkReader::new(WIDE), &wire);
    assert_eq!(left, 0);
    assert_eq!(
        messages,
        [
            message(8, 1000, b"ab"),
            message(9, 1023, b"cde"),
            message(9, 1043, b"fgh"),
            message(9, 1063, b"ijk"),
        ]
    );
}

#[test]
fn type_3_after_type_0_moves_on_by_its_timestamp() {
    // Section 5.3.1.2.4; FFmpeg relies on it for its second frame.
    let wire = [
        &header(4, full(23, 1, 8))[..],
        b"a",
        &header(4, Fields::Same),
        b"b",
    ]
    .concat();
    let (messages, _) = read_all(&mut ChunkReader::new(WIDE), &wire);
    assert_eq!(messages, [message(8, 23, b"a"), message(8, 46, b"b")]);
}

#[test]
fn chunk_streams_keep_their_own_headers() {
    let wire = [
        &header(4, full(100, 1, 8))[..],
        b"a",
        &header(70, full(500, 1, 9)),
        b"v",
        &header(4, Fields::SameLength { delta: 5 }),
        b"b",
        &header(70, Fields::SameLength { delta: 7 }),
        b"w",
    ]
    .concat();
    let (messages, _) = read_all(&mut ChunkReader::new(WIDE), &wire);
    assert_eq!(
        messages,
        [
            message(8, 100, b"a"),
            message(9, 500, b"v"),
            message(8, 105, b"b"),
            message(9, 507, b"w"),
        ]
    );
}

#[test]
fn empty_messages_are_messages() {
    let wire = [header(4, full(1, 0, 8)), header(4, Fields::Same)].concat();
    let (messages, left) = read_all(&mut ChunkReader::new(WIDE), &wire);
    assert_eq!(left, 0);
    assert_eq!(messages, [message(8, 1, b""), message(8, 2, b"")]);
}

#[test]
fn type_1_may_open_a_chunk_stream() {
    // Some encoders open so; time and message stream are then zero.
    let wire = [
        &header(
            4,
            Fields::SameStream {
                delta: 9,
                length: 1,
                kind: 8,
            },
        )[..],
        b"a",
    ]
    .concat();
    let (messages, _) = read_all(&mut ChunkReader::new(WIDE), &wire);
    assert_eq!((messages[0].timestamp, messages[0].stream_id), (9, 0));
}

#[test]
fn types_2_and_3_may_not_open_a_chunk_stream() {
    for fields in [Fields::SameLength { delta: 9 }, Fields::Same] {
        let wire = header(4, fields);
        let outcome = ChunkReader::new(WIDE).read(&mut &wire[..]);
        assert_eq!(outcome, Err(ChunkError::NoHeader { csid: 4 }));
    }
}

#[test]
fn a_new_header_gives_up_the_unfinished_message() {
    let mut reader = ChunkReader::new(WIDE);
    let long = chunk_message(4, &message(8, 10, &[1; 300]), 128);
    let wire = [&long[..12 + 128], &header(4, full(20, 2, 8)), b"ok"].concat();
    let (messages, _) = read_all(&mut reader, &wire);
    assert_eq!(messages, [message(8, 20, b"ok")]);
    assert_eq!(reader.buffered_bytes(), 0);
}

#[test]
fn an_aborted_message_is_forgotten_and_its_header_kept() {
    let mut reader = ChunkReader::new(WIDE);
    let long = chunk_message(4, &message(8, 10, &[1; 200]), 128);
    assert_eq!(read_all(&mut reader, &long[..12 + 128]).0, []);
    assert!(reader.buffered_bytes() >= 128);
    reader.abort(4);
    reader.abort(999);
    assert_eq!(reader.buffered_bytes(), 0);
    let wire = [
        &header(4, Fields::SameLength { delta: 5 })[..],
        &[2; 128],
        b"\xc4",
        &[2; 72],
    ]
    .concat();
    let (messages, left) = read_all(&mut reader, &wire);
    assert_eq!((messages, left), (vec![message(8, 15, &[2; 200])], 0));
}

#[test]
fn a_new_chunk_size_holds_from_the_next_chunk() {
    let mut reader = ChunkReader::new(WIDE);
    let long = message(9, 10, &[7; 300]);
    let first = &chunk_message(4, &long, 128)[..12 + 128];
    assert_eq!(read_all(&mut reader, first).0, []);
    reader.set_chunk_size(4096);
    let (messages, _) = read_all(&mut reader, &[&b"\xc4"[..], &[7; 172]].concat());
    assert_eq!(messages, [long]);
}

#[test]
fn the_largest_chunk_size_reserves_nothing() {
    let mut reader = ChunkReader::new(WIDE);
    reader.set_chunk_size(0x00ff_ffff);
    let wire = header(4, full(0, 1 << 20, 9));
    assert_eq!(read_all(&mut reader, &wire).0, []);
    assert_eq!(reader.buffered_bytes(), 0);
    assert_eq!(read_all(&mut reader, &[0; 10]).0, []);
    assert!(reader.buffered_bytes() <= 20);
}

#[test]
fn a_chunk_size_of_one_works() {
    let mut reader = ChunkReader::new(WIDE);
    reader.set_chunk_size(1);
    let wire = chunk_message(4, &message(9, 10, &[7; 300]), 1);
    assert_eq!(read_all(&mut reader, &wire).0, [message(9, 10, &[7; 300])]);
}

#[test]
fn an_announced_length_over_the_limit_is_refused_at_its_header() {
    let limits = ChunkLimits {
        message: 1000,
        command: 100,
        buffered: 10_000,
        streams: 4,
    };
    let refused = |length, kind| {
        let wire = header(4, full(0, length, kind));
        ChunkReader::new(limits).read(&mut &wire[..])
    };
    assert_eq!(refused(1000, kind::VIDEO), Ok(None));
    let too_long = ChunkError::MessageTooLong {
        length: 1001,
        limit: 1000,
    };
    assert_eq!(refused(1001, kind::VIDEO), Err(too_long));
    let too_long = ChunkError::MessageTooLong {
        length: 0xff_ffff,
        limit: 1000,
    };
    assert_eq!(refused(0xff_ffff, kind::AUDIO), Err(too_long));
    for kind in [kind::COMMAND_AMF0, kind::COMMAND_AMF3] {
        assert_eq!(refused(100, kind), Ok(None));
        let too_long = ChunkError::MessageTooLong {
            length: 101,
            limit: 100,
        };
        assert_eq!(refused(101, kind), Err(too_long));
    }
}

#[test]
fn chunk_streams_are_counted() {
    let limits = ChunkLimits { streams: 4, ..WIDE };
    let mut reader = ChunkReader::new(limits);
    for csid in 10..14 {
        let wire = [&header(csid, full(0, 1, 8))[..], b"a"].concat();
        assert_eq!(read_all(&mut reader, &wire).0.len(), 1);
    }
    let again = [&header(13, full(0, 1, 8))[..], b"a"].concat();
    assert_eq!(
        read_all(&mut reader, &again).0.len(),
        1,
        "a known one is no new one"
    );
    let wire = header(14, full(0, 1, 8));
    assert_eq!(
        reader.read(&mut &wire[..]),
        Err(ChunkError::TooManyStreams { limit: 4 })
    );
}

#[test]
fn unfinished_messages_are_bounded_together() {
    let limits = ChunkLimits {
        message: 1000,
        buffered: 500,
        ..WIDE
    };
    let mut reader = ChunkReader::new(limits);
    for csid in 10..13 {
        let wire = [&header(csid, full(0, 1000, 9))[..], &[0; 128]].concat();
        assert_eq!(read_all(&mut reader, &wire).0, []);
    }
    assert!(reader.buffered_bytes() <= 1000);
    let wire = [&header(13, full(0, 1000, 9))[..], &[0; 128]].concat();
    let outcome = reader.read(&mut &wire[..]);
    assert_eq!(outcome, Err(ChunkError::TooMuchUnfinished { limit: 500 }));
}

#[test]
fn finished_messages_free_their_share() {
    let limits = ChunkLimits {
        message: 400,
        buffered: 500,
        ..WIDE
    };
    let mut reader = ChunkReader::new(limits);
    for _ in 0..100 {
        let wire = chunk_message(4, &message(9, 0, &[7; 400]), 128);
        assert_eq!(read_all(&mut reader, &wire).0.len(), 1);
        assert_eq!(reader.buffered_bytes(), 0);
    }
}

#[test]
fn new_limits_hold_from_the_next_message() {
    let narrow = ChunkLimits {
        message: 10,
        ..WIDE
    };
    let mut reader = ChunkReader::new(narrow);
    let wire = chunk_message(4, &message(9, 0, &[7; 11]), 128);
    reader.set_limits(WIDE);
    assert_eq!(read_all(&mut reader, &wire).0.len(), 1);
    reader.set_limits(narrow);
    assert!(reader.read(&mut &wire[..]).is_err());
}

#[test]
fn a_payload_has_no_spare_room_behind_it() {
    // A frame may be kept for long: what it holds must be what it weighs.
    let mut reader = ChunkReader::new(WIDE);
    let wire = chunk_message(4, &message(9, 0, &vec![7; 100_000]), 4096);
    reader.set_chunk_size(4096);
    let (messages, _) = read_all(&mut reader, &wire[..]);
    let payload = messages.into_iter().next().unwrap().payload;
    let owned = payload.try_into_mut().unwrap();
    assert_eq!(owned.capacity(), 100_000);
}

#[test]
fn half_a_header_is_left_where_it_was() {
    let wire = chunk_message(70, &message(9, 0x0100_0000, b"x"), 128);
    for end in 0..17 {
        let mut input = &wire[..end];
        assert_eq!(ChunkReader::new(WIDE).read(&mut input), Ok(None));
        assert_eq!(input.len(), end);
    }
}

/// Feeds parts, carrying over what each leaves, as the session does.
fn read_parts<'a>(parts: impl Iterator<Item = &'a [u8]>) -> Vec<Message> {
    let mut reader = ChunkReader::new(WIDE);
    let (mut messages, mut carry) = (Vec::new(), Vec::new());
    for part in parts {
        carry.extend_from_slice(part);
        let (more, left) = read_all(&mut reader, &carry);
        messages.extend(more);
        carry.drain(..carry.len() - left);
        assert!(left < 18, "more than a header left: {left}");
    }
    messages
}

proptest! {
    #[test]
    fn any_messages_in_any_split_come_out_whole(
        inputs in prop::collection::vec(
            (2_u32..400, any::<u32>(), prop::collection::vec(any::<u8>(), 0..400)), 1..12),
        part in 1_usize..40,
    ) {
        let messages: Vec<Message> =
            inputs.iter().map(|(_, time, body)| message(9, *time, body)).collect();
        let wire: Vec<u8> = inputs
            .iter()
            .zip(&messages)
            .flat_map(|((csid, ..), message)| chunk_message(*csid, message, 128))
            .collect();
        prop_assert_eq!(read_parts(wire.chunks(part)), messages);
    }

    #[test]
    fn random_bytes_never_panic(
        wire in prop::collection::vec(any::<u8>(), 0..3000),
        chunk_size in prop_oneof![1_u32..4, Just(128), Just(0x00ff_ffff)],
    ) {
        let limits = ChunkLimits { message: 5000, command: 500, buffered: 2000, streams: 8 };
        let mut reader = ChunkReader::new(limits);
        reader.set_chunk_size(chunk_size);
        let mut input = &wire[..];
        while let Ok(Some(_)) = reader.read(&mut input) {}
        prop_assert!(reader.buffered_bytes() <= 2 * 2000);
    }
}
