//! The other side: pushes a stream to an RTMP server, as an encoder would. Feeds the demo room.

use std::io;
use std::time::Duration;

use kaibo_proto::media::MediaEvent;
use kaibo_proto::rtmp::SessionError;
use kaibo_proto::rtmp::client::{ClientEvent, ClientSession, ConnectInfo, NotPublishing};
use kaibo_proto::rtmp::handshake::Opening;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use crate::seed;

/// RTMP's port when the address names none (RTMP 1.0, section 7.2.1.1).
const DEFAULT_PORT: u16 = 1935;
/// The server must answer, and take bytes, within this.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why a push failed. Never holds the push key.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// The address is not of the form `rtmp://HOST[:PORT]/APP/STREAM[?QUERY]`.
    #[error("not an RTMP push address; it should look like rtmp://HOST/live/NAME?txSecret=...")]
    BadAddress,
    /// The socket failed.
    #[error("connection to the RTMP server lost")]
    Io(#[from] io::Error),
    /// The server does not answer, or takes nothing.
    #[error("the RTMP server did not answer in time")]
    TimedOut,
    /// The server does not speak RTMP as we do.
    #[error("the RTMP server was not understood")]
    Session(#[from] SessionError),
    /// The server does not want this stream.
    #[error("the RTMP server refused the stream: {code} ({description})")]
    Rejected {
        /// Status code, such as `NetStream.Publish.BadName`.
        code: String,
        /// The server's words.
        description: String,
    },
    /// The server ended the connection.
    #[error("the RTMP server closed the connection")]
    Closed,
}

/// A running push.
pub struct Pusher {
    socket: TcpStream,
    session: ClientSession,
}

impl std::fmt::Debug for Pusher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pusher")
            .field("socket", &self.socket)
            .finish_non_exhaustive()
    }
}

/// The parts of a push address.
struct Address<'a> {
    host: &'a str,
    port: u16,
    app: &'a str,
    stream: &'a str,
}

impl<'a> Address<'a> {
    fn parse(url: &'a str) -> Option<Self> {
        let (authority, path) = url.strip_prefix("rtmp://")?.split_once('/')?;
        let (app, stream) = path.split_once('/')?;
        let bare = authority.ends_with(']') || !authority.contains(':');
        let (host, port) = if bare {
            (authority, DEFAULT_PORT)
        } else {
            let (host, port) = authority.rsplit_once(':')?;
            (host, port.parse().ok()?)
        };
        let host = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host);
        let full = !host.is_empty() && !app.is_empty() && !stream.is_empty();
        full.then_some(Self {
            host,
            port,
            app,
            stream,
        })
    }
}

impl Pusher {
    /// Connects to `rtmp://HOST[:PORT]/APP/STREAM[?QUERY]` and starts to publish.
    pub async fn connect(url: &str) -> Result<Self, PushError> {
        let address = Address::parse(url).ok_or(PushError::BadAddress)?;
        let connect = TcpStream::connect((address.host, address.port));
        let socket = timeout(PATIENCE, connect)
            .await
            .map_err(|_| PushError::TimedOut)??;
        socket.set_nodelay(true)?;
        let seed = seed::fresh()?;
        let tc_url = url[..url.len() - address.stream.len() - 1].to_owned();
        let info = ConnectInfo {
            app: address.app.to_owned(),
            tc_url,
            stream: address.stream.to_owned(),
        };
        let mut pusher = Self {
            socket,
            session: ClientSession::new(info, Opening::Plain, seed),
        };
        let started = timeout(PATIENCE, pusher.start()).await;
        started.map_err(|_| PushError::TimedOut)??;
        Ok(pusher)
    }

    async fn start(&mut self) -> Result<(), PushError> {
        let mut buffer = vec![0; 4096];
        loop {
            self.flush().await?;
            let read = self.socket.read(&mut buffer).await?;
            if self.take(&buffer[..read])? {
                return Ok(());
            }
        }
    }

