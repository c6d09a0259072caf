//! One RTMP chunk and the changes to it.

use kaibo_proto::rtmp::chunk::{DEFAULT_CHUNK_SIZE, Fields, Header};
use kaibo_proto::rtmp::message::kind;

use crate::mutation;
use crate::random::Random;

/// Chunk streams at the edges of their three spellings, and those that encoders use.
const CHUNK_STREAMS: [u32; 12] = [0, 1, 2, 3, 4, 5, 6, 8, 63, 64, 320, 65_599];
/// Message types, of which two exist only as noise.
const KINDS: [u8; 14] = [1, 2, 3, 4, 5, 6, 8, 9, 15, 17, 18, 20, 22, 255];

/// One chunk: its header, an extended time behind a type 3 header, and its part of a message.
#[derive(Clone, Debug)]
pub struct Chunk {
    /// The header.
    pub header: Header,
    /// The extended time that type 3 repeats.
    pub repeated: Option<u32>,
    /// The part of a message.
    pub payload: Vec<u8>,
    /// No message is unfinished before it, and it says its length: reading can go on here after a gap.
    pub is_start: bool,
}

impl Chunk {
    /// The length of its message, if the header says one.
    pub(crate) fn length(&self) -> Option<usize> {
        match self.header.fields {
            Fields::Full { length, .. } | Fields::SameStream { length, .. } => {
                Some(length as usize)
            }
            Fields::SameLength { .. } | Fields::Same => None,
        }
    }

    /// The time in its header, if it has one.
    pub(crate) fn time(&self) -> Option<u32> {
        match self.header.fields {
            Fields::Full {
                timestamp: time, ..
            }
            | Fields::SameStream { delta: time, .. }
            | Fields::SameLength { delta: time } => Some(time),
            Fields::Same => None,
        }
    }

    /// Makes a whole message shorter, or longer up to the smallest chunk size, header included.
    pub(crate) fn resize(&mut self, random: &mut Random) {
        let whole = self.length() == Some(self.payload.len());
        let (Fields::Full { length, .. } | Fields::SameStream { length, .. }) =
            &mut self.header.fields
        else {
            return;
        };
        if whole {
            let size = random.below(self.payload.len().max(DEFAULT_CHUNK_SIZE) + 1);
            self.payload.resize(size, 0);
            *length = size as u32;
        }
    }

    /// Its bytes on the wire.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.header.write(&mut out);
        if let Some(time) = self.repeated {
            out.extend_from_slice(&time.to_be_bytes());
        }
        out.extend_from_slice(&self.payload);
        out
    }

    pub(crate) fn change_header(&mut self, random: &mut Random) {
        let payload = self.payload.len() as u32;
        let mut parts = Parts::of(&self.header.fields, payload);
        match random.below(6) {
            0 => parts.form = random.below(4),
            1 if random.one_in(2) => {
                // 0 and 1 stand for the longer spellings.
                self.header.csid = match *random.pick(&CHUNK_STREAMS) {
                    0 | 1 => 2 + random.below(65_598) as u32,
                    csid => csid,
                };
            }
            2 => {
                let near = [payload, payload + 1, parts.length.saturating_sub(1), 0];
                parts.length = if random.one_in(4) {
                    mutation::number(random) & 0xff_ffff
                } else {
                    *random.pick(&near)
                };
            }
            3 => parts.kind = *random.pick(&KINDS),
            4 => {
                parts.time = match random.below(4) {
                    0 => 0xff_fffe + random.below(4) as u32,
                    1 => mutation::number(random),
                    2 => parts.time.wrapping_add(0xffff_ff00),
                    _ => parts.time.wrapping_add(random.below(5000) as u32),
                }
            }
            _ => parts.stream_id = random.below(4) as u32,
        }
        self.header.fields = parts.fields();
    }
}

/// All that any header can say, so that its form can change.
struct Parts {
    form: usize,
    time: u32,
    length: u32,
    kind: u8,
    stream_id: u32,
}

impl Parts {
    fn of(fields: &Fields, payload: u32) -> Self {
        let mut parts = Self {
            form: 3,
            time: 0,
            length: payload,
            kind: kind::VIDEO,
            stream_id: 1,
        };
        match *fields {
            Fields::Full {
                timestamp,
                length,
                kind,
                stream_id,
            } => {
                (parts.form, parts.time, parts.stream_id) = (0, timestamp, stream_id);
                (parts.length, parts.kind) = (length, kind);
            }
            Fields::SameStream {
                delta,
                length,
                kind,
            } => {
                (parts.form, parts.time) = (1, delta);
                (parts.length, parts.kind) = (length, kind);
            }
            Fields::SameLength { delta } => (parts.form, parts.time) = (2, delta),
            Fields::Same => {}
        }
        parts
    }

    fn fields(&self) -> Fields {
        let (length, kind) = (self.length, self.kind);
        match self.form {
            0 => Fields::Full {
                timestamp: self.time,
                length,
                kind,
                stream_id: self.stream_id,
            },
            1 => Fields::SameStream {
                delta: self.time,
                length,
                kind,
            },
            2 => Fields::SameLength { delta: self.time },
            _ => Fields::Same,
        }
    }
}

/// The first chunk of so many bytes of a picture one byte longer.
pub(crate) fn unfinished(csid: u32, size: usize) -> Chunk {
    let fields = Fields::Full {
        timestamp: 0,
        length: size as u32 + 1,
        kind: kind::VIDEO,
        stream_id: 1,
    };
    Chunk {
        header: Header { csid, fields },
        repeated: None,
        payload: vec![0; size],
        is_start: false,
    }
}

pub(crate) fn set_chunk_size(size: u32) -> Chunk {
    message(kind::SET_CHUNK_SIZE, size.to_be_bytes().to_vec())
}

/// A control message in one chunk: chunk size, abort, ping, window and the like.
pub(crate) fn control(random: &mut Random) -> Chunk {
    let kind = 1 + random.below(6) as u8;
    let mut payload = match random.below(3) {
        0 => *random.pick(&[1, 5, 128, 4096, 65_536]),
        1 => random.below(8) as u32,
        _ => mutation::number(random),
    }
    .to_be_bytes()
    .to_vec();
    if kind == kind::USER_CONTROL {
        payload.splice(0..0, [0, random.below(8) as u8]);
    }
    message(kind, payload)
}

fn message(kind: u8, payload: Vec<u8>) -> Chunk {
    let length = payload.len() as u32;
    Chunk {
        header: Header {
            csid: 2,
            fields: Fields::Full {
                timestamp: 0,
                length,
                kind,
                stream_id: 0,
            },
        },
        repeated: None,
        payload,
        is_start: false,
    }
}

pub(crate) fn says_length(header: &Header) -> bool {
    matches!(
        header.fields,
        Fields::Full { .. } | Fields::SameStream { .. }
    )
}
