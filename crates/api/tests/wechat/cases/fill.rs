//! What a case sends: values in the place of `${…}`.

use serde_json::{Value, json};

use super::Values;

/// The text before a placeholder, its name, the text behind it.
pub(super) fn split(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("${")?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

/// The name of a placeholder that is the whole text.
pub(super) fn whole(text: &str) -> Option<&str> {
    match split(text) {
        Some(("", name, "")) => Some(name),
        _ => None,
    }
}

/// The placeholders in a body or query.
pub(super) fn names(template: &Value, found: &mut Vec<String>) {
    match template {
        Value::String(text) => {
            let mut rest = text.as_str();
            while let Some((_, name, after)) = split(rest) {
                found.push(name.to_owned());
                rest = after;
            }
        }
        Value::Array(items) => items.iter().for_each(|item| names(item, found)),
        Value::Object(keys) => keys.values().for_each(|value| names(value, found)),
        _ => {}
    }
}

/// `template` with every placeholder replaced; `now` in Unix seconds.
pub(super) fn fill(template: &Value, values: &Values, now: i64) -> Result<Value, String> {
    let fill_it = |value| fill(value, values, now);
    Ok(match template {
        Value::String(text) => match whole(text) {
            Some(name) => value_of(name, values, now)?,
            None => fill_text(text, values, now)?.into(),
        },
        Value::Array(items) => {
            let mut filled = Vec::new();
            for item in items {
                match fill_it(item)? {
                    // A placeholder that stands for several.
                    Value::Array(several) if item.is_string() => filled.extend(several),
                    one => filled.push(one),
                }
            }
            filled.into()
        }
        Value::Object(keys) => {
            let filled = keys
                .iter()
                .map(|(key, value)| Ok((key.clone(), fill_it(value)?)));
            Value::Object(filled.collect::<Result<_, String>>()?)
        }
        other => other.clone(),
    })
}

fn fill_text(text: &str, values: &Values, now: i64) -> Result<String, String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, name, after)) = split(rest) {
        filled += before;
        match value_of(name, values, now)? {
            Value::String(text) => filled += &text,
            other => filled += &other.to_string(),
        }
        rest = after;
    }
    Ok(filled + rest)
}

fn value_of(name: &str, values: &Values, now: i64) -> Result<Value, String> {
    if let Some(later) = name.strip_prefix("now+") {
        return Ok(json!(now + later.split('+').map(seconds).sum::<i64>()));
    }
    let value = values.get(name).cloned();
    value.ok_or_else(|| format!("nothing stands for ${{{name}}}"))
}

/// `300`, `25h`, `200d`.
fn seconds(text: &str) -> i64 {
    let unit = match text.chars().last() {
        Some('d') => 86_400,
        Some('h') => 3_600,
        _ => 1,
    };
    let number: i64 = text.trim_end_matches(['d', 'h']).parse().unwrap();
    number * unit
}
