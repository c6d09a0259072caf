//! The chunk layer and the messages inside, without a session around them.

use kaibo_proto::rtmp::chunk::{Header, chunk_message};
use kaibo_proto::rtmp::command::Command;
use kaibo_proto::rtmp::handshake::PACKET;
use kaibo_proto::rtmp::message::{Control, MAX_AGGREGATED, Message, kind, split_aggregate};
use kaibo_proto::rtmp::reader::{ChunkError, ChunkLimits, ChunkReader};

use super::{pieces, rtmp_server};
use crate::engine::Target;
use crate::random::Random;
use crate::script;

/// See the module.
pub const TARGET: Target = Target {
    name: "rtmp_chunks",
    check,
    seeds,
    mutate: |random, pool| script::mutate(random, pool, false),
};

const LIMITS: ChunkLimits = ChunkLimits {
    message: 48 * 1024,
    command: 4096,
    buffered: 20_000,
    streams: 8,
};

/// Limits that a few unfinished messages reach.
const TIGHT: ChunkLimits = ChunkLimits {
    message: 2100,
    command: 512,
    buffered: 3000,
    streams: 12,
};

/// The recordings behind their handshakes, extended times, and an aggregate of two sounds.
fn seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<_> = (rtmp_server::TARGET.seeds)()
        .iter()
        .map(|recording| recording[1 + 2 * PACKET..][..20_000].to_vec())
        .collect();
    let sound =
        |size: u8, time| [&[8, 0, 0, size, 0, 0, time, 0, 0, 0, 0][..], &[0xaf; 9]].concat();
    let parts = [
        sound(9, 5),
        vec![0, 0, 0, 20],
        sound(9, 28),
        vec![0, 0, 0, 20],
    ]
    .concat();
    for (kind, timestamp, payload) in [
        (kind::AGGREGATE, 100, parts),
        (kind::VIDEO, 0xff_ffff, vec![0x17; 700]),
        (kind::AUDIO, 0xffff_fff0, vec![0xaf; 300]),
    ] {
        let message = Message {
            kind,
            timestamp,
            stream_id: 1,
            payload: payload.into(),
        };
        let again = chunk_message(70, &message, 128);
        seeds.push([&chunk_message(400, &message, 128)[..], &again, &again].concat());
    }
    seeds
}

/// All messages, the error that ended them if any, and what was left unread.
fn read(pieces: &[&[u8]], limits: ChunkLimits) -> (Vec<Message>, Option<ChunkError>) {
    let mut reader = ChunkReader::new(limits);
    let mut messages = Vec::new();
    let mut carry = Vec::new();
    for piece in pieces {
        carry.extend_from_slice(piece);
        let mut rest = &carry[..];
        loop {
            match reader.read(&mut rest) {
                Ok(Some(message)) => {
                    obey(&mut reader, &message);
                    messages.push(message);
                }
                Ok(None) => break,
                Err(error) => return (messages, Some(error)),
            }
        }
        assert!(rest.len() < 19, "{} bytes are no header yet", rest.len());
        let held = reader.buffered_bytes();
        assert!(held <= 2 * limits.buffered, "{held} bytes held");
        carry = rest.to_vec();
    }
    (messages, None)
}

fn obey(reader: &mut ChunkReader, message: &Message) {
    match Control::read(message.kind, &message.payload) {
        Some(Control::SetChunkSize(size)) => reader.set_chunk_size(size),
        Some(Control::Abort(csid)) => reader.abort(csid),
        _ => {}
    }
}

fn check(input: &[u8]) {
    check_header(input);
    let pieces = pieces(input);
    let whole = read(&[input], LIMITS);
    assert!(read(&pieces, LIMITS) == whole, "pieces change messages");
    let tight = read(&[input], TIGHT);
    assert!(read(&pieces, TIGHT) == tight, "pieces change messages");
    let mut random = Random::of(input);
    for message in &whole.0 {
        check_message(message, &mut random);
    }
}

fn check_header(input: &[u8]) {
    let Some((header, length, extended)) = Header::parse(input) else {
        assert!(input.len() < 18, "a header has at most 18 bytes");
        return;
    };
    let mut written = Vec::new();
    header.write(&mut written);
    let (again, again_length, _) = Header::parse(&written).expect("what we write is whole");
    assert_eq!((again, again_length), (header, written.len()));
    assert!(written.len() <= length, "ours is the shortest spelling");
    assert!(!extended || length >= 8);
}

/// What we write of a message is read as the same message.
fn check_message(message: &Message, random: &mut Random) {
    let size = *random.pick(&[1, 128, 4096, 100_000]);
    let csid = *random.pick(&[2, 63, 64, 319, 320, 65_599]);
    let bytes = chunk_message(csid, message, size);
    let mut reader = ChunkReader::new(ChunkLimits {
        buffered: LIMITS.message as usize,
        ..LIMITS
    });
    reader.set_chunk_size(size as u32);
    let mut rest = &bytes[..];
    let read = reader.read(&mut rest).expect("within its limits");
    assert!(
        read.as_ref() == Some(message) && rest.is_empty(),
        "{message:?} in {size}"
    );

    if let Some(control) = Control::read(message.kind, &message.payload) {
        let written = control.message();
        assert_eq!(Control::read(written.kind, &written.payload), Some(control));
    }
    if let Ok(command) = Command::read(message) {
        let written = command.message(message.stream_id);
        let again = Command::read(&written).expect("what we write is a command");
        // Not compared as values: a number may be none at all, and that equals nothing.
        assert!(again.message(message.stream_id) == written);
        assert_eq!(again.arguments.len(), command.arguments.len());
    }
    if let Some(parts) = split_aggregate(message) {
        let held: usize = parts.iter().map(|part| part.payload.len() + 11).sum();
        assert!(held <= message.payload.len() && parts.len() <= MAX_AGGREGATED);
        assert!(
            parts
                .first()
                .is_none_or(|first| first.timestamp == message.timestamp)
        );
    }
}
