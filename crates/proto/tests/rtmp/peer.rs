//! A scripted publisher: builds the bytes an encoder sends, and reads what a server answers.

use bytes::Bytes;
use kaibo_proto::amf0::Value;
use kaibo_proto::media::{Frame, MediaEvent, Track, TrackKind};
use kaibo_proto::rtmp::chunk::chunk_message;
use kaibo_proto::rtmp::command::Command;
use kaibo_proto::rtmp::handshake::PACKET;
use kaibo_proto::rtmp::message::{Control, Message, kind};
use kaibo_proto::rtmp::reader::{ChunkLimits, ChunkReader};
use kaibo_proto::rtmp::server::{ServerEvent, ServerSession};
use kaibo_proto::rtmp::{Limits, SessionError};

/// A seed as good as any where nobody attacks.
pub(crate) const SEED: [u8; 32] = [9; 32];

/// Limits that let every test message through a bare reader.
pub(crate) const WIDE: ChunkLimits = ChunkLimits {
    message: 1 << 20,
    command: 1 << 20,
    buffered: 1 << 22,
    streams: 64,
};

/// A video tag body that configures H.264, 320x180 (as x264 wrote it).
pub(crate) const VIDEO_CONFIG: &[u8] =
    b"\x17\0\0\0\0\x01\x42\xc0\x0c\xff\xe1\0\x17\x67\x42\xc0\x0c\xda\x05\
\x06\x7e\x7c\x04\x40\0\0\x03\0\x40\0\0\x07\xa3\xc5\x0a\xa8\x01\0\x04\x68\xce\x3c\x80";
/// An audio tag body that configures AAC-LC, 44.1 kHz mono.
pub(crate) const AUDIO_CONFIG: &[u8] = b"\xaf\0\x12\x08\x56\xe5\0";

/// A video tag body with one keyframe whose slice has this many bytes.
pub(crate) fn keyframe(slice: usize) -> Vec<u8> {
    let mut body = b"\x17\x01\0\0\0".to_vec();
    body.extend_from_slice(&(slice as u32).to_be_bytes());
    body.push(0x65);
    body.resize(9 + slice, 0xab);
    body
}

/// An audio tag body with one AAC frame of this many bytes.
pub(crate) fn sound(length: usize) -> Vec<u8> {
    let mut body = b"\xaf\x01".to_vec();
    body.resize(2 + length, 0x21);
    body
}

/// C0, C1 and C2 of a plain handshake.
pub(crate) fn plain_hello() -> Vec<u8> {
    let mut hello = vec![3];
    hello.resize(1 + 2 * PACKET, 0);
    hello
}

/// A command's bytes on chunk stream 3 with the default chunk size.
pub(crate) fn command(
    name: &str,
    transaction: f64,
    arguments: &[Value],
    stream_id: u32,
) -> Vec<u8> {
    let command = Command {
        name: name.into(),
        transaction,
        arguments: arguments.to_vec(),
    };
    chunk_message(3, &command.message(stream_id), 128).to_vec()
}

/// `connect` to this app.
pub(crate) fn connect(app: &str) -> Vec<u8> {
    let properties = Value::Object(vec![
        ("app".into(), Value::text(app)),
        ("tcUrl".into(), Value::text(&format!("rtmp://host/{app}"))),
    ]);
    command("connect", 1.0, &[properties], 0)
}

/// `publish` of this name on message stream 1.
pub(crate) fn publish(name: &str) -> Vec<u8> {
    command(
        "publish",
        5.0,
        &[Value::Null, Value::text(name), Value::text("live")],
        1,
    )
}

/// A media message's bytes with the default chunk size.
pub(crate) fn media(csid: u32, kind: u8, timestamp: u32, stream_id: u32, body: &[u8]) -> Vec<u8> {
    let payload = Bytes::copy_from_slice(body);
    chunk_message(
        csid,
        &Message {
            kind,
            timestamp,
            stream_id,
            payload,
        },
        128,
    )
    .to_vec()
}

/// Video on message stream 1.
pub(crate) fn video(timestamp: u32, body: &[u8]) -> Vec<u8> {
    media(6, kind::VIDEO, timestamp, 1, body)
}

/// Audio on message stream 1.
pub(crate) fn audio(timestamp: u32, body: &[u8]) -> Vec<u8> {
    media(4, kind::AUDIO, timestamp, 1, body)
}

/// A control message's bytes.
pub(crate) fn control(control: Control) -> Vec<u8> {
    chunk_message(2, &control.message(), 128).to_vec()
}

