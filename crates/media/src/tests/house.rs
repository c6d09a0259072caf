//! What the tests stand on: a gate, a house with media in it, and something to publish.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;
use kaibo_proto::flv;
use kaibo_proto::media::{AudioTrack, Codec, Frame, MediaEvent, Track, TrackKind, VideoTrack};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::gate::{
    Denied, Gate, Grant, PlayPolicy, PublishRequest, RefusedReason, SessionId, StreamEvent,
    StreamName,
};
use crate::publisher::Publisher;
use crate::registry::{NowMs, Occupied};
use crate::subscriber::{News, Subscriber};
use crate::{Handoff, Media, MediaConfig};
use std::sync::Arc;
use std::time::Duration;

pub(super) const NAME: &str = "wx0123456789abcdef-1001";
pub(super) const KEY: &str = "txSecret=c0ffee";
/// 2026-11-22T09:00:00Z.
pub(super) const NOW_MS: i64 = 1_795_338_000_000;

pub(super) fn name() -> StreamName {
    StreamName::new(NAME).unwrap()
}

/// Knows some streams; takes [`KEY`] for each.
pub(super) struct FakeGate {
    policies: Mutex<HashMap<StreamName, watch::Sender<PlayPolicy>>>,
    pub(super) events: watch::Sender<Vec<StreamEvent>>,
    pub(super) cut: CancellationToken,
    pub(super) unwanted: Mutex<Vec<SessionId>>,
    /// The next call of `event` panics.
    pub(super) faulty: AtomicBool,
    /// Answers to `event` wait while this is set.
    pub(super) slow: watch::Sender<bool>,
    /// The database is away: `renew` never answers.
    pub(super) away: AtomicBool,
    /// What the streams' app asks for.
    pub(super) latency_budget: watch::Sender<Option<Duration>>,
}

impl FakeGate {
    fn new() -> Self {
        Self {
            policies: Mutex::default(),
            events: watch::Sender::default(),
            cut: CancellationToken::new(),
            faulty: AtomicBool::new(false),
            unwanted: Mutex::default(),
            slow: watch::Sender::new(false),
            away: AtomicBool::new(false),
            latency_budget: watch::Sender::new(None),
        }
    }

    pub(super) fn set_policy(&self, name: &StreamName, policy: PlayPolicy) {
        let mut policies = self.policies.lock().unwrap();
        policies
            .entry(name.clone())
            .or_insert_with(|| watch::Sender::new(PlayPolicy::Cut))
            .send_replace(policy);
    }

    pub(super) fn grant(&self, name: &StreamName) -> Grant {
        Grant {
            policy: self.play(name).expect("a known stream"),
            latency_budget: self.latency_budget.subscribe(),
            cut: self.cut.child_token(),
            lease: Duration::from_secs(5),
        }
    }

    /// Waits until exactly these events have come.
    pub(super) async fn expect_events(&self, wanted: &[StreamEvent]) {
        let mut events = self.events.subscribe();
        let heard = events.wait_for(|events| events.len() >= wanted.len());
        let heard = tokio::time::timeout(Duration::from_mins(1), heard).await;
        assert_eq!(*heard.expect("events in time").unwrap(), wanted);
    }
}

impl Gate for FakeGate {
    fn publish(&self, request: PublishRequest) -> BoxFuture<'_, Result<Grant, Denied>> {
        Box::pin(async move {
            match request.query.as_deref() {
                Some(KEY) if self.play(&request.stream).is_some() => {
                    Ok(self.grant(&request.stream))
                }
                Some("panic") => panic!("a fault in the gate, made by a test"),
                _ => Err(Denied::BadName),
            }
        })
    }

    fn renew(&self, _: Vec<(StreamName, SessionId)>) -> BoxFuture<'_, Vec<SessionId>> {
        Box::pin(async move {
            if self.away.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
            self.unwanted.lock().unwrap().clone()
        })
    }

    fn event(&self, event: StreamEvent) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            assert!(
                !self.faulty.swap(false, Ordering::Relaxed),
                "a fault made by a test"
            );
            self.slow.subscribe().wait_for(|slow| !slow).await.unwrap();
            self.events.send_modify(|events| events.push(event));
        })
    }

    fn play(&self, stream: &StreamName) -> Option<watch::Receiver<PlayPolicy>> {
        self.policies
            .lock()
            .unwrap()
            .get(stream)
            .map(watch::Sender::subscribe)
    }
}

