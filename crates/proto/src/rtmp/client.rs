//! The publishing client's side of a connection: connects, publishes, pushes media events.

use std::collections::VecDeque;

use bytes::Bytes;

use super::SessionError;
use super::address::RtmpUrl;
use super::command::{Command, object};
use super::handshake::{ClientHandshake, Opening, Progress};
use super::link::{Link, csid};
use super::message::{Message, kind};
use super::reader::ChunkLimits;
use crate::amf0::Value;
use crate::flv::{self, TagKind};
use crate::media::MediaEvent;

/// Longest message taken from a server, in bytes; answers are far shorter.
const MAX_MESSAGE: u32 = 64 * 1024;
/// Chunk streams taken from a server.
const MAX_CHUNK_STREAMS: usize = 64;
/// Bytes of answers to a server that may wait; media is counted by the owner.
const MAX_UNSENT: usize = 16 * 1024 * 1024;

const CONNECT: f64 = 1.0;
const RELEASE_STREAM: f64 = 2.0;
const FC_PUBLISH: f64 = 3.0;
const CREATE_STREAM: f64 = 4.0;
const PUBLISH: f64 = 5.0;
const FC_UNPUBLISH: f64 = 6.0;
const DELETE_STREAM: f64 = 7.0;

/// Where to publish. The stream holds the push key, so `Debug` leaves it out.
#[derive(Clone, PartialEq, Eq)]
pub struct ConnectInfo {
    /// Application, such as `live`.
    pub app: String,
    /// `rtmp://host:port/app`.
    pub tc_url: String,
    /// Stream name with its query.
    pub stream: String,
}

impl std::fmt::Debug for ConnectInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConnectInfo")
            .field("app", &self.app)
            .finish_non_exhaustive()
    }
}

impl From<RtmpUrl> for ConnectInfo {
    fn from(url: RtmpUrl) -> Self {
        Self {
            app: url.app,
            tc_url: url.tc_url,
            stream: url.stream,
        }
    }
}

/// What a server answered, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientEvent {
    /// Media can be sent now.
    PublishStarted,
    /// The server refused, before or while publishing. Close.
    Rejected {
        /// Such as `NetStream.Publish.BadName`.
        code: String,
        /// The server's words.
        description: String,
    },
    /// The server ended the publish in peace. Close.
    Closed,
}

/// How far a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Opening,
    Live { stream_id: u32 },
    Over,
}

/// Media was sent while no publish runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no publish is running; wait for ClientEvent::PublishStarted")]
pub struct NotPublishing;

/// One connection that publishes, from its first byte.
pub struct ClientSession {
    info: ConnectInfo,
    handshake: Option<ClientHandshake>,
    link: Link,
    phase: Phase,
    /// The stream that `publish` named, once there is one.
    stream_id: Option<u32>,
    last_time: u32,
    events: VecDeque<ClientEvent>,
}

impl std::fmt::Debug for ClientSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientSession")
            .field("info", &self.info)
            .field("phase", &self.phase)
            .finish_non_exhaustive()
    }
}

impl ClientSession {
    /// Starts; the first bytes wait in [`Self::poll_transmit`]. `seed` must be fresh random bytes
    /// for each connection.
    pub fn new(info: ConnectInfo, opening: Opening, seed: [u8; 32]) -> Self {
        let (handshake, hello) = ClientHandshake::new(opening, seed);
        let mut link = Link::new(ChunkLimits {
            message: MAX_MESSAGE,
            command: MAX_MESSAGE,
            buffered: 4 * MAX_MESSAGE as usize,
            streams: MAX_CHUNK_STREAMS,
        });
        link.send_raw(hello);
        Self {
            info,
            handshake: Some(handshake),
            link,
            phase: Phase::Opening,
            stream_id: None,
            last_time: 0,
            events: VecDeque::new(),
        }
    }

    /// Takes bytes as they come from the socket. After an error the session is over: close.
    pub fn handle_input(&mut self, input: &[u8]) -> Result<(), SessionError> {
        let mut rest = input;
        while let Some(handshake) = &mut self.handshake {
            match handshake.read(&mut rest)? {
                Progress::NeedMore => return Ok(()),
                Progress::Send(bytes) => self.link.send_raw(bytes),
                Progress::Done => {
                    self.handshake = None;
                    self.connect();
                }
            }
        }
        self.link.count_received(rest.len());
        let joined = self.link.join(rest);
        let mut rest = &joined[..];
        while let Some(message) = self.link.next(&mut rest, MAX_UNSENT)? {
            if matches!(message.kind, kind::COMMAND_AMF0 | kind::COMMAND_AMF3) {
                self.on_command(&Command::read(&message)?);
                self.link.check_unsent(MAX_UNSENT)?;
            }
        }
        self.link.keep(rest);
        Ok(())
    }

    /// The next event, oldest first.
    pub fn poll_event(&mut self) -> Option<ClientEvent> {
        self.events.pop_front()
    }

