//! Bad input: oversized, truncated, random. Never a panic, never past the memory bound.

use bytes::Bytes;
use kaibo_proto::amf0::{Amf0Error, Value};
use kaibo_proto::rtmp::chunk::{Fields, Header, chunk_message};
use kaibo_proto::rtmp::message::{Control, Message, kind};
use kaibo_proto::rtmp::reader::ChunkError;
use kaibo_proto::rtmp::server::ServerSession;
use kaibo_proto::rtmp::{Limits, SessionError};
use proptest::prelude::*;

use crate::peer::{self, SEED, Server, command, connect, control, plain_hello, publish};

/// What one connection may hold before its key was accepted.
const BEFORE_KEY: usize = 1024 * 1024;

fn connected() -> Server {
    let mut server = Server::new();
    server.take(&plain_hello()).unwrap();
    server.take(&connect("live")).unwrap();
    server
}

fn header(csid: u32, length: u32, kind: u8) -> Vec<u8> {
    let mut out = Vec::new();
    let fields = Fields::Full {
        timestamp: 0,
        length,
        kind,
        stream_id: 1,
    };
    Header { csid, fields }.write(&mut out);
    out
}

#[test]
fn other_protocols_are_refused_at_once() {
    for hello in [
        &b"GET / HTTP/1.1\r\n"[..],
        b"\x16\x03\x01",
        b"SSH-2.0",
        b"\x06",
    ] {
        let mut server = Server::new();
        assert!(matches!(
            server.take(hello),
            Err(SessionError::Handshake(_))
        ));
    }
}

#[test]
fn no_more_than_the_budget_is_read_before_a_publish() {
    let limits = Limits::default();
    let mut server = connected();
    let ping = peer::media(5, kind::DATA_AMF0, 0, 0, &[0; 1000]);
    let mut outcome = Ok(());
    let mut sent = 0;
    while outcome.is_ok() {
        outcome = server.take(&ping);
        sent += ping.len() as u64;
        assert!(sent <= limits.bytes_before_publish);
    }
    let limit = limits.bytes_before_publish;
    assert_eq!(outcome, Err(SessionError::TooMuchBeforePublish { limit }));
}

#[test]
fn a_question_alone_lifts_no_limit() {
    let mut server = connected();
    let question = publish("name");
    server.take(&[&question[..], &[0; 3000]].concat()).unwrap();
    let limit = Limits::default().bytes_before_publish;
    let outcome = server.take(&vec![0; limit as usize]);
    assert_eq!(outcome, Err(SessionError::TooMuchBeforePublish { limit }));
    assert!(server.session.buffered_bytes() <= BEFORE_KEY);
    let outcome = connected().take(&header(6, 64 * 1024 + 1, kind::VIDEO));
    let too_long = ChunkError::MessageTooLong {
        length: 64 * 1024 + 1,
        limit: 64 * 1024,
    };
    assert_eq!(outcome, Err(SessionError::Chunk(too_long)));
}

#[test]
fn an_accepted_publish_lifts_the_limits_to_a_pictures_size() {
    let mut server = Server::live();
    let limit = 4 * 1024 * 1024;
    server.take(&header(6, limit, kind::VIDEO)).unwrap();
    assert!(
        server.session.buffered_bytes() < 1024,
        "nothing is taken on the word of a header"
    );
    let outcome = server.take(&header(6, limit + 1, kind::VIDEO));
    // The first picture is unfinished: its body is what came.
    assert_eq!(outcome, Ok(()));
    let mut server = Server::live();
    let outcome = server.take(&header(6, limit + 1, kind::VIDEO));
    let too_long = ChunkError::MessageTooLong {
        length: limit + 1,
        limit,
    };
    assert_eq!(outcome, Err(SessionError::Chunk(too_long)));
}

#[test]
fn sixteen_mebibytes_announced_cost_nothing() {
    let mut server = connected();
    assert!(server.take(&header(6, 0x00ff_ffff, kind::VIDEO)).is_err());
    assert!(server.session.buffered_bytes() < 8 * 1024);
}