/// A server session with what it said so far, and a reader of what it sends.
pub(crate) struct Server {
    pub(crate) session: ServerSession,
    pub(crate) events: Vec<ServerEvent>,
    sent: Vec<u8>,
}

impl Server {
    /// A fresh server.
    pub(crate) fn new() -> Self {
        Self::with_limits(Limits::default())
    }

    /// A fresh server with these limits.
    pub(crate) fn with_limits(limits: Limits) -> Self {
        Self {
            session: ServerSession::new(limits, SEED),
            events: Vec::new(),
            sent: Vec::new(),
        }
    }

    /// A server that has seen handshake, `connect`, `createStream` and `publish`.
    pub(crate) fn asked(name: &str) -> Self {
        let mut server = Self::new();
        server.take(&plain_hello()).unwrap();
        server.take(&connect("live")).unwrap();
        server
            .take(&command("createStream", 4.0, &[Value::Null], 0))
            .unwrap();
        server.take(&publish(name)).unwrap();
        server
    }

    /// A server that takes media on message stream 1, with the past forgotten.
    pub(crate) fn live() -> Self {
        let mut server = Self::asked("name?key=1");
        server.session.accept_publish();
        server.collect();
        server.events.clear();
        server.sent.clear();
        server
    }

    /// Passes input and collects events and output.
    pub(crate) fn take(&mut self, input: &[u8]) -> Result<(), SessionError> {
        let outcome = self.session.handle_input(input);
        self.collect();
        outcome
    }

    /// Takes what waits in the session.
    pub(crate) fn collect(&mut self) {
        self.events
            .extend(std::iter::from_fn(|| self.session.poll_event()));
        while let Some(bytes) = self.session.poll_transmit() {
            self.sent.extend_from_slice(&bytes);
        }
    }

    /// The frames among the events.
    pub(crate) fn frames(&self) -> Vec<&Frame> {
        frames(&self.events)
    }

    /// The messages sent since the handshake, or since the server went live.
    pub(crate) fn messages(&self) -> Vec<Message> {
        let after_handshake = self
            .sent
            .get(1 + 2 * PACKET..)
            .filter(|_| self.sent[0] == 3);
        // A live server was emptied after it had raised its chunk size.
        let chunk_size = if after_handshake.is_some() { 128 } else { 4096 };
        read_messages(after_handshake.unwrap_or(&self.sent), chunk_size)
    }

    /// The commands among the messages.
    pub(crate) fn commands(&self) -> Vec<Command> {
        self.messages()
            .iter()
            .filter(|message| message.kind == kind::COMMAND_AMF0)
            .map(|message| Command::read(message).unwrap())
            .collect()
    }

    /// The codes of the `onStatus` commands sent.
    pub(crate) fn status_codes(&self) -> Vec<String> {
        self.commands()
            .iter()
            .filter(|command| command.name == "onStatus")
            .map(|command| information(command, "code"))
            .collect()
    }
}

/// A text property of a command's information object.
pub(crate) fn information(command: &Command, name: &str) -> String {
    command.arguments[1]
        .property(name)
        .unwrap()
        .as_str()
        .unwrap()
        .to_owned()
}

/// All messages in these bytes, heeding the sender's chunk size.
pub(crate) fn read_messages(mut bytes: &[u8], chunk_size: u32) -> Vec<Message> {
    let mut reader = ChunkReader::new(WIDE);
    reader.set_chunk_size(chunk_size);
    let mut messages = Vec::new();
    while let Some(message) = reader.read(&mut bytes).unwrap() {
        if let Some(Control::SetChunkSize(size)) = Control::read(message.kind, &message.payload) {
            reader.set_chunk_size(size);
        }
        messages.push(message);
    }
    assert_eq!(bytes, b"", "half a header is left");
    messages
}

/// The frames among events.
pub(crate) fn frames(events: &[ServerEvent]) -> Vec<&Frame> {
    events
        .iter()
        .filter_map(|event| match event {
            ServerEvent::Media(MediaEvent::Frame(frame)) => Some(frame),
            _ => None,
        })
        .collect()
}

/// The tracks among events.
pub(crate) fn tracks(events: &[ServerEvent]) -> Vec<&Track> {
    events
        .iter()
        .filter_map(|event| match event {
            ServerEvent::Media(MediaEvent::Track(track)) => Some(track),
            _ => None,
        })
        .collect()
}

/// Track and time of each frame.
pub(crate) fn times(frames: &[&Frame]) -> Vec<(TrackKind, i64)> {
    frames
        .iter()
        .map(|frame| (frame.track, frame.dts_ms))
        .collect()
}
