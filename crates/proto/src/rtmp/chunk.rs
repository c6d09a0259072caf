//! Chunk headers, and messages cut into chunks (RTMP 1.0, section 5.3.1).

use bytes::Bytes;

use super::message::Message;

/// Chunk size in bytes before a peer says otherwise.
pub const DEFAULT_CHUNK_SIZE: usize = 128;
/// The 24-bit time that says a 32-bit time follows.
const EXTENDED: u32 = 0x00ff_ffff;

/// A chunk's header as on the wire. Lengths in bytes, times in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Chunk stream, 2 to 65,599.
    pub csid: u32,
    /// What the chunk says of its message.
    pub fields: Fields,
}

/// The four forms of a chunk's message header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fields {
    /// Type 0: all of it.
    Full {
        /// The message's time.
        timestamp: u32,
        /// The message's length.
        length: u32,
        /// Message type number.
        kind: u8,
        /// Message stream.
        stream_id: u32,
    },
    /// Type 1: the message stream of the message before.
    SameStream {
        /// Time since the message before.
        delta: u32,
        /// The message's length.
        length: u32,
        /// Message type number.
        kind: u8,
    },
    /// Type 2: also its length and type.
    SameLength {
        /// Time since the message before.
        delta: u32,
    },
    /// Type 3: also its delta, or more of the same message. An extended time that follows is not
    /// part of this header, because some encoders leave it out.
    Same,
}

impl Header {
    /// Reads a header from the front; also gives its length, and whether its time was extended.
    /// `None` while it is incomplete.
    pub fn parse(input: &[u8]) -> Option<(Self, usize, bool)> {
        let first = *input.first()?;
        let (csid, at) = match first & 0x3f {
            0 => (u32::from(*input.get(1)?) + 64, 2),
            1 => {
                let low = u32::from(*input.get(1)?);
                (u32::from(*input.get(2)?) * 256 + low + 64, 3)
            }
            csid => (u32::from(csid), 1),
        };
        let format = first >> 6;
        let body = input.get(at..)?;
        if format == 3 {
            return Some((
                Self {
                    csid,
                    fields: Fields::Same,
                },
                at,
                false,
            ));
        }
        let plain = [11, 7, 3][usize::from(format)];
        let (head, after) = body.split_at_checked(plain)?;
        let short = u24(head);
        let extended = short == EXTENDED;
        let time = if extended {
            u32::from_be_bytes(*after.first_chunk()?)
        } else {
            short
        };
        let fields = match format {
            0 => Fields::Full {
                timestamp: time,
                length: u24(&head[3..]),
                kind: head[6],
                stream_id: u32::from_le_bytes([head[7], head[8], head[9], head[10]]),
            },
            1 => Fields::SameStream {
                delta: time,
                length: u24(&head[3..]),
                kind: head[6],
            },
            _ => Fields::SameLength { delta: time },
        };
        Some((
            Self { csid, fields },
            at + plain + if extended { 4 } else { 0 },
            extended,
        ))
    }

    /// Appends the header, its extended time included. Lengths over 0xFFFFFF lose their top.
    pub fn write(&self, out: &mut Vec<u8>) {
        let (format, time) = match self.fields {
            Fields::Full { timestamp, .. } => (0, Some(timestamp)),
            Fields::SameStream { delta, .. } => (1, Some(delta)),
            Fields::SameLength { delta } => (2, Some(delta)),
            Fields::Same => (3, None),
        };
        write_basic(format, self.csid, out);
        if let Some(time) = time {
            out.extend_from_slice(&time.min(EXTENDED).to_be_bytes()[1..]);
        }
        match self.fields {
            Fields::Full {
                length,
                kind,
                stream_id,
                ..
            } => {
                out.extend_from_slice(&length.to_be_bytes()[1..]);
                out.push(kind);
                out.extend_from_slice(&stream_id.to_le_bytes());
            }
            Fields::SameStream { length, kind, .. } => {
                out.extend_from_slice(&length.to_be_bytes()[1..]);
                out.push(kind);
            }
            Fields::SameLength { .. } | Fields::Same => {}
        }
        if let Some(time) = time.filter(|time| *time >= EXTENDED) {
            out.extend_from_slice(&time.to_be_bytes());
        }
    }
}

fn write_basic(format: u8, csid: u32, out: &mut Vec<u8>) {
    let top = format << 6;
    match csid {
        0..=63 => out.push(top | csid as u8),
        64..=319 => out.extend_from_slice(&[top, (csid - 64) as u8]),
        _ => out.extend_from_slice(&[top | 1, (csid - 64) as u8, ((csid - 64) >> 8) as u8]),
    }
}

fn u24(bytes: &[u8]) -> u32 {
    u32::from_be_bytes([0, bytes[0], bytes[1], bytes[2]])
}

/// Cuts a message into chunks: one of type 0, the rest of type 3. It depends on nothing sent
/// before, so that the bytes can be shared by every connection with this chunk size.
///
/// `chunk_size` is at least 1; the payload at most 0xFFFFFF bytes.
pub fn chunk_message(csid: u32, message: &Message, chunk_size: usize) -> Bytes {
    let extended = message.timestamp >= EXTENDED;
    let chunks = message.payload.len().div_ceil(chunk_size.max(1));
    let mut out = Vec::with_capacity(18 + message.payload.len() + chunks * 7);
    let fields = Fields::Full {
        timestamp: message.timestamp,
        length: message.payload.len() as u32,
        kind: message.kind,
        stream_id: message.stream_id,
    };
    Header { csid, fields }.write(&mut out);
    for (index, part) in message.payload.chunks(chunk_size.max(1)).enumerate() {
        if index > 0 {
            write_basic(3, csid, &mut out);
            if extended {
                out.extend_from_slice(&message.timestamp.to_be_bytes());
            }
        }
        out.extend_from_slice(part);
    }
    Bytes::from(out)
}
