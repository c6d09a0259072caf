//! Where an app's events go: its own webhooks, and the message URL that WeChat's events have.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{HOUR_MS, UnixMs};

/// Longest URL of an endpoint.
pub const MAX_URL: usize = 1_024;
/// Most webhooks of one app.
pub const MAX_WEBHOOKS: usize = 50;
/// How long a delivery is tried, and how long an endpoint may fail before it is given up.
pub const PATIENCE_MS: i64 = 72 * HOUR_MS;
/// The wait after the first failure; it doubles with each.
const FIRST_WAIT_MS: i64 = 5_000;
/// The longest wait.
const LONGEST_WAIT_MS: i64 = HOUR_MS;

/// What a webhook may be told.
pub const WEBHOOK_EVENTS: &[&str] = &[
    "room.created",
    "room.edited",
    "room.deleted",
    "room.status",
    "room.switched",
    "subscription.created",
    "subscription.deleted",
    "push.done",
    "reminder.due",
    "goods.added",
    "goods.removed",
    "goods.on_sale",
    "goods.sorted",
    "goods.edited",
    "goods.pushed",
    "goods.explained",
    "goods.explanation_ended",
];

/// Why an endpoint is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointRefusal {
    /// No such endpoint of this app.
    #[error("no such endpoint")]
    Unknown,
    /// No such delivery of this endpoint.
    #[error("no such delivery")]
    DeliveryUnknown,
    /// Not an address of the web.
    #[error("not an address of the web")]
    Url,
    /// An event that there is not.
    #[error("no such event")]
    Event,
    /// The app has as many webhooks as it may.
    #[error("the app has {MAX_WEBHOOKS} webhooks, as many as it may")]
    TooMany,
    /// Not 3 to 32 letters and digits.
    #[error("a token has 3 to 32 letters and digits")]
    Token,
    /// Not 43 letters and digits that are 32 bytes in base64.
    #[error("an EncodingAESKey has 43 letters and digits")]
    AesKey,
    /// Not an original id.
    #[error("an original id begins with gh_")]
    OriginalId,
    /// The message URL did not show that it knows its token; with what went wrong.
    #[error("the message URL did not pass the check: {0}")]
    Check(String),
}

/// How the events at a message URL are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageFormat {
    /// As WeChat's oldest.
    #[default]
    Xml,
    /// As WeChat's newer.
    Json,
}

/// A message URL and how it is spoken to. Holds secrets, so it prints none.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageSettings {
    /// Where.
    pub url: String,
    /// What calls are signed with.
    pub token: String,
    /// With it bodies are encrypted ("safe mode").
    pub aes_key: Option<String>,
    /// How they are written.
    pub format: MessageFormat,
    /// The account's original id, such as `gh_0123456789ab`.
    pub original_id: String,
}

impl fmt::Debug for MessageSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageSettings")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl MessageSettings {
    /// The first rule that they break. Whether the URL is there is another question.
    pub fn check(&self) -> Result<(), EndpointRefusal> {
        check_url(&self.url)?;
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric());
        if !(3..=32).contains(&self.token.len()) || !plain(&self.token) {
            return Err(EndpointRefusal::Token);
        }
        let good_key = |key: &String| key.len() == 43 && plain(key);
        if !self.aes_key.as_ref().is_none_or(good_key) {
            return Err(EndpointRefusal::AesKey);
        }
        let id = self.original_id.strip_prefix("gh_").unwrap_or_default();
        if (1..=64).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        {
            Ok(())
        } else {
            Err(EndpointRefusal::OriginalId)
        }
    }
}

/// Whether `url` may be an endpoint's: http or https, and no password that logs would show.
pub fn check_url(url: &str) -> Result<(), EndpointRefusal> {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next());
    let good_host = host.is_some_and(|host| !host.is_empty() && !host.contains('@'));
    let plain = url.len() <= MAX_URL && url.bytes().all(|b| b.is_ascii_graphic());
    if good_host && plain && !url.contains('#') {
        Ok(())
    } else {
        Err(EndpointRefusal::Url)
    }
}

/// Whether a webhook may ask for these events.
pub fn check_events(events: &[String]) -> Result<(), EndpointRefusal> {
    let known = |event: &String| WEBHOOK_EVENTS.contains(&event.as_str());
    if events.iter().all(known) {
        Ok(())
    } else {
        Err(EndpointRefusal::Event)
    }
}

/// When a delivery that failed `tries` times, first at `first_try`, is tried again; `None`: not any
/// more. `chance` is any number; it moves the time by up to a fifth, so that what failed together
/// does not come back together.
pub fn next_try(tries: i64, first_try: UnixMs, now: UnixMs, chance: u32) -> Option<UnixMs> {
    if now - first_try >= PATIENCE_MS {
        return None;
    }
    let doublings = u32::try_from(tries - 1).unwrap_or(0).min(20);
    let wait = (FIRST_WAIT_MS << doublings).min(LONGEST_WAIT_MS);
    let spread = wait / 5;
    let moved = i64::from(chance) % (2 * spread + 1) - spread;
    Some(now + wait + moved)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_an_hour_and_end_after_three_days() {
        let wait = |tries| next_try(tries, 0, 0, 0).unwrap();
        assert_eq!((wait(1), wait(2), wait(3)), (4_000, 8_000, 16_000));
        assert_eq!(wait(100), HOUR_MS * 4 / 5);
        for chance in [0, 1, 77, 2_000_000_000, u32::MAX] {
            let at = next_try(1, 0, 0, chance).unwrap();
            assert!((4_000..=6_000).contains(&at), "{at}");
        }
        assert!(next_try(90, 0, PATIENCE_MS - 1, 0).is_some());
        assert_eq!(next_try(90, 0, PATIENCE_MS, 0), None);
    }

    fn good() -> MessageSettings {
        MessageSettings {
            url: "https://shop.example/wechat?x=1".into(),
            token: "token123".into(),
            aes_key: Some("a".repeat(43)),
            format: MessageFormat::Xml,
            original_id: "gh_0123456789ab".into(),
        }
    }

    fn refused(change: impl FnOnce(&mut MessageSettings)) -> Option<EndpointRefusal> {
        let mut settings = good();
        change(&mut settings);
        settings.check().err()
    }

    #[test]
    fn message_settings_are_those_of_wechat() {
        assert_eq!(refused(|_| {}), None);
        assert_eq!(refused(|s| s.aes_key = None), None);
        for url in [
            "ftp://a.example",
            "https://",
            "https://a:b@c.example/",
            "https://a/#b",
            "http://a b",
        ] {
            assert_eq!(
                refused(|s| s.url = url.into()),
                Some(EndpointRefusal::Url),
                "{url}"
            );
        }
        assert_eq!(
            refused(|s| s.token = "a-b".into()),
            Some(EndpointRefusal::Token)
        );
        let short = Some("a".repeat(42));
        assert_eq!(
            refused(|s| s.aes_key = short),
            Some(EndpointRefusal::AesKey)
        );
        let no_id = Some(EndpointRefusal::OriginalId);
        assert_eq!(refused(|s| s.original_id = "wx01".into()), no_id);
        assert!(!format!("{:?}", good()).contains("token123"));
    }
}