    /// Sends one event.
    pub async fn send(&mut self, event: &MediaEvent) -> Result<(), PushError> {
        self.hear()?;
        self.session
            .send(event)
            .map_err(|NotPublishing| PushError::Closed)?;
        self.flush().await
    }

    /// Stops cleanly: the server knows that the stream ended on purpose.
    pub async fn finish(mut self) -> Result<(), PushError> {
        self.session.unpublish();
        self.flush().await?;
        Ok(self.socket.shutdown().await?)
    }

    /// Takes what the server said meanwhile; does not wait.
    fn hear(&mut self) -> Result<(), PushError> {
        let mut buffer = [0; 4096];
        loop {
            match self.socket.try_read(&mut buffer) {
                Ok(read) => self.take(&buffer[..read])?,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            };
        }
    }

    /// `true` once the server lets us publish.
    fn take(&mut self, bytes: &[u8]) -> Result<bool, PushError> {
        if bytes.is_empty() {
            return Err(PushError::Closed);
        }
        self.session.handle_input(bytes)?;
        let mut started = false;
        while let Some(event) = self.session.poll_event() {
            match event {
                ClientEvent::PublishStarted => started = true,
                ClientEvent::Rejected { code, description } => {
                    return Err(PushError::Rejected { code, description });
                }
                ClientEvent::Closed => return Err(PushError::Closed),
            }
        }
        Ok(started)
    }

    async fn flush(&mut self) -> Result<(), PushError> {
        while let Some(bytes) = self.session.poll_transmit() {
            let write = timeout(PATIENCE, self.socket.write_all(&bytes));
            write.await.map_err(|_| PushError::TimedOut)??;
        }
        Ok(())
    }
}

/// Pushes a film of `length` over and over at its own pace until `stop`, its clock running on at
/// each seam.
pub async fn push_film(
    url: &str,
    film: &[MediaEvent],
    length: Duration,
    stop: CancellationToken,
) -> Result<(), PushError> {
    let mut pusher = Pusher::connect(url).await?;
    let began = Instant::now();
    let first_ms = film.iter().filter_map(event_ms).min().unwrap_or(0);
    let round_ms = length.as_millis() as i64;
    for round in 0.. {
        for event in film {
            let mut event = event.clone();
            if let MediaEvent::Frame(frame) = &mut event {
                frame.dts_ms += round * round_ms - first_ms;
                let due = began + Duration::from_millis(frame.dts_ms.max(0) as u64);
                tokio::select! {
                    () = stop.cancelled() => return pusher.finish().await,
                    () = sleep_until(due) => {}
                }
            } else if round > 0 {
                continue;
            }
            pusher.send(&event).await?;
        }
        if stop.is_cancelled() || film.is_empty() {
            break;
        }
    }
    pusher.finish().await
}

fn event_ms(event: &MediaEvent) -> Option<i64> {
    match event {
        MediaEvent::Frame(frame) => Some(frame.dts_ms),
        MediaEvent::Track(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        let parts = |url| {
            Address::parse(url).map(|a: Address<'_>| (a.host.to_owned(), a.port, a.app, a.stream))
        };
        let key = "wx01-7?txSecret=a/b&txTime=1";
        let url = format!("rtmp://[::1]/live/{key}");
        assert_eq!(parts(&url).unwrap(), ("::1".into(), 1935, "live", key));
        let url = format!("rtmp://host:19350/live/{key}");
        assert_eq!(parts(&url).unwrap(), ("host".into(), 19350, "live", key));
        for bad in [
            "",
            "http://h/a/b",
            "rtmp://h",
            "rtmp://h/a",
            "rtmp://h/a/",
            "rtmp://h:x/a/b",
            "rtmp:///a/b",
        ] {
            assert!(Address::parse(bad).is_none(), "{bad}");
        }
    }
}
