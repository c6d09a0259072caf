//! The publishing client, fed with mutated answers of a server.

use kaibo_proto::media::MediaEvent;
use kaibo_proto::rtmp::chunk::chunk_message;
use kaibo_proto::rtmp::client::{ClientEvent, ClientSession, ConnectInfo};
use kaibo_proto::rtmp::command::{Command, Level};
use kaibo_proto::rtmp::handshake::{Opening, Scheme};
use kaibo_proto::rtmp::message::Control;
use kaibo_proto::rtmp::server::{ServerEvent, ServerSession};
use kaibo_proto::rtmp::{Limits, SessionError};

use super::{film, pieces, rtmp_server};
use crate::engine::Target;
use crate::random::Random;
use crate::script;

/// See the module.
pub const TARGET: Target = Target {
    name: "rtmp_client",
    check,
    seeds,
    mutate: |random, pool| script::mutate(random, pool, true),
};

/// Bytes of answers that may wait, as the client says; one answer may come on top.
const MAX_UNSENT: usize = 16 * 1024 * 1024;

/// What our own server says to each recorded encoder, and what servers say when they refuse.
fn seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<_> = (rtmp_server::TARGET.seeds)()
        .iter()
        .map(|recording| answers(recording))
        .collect();
    let opening = seeds[0].clone();
    let more = [
        Command::on_status(Level::Error, "NetStream.Publish.BadName", "No."),
        Command::on_status(Level::Status, "NetStream.Unpublish.Success", "Bye."),
        Command::error(4.0, "No more streams."),
        Command {
            name: "close".into(),
            transaction: 0.0,
            arguments: Vec::new(),
        },
    ];
    for command in more {
        let mut seed = opening.clone();
        seed.extend_from_slice(&chunk_message(2, &Control::Ping(7).message(), 4096));
        seed.extend_from_slice(&chunk_message(3, &command.message(1), 4096));
        seeds.push(seed);
    }
    seeds
}

fn answers(recording: &[u8]) -> Vec<u8> {
    let mut session = ServerSession::new(Limits::default(), [5; 32]);
    let mut sent = Vec::new();
    for piece in recording.chunks(1024) {
        let read = session.handle_input(piece);
        read.expect("a recording is read to its end");
        while let Some(event) = session.poll_event() {
            if let ServerEvent::PublishRequested(_) = event {
                session.accept_publish();
            }
        }
        while let Some(bytes) = session.poll_transmit() {
            sent.extend_from_slice(&bytes);
        }
    }
    sent
}

type Outcome = (Vec<ClientEvent>, Option<SessionError>);

fn play(pieces: &[&[u8]], opening: Opening, film: &[MediaEvent]) -> Outcome {
    let info = ConnectInfo {
        app: "live".into(),
        tc_url: "rtmp://host/live".into(),
        stream: "name?key=1".into(),
    };
    let mut session = ClientSession::new(info, opening, [9; 32]);
    let mut events = Vec::new();
    let mut started = false;
    for piece in pieces {
        let result = session.handle_input(piece);
        let unsent = session.unsent_bytes();
        assert!(
            unsent <= MAX_UNSENT + 64 * 1024,
            "{unsent} bytes of answers waited"
        );
        while let Some(event) = session.poll_event() {
            if event == ClientEvent::PublishStarted {
                // The same piece may have ended the publish already.
                let sent = film.iter().try_for_each(|frame| session.send(frame));
                started |= sent.is_ok();
            }
            events.push(event);
        }
        while session.poll_transmit().is_some() {}
        assert_eq!(session.unsent_bytes(), 0);
        if let Err(error) = result {
            return (events, Some(error));
        }
    }
    session.unpublish();
    assert!(
        started || session.poll_transmit().is_none(),
        "nothing began"
    );
    (events, None)
}

fn check(input: &[u8]) {
    let openings = [
        Opening::Plain,
        Opening::Digest(Scheme::DigestFirst),
        Opening::Digest(Scheme::KeyFirst),
    ];
    let opening = *Random::of(input).pick(&openings);
    let whole = play(&[input], opening, &[]);
    assert!(
        play(&pieces(input), opening, &[]) == whole,
        "pieces change events"
    );
    let endings = whole
        .0
        .iter()
        .filter(|event| **event != ClientEvent::PublishStarted);
    assert!(endings.count() <= 2, "refused, then closed at most");
    if Random::of(input).one_in(8) {
        play(&[input], opening, &film());
    }
}
