//! Whether an answer is what a case wants: the same among other things, with matchers in `${…}`.

use std::ops::RangeInclusive;

use serde_json::Value;

use super::Values;
use super::fill::{split, whole};

/// Where and how they differ, if they do.
pub(super) fn matches(wanted: &Value, found: &Value, values: &Values) -> Result<(), String> {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => {
            for (key, wanted) in wanted {
                let found = found.get(key).ok_or_else(|| format!("there is no {key}"))?;
                matches(wanted, found, values).map_err(|why| format!("{key}: {why}"))?;
            }
            Ok(())
        }
        (Value::Array(wanted), Value::Array(found)) if wanted.len() == found.len() => {
            let mut pairs = wanted.iter().zip(found);
            pairs.try_for_each(|(wanted, found)| matches(wanted, found, values))
        }
        (Value::String(pattern), found) if is_it(pattern, found, values)? => Ok(()),
        (wanted, found) if wanted == found => Ok(()),
        _ => Err(format!("{found} is not {wanted}")),
    }
}

fn is_it(pattern: &str, found: &Value, values: &Values) -> Result<bool, String> {
    match whole(pattern) {
        Some(kind) => is_a(kind, found, values).ok_or_else(|| format!("what is ${{{kind}}}?")),
        None => Ok(found.as_str().is_some_and(|text| fits(pattern, text))),
    }
}

/// None for a kind that nobody taught this file.
fn is_a(kind: &str, found: &Value, values: &Values) -> Option<bool> {
    let text = found.as_str();
    let rows = found.as_array();
    Some(match kind {
        "any" => true,
        "int" => found.as_i64().is_some(),
        "string" => text.is_some(),
        "errmsg" => text.is_some_and(|text| !text.is_empty()),
        "url" => text.is_some_and(is_url),
        "array" => rows.is_some(),
        "0 or 200002" => matches!(found.as_i64(), Some(0 | 200_002)),
        "array, each roleList contains 2" => rows.is_some_and(|rows| {
            let holds = |row: &Value| {
                row["roleList"]
                    .as_array()
                    .is_some_and(|r| r.contains(&2.into()))
            };
            !rows.is_empty() && rows.iter().all(holds)
        }),
        "array:len<=50" => rows.is_some_and(|rows| rows.len() <= 50),
        "array sorted by start_time desc" => rows.is_some_and(|rows| {
            let starts = rows.iter().map(|row| row["start_time"].as_i64());
            starts.is_sorted_by(|a, b| a >= b)
        }),
        "rtmp://host/live/APPID-ROOMID?txSecret=HEX32&txTime=HEX8" => {
            text.is_some_and(|text| is_push_address(text, values))
        }
        "string containing room_id=ROOM" => {
            let room = format!("room_id={}", values["room"]);
            text.is_some_and(|text| text.split(['?', '&']).any(|part| part == room))
        }
        // A file is told by its Content-Type.
        "bytes; Content-Type image/*" => text.is_some_and(|text| text.starts_with("image/")),
        _ => {
            if let Some(range) = kind.strip_prefix("int:") {
                let range = range_of(range)?;
                found.as_i64().is_some_and(|number| range.contains(&number))
            } else if let Some(end) = kind.strip_prefix("url ending ") {
                text.is_some_and(|text| is_url(text) && text.ends_with(end))
            } else if let Some(other) = kind.strip_prefix("same as ") {
                values.get(other)? == found
            } else {
                values.get(kind.strip_prefix("not same as ")?)? != found
            }
        }
    })
}

fn is_url(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

/// `300..7200`, `>50`, `<2^31`.
fn range_of(text: &str) -> Option<RangeInclusive<i64>> {
    if let Some(least) = text.strip_prefix('>') {
        return Some(least.parse::<i64>().ok()? + 1..=i64::MAX);
    }
    if text == "<2^31" {
        return Some(0..=i64::from(i32::MAX));
    }
    let (least, most) = text.split_once("..")?;
    Some(least.parse().ok()?..=most.parse().ok()?)
}

fn is_push_address(text: &str, values: &Values) -> bool {
    let room = format!(
        "/live/{}-{}",
        values["appid"].as_str().unwrap(),
        values["room"]
    );
    let read = || {
        let (host, rest) = text.strip_prefix("rtmp://")?.split_once(&room)?;
        let (secret, time) = rest.strip_prefix("?txSecret=")?.split_once("&txTime=")?;
        Some(!host.contains('/') && is_hex(secret, 32) && is_hex(time, 8))
    };
    read() == Some(true)
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Whether a text is `pattern`, in which `${any}` and `${rid}` may stand.
fn fits(pattern: &str, text: &str) -> bool {
    let Some((before, kind, after)) = split(pattern) else {
        return pattern == text;
    };
    let Some(rest) = text.strip_prefix(before) else {
        return false;
    };
    match kind {
        "any" => (0..=rest.len()).any(|at| rest.get(at..).is_some_and(|rest| fits(after, rest))),
        "rid" => {
            let (rid, rest) = rest.split_at_checked(26).unwrap_or_default();
            let groups: Vec<&str> = rid.split('-').collect();
            groups.len() == 3 && groups.iter().all(|g| is_hex(g, 8)) && fits(after, rest)
        }
        _ => panic!("what is ${{{kind}}} in {pattern:?}?"),
    }
}

#[test]
fn answers_are_told_apart() {
    use serde_json::json;
    let values = json!({"appid": "wx1", "room": 7, "before": "a"});
    let values = values.as_object().unwrap();
    let rid = "65a1b2c3-00000000-ffffffff";
    let address = format!(
        "rtmp://h:1935/live/wx1-7?txSecret={}&txTime=65a1b2c3",
        "0f".repeat(16)
    );
    let cases = [
        (json!({"a": 1}), json!({"a": 1, "b": 2}), true),
        (json!({"a": 1}), json!({"a": "1"}), false),
        (json!({"a": "${any}"}), json!({}), false),
        (json!([1]), json!([]), false),
        (json!("${int}"), json!("7"), false),
        (json!("${int:300..7200}"), json!(7_200), true),
        (json!("${int:>50}"), json!(50), false),
        (json!("${int:<2^31}"), json!(2_147_483_647), true),
        (json!("${int:<2^31}"), json!(2_147_483_648_u32), false),
        (json!("${errmsg}"), json!(""), false),
        (json!("${url}"), json!("/a"), false),
        (json!("a ${any} b ${any}"), json!("a x b "), true),
        (json!("a ${any} b"), json!("a x c"), false),
        (json!("e rid: ${rid}"), json!(format!("e rid: {rid}")), true),
        (
            json!("e rid: ${rid}"),
            json!(format!("e rid: {rid}0")),
            false,
        ),
        (json!("${same as before}"), json!("a"), true),
        (json!("${not same as before}"), json!("a"), false),
        (
            json!("${string containing room_id=ROOM}"),
            json!("a?room_id=7&b=1"),
            true,
        ),
        (
            json!("${string containing room_id=ROOM}"),
            json!("a?room_id=77"),
            false,
        ),
        (
            json!("${rtmp://host/live/APPID-ROOMID?txSecret=HEX32&txTime=HEX8}"),
            json!(address),
            true,
        ),
    ];
    for (wanted, found, same) in cases {
        let matched = matches(&wanted, &found, values);
        assert_eq!(matched.is_ok(), same, "{wanted} {found} {matched:?}");
    }
    assert!(matches(&json!("${nonsense}"), &json!(1), values).is_err());
}
