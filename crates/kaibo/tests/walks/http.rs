//! A small HTTP/1.1 client that sees what a library would hide: when a body ends, and how.

use std::io;
use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::house::within;

/// An answer whose body has yet to be read.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    pub(crate) body: Body,
}

/// A body as it arrives.
pub(crate) struct Body {
    socket: BufReader<TcpStream>,
    left: Left,
}

#[derive(Clone, Copy)]
enum Left {
    Bytes(usize),
    Chunks,
    /// To the end of the connection, as streams have it.
    All,
    Nothing,
}

/// Sends a request on a connection of its own; `Err` when the server goes away meanwhile.
pub(crate) async fn send(
    at: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> io::Result<Answer> {
    let mut socket = TcpStream::connect(at).await?;
    let mut head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    head.push_str("\r\n");
    socket.write_all(&[head.as_bytes(), body].concat()).await?;
    let mut socket = BufReader::new(socket);
    let first = line(&mut socket).await?;
    let status = first.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = status.ok_or_else(|| io::Error::other(format!("not HTTP: {first:?}")))?;
    let mut headers = Vec::new();
    loop {
        let line = line(&mut socket).await?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut answer = Answer {
        status,
        headers,
        body: Body {
            socket,
            left: Left::Nothing,
        },
    };
    answer.body.left = match (
        answer.header("transfer-encoding"),
        answer.header("content-length"),
    ) {
        (Some("chunked"), _) => Left::Chunks,
        (_, Some(length)) => Left::Bytes(length.parse().unwrap()),
        _ => Left::All,
    };
    Ok(answer)
}

/// A GET of a server that is known to be there.
pub(crate) async fn get(at: SocketAddr, path: &str) -> Answer {
    within(path, send(at, "GET", path, &[], b"")).await.unwrap()
}

/// A line without its end; an error when the connection ends before it.
async fn line(socket: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    socket.read_line(&mut line).await?;
    match line.strip_suffix("\r\n") {
        Some(line) => Ok(line.to_owned()),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) async fn bytes(mut self) -> io::Result<Vec<u8>> {
        let mut whole = Vec::new();
        while let Some(piece) = self.body.piece().await? {
            whole.extend(piece);
        }
        Ok(whole)
    }

    pub(crate) async fn text(self) -> String {
        let bytes = within("an answer", self.bytes()).await.unwrap();
        String::from_utf8(bytes).unwrap()
    }

    pub(crate) async fn json(self) -> io::Result<Value> {
        Ok(serde_json::from_slice(&self.bytes().await?)?)
    }
}

impl Body {
    /// The next piece; `None` at a proper end, an error when the connection breaks before it.
    pub(crate) async fn piece(&mut self) -> io::Result<Option<Vec<u8>>> {
        let (length, chunk) = match self.left {
            Left::Nothing => return Ok(None),
            Left::All => {
                let piece = self.socket.fill_buf().await?.to_vec();
                self.socket.consume(piece.len());
                return Ok(Some(piece).filter(|piece| !piece.is_empty()));
            }
            Left::Bytes(length) => (length, false),
            Left::Chunks => {
                let size = line(&mut self.socket).await?;
                let size = usize::from_str_radix(&size, 16).map_err(io::Error::other)?;
                (size, true)
            }
        };
        let mut piece = vec![0; length];
        self.socket.read_exact(&mut piece).await?;
        if chunk {
            line(&mut self.socket).await?;
        }
        if !chunk || length == 0 {
            self.left = Left::Nothing;
        }
        Ok(Some(piece).filter(|piece| !piece.is_empty()))
    }
}
