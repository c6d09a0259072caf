//! An encoder: sends the film over RTMP in real time, each picture with the moment of its sending.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail};
use kaibo_proto::media::{Frame, MediaEvent, TrackKind};
use kaibo_proto::rtmp::address::RtmpUrl;
use kaibo_proto::rtmp::client::{ClientEvent, ClientSession};
use kaibo_proto::rtmp::handshake::Opening;
use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};

use crate::clock::{MS, now_ns, sleep_until};
use crate::film::Film;
use crate::stamp;

/// A server must answer, and take bytes, within this.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection that may send media.
pub(crate) struct Publisher {
    socket: TcpStream,
    session: ClientSession,
}

impl Publisher {
    /// Connects to `rtmp://HOST[:PORT]/APP/STREAM` and waits until the server lets us publish.
    pub(crate) fn connect(url: &str) -> anyhow::Result<Self> {
        let url: RtmpUrl = url.parse()?;
        let socket = TcpStream::connect((url.host.as_str(), url.port))
            .context("the server's RTMP port cannot be reached; is it running?")?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_write_timeout(Some(PATIENCE))?;
        // The handshake's bytes need to look random only to strangers.
        let session = ClientSession::new(url.into(), Opening::Plain, [7; 32]);
        let mut publisher = Self { socket, session };
        let mut buffer = [0; 4096];
        loop {
            publisher.flush()?;
            let read = publisher
                .socket
                .read(&mut buffer)
                .context("the server did not answer a publisher in time")?;
            if publisher.take(&buffer[..read])? {
                return Ok(publisher);
            }
        }
    }

    /// Sends the film at its own pace until `stop`.
    pub(crate) fn play(mut self, film: &Film, stop: &AtomicBool) -> anyhow::Result<()> {
        for track in &film.tracks {
            self.send(track)?;
        }
        let began = now_ns();
        for number in 0.. {
            let frame = film.frame(number);
            sleep_until(began + frame.dts_ms as u64 * MS);
            if stop.load(Ordering::Relaxed) {
                break;
            }
            self.send(&MediaEvent::Frame(with_clock(frame)))?;
        }
        self.session.unpublish();
        self.flush()
    }

    fn send(&mut self, event: &MediaEvent) -> anyhow::Result<()> {
        self.hear()?;
        self.session.send(event)?;
        self.flush()
    }

    /// Takes what the server said meanwhile; does not wait.
    fn hear(&mut self) -> anyhow::Result<()> {
        let mut buffer = [0; 4096];
        loop {
            match recv(&self.socket, &mut buffer, RecvFlags::DONTWAIT) {
                Ok((read, _)) => self.take(&buffer[..read])?,
                Err(Errno::AGAIN) => return Ok(()),
                Err(error) => return Err(error.into()),
            };
        }
    }

    /// `true` once the server lets us publish.
    fn take(&mut self, bytes: &[u8]) -> anyhow::Result<bool> {
        if bytes.is_empty() {
            bail!("the server closed the publisher's connection; look at its log");
        }
        self.session.handle_input(bytes)?;
        let mut started = false;
        while let Some(event) = self.session.poll_event() {
            match event {
                ClientEvent::PublishStarted => started = true,
                ClientEvent::Rejected { code, description } => {
                    bail!("the server refused the stream: {code} ({description})")
                }
                ClientEvent::Closed => bail!("the server ended the stream"),
            }
        }
        Ok(started)
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        while let Some(bytes) = self.session.poll_transmit() {
            self.socket
                .write_all(&bytes)
                .context("the server takes the publisher's media too slowly or not at all")?;
        }
        Ok(())
    }
}

/// A picture with the clock in it; sound as it is.
pub(crate) fn with_clock(mut frame: Frame) -> Frame {
    if frame.track == TrackKind::Video {
        frame.payload = stamp::stamped(&frame.payload, now_ns());
    }
    frame
}
