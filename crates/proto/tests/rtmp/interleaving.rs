//! Messages of several chunk streams cut into each other, as hardware encoders send them.

use bytes::Bytes;
use kaibo_proto::media::TrackKind;
use kaibo_proto::rtmp::chunk::chunk_message;
use kaibo_proto::rtmp::message::{Message, kind};
use kaibo_proto::rtmp::reader::ChunkReader;
use proptest::prelude::*;

use crate::peer::{self, Server, WIDE, keyframe, sound, times};

/// The chunks of a message, each for itself.
fn chunks(csid: u32, message: &Message, chunk_size: usize) -> Vec<Vec<u8>> {
    let wire = chunk_message(csid, message, chunk_size);
    let mut header = 11 + basic_length(csid);
    let mut extended = 0;
    if message.timestamp >= 0x00ff_ffff {
        (header, extended) = (header + 4, 4);
    }
    let mut out = Vec::new();
    let mut at = 0;
    let mut left = message.payload.len();
    loop {
        let body = left.min(chunk_size);
        out.push(wire[at..at + header + body].to_vec());
        at += header + body;
        left -= body;
        if left == 0 {
            assert_eq!(at, wire.len());
            return out;
        }
        header = basic_length(csid) + extended;
    }
}

fn basic_length(csid: u32) -> usize {
    match csid {
        0..=63 => 1,
        64..=319 => 2,
        _ => 3,
    }
}

fn message(kind: u8, timestamp: u32, body: Vec<u8>) -> Message {
    Message {
        kind,
        timestamp,
        stream_id: 1,
        payload: Bytes::from(body),
    }
}

#[test]
fn sound_between_two_chunks_of_a_picture() {
    let mut server = Server::live();
    server.take(&peer::video(0, peer::VIDEO_CONFIG)).unwrap();
    server.take(&peer::audio(0, peer::AUDIO_CONFIG)).unwrap();
    let picture = chunks(6, &message(kind::VIDEO, 40, keyframe(191)), 128);
    let tone = chunks(4, &message(kind::AUDIO, 23, sound(8)), 128);
    assert_eq!((picture.len(), tone.len()), (2, 1));
    server
        .take(&[&picture[0][..], &tone[0], &picture[1]].concat())
        .unwrap();
    let frames = server.frames();
    assert_eq!(
        times(&frames),
        [(TrackKind::Audio, 23), (TrackKind::Video, 40)]
    );
    assert_eq!(frames[0].payload.len(), 8);
    assert_eq!(frames[1].payload.len(), 195);
}

#[test]
fn a_ping_between_two_chunks_of_a_picture_is_answered() {
    use kaibo_proto::rtmp::message::Control;
    let mut server = Server::live();
    server.take(&peer::video(0, peer::VIDEO_CONFIG)).unwrap();
    let picture = chunks(6, &message(kind::VIDEO, 40, keyframe(191)), 128);
    server
        .take(
            &[
                &picture[0][..],
                &peer::control(Control::Ping(7)),
                &picture[1],
            ]
            .concat(),
        )
        .unwrap();
    assert_eq!(server.frames().len(), 1);
    assert_eq!(server.messages(), [Control::Pong(7).message()]);
}

#[test]
fn a_chunk_size_told_between_two_chunks_of_a_picture() {
    use kaibo_proto::rtmp::message::Control;
    let mut server = Server::live();
    server.take(&peer::video(0, peer::VIDEO_CONFIG)).unwrap();
    let body = keyframe(591);
    let picture = chunks(6, &message(kind::VIDEO, 40, body.clone()), 128);
    server
        .take(&[&picture[0][..], &peer::control(Control::SetChunkSize(1000))].concat())
        .unwrap();
    server.take(&[&b"\xc6"[..], &body[128..]].concat()).unwrap();
    assert_eq!(server.frames()[0].payload.len(), 595);
}

#[test]
fn an_abort_between_two_chunks_drops_that_picture_only() {
    use kaibo_proto::rtmp::message::Control;
    let mut server = Server::live();
    server.take(&peer::video(0, peer::VIDEO_CONFIG)).unwrap();
    let picture = chunks(6, &message(kind::VIDEO, 40, keyframe(191)), 128);
    server
        .take(&[&picture[0][..], &peer::control(Control::Abort(6))].concat())
        .unwrap();
    assert_eq!(server.session.buffered_bytes(), 0);
    server.take(&peer::video(80, &keyframe(300))).unwrap();
    assert_eq!(times(&server.frames()), [(TrackKind::Video, 80)]);
}

proptest! {
    #[test]
    fn any_interleaving_gives_whole_messages(
        lengths in prop::collection::vec(0_usize..900, 2..6),
        order in prop::collection::vec(0_usize..6, 0..60),
        chunk_size in 1_usize..200,
        late in any::<bool>(),
    ) {
        // One message on each chunk stream; `order` picks which sends its next chunk.
        let base = if late { 0x00ff_fff0 } else { 1000 };
        let messages: Vec<(u32, Message)> = lengths
            .iter()
            .enumerate()
            .map(|(index, length)| {
                let body = vec![index as u8; *length];
                (60 + 130 * index as u32, message(9, base + 10 * index as u32, body))
            })
            .collect();
        let mut queues: Vec<std::collections::VecDeque<Vec<u8>>> =
            messages.iter().map(|(csid, message)| chunks(*csid, message, chunk_size).into()).collect();
        let mut wire = Vec::new();
        let count = queues.len();
        for pick in order {
            wire.extend(queues[pick % count].pop_front().unwrap_or_default());
        }
        for queue in &mut queues {
            wire.extend(queue.drain(..).flatten());
        }
        let mut reader = ChunkReader::new(WIDE);
        reader.set_chunk_size(chunk_size as u32);
        let mut input = &wire[..];
        let mut seen = Vec::new();
        while let Some(message) = reader.read(&mut input).unwrap() {
            seen.push(message);
        }
        prop_assert_eq!(input.len(), 0);
        seen.sort_by_key(|message| message.timestamp);
        let sent: Vec<Message> = messages.into_iter().map(|(_, message)| message).collect();
        prop_assert_eq!(seen, sent);
    }
}
