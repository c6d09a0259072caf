//! Client and server session joined in memory: what goes in at one end comes out at the other.

use bytes::Bytes;
use kaibo_proto::media::{AudioTrack, Codec, Frame, MediaEvent, Track, TrackKind, VideoTrack};
use kaibo_proto::rtmp::Limits;
use kaibo_proto::rtmp::client::{ClientEvent, ClientSession, ConnectInfo};
use kaibo_proto::rtmp::handshake::{Opening, Scheme};
use kaibo_proto::rtmp::server::{ServerEvent, ServerSession};

use crate::peer::VIDEO_CONFIG;

struct Pair {
    client: ClientSession,
    server: ServerSession,
    /// Bytes passed over at a time.
    part: usize,
}

impl Pair {
    fn new(opening: Opening, part: usize) -> Self {
        let info = ConnectInfo {
            app: "live".into(),
            tc_url: "rtmp://host/live".into(),
            stream: "wx1-7?txSecret=ab&txTime=65".into(),
        };
        Self {
            client: ClientSession::new(info, opening, [1; 32]),
            server: ServerSession::new(Limits::default(), [2; 32]),
            part,
        }
    }

    /// Passes bytes to and fro until both are still.
    fn settle(&mut self) {
        loop {
            let mut moved = false;
            while let Some(bytes) = self.client.poll_transmit() {
                moved = true;
                for part in bytes.chunks(self.part) {
                    self.server.handle_input(part).unwrap();
                }
            }
            while let Some(bytes) = self.server.poll_transmit() {
                moved = true;
                for part in bytes.chunks(self.part) {
                    self.client.handle_input(part).unwrap();
                }
            }
            if !moved {
                return;
            }
        }
    }

    fn server_events(&mut self) -> Vec<ServerEvent> {
        std::iter::from_fn(|| self.server.poll_event()).collect()
    }

    /// A pair in which the server has just been asked.
    fn asked(opening: Opening, part: usize) -> Self {
        let mut pair = Self::new(opening, part);
        pair.settle();
        let events = pair.server_events();
        let [
            ServerEvent::Connected { app, .. },
            ServerEvent::PublishRequested(address),
        ] = &events[..]
        else {
            panic!("connected and asked, but {events:?}")
        };
        assert_eq!((app.as_str(), address.stream.as_str()), ("live", "wx1-7"));
        assert_eq!(address.query.as_deref(), Some("txSecret=ab&txTime=65"));
        pair
    }

    fn live(opening: Opening, part: usize) -> Self {
        let mut pair = Self::asked(opening, part);
        pair.server.accept_publish();
        pair.settle();
        assert_eq!(pair.client.poll_event(), Some(ClientEvent::PublishStarted));
        pair
    }
}

fn openings() -> [Opening; 3] {
    [
        Opening::Plain,
        Opening::Digest(Scheme::DigestFirst),
        Opening::Digest(Scheme::KeyFirst),
    ]
}

/// A small film: configurations, then 40 pictures with B-frames and sound, over the 24-bit mark.
fn film() -> Vec<MediaEvent> {
    let mut events = vec![
        MediaEvent::Track(Track::Video(VideoTrack {
            codec: Codec::H264,
            config: Bytes::copy_from_slice(&VIDEO_CONFIG[5..]),
            width: 320,
            height: 180,
            nal_length_bytes: 4,
            codec_string: "avc1.42c00c".into(),
        })),
        MediaEvent::Track(Track::Audio(AudioTrack {
            codec: Codec::Aac,
            config: Bytes::from_static(&[0x12, 0x08, 0x56, 0xe5, 0x00]),
            sample_rate: 44_100,
            channels: 1,
            codec_string: "mp4a.40.2".into(),
        })),
    ];
    for step in 0..40_i32 {
        let keyframe = step % 10 == 0;
        let slice = if keyframe {
            30_000
        } else {
            200 + step as usize
        };
        let mut payload = (slice as u32).to_be_bytes().to_vec();
        payload.push(if keyframe { 0x65 } else { 0x41 });
        payload.resize(4 + slice, step as u8);
        let dts_ms = 0x00ff_ff00 + i64::from(step) * 40;
        events.push(MediaEvent::Frame(Frame {
            track: TrackKind::Video,
            dts_ms,
            cts_ms: (step % 3) * 40,
            keyframe,
            payload: Bytes::from(payload),
        }));
        events.push(MediaEvent::Frame(Frame {
            track: TrackKind::Audio,
            dts_ms: dts_ms + 11,
            cts_ms: 0,
            keyframe: true,
            payload: Bytes::from(vec![step as u8; 90]),
        }));
    }
    events
}

