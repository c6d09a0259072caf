//! Control messages as byte literals both ways, and aggregates.

use bytes::Bytes;
use kaibo_proto::rtmp::message::{Control, MAX_AGGREGATED, Message, kind, split_aggregate};

#[test]
fn control_messages_have_their_bytes() {
    let cases: [(Control, u8, &[u8]); 8] = [
        (Control::SetChunkSize(4096), 1, b"\0\0\x10\0"),
        (Control::Abort(6), 2, b"\0\0\0\x06"),
        (
            Control::Acknowledgement(0xffff_fffe),
            3,
            b"\xff\xff\xff\xfe",
        ),
        (Control::WindowAckSize(5_000_000), 5, b"\0\x4c\x4b\x40"),
        (
            Control::SetPeerBandwidth(5_000_000, 2),
            6,
            b"\0\x4c\x4b\x40\x02",
        ),
        (Control::StreamBegin(1), 4, b"\0\0\0\0\0\x01"),
        (Control::Ping(7), 4, b"\0\x06\0\0\0\x07"),
        (Control::Pong(7), 4, b"\0\x07\0\0\0\x07"),
    ];
    for (control, kind, payload) in cases {
        let message = control.message();
        assert_eq!((message.kind, &message.payload[..]), (kind, payload));
        assert_eq!((message.stream_id, message.timestamp), (0, 0));
        assert_eq!(Control::read(kind, payload), Some(control));
    }
}

#[test]
fn other_user_control_events_are_taken() {
    // Buffer length (3) has eight bytes of data; 31 and 32 are asked by Flash.
    assert_eq!(
        Control::read(4, b"\0\x03\0\0\0\x01\0\0\x03\xe8"),
        Some(Control::OtherEvent(3))
    );
    assert_eq!(Control::read(4, b"\0\x1f"), Some(Control::OtherEvent(31)));
    assert_eq!(
        Control::read(4, b"\0\x06\0"),
        Some(Control::OtherEvent(6)),
        "a ping without time"
    );
}

#[test]
fn short_control_messages_are_refused() {
    for kind in 1..=6 {
        assert_eq!(Control::read(kind, b""), None, "type {kind}");
        assert_eq!(Control::read(kind, b"\0"), None, "type {kind}");
    }
    assert_eq!(Control::read(5, b"\0\0\0"), None);
    assert_eq!(Control::read(8, b"\0\0\0\0"), None, "no control type");
}

#[test]
fn chunk_sizes_have_a_range() {
    assert_eq!(Control::read(1, b"\0\0\0\0"), None);
    assert_eq!(Control::read(1, b"\x80\0\0\x01"), None);
    assert_eq!(
        Control::read(1, b"\0\0\0\x01"),
        Some(Control::SetChunkSize(1))
    );
    assert_eq!(
        Control::read(1, b"\x7f\xff\xff\xff"),
        Some(Control::SetChunkSize(0xff_ffff))
    );
}

#[test]
fn bandwidth_without_its_limit_kind_is_taken() {
    assert_eq!(
        Control::read(6, b"\0\0\x10\0"),
        Some(Control::SetPeerBandwidth(4096, 2))
    );
}

#[test]
fn debug_hides_the_payload() {
    let payload = Bytes::from_static(b"txSecret=hush");
    let message = Message {
        kind: 20,
        timestamp: 0,
        stream_id: 0,
        payload,
    };
    let text = format!("{message:?}");
    assert!(!text.contains("hush") && text.contains("13"));
}

fn part(kind: u8, time: u32, body: &[u8]) -> Vec<u8> {
    let [top, t0, t1, t2] = time.to_be_bytes();
    let length = body.len() as u32;
    let mut out = vec![kind];
    out.extend_from_slice(&length.to_be_bytes()[1..]);
    out.extend_from_slice(&[t0, t1, t2, top, 0, 0, 0]);
    out.extend_from_slice(body);
    out.extend_from_slice(&(length + 11).to_be_bytes());
    out
}

fn aggregate(timestamp: u32, payload: Vec<u8>) -> Message {
    Message {
        kind: kind::AGGREGATE,
        timestamp,
        stream_id: 1,
        payload: Bytes::from(payload),
    }
}

#[test]
fn an_aggregate_is_split_and_its_times_moved() {
    let payload = [
        part(9, 100, b"picture"),
        part(8, 123, b"sound"),
        part(18, 123, b""),
    ]
    .concat();
    let parts = split_aggregate(&aggregate(5000, payload)).unwrap();
    let seen: Vec<_> = parts
        .iter()
        .map(|part| (part.kind, part.timestamp, &part.payload[..]))
        .collect();
    assert_eq!(
        seen,
        [
            (9, 5000, &b"picture"[..]),
            (8, 5023, &b"sound"[..]),
            (18, 5023, &b""[..])
        ]
    );
    assert!(parts.iter().all(|part| part.stream_id == 1));
}

#[test]
fn times_in_an_aggregate_use_their_upper_byte_and_wrap() {
    let payload = [part(8, 0xff00_0000, b"a"), part(8, 0xff00_0010, b"b")].concat();
    let parts = split_aggregate(&aggregate(u32::MAX, payload)).unwrap();
    assert_eq!((parts[0].timestamp, parts[1].timestamp), (u32::MAX, 15));
}

#[test]
fn the_last_back_pointer_may_be_missing() {
    let mut payload = [part(8, 0, b"a"), part(8, 1, b"b")].concat();
    payload.truncate(payload.len() - 4);
    assert_eq!(split_aggregate(&aggregate(0, payload)).unwrap().len(), 2);
}

#[test]
fn a_part_kept_does_not_keep_the_whole() {
    let payload = [part(8, 0, b"sound"), part(18, 0, &vec![0; 60_000])].concat();
    let mut parts = split_aggregate(&aggregate(0, payload)).unwrap();
    let sound = parts.swap_remove(0).payload;
    assert!(sound.is_unique(), "it shares no memory");
}

#[test]
fn cut_aggregates_are_refused() {
    let payload = part(8, 0, b"sound");
    for end in 1..payload.len() - 4 {
        assert_eq!(
            split_aggregate(&aggregate(0, payload[..end].to_vec())),
            None,
            "cut at {end}"
        );
    }
    assert_eq!(split_aggregate(&aggregate(0, vec![])), Some(vec![]));
}

#[test]
fn aggregates_have_a_cap() {
    let payload = part(8, 0, b"").repeat(MAX_AGGREGATED);
    assert_eq!(
        split_aggregate(&aggregate(0, payload)).unwrap().len(),
        MAX_AGGREGATED
    );
    let payload = part(8, 0, b"").repeat(MAX_AGGREGATED + 1);
    assert_eq!(split_aggregate(&aggregate(0, payload)), None);
}
