//! RTMP's playing side, which Kaibo has no use for yet: for the viewers of other servers.

use std::net::SocketAddr;

use kaibo_proto::amf0::Value;
use kaibo_proto::rtmp::SessionError;
use kaibo_proto::rtmp::chunk::{DEFAULT_CHUNK_SIZE, chunk_message};
use kaibo_proto::rtmp::command::Command;
use kaibo_proto::rtmp::handshake::{ClientHandshake, Opening, Progress};
use kaibo_proto::rtmp::message::{Control, Message, kind, split_aggregate};
use kaibo_proto::rtmp::reader::{ChunkLimits, ChunkReader};

use super::tags::Picture;
use super::talk::TalkError;

const CONNECT: f64 = 1.0;
const CREATE_STREAM: f64 = 2.0;
const PLAY: f64 = 3.0;
const COMMANDS: u32 = 3;
const CONTROL: u32 = 2;
const PLAYING: u32 = 8;
const LIMITS: ChunkLimits = ChunkLimits {
    message: 4 * 1024 * 1024,
    command: 64 * 1024,
    buffered: 8 * 1024 * 1024,
    streams: 64,
};

/// A connection that plays one stream.
pub(crate) struct Player {
    handshake: Option<ClientHandshake>,
    reader: ChunkReader,
    /// The start of a header, for the next input.
    carry: Vec<u8>,
    out: Vec<u8>,
    app: String,
    tc_url: String,
    stream: String,
    received: u32,
    acknowledged: u32,
    window: u32,
}

impl Player {
    /// Starts; also gives the first bytes to send.
    pub(crate) fn new(at: SocketAddr, app: &str, stream: &str) -> (Self, Vec<u8>) {
        let (handshake, hello) = ClientHandshake::new(Opening::Plain, [9; 32]);
        let player = Self {
            handshake: Some(handshake),
            reader: ChunkReader::new(LIMITS),
            carry: Vec::new(),
            out: Vec::new(),
            app: app.to_owned(),
            tc_url: format!("rtmp://{at}/{app}"),
            stream: stream.to_owned(),
            received: 0,
            acknowledged: 0,
            window: 0,
        };
        (player, hello.to_vec())
    }

    /// Takes bytes; calls `seen` for each whole picture.
    pub(crate) fn take(
        &mut self,
        mut input: &[u8],
        seen: &mut dyn FnMut(Picture),
    ) -> Result<(), TalkError> {
        while let Some(handshake) = &mut self.handshake {
            match handshake.read(&mut input).map_err(SessionError::from)? {
                Progress::NeedMore => return Ok(()),
                Progress::Send(bytes) => self.out.extend_from_slice(&bytes),
                Progress::Done => {
                    self.handshake = None;
                    self.connect();
                }
            }
        }
        self.discard(input.len());
        let mut joined = std::mem::take(&mut self.carry);
        joined.extend_from_slice(input);
        let mut rest = &joined[..];
        while let Some(message) = self.reader.read(&mut rest).map_err(SessionError::from)? {
            self.message(&message, seen)?;
        }
        self.carry = rest.to_vec();
        Ok(())
    }

    /// Counts bytes and acknowledges them as the server wants it.
    pub(crate) fn discard(&mut self, bytes: usize) {
        self.received = self.received.wrapping_add(bytes as u32);
        if self.window > 0 && self.received.wrapping_sub(self.acknowledged) >= self.window {
            self.acknowledged = self.received;
            self.send(CONTROL, &Control::Acknowledgement(self.received).message());
        }
    }

