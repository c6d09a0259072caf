//! What media asks of the house around it: who may publish, who may watch, and who hears of it.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use subtle::ConstantTimeEq;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Longest stream name that is believed, in bytes.
const MAX_NAME_BYTES: usize = 128;

/// A stream's public name, `{appid}-{roomId}`: 1 to 128 bytes of `[A-Za-z0-9_-]`. No secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamName(Arc<str>);

impl StreamName {
    /// The name, if it has only allowed characters.
    pub fn new(name: &str) -> Option<Self> {
        let fits = (1..=MAX_NAME_BYTES).contains(&name.len());
        let plain = name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        (fits && plain).then(|| Self(name.into()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One publisher's conversation, unique while the process runs; never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub u64);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A publisher asks to send a stream.
#[derive(Clone)]
pub struct PublishRequest {
    /// The stream it names.
    pub stream: StreamName,
    /// RTMP application, such as `live`.
    pub app: String,
    /// What followed the name's `?`, raw: holds the key. Not shown by `Debug`.
    pub query: Option<String>,
    /// Where the connection comes from.
    pub peer: SocketAddr,
    /// The conversation that asks.
    pub session: SessionId,
}

impl fmt::Debug for PublishRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublishRequest")
            .field("stream", &self.stream)
            .field("app", &self.app)
            .field("query", &self.query.as_ref().map(|_| "redacted"))
            .field("peer", &self.peer)
            .field("session", &self.session)
            .finish()
    }
}

/// Why a publisher may not send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// Wrong, expired, foreign or revoked key, unknown stream, quota: the publisher must not be able
    /// to tell these apart, so they are one answer.
    BadName,
    /// Somebody publishes already. Said only after a valid key.
    Busy,
}

/// Keys that let a viewer into a preview: any one of them, as `?token=`. Not shown by `Debug`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PreviewKeys(pub Vec<String>);

impl PreviewKeys {
    /// Whether `token` is one of the keys. Takes as long for a near miss as for a far one.
    pub fn accept(&self, token: &str) -> bool {
        let hit = |found, key: &String| {
            let usable = subtle::Choice::from(u8::from(!key.is_empty()));
            found | (key.as_bytes().ct_eq(token.as_bytes()) & usable)
        };
        self.0.iter().fold(subtle::Choice::from(0), hit).into()
    }
}

impl fmt::Debug for PreviewKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PreviewKeys({} redacted)", self.0.len())
    }
}

/// Who may watch a stream now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlayPolicy {
    /// Anybody.
    Open,
    /// Whoever brings one of the keys.
    Signed(PreviewKeys),
    /// Nobody; outputs end, and the stream is forgotten.
    Cut,
}

impl PlayPolicy {
    /// Whether a viewer with this `?token=` may watch.
    pub fn admits(&self, token: Option<&str>) -> bool {
        match self {
            Self::Open => true,
            Self::Signed(keys) => token.is_some_and(|token| keys.accept(token)),
            Self::Cut => false,
        }
    }
}

/// Leave to publish.
#[derive(Clone, Debug)]
pub struct Grant {
    /// Who may watch; followed as long as the stream lives. A gate that drops the sender does not
    /// know the stream any more, which is as good as `Cut`.
    pub policy: watch::Receiver<PlayPolicy>,
    /// How long a tag may wait for others instead of [`crate::MediaConfig::latency_budget_ms`];
    /// followed as long as the stream lives.
    pub latency_budget: watch::Receiver<Option<Duration>>,
    /// Cancelled when the gate wants this publisher gone. The gate logs why.
    pub cut: CancellationToken,
    /// How long the leave holds before [`Gate::renew`] is asked about it.
    pub lease: Duration,
}

/// Something that happened to a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamEvent {
    /// Codec configuration, a keyframe and 500 ms of media have arrived. Once per publisher, and
    /// again after `Lost`.
    Good {
        /// The stream.
        stream: StreamName,
    },
    /// No frame for `lost_ms`, whether the publisher is still connected or not. Once until `Good`.
    Lost {
        /// The stream.
        stream: StreamName,
    },
    /// The publisher has gone.
    Unpublished {
        /// The stream.
        stream: StreamName,
    },
    /// The publisher was turned away after it had been let in.
    Refused {
        /// The stream.
        stream: StreamName,
        /// What was wrong.
        reason: RefusedReason,
    },
}

impl StreamEvent {
    /// The stream it happened to.
    pub fn stream(&self) -> &StreamName {
        match self {
            Self::Good { stream }
            | Self::Lost { stream }
            | Self::Unpublished { stream }
            | Self::Refused { stream, .. } => stream,
        }
    }
}

/// Why a publisher with leave was turned away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefusedReason {
    /// It sends something Kaibo does not carry.
    UnsupportedCodec {
        /// The codec, in words for the anchor: `hvc1 (H.265)`.
        name: String,
    },
    /// Somebody publishes already.
    Busy,
}

/// The house around media. Calls come from many tasks at once.
pub trait Gate: Send + Sync + 'static {
    /// May this publisher send? Asked once per conversation; a time-out is a refusal. Media itself
    /// refuses a second publisher of a stream it carries, and lets it replace a silent one; `Busy` is
    /// for what only the gate can see.
    fn publish(&self, request: PublishRequest) -> BoxFuture<'_, Result<Grant, Denied>>;

    /// Which of these conversations must end? Asked in batches, off the frames' path, for leases that
    /// run out. If the answer cannot be known (database away), keep them: return nothing.
    fn renew(&self, sessions: Vec<(StreamName, SessionId)>) -> BoxFuture<'_, Vec<SessionId>>;

    /// Something happened; in order for each stream, off the frames' path. The next event of the
    /// stream waits for the future.
    fn event(&self, event: StreamEvent) -> BoxFuture<'_, ()>;

    /// Who may watch this stream: asked for each viewer, so no query. `None`: no such stream.
    fn play(&self, stream: &StreamName) -> Option<watch::Receiver<PlayPolicy>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        assert_eq!(
            StreamName::new("wx0123-7_a").unwrap().as_str(),
            "wx0123-7_a"
        );
        for bad in [
            "",
            "a/b",
            "a b",
            "../a",
            "房",
            "a?b",
            "a.b",
            &"x".repeat(129),
        ] {
            assert!(StreamName::new(bad).is_none(), "{bad}");
        }
        assert!(StreamName::new(&"x".repeat(128)).is_some());
    }

    #[test]
    fn secrets_are_not_shown() {
        let request = PublishRequest {
            stream: StreamName::new("a-1").unwrap(),
            app: "live".into(),
            query: Some("txSecret=c0ffee".into()),
            peer: ([127, 0, 0, 1], 9).into(),
            session: SessionId(1),
        };
        let policy = PlayPolicy::Signed(PreviewKeys(vec!["c0ffee".into()]));
        assert!(!format!("{request:?}{policy:?}").contains("c0ffee"));
    }

    #[test]
    fn preview_wants_a_whole_key() {
        let policy =
            PlayPolicy::Signed(PreviewKeys(vec!["one".into(), "two".into(), String::new()]));
        assert!(policy.admits(Some("one")) && policy.admits(Some("two")));
        for wrong in [None, Some(""), Some("on"), Some("onee"), Some("One")] {
            assert!(!policy.admits(wrong), "{wrong:?}");
        }
        assert!(PlayPolicy::Open.admits(None));
        assert!(!PlayPolicy::Cut.admits(Some("one")));
    }
}