#[test]
fn every_opening_reaches_a_publish() {
    for opening in openings() {
        Pair::live(opening, usize::MAX);
    }
}

#[test]
fn a_film_arrives_as_it_was_sent() {
    for part in [1, 7, 1448, usize::MAX] {
        let mut pair = Pair::live(Opening::Digest(Scheme::KeyFirst), part);
        for event in film() {
            pair.client.send(&event).unwrap();
        }
        pair.settle();
        let expected: Vec<_> = film().into_iter().map(ServerEvent::Media).collect();
        assert_eq!(pair.server_events(), expected, "in parts of {part}");
        assert_eq!(pair.server.buffered_bytes(), 0);
    }
}

#[test]
fn a_refusal_reaches_the_client_word_for_word() {
    let mut pair = Pair::asked(Opening::Plain, usize::MAX);
    pair.server.reject_publish(
        "NetStream.Publish.BadName",
        "No such stream, or a wrong key.",
    );
    pair.settle();
    let expected = ClientEvent::Rejected {
        code: "NetStream.Publish.BadName".into(),
        description: "No such stream, or a wrong key.".into(),
    };
    assert_eq!(pair.client.poll_event(), Some(expected));
    assert_eq!(pair.server_events(), []);
}

#[test]
fn refusals_do_not_depend_on_the_key() {
    let refusal = |stream: &str| {
        let mut pair = Pair::new(Opening::Plain, usize::MAX);
        let info = ConnectInfo {
            app: "live".into(),
            tc_url: "rtmp://host/live".into(),
            stream: stream.into(),
        };
        pair.client = ClientSession::new(info, Opening::Plain, [1; 32]);
        pair.settle();
        pair.server
            .reject_publish("NetStream.Publish.BadName", "Refused.");
        std::iter::from_fn(|| pair.server.poll_transmit()).collect::<Vec<_>>()
    };
    let first = refusal("wx1-7?txSecret=ab");
    assert_eq!(first.len(), 1);
    assert_eq!(first, refusal("wx1-8"));
}

#[test]
fn an_unpublish_closes_both_ends_once() {
    let mut pair = Pair::live(Opening::Plain, 1448);
    pair.client.unpublish();
    pair.settle();
    assert_eq!(pair.server_events(), [ServerEvent::Unpublished]);
    assert_eq!(pair.client.poll_event(), Some(ClientEvent::Closed));
    assert_eq!(pair.client.poll_event(), None);
}

#[test]
fn an_unsupported_codec_is_said_to_the_publisher() {
    let mut pair = Pair::live(Opening::Plain, usize::MAX);
    pair.server.announce_unsupported("hvc1 (H.265)");
    pair.settle();
    let Some(ClientEvent::Rejected { description, .. }) = pair.client.poll_event() else {
        panic!("a rejection")
    };
    assert!(description.contains("hvc1 (H.265)"), "{description}");
}

#[test]
fn a_long_push_is_acknowledged_and_stays_in_bounds() {
    let mut pair = Pair::live(Opening::Plain, 16 * 1024);
    for _ in 0..20 {
        for event in film() {
            pair.client.send(&event).unwrap();
        }
        pair.settle();
        assert_eq!(pair.client.unsent_bytes(), 0);
        assert!(pair.server.buffered_bytes() < 64);
        assert!(!pair.server_events().is_empty());
    }
}