/// Media with its gate; the stream [`NAME`] is known and open.
pub(super) struct House {
    pub(super) gate: Arc<FakeGate>,
    pub(super) media: Media,
}

impl House {
    pub(super) fn new() -> Self {
        Self::with(MediaConfig::default())
    }

    pub(super) fn with(config: MediaConfig) -> Self {
        Self::build(config, Arc::new(|| NOW_MS))
    }

    /// With a wall clock of one's own.
    pub(super) fn with_clock(now_ms: NowMs) -> Self {
        Self::build(MediaConfig::default(), now_ms)
    }

    fn build(config: MediaConfig, now_ms: NowMs) -> Self {
        let gate = Arc::new(FakeGate::new());
        gate.set_policy(&name(), PlayPolicy::Open);
        let media = Media::new(config, gate.clone(), now_ms);
        Self { gate, media }
    }

    /// A publisher without connection.
    pub(super) fn publisher(&self) -> Result<Publisher, Occupied> {
        let request = PublishRequest {
            stream: name(),
            app: "live".into(),
            query: None,
            peer: ([192, 0, 2, 1], 40_000).into(),
            session: self.media.registry.next_session(),
        };
        self.media
            .registry
            .attach(&request, &self.gate.grant(&name()))
    }

    pub(super) async fn get(&self, path: &str) -> Response<Body> {
        let request = Request::get(path).body(Body::empty()).unwrap();
        self.media.router().oneshot(request).await.unwrap()
    }

    /// An HTTP-FLV viewer of the stream.
    pub(super) async fn viewer(&self) -> Viewer {
        Viewer::of(self.get(&format!("/live/{NAME}.flv")).await).await
    }

    /// Waits until the stream has so many viewers.
    pub(super) async fn expect_viewers(&self, wanted: usize) {
        while self.media.stats()[0].viewers != wanted {
            tokio::task::yield_now().await;
        }
    }

    pub(super) async fn text(&self, path: &str) -> (StatusCode, String) {
        let response = self.get(path).await;
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 1 << 24)
            .await
            .unwrap();
        (status, String::from_utf8_lossy(&body).into_owned())
    }
}

/// Two ends of a connection that holds little: a server's and a client's.
async fn connection() -> (TcpStream, TcpStream) {
    let listening = TcpSocket::new_v4().unwrap();
    listening.set_send_buffer_size(64 * 1024).unwrap();
    listening.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let listener = listening.listen(1).unwrap();
    let client = TcpSocket::new_v4().unwrap();
    client.set_recv_buffer_size(64 * 1024).unwrap();
    let at = listener.local_addr().unwrap();
    let (near, far) = tokio::join!(listener.accept(), client.connect(at));
    (near.unwrap().0, far.unwrap())
}

/// Reads an HTTP-FLV body over a connection of its own.
pub(super) struct Viewer {
    socket: TcpStream,
    pub(super) head: String,
    taken: Vec<u8>,
}

