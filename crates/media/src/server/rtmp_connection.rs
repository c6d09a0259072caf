//! The life of one RTMP connection, from its first byte to its last.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use kaibo_proto::rtmp::address::PublishAddress;
use kaibo_proto::rtmp::server::{ServerEvent, ServerSession};
use kaibo_proto::rtmp::{Limits, SessionError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use crate::config::ms;
use crate::gate::{Denied, PublishRequest, SessionId, StreamName};
use crate::meter;
use crate::publisher::Publisher;
use crate::registry::Registry;
use crate::seed;

/// Bytes read at once.
const READ_BYTES: usize = 32 * 1024;
/// After the last answer the rest of the input is read and dropped, or the answer could be lost to a
/// connection reset. For this long and this much at most.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 1 << 20;

const BAD_NAME: &str = "NetStream.Publish.BadName";
/// One text for every reason, so that nothing can be learnt from it.
const NOT_ACCEPTED: &str = "stream name or key not accepted; ask for a new push address";
const BUSY: &str = "already publishing";

/// Why a connection ended other than by its publisher's wish.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Ended {
    /// The socket failed.
    #[error("connection lost: {0}")]
    Io(#[from] io::Error),
    /// The peer broke the protocol or a limit.
    #[error("not understood: {0}")]
    Session(#[from] SessionError),
    /// Nothing published in time.
    #[error("no publish was accepted in time")]
    HalfOpen,
    /// No byte in a long time.
    #[error("the publisher fell silent")]
    Idle,
    /// It does not read our answers.
    #[error("the publisher does not take our answers")]
    Stalled,
    /// The publish was refused.
    #[error("publish refused: {0}")]
    Refused(&'static str),
    /// A codec that is not carried.
    #[error("unsupported codec: {0}")]
    Codec(String),
    /// Cut by the gate, replaced by a newcomer, or the lease was not renewed.
    #[error("the publisher had to leave")]
    Left,
}

/// One accepted TCP connection.
pub(crate) struct Connection {
    registry: Arc<Registry>,
    socket: TcpStream,
    peer: SocketAddr,
    id: SessionId,
    session: ServerSession,
    publisher: Option<Publisher>,
    half_open_until: Instant,
    heard: Instant,
}

impl Connection {
    pub(crate) fn new(
        registry: Arc<Registry>,
        socket: TcpStream,
        peer: SocketAddr,
    ) -> io::Result<Self> {
        socket.set_nodelay(true)?;
        let now = Instant::now();
        Ok(Self {
            id: registry.next_session(),
            half_open_until: now + ms(registry.config.half_open_ms),
            session: ServerSession::new(Limits::default(), seed::fresh()?),
            publisher: None,
            heard: now,
            registry,
            socket,
            peer,
        })
    }

    pub(crate) fn id(&self) -> SessionId {
        self.id
    }

    /// Talks until the peer or `shutdown` ends it. The publisher, if any, has left when this returns.
    pub(crate) async fn run(mut self, shutdown: CancellationToken) -> Result<(), Ended> {
        let result = tokio::select! {
            result = self.talk() => result,
            () = shutdown.cancelled() => Ok(()),
        };
        // First of all, so that nobody waits for the courtesies below.
        self.publisher = None;
        if !matches!(result, Err(Ended::Io(_) | Ended::Stalled)) {
            self.say_goodbye().await;
        }
        result
    }

    async fn talk(&mut self) -> Result<(), Ended> {
        let mut buffer = vec![0; READ_BYTES];
        loop {
            self.flush().await?;
            let leave = self
                .publisher
                .as_ref()
                .map(|publisher| publisher.leave.clone());
            let left = async {
                match leave {
                    Some(leave) => leave.cancelled_owned().await,
                    None => std::future::pending().await,
                }
            };
            let read = tokio::select! {
                () = left => return Err(Ended::Left),
                () = sleep_until(self.deadline()) => return Err(self.overdue()),
                read = self.socket.read(&mut buffer) => read?,
            };
            if read == 0 {
                return Ok(());
            }
            self.heard = Instant::now();
            if let Some(publisher) = &self.publisher {
                publisher.heard.note(self.heard, read);
            }
            self.session.handle_input(&buffer[..read])?;
            while let Some(event) = self.session.poll_event() {
                if !self.handle(event).await? {
                    return Ok(());
                }
            }
        }
    }

    fn deadline(&self) -> Instant {
        let idle = self.heard + ms(self.registry.config.publisher_idle_ms);
        if self.publisher.is_some() {
            idle
        } else {
            idle.min(self.half_open_until)
        }
    }

    fn overdue(&self) -> Ended {
        if self.publisher.is_some() {
            Ended::Idle
        } else {
            Ended::HalfOpen
        }
    }

    /// `false`: the publisher is done.
    async fn handle(&mut self, event: ServerEvent) -> Result<bool, Ended> {
        match event {
            ServerEvent::PublishRequested(address) => {
                // A gate that hangs must not keep a half-open connection open.
                let until = self.half_open_until;
                let asked = tokio::time::timeout_at(until, self.publish(address));
                asked.await.unwrap_or(Err(Ended::HalfOpen))?;
            }
            ServerEvent::Media(media) => {
                if let Some(publisher) = &self.publisher {
                    publisher.send(media).map_err(|_| Ended::Left)?;
                }
            }
            ServerEvent::UnsupportedCodec { name } => {
                meter::refused("codec");
                self.session.announce_unsupported(&name);
                if let Some(publisher) = &self.publisher {
                    publisher.refuse_codec(name.clone());
                }
                return Err(Ended::Codec(name));
            }
            ServerEvent::Unpublished => return Ok(false),
            ServerEvent::TagDropped(error) => {
                tracing::info!(session = %self.id, %error, "a tag could not be read");
            }
            ServerEvent::Connected { .. } | ServerEvent::PlayRefused => {}
        }
        Ok(true)
    }

    async fn publish(&mut self, address: PublishAddress) -> Result<(), Ended> {
        let answer_at = Instant::now() + ms(self.registry.config.refuse_after_ms);
        let asked = match StreamName::new(&address.stream) {
            Some(stream) if self.publisher.is_none() => self.ask(stream, address).await,
            _ => Err(Denied::BadName),
        };
        match asked {
            Ok(publisher) => {
                self.publisher = Some(publisher);
                self.session.accept_publish();
                Ok(())
            }
            Err(denied) => {
                sleep_until(answer_at).await;
                let (reason, description) = match denied {
                    Denied::BadName => ("bad_name", NOT_ACCEPTED),
                    Denied::Busy => ("busy", BUSY),
                };
                meter::refused(reason);
                self.session.reject_publish(BAD_NAME, description);
                Err(Ended::Refused(reason))
            }
        }
    }

    async fn ask(&self, stream: StreamName, address: PublishAddress) -> Result<Publisher, Denied> {
        let PublishAddress { app, query, .. } = address;
        let request = PublishRequest {
            stream,
            app,
            query,
            peer: self.peer,
            session: self.id,
        };
        let asked = self.registry.gate.publish(request.clone());
        let Ok(answer) = timeout(ms(self.registry.config.gate_ms), asked).await else {
            tracing::warn!(stream = %request.stream, "the gate did not answer in time; refused");
            return Err(Denied::BadName);
        };
        let grant = answer?;
        let attached = self.registry.attach(&request, &grant);
        let publisher = attached.map_err(|_| Denied::Busy)?;
        tracing::info!(stream = %request.stream, session = %self.id, peer = %self.peer, "publishing");
        Ok(publisher)
    }

    async fn flush(&mut self) -> Result<(), Ended> {
        let limit = ms(self.registry.config.publisher_write_ms);
        while let Some(bytes) = self.session.poll_transmit() {
            let write = timeout(limit, self.socket.write_all(&bytes));
            write.await.map_err(|_| Ended::Stalled)??;
        }
        Ok(())
    }

    /// Sends what is left to say, then waits a little for the peer to have read it.
    async fn say_goodbye(&mut self) {
        let farewell = async {
            self.flush().await.ok()?;
            self.socket.shutdown().await.ok()?;
            let mut buffer = [0; 4096];
            let mut dropped = 0;
            while dropped < LINGER_BYTES {
                match self.socket.read(&mut buffer).await.ok()? {
                    0 => break,
                    read => dropped += read,
                }
            }
            Some(())
        };
        // Whether it worked makes no difference: the connection is over.
        let _ = timeout(LINGER, farewell).await;
    }
}
