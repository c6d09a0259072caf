//! The server's side of a publish, fed with mutated recordings of real encoders.

use kaibo_proto::rtmp::server::{ServerEvent, ServerSession};
use kaibo_proto::rtmp::{Limits, SessionError};

use super::pieces;
use crate::engine::Target;
use crate::script;

/// See the module.
pub const TARGET: Target = Target {
    name: "rtmp_server",
    check,
    seeds,
    mutate: |random, pool| script::mutate(random, pool, true),
};

/// Longest answer to one message, in bytes: the handshake's.
const LONGEST_ANSWER: usize = 3073;

/// Limits so low that inputs of some kilobytes reach them.
fn tight() -> Limits {
    Limits {
        bytes_before_publish: 12 * 1024,
        message_before_publish: 2048,
        message: 4096,
        buffered_before_publish: 3000,
        buffered: 6000,
        command: 1024,
        chunk_streams: 5,
        unsent: 4096,
        message_streams: 2,
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let recordings: [&[u8]; 5] = [
        include_bytes!("../../../crates/proto/tests/recordings/ffmpeg.bin"),
        include_bytes!("../../../crates/proto/tests/recordings/gstreamer-rtmp2sink.bin"),
        include_bytes!("../../../crates/proto/tests/recordings/gstreamer-rtmpsink.bin"),
        include_bytes!("../../../crates/proto/tests/recordings/obs-shaped.bin"),
        include_bytes!("../../../crates/proto/tests/recordings/obs-studio.bin"),
    ];
    recordings.map(<[u8]>::to_vec).to_vec()
}

/// What an owner does with a publish request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    Accept,
    Reject,
}

type Outcome = (Vec<ServerEvent>, Option<SessionError>);

/// Plays the pieces as the media server does, and looks at memory after each.
fn play(pieces: &[&[u8]], limits: &Limits, answer: Answer) -> Outcome {
    let mut session = ServerSession::new(limits.clone(), [3; 32]);
    let mut events = Vec::new();
    for piece in pieces {
        let result = session.handle_input(piece);
        while let Some(event) = session.poll_event() {
            match (&event, answer) {
                (ServerEvent::PublishRequested(_), Answer::Accept) => session.accept_publish(),
                (ServerEvent::PublishRequested(_), Answer::Reject) => {
                    session.reject_publish("NetStream.Publish.BadName", "No.");
                }
                (ServerEvent::UnsupportedCodec { name }, Answer::Reject) => {
                    session.announce_unsupported(name);
                }
                _ => {}
            }
            events.push(event);
        }
        check_memory(&session, limits);
        let mut unsent = 0;
        while let Some(bytes) = session.poll_transmit() {
            unsent += bytes.len();
        }
        assert!(
            unsent <= limits.unsent + 2 * LONGEST_ANSWER,
            "{unsent} bytes of answers waited"
        );
        if let Err(error) = result {
            return (events, Some(error));
        }
    }
    // What was wrong with input that waited for the owner's answer is told with the next input.
    (events, session.handle_input(&[]).err())
}

/// Unfinished messages take twice their bytes; besides there is the start of a header, and answers.
fn check_memory(session: &ServerSession, limits: &Limits) {
    let bound = 2 * limits.buffered.max(limits.buffered_before_publish)
        + 64
        + limits.unsent
        + 3 * LONGEST_ANSWER;
    let held = session.buffered_bytes();
    assert!(held <= bound, "{held} bytes held, {bound} allowed");
}

/// These two count what came or waits at once, so that larger pieces meet them earlier.
fn depends_on_pieces(error: Option<&SessionError>) -> bool {
    matches!(
        error,
        Some(SessionError::TooMuchBeforePublish { .. } | SessionError::TooMuchUnsent { .. })
    )
}

fn check(input: &[u8]) {
    let pieces = pieces(input);
    let whole: Vec<&[u8]> = input.chunks(16 * 1024).collect();
    for limits in [Limits::default(), tight()] {
        let (expected, end) = play(&whole, &limits, Answer::Accept);
        let (events, other_end) = play(&pieces, &limits, Answer::Accept);
        if depends_on_pieces(end.as_ref()) || depends_on_pieces(other_end.as_ref()) {
            let common = expected.len().min(events.len());
            assert!(
                expected[..common] == events[..common],
                "pieces change events"
            );
        } else {
            assert_eq!(end, other_end, "pieces change the end");
            assert!(expected == events, "pieces change events");
        }
        check_secrets(&events);
    }
    play(&pieces, &tight(), Answer::Reject);
}

/// The recordings' key is in no event as it is printed.
fn check_secrets(events: &[ServerEvent]) {
    for event in events {
        if let ServerEvent::Connected { .. } | ServerEvent::PublishRequested(_) = event {
            let text = format!("{event:?}");
            let encoded = ["?", "%3f", "%3F"].iter().any(|mark| text.contains(mark));
            assert!(!encoded, "a query is printed: {text}");
        }
    }
}
