//! The publishing client against scripted servers.

use bytes::Bytes;
use kaibo_proto::amf0::Value;
use kaibo_proto::media::{Frame, MediaEvent, TrackKind};
use kaibo_proto::rtmp::SessionError;
use kaibo_proto::rtmp::address::RtmpUrl;
use kaibo_proto::rtmp::chunk::chunk_message;
use kaibo_proto::rtmp::client::{ClientEvent, ClientSession, ConnectInfo, NotPublishing};
use kaibo_proto::rtmp::command::{Command, Level};
use kaibo_proto::rtmp::handshake::{Opening, PACKET};
use kaibo_proto::rtmp::message::{Control, Message, kind};

use crate::peer::{SEED, control, read_messages};

struct Client {
    session: ClientSession,
    sent: Vec<u8>,
}

impl Client {
    /// A client whose handshake with a plain server is done.
    fn new() -> Self {
        let url: RtmpUrl = "rtmp://host/live/name?key=1".parse().unwrap();
        let session = ClientSession::new(ConnectInfo::from(url), Opening::Plain, SEED);
        let mut client = Self {
            session,
            sent: Vec::new(),
        };
        let mut hello = vec![3];
        hello.resize(1 + 2 * PACKET, 0);
        client.take(&hello);
        client
    }

    fn take(&mut self, input: &[u8]) {
        self.session.handle_input(input).unwrap();
        self.collect();
    }

    fn collect(&mut self) {
        while let Some(bytes) = self.session.poll_transmit() {
            self.sent.extend_from_slice(&bytes);
        }
    }

    fn answer(&mut self, command: &Command, stream_id: u32) {
        self.take(&chunk_message(3, &command.message(stream_id), 128));
    }

    fn result(&mut self, transaction: f64, information: Value) {
        self.answer(&Command::result(transaction, Value::Null, information), 0);
    }

    fn status(&mut self, level: Level, code: &str) {
        self.answer(&Command::on_status(level, code, "words"), 5);
    }

    /// A client that may send media on message stream 5.
    fn live() -> Self {
        let mut client = Self::new();
        client.result(1.0, Value::Null);
        client.result(4.0, Value::Number(5.0));
        client.status(Level::Status, "NetStream.Publish.Start");
        assert_eq!(
            client.session.poll_event(),
            Some(ClientEvent::PublishStarted)
        );
        client
    }

    fn messages(&self) -> Vec<Message> {
        read_messages(&self.sent[1 + 2 * PACKET..], 128)
    }

    fn commands(&self) -> Vec<Command> {
        self.messages()
            .iter()
            .filter(|message| message.kind == kind::COMMAND_AMF0)
            .map(|message| Command::read(message).unwrap())
            .collect()
    }

    fn command_names(&self) -> Vec<String> {
        self.commands()
            .into_iter()
            .map(|command| command.name)
            .collect()
    }
}

#[test]
fn connects_once_the_handshake_is_done() {
    let client = Client::new();
    assert_eq!(client.command_names(), ["connect"]);
    let connect = &client.commands()[0];
    let property = |name| {
        connect.arguments[0]
            .property(name)
            .unwrap()
            .as_str()
            .unwrap()
    };
    assert_eq!(property("app"), "live");
    assert_eq!(property("tcUrl"), "rtmp://host/live");
}

#[test]
fn goes_from_connect_to_publish() {
    let mut client = Client::new();
    client.result(1.0, Value::Null);
    let expected = ["connect", "releaseStream", "FCPublish", "createStream"];
    assert_eq!(client.command_names(), expected);
    client.result(4.0, Value::Number(5.0));
    let messages = client.messages();
    let last = messages.last().unwrap();
    assert_eq!(last.stream_id, 5);
    let publish = Command::read(last).unwrap();
    assert_eq!(publish.name, "publish");
    assert_eq!(
        (publish.text(1), publish.text(2)),
        (Some("name?key=1"), Some("live"))
    );
    assert_eq!(
        client.session.poll_event(),
        None,
        "not before the server says so"
    );
}

#[test]
fn media_needs_a_publish() {
    let mut client = Client::new();
    let frame = frame(0, 10);
    assert_eq!(client.session.send(&frame), Err(NotPublishing));
    let mut client = Client::live();
    assert_eq!(client.session.send(&frame), Ok(()));
    client.session.unpublish();
    assert_eq!(client.session.send(&frame), Err(NotPublishing));
}

fn frame(dts_ms: i64, length: usize) -> MediaEvent {
    MediaEvent::Frame(Frame {
        track: TrackKind::Audio,
        dts_ms,
        cts_ms: 0,
        keyframe: true,
        payload: Bytes::from(vec![1; length]),
    })
}

#[test]
fn frames_go_out_on_the_stream_with_their_time() {
    let mut client = Client::live();
    client.session.send(&frame((1 << 32) + 7, 10_000)).unwrap();
    assert!(client.session.unsent_bytes() > 10_000);
    client.collect();
    assert_eq!(client.session.unsent_bytes(), 0);
    let messages = client.messages();
    let message = messages.last().unwrap();
    assert_eq!(
        (message.kind, message.timestamp, message.stream_id),
        (kind::AUDIO, 7, 5)
    );
    assert_eq!(message.payload.len(), 10_002);
}

