//! What both roles share after the handshake: messages in and out, control, acknowledgements.

use std::borrow::Cow;
use std::collections::VecDeque;

use bytes::Bytes;

use super::SessionError;
use super::chunk::{DEFAULT_CHUNK_SIZE, chunk_message};
use super::message::{Control, Message, kind};
use super::reader::{ChunkLimits, ChunkReader};

/// Chunk streams we send on. The peer may use any others.
pub(super) mod csid {
    /// Protocol control, as RTMP 1.0 section 5.4 demands.
    pub(in crate::rtmp) const CONTROL: u32 = 2;
    /// Commands.
    pub(in crate::rtmp) const COMMAND: u32 = 3;
    /// Sound.
    pub(in crate::rtmp) const AUDIO: u32 = 4;
    /// Picture.
    pub(in crate::rtmp) const VIDEO: u32 = 6;
}

/// Chunk size we send with: few headers, and sound still fits between a picture's chunks.
const CHUNK_SIZE: u32 = 4096;

#[derive(Debug)]
pub(super) struct Link {
    reader: ChunkReader,
    /// Input that was not read yet: the start of a header, or all that was held back.
    carry: Vec<u8>,
    out: VecDeque<Bytes>,
    unsent: usize,
    write_chunk_size: usize,
    /// Bytes received, modulo 2^32 as the acknowledgement wants it.
    received: u32,
    acknowledged: u32,
    /// Bytes after which the peer wants an acknowledgement; 0 never.
    window: u32,
}

impl Link {
    pub(super) fn new(limits: ChunkLimits) -> Self {
        Self {
            reader: ChunkReader::new(limits),
            carry: Vec::new(),
            out: VecDeque::new(),
            unsent: 0,
            write_chunk_size: DEFAULT_CHUNK_SIZE,
            received: 0,
            acknowledged: 0,
            window: 0,
        }
    }

    pub(super) fn set_limits(&mut self, limits: ChunkLimits) {
        self.reader.set_limits(limits);
    }

    /// The bytes to read messages from: this input behind what the last one left.
    pub(super) fn join<'a>(&mut self, input: &'a [u8]) -> Cow<'a, [u8]> {
        if self.carry.is_empty() {
            return Cow::Borrowed(input);
        }
        let mut joined = std::mem::take(&mut self.carry);
        joined.extend_from_slice(input);
        Cow::Owned(joined)
    }

    /// Holds input back, unread, for the next [`Self::join`]; gives the bytes held.
    pub(super) fn hold(&mut self, input: &[u8]) -> usize {
        self.carry.extend_from_slice(input);
        self.carry.len()
    }

    /// Keeps what [`Self::next`] left for the next [`Self::join`].
    pub(super) fn keep(&mut self, rest: &[u8]) {
        self.carry = rest.to_vec();
    }

    /// Counts received bytes and acknowledges them if the peer's window is full.
    ///
    /// Called once per input, so that a tiny window makes one answer per read, not per byte.
    pub(super) fn count_received(&mut self, bytes: usize) {
        self.received = self.received.wrapping_add(bytes as u32);
        if self.window > 0 && self.received.wrapping_sub(self.acknowledged) >= self.window {
            self.acknowledged = self.received;
            self.send_control(Control::Acknowledgement(self.received));
        }
    }

    /// The next message that is not protocol control; `None` when more bytes are needed.
    ///
    /// Stops with an error when answers of more than `unsent` bytes wait.
    pub(super) fn next(
        &mut self,
        input: &mut &[u8],
        unsent: usize,
    ) -> Result<Option<Message>, SessionError> {
        while let Some(message) = self.reader.read(input)? {
            if !(kind::SET_CHUNK_SIZE..=kind::SET_PEER_BANDWIDTH).contains(&message.kind) {
                return Ok(Some(message));
            }
            self.on_control(&message)?;
            self.check_unsent(unsent)?;
        }
        Ok(None)
    }

    fn on_control(&mut self, message: &Message) -> Result<(), SessionError> {
        let control = Control::read(message.kind, &message.payload)
            .ok_or(SessionError::BadControl { kind: message.kind })?;
        match control {
            Control::SetChunkSize(size) => self.reader.set_chunk_size(size),
            Control::Abort(csid) => self.reader.abort(csid),
            Control::WindowAckSize(window) => self.window = window,
            Control::Ping(time) => self.send_control(Control::Pong(time)),
            Control::Acknowledgement(_)
            | Control::SetPeerBandwidth(..)
            | Control::StreamBegin(_)
            | Control::Pong(_)
            | Control::OtherEvent(_) => {}
        }
        Ok(())
    }

    pub(super) fn send(&mut self, csid: u32, message: &Message) {
        self.send_raw(chunk_message(csid, message, self.write_chunk_size));
    }

    pub(super) fn send_control(&mut self, control: Control) {
        self.send(csid::CONTROL, &control.message());
    }

    /// Says our chunk size and uses it from the next message on.
    pub(super) fn raise_chunk_size(&mut self) {
        self.send_control(Control::SetChunkSize(CHUNK_SIZE));
        self.write_chunk_size = CHUNK_SIZE as usize;
    }

    /// Queues bytes that are no message: the handshake's.
    pub(super) fn send_raw(&mut self, bytes: Bytes) {
        self.unsent += bytes.len();
        self.out.push_back(bytes);
    }

    pub(super) fn poll_transmit(&mut self) -> Option<Bytes> {
        let bytes = self.out.pop_front()?;
        self.unsent -= bytes.len();
        Some(bytes)
    }

    pub(super) fn unsent(&self) -> usize {
        self.unsent
    }

    /// Refuses to go on when more than `limit` bytes wait to be sent.
    pub(super) fn check_unsent(&self, limit: usize) -> Result<(), SessionError> {
        if self.unsent > limit {
            return Err(SessionError::TooMuchUnsent { limit });
        }
        Ok(())
    }

    /// Bytes of memory held: unfinished messages, the start of a header, what waits to be sent.
    pub(super) fn buffered_bytes(&self) -> usize {
        self.reader.buffered_bytes() + self.carry.capacity() + self.unsent
    }
}
