//! Records what one RTMP publisher sends: `record_rtmp ADDR FILE` accepts one connection, says
//! yes to its publish, and writes every byte that came from the publisher to the file.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpListener;

use kaibo_proto::rtmp::Limits;
use kaibo_proto::rtmp::server::{ServerEvent, ServerSession};

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, address, file] = &arguments[..] else {
        return Err(std::io::Error::other("use: record_rtmp ADDR FILE"));
    };
    let listener = TcpListener::bind(address)?;
    println!("listening on {}", listener.local_addr()?);
    let (mut socket, _) = listener.accept()?;
    let mut file = File::create(file)?;
    // A recording keeps no secret, so that a fixed seed will do.
    let mut session = ServerSession::new(Limits::default(), [7; 32]);
    let mut buffer = [0; 16 * 1024];
    loop {
        let length = match socket.read(&mut buffer) {
            Ok(0) | Err(_) => return Ok(()),
            Ok(length) => length,
        };
        file.write_all(&buffer[..length])?;
        session
            .handle_input(&buffer[..length])
            .map_err(std::io::Error::other)?;
        while let Some(event) = session.poll_event() {
            println!("{event:?}");
            if let ServerEvent::PublishRequested(_) = event {
                session.accept_publish();
            }
        }
        while let Some(bytes) = session.poll_transmit() {
            // A publisher that has said its last word may be gone before our answer.
            if socket.write_all(&bytes).is_err() {
                return Ok(());
            }
        }
    }
}
