//! A publisher's bytes taken apart into RTMP chunks, changed chunk by chunk, and put together again.

use kaibo_proto::rtmp::chunk::{DEFAULT_CHUNK_SIZE, Fields, Header};
use kaibo_proto::rtmp::handshake::PACKET;
use kaibo_proto::rtmp::message::kind;

use crate::chunk::{Chunk, control, says_length, set_chunk_size, unfinished};
use crate::mutation;
use crate::random::Random;

/// Bytes of a handshake in one direction: version, first and second packet.
const HANDSHAKE: usize = 1 + 2 * PACKET;
/// Chunks at the front that stay: without them no publish begins. Some are changed all the same.
const OPENING_CHUNKS: usize = 16;
/// Most chunks of the rest that one input has.
const WINDOW: usize = 40;
/// Bytes of one input's payloads after which no chunk is added.
const MAX_BYTES: usize = 64 * 1024;
/// All that one side sent.
#[derive(Clone, Debug)]
pub struct Script {
    /// The handshake's bytes, which may be cut short.
    pub handshake: Vec<u8>,
    /// The chunks.
    pub chunks: Vec<Chunk>,
    /// What did not look like a chunk, to the end.
    pub tail: Vec<u8>,
}

/// What a chunk stream is in the middle of.
#[derive(Clone, Default)]
struct Progress {
    kind: u8,
    length: usize,
    extended: bool,
    body: Vec<u8>,
}

impl Script {
    /// Takes bytes apart; [`Self::bytes`] gives the same back, whatever they are.
    pub fn read(bytes: &[u8], has_handshake: bool) -> Self {
        let start = if has_handshake { HANDSHAKE } else { 0 };
        let (handshake, mut rest) = bytes.split_at(start.min(bytes.len()));
        let mut chunks = Vec::new();
        let mut streams = std::collections::BTreeMap::<u32, Progress>::new();
        let mut chunk_size = DEFAULT_CHUNK_SIZE;
        while let Some((header, mut at, extended)) = Header::parse(rest) {
            let between = streams.values().all(|stream| stream.body.is_empty());
            let stream = streams.entry(header.csid).or_default();
            let mut repeated = None;
            match header.fields {
                Fields::Full { length, kind, .. } | Fields::SameStream { length, kind, .. } => {
                    (stream.length, stream.kind) = (length as usize, kind);
                }
                Fields::SameLength { .. } | Fields::Same => {}
            }
            if header.fields == Fields::Same {
                if stream.extended
                    && let Some(time) = rest[at..].first_chunk()
                {
                    repeated = Some(u32::from_be_bytes(*time));
                    at += 4;
                }
            } else {
                stream.extended = extended;
                stream.body.clear();
            }
            let length = chunk_size.min(stream.length - stream.body.len());
            let Some(payload) = rest.get(at..at + length) else {
                break;
            };
            // What our writer spells otherwise belongs to the tail.
            let chunk = Chunk {
                header,
                repeated,
                payload: payload.to_vec(),
                is_start: between && says_length(&header),
            };
            if chunk.bytes() != rest[..at + length] {
                break;
            }
            stream.body.extend_from_slice(payload);
            if stream.body.len() == stream.length {
                let body = std::mem::take(&mut stream.body);
                if stream.kind == kind::SET_CHUNK_SIZE
                    && let Some(size) = body.first_chunk()
                {
                    chunk_size = (u32::from_be_bytes(*size) as usize).clamp(1, 0xff_ffff);
                }
            }
            chunks.push(chunk);
            rest = &rest[at + length..];
        }
        Self {
            handshake: handshake.to_vec(),
            chunks,
            tail: rest.to_vec(),
        }
    }