impl Viewer {
    /// Does what the front door does with an answer.
    pub(super) async fn of(mut response: Response<Body>) -> Self {
        assert_eq!(response.status(), StatusCode::OK);
        let handoff = response.extensions_mut().remove::<Handoff>();
        let (near, far) = connection().await;
        let head = response.into_parts().0;
        handoff.expect("a stream").take(head, near, ()).await;
        let mut viewer = Self {
            socket: far,
            head: String::new(),
            taken: Vec::new(),
        };
        let head_end = |taken: &[u8]| taken.windows(4).position(|four| four == b"\r\n\r\n");
        while head_end(&viewer.taken).is_none() {
            viewer.piece().await.expect("a head");
        }
        let body = head_end(&viewer.taken).expect("just found") + 4;
        let body = viewer.taken.split_off(body);
        let head = std::mem::replace(&mut viewer.taken, body);
        viewer.head = String::from_utf8(head).unwrap();
        viewer
    }

    /// The next piece; `None` at the end.
    pub(super) async fn piece(&mut self) -> Option<Bytes> {
        let mut piece = BytesMut::with_capacity(64 * 1024);
        if self.socket.read_buf(&mut piece).await.unwrap() == 0 {
            return None;
        }
        self.taken.extend_from_slice(&piece);
        Some(piece.freeze())
    }

    /// Reads until it has seen `count` events in all, and gives all of them.
    pub(super) async fn events(&mut self, count: usize) -> Vec<MediaEvent> {
        loop {
            let events = events(&self.taken);
            if events.len() >= count {
                return events;
            }
            assert!(
                self.piece().await.is_some(),
                "ended after {} events",
                events.len()
            );
        }
    }

    /// Reads `count` further events and gives these.
    pub(super) async fn seen_after(&mut self, count: usize) -> Vec<MediaEvent> {
        let before = events(&self.taken).len();
        let mut events = self.events(before + count).await;
        events.drain(..before);
        events
    }

    /// Says something; the other side may have closed.
    pub(super) async fn send(&mut self, bytes: &[u8]) {
        let _ = self.socket.write_all(bytes).await;
    }

    /// All bytes read so far.
    pub(super) fn taken(&self) -> &[u8] {
        &self.taken
    }

    /// Reads to the end of the body.
    pub(super) async fn end(&mut self) {
        let end = async { while self.piece().await.is_some() {} };
        tokio::time::timeout(Duration::from_mins(1), end)
            .await
            .expect("the body ends");
    }
}

/// What the whole tags of an FLV body hold. Configurations that are repeated unchanged do not show.
pub(super) fn events(body: &[u8]) -> Vec<MediaEvent> {
    match flv::Reader::new(Bytes::copy_from_slice(body)) {
        Ok(reader) => reader.map_while(Result::ok).collect(),
        Err(_) => Vec::new(),
    }
}

/// A viewer without connection, whose network takes only what a test lets it take.
pub(super) struct SlowViewer {
    subscriber: Subscriber,
    wire: Wire,
}

struct Wire {
    room: usize,
    taken: Vec<u8>,
    writes: usize,
}

