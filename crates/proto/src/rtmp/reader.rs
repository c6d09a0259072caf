//! Messages put together again from chunks, interleaved or not (RTMP 1.0, section 5.3).

use std::collections::BTreeMap;

use bytes::Bytes;

use super::chunk::{DEFAULT_CHUNK_SIZE, Fields, Header};
use super::message::{Message, kind};

/// Why chunks could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChunkError {
    /// A message longer than allowed.
    #[error(
        "a message of {length} bytes is over the limit of {limit}; lower the encoder's bitrate"
    )]
    MessageTooLong {
        /// Its length in bytes.
        length: u32,
        /// The limit in bytes.
        limit: u32,
    },
    /// Unfinished messages hold more than allowed.
    #[error("unfinished messages hold more than {limit} bytes; the peer must finish them first")]
    TooMuchUnfinished {
        /// The limit in bytes.
        limit: usize,
    },
    /// More chunk streams than allowed.
    #[error("more than {limit} chunk streams; the peer must use fewer")]
    TooManyStreams {
        /// The limit.
        limit: usize,
    },
    /// A chunk stream whose first chunk leaves the message's length out.
    #[error("chunk stream {csid} opened without a message length; the peer does not speak RTMP")]
    NoHeader {
        /// The chunk stream.
        csid: u32,
    },
}

/// What a reader may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkLimits {
    /// Longest message in bytes.
    pub message: u32,
    /// Longest command in bytes.
    pub command: u32,
    /// Bytes of unfinished messages over all chunk streams.
    pub buffered: usize,
    /// Chunk streams.
    pub streams: usize,
}

/// Puts messages together from chunks, which may be interleaved over chunk streams.
///
/// Buffers grow as bytes arrive: memory is at most twice the bytes of unfinished messages.
#[derive(Debug)]
pub struct ChunkReader {
    limits: ChunkLimits,
    chunk_size: usize,
    streams: BTreeMap<u32, ChunkStream>,
    /// The chunk that is being read: its chunk stream and the bytes still to come.
    current: Option<(u32, usize)>,
    buffered: usize,
}

/// What is known of one chunk stream: its last message header and the unfinished message.
#[derive(Debug, Default)]
struct ChunkStream {
    timestamp: u32,
    /// The time field of the last header that had one: a delta, or after type 0 a timestamp.
    field: u32,
    extended: bool,
    length: u32,
    kind: u8,
    stream_id: u32,
    unfinished: bool,
    partial: Vec<u8>,
}

impl ChunkReader {
    /// A reader at the start of a connection.
    pub fn new(limits: ChunkLimits) -> Self {
        Self {
            limits,
            chunk_size: DEFAULT_CHUNK_SIZE,
            streams: BTreeMap::new(),
            current: None,
            buffered: 0,
        }
    }

    /// Takes new limits, for messages that start from now on.
    pub fn set_limits(&mut self, limits: ChunkLimits) {
        self.limits = limits;
    }

    /// Takes the peer's chunk size, 1 to 0xFFFFFF, for chunks that start from now on.
    pub fn set_chunk_size(&mut self, size: u32) {
        self.chunk_size = size.max(1) as usize;
    }

    /// Forgets the unfinished message of a chunk stream.
    pub fn abort(&mut self, csid: u32) {
        if let Some(stream) = self.streams.get_mut(&csid) {
            self.buffered -= stream.partial.len();
            stream.partial = Vec::new();
            stream.unfinished = false;
        }
    }

    /// Bytes of memory held for unfinished messages.
    pub fn buffered_bytes(&self) -> usize {
        self.streams
            .values()
            .map(|stream| stream.partial.capacity())
            .sum()
    }

    /// Reads from the front of `input` until a message is whole.
    ///
    /// `None`: what is left of `input` is less than a header; pass it again with more behind it.
    pub fn read(&mut self, input: &mut &[u8]) -> Result<Option<Message>, ChunkError> {
        loop {
            if let Some((csid, left)) = self.current {
                let (taken, rest) = input.split_at(left.min(input.len()));
                *input = rest;
                self.buffered += taken.len();
                if self.buffered > self.limits.buffered {
                    return Err(ChunkError::TooMuchUnfinished {
                        limit: self.limits.buffered,
                    });
                }
                let stream = self.streams.get_mut(&csid).expect("begun by start_chunk");
                stream.append(taken);
                if taken.len() < left {
                    self.current = Some((csid, left - taken.len()));
                    return Ok(None);
                }
                self.current = None;
                if stream.partial.len() == stream.length as usize {
                    self.buffered -= stream.partial.len();
                    return Ok(Some(stream.finish()));
                }
            } else {
                let Some(length) = self.start_chunk(input)? else {
                    return Ok(None);
                };
                *input = &input[length..];
            }
        }
    }

