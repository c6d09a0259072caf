//! Publishers over real sockets.

use std::net::SocketAddr;
use std::time::Duration;

use kaibo_proto::rtmp::client::{ClientEvent, ClientSession, ConnectInfo};
use kaibo_proto::rtmp::handshake::{Opening, Scheme};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::house::*;
use crate::MediaConfig;
use crate::gate::{RefusedReason, StreamEvent};
use crate::push::{PushError, Pusher, push_film};

/// A house whose RTMP door is open.
struct Open {
    house: House,
    at: SocketAddr,
    shutdown: CancellationToken,
    tasks: JoinSet<()>,
}

impl Open {
    async fn new() -> Self {
        Self::with(MediaConfig::default()).await
    }

    async fn with(config: MediaConfig) -> Self {
        let house = House::with(config);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let (media, stop) = (house.media.clone(), shutdown.clone());
        tasks.spawn(async move { media.rtmp(listener, stop).await });
        Self {
            house,
            at,
            shutdown,
            tasks,
        }
    }

    fn url(&self, stream: &str, query: &str) -> String {
        format!("rtmp://{}/live/{stream}?{query}", self.at)
    }

    async fn pusher(&self) -> Pusher {
        Pusher::connect(&self.url(NAME, KEY)).await.unwrap()
    }

    /// Code, description and time of the answer to a publish that is refused.
    async fn refusal(&self, stream: &str, query: &str) -> (String, String, Duration) {
        let began = Instant::now();
        match Pusher::connect(&self.url(stream, query)).await {
            Err(PushError::Rejected { code, description }) => (code, description, began.elapsed()),
            other => panic!("not refused: {other:?}"),
        }
    }
}

async fn push(
    pusher: &mut Pusher,
    events: impl IntoIterator<Item = kaibo_proto::media::MediaEvent>,
) {
    for event in events {
        pusher.send(&event).await.unwrap();
    }
}

/// Reads until the server closes; `true` if it did so within a minute.
async fn closes(socket: &mut TcpStream) -> bool {
    let mut buffer = [0; 4096];
    let read = async { while !matches!(socket.read(&mut buffer).await, Ok(0) | Err(_)) {} };
    timeout(Duration::from_mins(1), read).await.is_ok()
}

#[tokio::test]
async fn what_is_pushed_arrives_at_the_viewer() {
    let open = Open::new().await;
    let mut pusher = open.pusher().await;
    push(&mut pusher, tracks().into_iter().chain(pictures(0, 1_000))).await;
    open.house.gate.expect_events(&[good()]).await;
    let events = open.house.viewer().await.events(12).await;
    assert_eq!(events[..2], tracks());
    assert_eq!(events[2..], pictures(0, 1_000).collect::<Vec<_>>());
    assert!(
        open.house.media.stats()[0]
            .publisher
            .as_ref()
            .unwrap()
            .bytes_in
            > 100
    );
    pusher.finish().await.unwrap();
    open.house
        .gate
        .expect_events(&[good(), unpublished()])
        .await;
}

#[tokio::test]
async fn every_bad_name_gets_the_same_answer_no_sooner_than_the_rest() {
    let open = Open::new().await;
    let mut answers = Vec::new();
    for (stream, query) in [
        (NAME, "txSecret=wrong"),
        (NAME, "txTime=1"),
        ("wx0123456789abcdef-1002", KEY),
        ("no/such%20name", KEY),
        ("", KEY),
    ] {
        let stream = if stream.is_empty() { "." } else { stream };
        let (code, description, took) = open.refusal(stream, query).await;
        assert!(took >= Duration::from_millis(200), "{stream}: {took:?}");
        answers.push((code, description));
    }
    assert_eq!(answers[0].0, "NetStream.Publish.BadName");
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert!(open.house.gate.events.borrow().is_empty());
}

#[tokio::test]
async fn a_second_publisher_hears_that_it_is_one() {
    let open = Open::new().await;
    let mut first = open.pusher().await;
    push(&mut first, tracks()).await;
    let (code, description, took) = open.refusal(NAME, KEY).await;
    let said = (code.as_str(), description.as_str());
    assert_eq!(said, ("NetStream.Publish.BadName", "already publishing"));
    assert!(took >= Duration::from_millis(200));
    let (_, without_key, _) = open.refusal(NAME, "txSecret=wrong").await;
    assert_ne!(without_key, "already publishing");
    push(&mut first, pictures(0, 1_000)).await;
    open.house.gate.expect_events(&[busy(), good()]).await;
}

