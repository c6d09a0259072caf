//! AMF0 values, as commands and metadata hold them.

use kaibo_proto::amf0::{MAX_DEPTH, MAX_VALUES, Value, read_all, write};

use crate::engine::Target;
use crate::mutation;
use crate::random::Random;

/// See the module.
pub const TARGET: Target = Target {
    name: "amf0",
    check,
    seeds,
    mutate,
};

/// Markers with what follows them.
const WORDS: &[&[u8]] = &[
    b"\x00\x7f\xf0\0\0\0\0\0\x01",
    b"\x01\x01",
    b"\x02\0\x03app",
    b"\x03",
    b"\x05",
    b"\x06",
    b"\x08\0\0\0\x02",
    b"\x0a\0\0\0\x02",
    b"\x0b\x42\x70\0\0\0\0\0\0\0\0",
    b"\x0c\0\0\0\x02ab",
    b"\x0d",
    b"\x0f\0\0\0\x02ab",
    b"\x10\0\x01C",
    b"\x11",
    b"\x07\0\0",
    b"\x02\0\x02\xff\xfe",
];

fn seeds() -> Vec<Vec<u8>> {
    let text = Value::text;
    let connect = [
        text("connect"),
        Value::Number(1.0),
        Value::Object(vec![
            ("app".into(), text("live")),
            ("tcUrl".into(), text("rtmp://host/live")),
            ("fpad".into(), Value::Boolean(false)),
            ("audioCodecs".into(), Value::Number(4071.0)),
        ]),
    ];
    let metadata = [
        text("@setDataFrame"),
        text("onMetaData"),
        Value::EcmaArray(vec![
            ("width".into(), Value::Number(320.0)),
            ("encoder".into(), text(&"x".repeat(70_000))),
            ("made".into(), Value::Date(1.5e12)),
        ]),
    ];
    let nested = (0..MAX_DEPTH).fold(Value::Null, |inner, depth| match depth % 2 {
        0 => Value::StrictArray(vec![inner, Value::Undefined]),
        _ => Value::Object(vec![("in".into(), inner)]),
    });
    let mut seeds: Vec<_> = [&connect[..], &metadata, &[nested]]
        .iter()
        .map(|values| write_all(values))
        .collect();
    seeds.push(WORDS.concat());
    seeds
}

/// Half of the time a row of words instead, which is more often well-formed.
fn mutate(random: &mut Random, pool: &[Vec<u8>]) -> Vec<u8> {
    if random.one_in(2) {
        return mutation::mutate(random, pool, WORDS, 0);
    }
    let mut open = Vec::new();
    let mut out = Vec::new();
    for _ in 0..random.below(40) {
        let is_named = open.last() == Some(&true);
        if is_named && random.one_in(3) {
            out.extend_from_slice(b"\0\0\x09");
            open.pop();
            continue;
        }
        if is_named {
            out.extend_from_slice(b"\0\x01n");
        }
        let word = WORDS[random.below(WORDS.len())];
        out.extend_from_slice(word);
        match word[0] {
            // Objects and arrays with names go on until they are closed.
            3 | 8 | 0x10 => open.push(true),
            _ => {}
        }
    }
    for _ in open {
        out.extend_from_slice(b"\0\0\x09");
    }
    if random.one_in(3) {
        mutation::change(random, &mut out, pool, WORDS);
    }
    out
}

/// Values, the deepest nesting and bytes of text in all of them.
fn measure(values: &[Value]) -> (usize, usize, usize) {
    let (mut count, mut depth, mut text) = (0, 0, 0);
    let mut rest: Vec<(&Value, usize)> = values.iter().map(|value| (value, 0)).collect();
    while let Some((value, level)) = rest.pop() {
        count += 1;
        depth = depth.max(level);
        match value {
            Value::String(string) => text += string.len(),
            Value::Object(properties) | Value::EcmaArray(properties) => {
                text += properties.iter().map(|(name, _)| name.len()).sum::<usize>();
                rest.extend(properties.iter().map(|(_, value)| (value, level + 1)));
            }
            Value::StrictArray(values) => {
                rest.extend(values.iter().map(|value| (value, level + 1)));
            }
            _ => {}
        }
    }
    (count, depth, text)
}

fn check(input: &[u8]) {
    let Ok(values) = read_all(input) else {
        return;
    };
    let (count, depth, text) = measure(&values);
    assert!(
        count <= MAX_VALUES && depth <= MAX_DEPTH,
        "{count} values, {depth} deep"
    );
    assert!(text <= 3 * input.len(), "{text} bytes of text");
    let written = write_all(&values);
    let again = read_all(&written).expect("what we write can be read");
    // Bytes, not values: a number may be none at all, and that equals nothing.
    assert!(write_all(&again) == written);
    assert_eq!(measure(&again).0, count);
}

fn write_all(values: &[Value]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for value in values {
        write(value, &mut bytes);
    }
    bytes
}
