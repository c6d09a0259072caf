//! Form bodies and query strings, PHP's nested keys included, read into the shape of JSON.

use serde_json::{Map, Value};

/// Most pairs in one form: a push names 2000 people.
const MAX_PAIRS: usize = 2_100;
/// Deepest nesting of one key, such as 2 for `users[0][name]`.
const MAX_DEPTH: usize = 8;

/// Reads `a=1&ids[0]=7&users[0][username]=x` into an object whose leaves are strings. A later
/// pair replaces an earlier one; keys `0`, `1`, … (or `[]`) become an array. `None` when the text
/// is not UTF-8 behind its percent signs, or has more than 2100 pairs or 8 levels.
pub(super) fn read(text: &[u8]) -> Option<Map<String, Value>> {
    let mut root = Map::new();
    let pairs = text.split(|b| *b == b'&').filter(|pair| !pair.is_empty());
    for (index, pair) in pairs.enumerate() {
        if index == MAX_PAIRS {
            return None;
        }
        let (key, value) = match pair.iter().position(|b| *b == b'=') {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            None => (pair, &[][..]),
        };
        put(&mut root, &decode(key)?, decode(value)?)?;
    }
    for value in root.values_mut() {
        settle(value);
    }
    Some(root)
}

/// Puts one pair under its PHP-style key; `None` when the key nests too deep.
fn put(root: &mut Map<String, Value>, key: &str, value: String) -> Option<()> {
    let path = path(key);
    if path.len() > MAX_DEPTH + 1 {
        return None;
    }
    let (last, parents) = path.split_last()?;
    let mut map = root;
    for part in parents {
        let slot = map.entry(named(part, map)).or_insert(Value::Null);
        if !slot.is_object() {
            *slot = Value::Object(Map::new());
        }
        map = slot.as_object_mut()?;
    }
    map.insert(named(last, map), Value::String(value));
    Some(())
}

/// `[]` means the next free place.
fn named(part: &str, map: &Map<String, Value>) -> String {
    if part.is_empty() {
        map.len().to_string()
    } else {
        part.to_owned()
    }
}

/// `users[0][name]` → `users`, `0`, `name`; a key of another shape is one part.
fn path(key: &str) -> Vec<&str> {
    let nested = key
        .split_once('[')
        .filter(|(base, _)| !base.is_empty())
        .and_then(|(base, rest)| Some((base, rest.strip_suffix(']')?)));
    match nested {
        Some((base, rest)) => std::iter::once(base).chain(rest.split("][")).collect(),
        None => vec![key],
    }
}

/// Turns objects with only numbers as keys into arrays, in the order of the numbers.
fn settle(value: &mut Value) {
    let Value::Object(map) = value else { return };
    for inner in map.values_mut() {
        settle(inner);
    }
    let numbers: Option<Vec<u32>> = map.keys().map(|key| key.parse().ok()).collect();
    if let Some(mut numbers) = numbers {
        numbers.sort_unstable();
        let items = numbers.iter().filter_map(|n| map.remove(&n.to_string()));
        *value = Value::Array(items.collect());
    }
}

/// `+` and `%XX` decoded; a percent sign that starts no code stands for itself.
pub(super) fn decode(text: &[u8]) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, tail)) = rest.split_first() {
        let code = match tail {
            [high, low, ..] if *first == b'%' => hex(*high).zip(hex(*low)),
            _ => None,
        };
        match (first, code) {
            (_, Some((high, low))) => {
                out.push(high << 4 | low);
                rest = &tail[2..];
                continue;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(*byte),
        }
        rest = tail;
    }
    String::from_utf8(out).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|n| n as u8)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(text: &str) -> Value {
        Value::Object(read(text.as_bytes()).unwrap())
    }

    #[test]
    fn pairs_are_decoded_and_the_last_one_stays() {
        assert_eq!(
            object("name=%E5%BC%80%E6%92%AD+1&empty&a=1&a=2&p=50%25&q=5%"),
            json!({"name": "开播 1", "empty": "", "a": "2", "p": "50%", "q": "5%"})
        );
    }

    #[test]
    fn php_keys_nest() {
        assert_eq!(
            object(
                "ids%5B0%5D=7&ids%5B1%5D=8&users[0][username]=x&users[0][nickname]=y&tags[]=a&tags[]=b&o[k]=v"
            ),
            json!({
                "ids": ["7", "8"],
                "users": [{"username": "x", "nickname": "y"}],
                "tags": ["a", "b"],
                "o": {"k": "v"}
            })
        );
    }

    #[test]
    fn places_sort_by_number_not_by_text() {
        let text: Vec<String> = (0..12).rev().map(|n| format!("ids[{n}]={n}")).collect();
        let ids: Vec<String> = (0..12).map(|n| n.to_string()).collect();
        assert_eq!(object(&text.join("&")), json!({ "ids": ids }));
    }

    #[test]
    fn keys_of_another_shape_stay_as_they_are() {
        assert_eq!(
            object("[x]=1&a[b=2&c]=3"),
            json!({"[x]": "1", "a[b": "2", "c]": "3"})
        );
    }

    #[test]
    fn a_value_gives_way_to_a_later_object() {
        assert_eq!(object("a=1&a[b]=2"), json!({"a": {"b": "2"}}));
    }

    #[test]
    fn keys_that_look_alike_as_numbers_do_not_lose_the_form() {
        assert_eq!(object("a[01]=x&a[1]=y"), json!({"a": ["y"]}));
    }

    #[test]
    fn bombs_are_refused() {
        assert!(read(format!("a{}=1", "[b]".repeat(9)).as_bytes()).is_none());
        assert!(read(format!("a{}=1", "[b]".repeat(8)).as_bytes()).is_some());
        assert!(read("a=1&".repeat(MAX_PAIRS + 1).as_bytes()).is_none());
        assert!(read(b"a=%FF").is_none());
    }
}
