//! AMF0 both ways: byte literals, round trips, caps.

use kaibo_proto::amf0::{Amf0Error, MAX_DEPTH, MAX_VALUES, Value, read_all, write};
use proptest::prelude::*;

fn bytes(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    write(value, &mut out);
    out
}

fn assert_both_ways(value: &Value, wire: &[u8]) {
    assert_eq!(bytes(value), wire);
    assert_eq!(read_all(wire).unwrap(), std::slice::from_ref(value));
}

#[test]
fn scalars_have_their_bytes() {
    assert_both_ways(&Value::Number(1.0), b"\x00\x3f\xf0\0\0\0\0\0\0");
    assert_both_ways(&Value::Number(-0.5), b"\x00\xbf\xe0\0\0\0\0\0\0");
    assert_both_ways(&Value::Boolean(true), b"\x01\x01");
    assert_both_ways(&Value::Boolean(false), b"\x01\x00");
    assert_both_ways(&Value::text("live"), b"\x02\x00\x04live");
    assert_both_ways(&Value::text(""), b"\x02\x00\x00");
    assert_both_ways(
        &Value::text("开播"),
        b"\x02\x00\x06\xe5\xbc\x80\xe6\x92\xad",
    );
    assert_both_ways(&Value::Null, b"\x05");
    assert_both_ways(&Value::Undefined, b"\x06");
    assert_both_ways(&Value::Date(1000.0), b"\x0b\x40\x8f\x40\0\0\0\0\0\0\0");
}

#[test]
fn containers_have_their_bytes() {
    let properties = vec![("app".to_owned(), Value::text("live"))];
    assert_both_ways(
        &Value::Object(properties.clone()),
        b"\x03\x00\x03app\x02\x00\x04live\x00\x00\x09",
    );
    assert_both_ways(
        &Value::EcmaArray(properties),
        b"\x08\0\0\0\x01\x00\x03app\x02\x00\x04live\x00\x00\x09",
    );
    assert_both_ways(
        &Value::StrictArray(vec![Value::Null, Value::Boolean(true)]),
        b"\x0a\0\0\0\x02\x05\x01\x01",
    );
    assert_both_ways(&Value::Object(vec![]), b"\x03\x00\x00\x09");
}

#[test]
fn long_text_takes_the_long_form() {
    let text = "x".repeat(65_536);
    let wire = bytes(&Value::text(&text));
    assert_eq!(wire[..5], *b"\x0c\x00\x01\x00\x00");
    assert_eq!(read_all(&wire).unwrap(), [Value::String(text)]);
}

#[test]
fn longest_short_text_keeps_the_short_form() {
    let wire = bytes(&Value::text(&"x".repeat(65_535)));
    assert_eq!(wire[..3], *b"\x02\xff\xff");
}

#[test]
fn rarer_markers_are_read_as_their_nearest() {
    assert_eq!(read_all(b"\x0d").unwrap(), [Value::Undefined]);
    assert_eq!(
        read_all(b"\x0f\0\0\0\x03<a>").unwrap(),
        [Value::text("<a>")]
    );
    assert_eq!(
        read_all(b"\x10\x00\x01C\x00\x01a\x05\x00\x00\x09").unwrap(),
        [Value::Object(vec![("a".into(), Value::Null)])]
    );
    assert_eq!(read_all(b"\x01\x02").unwrap(), [Value::Boolean(true)]);
}

#[test]
fn the_count_of_an_ecma_array_is_not_believed() {
    let wire = b"\x08\xff\xff\xff\xff\x00\x01a\x05\x00\x00\x09";
    assert_eq!(
        read_all(wire).unwrap(),
        [Value::EcmaArray(vec![("a".into(), Value::Null)])]
    );
}

#[test]
fn bad_text_is_read_with_replacements() {
    assert_eq!(
        read_all(b"\x02\x00\x02\xffa").unwrap(),
        [Value::text("\u{fffd}a")]
    );
}

#[test]
fn several_values_come_in_order() {
    let values = read_all(b"\x02\x00\x01a\x00\0\0\0\0\0\0\0\0\x05").unwrap();
    assert_eq!(values, [Value::text("a"), Value::Number(0.0), Value::Null]);
    assert_eq!(read_all(b"").unwrap(), []);
}

