//! The RTMP handshake, plain (RTMP 1.0, section 5.2) and with digests (Flash Player 9 and later).

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Bytes of C1, S1, C2 and S2.
pub const PACKET: usize = 1536;
const VERSION: u8 = 3;
const DIGEST: usize = 32;
/// Where in C2 and S2 the digest over all before it lies.
const SIGNED: usize = PACKET - DIGEST;
/// Bytes over which a digest's place is spread.
const SPREAD: usize = 728;

const PLAYER_NAME: &[u8; 30] = b"Genuine Adobe Flash Player 001";
const SERVER_NAME: &[u8; 36] = b"Genuine Adobe Flash Media Server 001";
/// What follows either name in the key of the second packets.
const KEY_TAIL: [u8; 32] = [
    0xf0, 0xee, 0xc2, 0x4a, 0x80, 0x68, 0xbe, 0xe8, 0x2e, 0x00, 0xd0, 0xd1, 0x02, 0x9e, 0x7e, 0x57,
    0x6e, 0xec, 0x5d, 0x2d, 0x29, 0x80, 0x6f, 0xab, 0x93, 0xb8, 0xe6, 0x36, 0xcf, 0xeb, 0x31, 0xae,
];
/// Any non-zero version announces digests; clients look for a first byte of at least 3.
const SERVER_VERSION: [u8; 4] = [4, 5, 0, 1];
const CLIENT_VERSION: [u8; 4] = [9, 0, 124, 2];

/// Where in a first packet the digest lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Its place is counted from bytes 8 to 11: digest first, key after.
    DigestFirst,
    /// Its place is counted from bytes 772 to 775: key first, digest after.
    KeyFirst,
}

/// What a client opens with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// Version zero and random bytes: RTMP 1.0 as written.
    Plain,
    /// With a digest in this place; falls back to plain if the server answers so.
    Digest(Scheme),
}

/// Why a handshake failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeError {
    /// The first byte is not 3: another protocol, or encrypted RTMP (6).
    #[error("the peer opened with version byte {0}, not 3; use rtmp:// without encryption")]
    Version(u8),
}

/// What a handshake did with its input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// All input is used up; more must come.
    NeedMore,
    /// Send this, then go on with the rest of the input.
    Send(Bytes),
    /// Done; the rest of the input are chunks.
    Done,
}

/// The server's side. Holds at most 3,073 bytes.
#[derive(Debug)]
pub struct ServerHandshake {
    random: Random,
    received: Vec<u8>,
    answered: bool,
}

impl ServerHandshake {
    /// Starts; `seed` must be fresh random bytes for each connection.
    pub fn new(seed: [u8; 32]) -> Self {
        Self {
            random: Random { seed, counter: 0 },
            received: Vec::new(),
            answered: false,
        }
    }

    /// Takes what it needs from the front of `input`.
    pub fn read(&mut self, input: &mut &[u8]) -> Result<Progress, HandshakeError> {
        if self.answered {
            // What C2 says is not checked: encoders exist that send it wrong, and it proves nothing.
            let complete = fill(&mut self.received, PACKET, input);
            return Ok(if complete {
                Progress::Done
            } else {
                Progress::NeedMore
            });
        }
        let complete = fill(&mut self.received, 1 + PACKET, input);
        check_version(&self.received)?;
        if !complete {
            return Ok(Progress::NeedMore);
        }
        let hello = std::mem::take(&mut self.received);
        self.answered = true;
        Ok(Progress::Send(self.answer(&hello[1..])))
    }

    /// Bytes held.
    pub fn buffered_bytes(&self) -> usize {
        self.received.capacity()
    }

    /// S0, S1 and S2 for this C1.
    fn answer(&mut self, hello: &[u8]) -> Bytes {
        let mut out = vec![VERSION];
        if let Some((scheme, digest)) = find_digest(hello, PLAYER_NAME) {
            let mut first = self.random.packet();
            first[4..8].copy_from_slice(&SERVER_VERSION);
            sign_first(&mut first, scheme, SERVER_NAME);
            out.extend_from_slice(&first);
            out.extend_from_slice(&self.random.signed(SERVER_NAME, &digest));
        } else {
            let mut first = self.random.packet();
            first[4..8].fill(0);
            out.extend_from_slice(&first);
            out.extend_from_slice(hello);
        }
        Bytes::from(out)
    }
}

/// The client's side. Holds at most 3,073 bytes.
#[derive(Debug)]
pub struct ClientHandshake {
    random: Random,
    opening: Opening,
    received: Vec<u8>,
    answered: bool,
}

