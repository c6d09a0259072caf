//! The server's side of a connection that publishes: bytes in, a publish request and media out.

use std::collections::VecDeque;

use bytes::Bytes;

use super::address::{PublishAddress, without_query};
use super::command::{Command, Level, connect_result};
use super::handshake::{Progress, ServerHandshake};
use super::link::{Link, csid};
use super::message::{Control, Message, kind, split_aggregate};
use super::reader::ChunkLimits;
use super::timestamp::Unwrapper;
use super::{Limits, SessionError};
use crate::amf0::Value;
use crate::flv::{self, FlvError, TagKind};
use crate::media::MediaEvent;

/// Bytes after which we want an acknowledgement, and which the peer may send without one.
const WINDOW: u32 = 5_000_000;
/// Tags that could not be read which are told to the owner; later ones are dropped unheard.
const MAX_REPORTED_TAGS: u32 = 16;

/// What happened on a connection, in order.
#[derive(Clone, PartialEq, Eq)]
pub enum ServerEvent {
    /// The peer connected to an app. Nothing has been checked yet.
    Connected {
        /// Application as it was sent, without query.
        app: String,
        /// URL as it was sent, without query.
        tc_url: String,
    },
    /// The peer wants to publish. Answer with [`ServerSession::accept_publish`] or
    /// [`ServerSession::reject_publish`]; input that comes before the answer waits for it.
    PublishRequested(PublishAddress),
    /// Media of the accepted publish.
    Media(MediaEvent),
    /// The publisher sends a codec that Kaibo does not carry. Told once per publish; its frames
    /// are dropped. Answer with [`ServerSession::announce_unsupported`] and close.
    UnsupportedCodec {
        /// What people call the codec.
        name: String,
    },
    /// A tag that could not be read was dropped; the stream goes on. Told at most 16 times.
    TagDropped(FlvError),
    /// The publish is over though the connection is not. Told once per publish request.
    Unpublished,
    /// The peer wanted to play and was told that it cannot.
    PlayRefused,
}

impl std::fmt::Debug for ServerEvent {
    /// Media without its payload.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Connected { app, tc_url } => f
                .debug_struct("Connected")
                .field("app", app)
                .field("tc_url", tc_url)
                .finish(),
            Self::PublishRequested(address) => {
                f.debug_tuple("PublishRequested").field(address).finish()
            }
            Self::Media(MediaEvent::Track(track)) => f.debug_tuple("Media").field(track).finish(),
            Self::Media(MediaEvent::Frame(frame)) => {
                write!(f, "Media({:?} at {} ms)", frame.track, frame.dts_ms)
            }
            Self::UnsupportedCodec { name } => f
                .debug_struct("UnsupportedCodec")
                .field("name", name)
                .finish(),
            Self::TagDropped(error) => f.debug_tuple("TagDropped").field(error).finish(),
            Self::Unpublished => f.write_str("Unpublished"),
            Self::PlayRefused => f.write_str("PlayRefused"),
        }
    }
}

/// How far a publish is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Publish {
    None,
    /// Waits for the owner's answer, and so does the input.
    Asked {
        stream_id: u32,
    },
    Live {
        stream_id: u32,
    },
    /// Refused: nothing more is read.
    Refused,
}

/// `app` and `tcUrl` of `connect`; both may hold the push key.
struct Connection {
    app: String,
    tc_url: String,
}

/// One connection, from its first byte.
///
/// Memory is bounded by [`Limits`]: see [`Self::buffered_bytes`].
pub struct ServerSession {
    limits: Limits,
    handshake: Option<ServerHandshake>,
    link: Link,
    connection: Option<Connection>,
    publish: Publish,
    /// A publish was accepted once: the peer knows a key, and the larger limits hold.
    trusted: bool,
    received: u64,
    message_streams: u32,
    demuxer: flv::Demuxer,
    clock: Unwrapper,
    unsupported: bool,
    dropped_tags: u32,
    events: VecDeque<ServerEvent>,
    /// What was wrong with input that waited for the answer; told with the next input.
    failed: Option<SessionError>,
}

