//! RTMP 1.0 as values in and values out: server side of a publish, and the publishing client.
//!
//! Nothing here reads a socket or a clock. The owner passes bytes to `handle_input`, takes
//! [`server::ServerEvent`] or [`client::ClientEvent`] from `poll_event` and bytes to write from
//! `poll_transmit`. After an error the session is over: write what `poll_transmit` still gives,
//! then close.
//!
//! Sources: Adobe RTMP 1.0 (2012) for chunks and commands; the digest handshake is undocumented
//! by Adobe and follows what Flash Player 9 and later do on the wire.

pub mod address;
pub mod chunk;
pub mod client;
pub mod command;
pub mod handshake;
mod link;
pub mod message;
pub mod reader;
pub mod server;
mod timestamp;

use crate::amf0::Amf0Error;

/// What one connection may use. Every limit is checked before memory is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes a peer may send before its publish is accepted, handshake included.
    pub bytes_before_publish: u64,
    /// Longest message in bytes before the publish is accepted.
    pub message_before_publish: u32,
    /// Longest message in bytes after it: the largest picture.
    pub message: u32,
    /// Bytes of unfinished messages over all chunk streams before the publish is accepted.
    pub buffered_before_publish: usize,
    /// Bytes of unfinished messages over all chunk streams after it.
    pub buffered: usize,
    /// Longest command in bytes, always.
    pub command: u32,
    /// Chunk streams one peer may open.
    pub chunk_streams: usize,
    /// Bytes that wait to be sent.
    pub unsent: usize,
    /// Message streams one peer may create.
    pub message_streams: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes_before_publish: 256 * 1024,
            message_before_publish: 64 * 1024,
            message: 4 * 1024 * 1024,
            buffered_before_publish: 256 * 1024,
            buffered: 8 * 1024 * 1024,
            command: 32 * 1024,
            chunk_streams: 64,
            unsent: 64 * 1024,
            message_streams: 16,
        }
    }
}

/// Why a session is over. Never holds text that the peer sent, so it is safe to log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// The handshake failed.
    #[error(transparent)]
    Handshake(#[from] handshake::HandshakeError),
    /// The chunk layer was broken or over a limit.
    #[error(transparent)]
    Chunk(#[from] reader::ChunkError),
    /// A command could not be read.
    #[error("a command could not be read: {0}")]
    Command(#[from] Amf0Error),
    /// A command has no name, or something else than a number behind it.
    #[error("a command without a name and number; the peer does not speak RTMP")]
    NotACommand,
    /// A protocol control message is too short or has a value out of range.
    #[error("control message of type {kind} is malformed; the peer does not speak RTMP")]
    BadControl {
        /// Message type number (RTMP 1.0, section 5.4).
        kind: u8,
    },
    /// A command other than `connect` came first.
    #[error("the peer sent a command before connect; it must connect first")]
    NotConnected,
    /// `connect` came a second time.
    #[error("the peer sent connect twice; it must open a new connection")]
    ConnectedTwice,
    /// More bytes before an accepted publish than [`Limits::bytes_before_publish`].
    #[error(
        "more than {limit} bytes came before a publish was accepted; the peer must publish first"
    )]
    TooMuchBeforePublish {
        /// The limit in bytes.
        limit: u64,
    },
    /// More answers wait than [`Limits::unsent`]: the peer asks faster than it reads.
    #[error("more than {limit} bytes of answers wait to be sent; the peer must read them first")]
    TooMuchUnsent {
        /// The limit in bytes.
        limit: usize,
    },
    /// An aggregate message is malformed or has too many parts.
    #[error("an aggregate message is malformed; turn aggregation off in the encoder")]
    BadAggregate,
}
