//! An HTTP server for tests: it keeps what it is sent, and answers as it is told. What it cannot
//! read it answers with nothing, which fails the caller's test.

pub mod wechat;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A request that arrived.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET`, `POST`.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// By lower-case names.
    pub headers: HashMap<String, String>,
    /// The body.
    pub body: String,
}

impl Request {
    /// A value of the query, as it stands there.
    pub fn query(&self, name: &str) -> Option<&str> {
        let (_, query) = self.path.split_once('?')?;
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
    }
}

/// What to answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// One header more, such as `location: /b`.
    pub header: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// A status and a text.
    pub fn new(status: u16, body: &str) -> Self {
        Self {
            status,
            header: None,
            body: body.into(),
        }
    }
}

type Judge = Arc<dyn Fn(&Request) -> Option<Answer> + Send + Sync>;

/// A server on a port of its own on loopback, gone when dropped.
pub struct Receiver {
    /// Where it listens.
    pub at: SocketAddr,
    got: watch::Sender<Vec<Request>>,
    judge: Arc<Mutex<Judge>>,
    _tasks: JoinSet<()>,
}

impl Receiver {
    /// One that answers 200 `success` to everything.
    pub async fn start() -> Self {
        Self::start_at(([127, 0, 0, 1], 0).into()).await
    }

    /// One at an address where it was before, perhaps.
    pub async fn start_at(at: SocketAddr) -> Self {
        let listener = TcpListener::bind(at).await.expect("the port is free");
        let at = listener.local_addr().expect("it listens");
        let judge: Judge = Arc::new(|_| Some(Answer::new(200, "success")));
        let judge = Arc::new(Mutex::new(judge));
        let (got, _) = watch::channel(Vec::new());
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(listener, got.clone(), judge.clone()));
        Self {
            at,
            got,
            judge,
            _tasks: tasks,
        }
    }

    /// From now on answers as `judge` says; `None`: never.
    pub fn answer(&self, judge: impl Fn(&Request) -> Option<Answer> + Send + Sync + 'static) {
        let mut place = self.judge.lock().unwrap_or_else(PoisonError::into_inner);
        *place = Arc::new(judge);
    }

    /// Its address with a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.at)
    }

    /// What has arrived so far.
    pub fn got(&self) -> Vec<Request> {
        self.got.borrow().clone()
    }

    /// Waits until so many have arrived.
    pub async fn wait_for(&self, count: usize) -> Vec<Request> {
        let mut got = self.got.subscribe();
        let enough = got.wait_for(|got| got.len() >= count).await;
        enough.expect("the receiver is there").clone()
    }
}

async fn serve(listener: TcpListener, got: watch::Sender<Vec<Request>>, judge: Arc<Mutex<Judge>>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (got, judge) = (got.clone(), judge.clone());
        connections.spawn(async move {
            // Who hangs up early is not waited for.
            let _ = talk(stream, &got, &judge).await;
        });
    }
}

async fn talk(
    stream: TcpStream,
    got: &watch::Sender<Vec<Request>>,
    judge: &Mutex<Judge>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let Some(request) = read(&mut stream).await? else {
        return Ok(());
    };
    let judge = judge.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let answer = judge(&request);
    got.send_modify(|got| got.push(request));
    let Some(answer) = answer else {
        return std::future::pending().await;
    };
    let more = answer.header.map_or(String::new(), |line| line + "\r\n");
    let head = format!(
        "HTTP/1.1 {} Said\r\ncontent-length: {}\r\nconnection: close\r\n{more}\r\n",
        answer.status,
        answer.body.len(),
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&answer.body).await?;
    stream.flush().await
}

async fn read(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<Request>> {
    let mut first = String::new();
    stream.read_line(&mut first).await?;
    let mut words = first.split_whitespace();
    let (Some(method), Some(path)) = (words.next(), words.next()) else {
        return Ok(None);
    };
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").map_or("0", String::as_str);
    let mut body = vec![0; length.parse().unwrap_or(0)];
    stream.read_exact(&mut body).await?;
    Ok(Some(Request {
        method: method.to_owned(),
        path: path.to_owned(),
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    }))
}