    /// The bytes again.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = self.handshake.clone();
        for chunk in &self.chunks {
            out.extend_from_slice(&chunk.bytes());
        }
        out.extend_from_slice(&self.tail);
        out
    }

    /// Leaves the opening and a window of the rest, so that one input takes little time.
    fn shorten(&mut self, random: &mut Random) {
        let rest = self.chunks.len().saturating_sub(OPENING_CHUNKS);
        if rest <= WINDOW {
            return;
        }
        self.tail.clear();
        let next_start = |from: usize| {
            let after = self.chunks[from..].iter().position(|chunk| chunk.is_start);
            after.map_or(self.chunks.len(), |after| from + after)
        };
        let gap = next_start(OPENING_CHUNKS);
        let window = next_start(gap + random.below(self.chunks.len() - gap));
        self.chunks.drain(gap..window);
        self.chunks.truncate(gap + WINDOW);
    }

    /// One change that knows what chunks are; `other` lends its own.
    fn change(&mut self, random: &mut Random, other: &Self) {
        let count = self.chunks.len();
        if count == 0 {
            mutation::change(random, &mut self.tail, &[other.bytes()], &[]);
            return;
        }
        // Behind a broken opening nothing more is read, so that it is spared mostly.
        let spared = if random.one_in(4) {
            0
        } else {
            OPENING_CHUNKS.min(count - 1)
        };
        let at = spared + random.below(count - spared);
        match random.below(21) {
            0..=5 => self.chunks[at].change_header(random),
            6 => self.chunks[at].repeated = random.one_in(2).then(|| mutation::number(random)),
            7 => self.add(random.below(count + 1), self.chunks[at].clone()),
            8 => self.chunks.swap(at, random.below(count)),
            9 => drop(self.chunks.remove(at)),
            10 => self.cut(random, at),
            11 => {
                let length = random.below(self.chunks[at].payload.len() + 1);
                self.chunks[at].payload.truncate(length);
            }
            12 => mutation::change(random, &mut self.chunks[at].payload, &[], &[]),
            13 if !other.chunks.is_empty() => {
                let from = random.below(other.chunks.len());
                let length = 1 + random.small(other.chunks.len() - from);
                for (step, chunk) in other.chunks[from..][..length].iter().enumerate() {
                    self.add(at + step, chunk.clone());
                }
            }
            14 => self.add(at, control(random)),
            15 | 16 => self.recut(random, at, other),
            18 => self.abandon(random, at),
            17 => self.chunks[at].resize(random),
            _ if random.one_in(8) && !self.handshake.is_empty() => {
                mutation::change(random, &mut self.handshake, &[], &[]);
            }
            _ => {
                let length = random.small(self.tail.len() + 1);
                self.tail.truncate(length);
                let last = random.below(count) + 1;
                self.chunks.truncate(last);
            }
        }
    }

    fn add(&mut self, at: usize, chunk: Chunk) {
        let held: usize = self.chunks.iter().map(|chunk| chunk.payload.len()).sum();
        if held + chunk.payload.len() <= MAX_BYTES {
            self.chunks.insert(at.min(self.chunks.len()), chunk);
        }
    }

    /// Begins messages on several chunk streams and finishes none: what a reader must bound.
    fn abandon(&mut self, random: &mut Random, at: usize) {
        let size = *random.pick(&[100, 500, 1500, 2000]);
        let mut parts = vec![set_chunk_size(size as u32)];
        for csid in 0..=random.below(8) as u32 {
            let mut part = unfinished(csid + 100, size);
            part.payload.fill(random.bits() as u8);
            parts.push(part);
        }
        parts.push(set_chunk_size(65_536));
        self.chunks.splice(at..at, parts);
    }

    /// Parts a chunk in two; a chunk of another stream may come between.
    fn cut(&mut self, random: &mut Random, at: usize) {
        let chunk = &mut self.chunks[at];
        let payload = chunk
            .payload
            .split_off(random.below(chunk.payload.len() + 1));
        let header = Header {
            csid: chunk.header.csid,
            fields: Fields::Same,
        };
        let repeated = chunk.repeated;
        let rest = Chunk {
            header,
            repeated,
            payload,
            is_start: false,
        };
        let place = if random.one_in(2) { at + 1 } else { at + 2 };
        self.add(place, rest);
    }
}

impl Script {
    /// Cuts a whole message into small chunks, as a peer may that says so first; chunks of
    /// another stream, which fit into one of these, come between.
    fn recut(&mut self, random: &mut Random, at: usize, other: &Self) {
        let chunk = self.chunks[at].clone();
        if chunk.length() != Some(chunk.payload.len()) {
            return;
        }
        let size = *random.pick(&[1, 3, 64, 128, 500]);
        let size = size.max(chunk.payload.len() / 60);
        let fitting = |chunk: &&Chunk| {
            chunk.length() == Some(chunk.payload.len()) && chunk.payload.len() <= size
        };
        let guest = other.chunks.iter().rev().find(fitting).cloned();
        let mut parts = vec![set_chunk_size(size as u32)];
        for (index, piece) in chunk.payload.chunks(size).enumerate() {
            let mut part = chunk.clone();
            part.payload = piece.to_vec();
            if index > 0 {
                part.header.fields = Fields::Same;
                part.repeated = chunk
                    .time()
                    .filter(|time| *time >= 0xff_ffff && !random.one_in(4));
            }
            parts.push(part);
            if let Some(guest) = guest.as_ref().filter(|_| random.one_in(4)) {
                let mut guest = guest.clone();
                guest.header.csid = chunk.header.csid + 1;
                parts.push(guest);
            }
        }
        parts.push(set_chunk_size(65_536));
        self.chunks.splice(at..=at, parts);
    }
}

/// A new input of known ones: the opening and a window of one, with chunks of another.
pub fn mutate(random: &mut Random, pool: &[Vec<u8>], has_handshake: bool) -> Vec<u8> {
    let mut script = Script::read(random.pick::<Vec<u8>>(pool), has_handshake);
    let mut other = Script::read(random.pick::<Vec<u8>>(pool), has_handshake);
    script.shorten(random);
    other.shorten(random);
    for _ in 0..mutation::changes(random) {
        script.change(random, &other);
    }
    script.bytes()
}

#[cfg(test)]
mod tests {
    use super::Script;
    use crate::targets::rtmp_server;

    #[test]
    fn recordings_come_apart_into_chunks_and_together_again() {
        for recording in (rtmp_server::TARGET.seeds)() {
            let script = Script::read(&recording, true);
            assert!(script.chunks.len() > 100, "{}", script.chunks.len());
            assert!(script.tail.is_empty(), "{}", script.tail.len());
            assert!(script.bytes() == recording);
        }
    }

    #[test]
    fn noise_comes_together_again_too() {
        let noise: Vec<u8> = (0..5000_u32).map(|n| ((n * n) >> 3) as u8).collect();
        for has_handshake in [false, true] {
            assert!(Script::read(&noise, has_handshake).bytes() == noise);
        }
    }
}
