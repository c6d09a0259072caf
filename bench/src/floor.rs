//! The price of the kernel: the least that can be done to serve HTTP-FLV over TCP. Measured, never used.
//!
//! One thread, epoll. Each tag is framed once into one contiguous log; a viewer is a cursor into it
//! and gets one `send` per batch. The film comes by this program's own clock, not over RTMP.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;

use bytes::Bytes;
use kaibo_proto::flv;
use kaibo_proto::media::MediaEvent;
use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};

use crate::clock::{MS, now_ns, until};
use crate::film::Film;
use crate::publish::with_clock;

/// The log is cut to half of this when it is full: some 15 s for the slowest viewer.
const LOG_BYTES: usize = 8 * 1024 * 1024;
const LISTENER: u64 = u64::MAX;
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: video/x-flv\r\nConnection: close\r\n\r\n";

/// All tags since some time ago; places in it are counted from the stream's start.
struct Log {
    bytes: Vec<u8>,
    /// Place of the first byte still there.
    start: u64,
    /// Place of the newest keyframe.
    keyframe: u64,
    /// What a newcomer gets before the keyframe.
    opening: Bytes,
}

struct Viewer {
    socket: TcpStream,
    /// Where it is in the log; none before it has asked.
    cursor: Option<u64>,
    /// What is left of the opening.
    opening: Bytes,
}

impl Log {
    fn new(tracks: &[MediaEvent]) -> Self {
        let header = flv::flv_header(true, true);
        let tags = tracks.iter().map(|track| flv::tag(track, 0));
        let opening: Vec<u8> = [Bytes::from_static(ANSWER), header]
            .into_iter()
            .chain(tags)
            .flatten()
            .collect();
        Self {
            bytes: Vec::with_capacity(LOG_BYTES),
            start: 0,
            keyframe: 0,
            opening: opening.into(),
        }
    }

    fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }

    fn append(&mut self, tag: &[u8], keyframe: bool) {
        if self.bytes.len() + tag.len() > LOG_BYTES {
            let cut = LOG_BYTES / 2;
            self.bytes.drain(..cut);
            self.start += cut as u64;
        }
        if keyframe {
            self.keyframe = self.end();
        }
        self.bytes.extend_from_slice(tag);
    }

    /// What is new since `cursor`; `None` if a part of it is gone.
    fn since(&self, cursor: u64) -> Option<&[u8]> {
        let at = cursor.checked_sub(self.start)? as usize;
        self.bytes.get(at..)
    }
}

