//! RTMP messages and the protocol control messages among them (RTMP 1.0, sections 5.4 and 6).

use bytes::Bytes;

/// Message type numbers.
pub mod kind {
    /// The sender's chunk size from now on.
    pub const SET_CHUNK_SIZE: u8 = 1;
    /// Forget the unfinished message of a chunk stream.
    pub const ABORT: u8 = 2;
    /// Bytes received so far.
    pub const ACKNOWLEDGEMENT: u8 = 3;
    /// Stream begins and ends, pings.
    pub const USER_CONTROL: u8 = 4;
    /// After how many bytes the sender wants an acknowledgement.
    pub const WINDOW_ACK_SIZE: u8 = 5;
    /// How much the peer may send unacknowledged.
    pub const SET_PEER_BANDWIDTH: u8 = 6;
    /// An FLV audio tag body.
    pub const AUDIO: u8 = 8;
    /// An FLV video tag body.
    pub const VIDEO: u8 = 9;
    /// A command whose values are AMF0 behind one zero byte.
    pub const COMMAND_AMF3: u8 = 17;
    /// Metadata in AMF0.
    pub const DATA_AMF0: u8 = 18;
    /// A command in AMF0.
    pub const COMMAND_AMF0: u8 = 20;
    /// Several FLV tags in one message.
    pub const AGGREGATE: u8 = 22;
}

/// Most tags that one aggregate message may hold.
pub const MAX_AGGREGATED: usize = 1024;

/// One whole message.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Message type number, see [`kind`].
    pub kind: u8,
    /// Milliseconds on the sender's clock, modulo 2^32.
    pub timestamp: u32,
    /// Message stream: 0 for the connection, else one made by `createStream`.
    pub stream_id: u32,
    /// The body.
    pub payload: Bytes,
}

impl std::fmt::Debug for Message {
    /// Without the payload: a command's payload holds the push key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message")
            .field("kind", &self.kind)
            .field("timestamp", &self.timestamp)
            .field("stream_id", &self.stream_id)
            .field("bytes", &self.payload.len())
            .finish()
    }
}

/// A protocol control message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// Bytes per chunk that the sender uses from the next chunk on, 1 to 0xFFFFFF.
    SetChunkSize(u32),
    /// Chunk stream whose unfinished message is forgotten.
    Abort(u32),
    /// Bytes received so far, modulo 2^32.
    Acknowledgement(u32),
    /// Bytes after which the sender wants an acknowledgement; 0 never.
    WindowAckSize(u32),
    /// Bytes that may be under way unacknowledged, with a limit kind (0 hard, 1 soft, 2 dynamic).
    SetPeerBandwidth(u32, u8),
    /// The message stream can be used now.
    StreamBegin(u32),
    /// Answer with a pong of the same time.
    Ping(u32),
    /// The answer to a ping.
    Pong(u32),
    /// A user control event that asks for nothing, by its number.
    OtherEvent(u16),
}

impl Control {
    /// Reads a message of types 1 to 6.
    ///
    /// `None` if it is too short, or the chunk size is 0 or over 2^31-1.
    pub fn read(kind: u8, payload: &[u8]) -> Option<Self> {
        if kind == kind::USER_CONTROL {
            let (event, data) = payload.split_first_chunk::<2>()?;
            return match (u16::from_be_bytes(*event), first_u32(data)) {
                (0, Some(stream)) => Some(Self::StreamBegin(stream)),
                (6, Some(time)) => Some(Self::Ping(time)),
                (7, Some(time)) => Some(Self::Pong(time)),
                (other, _) => Some(Self::OtherEvent(other)),
            };
        }
        let value = first_u32(payload)?;
        match kind {
            // A message has at most 0xFFFFFF bytes, so that larger chunks mean the same.
            kind::SET_CHUNK_SIZE if (1..=0x7fff_ffff).contains(&value) => {
                Some(Self::SetChunkSize(value.min(0x00ff_ffff)))
            }
            kind::ABORT => Some(Self::Abort(value)),
            kind::ACKNOWLEDGEMENT => Some(Self::Acknowledgement(value)),
            kind::WINDOW_ACK_SIZE => Some(Self::WindowAckSize(value)),
            // Some encoders leave the limit kind out.
            kind::SET_PEER_BANDWIDTH => Some(Self::SetPeerBandwidth(
                value,
                payload.get(4).copied().unwrap_or(2),
            )),
            _ => None,
        }
    }

    /// The message that says this, on message stream 0.
    pub fn message(self) -> Message {
        let (kind, payload) = match self {
            Self::SetChunkSize(size) => (kind::SET_CHUNK_SIZE, size.to_be_bytes().to_vec()),
            Self::Abort(csid) => (kind::ABORT, csid.to_be_bytes().to_vec()),
            Self::Acknowledgement(bytes) => (kind::ACKNOWLEDGEMENT, bytes.to_be_bytes().to_vec()),
            Self::WindowAckSize(bytes) => (kind::WINDOW_ACK_SIZE, bytes.to_be_bytes().to_vec()),
            Self::SetPeerBandwidth(bytes, limit) => (
                kind::SET_PEER_BANDWIDTH,
                [&bytes.to_be_bytes()[..], &[limit]].concat(),
            ),
            Self::StreamBegin(stream) => user_control(0, &stream.to_be_bytes()),
            Self::Ping(time) => user_control(6, &time.to_be_bytes()),
            Self::Pong(time) => user_control(7, &time.to_be_bytes()),
            Self::OtherEvent(event) => user_control(event, &[]),
        };
        Message {
            kind,
            timestamp: 0,
            stream_id: 0,
            payload: Bytes::from(payload),
        }
    }
}

fn user_control(event: u16, data: &[u8]) -> (u8, Vec<u8>) {
    (
        kind::USER_CONTROL,
        [&event.to_be_bytes()[..], data].concat(),
    )
}

fn first_u32(bytes: &[u8]) -> Option<u32> {
    bytes
        .first_chunk::<4>()
        .map(|bytes| u32::from_be_bytes(*bytes))
}

/// The messages inside an aggregate message, on its message stream (RTMP 1.0, section 7.1.6).
///
/// Their times are moved so that the first has the aggregate's. `None` if a part is cut short or
/// there are more than [`MAX_AGGREGATED`].
pub fn split_aggregate(aggregate: &Message) -> Option<Vec<Message>> {
    let mut parts = Vec::new();
    let mut rest = aggregate.payload.clone();
    let mut shift = None;
    while !rest.is_empty() {
        // FLV tag header: type, 24-bit length, 24-bit time and its upper 8 bits, 24-bit stream.
        let [kind, l0, l1, l2, t0, t1, t2, t3, _, _, _] = *rest.first_chunk::<11>()?;
        let length = u32::from_be_bytes([0, l0, l1, l2]) as usize;
        let time = u32::from_be_bytes([t3, t0, t1, t2]);
        let end = 11 + length;
        if rest.len() < end || parts.len() == MAX_AGGREGATED {
            return None;
        }
        let shift = *shift.get_or_insert_with(|| aggregate.timestamp.wrapping_sub(time));
        parts.push(Message {
            kind,
            timestamp: time.wrapping_add(shift),
            stream_id: aggregate.stream_id,
            // Not a part of the whole, or one kept part would keep all of it in memory.
            payload: Bytes::copy_from_slice(&rest[11..end]),
        });
        // A back pointer of four bytes ends each part; the last one's is sometimes left out.
        rest = rest.slice((end + 4).min(rest.len())..);
    }
    Some(parts)
}
