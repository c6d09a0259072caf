//! Chunk headers as byte literals both ways, and messages cut into chunks.

use bytes::Bytes;
use kaibo_proto::rtmp::chunk::{Fields, Header, chunk_message};
use kaibo_proto::rtmp::message::Message;

fn assert_both_ways(header: Header, wire: &[u8]) {
    let mut written = Vec::new();
    header.write(&mut written);
    assert_eq!(written, wire);
    let followed = [wire, b"\xde\xad\xbe\xef"].concat();
    let (read, length, _) = Header::parse(&followed).unwrap();
    assert_eq!((read, length), (header, wire.len()));
    for end in 0..wire.len() {
        assert_eq!(Header::parse(&wire[..end]), None, "cut at {end}");
    }
}

#[test]
fn type_0_has_eleven_bytes_after_the_basic_header() {
    let fields = Fields::Full {
        timestamp: 0x01_0203,
        length: 0x04_0506,
        kind: 9,
        stream_id: 1,
    };
    assert_both_ways(
        Header { csid: 6, fields },
        b"\x06\x01\x02\x03\x04\x05\x06\x09\x01\0\0\0",
    );
}

#[test]
fn the_message_stream_is_little_endian() {
    let fields = Fields::Full {
        timestamp: 0,
        length: 0,
        kind: 0,
        stream_id: 0x0102_0304,
    };
    assert_both_ways(
        Header { csid: 3, fields },
        b"\x03\0\0\0\0\0\0\0\x04\x03\x02\x01",
    );
}

#[test]
fn type_1_has_seven_bytes_after_the_basic_header() {
    let fields = Fields::SameStream {
        delta: 23,
        length: 258,
        kind: 8,
    };
    assert_both_ways(Header { csid: 4, fields }, b"\x44\0\0\x17\0\x01\x02\x08");
}

#[test]
fn type_2_has_three_bytes_after_the_basic_header() {
    assert_both_ways(
        Header {
            csid: 4,
            fields: Fields::SameLength { delta: 0x12_3456 },
        },
        b"\x84\x12\x34\x56",
    );
}

#[test]
fn type_3_is_the_basic_header_alone() {
    assert_both_ways(
        Header {
            csid: 4,
            fields: Fields::Same,
        },
        b"\xc4",
    );
}

#[test]
fn chunk_stream_numbers_take_one_two_or_three_bytes() {
    let same = |csid| Header {
        csid,
        fields: Fields::Same,
    };
    assert_both_ways(same(2), b"\xc2");
    assert_both_ways(same(63), b"\xff");
    assert_both_ways(same(64), b"\xc0\x00");
    assert_both_ways(same(319), b"\xc0\xff");
    assert_both_ways(same(320), b"\xc1\x00\x01");
    assert_both_ways(same(0x0301 + 64), b"\xc1\x01\x03");
    assert_both_ways(same(65_599), b"\xc1\xff\xff");
}

#[test]
fn three_byte_form_of_a_small_number_is_understood() {
    let (header, length, _) = Header::parse(b"\xc1\x05\x00").unwrap();
    assert_eq!((header.csid, length), (69, 3));
}

#[test]
fn times_from_0xffffff_on_are_extended() {
    let full = |timestamp| Header {
        csid: 6,
        fields: Fields::Full {
            timestamp,
            length: 1,
            kind: 9,
            stream_id: 1,
        },
    };
    assert_both_ways(full(0xff_fffe), b"\x06\xff\xff\xfe\0\0\x01\x09\x01\0\0\0");
    assert_both_ways(
        full(0xff_ffff),
        b"\x06\xff\xff\xff\0\0\x01\x09\x01\0\0\0\x00\xff\xff\xff",
    );
    assert_both_ways(
        full(u32::MAX),
        b"\x06\xff\xff\xff\0\0\x01\x09\x01\0\0\0\xff\xff\xff\xff",
    );
    assert_both_ways(
        Header {
            csid: 6,
            fields: Fields::SameStream {
                delta: 0x0100_0000,
                length: 1,
                kind: 9,
            },
        },
        b"\x46\xff\xff\xff\0\0\x01\x09\x01\0\0\0",
    );
    assert_both_ways(
        Header {
            csid: 6,
            fields: Fields::SameLength { delta: 0x0100_0000 },
        },
        b"\x86\xff\xff\xff\x01\0\0\0",
    );
}

#[test]
fn a_small_time_in_the_extended_field_is_known_as_extended() {
    let (header, length, extended) = Header::parse(b"\x86\xff\xff\xff\0\0\0\x05").unwrap();
    assert_eq!(header.fields, Fields::SameLength { delta: 5 });
    assert_eq!((length, extended), (8, true));
}

fn message(timestamp: u32, length: usize) -> Message {
    Message {
        kind: 9,
        timestamp,
        stream_id: 1,
        payload: Bytes::from(vec![0xaa; length]),
    }
}

#[test]
fn a_short_message_is_one_chunk() {
    let wire = chunk_message(6, &message(5, 3), 128);
    assert_eq!(wire[..], *b"\x06\0\0\x05\0\0\x03\x09\x01\0\0\0\xaa\xaa\xaa");
}

#[test]
fn an_empty_message_is_a_header() {
    assert_eq!(
        chunk_message(6, &message(5, 0), 128)[..],
        *b"\x06\0\0\x05\0\0\0\x09\x01\0\0\0"
    );
}

#[test]
fn a_long_message_goes_on_in_type_3_chunks() {
    let wire = chunk_message(6, &message(5, 5), 2);
    assert_eq!(
        wire[..],
        *b"\x06\0\0\x05\0\0\x05\x09\x01\0\0\0\xaa\xaa\xc6\xaa\xaa\xc6\xaa"
    );
}

#[test]
fn a_message_of_just_the_chunk_size_has_no_second_chunk() {
    assert_eq!(chunk_message(6, &message(5, 128), 128).len(), 12 + 128);
    assert_eq!(
        chunk_message(6, &message(5, 129), 128).len(),
        12 + 128 + 1 + 1
    );
}

#[test]
fn the_extended_time_is_repeated_in_type_3_chunks() {
    let wire = chunk_message(6, &message(0x0102_0304, 3), 2);
    assert_eq!(
        wire[..],
        *b"\x06\xff\xff\xff\0\0\x03\x09\x01\0\0\0\x01\x02\x03\x04\xaa\xaa\xc6\x01\x02\x03\x04\xaa"
    );
}

#[test]
fn a_chunk_size_of_zero_is_taken_as_one() {
    assert_eq!(chunk_message(6, &message(5, 2), 0).len(), 12 + 1 + 1 + 1);
}
