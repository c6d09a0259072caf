//! One viewer: a socket that does not block, and what it saw.

use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, connect, ipproto, recv, send,
    socket_with, sockopt,
};

use super::gaps::Gaps;
use super::talk::{Talk, TalkError, Target};
use crate::clock::now_ns;

/// Receive buffer of a slow viewer, so that what it leaves unread stays with the server.
const SLOW_BUFFER_BYTES: usize = 16 * 1024;
/// A trickling viewer reads 50 kbit/s in steps of this length.
pub(crate) const TRICKLE_STEP_MS: u64 = 100;
const TRICKLE_STEP_BYTES: usize = 625;
/// A frozen viewer reads so much and then nothing more.
const FROZEN_AFTER_BYTES: usize = 64 * 1024;

/// How a viewer reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Whatever comes, at once.
    Healthy,
    /// 50 kbit/s.
    Trickle,
    /// Something at first, then nothing any more.
    Frozen,
}

/// When and how a viewer comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arrival {
    pub(crate) at_ns: u64,
    pub(crate) pace: Pace,
    /// Comes while others are watching already.
    pub(crate) joiner: bool,
    /// Reads every picture's stamp. Others only count once they have seen a keyframe.
    pub(crate) probe: bool,
}

/// Why a viewer is no longer there.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Gone {
    #[error("the server closed the connection")]
    Closed,
    #[error("the connection broke: {0}")]
    Broken(#[from] Errno),
    #[error(transparent)]
    Misunderstood(#[from] TalkError),
}

/// One connection and its record.
pub(crate) struct Viewer {
    pub(crate) socket: OwnedFd,
    pub(crate) arrival: Arrival,
    began_ns: u64,
    talk: Option<Talk>,
    unsent: Vec<u8>,
    read_bytes: usize,
    gaps: Gaps,
    pub(crate) first_key_ns: Option<u64>,
    /// In the list of those that are only counted.
    pub(crate) is_counted: bool,
    pub(crate) latencies_ns: Vec<u64>,
    pub(crate) gone: Option<Gone>,
}

impl Viewer {
    /// Begins to connect.
    pub(crate) fn join(target: &Target, arrival: Arrival) -> Result<Self, Errno> {
        let began_ns = now_ns();
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let kind = SocketType::STREAM;
        let socket = socket_with(AddressFamily::INET, kind, flags, Some(ipproto::TCP))?;
        if arrival.pace != Pace::Healthy {
            sockopt::set_socket_recv_buffer_size(&socket, SLOW_BUFFER_BYTES)?;
        }
        match connect::<_>(&socket, &target.address()) {
            Ok(()) | Err(Errno::INPROGRESS) => {}
            Err(error) => return Err(error),
        }
        let (talk, hello) = Talk::start(target);
        Ok(Self {
            socket,
            arrival,
            began_ns,
            talk: Some(talk),
            unsent: hello,
            read_bytes: 0,
            gaps: Gaps::from(began_ns),
            first_key_ns: None,
            is_counted: false,
            latencies_ns: Vec::new(),
            gone: None,
        })
    }

    /// Its moments count: it takes latencies, or waits for its first keyframe.
    pub(crate) fn is_prompt(&self) -> bool {
        self.arrival.probe || self.first_key_ns.is_none()
    }

    /// Something waits to be sent.
    pub(crate) fn has_unsent(&self) -> bool {
        !self.unsent.is_empty()
    }

    /// Sends what waits, as far as the socket takes it.
    pub(crate) fn flush(&mut self) -> Result<(), Gone> {
        while !self.unsent.is_empty() {
            match send(&self.socket, &self.unsent, SendFlags::NOSIGNAL) {
                Ok(sent) => drop(self.unsent.drain(..sent)),
                Err(Errno::AGAIN) => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Reads once what is there, at most `buffer`; gives the number of bytes.
    pub(crate) fn read(&mut self, buffer: &mut [u8], opened_ns: u64) -> Result<usize, Gone> {
        let discard = !self.is_prompt();
        // Once only the number counts, the kernel need not copy: the generator shares the machine.
        let flags = if discard {
            RecvFlags::TRUNC
        } else {
            RecvFlags::empty()
        };
        let read = match recv(&self.socket, &mut *buffer, flags) {
            Ok((_, 0)) => return Err(Gone::Closed),
            Ok((_, read)) => read,
            Err(Errno::AGAIN) => return Ok(0),
            Err(error) => return Err(error.into()),
        };
        let now = now_ns();
        self.gaps.bytes_at(now, opened_ns);
        self.read_bytes += read;
        if discard {
            self.discard(read);
        } else {
            self.take(&buffer[..read], now, opened_ns)?;
        }
        Ok(read)
    }

    /// A slow viewer's step.
    pub(crate) fn read_slowly(&mut self, buffer: &mut [u8], opened_ns: u64) -> Result<usize, Gone> {
        let bytes = match self.arrival.pace {
            Pace::Trickle => TRICKLE_STEP_BYTES,
            Pace::Frozen => FROZEN_AFTER_BYTES.saturating_sub(self.read_bytes),
            Pace::Healthy => return Ok(0),
        };
        if bytes == 0 || self.has_unsent() {
            return Ok(0);
        }
        let bytes = bytes.min(buffer.len());
        self.read(&mut buffer[..bytes], opened_ns)
    }

    fn take(&mut self, bytes: &[u8], now: u64, opened_ns: u64) -> Result<(), Gone> {
        let Some(talk) = &mut self.talk else {
            return Ok(());
        };
        let (first_key_ns, latencies_ns) = (&mut self.first_key_ns, &mut self.latencies_ns);
        let (began_ns, probe) = (self.began_ns, self.arrival.probe);
        talk.take(bytes, &mut |picture| {
            if picture.keyframe && first_key_ns.is_none() {
                *first_key_ns = Some(now - began_ns);
            }
            if probe && now > opened_ns {
                latencies_ns.extend(picture.sent_ns.map(|sent| now.saturating_sub(sent)));
            }
        })?;
        self.unsent.extend(talk.reply());
        if first_key_ns.is_some() && !probe && !talk.must_answer() {
            self.talk = None;
        }
        Ok(())
    }

    /// Bytes that nobody looks at.
    fn discard(&mut self, bytes: usize) {
        if let Some(talk) = &mut self.talk {
            talk.discard(bytes);
            self.unsent.extend(talk.reply());
        }
    }

    /// Whether it stalled in the window that ends now.
    pub(crate) fn stalled(&mut self, now: u64, opened_ns: u64) -> bool {
        self.gaps.close(now, opened_ns)
    }
}