    /// The next bytes to write to the socket.
    pub fn poll_transmit(&mut self) -> Option<Bytes> {
        self.link.poll_transmit()
    }

    /// Bytes that wait in [`Self::poll_transmit`]: send no more media while there are many.
    pub fn unsent_bytes(&self) -> usize {
        self.link.unsent()
    }

    /// Queues a decoder configuration or a frame. A frame's time is cut to 32 bits; a
    /// configuration has the time of the frame before.
    pub fn send(&mut self, event: &MediaEvent) -> Result<(), NotPublishing> {
        let Phase::Live { stream_id } = self.phase else {
            return Err(NotPublishing);
        };
        if let MediaEvent::Frame(frame) = event {
            self.last_time = frame.dts_ms as u32;
        }
        let (tag, payload) = flv::body(event);
        let (csid, kind) = match tag {
            TagKind::Audio => (csid::AUDIO, kind::AUDIO),
            TagKind::Video => (csid::VIDEO, kind::VIDEO),
        };
        self.link.send(
            csid,
            &Message {
                kind,
                timestamp: self.last_time,
                stream_id,
                payload,
            },
        );
        Ok(())
    }

    /// Ends the publish: send what waits, then close. Nothing happens unless one runs.
    pub fn unpublish(&mut self) {
        let Phase::Live { stream_id } = self.phase else {
            return;
        };
        self.phase = Phase::Over;
        let name = Value::text(&self.info.stream);
        self.command("FCUnpublish", FC_UNPUBLISH, vec![Value::Null, name], 0);
        let id = Value::Number(f64::from(stream_id));
        self.command("deleteStream", DELETE_STREAM, vec![Value::Null, id], 0);
    }

    fn command(&mut self, name: &str, transaction: f64, arguments: Vec<Value>, stream_id: u32) {
        let command = Command {
            name: name.to_owned(),
            transaction,
            arguments,
        };
        self.link.send(csid::COMMAND, &command.message(stream_id));
    }

    fn connect(&mut self) {
        self.link.raise_chunk_size();
        let properties = object(&[
            ("app", Value::text(&self.info.app)),
            ("type", Value::text("nonprivate")),
            ("flashVer", Value::text("FMLE/3.0 (compatible; Kaibo)")),
            ("tcUrl", Value::text(&self.info.tc_url)),
        ]);
        self.command("connect", CONNECT, vec![properties], 0);
    }

    fn on_command(&mut self, command: &Command) {
        match command.name.as_str() {
            "_result" if self.phase == Phase::Opening => self.on_result(command),
            // Servers that do not know these two say so, and publish all the same.
            "_error" if [RELEASE_STREAM, FC_PUBLISH].contains(&command.transaction) => {}
            "_error" => self.reject(command),
            "onStatus" => self.on_status(command),
            "close" => self.close(),
            _ => {}
        }
    }

    fn on_result(&mut self, command: &Command) {
        if command.transaction == CONNECT {
            let name = Value::text(&self.info.stream);
            self.command(
                "releaseStream",
                RELEASE_STREAM,
                vec![Value::Null, name.clone()],
                0,
            );
            self.command("FCPublish", FC_PUBLISH, vec![Value::Null, name], 0);
            self.command("createStream", CREATE_STREAM, vec![Value::Null], 0);
        } else if command.transaction == CREATE_STREAM && self.stream_id.is_none() {
            let stream_id = command.number(1).map_or(1, |id| id as u32);
            self.stream_id = Some(stream_id);
            let arguments = vec![
                Value::Null,
                Value::text(&self.info.stream),
                Value::text("live"),
            ];
            self.command("publish", PUBLISH, arguments, stream_id);
        }
    }

    fn on_status(&mut self, command: &Command) {
        let field = |name| {
            command
                .arguments
                .get(1)
                .and_then(|info| info.property(name)?.as_str())
        };
        match (field("level"), field("code")) {
            (Some("error"), _) => self.reject(command),
            (_, Some("NetStream.Publish.Start")) => {
                if let (Phase::Opening, Some(stream_id)) = (self.phase, self.stream_id) {
                    self.phase = Phase::Live { stream_id };
                    self.events.push_back(ClientEvent::PublishStarted);
                }
            }
            (_, Some("NetStream.Unpublish.Success" | "NetConnection.Connect.Closed")) => {
                self.close();
            }
            _ => {}
        }
    }

    fn reject(&mut self, command: &Command) {
        let field = |name| {
            let text = command
                .arguments
                .get(1)
                .and_then(|info| info.property(name)?.as_str());
            text.unwrap_or_default().to_owned()
        };
        if self.phase != Phase::Over {
            self.phase = Phase::Over;
            self.stream_id = None;
            let (code, description) = (field("code"), field("description"));
            self.events
                .push_back(ClientEvent::Rejected { code, description });
        }
    }

    fn close(&mut self) {
        if self.phase != Phase::Over || self.stream_id.take().is_some() {
            self.phase = Phase::Over;
            self.events.push_back(ClientEvent::Closed);
        }
    }
}