#[test]
fn long_commands_are_refused_even_after_the_publish() {
    let mut server = Server::live();
    let outcome = server.take(&header(3, 32 * 1024 + 1, kind::COMMAND_AMF0));
    assert!(matches!(
        outcome,
        Err(SessionError::Chunk(ChunkError::MessageTooLong { .. }))
    ));
}

#[test]
fn too_many_chunk_streams_are_refused() {
    let mut server = connected();
    let mut outcome = Ok(());
    for csid in 10..200 {
        outcome = server.take(&[&header(csid, 100, kind::DATA_AMF0)[..], &[0; 100]].concat());
        if outcome.is_err() {
            break;
        }
    }
    assert_eq!(
        outcome,
        Err(SessionError::Chunk(ChunkError::TooManyStreams {
            limit: 64
        }))
    );
}

#[test]
fn unfinished_messages_on_every_chunk_stream_stay_in_bounds() {
    let mut server = connected();
    let wide = control(Control::SetChunkSize(0x7fff_ffff));
    server.take(&wide).unwrap();
    let mut most = 0;
    for csid in 10..74 {
        // Each announces the most, and gives all but one byte of a share.
        let part = [&header(csid, 60_000, kind::VIDEO)[..], &vec![0; 8000]].concat();
        let aborted = server.take(&part).is_err();
        most = most.max(server.session.buffered_bytes());
        if aborted {
            break;
        }
    }
    assert!(most <= BEFORE_KEY, "{most}");
}

#[test]
fn deep_amf0_is_refused() {
    let mut server = connected();
    let mut body = b"\x02\0\x07connect\0\x3f\xf0\0\0\0\0\0\0".to_vec();
    body.extend(b"\x03\0\x01a".repeat(5000));
    let wire = peer::media(3, kind::COMMAND_AMF0, 0, 0, &body);
    assert_eq!(
        server.take(&wire),
        Err(SessionError::Command(Amf0Error::TooDeep))
    );
}

#[test]
fn who_asks_and_never_reads_is_cut() {
    let mut session = ServerSession::new(Limits::default(), SEED);
    session.handle_input(&plain_hello()).unwrap();
    session.handle_input(&connect("live")).unwrap();
    let ping = control(Control::Ping(1));
    let outcome = (0..20_000).find_map(|_| session.handle_input(&ping).err());
    let limit = Limits::default().unsent;
    assert_eq!(outcome, Some(SessionError::TooMuchUnsent { limit }));
    assert!(session.buffered_bytes() <= 2 * limit);
}

#[test]
fn pings_in_one_read_are_cut_too() {
    let mut session = ServerSession::new(Limits::default(), SEED);
    session.handle_input(&plain_hello()).unwrap();
    session.handle_input(&connect("live")).unwrap();
    let flood = control(Control::Ping(1)).repeat(10_000);
    assert!(matches!(
        session.handle_input(&flood),
        Err(SessionError::TooMuchUnsent { .. })
    ));
    assert!(session.buffered_bytes() <= 2 * Limits::default().unsent);
}

#[test]
fn a_stream_of_one_byte_chunks_is_read_in_bounds() {
    let mut server = Server::live();
    server.take(&control(Control::SetChunkSize(1))).unwrap();
    let payload = Bytes::from(peer::keyframe(50_000));
    let message = Message {
        kind: kind::VIDEO,
        timestamp: 0,
        stream_id: 1,
        payload,
    };
    server.take(&control(Control::Ping(1))[..12]).unwrap();
    let rest = control(Control::Ping(1))[12..]
        .iter()
        .flat_map(|byte| [*byte, 0xc2])
        .collect::<Vec<_>>();
    server.take(&rest[..rest.len() - 1]).unwrap();
    assert_eq!(server.messages(), [Control::Pong(1).message()]);
    server.take(&chunk_message(6, &message, 1)).unwrap();
    assert_eq!(server.session.buffered_bytes(), 0);
}

#[test]
fn errors_never_repeat_what_the_peer_sent() {
    let mut server = connected();
    let error = server
        .take(&command("connect", 1.0, &[Value::text("txSecret=hush")], 0))
        .unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hush"));
}