#[tokio::test(start_paused = true)]
async fn half_open_connections_are_closed_after_ten_seconds() {
    let open = Open::new().await;
    for opening in [&[][..], &[3; 100], &[3; 1537]] {
        let mut socket = TcpStream::connect(open.at).await.unwrap();
        let began = Instant::now();
        socket.write_all(opening).await.unwrap();
        assert!(closes(&mut socket).await);
        let took = began.elapsed();
        assert!((10..12).contains(&took.as_secs()), "{took:?}");
    }
}

#[tokio::test]
async fn random_bytes_harm_nobody() {
    let open = Open::with(MediaConfig {
        half_open_ms: 500,
        ..MediaConfig::default()
    })
    .await;
    let mut pusher = open.pusher().await;
    push(&mut pusher, tracks()).await;
    let mut noise = 0x2545_f491_4f6c_dd1d_u64;
    for round in 0..40 {
        let mut bytes: Vec<u8> = std::iter::repeat_with(|| {
            noise ^= noise << 13;
            noise ^= noise >> 7;
            noise ^= noise << 17;
            noise as u8
        })
        .take(1 + round * 400)
        .collect();
        bytes[0] = if round % 4 == 0 { bytes[0] } else { 3 };
        let mut socket = TcpStream::connect(open.at).await.unwrap();
        // The server may have closed before all was written.
        let _ = socket.write_all(&bytes).await;
        if round % 10 == 0 {
            assert!(closes(&mut socket).await);
        }
        push(&mut pusher, [picture(round as i64 * 100, round % 10 == 0)]).await;
    }
    open.house.gate.expect_events(&[good()]).await;
}

#[tokio::test]
async fn a_flood_before_the_key_is_cut_short() {
    let open = Open::new().await;
    let mut socket = TcpStream::connect(open.at).await.unwrap();
    socket.write_all(&[3; 1537]).await.unwrap();
    let mut answer = vec![0; 3073];
    socket.read_exact(&mut answer).await.unwrap();
    socket.write_all(&answer[1..1537]).await.unwrap();
    // A command that says it has 16 MiB, and then bytes without end.
    let mut sent = socket
        .write(&[3, 0, 0, 0, 0xff, 0xff, 0xff, 20, 0, 0, 0, 0])
        .await
        .unwrap();
    let flood = async {
        while sent < 64 << 20 {
            match socket.write(&[0; 16 * 1024]).await {
                Ok(written) => sent += written,
                Err(_) => break,
            }
        }
    };
    timeout(Duration::from_secs(20), flood)
        .await
        .expect("the server closes");
    assert!(
        sent < 16 << 20,
        "{sent} bytes went through, socket buffers included"
    );
}

/// A publisher that can send what an encoder of ours would not.
struct RawClient {
    socket: TcpStream,
    session: ClientSession,
}

impl RawClient {
    async fn publish(open: &Open, opening: Opening) -> Self {
        let info = ConnectInfo {
            app: "live".into(),
            tc_url: format!("rtmp://{}/live", open.at),
            stream: format!("{NAME}?{KEY}"),
        };
        let socket = TcpStream::connect(open.at).await.unwrap();
        let session = ClientSession::new(info, opening, [7; 32]);
        let mut client = Self { socket, session };
        assert!(matches!(
            client.event().await,
            Some(ClientEvent::PublishStarted)
        ));
        client
    }

    async fn event(&mut self) -> Option<ClientEvent> {
        let mut buffer = [0; 4096];
        loop {
            while let Some(bytes) = self.session.poll_transmit() {
                self.socket.write_all(&bytes).await.unwrap();
            }
            if let Some(event) = self.session.poll_event() {
                return Some(event);
            }
            match self.socket.read(&mut buffer).await.unwrap() {
                0 => return None,
                read => self.session.handle_input(&buffer[..read]).unwrap(),
            }
        }
    }
}