#[test]
fn unpublish_says_so_in_both_ways() {
    let mut client = Client::live();
    client.session.unpublish();
    client.session.unpublish();
    client.collect();
    assert_eq!(client.command_names()[5..], ["FCUnpublish", "deleteStream"]);
    assert_eq!(client.commands()[6].number(1), Some(5.0));
    client.status(Level::Status, "NetStream.Unpublish.Success");
    client.status(Level::Status, "NetStream.Unpublish.Success");
    assert_eq!(client.session.poll_event(), Some(ClientEvent::Closed));
    assert_eq!(client.session.poll_event(), None);
}

#[test]
fn an_error_status_is_a_rejection_told_once() {
    let mut client = Client::new();
    client.result(1.0, Value::Null);
    client.result(4.0, Value::Number(5.0));
    client.status(Level::Error, "NetStream.Publish.BadName");
    client.status(Level::Error, "NetStream.Publish.BadName");
    let expected = ClientEvent::Rejected {
        code: "NetStream.Publish.BadName".into(),
        description: "words".into(),
    };
    assert_eq!(client.session.poll_event(), Some(expected));
    assert_eq!(client.session.poll_event(), None);
}

#[test]
fn a_refused_connect_is_a_rejection() {
    let mut client = Client::new();
    client.answer(&Command::error(1.0, "no such app"), 0);
    assert!(matches!(
        client.session.poll_event(),
        Some(ClientEvent::Rejected { description, .. }) if description == "no such app"
    ));
}

#[test]
fn an_error_while_live_is_a_rejection() {
    let mut client = Client::live();
    client.status(Level::Error, "NetStream.Publish.Failed");
    assert!(matches!(
        client.session.poll_event(),
        Some(ClientEvent::Rejected { .. })
    ));
    assert_eq!(client.session.send(&frame(0, 1)), Err(NotPublishing));
}

#[test]
fn servers_without_release_stream_are_fine() {
    let mut client = Client::new();
    client.result(1.0, Value::Null);
    client.answer(&Command::error(2.0, "what?"), 0);
    client.answer(&Command::error(3.0, "what?"), 0);
    client.result(4.0, Value::Number(5.0));
    client.status(Level::Status, "NetStream.Publish.Start");
    assert_eq!(
        client.session.poll_event(),
        Some(ClientEvent::PublishStarted)
    );
}

#[test]
fn a_bare_name_from_the_server_is_passed_over() {
    // FFmpeg, listening, answers FCPublish so.
    let mut client = Client::new();
    client.result(1.0, Value::Null);
    let payload = Bytes::from_static(b"\x02\0\x0bonFCPublish");
    let message = Message {
        kind: kind::COMMAND_AMF0,
        timestamp: 0,
        stream_id: 0,
        payload,
    };
    client.take(&chunk_message(3, &message, 128));
    assert_eq!(client.session.poll_event(), None);
}

#[test]
fn a_close_ends_the_session() {
    let mut client = Client::live();
    let close = Command {
        name: "close".into(),
        transaction: 0.0,
        arguments: vec![Value::Null],
    };
    client.answer(&close, 0);
    assert_eq!(client.session.poll_event(), Some(ClientEvent::Closed));
    assert_eq!(client.session.send(&frame(0, 1)), Err(NotPublishing));
}

#[test]
fn a_start_without_a_stream_starts_nothing() {
    let mut client = Client::new();
    client.status(Level::Status, "NetStream.Publish.Start");
    assert_eq!(client.session.poll_event(), None);
}

#[test]
fn pings_and_windows_of_the_server_are_answered() {
    let mut client = Client::live();
    client.take(&control(Control::WindowAckSize(1)));
    client.take(&control(Control::Ping(9)));
    let messages = client.messages();
    let kinds: Vec<u8> = messages[messages.len() - 2..]
        .iter()
        .map(|message| message.kind)
        .collect();
    assert_eq!(kinds, [kind::ACKNOWLEDGEMENT, kind::USER_CONTROL]);
}

#[test]
fn an_oversized_answer_ends_the_session() {
    let mut client = Client::new();
    let payload = Bytes::from(vec![0; 70_000]);
    let message = Message {
        kind: kind::DATA_AMF0,
        timestamp: 0,
        stream_id: 0,
        payload,
    };
    let outcome = client
        .session
        .handle_input(&chunk_message(5, &message, 128));
    assert!(matches!(outcome, Err(SessionError::Chunk(_))));
}

#[test]
fn debug_hides_the_key() {
    let client = Client::live();
    let info = ConnectInfo {
        app: "live".into(),
        tc_url: "rtmp://host/live".into(),
        stream: "name?key=hush".into(),
    };
    assert!(!format!("{:?} {info:?}", client.session).contains("key="));
}
