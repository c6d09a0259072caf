//! One HTTP call: to an address that was looked at before it is connected to, within bounds of
//! time and size, and without following anybody anywhere.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::future::{Either, select};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{HOST, USER_AGENT};
use hyper::{HeaderMap, Method, Request, Response};
use hyper_util::rt::TokioIo;
use kaibo_app::ports::CallError;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use crate::config::OutboundConfig;
use crate::private::is_public;

/// Of an answer no more is read.
const MAX_ANSWER: usize = 64 * 1024;
/// Of the addresses that a name stands for, so many are tried.
const MAX_ADDRESSES: usize = 4;

/// What is asked for.
pub struct Ask {
    /// How.
    pub method: Method,
    /// Whom: http or https.
    pub url: String,
    /// Beside `Host` and `User-Agent`.
    pub headers: Vec<(&'static str, String)>,
    /// What is sent.
    pub body: Bytes,
}

/// What one call may take.
#[derive(Clone, Copy)]
pub struct Bounds {
    /// From the first look at the name to the answer's end.
    pub time: Duration,
    /// Of an answer no more is read.
    pub most_bytes: usize,
    /// Most calls to one host at once.
    pub at_once: usize,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// As much as may be read.
    pub body: Bytes,
    /// That is all of it.
    pub is_whole: bool,
}

impl Reply {
    /// The answer as an error, with its beginning for a person to read.
    pub(crate) fn unwanted(&self) -> CallError {
        let said = String::from_utf8_lossy(&self.body);
        let visible = |c: &char| !c.is_control();
        CallError::Answer {
            status: self.status,
            body: said.chars().filter(visible).take(200).collect(),
        }
    }
}

/// Makes calls.
pub struct Client {
    config: OutboundConfig,
    tls: TlsConnector,
    hosts: Mutex<HashMap<String, Weak<Semaphore>>>,
}

impl Client {
    /// Within the bounds of `config`; certificates are held to Mozilla's list of authorities.
    pub fn new(config: OutboundConfig) -> Self {
        let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned();
        Self::with_roots(config, roots.collect())
    }

    /// As [`Client::new`], with authorities of one's own.
    pub(crate) fn with_roots(config: OutboundConfig, roots: RootCertStore) -> Self {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider has the usual versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self {
            config,
            tls: TlsConnector::from(Arc::new(tls)),
            hosts: Mutex::default(),
        }
    }

    /// Makes a call within the settings' bounds, of whose answer 64 KiB are read.
    pub(crate) async fn call(&self, ask: Ask) -> Result<Reply, CallError> {
        let time = Duration::try_from(self.config.timeout).unwrap_or(Duration::from_secs(10));
        let bounds = Bounds {
            time,
            most_bytes: MAX_ANSWER,
            at_once: self.config.connections_per_host,
        };
        self.call_within(ask, bounds).await
    }

    /// Makes a call. A redirect is an answer like any other.
    pub async fn call_within(&self, ask: Ask, bounds: Bounds) -> Result<Reply, CallError> {
        let call = timeout(bounds.time, self.attempt(ask, bounds)).await;
        call.unwrap_or(Err(CallError::Timeout))
    }

    async fn attempt(&self, ask: Ask, bounds: Bounds) -> Result<Reply, CallError> {
        let url = Url::parse(&ask.url).map_err(|_| CallError::Url)?;
        let is_tls = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(CallError::Url),
        };
        let host = url.host().ok_or(CallError::Url)?;
        let port = url.port_or_known_default().ok_or(CallError::Url)?;
        let name = url.host_str().ok_or(CallError::Url)?;
        let _place = self.place(format!("{name}:{port}"), bounds.at_once).await;
        let stream = connect(&self.allowed(&host, port).await?).await?;
        let request = request(&ask, &url)?;
        if !is_tls {
            return exchange(stream, request, bounds.most_bytes).await;
        }
        let server = match host {
            Host::Domain(domain) => {
                ServerName::try_from(domain.to_owned()).map_err(|_| CallError::Url)?
            }
            Host::Ipv4(ip) => ServerName::from(IpAddr::from(ip)),
            Host::Ipv6(ip) => ServerName::from(IpAddr::from(ip)),
        };
        let stream = self.tls.connect(server, stream).await;
        let stream = stream.map_err(|e| CallError::Tls(e.to_string()))?;
        exchange(stream, request, bounds.most_bytes).await
    }