#[tokio::test]
async fn an_unsupported_codec_is_named_in_the_refusal() {
    let open = Open::new().await;
    let mut client = RawClient::publish(&open, Opening::Plain).await;
    // A video message on message stream 1 with an enhanced header (sequence start) for H.265.
    let body = [0x90, b'h', b'v', b'c', b'1', 1, 2, 3];
    let head = [6, 0, 0, 0, 0, 0, body.len() as u8, 9, 1, 0, 0, 0];
    client
        .socket
        .write_all(&[&head[..], &body].concat())
        .await
        .unwrap();
    match client.event().await {
        Some(ClientEvent::Rejected { description, .. }) => {
            assert!(description.contains("H.265"), "{description}");
        }
        other => panic!("{other:?}"),
    }
    assert!(closes(&mut client.socket).await);
    open.house
        .gate
        .events
        .subscribe()
        .wait_for(|events| events.len() == 2)
        .await
        .unwrap();
    let events = open.house.gate.events.borrow().clone();
    let StreamEvent::Refused {
        reason: RefusedReason::UnsupportedCodec { name },
        ..
    } = &events[0]
    else {
        panic!("{events:?}");
    };
    assert!(name.contains("H.265"), "{name}");
    assert_eq!(events[1], unpublished());
}

#[tokio::test]
async fn a_digest_handshake_works_too() {
    let open = Open::new().await;
    RawClient::publish(&open, Opening::Digest(Scheme::KeyFirst)).await;
}

#[tokio::test]
async fn the_gate_can_cut_a_publisher() {
    let open = Open::new().await;
    let mut client = RawClient::publish(&open, Opening::Plain).await;
    let began = Instant::now();
    open.house.gate.cut.cancel();
    assert!(closes(&mut client.socket).await);
    assert!(began.elapsed() < Duration::from_secs(1));
    open.house.gate.expect_events(&[unpublished()]).await;
}

#[tokio::test]
async fn shutdown_closes_publishers_and_ends_viewers() {
    let mut open = Open::new().await;
    let mut client = RawClient::publish(&open, Opening::Plain).await;
    let mut viewer = open.house.viewer().await;
    let began = Instant::now();
    open.shutdown.cancel();
    assert!(closes(&mut client.socket).await);
    viewer.end().await;
    drop(client);
    open.tasks.join_next().await.unwrap().unwrap();
    assert!(began.elapsed() < Duration::from_secs(5));
    open.house.gate.expect_events(&[unpublished()]).await;
}

#[tokio::test]
async fn a_fault_in_one_connection_stays_in_it() {
    let open = Open::new().await;
    let mut pusher = open.pusher().await;
    push(&mut pusher, tracks()).await;
    assert!(Pusher::connect(&open.url(NAME, "panic")).await.is_err());
    push(&mut pusher, pictures(0, 1_000)).await;
    open.house.gate.expect_events(&[good()]).await;
    drop(pusher);
    open.house
        .gate
        .expect_events(&[good(), unpublished()])
        .await;
    open.pusher().await;
}

#[tokio::test]
async fn one_address_gets_its_share_of_connections() {
    let config = MediaConfig {
        max_connections_per_ip: 2,
        ..MediaConfig::default()
    };
    let open = Open::with(config).await;
    let mut held = [
        TcpStream::connect(open.at).await.unwrap(),
        TcpStream::connect(open.at).await.unwrap(),
    ];
    for socket in &mut held {
        // The answer shows that it was accepted.
        socket.write_all(&[3; 1537]).await.unwrap();
        socket.read_exact(&mut [0; 1537]).await.unwrap();
    }
    let began = Instant::now();
    assert!(closes(&mut TcpStream::connect(open.at).await.unwrap()).await);
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_film_runs_on_over_its_seam() {
    let open = Open::new().await;
    let film: Vec<_> = tracks().into_iter().chain(pictures(0, 300)).collect();
    let stop = CancellationToken::new();
    let mut tasks = JoinSet::new();
    let (url, until) = (open.url(NAME, KEY), stop.clone());
    tasks.spawn(async move {
        let length = Duration::from_millis(300);
        push_film(&url, &film, length, until).await.unwrap();
    });
    open.house.gate.expect_events(&[good()]).await;
    let times = times(&open.house.viewer().await.events(9).await);
    assert!(
        times
            .windows(2)
            .all(|pair| (1..=100).contains(&(pair[1] - pair[0]))),
        "{times:?}"
    );
    stop.cancel();
    tasks.join_next().await.unwrap().unwrap();
    open.house
        .gate
        .expect_events(&[good(), unpublished()])
        .await;
}

#[tokio::test]
async fn a_publisher_that_falls_silent_is_closed_after_thirty_seconds() {
    let open = Open::new().await;
    let mut client = RawClient::publish(&open, Opening::Plain).await;
    tokio::time::pause();
    let began = Instant::now();
    assert!(closes(&mut client.socket).await);
    assert!(
        (29..=31).contains(&began.elapsed().as_secs()),
        "{:?}",
        began.elapsed()
    );
    open.house.gate.expect_events(&[unpublished()]).await;
}