/// A whole publish with media, in the plain handshake.
fn session_bytes() -> Vec<u8> {
    [
        plain_hello(),
        connect("live"),
        command("createStream", 4.0, &[Value::Null], 0),
        publish("name?key=1"),
        control(Control::SetChunkSize(1000)),
        peer::video(0, peer::VIDEO_CONFIG),
        peer::audio(0, peer::AUDIO_CONFIG),
        peer::video(40, &peer::keyframe(90)),
        peer::audio(46, &peer::sound(40)),
        command("deleteStream", 7.0, &[Value::Null, Value::Number(1.0)], 0),
    ]
    .concat()
}

/// Feeds until an error, answering yes; gives the most memory held before and after the yes.
fn feed(input: &[u8], part: usize) -> (usize, usize) {
    use kaibo_proto::rtmp::server::ServerEvent;
    let mut session = ServerSession::new(Limits::default(), SEED);
    let (mut before, mut after) = (0, 0);
    let mut accepted = false;
    for bytes in input.chunks(part) {
        let outcome = session.handle_input(bytes);
        let most = if accepted { &mut after } else { &mut before };
        *most = (*most).max(session.buffered_bytes());
        while let Some(event) = session.poll_event() {
            if matches!(event, ServerEvent::PublishRequested(_)) {
                session.accept_publish();
                accepted = true;
            }
        }
        while session.poll_transmit().is_some() {}
        if outcome.is_err() {
            break;
        }
    }
    (before, after)
}

#[test]
fn every_truncation_is_quiet() {
    let whole = session_bytes();
    for end in 3070..whole.len() {
        let (before, after) = feed(&whole[..end], 4096);
        assert!(before <= BEFORE_KEY && after <= BEFORE_KEY);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn random_bytes_from_the_start(
        input in prop::collection::vec(any::<u8>(), 0..5000),
        part in 1_usize..5000,
    ) {
        let mut input = input;
        if let Some(first) = input.first_mut() {
            *first = 3;
        }
        prop_assert!(feed(&input, part).0 <= BEFORE_KEY);
    }

    #[test]
    fn random_bytes_after_the_handshake(
        noise in prop::collection::vec(any::<u8>(), 0..6000),
        connects in any::<bool>(),
        part in 1_usize..3000,
    ) {
        let opening = if connects { connect("live") } else { Vec::new() };
        let input = [plain_hello(), opening, noise].concat();
        prop_assert!(feed(&input, part).0 <= BEFORE_KEY);
    }

    #[test]
    fn flipped_bytes_in_a_good_session(
        flips in prop::collection::vec((3073_usize..4200, any::<u8>()), 1..12),
        part in 1_usize..3000,
    ) {
        let mut input = session_bytes();
        for (at, value) in flips {
            let at = at.min(input.len() - 1);
            input[at] = value;
        }
        let (before, after) = feed(&input, part);
        prop_assert!(before <= BEFORE_KEY);
        prop_assert!(after <= 2 * Limits::default().buffered);
    }

    #[test]
    fn valid_messages_in_any_order(order in prop::collection::vec(0_usize..14, 0..60)) {
        let messages = [
            connect("live"),
            command("createStream", 4.0, &[Value::Null], 0),
            publish("name?key=1"),
            publish(""),
            command("play", 5.0, &[Value::Null, Value::text("name")], 1),
            command("FCUnpublish", 6.0, &[Value::Null, Value::text("name")], 0),
            command("deleteStream", 7.0, &[Value::Null, Value::Number(1.0)], 0),
            control(Control::SetChunkSize(4096)),
            control(Control::WindowAckSize(1)),
            control(Control::Abort(6)),
            peer::video(0, peer::VIDEO_CONFIG),
            peer::video(40, &peer::keyframe(90)),
            peer::audio(0, peer::AUDIO_CONFIG),
            peer::media(4, kind::AGGREGATE, 0, 1, b""),
        ];
        let mut input = plain_hello();
        for index in order {
            input.extend_from_slice(&messages[index]);
        }
        let (before, after) = feed(&input, 700);
        prop_assert!(before <= BEFORE_KEY && after <= BEFORE_KEY);
    }
}