    /// The addresses of a host that may be called: these very ones are connected to, so that a name
    /// cannot stand for another one meanwhile.
    async fn allowed(&self, host: &Host<&str>, port: u16) -> Result<Vec<SocketAddr>, CallError> {
        let found: Vec<SocketAddr> = match host {
            Host::Ipv4(ip) => vec![(*ip, port).into()],
            Host::Ipv6(ip) => vec![(*ip, port).into()],
            Host::Domain(name) => {
                let found = lookup_host((*name, port)).await;
                found.map_err(|_| CallError::Resolve)?.collect()
            }
        };
        let first = *found.first().ok_or(CallError::Resolve)?;
        let may_be_called = |at: &SocketAddr| {
            let listed = &self.config.allow_private;
            is_public(at.ip()) || listed.iter().any(|net| net.contains(at.ip()))
        };
        let mut allowed: Vec<_> = found.into_iter().filter(may_be_called).collect();
        if allowed.is_empty() {
            return Err(CallError::Private(first.ip().to_string()));
        }
        allowed.truncate(MAX_ADDRESSES);
        Ok(allowed)
    }

    /// Waits for a place among the calls to a host.
    async fn place(&self, host: String, most: usize) -> OwnedSemaphorePermit {
        let places = {
            let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
            hosts.retain(|_, places| places.strong_count() > 0);
            let there = hosts.get(&host).and_then(Weak::upgrade);
            there.unwrap_or_else(|| {
                let places = Arc::new(Semaphore::new(most.max(1)));
                hosts.insert(host, Arc::downgrade(&places));
                places
            })
        };
        let place = places.acquire_owned().await;
        place.expect("nobody closes this semaphore")
    }
}

async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, CallError> {
    let mut failed = CallError::Resolve;
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                // What is sent goes out in one piece anyway.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Err(error) => failed = CallError::Connect(error.to_string()),
        }
    }
    Err(failed)
}

fn request(ask: &Ask, url: &Url) -> Result<Request<Full<Bytes>>, CallError> {
    let path = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let name = url.host_str().unwrap_or_default();
    let host = match url.port() {
        Some(port) => format!("{name}:{port}"),
        None => name.to_owned(),
    };
    let mut request = Request::builder()
        .method(ask.method.clone())
        .uri(path)
        .header(HOST, host)
        .header(USER_AGENT, concat!("Kaibo/", env!("CARGO_PKG_VERSION")));
    for (name, value) in &ask.headers {
        request = request.header(*name, value);
    }
    let request = request.body(Full::new(ask.body.clone()));
    request.map_err(|_| CallError::Url)
}

/// One request and its answer on a connection of its own.
async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
    most_bytes: usize,
) -> Result<Reply, CallError> {
    let broken = |_| CallError::Broken;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(broken)?;
    let answer = async move {
        let response = sender.send_request(request).await.map_err(broken)?;
        read(response, most_bytes).await
    };
    // The connection only works while it is looked after.
    match select(pin!(answer), pin!(connection)).await {
        Either::Left((answer, _)) => answer,
        Either::Right((_, answer)) => answer.await,
    }
}

async fn read(response: Response<Incoming>, most_bytes: usize) -> Result<Reply, CallError> {
    let (head, mut body) = response.into_parts();
    let mut read = BytesMut::new();
    let mut is_whole = true;
    while is_whole {
        let Some(frame) = body.frame().await else {
            break;
        };
        let Ok(piece) = frame.map_err(|_| CallError::Broken)?.into_data() else {
            continue;
        };
        let room = most_bytes - read.len();
        is_whole = piece.len() <= room;
        read.extend_from_slice(&piece[..piece.len().min(room)]);
    }
    Ok(Reply {
        status: head.status.as_u16(),
        headers: head.headers,
        body: read.freeze(),
        is_whole,
    })
}