#[test]
fn every_cut_is_truncated_or_a_shorter_list() {
    let value = Value::Object(vec![
        ("a".into(), Value::Number(1.0)),
        (
            "b".into(),
            Value::StrictArray(vec![Value::text("x"), Value::Date(0.0)]),
        ),
    ]);
    let wire = bytes(&value);
    for end in 1..wire.len() {
        assert_eq!(
            read_all(&wire[..end]),
            Err(Amf0Error::Truncated),
            "cut at {end}"
        );
    }
}

#[test]
fn unread_markers_are_named() {
    for marker in [0x04, 0x07, 0x09, 0x0e, 0x11, 0xff] {
        assert_eq!(
            read_all(&[marker, 0, 0, 0]),
            Err(Amf0Error::UnknownMarker(marker))
        );
    }
}

#[test]
fn deep_nesting_is_refused_at_the_cap() {
    let nested = |depth: usize| {
        let mut wire = b"\x0a\0\0\0\x01".repeat(depth);
        wire.push(0x05);
        wire
    };
    assert!(read_all(&nested(MAX_DEPTH)).is_ok());
    assert_eq!(read_all(&nested(MAX_DEPTH + 1)), Err(Amf0Error::TooDeep));
    assert_eq!(read_all(&nested(10_000)), Err(Amf0Error::TooDeep));
    assert_eq!(
        read_all(&b"\x03\x00\x01a".repeat(10_000)),
        Err(Amf0Error::TooDeep)
    );
}

#[test]
fn many_values_are_refused_at_the_cap() {
    assert_eq!(read_all(&vec![5; MAX_VALUES]).unwrap().len(), MAX_VALUES);
    assert_eq!(read_all(&vec![5; MAX_VALUES + 1]), Err(Amf0Error::TooMany));
    let mut array = b"\x0a\xff\xff\xff\xff".to_vec();
    array.resize(100_000, 5);
    assert_eq!(read_all(&array), Err(Amf0Error::TooMany));
}

#[test]
fn announced_lengths_beyond_the_end_are_truncated() {
    assert_eq!(
        read_all(b"\x0c\xff\xff\xff\xffabc"),
        Err(Amf0Error::Truncated)
    );
    assert_eq!(read_all(b"\x02\xff\xffabc"), Err(Amf0Error::Truncated));
    assert_eq!(read_all(b"\x0a\xff\xff\xff\xff"), Err(Amf0Error::Truncated));
}

#[test]
fn properties_are_found_in_objects_and_arrays_only() {
    let properties = vec![
        ("a".to_owned(), Value::Number(1.0)),
        ("a".to_owned(), Value::Null),
    ];
    for value in [
        Value::Object(properties.clone()),
        Value::EcmaArray(properties),
    ] {
        assert_eq!(value.property("a").and_then(Value::as_number), Some(1.0));
        assert_eq!(value.property("b"), None);
    }
    assert_eq!(Value::text("a").property("a"), None);
    assert_eq!(Value::Null.as_str(), None);
    assert_eq!(Value::text("1").as_number(), None);
}

#[test]
fn an_overlong_property_name_is_cut_between_characters() {
    let name = "开".repeat(30_000);
    let wire = bytes(&Value::Object(vec![(name, Value::Null)]));
    let [Value::Object(properties)] = &read_all(&wire).unwrap()[..] else {
        panic!("no object")
    };
    assert_eq!(properties[0].0, "开".repeat(21_845));
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        (-1e9..1e9_f64).prop_map(Value::Number),
        any::<bool>().prop_map(Value::Boolean),
        ".{0,12}".prop_map(Value::String),
        Just(Value::Null),
        Just(Value::Undefined),
        (0.0..1e13_f64).prop_map(Value::Date),
    ];
    leaf.prop_recursive(5, 64, 6, |inner| {
        let properties = prop::collection::vec(("[a-z]{1,6}", inner.clone()), 0..6);
        prop_oneof![
            properties.clone().prop_map(Value::Object),
            properties.prop_map(Value::EcmaArray),
            prop::collection::vec(inner, 0..6).prop_map(Value::StrictArray),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(values in prop::collection::vec(any_value(), 0..5)) {
        let mut wire = Vec::new();
        for value in &values {
            write(value, &mut wire);
        }
        prop_assert_eq!(read_all(&wire).unwrap(), values);
    }

    #[test]
    fn random_bytes_never_panic(wire in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = read_all(&wire);
    }

    #[test]
    fn random_markers_never_panic(wire in prop::collection::vec(0_u8..18, 0..600)) {
        let _ = read_all(&wire);
    }
}