impl Viewer {
    /// Sends what is new, once. An error: it is gone, or too slow.
    fn send(&mut self, log: &Log) -> Result<(), Errno> {
        let Some(cursor) = self.cursor else {
            return Ok(());
        };
        while !self.opening.is_empty() {
            match send(&self.socket, &self.opening, SendFlags::NOSIGNAL) {
                Ok(sent) => drop(self.opening.split_to(sent)),
                Err(Errno::AGAIN) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        let new = log.since(cursor).ok_or(Errno::PIPE)?;
        if new.is_empty() {
            return Ok(());
        }
        match send(&self.socket, new, SendFlags::NOSIGNAL) {
            Ok(sent) => self.cursor = Some(cursor + sent as u64),
            Err(Errno::AGAIN) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Any request is answered with the stream from the newest keyframe on.
    fn hear(&mut self, log: &Log) -> Result<(), Errno> {
        let mut request = [0; 2048];
        let (_, read) = recv(&self.socket, &mut request, RecvFlags::empty())?;
        if read == 0 {
            return Err(Errno::PIPE);
        }
        if self.cursor.is_none() {
            self.cursor = Some(log.keyframe);
            self.opening = log.opening.clone();
        }
        self.send(log)
    }
}

/// A floor that listens.
pub(crate) struct Floor {
    epoll: OwnedFd,
    listener: TcpListener,
    log: Log,
    film: Film,
    next_frame: usize,
    /// By file descriptor's place in epoll; emptied places are used again.
    viewers: Vec<Option<Viewer>>,
    free: Vec<usize>,
}

impl Floor {
    pub(crate) fn new(film: Film) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        // The standard library's backlog of 128 is too short for a rush.
        rustix::net::listen(&listener, 4096)?;
        listener.set_nonblocking(true)?;
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        epoll::add(
            &epoll,
            &listener,
            EventData::new_u64(LISTENER),
            EventFlags::IN,
        )?;
        let mut floor = Self {
            epoll,
            listener,
            log: Log::new(&film.tracks),
            film,
            next_frame: 0,
            viewers: Vec::new(),
            free: Vec::new(),
        };
        floor.write_until(0);
        Ok(floor)
    }

    pub(crate) fn address(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    /// Serves for ever; 0 ms: every tag at once.
    pub(crate) fn serve(mut self, batch_ms: u64) -> anyhow::Result<()> {
        let began = now_ns();
        // A picture comes every third of 100 ms: begun with one, the ticks would spare it all waiting.
        let mut batch = began + batch_ms * MS / 6;
        let mut events = Vec::with_capacity(1024);
        loop {
            let now = now_ns();
            let due = began + self.film.frame(self.next_frame).dts_ms as u64 * MS;
            if now >= due {
                self.write_until((now - began) / MS);
                if batch_ms == 0 {
                    self.sweep();
                }
                continue;
            }
            if batch_ms > 0 && now >= batch {
                self.sweep();
                // Kaibo's rule: counted from the beginning of the sweep before.
                batch = now + batch_ms * MS;
            }
            let wake = if batch_ms > 0 { due.min(batch) } else { due };
            events.clear();
            let wait = until(wake, now_ns());
            epoll::wait(&self.epoll, spare_capacity(&mut events), Some(&wait))?;
            for event in &events {
                self.on_event(event.data.u64())?;
            }
        }
    }

    /// Frames all tags that are due into the log.
    fn write_until(&mut self, ms: u64) {
        loop {
            let frame = self.film.frame(self.next_frame);
            if frame.dts_ms as u64 > ms {
                return;
            }
            self.next_frame += 1;
            let keyframe = frame.keyframe && frame.track == kaibo_proto::media::TrackKind::Video;
            let frame = with_clock(frame);
            let time = frame.dts_ms as u32;
            self.log
                .append(&flv::tag(&MediaEvent::Frame(frame), time), keyframe);
        }
    }

    fn sweep(&mut self) {
        for at in 0..self.viewers.len() {
            if let Some(viewer) = &mut self.viewers[at]
                && viewer.send(&self.log).is_err()
            {
                self.drop_viewer(at);
            }
        }
    }

    fn on_event(&mut self, place: u64) -> anyhow::Result<()> {
        if place == LISTENER {
            return self.accept();
        }
        let at = place as usize;
        if let Some(viewer) = &mut self.viewers[at]
            && viewer.hear(&self.log).is_err()
        {
            self.drop_viewer(at);
        }
        Ok(())
    }

    fn accept(&mut self) -> anyhow::Result<()> {
        while let Ok((socket, _)) = self.listener.accept() {
            socket.set_nonblocking(true)?;
            socket.set_nodelay(true)?;
            let at = self.free.pop().unwrap_or_else(|| {
                self.viewers.push(None);
                self.viewers.len() - 1
            });
            epoll::add(
                &self.epoll,
                &socket,
                EventData::new_u64(at as u64),
                EventFlags::IN,
            )?;
            self.viewers[at] = Some(Viewer {
                socket,
                cursor: None,
                opening: Bytes::new(),
            });
        }
        Ok(())
    }

    /// Closing the socket takes it out of epoll.
    fn drop_viewer(&mut self, at: usize) {
        self.viewers[at] = None;
        self.free.push(at);
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::thread;

    use bytes::Bytes;
    use kaibo_proto::flv;
    use kaibo_proto::media::MediaEvent;

    use super::{Floor, LOG_BYTES, Log};
    use crate::film::Film;
    use crate::http::Answer;

    #[test]
    fn floor_serves_a_stream_that_our_flv_reader_accepts() {
        let floor = Floor::new(Film::miniature()).unwrap();
        let address = floor.address().unwrap();
        // Ends with the test's process.
        thread::spawn(move || floor.serve(0));
        let mut socket = TcpStream::connect(address).unwrap();
        socket
            .write_all(b"GET /live/a.flv HTTP/1.1\r\n\r\n")
            .unwrap();
        let (mut answer, mut seen) = (Answer::new(), Vec::new());
        let mut buffer = [0; 4096];
        let events = loop {
            let read = socket.read(&mut buffer).unwrap();
            let mut input = &buffer[..read];
            while let Some(piece) = answer.piece(&mut input).unwrap() {
                seen.extend_from_slice(piece);
            }
            let Ok(reader) = flv::Reader::new(Bytes::copy_from_slice(&seen)) else {
                continue;
            };
            let events: Vec<MediaEvent> = reader.map_while(Result::ok).collect();
            if events.len() >= 6 {
                break events;
            }
        };
        assert!(matches!(
            events[..2],
            [MediaEvent::Track(_), MediaEvent::Track(_)]
        ));
        let MediaEvent::Frame(first) = &events[2] else {
            panic!("a frame follows the configurations");
        };
        assert!(first.keyframe);
    }

    #[test]
    fn log_keeps_places_when_its_front_is_cut() {
        let mut log = Log::new(&[]);
        let tag = vec![7; LOG_BYTES / 4];
        for _ in 0..4 {
            log.append(&tag, false);
        }
        log.append(&[1, 2, 3], true);
        assert_eq!(log.since(log.keyframe), Some(&[1, 2, 3][..]));
        assert_eq!(log.since(0), None, "too slow");
        assert_eq!(log.since(log.end()), Some(&[][..]));
    }
}
