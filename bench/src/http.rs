//! HTTP/1.1 as far as a measuring client needs it: answers read piece by piece, and short calls.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, ensure};

/// Longest head or chunk size line taken.
const MAX_LINE_BYTES: usize = 16 * 1024;
/// A server must answer a short call within this.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why an answer cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HttpError {
    #[error("the server does not speak HTTP/1.1")]
    NotHttp,
    #[error("the server answered with HTTP status {0}")]
    Status(u16),
}

/// Takes one answer apart while its bytes come.
#[derive(Debug)]
pub(crate) struct Answer {
    state: State,
    /// The unfinished head or chunk size line.
    line: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Head,
    /// The body ends with the connection.
    Open,
    /// So many bytes of the body are left.
    Length(u64),
    ChunkSize,
    Chunk(u64),
    /// The line end behind a chunk, or behind the last one.
    ChunkEnd {
        last: bool,
    },
    Done,
}

impl Answer {
    pub(crate) fn new() -> Self {
        Self {
            state: State::Head,
            line: Vec::new(),
        }
    }

    /// The body has ended; what follows belongs to the next answer.
    pub(crate) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// The next piece of the body in `input`, which moves on; `None` when more bytes are needed.
    pub(crate) fn piece<'a>(
        &mut self,
        input: &mut &'a [u8],
    ) -> Result<Option<&'a [u8]>, HttpError> {
        loop {
            match self.state {
                State::Done => return Ok(None),
                State::Open => return Ok(some(take(input, u64::MAX))),
                State::Length(left) => {
                    let piece = take(input, left);
                    self.state = left_over(left, piece, State::Length, State::Done);
                    return Ok(some(piece));
                }
                State::Chunk(left) => {
                    let piece = take(input, left);
                    let end = State::ChunkEnd { last: false };
                    self.state = left_over(left, piece, State::Chunk, end);
                    return Ok(some(piece));
                }
                State::Head => {
                    let Some(head) = self.until(input, b"\r\n\r\n")? else {
                        return Ok(None);
                    };
                    self.state = framing(&head)?;
                }
                State::ChunkSize => {
                    let Some(line) = self.until(input, b"\r\n")? else {
                        return Ok(None);
                    };
                    self.state = match chunk_size(&line)? {
                        0 => State::ChunkEnd { last: true },
                        size => State::Chunk(size),
                    };
                }
                State::ChunkEnd { last } => {
                    if self.until(input, b"\r\n")?.is_none() {
                        return Ok(None);
                    }
                    self.state = if last { State::Done } else { State::ChunkSize };
                }
            }
        }
    }

    /// What came up to and with `end`, once it is there.
    fn until(&mut self, input: &mut &[u8], end: &[u8]) -> Result<Option<Vec<u8>>, HttpError> {
        while let Some((byte, rest)) = input.split_first() {
            *input = rest;
            self.line.push(*byte);
            if self.line.ends_with(end) {
                return Ok(Some(std::mem::take(&mut self.line)));
            }
            if self.line.len() > MAX_LINE_BYTES {
                return Err(HttpError::NotHttp);
            }
        }
        Ok(None)
    }
}

fn take<'a>(input: &mut &'a [u8], most: u64) -> &'a [u8] {
    let length = usize::try_from(most).map_or(input.len(), |most| most.min(input.len()));
    let (piece, rest) = input.split_at(length);
    *input = rest;
    piece
}

fn some(piece: &[u8]) -> Option<&[u8]> {
    (!piece.is_empty()).then_some(piece)
}

fn left_over(left: u64, piece: &[u8], more: fn(u64) -> State, end: State) -> State {
    match left - piece.len() as u64 {
        0 => end,
        left => more(left),
    }
}

/// How the body behind a head of status 200 is framed.
fn framing(head: &[u8]) -> Result<State, HttpError> {
    let head = std::str::from_utf8(head).map_err(|_| HttpError::NotHttp)?;
    let mut lines = head.lines();
    let mut status_line = lines.next().unwrap_or_default().split(' ');
    let version = status_line.next().unwrap_or_default();
    let status = status_line.next().and_then(|status| status.parse().ok());
    match status {
        Some(status) if version.starts_with("HTTP/1.") && status != 200 => {
            return Err(HttpError::Status(status));
        }
        Some(_) if version.starts_with("HTTP/1.") => {}
        _ => return Err(HttpError::NotHttp),
    }
    let mut state = State::Open;
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        if name.eq_ignore_ascii_case("transfer-encoding") && value.eq_ignore_ascii_case("chunked") {
            return Ok(State::ChunkSize);
        }
        if name.eq_ignore_ascii_case("content-length") {
            state = match value.parse().map_err(|_| HttpError::NotHttp)? {
                0 => State::Done,
                length => State::Length(length),
            };
        }
    }
    Ok(state)
}