impl Write for Wire {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let taken = self.room.min(piece.len());
        if taken == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.room -= taken;
        self.writes += 1;
        self.taken.extend_from_slice(&piece[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl SlowViewer {
    pub(super) fn of(house: &House) -> Self {
        let registry = &house.media.registry;
        let stream = registry.get(&name()).expect("a stream");
        let wire = Wire {
            room: 0,
            taken: Vec::new(),
            writes: 0,
        };
        Self {
            subscriber: Subscriber::new(stream, Bytes::new(), registry.config.max_skips),
            wire,
        }
    }

    /// Its network takes so many bytes. Gives the new events; an error when it is cut.
    pub(super) fn take(&mut self, bytes: usize) -> io::Result<Vec<MediaEvent>> {
        let before = events(&self.wire.taken).len();
        self.wire.room += bytes;
        self.subscriber.catch_up(&mut self.wire, Instant::now())?;
        let mut events = events(&self.wire.taken);
        events.drain(..before);
        Ok(events)
    }

    /// Takes what a fan writes to all its viewers. Gives the writes and the new events.
    pub(super) fn take_news(&mut self, news: &News<'_>) -> (usize, Vec<MediaEvent>) {
        let (writes, before) = (self.wire.writes, events(&self.wire.taken).len());
        self.wire.room = 1 << 30;
        let kept = self
            .subscriber
            .keep_up(news, &mut self.wire, Instant::now());
        assert!(matches!(kept, Ok(Some(_))), "it is not behind");
        let mut events = events(&self.wire.taken);
        events.drain(..before);
        (self.wire.writes - writes, events)
    }

    /// Takes all there is.
    pub(super) fn take_all(&mut self) -> io::Result<Vec<MediaEvent>> {
        let events = self.take(1 << 30);
        self.wire.room = 0;
        events
    }
}

pub(super) fn video_track() -> MediaEvent {
    const AVCC: &[u8] =
        b"\x01\x42\xc0\x0b\xff\xe1\x00\x19\x67\x42\xc0\x0b\xd9\x01\x41\x9f\x9f\x01\x10\x00\
        \x00\x03\x00\x10\x00\x00\x03\x01\x40\xf1\x42\xa4\x80\x01\x00\x05\x68\xcb\x83\xcb\x20";
    MediaEvent::Track(Track::Video(VideoTrack {
        codec: Codec::H264,
        config: Bytes::from_static(AVCC),
        width: 320,
        height: 180,
        nal_length_bytes: 4,
        codec_string: "avc1.42c00b".into(),
    }))
}

pub(super) fn audio_track() -> MediaEvent {
    MediaEvent::Track(Track::Audio(AudioTrack {
        codec: Codec::Aac,
        config: Bytes::from_static(&[0x11, 0x90]),
        sample_rate: 48_000,
        channels: 2,
        codec_string: "mp4a.40.2".into(),
    }))
}

/// A picture whose payload tells its time.
pub(super) fn picture(dts_ms: i64, keyframe: bool) -> MediaEvent {
    let mut payload = vec![0, 0, 0, 9, if keyframe { 0x65 } else { 0x41 }];
    payload.extend_from_slice(&dts_ms.to_be_bytes());
    let track = TrackKind::Video;
    MediaEvent::Frame(Frame {
        track,
        dts_ms,
        cts_ms: 0,
        keyframe,
        payload: payload.into(),
    })
}

pub(super) fn sound(dts_ms: i64) -> MediaEvent {
    let payload = Bytes::from_static(&[0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c]);
    let track = TrackKind::Audio;
    MediaEvent::Frame(Frame {
        track,
        dts_ms,
        cts_ms: 0,
        keyframe: true,
        payload,
    })
}

/// Both configurations.
pub(super) fn tracks() -> [MediaEvent; 2] {
    [video_track(), audio_track()]
}

/// Pictures of 100 ms with a keyframe each second, from `from_ms` to before `to_ms`.
pub(super) fn pictures(from_ms: i64, to_ms: i64) -> impl Iterator<Item = MediaEvent> {
    (from_ms / 100..to_ms / 100).map(|n| picture(n * 100, n % 10 == 0))
}

pub(super) fn send(publisher: &Publisher, events: impl IntoIterator<Item = MediaEvent>) {
    for event in events {
        publisher.send(event).unwrap();
    }
}

pub(super) fn good() -> StreamEvent {
    StreamEvent::Good { stream: name() }
}

pub(super) fn lost() -> StreamEvent {
    StreamEvent::Lost { stream: name() }
}

pub(super) fn busy() -> StreamEvent {
    StreamEvent::Refused {
        stream: name(),
        reason: RefusedReason::Busy,
    }
}

pub(super) fn unpublished() -> StreamEvent {
    StreamEvent::Unpublished { stream: name() }
}

/// Times of the frames, in order.
pub(super) fn times(events: &[MediaEvent]) -> Vec<i64> {
    let time = |event: &MediaEvent| match event {
        MediaEvent::Frame(frame) => Some(frame.dts_ms),
        MediaEvent::Track(_) => None,
    };
    events.iter().filter_map(time).collect()
}