impl ClientHandshake {
    /// Starts, and gives C0 and C1 to send; `seed` must be fresh random bytes for each connection.
    pub fn new(opening: Opening, seed: [u8; 32]) -> (Self, Bytes) {
        let mut random = Random { seed, counter: 0 };
        let mut first = random.packet();
        match opening {
            Opening::Plain => first[4..8].fill(0),
            Opening::Digest(scheme) => {
                first[4..8].copy_from_slice(&CLIENT_VERSION);
                sign_first(&mut first, scheme, PLAYER_NAME);
            }
        }
        let hello = Bytes::from([&[VERSION][..], &first].concat());
        (
            Self {
                random,
                opening,
                received: Vec::new(),
                answered: false,
            },
            hello,
        )
    }

    /// Takes what it needs from the front of `input`.
    pub fn read(&mut self, input: &mut &[u8]) -> Result<Progress, HandshakeError> {
        if self.answered {
            let complete = fill(&mut self.received, PACKET, input);
            return Ok(if complete {
                Progress::Done
            } else {
                Progress::NeedMore
            });
        }
        let complete = fill(&mut self.received, 1 + PACKET, input);
        check_version(&self.received)?;
        if !complete {
            return Ok(Progress::NeedMore);
        }
        let first = std::mem::take(&mut self.received).split_off(1);
        self.answered = true;
        let digest = match self.opening {
            Opening::Plain => None,
            Opening::Digest(_) => find_digest(&first, SERVER_NAME),
        };
        Ok(Progress::Send(match digest {
            Some((_, digest)) => Bytes::from(self.random.signed(PLAYER_NAME, &digest)),
            None => Bytes::from(first),
        }))
    }

    /// Bytes held.
    pub fn buffered_bytes(&self) -> usize {
        self.received.capacity()
    }
}

/// Moves bytes over until `held` has `length`; true when it has.
fn fill(held: &mut Vec<u8>, length: usize, input: &mut &[u8]) -> bool {
    let (taken, rest) = input.split_at(input.len().min(length - held.len()));
    held.extend_from_slice(taken);
    *input = rest;
    held.len() == length
}

fn check_version(received: &[u8]) -> Result<(), HandshakeError> {
    match received.first() {
        None | Some(&VERSION) => Ok(()),
        Some(other) => Err(HandshakeError::Version(*other)),
    }
}

/// Where the digest of a first packet lies.
fn digest_offset(packet: &[u8], scheme: Scheme) -> usize {
    let base = match scheme {
        Scheme::DigestFirst => 8,
        Scheme::KeyFirst => 772,
    };
    let sum: usize = packet[base..base + 4]
        .iter()
        .map(|byte| usize::from(*byte))
        .sum();
    base + 4 + sum % SPREAD
}

/// The digest that a first packet should carry at this place.
fn first_digest(packet: &[u8], at: usize, name: &[u8]) -> [u8; DIGEST] {
    hmac(name, &[&packet[..at], &packet[at + DIGEST..]])
}

/// The scheme and digest of a first packet of [`PACKET`] bytes, if it carries one.
fn find_digest(packet: &[u8], name: &[u8]) -> Option<(Scheme, [u8; DIGEST])> {
    if packet[4..8] == [0; 4] {
        return None;
    }
    [Scheme::KeyFirst, Scheme::DigestFirst]
        .into_iter()
        .find_map(|scheme| {
            let at = digest_offset(packet, scheme);
            let digest = first_digest(packet, at, name);
            (packet[at..at + DIGEST] == digest).then_some((scheme, digest))
        })
}

fn sign_first(packet: &mut [u8], scheme: Scheme, name: &[u8]) {
    let at = digest_offset(packet, scheme);
    let digest = first_digest(packet, at, name);
    packet[at..at + DIGEST].copy_from_slice(&digest);
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; DIGEST] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Bytes that look random, expanded from a seed: HMAC-SHA-256 of a counter.
struct Random {
    seed: [u8; 32],
    counter: u64,
}

impl std::fmt::Debug for Random {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Random")
            .field("counter", &self.counter)
            .finish_non_exhaustive()
    }
}

impl Random {
    /// A first packet: time zero, then random bytes.
    fn packet(&mut self) -> Vec<u8> {
        let mut packet = Vec::with_capacity(PACKET);
        while packet.len() < PACKET {
            packet.extend_from_slice(&hmac(&self.seed, &[&self.counter.to_be_bytes()]));
            self.counter += 1;
        }
        packet[..4].fill(0);
        packet
    }

    /// A second packet, signed with the digest of the peer's first.
    fn signed(&mut self, name: &[u8], peer_digest: &[u8; DIGEST]) -> Vec<u8> {
        let mut packet = self.packet();
        let key = hmac(&[name, &KEY_TAIL].concat(), &[peer_digest]);
        let digest = hmac(&key, &[&packet[..SIGNED]]);
        packet[SIGNED..].copy_from_slice(&digest);
        packet
    }
}