    /// What is to be sent now.
    pub(crate) fn reply(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    fn message(
        &mut self,
        message: &Message,
        seen: &mut dyn FnMut(Picture),
    ) -> Result<(), TalkError> {
        match message.kind {
            kind::VIDEO => {
                if let Some(picture) = Picture::read(&message.payload) {
                    seen(picture);
                }
            }
            kind::AGGREGATE => {
                for part in split_aggregate(message).ok_or(SessionError::BadAggregate)? {
                    self.message(&part, seen)?;
                }
            }
            kind::COMMAND_AMF0 | kind::COMMAND_AMF3 => self.command(&Command::read(message)?)?,
            control @ kind::SET_CHUNK_SIZE..=kind::SET_PEER_BANDWIDTH => {
                self.control(Control::read(control, &message.payload));
            }
            _ => {}
        }
        Ok(())
    }

    fn control(&mut self, control: Option<Control>) {
        match control {
            Some(Control::SetChunkSize(size)) => self.reader.set_chunk_size(size),
            Some(Control::Abort(csid)) => self.reader.abort(csid),
            Some(Control::WindowAckSize(window)) => self.window = window,
            Some(Control::Ping(time)) => self.send(CONTROL, &Control::Pong(time).message()),
            _ => {}
        }
    }

    fn command(&mut self, command: &Command) -> Result<(), TalkError> {
        let info = |name| command.arguments.get(1)?.property(name)?.as_str();
        match command.name.as_str() {
            "_result" if command.transaction == CONNECT => {
                self.call("createStream", CREATE_STREAM, vec![Value::Null], 0);
            }
            "_result" if command.transaction == CREATE_STREAM => {
                let stream_id = command.number(1).map_or(1, |id| id as u32);
                let arguments = vec![Value::Null, Value::text(&self.stream)];
                self.call("play", PLAY, arguments, stream_id);
            }
            "onStatus" | "_error" if info("level") == Some("error") => {
                let code = info("code").unwrap_or("without a reason");
                return Err(TalkError::Refused(code.to_owned()));
            }
            _ => {}
        }
        Ok(())
    }

    fn connect(&mut self) {
        let properties = [
            ("app", Value::text(&self.app)),
            ("flashVer", Value::text("LNX 9,0,124,2")),
            ("tcUrl", Value::text(&self.tc_url)),
            ("fpad", Value::Boolean(false)),
            ("capabilities", Value::Number(15.0)),
            ("audioCodecs", Value::Number(4071.0)),
            ("videoCodecs", Value::Number(252.0)),
            ("videoFunction", Value::Number(1.0)),
        ];
        let properties = properties.map(|(name, value)| (name.to_owned(), value));
        let object = Value::Object(properties.to_vec());
        self.call("connect", CONNECT, vec![object], 0);
    }

    fn call(&mut self, name: &str, transaction: f64, arguments: Vec<Value>, stream_id: u32) {
        let command = Command {
            name: name.to_owned(),
            transaction,
            arguments,
        };
        let csid = if stream_id == 0 { COMMANDS } else { PLAYING };
        self.send(csid, &command.message(stream_id));
    }

    fn send(&mut self, csid: u32, message: &Message) {
        let chunks = chunk_message(csid, message, DEFAULT_CHUNK_SIZE);
        self.out.extend_from_slice(&chunks);
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use kaibo_proto::flv;
    use kaibo_proto::media::{Frame, MediaEvent};
    use kaibo_proto::rtmp::chunk::chunk_message;
    use kaibo_proto::rtmp::handshake::{Progress, ServerHandshake};
    use kaibo_proto::rtmp::message::{Control, Message, kind};

    use super::Player;
    use crate::film::Film;
    use crate::stamp::stamped;
    use crate::view::tags::Picture;

    fn ready() -> Player {
        let (mut player, hello) = Player::new(([127, 0, 0, 1], 1935).into(), "live", "a");
        let mut server = ServerHandshake::new([1; 32]);
        let Ok(Progress::Send(answer)) = server.read(&mut &hello[..]) else {
            panic!("the server answers a hello");
        };
        player.take(&answer, &mut |_| ()).unwrap();
        assert!(String::from_utf8_lossy(&player.reply()).contains("connect"));
        player
    }

    #[test]
    fn pictures_are_seen_through_chunks_of_a_size_that_the_server_chose() {
        let film = Film::miniature();
        let frame = film.frame(10);
        let payload = stamped(&frame.payload, 77);
        let (_, payload) = flv::body(&MediaEvent::Frame(Frame { payload, ..frame }));
        let message = Message {
            kind: kind::VIDEO,
            timestamp: 330,
            stream_id: 1,
            payload,
        };
        let size = chunk_message(2, &Control::SetChunkSize(100).message(), 128);
        let bytes = [size, chunk_message(6, &message, 100)].concat();
        for split in 0..=bytes.len() {
            let (mut player, mut seen) = (ready(), Vec::new());
            for part in [&bytes[..split], &bytes[split..]] {
                player
                    .take(part, &mut |picture| seen.push(picture))
                    .unwrap();
            }
            let expected = Picture {
                keyframe: true,
                sent_ns: Some(77),
            };
            assert_eq!(seen, [expected], "split at {split}");
        }
    }

    #[test]
    fn received_bytes_are_acknowledged_also_when_nobody_looks_at_them() {
        let mut player = ready();
        let window = chunk_message(2, &Control::WindowAckSize(1_000).message(), 128);
        player.take(&window, &mut |_| ()).unwrap();
        player.discard(900);
        assert!(player.reply().is_empty());
        player.discard(100);
        let total = player.received;
        let expected = chunk_message(2, &Control::Acknowledgement(total).message(), 128);
        assert_eq!(Bytes::from(player.reply()), expected);
    }
}