fn chunk_size(line: &[u8]) -> Result<u64, HttpError> {
    let text = std::str::from_utf8(line).map_err(|_| HttpError::NotHttp)?;
    let digits = text.trim().split(';').next().unwrap_or_default();
    u64::from_str_radix(digits.trim(), 16).map_err(|_| HttpError::NotHttp)
}

/// A connection that is kept for one call after the other.
#[derive(Debug)]
pub(crate) struct Client {
    socket: TcpStream,
    host: SocketAddr,
    buffer: Vec<u8>,
}

impl Client {
    pub(crate) fn connect(host: SocketAddr) -> anyhow::Result<Self> {
        let socket = TcpStream::connect_timeout(&host, PATIENCE)
            .with_context(|| format!("nobody answers at {host}"))?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let buffer = vec![0; 256 * 1024];
        Ok(Self {
            socket,
            host,
            buffer,
        })
    }

    /// Asks for `path`; gives the body's pieces to `take`, which says whether it wants more.
    pub(crate) fn get(
        &mut self,
        path: &str,
        mut take: impl FnMut(&[u8]) -> bool,
    ) -> anyhow::Result<()> {
        self.socket.write_all(&request(self.host, path))?;
        self.answer(&mut take)
    }

    /// Posts a body; the answer's body.
    pub(crate) fn post(&mut self, path: &str, mime: &str, body: &[u8]) -> anyhow::Result<Vec<u8>> {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: {mime}\r\nContent-Length: {}\r\n\r\n",
            self.host,
            body.len()
        );
        self.socket.write_all(&[head.as_bytes(), body].concat())?;
        let mut answer = Vec::new();
        self.answer(&mut |piece: &[u8]| {
            answer.extend_from_slice(piece);
            true
        })?;
        Ok(answer)
    }

    /// Sends the bytes of a request; the answer's body goes piece by piece to `take`.
    pub(crate) fn ask(
        &mut self,
        request: &[u8],
        mut take: impl FnMut(&[u8]),
    ) -> anyhow::Result<()> {
        self.socket.write_all(request)?;
        self.answer(&mut |piece: &[u8]| {
            take(piece);
            true
        })
    }

    fn answer(&mut self, take: &mut dyn FnMut(&[u8]) -> bool) -> anyhow::Result<()> {
        let mut answer = Answer::new();
        while !answer.is_done() {
            let read = self.socket.read(&mut self.buffer)?;
            ensure!(
                read > 0,
                "the server closed the connection within an answer"
            );
            let mut input = &self.buffer[..read];
            while let Some(piece) = answer.piece(&mut input)? {
                if !take(piece) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// The bytes that ask for `path`.
pub(crate) fn request(host: SocketAddr, path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::{Answer, HttpError};

    fn body(answer: &mut Answer, mut input: &[u8]) -> Result<Vec<u8>, HttpError> {
        let mut out = Vec::new();
        while let Some(piece) = answer.piece(&mut input)? {
            out.extend_from_slice(piece);
        }
        Ok(out)
    }

    #[test]
    fn chunked_body_is_the_same_at_every_split_of_the_input() {
        let whole = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nB;x=1\r\n, big world\r\n0\r\n\r\n";
        for split in 0..=whole.len() {
            let mut answer = Answer::new();
            let mut all = body(&mut answer, &whole[..split]).unwrap();
            all.extend(body(&mut answer, &whole[split..]).unwrap());
            assert_eq!(all, b"hello, big world", "split at {split}");
            assert!(answer.is_done());
        }
    }

    #[test]
    fn length_ends_the_body_and_its_absence_leaves_it_open() {
        let mut answer = Answer::new();
        let text = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabcHTTP";
        assert_eq!(body(&mut answer, text).unwrap(), b"abc");
        assert!(answer.is_done());
        let mut answer = Answer::new();
        assert_eq!(
            body(&mut answer, b"HTTP/1.0 200 OK\r\n\r\nabc").unwrap(),
            b"abc"
        );
        assert_eq!(body(&mut answer, b"def").unwrap(), b"def");
        assert!(!answer.is_done());
    }

    #[test]
    fn refusals_and_strangers_are_told_apart() {
        let refused = body(&mut Answer::new(), b"HTTP/1.1 404 Not Found\r\n\r\n");
        assert_eq!(refused, Err(HttpError::Status(404)));
        let stranger = body(&mut Answer::new(), b"SSH-2.0-x 200\r\n\r\n");
        assert_eq!(stranger, Err(HttpError::NotHttp));
    }
}