impl std::fmt::Debug for ServerSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerSession")
            .field("publish", &self.publish)
            .field("received", &self.received)
            .finish_non_exhaustive()
    }
}

impl ServerSession {
    /// Starts; `seed` must be fresh random bytes for each connection.
    pub fn new(limits: Limits, seed: [u8; 32]) -> Self {
        Self {
            link: Link::new(ChunkLimits {
                message: limits.message_before_publish,
                command: limits.command,
                buffered: limits.buffered_before_publish,
                streams: limits.chunk_streams,
            }),
            limits,
            handshake: Some(ServerHandshake::new(seed)),
            connection: None,
            publish: Publish::None,
            trusted: false,
            received: 0,
            message_streams: 0,
            demuxer: flv::Demuxer::new(),
            clock: Unwrapper::default(),
            unsupported: false,
            dropped_tags: 0,
            events: VecDeque::new(),
            failed: None,
        }
    }

    /// Takes bytes as they come from the socket. After an error the session is over: close.
    pub fn handle_input(&mut self, input: &[u8]) -> Result<(), SessionError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        self.received += input.len() as u64;
        if self.publish == Publish::Refused {
            return Ok(());
        }
        let limit = self.limits.bytes_before_publish;
        if !self.trusted && self.received > limit {
            return Err(SessionError::TooMuchBeforePublish { limit });
        }
        let mut rest = input;
        while let Some(handshake) = &mut self.handshake {
            match handshake.read(&mut rest)? {
                Progress::NeedMore => return Ok(()),
                Progress::Send(bytes) => self.link.send_raw(bytes),
                Progress::Done => self.handshake = None,
            }
        }
        self.link.count_received(rest.len());
        if self.is_asked() {
            if self.link.hold(rest) as u64 > limit {
                return Err(SessionError::TooMuchBeforePublish { limit });
            }
            return Ok(());
        }
        let joined = self.link.join(rest);
        self.read(&joined)
    }

    /// Reads messages until too little is left, or the owner must answer first.
    fn read(&mut self, mut input: &[u8]) -> Result<(), SessionError> {
        while !self.is_asked()
            && let Some(message) = self.link.next(&mut input, self.limits.unsent)?
        {
            self.on_message(message)?;
            self.link.check_unsent(self.limits.unsent)?;
        }
        self.link.keep(input);
        Ok(())
    }

    fn is_asked(&self) -> bool {
        matches!(self.publish, Publish::Asked { .. })
    }

    /// The next event, oldest first.
    pub fn poll_event(&mut self) -> Option<ServerEvent> {
        self.events.pop_front()
    }

    /// The next bytes to write to the socket. Take all of them after each call of anything else.
    pub fn poll_transmit(&mut self) -> Option<Bytes> {
        self.link.poll_transmit()
    }

    /// Bytes of memory held for unfinished messages and unsent answers, events not counted.
    pub fn buffered_bytes(&self) -> usize {
        self.handshake
            .as_ref()
            .map_or(0, ServerHandshake::buffered_bytes)
            + self.link.buffered_bytes()
    }

    /// Lets the publish begin, and reads what came since it was asked for: poll events after it.
    /// Nothing happens unless one was asked for.
    pub fn accept_publish(&mut self) {
        let Publish::Asked { stream_id } = self.publish else {
            return;
        };
        self.publish = Publish::Live { stream_id };
        self.trusted = true;
        self.link.set_limits(ChunkLimits {
            message: self.limits.message,
            command: self.limits.command,
            buffered: self.limits.buffered,
            streams: self.limits.chunk_streams,
        });
        self.demuxer = flv::Demuxer::new();
        self.clock = Unwrapper::default();
        self.unsupported = false;
        self.link.send_control(Control::StreamBegin(stream_id));
        self.on_status(
            stream_id,
            Level::Status,
            "NetStream.Publish.Start",
            "Publishing.",
        );
        let waiting = self.link.join(&[]);
        self.failed = self.read(&waiting).err();
    }

    /// Refuses the publish with an `onStatus` of level error, such as code
    /// `NetStream.Publish.BadName`. Later input is dropped: send what waits, then close. Nothing
    /// happens unless a publish was asked for.
    pub fn reject_publish(&mut self, code: &str, description: &str) {
        let Publish::Asked { stream_id } = self.publish else {
            return;
        };
        self.refuse(stream_id, code, description);
    }

    /// Tells the publisher that this codec is not carried. Later input is dropped: send what
    /// waits, then close. Nothing happens unless a publish was asked for or accepted.
    pub fn announce_unsupported(&mut self, name: &str) {
        let (Publish::Asked { stream_id } | Publish::Live { stream_id }) = self.publish else {
            return;
        };
        let description =
            format!("{name} is not supported. Set the encoder to H.264 video and AAC sound.");
        self.refuse(stream_id, "NetStream.Publish.Failed", &description);
    }

    fn refuse(&mut self, stream_id: u32, code: &str, description: &str) {
        self.publish = Publish::Refused;
        self.link.keep(&[]);
        self.on_status(stream_id, Level::Error, code, description);
    }

    fn on_status(&mut self, stream_id: u32, level: Level, code: &str, description: &str) {
        let command = Command::on_status(level, code, description);
        self.link.send(csid::COMMAND, &command.message(stream_id));
    }

    fn answer(&mut self, command: &Command) {
        self.link.send(csid::COMMAND, &command.message(0));
    }

    fn on_message(&mut self, message: Message) -> Result<(), SessionError> {
        match message.kind {
            kind::AUDIO => self.on_tag(TagKind::Audio, message),
            kind::VIDEO => self.on_tag(TagKind::Video, message),
            kind::AGGREGATE if self.is_live(message.stream_id) => {
                let parts = split_aggregate(&message).ok_or(SessionError::BadAggregate)?;
                for part in parts {
                    match part.kind {
                        kind::AUDIO => self.on_tag(TagKind::Audio, part),
                        kind::VIDEO => self.on_tag(TagKind::Video, part),
                        _ => {}
                    }
                }
            }
            kind::COMMAND_AMF0 | kind::COMMAND_AMF3 => {
                let command = Command::read(&message)?;
                return self.on_command(&command, message.stream_id);
            }
            // Metadata says nothing that the configurations do not say better.
            _ => {}
        }
        Ok(())
    }

    fn is_live(&self, stream_id: u32) -> bool {
        self.publish == Publish::Live { stream_id }
    }

    fn on_tag(&mut self, tag: TagKind, message: Message) {
        if !self.is_live(message.stream_id) {
            return;
        }
        let time = self.clock.unwrap(message.timestamp);
        match self.demuxer.tag(tag, time, message.payload) {
            Ok(None) => {}
            Ok(Some(event)) => self.events.push_back(ServerEvent::Media(event)),
            Err(FlvError::UnsupportedCodec { name }) => {
                if !self.unsupported {
                    self.unsupported = true;
                    self.events
                        .push_back(ServerEvent::UnsupportedCodec { name });
                }
            }
            Err(error) => {
                self.dropped_tags = self.dropped_tags.saturating_add(1);
                if self.dropped_tags <= MAX_REPORTED_TAGS {
                    self.events.push_back(ServerEvent::TagDropped(error));
                }
            }
        }
    }

    fn on_command(&mut self, command: &Command, stream_id: u32) -> Result<(), SessionError> {
        if command.name == "connect" {
            return self.on_connect(command);
        }
        if self.connection.is_none() {
            return Err(SessionError::NotConnected);
        }
        match command.name.as_str() {
            "createStream" => self.on_create_stream(command),
            "publish" => self.on_publish(command, stream_id),
            "play" | "play2" => self.on_play(stream_id),
            "releaseStream" | "FCPublish" | "_checkbw" => self.answer_empty(command),
            "FCUnpublish" => {
                self.answer_empty(command);
                self.on_unpublish(None);
            }
            "deleteStream" => {
                // A number that names no stream at all is taken as the only one there is.
                let id = command
                    .number(1)
                    .filter(|id| *id >= 1.0)
                    .map(|id| id as u32);
                self.on_unpublish(id);
            }
            "closeStream" => self.on_unpublish(Some(stream_id)),
            // Answers to what we never asked.
            "_result" | "_error" | "onStatus" => {}
            _ if command.transaction > 0.0 => {
                let error =
                    Command::error(command.transaction, "This server only takes publishes.");
                self.answer(&error);
            }
            _ => {}
        }
        Ok(())
    }

    fn on_connect(&mut self, command: &Command) -> Result<(), SessionError> {
        if self.connection.is_some() {
            return Err(SessionError::ConnectedTwice);
        }
        let property = |name| {
            let object = command.arguments.first()?;
            object.property(name)?.as_str().map(str::to_owned)
        };
        let app = property("app").unwrap_or_default();
        let tc_url = property("tcUrl").unwrap_or_default();
        self.events.push_back(ServerEvent::Connected {
            app: without_query(&app).to_owned(),
            tc_url: without_query(&tc_url).to_owned(),
        });
        self.connection = Some(Connection { app, tc_url });
        self.link.send_control(Control::WindowAckSize(WINDOW));
        self.link.send_control(Control::SetPeerBandwidth(WINDOW, 2));
        self.link.raise_chunk_size();
        self.answer(&connect_result(command.transaction));
        Ok(())
    }

    fn answer_empty(&mut self, command: &Command) {
        if command.transaction > 0.0 {
            self.answer(&Command::result(
                command.transaction,
                Value::Null,
                Value::Undefined,
            ));
        }
    }

    fn on_create_stream(&mut self, command: &Command) {
        let answer = if self.message_streams < self.limits.message_streams {
            self.message_streams += 1;
            let id = Value::Number(f64::from(self.message_streams));
            Command::result(command.transaction, Value::Null, id)
        } else {
            Command::error(command.transaction, "Too many streams on this connection.")
        };
        self.answer(&answer);
    }

    fn on_publish(&mut self, command: &Command, stream_id: u32) {
        if self.publish != Publish::None {
            let description =
                "This connection publishes already; open another for a second stream.";
            self.on_status(
                stream_id,
                Level::Error,
                "NetStream.Publish.BadName",
                description,
            );
            return;
        }
        let Some(connection) = &self.connection else {
            return;
        };
        let name = command.text(1).unwrap_or_default();
        let address = PublishAddress::from_parts(&connection.app, &connection.tc_url, name);
        self.publish = Publish::Asked { stream_id };
        self.events
            .push_back(ServerEvent::PublishRequested(address));
    }

    fn on_play(&mut self, stream_id: u32) {
        let description = "Playback over RTMP is not offered; use the HTTP-FLV or HLS address.";
        self.on_status(
            stream_id,
            Level::Error,
            "NetStream.Play.Failed",
            description,
        );
        self.events.push_back(ServerEvent::PlayRefused);
    }

    /// Ends the publish, if it runs on the given message stream or none is given.
    fn on_unpublish(&mut self, named: Option<u32>) {
        let (Publish::Asked { stream_id } | Publish::Live { stream_id }) = self.publish else {
            return;
        };
        if named.is_none_or(|id| id == stream_id) {
            self.publish = Publish::None;
            self.events.push_back(ServerEvent::Unpublished);
            let code = "NetStream.Unpublish.Success";
            self.on_status(stream_id, Level::Status, code, "The publish has ended.");
        }
    }
}