    /// Reads a header and gives its length; `None` while it is incomplete.
    fn start_chunk(&mut self, input: &[u8]) -> Result<Option<usize>, ChunkError> {
        let Some((header, mut length, extended)) = Header::parse(input) else {
            return Ok(None);
        };
        let csid = header.csid;
        if header.fields == Fields::Same {
            let stream = self
                .streams
                .get_mut(&csid)
                .ok_or(ChunkError::NoHeader { csid })?;
            if stream.extended {
                match stream.repeats_time(&input[length..]) {
                    None => return Ok(None),
                    Some(true) => length += 4,
                    Some(false) => {}
                }
            }
            if !stream.unfinished {
                stream.timestamp = stream.next_timestamp();
                stream.unfinished = true;
            }
        } else {
            self.start_message(&header, extended)?;
        }
        let stream = &self.streams[&csid];
        self.current = Some((
            csid,
            self.chunk_size
                .min(stream.length as usize - stream.partial.len()),
        ));
        Ok(Some(length))
    }

    /// Takes a header of types 0 to 2. A message that was unfinished there is given up.
    fn start_message(&mut self, header: &Header, extended: bool) -> Result<(), ChunkError> {
        let csid = header.csid;
        let known = self.streams.contains_key(&csid);
        match header.fields {
            Fields::Full { length, kind, .. } | Fields::SameStream { length, kind, .. } => {
                self.check_length(length, kind)?;
            }
            Fields::SameLength { .. } | Fields::Same if !known => {
                return Err(ChunkError::NoHeader { csid });
            }
            Fields::SameLength { .. } | Fields::Same => {}
        }
        if !known && self.streams.len() >= self.limits.streams {
            return Err(ChunkError::TooManyStreams {
                limit: self.limits.streams,
            });
        }
        self.abort(csid);
        let stream = self.streams.entry(csid).or_default();
        stream.begin(&header.fields, extended);
        Ok(())
    }

    fn check_length(&self, length: u32, kind: u8) -> Result<(), ChunkError> {
        let limit = match kind {
            kind::COMMAND_AMF0 | kind::COMMAND_AMF3 => self.limits.command,
            _ => self.limits.message,
        };
        if length > limit {
            return Err(ChunkError::MessageTooLong { length, limit });
        }
        Ok(())
    }
}

impl ChunkStream {
    fn begin(&mut self, fields: &Fields, extended: bool) {
        match *fields {
            Fields::Full {
                timestamp,
                length,
                kind,
                stream_id,
            } => {
                self.field = timestamp;
                self.timestamp = timestamp;
                (self.length, self.kind, self.stream_id) = (length, kind, stream_id);
            }
            Fields::SameStream {
                delta,
                length,
                kind,
            } => {
                self.field = delta;
                self.timestamp = self.next_timestamp();
                (self.length, self.kind) = (length, kind);
            }
            Fields::SameLength { delta } => {
                self.field = delta;
                self.timestamp = self.next_timestamp();
            }
            Fields::Same => {}
        }
        self.extended = extended;
        self.unfinished = true;
    }

    /// The time of a message one `field` later: also after type 0 (section 5.3.1.2.4).
    fn next_timestamp(&self) -> u32 {
        self.timestamp.wrapping_add(self.field)
    }

    /// Whether a type 3 chunk repeats the extended time, which the specification asks for and
    /// some encoders leave out. `None` while too few bytes are there to tell.
    fn repeats_time(&self, after: &[u8]) -> Option<bool> {
        let seen = &after[..after.len().min(4)];
        let message_time = if self.unfinished {
            self.timestamp
        } else {
            self.next_timestamp()
        };
        let fits = [self.field, message_time]
            .iter()
            .any(|time| time.to_be_bytes().starts_with(seen));
        match (fits, seen.len()) {
            (false, _) => Some(false),
            (true, 4) => Some(true),
            (true, _) => None,
        }
    }

    /// Appends, with room for at most twice what has come and never more than the message.
    fn append(&mut self, bytes: &[u8]) {
        let have = self.partial.len();
        if have + bytes.len() > self.partial.capacity() {
            let room = (have * 2).max(have + bytes.len()).min(self.length as usize);
            self.partial.reserve_exact(room - have);
        }
        self.partial.extend_from_slice(bytes);
    }

    fn finish(&mut self) -> Message {
        self.unfinished = false;
        Message {
            kind: self.kind,
            timestamp: self.timestamp,
            stream_id: self.stream_id,
            payload: Bytes::from(std::mem::take(&mut self.partial)),
        }
    }
}
